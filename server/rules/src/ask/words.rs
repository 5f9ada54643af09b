//! Names as the words that they are made of.

/// The words of a name, in small letters: `with_lock`, `runExclusive`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            words.push(String::new());
        }
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
    }
}
