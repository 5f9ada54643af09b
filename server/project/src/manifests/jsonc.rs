//! JSON with comments and trailing commas.

/// Reads JSON as `tsconfig.json` and `deno.jsonc` are written; none when it is broken beyond that.
pub(super) fn read_jsonc(text: &str) -> Option<serde_json::Value> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        if in_string {
            plain.push(c);
            match c {
                '\\' => plain.extend(chars.next()),
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match (c, chars.peek()) {
            ('/', Some('/')) => while chars.next_if(|&c| c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut last = ' ';
                for c in chars.by_ref().skip(1) {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            ('}' | ']', _) => {
                let kept = plain.trim_end().len();
                plain.truncate(kept);
                if plain.ends_with(',') {
                    plain.pop();
                }
                plain.push(c);
            }
            _ => {
                in_string = c == '"';
                plain.push(c);
            }
        }
    }
    serde_json::from_str(&plain).ok()
}
