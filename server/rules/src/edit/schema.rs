//! Adds indexes where a project's schema lives.

use std::collections::BTreeMap;

use plimsoll_behavior::NodeId;
use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::{
    IndexRequest, MigrationTime, Schema, SchemaEdit, SchemaFile, Table, TextRange, add_index, index_statement,
};

use super::style::{self, Style};
use crate::{FixPlan, PlannedEdit, ProjectFacts, RuleMeta, SUPPRESSION, Safety, UnitView};

/// An index to add: its columns in order, by either of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIndex {
    /// The columns.
    pub columns: Vec<String>,
}

/// A plan that adds the indexes of one table, each after the other: two migrations need two names.
#[must_use]
pub fn add_indexes(
    project: &ProjectFacts<'_>,
    schema: &ProjectSchema,
    table: &Table,
    indexes: &[NewIndex],
) -> Option<FixPlan> {
    let before: BTreeMap<String, String> =
        schema.files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    let mut after = before.clone();
    let tool = project.schemas.migration_tool(&table.file);
    for (n, index) in (0_u64..).zip(indexes) {
        let files: Vec<(&str, &str)> =
            after.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let parsed: Vec<SchemaFile> =
            files.iter().map(|(path, text)| SchemaFile::parse(path, text)).collect();
        let now = Schema::fold(&parsed, schema.schema.dialect);
        let table = now.tables.iter().find(|own| {
            own.name == table.name && own.namespace == table.namespace && own.code_name == table.code_name
        })?;
        let columns: Vec<&str> = index.columns.iter().map(String::as_str).collect();
        let request = IndexRequest {
            table,
            columns: &columns,
            now: MigrationTime::of_unix_seconds(project.now + n),
            tool,
        };
        for edit in add_index(&now, &files, &request).ok()? {
            apply(&mut after, edit)?;
        }
    }
    let edits: Vec<PlannedEdit> = after
        .iter()
        .filter(|(path, text)| before.get(*path) != Some(text))
        .map(|(path, text)| edit(path, before.get(path).map(String::as_str), text))
        .collect();
    let file = edits.iter().find(|edit| !edit.path.ends_with(".json") && !edit.path.contains("down."))?;
    let name = file_name(&file.path);
    let place = if file.range.is_some() { name.to_owned() } else { format!("a new migration, {name}") };
    let what: Vec<String> = indexes
        .iter()
        .map(|index| match index.columns.as_slice() {
            [only] => format!("`{}.{only}`", table.code_name),
            several => format!("`{}({})`", table.code_name, several.join(", ")),
        })
        .collect();
    let noun = if indexes.len() == 1 { "an index" } else { "indexes" };
    let title = format!("Add {noun} on {} to {place} (review: changes the database)", what.join(" and "));
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// A plan that writes the statements to run above a query, as the reason why its finding may stay: for a schema that
/// cannot be edited from here, be it generated, declared in a way that nothing can be added to, or in files that the
/// editor cannot create.
#[must_use]
pub fn note_indexes(
    unit: &UnitView<'_>,
    query: NodeId,
    rule: &RuleMeta,
    schema: &ProjectSchema,
    table: &Table,
    indexes: &[NewIndex],
) -> Option<FixPlan> {
    let files: Vec<(&str, &str)> = schema.files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let statements = indexes.iter().map(|index| {
        let columns: Vec<&str> = index.columns.iter().map(String::as_str).collect();
        let request = IndexRequest {
            table,
            columns: &columns,
            now: MigrationTime::of_unix_seconds(unit.project.now),
            tool: None,
        };
        index_statement(&schema.schema, &files, &request).ok()
    });
    let statements = statements.collect::<Option<Vec<String>>>()?.join(" and ");
    let text = unit.project.text;
    let at = unit.bytes(query).start;
    let line = text.get(..at as usize)?.rfind('\n').map_or(0, |end| end + 1);
    let (indent, newline) = (style::indent_at(text, at), Style::of(text).newline);
    let new_text = format!("{indent}// {SUPPRESSION} {}: needs {statements}{newline}", rule.id);
    let edit = PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(TextRange::from_usize(line, line)),
        new_text,
    };
    let title = format!(
        "Note the statement that `{}` needs above the query (review: somebody must run it)",
        table.code_name
    );
    Some(FixPlan { title, safety: Safety::Review, edits: vec![edit] })
}

/// The file's name, with its folder where the name says nothing: `20260131_a/up.sql`.
fn file_name(path: &str) -> &str {
    let mut parts = path.rmatch_indices('/').map(|(at, _)| &path[at + 1..]);
    let name = parts.next().unwrap_or(path);
    if matches!(name, "up.sql" | "migration.sql") { parts.next().unwrap_or(path) } else { name }
}

fn apply(files: &mut BTreeMap<String, String>, edit: SchemaEdit) -> Option<()> {
    match edit.range {
        None => {
            files.insert(edit.path, edit.new_text);
        }
        Some(range) => {
            let text = files.get_mut(&edit.path)?;
            text.get(range.as_usize())?;
            text.replace_range(range.as_usize(), &edit.new_text);
        }
    }
    Some(())
}

/// The one edit that makes one text of another, or creates it.
fn edit(path: &str, before: Option<&str>, after: &str) -> PlannedEdit {
    let path = path.to_owned();
    let Some(before) = before else { return PlannedEdit { path, range: None, new_text: after.to_owned() } };
    let same = |(a, b): &(char, char)| a == b;
    let start: usize = before.chars().zip(after.chars()).take_while(same).map(|(a, _)| a.len_utf8()).sum();
    let rests = before[start..].chars().rev().zip(after[start..].chars().rev());
    let end: usize = rests.take_while(same).map(|(a, _)| a.len_utf8()).sum();
    PlannedEdit {
        path,
        range: Some(TextRange::from_usize(start, before.len() - end)),
        new_text: after[start..after.len() - end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_makes_one_text_of_another() {
        let made = edit("a", Some("model A {\n  b\n}\n"), "model A {\n  b\n\n  c\n}\n");
        assert_eq!(made.new_text, "\n  c\n");
        assert_eq!(edit("a", None, "x").range, None);
    }
}
