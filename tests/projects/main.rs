//! The sample projects, reviewed by the built binary: every planted failure is found and nothing else, and every fix
//! leaves a program that its own compiler accepts.

mod accepted;
mod edits;
#[path = "../skip.rs"]
mod skip;
mod together;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects").join(name);
    folder.canonicalize().expect("the sample project stands there")
}

/// The report of `plimsoll check` in a folder.
fn check(folder: &Path, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", ".", "--format", "json", "--no-cache"])
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("no report: {e}\n{}", String::from_utf8_lossy(&output.stderr));
    })
}

#[derive(Debug)]
struct Planted {
    rule: String,
    path: String,
    first: u64,
    last: u64,
}

/// Under these rules the sample projects promise to be complete.
const RULES: [&str; 45] = [
    "n-plus-one",
    "missing-index",
    "missing-transaction",
    "unfiltered-write",
    "unbounded-query",
    "lost-update",
    "check-then-act",
    "missing-timeout",
    "unchecked-response",
    "missing-retry",
    "missing-idempotency-key",
    "retry-without-backoff",
    "unsafe-retry",
    "leaked-timer",
    "connection-per-call",
    "missing-connection-release",
    "leading-wildcard",
    "byte-slice-of-str",
    "lock-across-await",
    "process-keeps-running",
    "unhandled-async-handler",
    "floating-promise",
    "swallowed-error",
    "leaked-handle",
    "leaked-listener",
    "leaked-subscription",
    "unbounded-growth",
    "detached-task",
    "stale-response",
    "double-submit",
    "blocking-in-async",
    "unguarded-parse",
    "leaked-error-detail",
    "shared-request-state",
    "missing-auth",
    "panic-in-service",
    "unchecked-lookup",
    "unbounded-concurrency",
    "overlapping-interval",
    "sequential-await",
    "unbounded-channel",
    "lost-cause",
    "sql-injection",
    "undeclared-dependency",
    "hardcoded-secret",
];

fn planted(folder: &Path) -> Vec<Planted> {
    let text = std::fs::read_to_string(folder.join("expected.toml")).expect("expected.toml");
    let table: toml::Table = toml::from_str(&text).expect("expected.toml is TOML");
    let entries = table["finding"].as_array().expect("findings");
    let text_of = |e: &toml::Value, key: &str| e[key].as_str().expect("a text").to_owned();
    let number =
        |e: &toml::Value, key: &str| e.get(key).and_then(toml::Value::as_integer).map(|n| n.unsigned_abs());
    entries
        .iter()
        .map(|e| {
            let first = number(e, "line").expect("a line");
            let last = number(e, "end_line").unwrap_or(first);
            Planted { rule: text_of(e, "rule"), path: text_of(e, "path"), first, last }
        })
        .collect()
}

fn findings_are_those_planted(name: &str) {
    let folder = project(name);
    let report = check(&folder, &["--preview"]);
    assert_eq!(report["complete"], true, "{:?}", report["skipped"]);
    let mut open = planted(&folder);
    assert!(open.len() >= 20, "the project has its planted failures");
    let mut wrong = Vec::new();
    for finding in report["findings"].as_array().expect("findings") {
        let (rule, path) = (finding["rule"].as_str().expect("rule"), finding["path"].as_str().expect("path"));
        if !RULES.contains(&rule) {
            continue;
        }
        let line = |end: &str| finding["range"][end]["line"].as_u64().expect("a line");
        let (start, end) = (line("start"), line("end"));
        let hit =
            open.iter().position(|p| p.rule == rule && p.path == path && start <= p.last && end >= p.first);
        match hit {
            Some(i) => drop(open.swap_remove(i)),
            None => wrong.push(format!("not planted: {rule} {path}:{start} {}", finding["message"])),
        }
    }
    wrong.extend(open.iter().map(|p| format!("not found: {} {}:{}", p.rule, p.path, p.first)));
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

#[test]
fn shop_ts_shows_what_was_planted_and_nothing_else() {
    findings_are_those_planted("shop-ts");
}

#[test]
fn shop_rs_shows_what_was_planted_and_nothing_else() {
    findings_are_those_planted("shop-rs");
}

/// Applies the fixes of a project to copies, as many at once as do not touch each other, and lets the project's own
/// tools judge each copy.
fn fixes_keep_the_project_sound(name: &str, script: &str) {
    let folder = project(name);
    let report = check(&folder, &["--preview", "--fixes"]);
    let mut rest: Vec<&Value> = Vec::new();
    for finding in report["findings"].as_array().expect("findings") {
        rest.extend(finding["fixes"].as_array().into_iter().flatten());
    }
    assert!(rest.len() >= 10, "only {} fixes are offered", rest.len());
    let offered = rest.len();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects").join(script);
    let mut round = 0;
    while !rest.is_empty() {
        round += 1;
        assert!(round <= offered, "each round applies a fix");
        let copy = tempfile::tempdir().expect("a temporary folder");
        edits::copy_project(&folder, copy.path());
        let mut taken: BTreeMap<String, Vec<edits::Edit>> = BTreeMap::new();
        let mut later = Vec::new();
        let mut titles = Vec::new();
        for fix in rest {
            let edits = edits::of_fix(fix);
            if together::fit_beside(&edits, &taken) {
                titles.push(fix["title"].as_str().unwrap_or_default().to_owned());
                for (path, edit) in edits {
                    taken.entry(path).or_default().push(edit);
                }
            } else {
                later.push(fix);
            }
        }
        together::apply(copy.path(), &taken);
        let output = Command::new("sh").arg(&script).arg(copy.path()).output().expect("sh runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(77) {
            skip::skip(name, said.trim());
            return;
        }
        assert!(output.status.success(), "{name}, round {round}: {said}\nfixes: {titles:#?}");
        rest = later;
    }
}

#[test]
fn fixes_of_shop_ts_type_check() {
    fixes_keep_the_project_sound("shop-ts", "shop-ts.sh");
}

#[test]
fn fixes_of_shop_rs_compile() {
    fixes_keep_the_project_sound("shop-rs", "shop-rs.sh");
}
