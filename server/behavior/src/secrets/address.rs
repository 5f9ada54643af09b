//! Addresses with a password in them: `postgres://app:…@db.example.com/app`.

use std::ops::Range;

use super::random::is_placeholder;

/// What is reached by an address that may hold a password.
const SCHEMES: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "clickhouse",
];

/// Parts of the names of hosts that are there in the place of one, or only reached from beside them.
#[rustfmt::skip] // a list of words
const NO_HOSTS: &[&str] = &[
    "cluster", "corp", "domain", "example", "host", "hostname", "internal", "invalid", "lan", "local", "localhost", "myhost", "region",
    "server", "svc", "test", "yourhost",
];

/// An address that holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'t> {
    pub range: Range<usize>,
    pub user: &'t str,
    pub host: &'t str,
}

/// The first address in a text that holds the password of a machine that others can reach.
pub(super) fn address_in(text: &str) -> Option<Address<'_>> {
    text.match_indices("://").find_map(|(at, mark)| {
        let before = &text[..at];
        let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || c == '+';
        let start = before.rfind(|c| !is_of_scheme(c)).map_or(0, |end| end + 1);
        let scheme = before.get(start..)?;
        if !SCHEMES.contains(&scheme) {
            return None;
        }
        let from = at + mark.len();
        let rest = &text[from..];
        let end = rest
            .find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'' | '\\') || c.is_whitespace())
            .unwrap_or(rest.len());
        let (user_info, host) = rest[..end].rsplit_once('@')?;
        let (user, password) = user_info.split_once(':')?;
        let host = host.split([':', ',']).next().unwrap_or_default();
        let is_found = is_real_password(password, user) && is_reachable(host);
        is_found.then(|| Address { range: start..from + end, user, host })
    })
}

/// Whether it is a password and not a word in the place of one.
fn is_real_password(password: &str, user: &str) -> bool {
    let has = |is_one: fn(&u8) -> bool| password.as_bytes().iter().any(is_one);
    password.len() >= 8
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !password.eq_ignore_ascii_case(user)
        && !is_placeholder(password)
        && !user.contains(['<', '[', '$', '{', '*'])
}

/// Whether a host is one that is reached from elsewhere.
fn is_reachable(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let is_name = |label: &&str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if labels.len() < 2 || !labels.iter().all(is_name) {
        return false;
    }
    if let [a, b, _, _] = labels.as_slice()
        && labels.iter().all(|label| label.bytes().all(|b| b.is_ascii_digit()))
    {
        let is_private = matches!((*a, *b), ("10" | "127" | "0", _) | ("192", "168") | ("169", "254"))
            || *a == "172" && b.parse::<u8>().is_ok_and(|b| (16..32).contains(&b));
        return !is_private;
    }
    let stands_for_one = |label: &&&str| {
        label.split(['-', '_']).any(|part| {
            let part = part.to_ascii_lowercase();
            ["example", "your", "project", "placeholder", "xxx"].iter().any(|word| part.contains(word))
        })
    };
    let is_no_host = |label: &&str| NO_HOSTS.contains(&label.to_ascii_lowercase().as_str());
    let last = labels.last().copied().unwrap_or_default();
    last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && !labels.iter().any(|label| is_no_host(label) || stands_for_one(&label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_a_machine_that_others_reach_is_found() {
        let text = "url = postgresql://app_owner:r7Kq2mZx9LpT@db.eu-central-1.shop-data.com:5432/app?sslmode=require";
        let found = address_in(text).expect("found");
        assert_eq!((found.user, found.host), ("app_owner", "db.eu-central-1.shop-data.com"));
        assert_eq!(&text[found.range], &text[6..text.len() - "/app?sslmode=require".len()]);
        assert!(address_in("redis://:r7Kq2mZx9LpT@cache.shop-data.com").is_some());
        assert!(address_in("mysql://app:r7Kq2mZx9LpT@203.0.113.7/app").is_some());
    }

    #[test]
    fn what_stands_for_one_or_is_reached_from_beside_it_only_is_not() {
        for text in [
            "postgres://app:r7Kq2mZx9LpT@localhost:5432/app",
            "postgres://app:r7Kq2mZx9LpT@db:5432/app",
            "postgres://app:r7Kq2mZx9LpT@10.0.0.3:5432/app",
            "postgres://app:r7Kq2mZx9LpT@172.20.0.3/app",
            "postgres://app:r7Kq2mZx9LpT@db.internal/app",
            "postgres://app:r7Kq2mZx9LpT@db.example.com/app",
            "postgres://app:password1@db.shop-data.com/app",
            "postgres://app:s3cret99@db.shop-data.com/app",
            "postgres://app:[YOUR-PASSWORD]@db.shop-data.com/app",
            "postgres://app:hunter2@db.shop-data.com/app",
            "postgres://app1234a:app1234a@db.shop-data.com/app",
            "postgres://app@db.shop-data.com/app",
            "https://app:r7Kq2mZx9LpT@api.shop-data.com/app",
            "postgres://",
        ] {
            assert_eq!(address_in(text), None, "{text}");
        }
    }
}
