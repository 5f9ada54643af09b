//! Whether a text was drawn at random, as keys are, or is there in the place of one.

/// What people write in the place of a key, in small letters.
#[rustfmt::skip] // a list of words
const PLACEHOLDERS: &[&str] = &[
    "abcde", "change", "chang3", "client", "default", "demo", "dummy", "enter", "example", "fake", "here", "insert", "invalid", "mock",
    "passwd", "password", "placeholder", "qwerty", "redacted", "replace", "sample", "secret", "token", "value", "xxxx", "your",
    "00000", "12345",
];

/// Whether a text says that it only stands in the place of a secret: `your-key-here`, `<password>`, `s3cret`.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    if text.contains(['<', '>', '[', ']', '{', '}', '*', '$', '…', ' ']) || text.contains("..") {
        return true;
    }
    let small = text.to_lowercase();
    // `p4ssw0rd`, `s3cret`
    let plain: String = small
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' => 's',
            _ => c,
        })
        .collect();
    PLACEHOLDERS.iter().any(|word| small.contains(word) || plain.contains(word))
}

/// Whether the characters of a text look drawn at random: many of them, none in favour, and few that follow each other as
/// they do in the alphabet.
#[must_use]
pub fn looks_random(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    if bytes.len() < 12 {
        return false;
    }
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    #[expect(clippy::cast_precision_loss, reason = "texts are shorter than 2^52")]
    let length = bytes.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|&count| f64::from(count) / length);
    let entropy: f64 = shares.map(|share| -share * share.log2()).sum();
    let follow = bytes.windows(2).filter(|pair| pair[1] == pair[0] || pair[1] == pair[0].wrapping_add(1));
    // Of 16 hexadecimal digits 2.9 bits are to be expected, of as many letters and digits 3.7.
    entropy >= 2.7 && follow.count() * 4 < bytes.len()
}

/// Whether a text that somebody has written as a value is a key rather than words: long, of letters and digits, at random.
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    let is_of_keys =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'/' | b'=');
    let longest_run = |is_one: fn(&u8) -> bool| {
        text.as_bytes().split(|b| !is_one(b)).map(<[u8]>::len).max().unwrap_or_default()
    };
    let has_digits = text.bytes().filter(u8::is_ascii_digit).count() >= 3;
    // Words are lowercase letters in a row; what is drawn at random changes its kind every few characters.
    text.len() >= 20
        && text.bytes().all(is_of_keys)
        && has_digits
        && longest_run(u8::is_ascii_lowercase) <= 7
        && looks_random(text)
        && !is_placeholder(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_key_is_none() {
        for text in [
            "your-key-here",
            "S3cretPw1",
            "<password>",
            "[YOUR-PASSWORD]",
            "p4ssw0rd",
            "xxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["4Fd5TiV9nrJxWt", "10qyG6hxMdd8H2XW", "admin123"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_is_drawn_at_random_looks_so() {
        assert!(looks_random("9f86d081884c7d659a2feaa0c55ad015"));
        assert!(looks_random("uX7kQ2pZr9LmT4vB"));
        for text in ["aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrst", "1234567890abcdef", "short"] {
            assert!(!looks_random(text), "{text}");
        }
        assert!(looks_like_a_key("vizi_32cf6923b6d84884.YBGmlP3VLQ1GrV51BL_wurqPB"));
        for text in [
            "dev-secret-change-in-production",
            "healthy-mama-jwt-key-2025-production",
            "llama-3.3-70b-versatile",
        ] {
            assert!(!looks_like_a_key(text), "{text}");
        }
    }
}
