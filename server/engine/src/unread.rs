//! What hardly parses: a review that finds nothing in it must not look like a clean one.

use plimsoll_project::manifests::broken_around;
use plimsoll_project::schema;
use plimsoll_syntax::{Language, Parsed};

use crate::assemble::is_quiet;
use crate::review::Understood;
use crate::{Request, Unread, policy};

/// How much of a file may be lost before it is said. One mistake costs a few percent of a module, text in another
/// language more than a third; nothing was seen in between.
const TOLD_FROM_PERCENT: u8 = 33;

/// What is told of a source: how much of it could not be parsed, and which manifests around it.
pub(crate) fn of_source(request: &Request<'_>, understood: &Understood) -> Vec<Unread> {
    let file = &understood.linked.file;
    if request.document.is_some() || is_silent(request) {
        return Vec::new();
    }
    let is_broken = file.units.iter().any(|entry| !entry.unit.errors.is_empty());
    let lost = || understood.unread.unwrap_or_else(|| lost(&understood.text, file.language));
    let own = is_broken.then(lost).flatten();
    told(request, Some(file.language), own, "findings there are incomplete")
}

/// The same of a Prisma schema.
pub(crate) fn of_prisma(request: &Request<'_>, text: &str) -> Vec<Unread> {
    told(request, None, schema::prisma::unread(text), "what is found of its tables is incomplete")
}

fn lost(text: &str, language: Language) -> Option<plimsoll_syntax::Unread> {
    let parsed = Parsed::parse(text, language).ok()?;
    plimsoll_syntax::unread(parsed.tree(), text)
}

fn told(
    request: &Request<'_>,
    language: Option<Language>,
    own: Option<plimsoll_syntax::Unread>,
    consequence: &'static str,
) -> Vec<Unread> {
    let own = own.filter(|own| own.percent >= TOLD_FROM_PERCENT).map(|own| Unread {
        path: request.path.to_owned(),
        at: own.first,
        percent: own.percent,
        consequence,
    });
    let manifests = broken_around(request.files, request.path, language).into_iter();
    let manifests = manifests.map(|(path, at)| Unread {
        path,
        at,
        percent: 100,
        consequence: "what it declares is not known",
    });
    own.into_iter().chain(manifests).collect()
}

/// Whether no rule speaks in the file anyway.
fn is_silent(request: &Request<'_>) -> bool {
    is_quiet(request, policy::below_manifest(request.files, request.path))
}
