//! Reviews of files that describe tables: Prisma schemas, SQL migrations, and code that declares tables.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use plimsoll_behavior::models::SchemaKind;
use plimsoll_project::link::Linker;
use plimsoll_project::{ProjectSchema, Runs, SchemasOf, WhereItRuns};
use plimsoll_rules::ask::Memo;
use plimsoll_rules::{Place, ProjectFacts, RULES, RawFinding, RawRange, Report, SchemaView};
use plimsoll_syntax::{FileKind, TextRange};

use crate::assemble::{Assembled, Placed, Source, findings_of, is_quiet, panicked};
use crate::run::MAX_FINDINGS;
use crate::suppression::{comments_of_prisma, comments_of_sql};
use crate::{Finding, Outcome, Request, Skipped, policy, unread};

/// What there is to say of a schema file; none where the file is of another kind.
pub(crate) fn assemble_schema(
    request: &Request<'_>,
    linker: &Linker<'_>,
    kind: FileKind,
    wants_fix: Option<&Finding>,
) -> Option<Assembled> {
    let (schema_kind, language) = match kind {
        FileKind::Prisma => (SchemaKind::Prisma, "prisma"),
        FileKind::Sql => (SchemaKind::Sql, "sql"),
        _ => return None,
    };
    let mut assembled = Assembled { outcome: Outcome::default(), plans: Vec::new() };
    let Some(text) = request.files.read(request.path) else {
        let path = request.path.to_owned();
        let reason = "cannot be read".to_owned();
        assembled.outcome.skipped.push(Skipped { path, reason, is_failure: true });
        return Some(assembled);
    };
    let below = policy::below_manifest(request.files, request.path);
    if is_quiet(request, below) {
        return Some(assembled);
    }
    if kind == FileKind::Prisma && wants_fix.is_none() {
        assembled.outcome.unread = unread::of_prisma(request, &text);
    }
    let schemas = SchemasOf::new(linker.recorded(), request.path);
    let runs = WhereItRuns { runs: Runs::Unknown, evidence: String::new() };
    let project = ProjectFacts {
        text: &text,
        now: request.now,
        runs,
        files: linker.recorded(),
        schemas,
        memo: Memo::default(),
    };
    let is_part = |schema: &&Arc<ProjectSchema>| schema.text(request.path).is_some();
    // The migrations that a tool writes from a schema of its own say nothing that this does not say.
    let is_written = kind == FileKind::Sql
        && (project.schemas.schema_for(SchemaKind::Prisma).is_some_and(|s| is_part(&s))
            || project.schemas.is_generated());
    // A file that no client reads its tables from is nobody's schema.
    let schema = project.schemas.schema_for(schema_kind).filter(is_part).filter(|_| !is_written);
    let mut found = Vec::new();
    if let Some(schema) = schema {
        found = review(request, schema, &project, wants_fix, &mut assembled.outcome.skipped);
    }
    let placed = found.iter().filter_map(|raw| match raw.range {
        RawRange::File(range) => Some(Placed { range, function: None, raw }),
        RawRange::Unit(_) => None,
    });
    let source = Source {
        text: &text,
        language,
        fingerprint_path: below,
        resolve: &|place| match place {
            Place::Bytes { file, range } => Some((file.to_string(), *range)),
            Place::Node { .. } => None,
        },
        comments_and_statements: &|| {
            let comments =
                if kind == FileKind::Sql { comments_of_sql(&text) } else { comments_of_prisma(&text) };
            (comments, schema.map(|schema| declarations(schema, request.path)).unwrap_or_default())
        },
    };
    (assembled.outcome.findings, assembled.plans) = findings_of(request, &source, placed.collect());
    Some(assembled)
}

/// What there is to say of the tables that a file of code declares.
pub(crate) fn of_declared_tables(
    request: &Request<'_>,
    linker: &Linker<'_>,
    text: &str,
    wants_fix: Option<&Finding>,
    skipped: &mut Vec<Skipped>,
) -> Vec<RawFinding> {
    let schemas = SchemasOf::new(linker.recorded(), request.path);
    let Some(schema) = schemas.schema_declared_in(text) else { return Vec::new() };
    let runs = WhereItRuns { runs: Runs::Unknown, evidence: String::new() };
    let memo = Memo::default();
    let project = ProjectFacts { text, now: request.now, runs, files: linker.recorded(), schemas, memo };
    review(request, &schema, &project, wants_fix, skipped)
}

fn review(
    request: &Request<'_>,
    schema: &ProjectSchema,
    project: &ProjectFacts<'_>,
    wants_fix: Option<&Finding>,
    skipped: &mut Vec<Skipped>,
) -> Vec<RawFinding> {
    let mut found = Vec::new();
    let view = SchemaView { path: request.path, schema, project };
    let options = |rule: &str, key: &str| request.config.option(rule, request.path, key);
    for rule in RULES {
        let mut findings = Vec::new();
        let wants_fix = |range: RawRange| {
            wants_fix.is_some_and(|it| it.rule == rule.meta().id && range == RawRange::File(it.range))
        };
        let mut report = Report::new(rule.meta(), &mut findings, &wants_fix, &options);
        if catch_unwind(AssertUnwindSafe(|| rule.review_schema(&view, &mut report))).is_err() {
            skipped.push(panicked(request, rule.meta().id));
            continue;
        }
        findings.truncate(MAX_FINDINGS);
        found.append(&mut findings);
    }
    found
}

/// Tables and columns of a file, above which a suppression may stand.
fn declarations(schema: &ProjectSchema, path: &str) -> Vec<TextRange> {
    let tables = &schema.schema.tables;
    let columns = tables.iter().flat_map(|table| &table.columns).filter(|column| column.file == path);
    let own = tables.iter().filter(|table| table.file == path).map(|table| table.range);
    own.chain(columns.map(|column| column.range)).collect()
}
