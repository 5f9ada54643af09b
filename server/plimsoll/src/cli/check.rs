//! `plimsoll check`

use std::cmp::Reverse;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_engine::{Covered, Fix, Outcome};
use plimsoll_project::{Files, MemoryFiles, Overlay};
use rayon::prelude::*;

use super::base::Reviews;
use super::baseline::{Baselines, Run};
use super::numbers::number_apart;
use super::scope::Scope;
use super::session::{Session, read_stdin, skipped};
use super::{CheckArgs, Format, Status, is_broken_pipe, print, print_as_it_is, say, walk};
use crate::cache::Cache;
use crate::report::{self, Report, Reported, Texts};

/// How long work takes before a progress bar is worth the flicker.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a check has to tell.
pub struct Checked {
    /// The report, in the format that was asked for.
    pub text: String,
    /// What it says of the code.
    pub status: Status,
    cache: Option<Cache>,
}

impl Checked {
    /// Keeps what the next run need not do again. Whoever waits for the report has it by then.
    pub fn finish(self) -> Status {
        if let Some(cache) = self.cache {
            cache.finish();
        }
        self.status
    }
}

/// Reviews, prints, and tells the status.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or standard output is closed.
pub fn run(args: &CheckArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    let Some(checked) = review(args, None)? else {
        return Ok(Status::Failed);
    };
    let printed = match args.format {
        Format::Pretty => print(&checked.text, color),
        // Each byte counts for what reads it.
        _ => print_as_it_is(&checked.text),
    };
    match printed {
        // Whoever reads the report has read enough, which changes nothing of what was found.
        Err(error) if !is_broken_pipe(&error) => Err(error),
        _ => Ok(checked.finish()),
    }
}

/// Reviews. `edited` is a file that alone is asked about, whatever else is read. None where what the project has written
/// down for its reviews cannot be used, which is said.
///
/// # Errors
/// If a path cannot be read, a rule does not exist, or git cannot tell what has changed.
pub fn review(args: &CheckArgs, edited: Option<&str>) -> anyhow::Result<Option<Checked>> {
    crate::log::start_if_asked();
    let started = Instant::now();
    let mut session = Session::new(&args.selection)?;
    let mut report = Report::default();
    let mut typed = MemoryFiles::default();
    let mut scope = Scope::default();
    let files = if let Some(named) = &args.stdin_path {
        let path = walk::absolute(Path::new(session.current_dir()), named);
        let Some(path) = path.to_str() else {
            bail!("the path in --stdin-path is not UTF-8");
        };
        if !walk::is_reviewed(path) {
            return Err(walk::not_reviewed(named));
        }
        report.named.insert(path.to_owned());
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
        let mut found = walk::find(&args.selection.paths, session.current_dir())?;
        scope = match edited {
            Some(path) => Scope::of_edit(path, session.current_dir()),
            None => Scope::new(args, &mut found, session.current_dir())?,
        };
        report.skipped.extend(found.skipped);
        report.named = found.named;
        found.files
    };
    // Every file asks for the same folders and manifests.
    let disk = session.disk(&args.selection.paths).remembering();
    let is_cached = !args.no_cache && args.stdin_path.is_none() && scope.staged().is_none();
    let cache = is_cached.then(|| Cache::open(disk.clone(), &session.selection(), session.rules(), &files));
    let cache = cache.flatten();
    let under = cache.as_ref().map_or(&disk as &dyn Files, Cache::files);
    let staged = scope.staged().map(|staged| staged.view(under));
    let under = staged.as_ref().map_or(under, |staged| staged as &dyn Files);
    let view = Overlay { over: &typed, under };
    if let Err(errors) = session.configure(&view, &files) {
        failed(&errors);
        return Ok(None);
    }
    let mut baselines = match Baselines::read(&view, &files, session.current_dir()) {
        Ok(baselines) => baselines,
        Err(errors) => {
            failed(&errors);
            return Ok(None);
        }
    };
    let threads = Threads::new(args.selection.jobs)?;
    let mut outcomes = outcomes(&files, &threads, cache.as_ref(), &session, &view);
    tell_once(&mut outcomes);
    let run = Run { session: &session, view: &view, files: &files };
    if args.write_baseline {
        baselines.renew(&run, &outcomes)?;
    }
    if edited.is_none() {
        baselines.tell_of_what_is_gone(&run, &outcomes);
    }
    report.baselined = baselines.hide(&run, &mut outcomes);
    let cache_of = cache.as_ref();
    let reviews =
        Reviews { session: &session, view: &view, files: &files, cache: cache_of, threads: &threads };
    scope.keep(&reviews, &mut outcomes)?;
    report.scope = scope.told();
    // Fixes are never kept: they are proven against the files as they are now.
    let are_fixes_told = args.fixes || args.format == Format::Agent;
    let mut fixes: Vec<Vec<Vec<Fix>>> = threads
        .each(if are_fixes_told { &outcomes } else { &[] }, |outcome| {
            outcome.findings.iter().map(|finding| session.fixes(&view, finding)).collect()
        });
    number_apart(fixes.iter_mut().flatten().flatten());
    let fixes = fixes.into_iter().chain(std::iter::repeat_with(Vec::new));
    for (outcome, fixes) in outcomes.into_iter().zip(fixes) {
        report.add(outcome, fixes);
    }
    report.finish();
    if let Some(path) = edited {
        report.skipped.retain(|skipped| skipped.path == path);
        report.unread.retain(|unread| unread.path == path);
    }
    let text = told(args.format, &report, &view, &session, started.elapsed());
    Ok(Some(Checked { text, status: status(&report, args.fail_on), cache }))
}

/// Says what is wrong with what a project has written down for its reviews, a line each.
pub fn failed(errors: &[String]) -> Status {
    errors.iter().for_each(|error| say(&format!("error: {}", super::one_line(error))));
    Status::Failed
}

/// The report in a format. What is not for a program is partly said on standard error.
fn told(format: Format, report: &Report, view: &dyn Files, session: &Session, duration: Duration) -> String {
    let texts = Texts::new(view, session.current_dir());
    match format {
        Format::Pretty => {
            for unread in &report.unread {
                say(&format!("warning: {}", report::unread_line(unread, &texts)));
            }
            report::pretty(report, &texts, super::width())
        }
        Format::Json => report::json(report, &texts, duration),
        Format::Sarif => report::sarif(report, &texts, session.rules()),
        Format::Github => report::github(report, &Texts::new(view, &workspace_of(session.current_dir()))),
        Format::Agent => report::agent(report, &texts),
    }
}

/// The folder that GitHub tells paths from, where the current one is below it: a step may work in a folder of its own.
fn workspace_of(current_dir: &str) -> String {
    let workspace = std::env::var("GITHUB_WORKSPACE").unwrap_or_default();
    let is_below = !workspace.is_empty() && Path::new(current_dir).starts_with(&workspace);
    if is_below { workspace } else { current_dir.to_owned() }
}

/// Takes out what findings in other files cover.
fn tell_once(outcomes: &mut [Outcome]) {
    let covered = Covered::by(outcomes.iter().flat_map(|outcome| &outcome.findings));
    for outcome in outcomes {
        outcome.findings.retain(|finding| !covered.has(finding));
    }
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

/// The outcome of each file, in their order: what is kept of an earlier run where that still holds.
fn outcomes(
    files: &[String],
    threads: &Threads,
    cache: Option<&Cache>,
    session: &Session,
    view: &dyn Files,
) -> Vec<Outcome> {
    let Some(cache) = cache else {
        return threads.each_file(files, |path| session.review(view, path));
    };
    let mut outcomes = threads.each(files, |path| cache.kept(path, session.config_key(path)));
    let is_open = |(path, outcome): (&String, &Option<Outcome>)| outcome.is_none().then(|| path.clone());
    let open: Vec<String> = files.iter().zip(&outcomes).filter_map(is_open).collect();
    let anew = threads.each_file(&open, |path| {
        cache.keep(path, session.config_key(path), |files| session.review(files, path))
    });
    let mut anew = anew.into_iter();
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_none()) {
        *outcome = anew.next();
    }
    outcomes.into_iter().flatten().collect()
}

/// The threads that work at once.
pub struct Threads {
    pool: rayon::ThreadPool,
}

impl Threads {
    /// As many as are wanted, or as the machine has.
    ///
    /// # Errors
    /// If they cannot be started.
    pub fn new(jobs: Option<u16>) -> anyhow::Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build()?;
        Ok(Self { pool })
    }

    /// Does something with each of many things; the results are in their order.
    pub fn each<I: Sync, T: Send>(&self, all: &[I], each: impl Fn(&I) -> T + Sync) -> Vec<T> {
        self.pool.install(|| all.par_iter().map(&each).collect())
    }

    /// The same with files, which take long: the largest first, so that no thread is left alone with it at the end.
    pub fn each_file<T: Send>(&self, files: &[String], each: impl Fn(&str) -> T + Sync) -> Vec<T> {
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by_cached_key(|&at| Reverse(std::fs::metadata(&files[at]).map_or(0, |it| it.len())));
        let progress = Progress::new(files.len(), "files");
        let mut results: Vec<(usize, T)> = self.pool.install(|| {
            let results = order.into_iter().par_bridge().map(|at| {
                let result = each(&files[at]);
                progress.advance();
                (at, result)
            });
            results.collect()
        });
        progress.finish();
        results.sort_by_key(|(at, _)| *at);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// A progress bar on standard error that shows itself only once the work takes long.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    is_waiting: Mutex<bool>,
}

impl Progress {
    /// For so many of something.
    pub fn new(count: usize, what: &str) -> Self {
        let style = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {what}"))
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::hidden());
        bar.set_style(style);
        Self { bar, started: Instant::now(), is_waiting: Mutex::new(io::stderr().is_terminal()) }
    }

    /// One more is done. There may be more than was thought at first.
    pub fn advance(&self) {
        self.bar.inc(1);
        if self.bar.length().is_some_and(|length| length < self.bar.position()) {
            self.bar.set_length(self.bar.position());
        }
        // Whoever holds the lock shows the bar; nobody waits for it.
        let Ok(mut is_waiting) = self.is_waiting.try_lock() else {
            return;
        };
        if *is_waiting && self.started.elapsed() > PATIENCE {
            *is_waiting = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            crate::interrupt::shows(Some(&self.bar));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        crate::interrupt::shows(None);
        self.bar.finish_and_clear();
    }
}
