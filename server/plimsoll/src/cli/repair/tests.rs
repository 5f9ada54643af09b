use super::*;
use plimsoll_engine::{Confidence, Severity};
use plimsoll_syntax::TextRange;

/// Finds every `bad`; its fix writes `good`.
struct Toy {
    safety: Safety,
    /// What the fix writes where there is more than one `bad` in the text that is reviewed.
    together: &'static str,
}

impl Reviewer for Toy {
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding> {
        let text = files.read(path).unwrap_or_default();
        let worse = text.matches("worse worse").count() * 2;
        let places = text.match_indices("bad").map(|(at, _)| at).chain(std::iter::repeat_n(0, worse));
        places.enumerate().map(|(ordinal, at)| finding(path, at, ordinal)).collect()
    }

    fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix> {
        let text = files.read(&finding.path).unwrap_or_default();
        let is_alone = text.matches("bad").count() == 1;
        let new_text = if is_alone { "good" } else { self.together };
        let mut edits = vec![edit(&finding.path, Some(finding.range), new_text)];
        if text.starts_with("index") {
            let range = files.read("/p/schema").map(|schema| TextRange::empty(schema.len() as u32));
            edits.push(edit("/p/schema", range, "index\n"));
        }
        vec![Fix { title: "Make it good".to_owned(), safety: self.safety, edits }]
    }
}

fn edit(path: &str, range: Option<TextRange>, new_text: &str) -> FileEdit {
    FileEdit { path: path.to_owned(), range, new_text: new_text.to_owned() }
}

fn finding(path: &str, at: usize, ordinal: usize) -> Finding {
    Finding {
        rule: "toy",
        category: "toys",
        severity: Severity::Warning,
        confidence: Confidence::High,
        message: "it is bad".to_owned(),
        path: path.to_owned(),
        range: TextRange::from_usize(at, at + 3),
        fingerprint: ordinal.to_string(),
        function: None,
        language: "typescript",
        related: Vec::new(),
        about: Vec::new(),
        may_have_fixes: true,
        is_baselined: false,
    }
}

fn run(toy: &Toy, files: &[(&str, &str)], allowed: Safety) -> Repaired {
    let mut disk = MemoryFiles::default();
    for (path, text) in files {
        disk.insert(*path, *text);
    }
    let findings = files.iter().map(|(path, _)| ((*path).to_owned(), toy.review(&disk, path))).collect();
    repair(toy, &disk, findings, allowed, &Threads::new(Some(2)).expect("there are threads"))
}

fn texts(repaired: &Repaired) -> Vec<(&str, &str)> {
    repaired.changes.iter().map(|change| (change.path.as_str(), change.after.as_str())).collect()
}

const SAFE: Toy = Toy { safety: Safety::Safe, together: "good" };

#[test]
fn all_that_is_bad_is_made_good_also_where_fixes_touch() {
    let repaired = run(&SAFE, &[("/p/a", "bad bad\n"), ("/p/b", "badbad"), ("/p/c", "fine")], Safety::Safe);
    assert_eq!(texts(&repaired), [("/p/a", "good good\n"), ("/p/b", "goodgood")]);
    assert_eq!(repaired.done.len(), 4);
    assert_eq!((repaired.fixed(), repaired.left()), (4, 0));
}

#[test]
fn what_needs_a_review_waits_until_it_is_asked_for() {
    let toy = Toy { safety: Safety::Review, ..SAFE };
    let held = run(&toy, &[("/p/a", "bad")], Safety::Safe);
    assert!(held.changes.is_empty() && held.done.is_empty());
    assert_eq!((held.fixed(), held.left(), held.held_back, held.refused), (0, 1, 1, 0));
    assert_eq!(texts(&run(&toy, &[("/p/a", "bad")], Safety::Review)), [("/p/a", "good")]);
}

#[test]
fn fixes_that_do_not_agree_are_made_one_by_one() {
    // Two at once read `worse worse`; one alone is reviewed with the other still bad.
    let toy = Toy { together: "worse", ..SAFE };
    let repaired = run(&toy, &[("/p/a", "bad bad")], Safety::Safe);
    assert_eq!(texts(&repaired), [("/p/a", "worse good")]);
    assert_eq!(repaired.done.len(), 2);
}

#[test]
fn a_fix_that_changes_nothing_ends() {
    let toy = Toy { together: "bad", ..SAFE };
    let repaired = run(&toy, &[("/p/a", "bad bad")], Safety::Safe);
    assert!(repaired.changes.is_empty() && repaired.done.is_empty());
    assert_eq!((repaired.left(), repaired.held_back, repaired.refused), (2, 0, 2));
}

#[test]
fn other_files_are_changed_and_created() {
    let repaired = run(&SAFE, &[("/p/a", "index bad"), ("/p/schema", "table\n")], Safety::Safe);
    assert_eq!(texts(&repaired), [("/p/a", "index good"), ("/p/schema", "table\nindex\n")]);
    let repaired = run(&SAFE, &[("/p/a", "index bad")], Safety::Safe);
    assert_eq!(texts(&repaired), [("/p/a", "index good"), ("/p/schema", "index\n")]);
    assert_eq!(repaired.changes[1].before, None);
}

/// What waits for a time limit is told once there is one, and is repaired in the same run.
struct Waiting;

impl Reviewer for Waiting {
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding> {
        let text = files.read(path).unwrap_or_default();
        let of = |rule: &'static str, word: &str| {
            let found = text.match_indices(word).enumerate();
            found.map(|(n, (at, _))| Finding { rule, ..finding(path, at, n) }).collect::<Vec<_>>()
        };
        [of("missing-timeout", "bad"), of("missing-retry", "mid")].concat()
    }

    fn fixes(&self, _: &dyn Files, finding: &Finding) -> Vec<Fix> {
        let new_text = if finding.rule == "missing-timeout" { "mid" } else { "fin" };
        let edits = vec![edit(&finding.path, Some(finding.range), new_text)];
        vec![Fix { title: new_text.to_owned(), safety: Safety::Safe, edits }]
    }
}

#[test]
fn what_waited_for_a_fix_is_repaired_after_it() {
    let mut disk = MemoryFiles::default();
    disk.insert("/p/a", "bad bad");
    let findings = BTreeMap::from([("/p/a".to_owned(), Waiting.review(&disk, "/p/a"))]);
    let threads = Threads::new(Some(1)).expect("there are threads");
    let repaired = repair(&Waiting, &disk, findings, Safety::Safe, &threads);
    assert_eq!(texts(&repaired), [("/p/a", "fin fin")]);
    assert_eq!((repaired.fixed(), repaired.left(), repaired.refused), (4, 0, 0));
}

/// Two findings in a file, of which the second can be repaired once the other file is.
struct Depending;

impl Reviewer for Depending {
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding> {
        SAFE.review(files, path)
    }

    fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix> {
        let is_ready = finding.path != "/p/a" || !files.read("/p/b").unwrap_or_default().contains("bad");
        if is_ready { SAFE.fixes(files, finding) } else { Vec::new() }
    }
}

#[test]
fn what_another_file_stood_in_the_way_of_needs_no_second_run() {
    let mut disk = MemoryFiles::default();
    let mut findings = BTreeMap::new();
    for path in ["/p/a", "/p/b"] {
        disk.insert(path, "bad");
        findings.insert(path.to_owned(), SAFE.review(&disk, path));
    }
    let threads = Threads::new(Some(1)).expect("there are threads");
    let repaired = repair(&Depending, &disk, findings, Safety::Safe, &threads);
    assert_eq!(texts(&repaired), [("/p/a", "good"), ("/p/b", "good")]);
}
