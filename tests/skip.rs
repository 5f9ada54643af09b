//! What a test does that needs something which cannot be had here.
//!
//! A test that is skipped silently is a test that nobody has. So a skip is printed with its reason, counted by
//! `tests/run`, and fails unless it is on the short list of those that are allowed.

use std::io::Write as _;

/// Names of what may be skipped, separated by commas; `tests/run` sets it from `tests/allowed-skips.txt`.
const ALLOWED: &str = "PLIMSOLL_TESTS_ALLOW_SKIP";

/// The file that a line is added to for each skip.
const COUNTED_IN: &str = "PLIMSOLL_SKIPPED";

/// Skips the tests of `name`.
///
/// # Panics
/// Unless that is allowed.
pub fn skip(name: &str, reason: &str) {
    eprintln!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os(COUNTED_IN) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(list);
        file.and_then(|mut file| writeln!(file, "{name}: {reason}"))
            .expect("the list of skips can be written");
    }
    let allowed = std::env::var(ALLOWED).unwrap_or_default();
    assert!(
        allowed.split(',').any(|allowed| allowed.trim() == name),
        "{name} was skipped ({reason}); allow it with {ALLOWED}={name}"
    );
}
