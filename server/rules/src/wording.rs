//! The wording that messages share.

/// The longest piece of code that is quoted in a message, in characters.
const MAX_QUOTED: usize = 40;

/// Names in backticks, each once: `` `a`, `b` and `c` ``.
pub fn listed<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    let mut quoted: Vec<String> = Vec::new();
    for name in names {
        let name = format!("`{}`", name.as_ref());
        if !quoted.contains(&name) {
            quoted.push(name);
        }
    }
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// A piece of code as it can stand in a message: in backticks, where it is short and on one line.
pub fn quoted(code: &str) -> Option<String> {
    let is_short = !code.is_empty() && code.chars().count() <= MAX_QUOTED;
    (is_short && !code.contains(['`', '\n', '\r'])).then(|| format!("`{code}`"))
}

/// A number as people read it: `1,000`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, listed, quoted};

    #[test]
    fn names_are_listed_once_each() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b"]), "`a` and `b`");
        assert_eq!(listed(["a", "b", "a", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(Vec::<String>::new()), "");
    }

    #[test]
    fn only_what_is_short_is_quoted() {
        assert_eq!(quoted("req.query.limit").as_deref(), Some("`req.query.limit`"));
        assert_eq!(quoted("{\n  limit,\n}"), None);
        assert_eq!(quoted("`${page}`"), None);
        assert_eq!(quoted(&"x".repeat(41)), None);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
