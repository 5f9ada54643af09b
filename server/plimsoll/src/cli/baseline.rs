//! Baselines on the command line: what is in one is hidden and counted, and one is written anew.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::{Baseline, Entry, Finding, Outcome};
use plimsoll_project::Files;

use super::session::{Session, folder_of};
use super::write::Change;
use super::{one_line, say};
use crate::baselines::{file_below, read, text_of};
use crate::report::{counted, relative};

/// The baselines in force for the files of a run.
#[derive(Debug, Default)]
pub struct Baselines {
    /// The folder that the baseline of a file stands in, by the folder of the file.
    folders: BTreeMap<String, String>,
    /// By the folder that each stands in.
    known: BTreeMap<String, Baseline>,
}

/// What a run has reviewed: the files, and the outcome of each in their order.
pub struct Run<'a> {
    /// What it was asked for.
    pub session: &'a Session,
    /// Files as it saw them.
    pub view: &'a dyn Files,
    /// In order.
    pub files: &'a [String],
}

impl Baselines {
    /// Reads the baseline of every folder that holds one of the files.
    ///
    /// # Errors
    /// One line for each that cannot be used.
    pub fn read(view: &dyn Files, files: &[String], current_dir: &str) -> Result<Self, Vec<String>> {
        let mut baselines = Self::default();
        let mut looked_at = BTreeSet::new();
        let mut errors = Vec::new();
        for path in files {
            if !looked_at.insert(folder_of(path)) {
                continue;
            }
            let Some(folder) = Baseline::find(view, path) else { continue };
            if !baselines.known.contains_key(&folder) {
                let baseline = read(view, &folder).unwrap_or_else(|wrong| {
                    let path = relative(current_dir, &wrong.path);
                    errors.push(format!("{path}:{}: {}", wrong.line, wrong.message));
                    Baseline::default()
                });
                baselines.known.insert(folder.clone(), baseline);
            }
            baselines.folders.insert(folder_of(path).to_owned(), folder);
        }
        if errors.is_empty() { Ok(baselines) } else { Err(errors) }
    }

    /// Marks the findings of a file that are in its baseline.
    pub fn mark(&self, path: &str, findings: &mut [Finding]) {
        if let Some(folder) = self.folders.get(folder_of(path)) {
            self.known[folder].mark(folder, findings);
        }
    }

    /// Takes out what the baselines hold, and tells how many findings that are: none where there is no baseline.
    pub fn hide(&self, run: &Run<'_>, outcomes: &mut [Outcome]) -> Option<usize> {
        if self.known.is_empty() {
            return None;
        }
        let mut hidden = 0;
        for (path, outcome) in run.files.iter().zip(outcomes) {
            self.mark(path, &mut outcome.findings);
            hidden += outcome.findings.extract_if(.., |finding| finding.is_baselined).count();
        }
        Some(hidden)
    }

    /// Writes down what this run has found, beside what it did not look for. Files without a baseline get one at the
    /// root of what they lie in.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn renew(&mut self, run: &Run<'_>, outcomes: &[Outcome]) -> anyhow::Result<()> {
        for path in run.files {
            let folder = folder_of(path);
            if !self.folders.contains_key(folder) {
                let root = run.view.root_of(path).unwrap_or_else(|| folder.to_owned());
                self.folders.insert(folder.to_owned(), root.clone());
                self.known.entry(root).or_default();
            }
        }
        let found = self.found(run, outcomes);
        let current_dir = run.session.current_dir();
        for (folder, baseline) in &mut self.known {
            let judged = judged(run, outcomes);
            let kept = baseline.entries().filter(|entry| !is_judged(run, &judged, folder, entry)).cloned();
            let now = found.get(folder).into_iter().flatten().cloned();
            let renewed: Baseline = kept.chain(now).collect();
            let path = file_below(folder);
            let before = run.view.read(&path).map(|text| text.to_string());
            let after = text_of(&renewed);
            let shown = one_line(&relative(current_dir, &path));
            if before.as_ref() != Some(&after) {
                let written = Change { path, before, after }.write();
                written.map_err(|why| anyhow::anyhow!("cannot write `{shown}`: {why}"))?;
            }
            let added = renewed.entries().filter(|entry| !baseline.holds(entry)).count();
            let gone = baseline.entries().filter(|entry| !renewed.holds(entry)).count();
            let all = counted(renewed.entries().count(), "finding");
            say(&format!("{shown} holds {all}: {added} added, {gone} taken out"));
            *baseline = renewed;
        }
        Ok(())
    }

    /// What was found, by the folder of the baseline in force.
    fn found(&self, run: &Run<'_>, outcomes: &[Outcome]) -> BTreeMap<String, BTreeSet<Entry>> {
        let mut found: BTreeMap<String, BTreeSet<Entry>> = BTreeMap::new();
        for (path, outcome) in run.files.iter().zip(outcomes) {
            if let Some(folder) = self.folders.get(folder_of(path)) {
                let entries = outcome.findings.iter().filter_map(|finding| Entry::of(folder, finding));
                found.entry(folder.clone()).or_default().extend(entries);
            }
        }
        found
    }

    /// Says once for each baseline how many of its findings are gone.
    pub fn tell_of_what_is_gone(&self, run: &Run<'_>, outcomes: &[Outcome]) {
        let (found, judged) = (self.found(run, outcomes), judged(run, outcomes));
        for (folder, baseline) in &self.known {
            let is_found = |entry: &Entry| found.get(folder).is_some_and(|found| found.contains(entry));
            let gone = baseline
                .entries()
                .filter(|entry| !is_found(entry) && is_judged(run, &judged, folder, entry))
                .count();
            if gone > 0 {
                let path = one_line(&relative(run.session.current_dir(), &file_below(folder)));
                let (found, them) = (counted(gone, "finding"), if gone == 1 { "it" } else { "them" });
                let are = if gone == 1 { "is" } else { "are" };
                say(&format!(
                    "hint: {found} of {path} {are} gone; `plimsoll check --write-baseline` takes {them} out"
                ));
            }
        }
    }
}

/// The files of a run that nothing went wrong with.
fn judged<'a>(run: &Run<'a>, outcomes: &[Outcome]) -> BTreeSet<&'a str> {
    let all = run.files.iter().zip(outcomes);
    let is_judged = |outcome: &Outcome| !outcome.skipped.iter().any(|skipped| skipped.is_failure);
    all.filter(|(_, outcome)| is_judged(outcome)).map(|(path, _)| path.as_str()).collect()
}

/// Whether a run can tell that an entry matches nothing: the file was reviewed with its rule, or is gone.
fn is_judged(run: &Run<'_>, judged: &BTreeSet<&str>, folder: &str, entry: &Entry) -> bool {
    let path = format!("{folder}/{}", entry.path);
    if judged.contains(path.as_str()) {
        return run.session.asks_for(&entry.rule, &path);
    }
    run.files.binary_search(&path).is_err() && !run.view.exists(&path)
}
