//! A second reading of files with what the grammar does not know and cannot recover from: a word in its place that has
//! the same length, so that every node stands where it stood.

use plimsoll_syntax::{Language, Parsed};
use tree_sitter::Tree;

/// The tree of a text with `for (using x of y)` or `for (await using x of y)`, of which the grammar makes one error that
/// swallows the statements around it; none for any other text. What a file is read from stays its own text.
pub(in crate::lower) fn reread(tree: &Tree, text: &str, language: Language) -> Option<Tree> {
    if !tree.root_node().has_error() {
        return None;
    }
    let masked = masked(text)?;
    Parsed::parse(&masked, language).ok().map(|parsed| parsed.tree().clone())
}

/// The text with `const` in the place of `using` in the heads of loops; none where there is none.
fn masked(text: &str) -> Option<String> {
    let mut masked: Option<Vec<u8>> = None;
    for (at, word) in text.match_indices("using") {
        let Some(start) = start_in_head(&text[..at]) else { continue };
        if !binds_an_element(&text[at + word.len()..]) {
            continue;
        }
        let bytes = masked.get_or_insert_with(|| text.as_bytes().to_vec());
        for byte in &mut bytes[start..at + word.len()] {
            if !byte.is_ascii_whitespace() {
                *byte = b' ';
            }
        }
        bytes[at..at + word.len()].copy_from_slice(b"const");
    }
    String::from_utf8(masked?).ok()
}

/// Where the words before a name begin, `await` included, if the text ends within the head of a loop.
fn start_in_head(before: &str) -> Option<usize> {
    let mut rest = before.trim_end();
    let mut start = before.len();
    if let Some(shorter) = rest.strip_suffix("await")
        && rest.len() < before.len()
    {
        start = shorter.len();
        rest = shorter.trim_end();
    }
    let head = rest.strip_suffix('(')?.trim_end();
    let head = head.strip_suffix("await").map_or(head, str::trim_end);
    let outside = head.strip_suffix("for")?;
    let is_word = outside.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    (!is_word).then_some(start)
}

/// Whether a name follows, and then `of`: `using of of` binds a name, `using of x` loops over one.
fn binds_an_element(after: &str) -> bool {
    let name = after.trim_start();
    if name.len() == after.len() {
        return false;
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = name.find(|c: char| !is_name(c)).unwrap_or(name.len());
    let of = name[end..].trim_start();
    let is_of = of.strip_prefix("of").is_some_and(|rest| !rest.starts_with(is_name));
    end > 0 && of.len() < name.len() - end && is_of
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_what_a_loop_binds_is_masked() {
        for (text, becomes) in [
            ("for (using x of xs) {}", Some("for (const x of xs) {}")),
            ("for(using x of[]){}", Some("for(const x of[]){}")),
            ("for await (await using x of xs) {}", Some("for await (      const x of xs) {}")),
            ("for (await\n  using x of xs) {}", Some("for (     \n  const x of xs) {}")),
            ("for (using of xs) {}", None),
            ("for (using.a of xs) {}", None),
            ("for (using x = open(); ;) {}", None),
            ("wait_for(using x of xs)", None),
            ("f(using); usings of", None),
        ] {
            assert_eq!(masked(text).as_deref(), becomes, "{text}");
        }
    }
}
