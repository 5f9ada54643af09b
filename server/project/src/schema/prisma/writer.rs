//! Adds `@@index` to a model, in the style of its file.

use smol_str::SmolStr;

use super::syntax::{Block, Document};
use crate::schema::TextRange;
use crate::schema::covered;
use crate::schema::write::{CannotWrite, IndexNames, SchemaEdit, WritingPlace, unused_name};

/// The edit of the model's file.
pub(in crate::schema) fn add_index(place: &WritingPlace<'_>) -> Result<SchemaEdit, CannotWrite> {
    let table = place.request.table;
    let missing = || CannotWrite::NoSource(table.file.clone());
    let text = place.source(&table.file)?;
    let document = Document::parse(text);
    let model = document
        .blocks
        .iter()
        .find(|block| block.keyword == "model" && block.name == table.code_name)
        .filter(|block| block.range == table.range)
        .ok_or_else(missing)?;
    let closing_brace = model.closing_brace.ok_or_else(missing)? as usize;
    let attribute = attribute(place);
    let (at, new_text) = insertion(text, model, closing_brace, &attribute);
    Ok(SchemaEdit { path: table.file.to_string(), range: Some(TextRange::from_usize(at, at)), new_text })
}

fn attribute(place: &WritingPlace<'_>) -> String {
    let fields: Vec<String> = place
        .columns
        .iter()
        .map(|column| match place.prefix_length(column) {
            Some(length) => format!("{}(length: {length})", column.code_name),
            None => column.code_name.to_string(),
        })
        .collect();
    let names = IndexNames::of(place.schema);
    let map = if names.are_given {
        let columns: Vec<SmolStr> = place.columns.iter().map(|own| own.name.clone()).collect();
        let name = names.name(place.request.table, &columns);
        format!(", map: \"{}\"", unused_name(place.schema, name))
    } else {
        String::new()
    };
    format!("@@index([{}]{map})", fields.join(", "))
}

/// After the last block attribute; else before the closing brace, one blank line after the
/// fields, as `prisma format` has it.
fn insertion(text: &str, model: &Block, closing_brace: usize, attribute: &str) -> (usize, String) {
    let line_end =
        if covered(text, model.range).is_some_and(|own| own.contains("\r\n")) { "\r\n" } else { "\n" };
    let indentation = indentation(text, model);
    if let Some(last) = model.attributes.last() {
        let last_end = last.range.end as usize;
        let rest = &text[last_end..closing_brace.max(last_end)];
        // A comment after the attribute stays with it.
        if let Some(length) = rest.find(['\r', '\n']) {
            return (last_end + length, format!("{line_end}{indentation}{attribute}"));
        }
        return (last_end, format!("{line_end}{indentation}{attribute}{line_end}"));
    }
    let line_start = text[..closing_brace].rfind('\n').map_or(0, |at| at + 1);
    let stands_alone = text[line_start..closing_brace].trim().is_empty() && line_start > 0;
    if !stands_alone {
        return (closing_brace, format!("{line_end}{line_end}{indentation}{attribute}{line_end}"));
    }
    let above = text[..line_start].trim_end_matches(['\r', '\n', ' ', '\t']);
    let blank_lines = text[above.len()..line_start].matches('\n').count();
    let gap = if blank_lines > 1 { "" } else { line_end };
    (line_start, format!("{gap}{indentation}{attribute}{line_end}"))
}

fn indentation<'a>(text: &'a str, model: &Block) -> &'a str {
    let attributes = model.attributes.iter().map(|own| own.range.start as usize);
    let fields = model.fields.iter().map(|own| own.range.start as usize);
    let of_line = |start: usize| {
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        Some(&text[line_start..start]).filter(|own| !own.is_empty() && own.trim().is_empty())
    };
    attributes.chain(fields).find_map(of_line).unwrap_or("  ")
}
