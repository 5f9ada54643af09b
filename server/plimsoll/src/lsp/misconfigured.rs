//! What is wrong in configuration files that are not open: it is shown in them all the same, until it is mended.

use tower_lsp::ls_types::{Diagnostic, Uri};

use super::capabilities::ClientProfile;
use super::configuration::Wrong;
use super::documents::{OpenDocument, uri_of};
use super::owner::Owner;
use super::publish::{Place, diagnostic, publish_list};
use super::worker::Elsewhere;

impl Owner {
    /// Shows what is wrong in the configuration files that are not open; those that are say it themselves.
    pub(super) fn tell_of_configurations(&mut self) {
        let wrong = self.configurations.wrong();
        let mut is_news = false;
        for file in wrong.iter().filter(|file| self.files.buffer(&file.path).is_none()) {
            let Some(uri) = uri_of(&file.path) else { continue };
            let shown = (uri.clone(), shown_in(file, &uri, &self.profile));
            if self.closed.misconfigured.get(&file.path) != Some(&shown) {
                is_news = true;
                self.show_list(&shown.0, shown.1.clone());
                self.closed.misconfigured.insert(file.path.clone(), shown);
            }
        }
        // What is not wrong any more is known when all that depends on it was reviewed anew.
        if self.documents.values().all(OpenDocument::is_reviewed) && self.closed.is_settled() {
            let told: Vec<String> = self.closed.misconfigured.keys().cloned().collect();
            for path in told.into_iter().filter(|path| wrong.iter().all(|file| file.path != *path)) {
                if let Some((uri, _)) = self.closed.misconfigured.remove(&path) {
                    is_news = true;
                    self.show_list(&uri, Vec::new());
                }
            }
        }
        if is_news {
            self.answer_workspace_pull();
        }
    }

    fn show_list(&self, uri: &Uri, diagnostics: Vec<Diagnostic>) {
        if self.sends_others() {
            publish_list(uri, diagnostics, &self.outgoing);
        }
    }
}

fn shown_in(file: &Wrong, uri: &Uri, profile: &ClientProfile) -> Vec<Diagnostic> {
    let elsewhere = Elsewhere::default();
    let place = Place::new(uri, &file.path, &file.rope, &elsewhere, profile);
    file.findings.iter().map(|finding| diagnostic(finding, &place)).collect()
}
