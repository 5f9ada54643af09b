//! Secrets that stand in a text: keys of services (`models/secrets.toml`), private keys, and addresses with passwords.

mod address;
mod names;
mod random;
mod shape;

use std::ops::Range;

pub use names::{Protects, protected_by};
pub use random::{is_placeholder, looks_like_a_key};
pub use shape::KeyShape;

use crate::Name;

/// The shortest text that can hold one.
const SHORTEST: usize = 20;

/// A secret that stands in a text.
#[derive(Clone, Debug)]
pub struct WrittenSecret {
    /// What it is.
    pub kind: SecretKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// What a secret is.
#[derive(Clone, Debug)]
pub enum SecretKind {
    /// A key that a service has handed out, by its shape, and how it begins.
    Key(&'static KeyShape, &'static Name),
    /// A private key.
    PrivateKey,
    /// A key of Supabase for what no row-level security holds back.
    ServiceRole,
    /// A password in an address: whose it is, and on which host.
    Password {
        /// The user.
        user: String,
        /// The host.
        host: String,
    },
}

/// The first secret in a text whose escapes are not resolved.
#[must_use]
pub fn secret_in(text: &str) -> Option<WrittenSecret> {
    if text.len() < SHORTEST {
        return None;
    }
    let shapes = shape::Shapes::embedded();
    let bytes = text.as_bytes();
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        let begins = !before.is_ascii_alphanumeric() && !matches!(before, b'_' | b'-');
        // `\n` before a key is a line break, not a letter.
        let begins = begins || before == b'n' && at >= 2 && bytes[at - 2] == b'\\';
        before = byte;
        if begins
            && shapes.may_begin(byte)
            && let Some((shape, prefix, length)) = shapes.at_start(&text[at..])
        {
            return Some(WrittenSecret { kind: SecretKind::Key(shape, prefix), range: at..at + length });
        }
        if begins
            && byte == b'e'
            && let Some(length) = service_role(&text[at..])
        {
            return Some(WrittenSecret { kind: SecretKind::ServiceRole, range: at..at + length });
        }
        if byte == b'-'
            && let Some(length) = private_key(&text[at..])
        {
            return Some(WrittenSecret { kind: SecretKind::PrivateKey, range: at..at + length });
        }
    }
    let address = address::address_in(text)?;
    let kind = SecretKind::Password { user: address.user.to_owned(), host: address.host.to_owned() };
    Some(WrittenSecret { kind, range: address.range })
}

/// The length of the private key that a text begins with: with enough in it to be one.
fn private_key(text: &str) -> Option<usize> {
    let after = text.strip_prefix("-----BEGIN ")?;
    let (kind, body) = after.split_once("-----")?;
    if !matches!(
        kind,
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" | "OPENSSH PRIVATE KEY"
    ) {
        return None;
    }
    let body = body.split("-----").next().unwrap_or_default();
    let body = body.replace("\\n", "").replace("\\r", "");
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let key: String = body.chars().filter(|c| !c.is_whitespace() && *c != '\\').collect();
    let is_one = key.len() >= 64
        && key.chars().all(is_of_it)
        && random::looks_random(&key)
        && !["EXAMPLE", "xxxx", "your"].iter().any(|word| key.contains(word));
    let end = text.rfind("PRIVATE KEY-----").map_or(text.len(), |at| at + "PRIVATE KEY-----".len());
    is_one.then_some(end)
}

/// The length of the token that a text begins with, where its role is that of the service. The one of every local
/// development is known to all and is none.
fn service_role(text: &str) -> Option<usize> {
    if !text.starts_with("eyJ") {
        return None;
    }
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_of_it(c)).unwrap_or(text.len());
    let token = &text[..end];
    let mut parts = token.split('.');
    let (_, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || signature.len() < 32 {
        return None;
    }
    let payload: serde_json::Value = serde_json::from_slice(&base64_url(payload)?).ok()?;
    let says = |key: &str, value: &str| payload.get(key).and_then(serde_json::Value::as_str) == Some(value);
    (says("role", "service_role") && !says("iss", "supabase-demo")).then_some(end)
}

/// What a text in the alphabet of URLs stands for, without padding.
fn base64_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token with this payload, put together here so that nobody takes it for a real one.
    fn token(payload: &str) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut encoded = String::new();
        for chunk in payload.as_bytes().chunks(3) {
            let bits = (0..3).fold(0_u32, |bits, i| bits << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
            for i in 0..=chunk.len() {
                encoded.push(char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]));
            }
        }
        format!("{}.{encoded}.{}", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "r7Kq2mZx9LpT".repeat(4))
    }

    fn is_key(text: &str) -> bool {
        matches!(secret_in(text), Some(WrittenSecret { kind: SecretKind::Key(..), .. }))
    }

    #[test]
    fn a_token_is_told_by_the_role_in_it() {
        let service = token(r#"{"iss":"supabase","ref":"abc","role":"service_role","exp":2082156765}"#);
        let found = secret_in(&format!("Bearer {service}")).expect("found");
        assert!(matches!(found.kind, SecretKind::ServiceRole));
        assert_eq!(found.range, 7..7 + service.len());
        assert!(secret_in(&token(r#"{"iss":"supabase","role":"anon"}"#)).is_none());
        assert!(secret_in(&token(r#"{"iss":"supabase-demo","role":"service_role"}"#)).is_none());
        assert!(secret_in(&token("service_role")).is_none());
    }

    #[test]
    fn a_key_is_told_by_all_of_its_shape() {
        let body = "r7Kq2mZx9LpTvB4nWc8sYd1f";
        let live = ["sk_li", "ve_", body].concat();
        assert!(is_key(&live) && is_key(&format!("key: {live},")) && is_key(&format!("a\\n{live}")));
        assert!(!is_key(&format!("a{live}")) && !is_key(&format!("{live}_")));
        assert!(!is_key(&["pk_li", "ve_", body].concat()));
        assert!(!is_key(&["sk_te", "st_", body].concat()));
        assert!(
            !is_key("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx") && !is_key("rk_live_account_activity_v2_coverage_tx")
        );
        assert!(!is_key("AKIAIOSFODNN7EXAMPLE"));
        assert!(is_key(&["AK", "IA", "R7KQ2MZX6LPTVB4N"].concat()));
    }

    #[test]
    fn a_private_key_has_something_in_it() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDbr7Kq2mZx9LpTvB4nWc8sYd1fQ";
        let key = |body: &str| {
            ["-----BEGIN PRI", "VATE KEY-----\\n", body, "\\n-----END PRI", "VATE KEY-----"].concat()
        };
        let found = secret_in(&key(body)).expect("found");
        assert!(matches!(found.kind, SecretKind::PrivateKey));
        assert_eq!(found.range, 0..key(body).len());
        assert!(secret_in(&key("...")).is_none());
        assert!(secret_in(&key("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDb...")).is_none());
        assert!(secret_in(&key(body).replace("PRIVATE", "PUBLIC")).is_none());
    }
}
