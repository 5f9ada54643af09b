//! The keys of services, as `models/secrets.toml` describes them.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};

use super::random::{is_placeholder, looks_random};
use crate::Name;

/// A key that a service hands out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyShape {
    /// What it is, as a message says it: `a token of GitHub`.
    pub name: Name,
    /// How it begins.
    pub prefixes: Vec<Name>,
    /// What follows, to its end.
    rest: Vec<Piece>,
    /// A mark that stands somewhere in it.
    #[serde(default)]
    contains: Option<Name>,
    /// How its end is computed from what stands before.
    #[serde(default)]
    checksum: Option<Checksum>,
    /// Where its provider describes it.
    pub source: String,
}

/// A piece of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// So many characters of an alphabet: the fewest and the most.
    Of(Alphabet, usize, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Digits,
    Hex,
    Base32,
    Letters,
    Alnum,
    Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Checksum {
    Crc32,
}

/// All keys, with those whose prefix begins with each ASCII character.
pub(super) struct Shapes {
    all: Vec<KeyShape>,
    by_first: Vec<Vec<(u16, u16)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    key: Vec<KeyShape>,
}

impl Shapes {
    /// Those that come with Plimsoll.
    ///
    /// # Panics
    /// Never in a build whose tests passed: they read them.
    pub(super) fn embedded() -> &'static Shapes {
        static SHAPES: OnceLock<Shapes> = OnceLock::new();
        SHAPES.get_or_init(|| {
            let data: Data = serde_json::from_str(crate::models::SECRETS).expect("a test reads them");
            let mut by_first = vec![Vec::new(); 128];
            for (shape, key) in (0_u16..).zip(&data.key) {
                for (at, prefix) in (0_u16..).zip(&key.prefixes) {
                    by_first[usize::from(prefix.as_bytes()[0] & 127)].push((shape, at));
                }
            }
            Shapes { all: data.key, by_first }
        })
    }

    /// Whether a key may begin with this character: a quick no.
    pub(super) fn may_begin(&self, first: u8) -> bool {
        self.by_first.get(usize::from(first)).is_some_and(|keys| !keys.is_empty())
    }

    /// The key that a text begins with, its prefix, and how long it is in bytes.
    pub(super) fn at_start(&self, text: &str) -> Option<(&KeyShape, &Name, usize)> {
        let keys = self.by_first.get(usize::from(*text.as_bytes().first()?))?;
        keys.iter().find_map(|&(shape, prefix)| {
            let shape = &self.all[usize::from(shape)];
            let prefix = &shape.prefixes[usize::from(prefix)];
            let body = text.strip_prefix(prefix.as_str())?;
            let length = shape.body(body)?;
            Some((shape, prefix, prefix.len() + length))
        })
    }
}

impl KeyShape {
    /// How much of a text, which follows a prefix, is the rest of a key that looks like a real one.
    fn body(&self, text: &str) -> Option<usize> {
        let mut at = 0;
        for piece in &self.rest {
            match piece {
                Piece::Text(text_of) => {
                    text.get(at..)?.strip_prefix(text_of.as_str())?;
                    at += text_of.len();
                }
                Piece::Of(alphabet, fewest, most) => {
                    let run = text.as_bytes()[at..].iter().take_while(|b| alphabet.has(**b)).count();
                    // What ends in a fixed piece may be of the same alphabet.
                    let run = run.min(*most);
                    if run < *fewest {
                        return None;
                    }
                    at += run;
                }
            }
        }
        let goes_on =
            text.as_bytes().get(at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let body = text.get(..at)?;
        let is_marked = self.contains.as_ref().is_none_or(|mark| body.contains(mark.as_str()));
        let is_whole = || match self.checksum {
            Some(Checksum::Crc32) => has_crc32(body),
            None => looks_random(body) && !is_placeholder(body),
        };
        (!goes_on && is_marked && is_whole()).then_some(at)
    }
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Alphabet::Digits => byte.is_ascii_digit(),
            Alphabet::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Alphabet::Base32 => byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'),
            Alphabet::Letters => byte.is_ascii_alphabetic(),
            Alphabet::Alnum => byte.is_ascii_alphanumeric(),
            Alphabet::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        }
    }

    fn named(name: &str) -> Option<Alphabet> {
        Some(match name {
            "digits" => Alphabet::Digits,
            "hex" => Alphabet::Hex,
            "base32" => Alphabet::Base32,
            "letters" => Alphabet::Letters,
            "alnum" => Alphabet::Alnum,
            "url" => Alphabet::Url,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let Some((alphabet, count)) = text.split_once(' ') else { return Ok(Piece::Text(text)) };
        let number = |text: &str| text.parse::<usize>().map_err(serde::de::Error::custom);
        let (fewest, most) = count.split_once("..").unwrap_or((count, count));
        let alphabet = Alphabet::named(alphabet)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown alphabet `{alphabet}`")))?;
        Ok(Piece::Of(alphabet, number(fewest)?, number(most)?))
    }
}

/// Whether the last six characters are the CRC-32 of those before, in base 62 with zeros before it.
fn has_crc32(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((random, sum)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    let mut rest = crc32(random.as_bytes());
    sum.bytes().rev().all(|digit| {
        let expected = DIGITS[(rest % 62) as usize];
        rest /= 62;
        digit == expected
    })
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_names_its_source_and_is_of_sane_length() {
        for key in &Shapes::embedded().all {
            assert!(key.source.starts_with("https://"), "{}", key.name);
            assert!(!key.prefixes.is_empty() && key.prefixes.iter().all(|p| p.len() >= 3), "{}", key.name);
            let lengths = key.rest.iter().map(|piece| match piece {
                Piece::Text(text) => text.len(),
                Piece::Of(_, fewest, most) => {
                    assert!(fewest <= most && *most <= 256, "{}", key.name);
                    *fewest
                }
            });
            assert!(lengths.sum::<usize>() >= 16, "{}", key.name);
        }
    }

    #[test]
    fn a_checksum_tells_a_token_from_what_looks_like_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // The example of the documentation, put together so that nobody takes it for a token.
        let token = ["zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
        assert!(has_crc32(&token));
        assert!(!has_crc32(&token.replace("mLq17", "mLq18")));
        assert!(!has_crc32("abc"));
    }
}
