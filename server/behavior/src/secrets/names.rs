//! Which variables of the environment hold a secret, by their names, and what it protects.

use crate::words;

/// What a secret protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protects {
    /// What the program itself signs and believes: sessions, tokens, webhooks.
    Signatures,
    /// What the program itself encrypts.
    Contents,
    /// What the program itself hashes, so that nobody can try out what it was.
    Hashes,
    /// A door of the program itself: who knows it is let in.
    Entrance,
    /// What belongs to somebody else, who has handed it out: a database, a service.
    Another,
}

/// What a name may end with beside what it names: `JWT_SECRET_BASE64`, `JWT_SECRET_2`.
const ENDINGS: &[&str] = &[
    "base64",
    "b64",
    "hex",
    "current",
    "previous",
    "old",
    "new",
    "prod",
    "production",
    "v1",
    "v2",
    "value",
    "string",
];

/// What is meant for everybody, or for trying things out.
#[rustfmt::skip] // a list of words
const NO_SECRETS: &[&str] = &[
    "anon", "demo", "dev", "development", "dummy", "e2e", "example", "fake", "local", "mock", "public", "publishable", "sample", "seed",
    "site", "smoke", "storybook", "test", "testing",
];

/// Prefixes of variables that are built into what browsers are sent.
const SENT_TO_BROWSERS: &[&str] = &["VITE_", "REACT_APP_", "GATSBY_", "NG_APP_", "VUE_APP_"];

/// Words that say what kind of secret it is, and not of whom.
#[rustfmt::skip] // a list of words
const KINDS: &[&str] = &["access", "api", "hash", "key", "private", "refresh", "secret", "shared", "signature", "token"];

const OF_SIGNATURES: &[&str] = &[
    "auth",
    "betterauth",
    "nextauth",
    "cookie",
    "cookies",
    "csrf",
    "hmac",
    "jwt",
    "session",
    "sessions",
    "sign",
    "signature",
    "signing",
    "state",
    "webhook",
    "webhooks",
    "xsrf",
];
const OF_CONTENTS: &[&str] =
    &["aes", "cipher", "crypto", "encrypt", "encryption", "fernet", "master", "pepper", "salt", "vault"];
const OF_ENTRANCES: &[&str] = &["admin", "bypass", "cron", "internal", "root", "superadmin", "superuser"];

/// What the value of a variable of the environment protects; none where it is no secret by its name.
#[must_use]
pub fn protected_by(name: &str) -> Option<Protects> {
    if SENT_TO_BROWSERS.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let mut words = words(name);
    while words
        .last()
        .is_some_and(|last| ENDINGS.contains(&last.as_str()) || last.bytes().all(|b| b.is_ascii_digit()))
    {
        words.pop();
    }
    let (noun, rest) = words.split_last()?;
    if words.iter().any(|word| NO_SECRETS.contains(&word.as_str())) {
        return None;
    }
    // What qualifies the noun is the last word that says more than that it is a secret.
    let is_kind = |word: &String| KINDS.contains(&word.as_str());
    let qualifier = rest.iter().rev().find(|word| !is_kind(word)).map_or("", String::as_str);
    let is_one_of = |list: &[&str]| list.contains(&qualifier);
    let says = |word: &str| rest.iter().any(|own| own == word);
    match noun.as_str() {
        "salt" | "pepper" => Some(Protects::Hashes),
        "secret" | "key" | "passphrase" => {
            if noun == "key" && qualifier.is_empty() && !rest.iter().any(is_kind) {
                return None;
            }
            let is_plain = qualifier.is_empty() || is_one_of(&["app", "application", "server"]);
            match () {
                () if is_one_of(OF_SIGNATURES) => Some(Protects::Signatures),
                () if is_one_of(OF_CONTENTS) => Some(Protects::Contents),
                () if is_one_of(OF_ENTRANCES) => Some(Protects::Entrance),
                // `SECRET`, `SECRET_KEY`, `APP_SECRET`, `API_SECRET`, but `API_KEY` may be somebody else's.
                () if is_plain
                    && !says("private")
                    && (noun == "secret" || says("secret") || is_one_of(&["app"])) =>
                {
                    Some(Protects::Signatures)
                }
                () if noun == "key"
                    && !["api", "access", "secret", "private"].iter().any(|word| says(word)) =>
                {
                    None
                }
                () => Some(Protects::Another),
            }
        }
        "password" | "passwd" | "pwd" | "pass" | "token" | "credential" => {
            Some(if is_one_of(OF_ENTRANCES) { Protects::Entrance } else { Protects::Another })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Protects, protected_by};

    #[test]
    fn a_secret_is_told_by_the_words_of_its_name() {
        let cases = [
            (
                Protects::Signatures,
                "JWT_SECRET SESSION_SECRET COOKIE_SECRET JWT_REFRESH_SECRET PORTAL_JWT_SECRET SECRET SECRET_KEY APP_SECRET API_SECRET JWT_SECRET_KEY NEXTAUTH_SECRET STRIPE_WEBHOOK_SECRET APP_KEY JWT_ACCESS_TOKEN_SECRET jwt.secret JWT_SECRET_2 HMAC_KEY",
            ),
            (Protects::Contents, "ENCRYPTION_KEY TOKEN_ENCRYPTION_KEY AES_KEY MASTER_KEY"),
            (Protects::Hashes, "PASSWORD_SALT PEPPER"),
            (
                Protects::Entrance,
                "ADMIN_PASSWORD DEFAULT_ADMIN_PASSWORD CRON_SECRET ADMIN_SECRET AUTH_BYPASS_TOKEN INTERNAL_API_KEY",
            ),
            (
                Protects::Another,
                "DB_PASSWORD OPENAI_API_KEY AWS_SECRET_ACCESS_KEY GOOGLE_CLIENT_SECRET STRIPE_SECRET_KEY SMTP_PASS SENTRY_AUTH_TOKEN API_KEY LIVEKIT_API_SECRET AUTH_GOOGLE_SECRET",
            ),
        ];
        for (protects, names) in cases {
            for name in names.split(' ') {
                assert_eq!(protected_by(name), Some(protects), "{name}");
            }
        }
    }

    #[test]
    fn what_only_speaks_of_a_secret_is_none() {
        for name in [
            "JWT_SECRET_NAME",
            "TOKEN_URL",
            "ACCESS_TOKEN_EXPIRY",
            "REFRESH_TOKEN_TIMEOUT",
            "MAX_TOKENS",
            "PASSWORD_MIN_LENGTH",
            "SUPABASE_ANON_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "NEXT_PUBLIC_API_KEY",
            "VITE_API_SECRET",
            "CACHE_KEY",
            "PUBLIC_KEY",
            "KEY",
            "DEV_API_KEY",
            "TEST_USER_PASSWORD",
            "SEED_ADMIN_PASSWORD",
            "AWS_KMS_KEY_ID",
            "AUTH_TOKEN_HEADER",
            "SECRETARY",
            "RECAPTCHA_SITE_KEY",
        ] {
            assert_eq!(protected_by(name), None, "{name}");
        }
    }
}
