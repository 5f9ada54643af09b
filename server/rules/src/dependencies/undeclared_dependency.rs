//! `undeclared-dependency`

use std::sync::Arc;

use plimsoll_behavior::{Exported, OwnRange, Unit};
use plimsoll_project::{Undeclared, undeclared};
use plimsoll_syntax::TextRange;

use crate::edit::manifest::declared;
use crate::{Confidence, FixPlan, Place, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

declare_rule! {
    /// A package is imported that no `package.json` around the file declares.
    ///
    /// ## What happens
    ///
    /// An assistant remembers a package by a name that is nearly its own, or that never was one. On the machine of whoever
    /// tries it first somebody installs it by hand, or another package has brought it along. The next fresh install, of a
    /// colleague, of CI, of the image that is deployed, does not have it, and the module fails as it is loaded. A name
    /// that nobody has taken yet is worse: whoever registers it first runs code in every project that was told to install
    /// it.
    ///
    /// ## Bad
    ///
    /// ```json
    /// { "dependencies": { "express": "^5.1.0" } }
    /// ```
    ///
    /// ```ts
    /// import express from 'express'
    /// import { rateLimiter } from 'express-rate-limiter'
    /// ```
    ///
    /// ## Good
    ///
    /// ```json
    /// { "dependencies": { "express": "^5.1.0", "express-rate-limit": "^8.0.0" } }
    /// ```
    ///
    /// ```ts
    /// import express from 'express'
    /// import { rateLimit } from 'express-rate-limit'
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Where a lock file names the version that another package has brought along, that version is declared. Otherwise
    /// nothing is written: look up that the package is the one that you mean before you install it.
    ///
    /// ## What it does not flag
    ///
    /// - Packages that a manifest between the file and the root of the workspace declares, of whatever kind, or whose types
    ///   it declares; what is only imported as a type.
    /// - What Node.js, Bun, Deno, an editor, a cloud's runtime or a framework brings along.
    /// - Names that a configuration gives to paths, packages of the workspace, folders of the project, modules that a
    ///   declaration says are there.
    /// - Files below the root of a workspace, or below a manifest that declares nothing, which belong to no package; scripts that
    ///   take what another package has brought along.
    /// - Tests, configuration, examples, templates, what is served as it is, and files without a manifest.
    /// - Imports that are only tried: `import()`, `require` inside of a function or a `try`.
    /// - The same package in a second file of the same manifest: it is told once.
    pub UndeclaredDependency {
        id: "undeclared-dependency", category: Dependencies, severity: Error, since: "0.1.0"
    }
}

impl Rule for UndeclaredDependency {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        !unit.imports.is_empty()
            || unit.exports.iter().any(|export| matches!(export.local, Exported::From(..)))
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.index != 0 || unit.is_rust() {
            return;
        }
        let file = &unit.linked.file;
        let imports = unit.unit.imports.iter().filter(|import| !import.is_type_only);
        let exports = unit.unit.exports.iter().filter_map(|export| match &export.local {
            Exported::From(module, _) => Some((module, export.range)),
            _ => None,
        });
        let all = imports.map(|import| (&import.module, import.range)).chain(exports);
        let mut told = Vec::new();
        for (module, range) in all {
            if !is_always_run(unit, range) {
                continue;
            }
            let Some(found) = undeclared(unit.project.files, &file.path, module, file.language) else {
                continue;
            };
            if told.contains(&found.package) {
                continue;
            }
            told.push(found.package.clone());
            let place =
                Place::Bytes { file: Arc::from(found.manifest.as_str()), range: TextRange::new(0, 0) };
            let severity = if found.locked.is_some() { Severity::Warning } else { Severity::Error };
            report
                .at(range, Confidence::High, message(&found))
                .severity(severity)
                .related(place, "the nearest manifest does not declare it")
                .once(format!("{}#{}", found.manifest, found.package))
                .fix(|| {
                    let version = found.locked.as_ref()?;
                    let edit = declared(unit.project.files, &found.manifest, &found.package, version)?;
                    let title = format!("Declare `{}` in package.json (review: the version that another package has brought along)", found.package);
                    Some(FixPlan { title, safety: Safety::Review, edits: vec![edit] })
                });
        }
    }
}

fn message(found: &Undeclared) -> String {
    let package = &found.package;
    match (&found.locked, found.has_lock) {
        (Some(_), _) => format!(
            "`{package}` is declared by no `package.json` around this file: it is there only because another package needs it, and the import fails once that does not"
        ),
        (None, true) => format!(
            "`{package}` is declared by no `package.json` around this file and is in no lock file: a fresh install does not have it, and this module fails as it is loaded"
        ),
        (None, false) => format!(
            "`{package}` is declared by no `package.json` around this file: a fresh install does not have it, and this module fails as it is loaded"
        ),
    }
}

/// Whether an import is made whenever the module is loaded: a declaration, or a `require` that begins a line.
fn is_always_run(unit: &UnitView<'_>, range: OwnRange) -> bool {
    let range = unit.to_file(range);
    let text = unit.project.text;
    let Some(statement) = text.get(range.start as usize..range.end as usize) else { return false };
    let begins_a_line = text[..range.start as usize].ends_with('\n') || range.start == 0;
    let is_declaration = statement.starts_with("import") && !statement.starts_with("import(");
    is_declaration
        || statement.starts_with("export") && !statement.starts_with("export type")
        || begins_a_line
            && ["const ", "let ", "var "].iter().any(|word| statement.starts_with(word))
            && !statement.contains("import(")
}
