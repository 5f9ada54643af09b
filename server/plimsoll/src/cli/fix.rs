//! `plimsoll fix`

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::{Covered, Finding, Fix, Safety};
use plimsoll_project::Files;

use super::baseline::Baselines;
use super::check::{Progress, Threads, failed};
use super::repair::{Repaired, Reviewer, repair};
use super::session::Session;
use super::spared::Spared;
use super::write::Change;
use super::{FailOn, FixArgs, Status, one_line, print, say, walk};
use crate::report::{REVIEWED, Texts, counted, patch, relative, unread_line};

/// Repairs, writes and tells what was done.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or standard output is closed.
pub fn run(args: &FixArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    let mut session = Session::new(&args.selection)?;
    let found = walk::find(&args.selection.paths, session.current_dir())?;
    let disk = session.disk(&args.selection.paths);
    if let Err(errors) = session.configure(&disk, &found.files) {
        return Ok(failed(&errors));
    }
    let baselines = match Baselines::read(&disk, &found.files, session.current_dir()) {
        Ok(baselines) => baselines,
        Err(errors) => return Ok(failed(&errors)),
    };
    let current_dir = session.current_dir();
    let mut skipped = found.skipped;
    let mut unread = Vec::new();
    let mut findings: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let threads = Threads::new(args.selection.jobs)?;
    let outcomes = threads.each_file(&found.files, |path| session.review(&disk, path));
    let has_files = !found.files.is_empty();
    for (path, outcome) in found.files.into_iter().zip(outcomes) {
        skipped.extend(outcome.skipped);
        unread.extend(outcome.unread);
        findings.insert(path, outcome.findings);
    }
    let is_met = |finding: &Finding| FailOn::default().is_met_by(finding.severity);
    let allowed = if args.review_needed { Safety::Review } else { Safety::Safe };
    let fixable = findings.values().flatten().filter(|finding| finding.may_have_fixes).count();
    let progress = Progress::new(fixable, "findings");
    let mut reviewer = Told::once(&session, &mut findings, progress);
    reviewer.spared = Spared::of(baselines, &disk, &mut findings);
    let was_met = findings.values().flatten().any(is_met);
    let repaired = repair(&reviewer, &disk, findings, allowed, &threads);
    reviewer.progress.finish();

    let is_said = |path: &String| found.named.contains(path);
    for skipped in skipped.iter().filter(|skipped| skipped.is_failure || is_said(&skipped.path)) {
        let path = relative(current_dir, &skipped.path);
        say(&one_line(&format!("skipped {path}: {}", skipped.reason)));
    }
    unread.sort_by(|a, b| a.path.cmp(&b.path));
    unread.dedup();
    let texts = Texts::new(&disk, current_dir);
    unread.iter().for_each(|unread| say(&format!("warning: {}", unread_line(unread, &texts))));
    if let spared @ 1.. = reviewer.spared.count() {
        say(&format!("{} in the baseline left alone", counted(spared, "finding")));
    }
    if args.dry_run {
        print(&diff(&repaired.changes, current_dir), color)?;
        say(&summary("would be fixed", &repaired, has_files));
    } else if write_all(&repaired.changes, current_dir) {
        print(&told(&repaired, has_files, current_dir), color)?;
    } else {
        return Ok(Status::Failed);
    }
    let is_left = if args.dry_run { was_met } else { repaired.left.values().flatten().any(is_met) };
    let is_complete = unread.is_empty() && !skipped.iter().any(|skipped| skipped.is_failure);
    Ok(match (is_left, is_complete || repaired.left() > 0) {
        (true, _) => Status::Found,
        (false, false) => Status::Failed,
        (false, true) => Status::Clean,
    })
}

/// A session without the findings that others, in other files, covered at first: what repairs those repairs these.
struct Told<'a> {
    session: &'a Session,
    /// Path and fingerprint.
    covered: BTreeSet<(String, String)>,
    /// What the project has decided to live with.
    spared: Spared,
    /// How far it is.
    progress: Progress,
}

impl<'a> Told<'a> {
    /// Takes out what is covered.
    fn once(session: &'a Session, findings: &mut BTreeMap<String, Vec<Finding>>, progress: Progress) -> Self {
        let by = Covered::by(findings.values().flatten());
        let mut covered = BTreeSet::new();
        for finding in findings.values_mut().flat_map(|own| own.extract_if(.., |finding| by.has(finding))) {
            covered.insert((finding.path, finding.fingerprint));
        }
        Self { session, covered, spared: Spared::default(), progress }
    }
}

impl Reviewer for Told<'_> {
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding> {
        let mut findings = self.session.review(files, path).findings;
        findings.retain(|own| !self.covered.contains(&(own.path.clone(), own.fingerprint.clone())));
        self.spared.take_out(files, path, &mut findings);
        findings
    }

    fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix> {
        let fixes = self.session.fixes(files, finding);
        self.progress.advance();
        fixes
    }
}

/// Writes all files, or none if one of them cannot be written. What goes wrong is said.
pub fn write_all(changes: &[Change], current_dir: &str) -> bool {
    let refuse = |change: &Change, why: &dyn std::fmt::Display| {
        let path = relative(current_dir, &change.path);
        say(&one_line(&format!("error: cannot write `{path}`: {why}")));
    };
    let mut is_possible = true;
    for change in changes {
        if let Err(why) = change.check() {
            refuse(change, &why);
            is_possible = false;
        }
    }
    if !is_possible {
        say("nothing was written");
        return false;
    }
    let mut is_written = true;
    for change in changes {
        if let Err(why) = change.write() {
            refuse(change, &why);
            is_written = false;
        }
    }
    is_written
}

/// A line for each fix, then how many.
fn told(repaired: &Repaired, has_files: bool, current_dir: &str) -> String {
    let mut text = String::new();
    for done in &repaired.done {
        let path = relative(current_dir, &done.path);
        text.push_str(&one_line(&format!("{path}: {} ({})", done.title, done.rule)));
        text.push('\n');
    }
    text.push_str(&summary("fixed", repaired, has_files));
    text.push('\n');
    text
}

/// `4 findings: 2 fixed in 1 file, 1 needs --review-needed, 1 has no fix`: what is told adds up. Then what to do next.
fn summary(verb: &str, repaired: &Repaired, has_files: bool) -> String {
    let (fixed, left) = (repaired.fixed(), repaired.left());
    if fixed + left == 0 {
        return match has_files {
            true => "nothing to fix".to_owned(),
            false => format!("nothing to fix: no {} here", REVIEWED.replace(" and ", " or ")),
        };
    }
    let some = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let without = left - repaired.held_back - repaired.refused;
    let parts = [
        (fixed > 0).then(|| format!("{fixed} {verb} in {}", counted(repaired.changes.len(), "file"))),
        some(
            repaired.held_back,
            "needs `--review-needed`, since its fix changes what the code does",
            "need `--review-needed`, since their fixes change what the code does",
        ),
        some(
            repaired.refused,
            "has a fix that does not go with others",
            "have fixes that do not go with others",
        ),
        some(without, "has no fix", "have no fix"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let next = match repaired.held_back {
        0 => String::new(),
        _ => "\nhelp: `plimsoll fix --review-needed --dry-run` shows what those would change".to_owned(),
    };
    format!("{}: {}{next}", counted(fixed + left, "finding"), parts.join("; "))
}

/// The changes as a patch.
pub fn diff(changes: &[Change], current_dir: &str) -> String {
    let files = changes
        .iter()
        .map(|it| patch::of_file(&relative(current_dir, &it.path), it.before.as_deref(), &it.after));
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::repair::Done;

    #[test]
    fn what_was_done_is_told_and_adds_up() {
        let change = Change { path: "/p/a.ts".into(), before: None, after: String::new() };
        let done = Done { path: "/p/a.ts".into(), rule: "missing-cleanup", title: "Clear the timer".into() };
        let left = BTreeMap::from([("/p/a.ts".into(), vec![finding(); 4])]);
        let repaired =
            Repaired { done: vec![done], changes: vec![change], left, found: 6, held_back: 2, refused: 1 };
        insta::assert_snapshot!(told(&repaired, true, "/p"), @r"
        a.ts: Clear the timer (missing-cleanup)
        6 findings: 2 fixed in 1 file; 2 need `--review-needed`, since their fixes change what the code does; 1 has a fix that does not go with others; 1 has no fix
        help: `plimsoll fix --review-needed --dry-run` shows what those would change
        ");
        let none = Repaired { found: 4, done: Vec::new(), held_back: 1, refused: 0, ..repaired };
        insta::assert_snapshot!(summary("would be fixed", &none, true), @r"
        4 findings: 1 needs `--review-needed`, since its fix changes what the code does; 3 have no fix
        help: `plimsoll fix --review-needed --dry-run` shows what those would change
        ");
        insta::assert_snapshot!(told(&Repaired::default(), true, "/p"), @"nothing to fix");
        insta::assert_snapshot!(told(&Repaired::default(), false, "/p"), @"nothing to fix: no TypeScript, JavaScript, Rust, Prisma or SQL here");
    }

    fn finding() -> Finding {
        Finding {
            rule: "toy",
            category: "toys",
            severity: plimsoll_engine::Severity::Warning,
            confidence: plimsoll_engine::Confidence::High,
            message: String::new(),
            path: "/p/a.ts".to_owned(),
            range: plimsoll_syntax::TextRange::default(),
            fingerprint: String::new(),
            function: None,
            language: "typescript",
            related: Vec::new(),
            about: Vec::new(),
            may_have_fixes: true,
            is_baselined: false,
        }
    }
}
