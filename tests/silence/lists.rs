//! The lists of silence conditions follow the code: each condition still stands, once, where its list says. Whether a
//! fixture fails without it, `tests/silence/run.py` tells.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The rules that have a list.
const RULES: &[&str] = &[
    "blocking-in-async",
    "byte-slice-of-str",
    "detached-task",
    "double-submit",
    "floating-promise",
    "hardcoded-secret",
    "ignored-result",
    "leaked-error-detail",
    "leaked-handle",
    "leaked-listener",
    "leaked-subscription",
    "leaked-timer",
    "lock-across-await",
    "lost-cause",
    "missing-auth",
    "missing-idempotency-key",
    "missing-index",
    "missing-retry",
    "missing-timeout",
    "n-plus-one",
    "overlapping-interval",
    "panic-in-service",
    "process-keeps-running",
    "retry-without-backoff",
    "sequential-await",
    "shared-request-state",
    "sql-injection",
    "stale-response",
    "swallowed-error",
    "unbounded-channel",
    "unbounded-concurrency",
    "unbounded-growth",
    "unchecked-lookup",
    "unchecked-response",
    "undeclared-dependency",
    "unguarded-parse",
    "unhandled-async-handler",
    "unsafe-retry",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    condition: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    words: String,
    file: String,
    code: String,
    without: String,
    /// Why no fixture can miss it.
    #[serde(default)]
    unmissed: String,
}

#[test]
fn every_condition_stands_once_where_its_list_says() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let mut words: Vec<String> = Vec::new();
        for condition in list(rule).condition {
            let Condition { words: own, file, code, without, unmissed } = condition;
            let path = root().join("server/rules/src").join(&file);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let (before, inside, after) = parts(&code).unwrap_or_else(|| panic!("{rule}: {own}: {code}"));
            let found = squeezed(&text).matches(&squeezed(&format!("{before}{inside}{after}"))).count();
            if found != 1 {
                wrong.push(format!("{rule}: `{own}` stands {found} times in {file}: {code}"));
            }
            if squeezed(inside) == squeezed(&without) {
                wrong.push(format!("{rule}: `{own}` is not removed by {without}"));
            }
            let is_told_apart = !own.is_empty() && !words.contains(&own);
            if !is_told_apart || !unmissed.is_empty() && !unmissed.contains(' ') {
                wrong.push(format!("{rule}: `{own}` needs words of its own, and a reason in words"));
            }
            words.push(own);
        }
    }
    assert!(wrong.is_empty(), "the lists in tests/silence must follow the code:\n{}", wrong.join("\n"));
}

#[test]
fn every_list_is_of_a_rule() {
    let folder = root().join("tests/silence");
    let files = std::fs::read_dir(&folder).expect("the folder of this test");
    let paths = files
        .map(|file| file.expect("readable").path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"));
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    assert_eq!(names, RULES);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn list(rule: &str) -> List {
    let path = root().join("tests/silence").join(format!("{rule}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What stands before, between and after `«` and `»`.
fn parts(code: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = code.split_once('«')?;
    let (inside, after) = rest.split_once('»')?;
    Some((before, inside, after))
}

/// The text without white space: formatting moves no condition.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
