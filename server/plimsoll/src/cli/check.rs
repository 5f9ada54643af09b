//! `plimsoll check`

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_engine::Fix;
use plimsoll_project::{Files, MemoryFiles, Overlay};
use rayon::prelude::*;

use super::session::{Session, read_stdin, skipped};
use super::{CheckArgs, Format, Status, print, say, walk};
use crate::cache::Cache;
use crate::report::{self, Report, Reported, Texts};

/// How long work takes before a progress bar is worth the flicker.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reviews, prints, and tells the status.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or standard output is closed.
pub fn run(args: &CheckArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    crate::log::start_if_asked();
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
                report.add(skipped(path, reason, true), Vec::new());
                Vec::new()
            }
        }
    } else {
        let found = walk::find(&args.selection.paths, session.current_dir())?;
        report.skipped.extend(found.skipped);
        found.files
    };
    // Every file asks for the same folders and manifests.
    let disk = session.disk().remembering();
    let is_cached = !args.no_cache && args.stdin_path.is_none();
    let cache = is_cached.then(|| Cache::open(disk.clone(), &session.selection(), session.rules(), &files));
    let cache = cache.flatten();
    let under = cache.as_ref().map_or(&disk as &dyn Files, Cache::files);
    let view = Overlay { over: &typed, under };
    if let Err(errors) = session.configure(&view, &files) {
        for error in errors {
            say(&format!("error: {}", super::one_line(&error)));
        }
        return Ok(Status::Failed);
    }
    let reviewed = for_each_file(&files, args.selection.jobs, |path| {
        let outcome = match &cache {
            Some(cache) => cache.outcome(path, session.config_key(path), |files| session.review(files, path)),
            None => session.review(&view, path),
        };
        // Fixes are never kept: they are proven against the files as they are now.
        let wanted = if args.fixes { outcome.findings.as_slice() } else { &[] };
        let fixes: Vec<Vec<Fix>> = wanted.iter().map(|finding| session.fixes(&view, finding)).collect();
        (outcome, fixes)
    })?;
    for (outcome, fixes) in reviewed {
        report.add(outcome, fixes);
    }
    report.finish();
    let texts = Texts::new(&view, session.current_dir());
    let text = match args.format {
        Format::Pretty => report::pretty(&report, &texts),
        Format::Json => report::json(&report, &texts, started.elapsed()),
    };
    let status = status(&report, args.fail_on);
    print(&text, color)?;
    if let Some(cache) = cache {
        cache.finish();
    }
    Ok(status)
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

/// Does something with each file on all threads; the results are in the order of the files.
///
/// # Errors
/// If the threads cannot be started.
pub fn for_each_file<T: Send>(
    files: &[String],
    jobs: Option<u16>,
    each: impl Fn(&str) -> T + Sync,
) -> anyhow::Result<Vec<T>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build()?;
    let progress = Progress::new(files.len());
    let results = pool.install(|| {
        let results = files.par_iter().map(|path| {
            let result = each(path);
            progress.advance();
            result
        });
        results.collect()
    });
    progress.bar.finish_and_clear();
    Ok(results)
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
