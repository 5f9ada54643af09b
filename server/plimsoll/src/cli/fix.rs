//! `plimsoll fix`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use plimsoll_engine::{Covered, Finding, Fix, Safety};
use plimsoll_project::Files;
use similar::TextDiff;

use super::check::Threads;
use super::repair::{Repaired, Reviewer, repair};
use super::session::Session;
use super::write::Change;
use super::{FixArgs, Status, one_line, print, say, walk};
use crate::report::{counted, relative};

/// Repairs, writes and tells what was done.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or standard output is closed.
pub fn run(args: &FixArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    let mut session = Session::new(&args.selection)?;
    let found = walk::find(&args.selection.paths, session.current_dir())?;
    let disk = session.disk();
    if let Err(errors) = session.configure(&disk, &found.files) {
        for error in errors {
            say(&format!("error: {}", one_line(&error)));
        }
        return Ok(Status::Failed);
    }
    let current_dir = session.current_dir();
    let mut skipped = found.skipped;
    let mut findings: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let threads = Threads::new(args.selection.jobs)?;
    let outcomes = threads.each_file(&found.files, |path| session.review(&disk, path));
    for (path, outcome) in found.files.into_iter().zip(outcomes) {
        skipped.extend(outcome.skipped);
        findings.insert(path, outcome.findings);
    }
    let allowed = if args.review_needed { Safety::Review } else { Safety::Safe };
    let reviewer = Told::once(&session, &mut findings);
    let repaired = repair(&reviewer, &disk, findings, allowed);

    let mut has_failed = false;
    for skipped in skipped.iter().filter(|skipped| skipped.is_failure) {
        has_failed = true;
        let path = relative(current_dir, &skipped.path);
        say(&one_line(&format!("skipped {path}: {}", skipped.reason)));
    }
    if args.dry_run {
        print(&diff(&repaired.changes, current_dir), color)?;
        say(&summary("would fix", &repaired, allowed));
    } else if write_all(&repaired.changes, current_dir) {
        print(&told(&repaired, allowed, current_dir), color)?;
    } else {
        has_failed = true;
    }
    Ok(if has_failed { Status::Failed } else { Status::Clean })
}

/// A session without the findings that others, in other files, covered at first: what repairs those repairs these.
struct Told<'a> {
    session: &'a Session,
    /// Path and fingerprint.
    covered: BTreeSet<(String, String)>,
}

impl<'a> Told<'a> {
    /// Takes out what is covered.
    fn once(session: &'a Session, findings: &mut BTreeMap<String, Vec<Finding>>) -> Self {
        let by = Covered::by(findings.values().flatten());
        let mut covered = BTreeSet::new();
        for finding in findings.values_mut().flat_map(|own| own.extract_if(.., |finding| by.has(finding))) {
            covered.insert((finding.path, finding.fingerprint));
        }
        Self { session, covered }
    }
}

impl Reviewer for Told<'_> {
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding> {
        let mut findings = self.session.review(files, path).findings;
        findings.retain(|own| !self.covered.contains(&(own.path.clone(), own.fingerprint.clone())));
        findings
    }

    fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix> {
        self.session.fixes(files, finding)
    }
}

/// Writes all files, or none if one of them cannot be written. What goes wrong is said.
fn write_all(changes: &[Change], current_dir: &str) -> bool {
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
fn told(repaired: &Repaired, allowed: Safety, current_dir: &str) -> String {
    let mut text = String::new();
    for done in &repaired.done {
        let path = relative(current_dir, &done.path);
        text.push_str(&one_line(&format!("{path}: {} ({})", done.title, done.rule)));
        text.push('\n');
    }
    text.push_str(&summary("fixed", repaired, allowed));
    text.push('\n');
    text
}

/// `fixed 3 findings in 2 files; 1 finding is left`, and what could be tried for that.
fn summary(verb: &str, repaired: &Repaired, allowed: Safety) -> String {
    let left: usize = repaired.left.values().sum();
    let mut text = match repaired.done.len() {
        0 if left > 0 => "no fix applies".to_owned(),
        0 => "nothing to fix".to_owned(),
        count => {
            let files = counted(repaired.changes.len(), "file");
            format!("{verb} {} in {files}", counted(count, "finding"))
        }
    };
    if left > 0 {
        let verb = if left == 1 { "is" } else { "are" };
        let _ = write!(text, "; {} {verb} left", counted(left, "finding"));
        if allowed == Safety::Safe {
            text.push_str(" (`--review-needed` also applies fixes that change what the code does)");
        }
    }
    text
}

/// The changes as a unified diff that `git apply` and `patch -p1` read.
fn diff(changes: &[Change], current_dir: &str) -> String {
    let mut text = String::new();
    for change in changes {
        let path = one_line(&relative(current_dir, &change.path));
        let old_name = match change.before {
            Some(_) => format!("a/{path}"),
            None => "/dev/null".to_owned(),
        };
        let before = change.before.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(before, &change.after);
        let mut unified = diff.unified_diff();
        text.push_str(&unified.header(&old_name, &format!("b/{path}")).to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::repair::Done;

    #[test]
    fn a_diff_is_one_that_tools_read() {
        let changes = [
            Change {
                path: "/p/src/a.ts".into(),
                before: Some("a\r\nb\r\n".into()),
                after: "a\r\nc\r\n".into(),
            },
            Change { path: "/p/up.sql".into(), before: None, after: "create".into() },
        ];
        insta::assert_snapshot!(diff(&changes, "/p").replace('\r', "␍"), @r"
        --- a/src/a.ts
        +++ b/src/a.ts
        @@ -1,2 +1,2 @@
         a␍
        -b␍
        +c␍
        --- /dev/null
        +++ b/up.sql
        @@ -0,0 +1 @@
        +create
        \ No newline at end of file
        ");
    }

    #[test]
    fn what_was_done_is_told() {
        let repaired = Repaired {
            done: vec![Done {
                path: "/p/a.ts".into(),
                rule: "missing-cleanup",
                title: "Clear the timer".into(),
            }],
            changes: vec![Change { path: "/p/a.ts".into(), before: None, after: String::new() }],
            left: BTreeMap::from([("/p/a.ts".into(), 2)]),
        };
        insta::assert_snapshot!(told(&repaired, Safety::Review, "/p"), @r"
        a.ts: Clear the timer (missing-cleanup)
        fixed 1 finding in 1 file; 2 findings are left
        ");
        insta::assert_snapshot!(told(&repaired, Safety::Safe, "/p"), @r"
        a.ts: Clear the timer (missing-cleanup)
        fixed 1 finding in 1 file; 2 findings are left (`--review-needed` also applies fixes that change what the code does)
        ");
        insta::assert_snapshot!(told(&Repaired::default(), Safety::Safe, "/p"), @"nothing to fix");
    }
}
