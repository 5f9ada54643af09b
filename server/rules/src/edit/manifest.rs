//! Declares a package in a manifest.

use plimsoll_project::Files;
use plimsoll_syntax::TextRange;

use crate::PlannedEdit;

/// Adds a package to the `dependencies` of a `package.json`, in the order that package managers keep. None where there are
/// none yet, or they stand on one line.
#[must_use]
pub fn declared(files: &dyn Files, manifest: &str, package: &str, version: &str) -> Option<PlannedEdit> {
    let text = files.read(manifest)?;
    let at = text.find("\"dependencies\": {")? + "\"dependencies\": {".len();
    let end = at + text[at..].find('}')?;
    let block = &text[at..end];
    let mut offset = at;
    let mut place = None;
    for line in block.split_inclusive('\n') {
        let name = line.trim().strip_prefix('"').and_then(|rest| rest.split('"').next());
        match name {
            Some(name) if name > package => {
                place = Some((offset, line));
                break;
            }
            _ => offset += line.len(),
        }
    }
    let entry = |indent: &str| format!("{indent}\"{package}\": \"^{version}\"");
    let indent_of = |line: &str| line[..line.len() - line.trim_start().len()].to_owned();
    let newline = if block.contains("\r\n") { "\r\n" } else { "\n" };
    let (at, new_text) = match place {
        Some((at, line)) => (at, format!("{},{newline}", entry(&indent_of(line)))),
        // Behind the last one, which has no comma.
        None => {
            let last = block.trim_end();
            let line = last.rsplit('\n').next().filter(|line| line.trim().starts_with('"'))?;
            if !block.contains('\n') {
                return None;
            }
            (at + last.len(), format!(",{newline}{}", entry(&indent_of(line))))
        }
    };
    let at = u32::try_from(at).ok()?;
    Some(PlannedEdit { path: manifest.to_owned(), range: Some(TextRange::new(at, at)), new_text })
}
