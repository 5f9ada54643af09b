//! What the findings of several open documents say, told once.

use plimsoll_engine::{Covered, Finding};
use tower_lsp::ls_types::Uri;

use super::documents::OpenDocument;
use super::owner::Owner;
use super::publish::publish;

impl Owner {
    /// Tells once what the findings of several documents say, after those of one, or whether it is open, have changed. The
    /// others whose lists are others now are shown anew.
    pub(super) fn tell_once(&mut self, changed: &Uri) {
        // What the baseline holds hides still what it would hide, whether it is shown or not.
        let told = |document| OpenDocument::told(document);
        let covered = Covered::by(self.documents.values().flat_map(told));
        let mut others = Vec::new();
        for document in self.documents.values_mut() {
            // One that is being reviewed is shown after that.
            if document.tell_once(&covered) && document.uri != *changed && document.is_reviewed() {
                others.push(document.uri.clone());
            }
        }
        others.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        for uri in others {
            if self.profile.pulls {
                self.refresh_pulled(&uri);
            } else if let Some(document) = self.documents.get_mut(&uri) {
                publish(document, &self.profile, &self.outgoing);
            }
        }
    }
}

impl OpenDocument {
    fn told(&self) -> impl Iterator<Item = &Finding> {
        self.shown.iter().chain(&self.hidden)
    }

    /// Leaves out of what is shown what findings of other documents cover, and takes back what they cover no longer.
    /// Tells whether that is something else than before.
    fn tell_once(&mut self, covered: &Covered) -> bool {
        let back: Vec<Finding> = self.covered.extract_if(.., |finding| !covered.has(finding)).collect();
        let gone: Vec<Finding> = self.shown.extract_if(.., |finding| covered.has(finding)).collect();
        let is_other = !back.is_empty() || !gone.is_empty();
        if !back.is_empty() {
            self.shown.extend(back);
            self.shown.sort_by_key(|finding| (finding.range, finding.rule));
        }
        self.covered.extend(gone);
        is_other
    }
}
