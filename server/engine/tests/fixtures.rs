//! Every fixture of every rule: what its markers say is found, with exact ranges, and nothing else; and what each fix
//! makes of it, in a snapshot that a person has read.
//!
//! A case is a file in `fixtures/rules/<category>/<rule>/`, or a folder there of several files. In a source, a comment
//! line of carets marks the range above it: `//  ^^^^ rule-id: a piece of the message`. A range of several lines, or
//! one that starts where no caret can stand, is marked `//~ rule-id "first text" … "last text": a piece of the
//! message` on the line above. Marker lines are removed before the text is parsed. Files whose name begins with
//! `context.` or that are no source are only looked at; schemas are reviewed in the cases of rules that look at schemas.
//!
//! `PLIMSOLL_FIXTURES=<rule>` leaves the cases of all other rules out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Finding, Request, Severity};
use plimsoll_project::MemoryFiles;
use plimsoll_syntax::{ByteEdit, FileKind, Language, apply_byte_edits};

/// A place that a fixture marks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    start: usize,
    end: usize,
    rule: String,
    message: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/rules")
        .canonicalize()
        .expect("fixtures stand there")
}

/// All cases of all rules: a name, and its files (path in the case, text with markers).
fn cases() -> Vec<(String, Vec<(String, String)>)> {
    let only = std::env::var_os("PLIMSOLL_FIXTURES");
    let mut cases = Vec::new();
    for category in entries(&root()) {
        for rule in entries(&category) {
            if only.as_deref().is_some_and(|only| rule.file_name() != Some(only)) {
                continue;
            }
            for case in entries(&rule) {
                let name = case.strip_prefix(root()).expect("below the root").display().to_string();
                let mut files = Vec::new();
                collect(&case, &case, &mut files);
                cases.push((name, files));
            }
        }
    }
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut all: Vec<PathBuf> = all.map(|e| e.expect("readable").path()).collect();
    all.retain(|p| p.file_name().is_some_and(|n| n != "snapshots" && n != "README.md"));
    all.sort();
    all
}

fn collect(case: &Path, at: &Path, files: &mut Vec<(String, String)>) {
    if at.is_dir() {
        for entry in entries(at) {
            collect(case, &entry, files);
        }
        return;
    }
    let name = if at == case {
        at.file_name().expect("a file").to_string_lossy().into_owned()
    } else {
        at.strip_prefix(case).expect("in the case").display().to_string()
    };
    files.push((name, std::fs::read_to_string(at).expect("UTF-8")));
}

/// Where a case's files seem to stand: server code, unless the file's own path says otherwise.
fn path_of(name: &str) -> String {
    format!("/case/{name}")
}

/// The text without marker lines, and what they mark.
fn read_markers(text: &str, name: &str) -> (String, Vec<Expected>) {
    let mut plain = String::new();
    let mut expected = Vec::new();
    let mut line_start = 0;
    let mut pending: Vec<(String, String, String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(marker) = trimmed.strip_prefix("//~") {
            let (head, message) = marker.split_once(": ").unwrap_or((marker, ""));
            let (rule, rest) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
            let mut quoted = rest.split('"').skip(1).step_by(2);
            let first = quoted.next().unwrap_or_else(|| panic!("{name}: {line}")).to_owned();
            let last = quoted.next().unwrap_or(&first).to_owned();
            pending.push((rule.to_owned(), first, last, message.trim().to_owned()));
            continue;
        }
        let comment = trimmed
            .strip_prefix("//")
            .or_else(|| trimmed.strip_prefix("{/*"))
            .or_else(|| trimmed.strip_prefix("--"));
        if let Some(rest) = comment
            && rest.trim_start().starts_with('^')
        {
            let rest = rest.trim_end_matches("*/}").trim();
            let carets = rest.chars().take_while(|&c| c == '^').count();
            let column = line.find('^').expect("it has carets");
            let (rule, message) =
                rest[carets..].trim().split_once(": ").unwrap_or((rest[carets..].trim(), ""));
            expected.push(Expected {
                start: line_start + column,
                end: line_start + column + carets,
                rule: rule.trim_end_matches(':').to_owned(),
                message: message.trim().to_owned(),
            });
            continue;
        }
        line_start = plain.len();
        plain.push_str(line);
        for (rule, first, last, message) in pending.drain(..) {
            let start =
                line.find(&first).unwrap_or_else(|| panic!("{name}: no `{first}` in {line}")) + line_start;
            // The end is searched in what follows, once the text is known.
            expected.push(Expected {
                start,
                end: usize::MAX,
                rule,
                message: format!("{last}\u{0}{message}"),
            });
        }
    }
    for e in &mut expected {
        if e.end == usize::MAX {
            let (last, message) = e.message.split_once('\u{0}').expect("set above");
            let at = plain[e.start..]
                .find(last)
                .unwrap_or_else(|| panic!("{name}: no `{last}` after {}", e.start));
            e.end = e.start + at + last.len();
            e.message = message.to_owned();
        }
    }
    expected.sort();
    (plain, expected)
}

struct Case {
    name: String,
    files: MemoryFiles,
    sources: Vec<(String, String, Vec<Expected>)>,
}

/// The rules that look at schemas: in the cases of others, schemas are there to be looked up.
const OF_SCHEMAS: &[&str] = &["unindexed-foreign-key"];

/// The rule that a case belongs to.
fn rule_of(case: &str) -> &str {
    case.split('/').nth(1).expect("category/rule/case")
}

fn load(name: &str, raw: &[(String, String)]) -> Case {
    let mut files = MemoryFiles::rooted("/case");
    let mut sources = Vec::new();
    for (file, text) in raw {
        let (plain, expected) = read_markers(text, &format!("{name}/{file}"));
        files.insert(path_of(file), plain.as_str());
        let is_schema = matches!(FileKind::from_path(file), Some(FileKind::Prisma | FileKind::Sql));
        if Language::from_path(file).is_some() || is_schema && OF_SCHEMAS.contains(&rule_of(name)) {
            sources.push((path_of(file), plain, expected));
        }
    }
    Case { name: name.to_owned(), files, sources }
}

fn config() -> Config {
    Config::default().with_preview()
}

fn review(engine: &Engine, files: &MemoryFiles, path: &str) -> Vec<Finding> {
    let config = config();
    let cancel = AtomicBool::new(false);
    let request =
        Request { files, path, document: None, config: &config, cancel: &cancel, now: 1_763_700_000 };
    let outcome = engine.review(&request);
    let failed: Vec<_> = outcome.skipped.iter().filter(|s| s.is_failure).collect();
    assert!(failed.is_empty(), "{path}: {failed:?}");
    outcome.findings
}

#[test]
fn fixtures_find_what_they_mark_and_nothing_else() {
    let mut wrong = Vec::new();
    for (name, raw) in cases() {
        let case = load(&name, &raw);
        let engine = Engine::new();
        for (path, text, expected) in &case.sources {
            let found = review(&engine, &case.files, path);
            let mut open = expected.clone();
            for f in &found {
                let (start, end) = (f.range.start as usize, f.range.end as usize);
                let at = open.iter().position(|e| e.start == start && e.end == end && e.rule == f.rule);
                match at {
                    Some(i) if f.message.contains(&open[i].message) => {
                        open.remove(i);
                    }
                    Some(i) => {
                        wrong.push(format!(
                            "{}: message `{}`, expected `{}`",
                            place(path, text, start, &case),
                            f.message,
                            open[i].message
                        ));
                        open.remove(i);
                    }
                    None => wrong.push(format!(
                        "{}: unmarked {} at `{}`: {}",
                        place(path, text, start, &case),
                        f.rule,
                        &text[start..end],
                        f.message
                    )),
                }
            }
            for e in open {
                wrong.push(format!(
                    "{}: {} not found at `{}`",
                    place(path, text, e.start, &case),
                    e.rule,
                    &text[e.start..e.end]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn place(path: &str, text: &str, byte: usize, case: &Case) -> String {
    format!("{} {}:{}", case.name, path, text[..byte].matches('\n').count() + 1)
}

/// Each proven fix of each finding, applied to the files of its case.
fn fixed(case: &Case) -> Vec<(String, MemoryFiles, Vec<String>, Finding)> {
    let engine = Engine::new();
    let config = config();
    let cancel = AtomicBool::new(false);
    let mut all = Vec::new();
    for (path, ..) in &case.sources {
        let request = Request {
            files: &case.files,
            path,
            document: None,
            config: &config,
            cancel: &cancel,
            now: 1_763_700_000,
        };
        for finding in engine.review(&request).findings {
            for fix in engine.fixes(&request, &finding) {
                let mut after = case.files.clone();
                let mut by_path: BTreeMap<&str, Vec<ByteEdit>> = BTreeMap::new();
                for edit in &fix.edits {
                    match edit.range {
                        Some(range) => by_path
                            .entry(&edit.path)
                            .or_default()
                            .push(ByteEdit { range, text: edit.new_text.clone() }),
                        None => after.insert(edit.path.clone(), edit.new_text.clone()),
                    }
                }
                for (path, edits) in by_path {
                    let text =
                        plimsoll_project::Files::read(&case.files, path).expect("an edited file exists");
                    after.insert(path, apply_byte_edits(&text, &edits).expect("edits fit"));
                }
                let touched =
                    fix.edits.iter().map(|e| e.path.clone()).collect::<std::collections::BTreeSet<_>>();
                all.push((
                    format!("{} [{:?}]", fix.title, fix.safety),
                    after,
                    touched.into_iter().collect(),
                    finding.clone(),
                ));
            }
        }
    }
    all
}

#[test]
fn fixes_of_fixtures_do_what_their_snapshots_say() {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (name, raw) in cases() {
        let case = load(&name, &raw);
        let rule = rule_of(&name).to_owned();
        // A rule that has lost all its fixes differs from its snapshot too.
        if root().join(format!("../snapshots/fixes-{rule}.snap")).exists() {
            shown.entry(rule.clone()).or_default();
        }
        for (title, after, touched, finding) in fixed(&case) {
            let says_so = title.contains("(review: ");
            assert_eq!(says_so, title.ends_with("[Review]"), "{name}: {title} does not say what it is");
            // Applied, the finding is gone and no new one of an error's weight has come.
            let engine = Engine::new();
            let left: Vec<Finding> = review(&engine, &after, &finding.path);
            assert!(
                left.iter().filter(|f| f.rule == finding.rule).count()
                    < review(&engine, &case.files, &finding.path)
                        .iter()
                        .filter(|f| f.rule == finding.rule)
                        .count(),
                "{name}: {title} leaves its finding"
            );
            let out = shown.entry(rule.clone()).or_default();
            out.push_str(&format!("=== {name}: {} {}\n--- {title}\n", finding.rule, finding.message));
            for path in touched {
                let before = plimsoll_project::Files::read(&case.files, &path).unwrap_or_else(|| "".into());
                let now = plimsoll_project::Files::read(&after, &path).expect("just written");
                out.push_str(&diff(&path, &before, &now));
            }
        }
    }
    for (rule, text) in shown {
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../../../fixtures/snapshots", omit_expression => true }, {
            insta::assert_snapshot!(format!("fixes-{rule}"), text);
        });
    }
}

fn diff(path: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(2).header(path, path).to_string()
}

#[test]
fn every_finding_of_a_fixture_has_the_severity_scale_of_its_rule() {
    let engine = Engine::new();
    for (name, raw) in cases() {
        let case = load(&name, &raw);
        for (path, ..) in &case.sources {
            for f in review(&engine, &case.files, path) {
                assert!(matches!(f.severity, Severity::Info | Severity::Warning | Severity::Error));
                assert_eq!(f.fingerprint.len(), 16);
                assert!(!f.message.contains('\n'), "{name}: {}", f.message);
            }
        }
    }
}
