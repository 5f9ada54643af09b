//! What a finding is recognised by after edits elsewhere in its file.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Gives fingerprints to the findings of one file, in order of place.
///
/// A fingerprint is made of the rule, the path below the root, the path of the enclosing function, the text of the
/// primary node with its white space folded, and how many findings before it are equal in all that. It is the same on
/// every machine.
#[derive(Clone, Debug)]
pub struct Fingerprints {
    path: String,
    seen: FxHashMap<u64, u32>,
}

impl Fingerprints {
    /// For a file, by its path below the root of the project.
    #[must_use]
    pub fn new(path_below_root: &str) -> Self {
        Self { path: path_below_root.to_owned(), seen: FxHashMap::default() }
    }

    /// The fingerprint of the next finding: 16 hexadecimal digits.
    pub fn next(&mut self, rule: &str, function: Option<&str>, text: &str) -> String {
        let mut key = Vec::with_capacity(rule.len() + self.path.len() + text.len() + 32);
        for part in [rule, &self.path, function.unwrap_or_default()] {
            key.extend_from_slice(part.as_bytes());
            // No part holds this byte, for it is none of UTF-8.
            key.push(0xff);
        }
        for word in text.split_whitespace() {
            key.extend_from_slice(word.as_bytes());
            key.push(b' ');
        }
        let ordinal = self.seen.entry(xxh3_64(&key)).or_default();
        key.push(0xff);
        key.extend_from_slice(&ordinal.to_le_bytes());
        *ordinal = ordinal.saturating_add(1);
        format!("{:016x}", xxh3_64(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprints;

    fn of(path: &str, rule: &str, function: Option<&str>, text: &str) -> String {
        Fingerprints::new(path).next(rule, function, text)
    }

    #[test]
    fn it_is_the_same_for_ever() {
        let fingerprint = of("src/a.ts", "n-plus-one", Some("load"), "db.user.find(id)");
        // A change of this value makes every baseline in the world stale.
        assert_eq!(fingerprint, "7f36aaf12b6696d8");
    }

    #[test]
    fn layout_does_not_count_and_everything_else_does() {
        let base = of("a.ts", "r", Some("f"), "await get( a,\n\t b )");
        assert_eq!(base, of("a.ts", "r", Some("f"), "  await  get( a, b )\r\n"));
        let others = [
            of("b.ts", "r", Some("f"), "await get( a, b )"),
            of("a.ts", "s", Some("f"), "await get( a, b )"),
            of("a.ts", "r", Some("g"), "await get( a, b )"),
            of("a.ts", "r", None, "await get( a, b )"),
            of("a.ts", "r", Some("f"), "await get( a, c )"),
        ];
        for other in others {
            assert_ne!(base, other);
        }
        assert_ne!(of("a.ts", "r", Some("fg"), ""), of("a.ts", "rf", Some("g"), ""));
    }

    #[test]
    fn equals_are_counted() {
        let mut fingerprints = Fingerprints::new("a.ts");
        let first = fingerprints.next("r", None, "x");
        let second = fingerprints.next("r", None, "x");
        assert_ne!(first, second);
        assert_eq!(first, of("a.ts", "r", None, "x"));
    }
}
