//! Drizzle's journal of migrations: one that is not listed there is never applied.

use serde_json::Value;

use crate::schema::write::SchemaEdit;
use crate::schema::{MigrationTime, TextRange};

/// The edit that lists a migration, by its name without the ending; nothing where the journal is
/// not read.
pub(super) fn list(path: &str, text: &str, tag: &str, now: MigrationTime) -> Option<SchemaEdit> {
    let journal: Value = serde_json::from_str(text).ok()?;
    let last = journal.get("entries")?.as_array()?.last()?;
    let index = last.get("idx")?.as_u64()?.checked_add(1)?;
    // Drizzle applies what is later than the last one it applied, whatever the order of names.
    let after_last = last.get("when")?.as_i64()?.checked_add(1)?;
    let when = now.unix_seconds().saturating_mul(1_000).max(after_last);
    let version = last.get("version").or_else(|| journal.get("version"))?;
    let breakpoints = last.get("breakpoints").and_then(Value::as_bool).unwrap_or(true);

    let entries = text.find("\"entries\"")?;
    let end = entries + text[entries..].rfind(']')?;
    let at = entries + text[entries..end].rfind('}')? + 1;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = [
        ",".to_owned(),
        "    {".to_owned(),
        format!("      \"idx\": {index},"),
        format!("      \"version\": {version},"),
        format!("      \"when\": {when},"),
        format!("      \"tag\": {},", Value::from(tag)),
        format!("      \"breakpoints\": {breakpoints}"),
        "    }".to_owned(),
    ];
    let new_text = lines.join(line_end);
    // A journal of another shape is left alone.
    let edited = format!("{}{new_text}{}", &text[..at], &text[at..]);
    let again: Value = serde_json::from_str(&edited).ok()?;
    let listed = again.get("entries")?.as_array()?.last()?.get("tag")? == tag;
    listed.then(|| SchemaEdit { path: path.to_owned(), range: Some(TextRange::from_usize(at, at)), new_text })
}
