//! Names as the words that they are made of.

/// The words of a name, in small letters: `with_lock`, `runExclusive`, `MAX_PAGE_SIZE`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        // Capitals in a row are one word; the last of them begins the next where small letters follow: `HTTPServer`.
        let begins = letter.is_uppercase()
            && (!before.is_uppercase() || letters.peek().is_some_and(|after| after.is_lowercase()));
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        before = letter;
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is one at least").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("runExclusive"), ["run", "exclusive"]);
        assert_eq!(words("with_lock"), ["with", "lock"]);
        assert_eq!(words("unblock"), ["unblock"]);
        assert_eq!(words("MAX_PAGE_SIZE"), ["max", "page", "size"]);
        assert_eq!(words("HTTPServerId"), ["http", "server", "id"]);
    }
}
