//! `plimsoll check`

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_engine::Outcome;
use plimsoll_project::{Files, MemoryFiles, Overlay};
use rayon::prelude::*;

use super::session::{Session, read_stdin, skipped};
use super::{CheckArgs, Format, Status, print, say, walk};
use crate::report::{self, Report, Reported, Texts};

/// How long work takes before a progress bar is worth the flicker.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reviews, prints, and tells the status.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or standard output is closed.
pub fn run(args: &CheckArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    let started = Instant::now();
    let mut session = Session::new(&args.selection)?;
    let mut report = Report::default();
    let mut typed = MemoryFiles::default();
    let files = if let Some(named) = &args.stdin_path {
        let path = walk::absolute(Path::new(session.current_dir()), named);
        let Some(path) = path.to_str() else {
            bail!("the path in --stdin-path is not UTF-8");
        };
        if !walk::is_reviewed(path) {
            return Err(walk::not_reviewed(named));
        }
        match read_stdin(io::stdin().lock())? {
            Ok(text) => {
                typed.insert(path, text);
                vec![path.to_owned()]
            }
            Err(reason) => {
                report.add(skipped(path, reason, true), |_| Vec::new());
                Vec::new()
            }
        }
    } else {
        let found = walk::find(&args.selection.paths, session.current_dir())?;
        report.skipped.extend(found.skipped);
        found.files
    };
    let disk = session.disk();
    let view = Overlay { over: &typed, under: &disk };
    if let Err(errors) = session.configure(&view, &files) {
        for error in errors {
            say(&format!("error: {}", super::one_line(&error)));
        }
        return Ok(Status::Failed);
    }
    for outcome in review_all(&session, &view, &files, args.selection.jobs)? {
        report.add(outcome, |finding| if args.fixes { session.fixes(&view, finding) } else { Vec::new() });
    }
    report.finish();
    let texts = Texts::new(&view, session.current_dir());
    let text = match args.format {
        Format::Pretty => report::pretty(&report, &texts),
        Format::Json => report::json(&report, &texts, started.elapsed()),
    };
    print(&text, color)?;
    Ok(status(&report, args.fail_on))
}

/// A clean result is claimed only for what was really read.
fn status(report: &Report, fail_on: super::FailOn) -> Status {
    let fails = |reported: &Reported| fail_on.is_met_by(reported.finding.severity);
    if report.findings.iter().any(fails) {
        Status::Found
    } else if !report.is_complete() && report.findings.is_empty() {
        Status::Failed
    } else {
        Status::Clean
    }
}

/// Reviews files on all threads; the outcomes are in the order of the files.
pub fn review_all(
    session: &Session,
    view: &dyn Files,
    files: &[String],
    jobs: Option<u16>,
) -> anyhow::Result<Vec<Outcome>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build()?;
    let progress = Progress::new(files.len());
    let outcomes = pool.install(|| {
        files
            .par_iter()
            .map(|path| {
                let outcome = session.review(view, path);
                progress.advance();
                outcome
            })
            .collect()
    });
    progress.bar.finish_and_clear();
    Ok(outcomes)
}

/// A progress bar on standard error that shows itself only once the work takes long.
struct Progress {
    bar: ProgressBar,
    started: Instant,
    is_waiting: Mutex<bool>,
}

impl Progress {
    fn new(files: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        bar.set_style(style);
        Self { bar, started: Instant::now(), is_waiting: Mutex::new(io::stderr().is_terminal()) }
    }

    fn advance(&self) {
        self.bar.inc(1);
        // Whoever holds the lock shows the bar; nobody waits for it.
        let Ok(mut is_waiting) = self.is_waiting.try_lock() else {
            return;
        };
        if *is_waiting && self.started.elapsed() > PATIENCE {
            *is_waiting = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
