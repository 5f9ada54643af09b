//! What reviews of a file that a buffer holds leave for the next one, and what of it can be taken over.

use std::sync::Arc;

use plimsoll_project::Runs;
use plimsoll_project::link::{Asked, FileUnits, Linked, Linker, Other, Relinked, relink};
use plimsoll_rules::{Place, RawFinding};

/// What reviews of a file leave for the next one.
#[derive(Clone, Debug)]
pub(crate) struct States {
    pub last: Arc<State>,
    /// The last one of a text that parsed, unless that is the last one. A key that opens something tears units apart, and
    /// the one that closes it puts them together again as they were.
    pub whole: Option<Arc<State>>,
}

impl States {
    pub fn each(&self) -> impl Iterator<Item = &Arc<State>> {
        std::iter::once(&self.last).chain(&self.whole)
    }
}

/// What a review of a file leaves for the next one.
#[derive(Debug)]
pub(crate) struct State {
    pub linked: Arc<Linked>,
    /// What rules found in each unit.
    pub found: Vec<Arc<Found>>,
    /// Which rules were run, and what was set for them.
    pub options: u64,
    /// Where its code runs: what one unit reads or shows tells it of all.
    pub runs: Runs,
    /// Of each unit whether those who import it make it a server's, if a rule has asked.
    pub served: Option<Option<Vec<bool>>>,
    /// Every other file that was looked at, with what was asked of it.
    pub looked_at: Vec<(Arc<str>, Asked)>,
    /// The sources whose evaluators were asked.
    pub others: Vec<Other>,
    /// Which models it was understood with.
    pub models: u64,
}

impl State {
    /// Whether the text parsed.
    pub fn is_whole(&self) -> bool {
        self.linked.file.units.iter().all(|entry| entry.unit.errors.is_empty())
    }
}

/// What rules found in one unit.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub findings: Vec<RawFinding>,
    /// Rules that panicked.
    pub panicked: Vec<&'static str>,
}

impl Found {
    /// Whether a finding shows a place in one of these units of its file: their nodes have other numbers than they had.
    pub fn tells_of(&self, file: &FileUnits, units: &[usize]) -> bool {
        self.findings.iter().flat_map(|finding| &finding.related).any(|related| match &related.place {
            Place::Node { file: there, unit, .. } if *there == file.path => {
                file.unit_at(unit).is_none_or(|at| units.binary_search(&at).is_ok())
            }
            _ => false,
        })
    }
}

/// A file as understood before, with only the changed units anew.
pub(crate) struct Reused {
    pub linked: Linked,
    /// The units whose text has changed, and those inside them.
    pub changed: Vec<usize>,
    /// The units to be reviewed again.
    pub stale: Vec<usize>,
}

/// What can be taken over from an earlier review; none when anything else that it asked of the world may answer otherwise
/// now.
pub(crate) fn reuse(state: &State, file: &Arc<FileUnits>, linker: &Linker<'_>, text: &str) -> Option<Reused> {
    let before = &state.linked.file;
    if state.models != linker.models_key() {
        return None;
    }
    let changed = file.changed_since(before)?;
    if changed.first() == Some(&0) || !still_answers(state, linker) {
        return None;
    }
    let Relinked { facts, stale } = relink(&state.linked, file, linker, &changed, text)?;
    let linked = state.linked.with_facts(Arc::clone(file), facts, &changed);
    Some(Reused { linked, changed, stale })
}

/// Whether all that the last review asked of other files is answered as it was.
fn still_answers(state: &State, linker: &Linker<'_>) -> bool {
    let shows = |file: &FileUnits, unit: usize| state.found.iter().any(|found| found.tells_of(file, &[unit]));
    state.looked_at.iter().all(|(path, asked)| linker.still(path, *asked))
        && state.others.iter().all(|other| other.still_answers(linker, &shows))
}
