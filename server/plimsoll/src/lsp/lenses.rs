//! A line above each function that holds findings.

use std::collections::BTreeMap;

use plimsoll_engine::Finding;
use plimsoll_syntax::TextRange;
use serde_json::json;
use tower_lsp::ls_types::{CodeLens, Command};

use super::capabilities::ClientProfile;
use super::commands::SHOW_FINDINGS;
use super::documents::OpenDocument;
use super::positions;

/// One lens for each function with findings, in the order of the text. What stands outside of functions has none: it is
/// seen where it is.
#[must_use]
pub fn lenses(document: &OpenDocument, profile: &ClientProfile) -> Vec<CodeLens> {
    let mut by_unit: BTreeMap<(u32, u32), Vec<&Finding>> = BTreeMap::new();
    for finding in document.shown.iter().filter(|finding| !finding.is_baselined) {
        let around = document.units.iter().filter(|unit| unit.contains_range(finding.range));
        let Some(inner) = around.min_by_key(|unit| unit.len()) else { continue };
        // The first unit is the file.
        if document.units.first() != Some(inner) {
            by_unit.entry((inner.start, inner.end)).or_default().push(finding);
        }
    }
    let rope = document.text.rope();
    let lens = |((start, _), findings): ((u32, u32), Vec<&Finding>)| {
        let range = positions::to_range(rope, TextRange::new(start, start), profile.encoding);
        let fingerprints: Vec<&str> = findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        CodeLens {
            range,
            command: Some(Command {
                title: title(&findings),
                command: SHOW_FINDINGS.to_owned(),
                arguments: Some(vec![json!(document.uri.as_str()), json!(fingerprints)]),
            }),
            data: None,
        }
    };
    by_unit.into_iter().map(lens).collect()
}

/// `3 findings: missing-timeout, n-plus-one`
fn title(findings: &[&Finding]) -> String {
    let mut rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let count = match findings.len() {
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    format!("{count}: {}", rules.join(", "))
}
