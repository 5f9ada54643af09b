//! Adds `index('…').on(t.column)` to a table, in the style of its file.
//!
//! The edits of one file are given from its end to its beginning, so that each may be applied without regard to the
//! others.

use plimsoll_behavior::{Key as EntryKey, Kind, PathStep};
use smol_str::SmolStr;

use super::imports::IndexFunction;
use super::walk::{At, Walk};
use crate::schema::write::{CannotWrite, IndexNames, SchemaEdit, WritingPlace, unused_name};
use crate::schema::{Column, ColumnType, Dialect, SchemaLanguage, TextRange, covered};

/// The most other files that are looked into for the style of the project.
const MAX_FILES: usize = 50;

/// The edits of the table's file.
pub(in crate::schema) fn add_index(place: &WritingPlace<'_>) -> Result<Vec<SchemaEdit>, CannotWrite> {
    let table = place.request.table;
    let text = place.source(&table.file)?;
    let missing = || CannotWrite::NoSource(table.file.clone());
    let walk = Walk::of(&table.file, text).ok_or_else(missing)?;
    let call = walk.call_at(table.range).ok_or_else(missing)?;
    let unclear = || CannotWrite::Unclear(table.code_name.clone());
    let Kind::Call { args, .. } = walk.kind(call) else { return Err(missing()) };
    let args: Vec<At> = args.iter().map(|&arg| (call.0, arg)).collect();
    if walk.is_broken(table.range) {
        return Err(unclear());
    }
    for column in place.columns {
        if is_unindexable(table.dialect, column, text) || !is_identifier(&column.code_name) {
            return Err(CannotWrite::NotIndexable(column.code_name.clone()));
        }
    }
    let function = IndexFunction::of(&walk, text, table.dialect).ok_or_else(unclear)?;
    let writer = Writer {
        walk: &walk,
        text,
        line_end: if text.contains("\r\n") { "\r\n" } else { "\n" },
        quote: match covered(
            text,
            TextRange::new(table.name_range.start.saturating_sub(1), table.name_range.start),
        ) {
            Some("\"") => '"',
            _ => '\'',
        },
        place,
        function: &function.name,
    };
    let (at, new_text) = match args.as_slice() {
        [_, _, keys, ..] => writer.to_keys(*keys).ok_or_else(unclear)?,
        [name, columns] => writer.as_third_argument(*name, *columns),
        _ => return Err(unclear()),
    };
    let edit = |at: usize, new_text: String| SchemaEdit {
        path: table.file.to_string(),
        range: Some(TextRange::from_usize(at, at)),
        new_text,
    };
    let mut edits = vec![edit(at, new_text)];
    edits.extend(function.import.map(|(at, new_text)| edit(at, new_text)));
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.map(|range| range.start)));
    Ok(edits)
}

/// Whether a plain index of the column is refused, or would not be of the usual kind.
fn is_unindexable(dialect: Dialect, column: &Column, text: &str) -> bool {
    match &column.column_type {
        // MySQL wants a length for texts without one, and there is no place to write it.
        ColumnType::Text if dialect == Dialect::MySql => {
            let definition = covered(text, column.range).unwrap_or_default();
            let after_key = definition.split_once(':').map_or(definition, |(_, value)| value).trim_start();
            let head = after_key.split('(').next().unwrap_or_default();
            head.rsplit('.').next().unwrap_or_default().ends_with("ext")
        }
        ColumnType::Other(name) => {
            !["inet", "cidr", "macaddr", "macaddr8", "time", "interval", "year"].contains(&name.as_str())
        }
        _ => false,
    }
}

fn is_identifier(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    name.chars().all(is_letter) && !name.starts_with(|first: char| first.is_ascii_digit())
}

struct Writer<'a> {
    walk: &'a Walk,
    text: &'a str,
    line_end: &'static str,
    quote: char,
    place: &'a WritingPlace<'a>,
    /// How the file calls `index`.
    function: &'a str,
}

/// How a project writes the third argument.
struct Style {
    is_object: bool,
    parameter: SmolStr,
}

impl Writer<'_> {
    /// Another entry of the third argument that is there.
    fn to_keys(&self, keys: At) -> Option<(usize, String)> {
        let names = self.columns_of_parameter(keys)?;
        let index = self.index(&names);
        let result = self.walk.returned(keys)?;
        let whole = self.walk.range(result);
        match self.walk.kind(result) {
            Kind::Array(items) => {
                let items: Vec<TextRange> =
                    items.iter().map(|&item| self.walk.range((result.0, item))).collect();
                Some(self.appended(&items, whole, &index))
            }
            Kind::Object { entries, .. } => {
                let items: Vec<TextRange> =
                    entries.iter().map(|entry| self.walk.file.to_file(result.0, entry.range)).collect();
                let taken = entries.iter().filter_map(|entry| match &entry.key {
                    EntryKey::Name(name) => Some(name.as_str()),
                    _ => None,
                });
                let key = self.free_key(&taken.collect::<Vec<_>>());
                Some(self.appended(&items, whole, &format!("{key}: {index}")))
            }
            _ => None,
        }
    }

    /// How the closure names the columns: `t.authorId`, or `authorId` where it takes them apart.
    fn columns_of_parameter(&self, keys: At) -> Option<Vec<String>> {
        let keys = self.walk.plain(keys);
        let (unit, function) = match self.walk.kind(keys) {
            Kind::Function(function) => (keys.0, *function),
            Kind::Nested(nested) => (
                *self.walk.file.units[keys.0].nested.get(*nested as usize)?,
                plimsoll_behavior::FunctionId(0),
            ),
            _ => return None,
        };
        let u = &self.walk.file.units[unit].unit;
        let pattern = &u.function(function).params.first()?.pattern;
        let bindings: Vec<_> = pattern.bindings.iter().map(|&binding| u.binding(binding)).collect();
        let column = |column: &&Column| {
            if let [only] = bindings.as_slice()
                && only.path.is_empty()
            {
                return Some(format!("{}.{}", only.name, column.code_name));
            }
            let own = bindings.iter().find(
                |own| matches!(own.path.as_slice(), [PathStep::Member(key)] if *key == column.code_name),
            )?;
            Some(own.name.to_string())
        };
        self.place.columns.iter().map(column).collect()
    }

    /// The third argument of a table that has none.
    fn as_third_argument(&self, name: At, columns: At) -> (usize, String) {
        let style = self.style();
        let names: Vec<String> = self
            .place
            .columns
            .iter()
            .map(|column| format!("{}.{}", style.parameter, column.code_name))
            .collect();
        let mut entry = self.index(&names);
        if style.is_object {
            entry = format!("{}: {entry}", self.free_key(&[]));
        }
        let (name, columns) = (self.walk.range(name), self.walk.range(columns));
        let between = covered(self.text, TextRange::new(name.end, columns.start)).unwrap_or_default();
        let line = self.indentation(columns.start as usize);
        let unit = self.unit(columns);
        let nl = self.line_end;
        let before = if between.contains('\n') { format!(",{nl}{line}") } else { ", ".to_owned() };
        let (open, close) = if style.is_object { ("({", "})") } else { ("[", "]") };
        let parameter = &style.parameter;
        let new_text = format!("{before}({parameter}) => {open}{nl}{line}{unit}{entry},{nl}{line}{close}");
        (columns.end as usize, new_text)
    }

    fn index(&self, columns: &[String]) -> String {
        let schema = self.place.schema;
        let names = IndexNames::of(schema);
        let own: Vec<SmolStr> = self.place.columns.iter().map(|column| column.name.clone()).collect();
        let has_indexes = schema.tables.iter().any(|table| {
            table.language == SchemaLanguage::Drizzle
                && table.indexes.iter().any(|index| !index.unique && index.name.is_some())
        });
        let has_nameless = schema.tables.iter().any(|table| {
            table.language == SchemaLanguage::Drizzle
                && table.indexes.iter().any(|index| !index.unique && index.name.is_none())
        });
        let name = if has_nameless && !has_indexes {
            String::new()
        } else {
            let name = unused_name(schema, names.name(self.place.request.table, &own));
            format!("{0}{name}{0}", self.quote)
        };
        format!("{}({name}).on({})", self.function, columns.join(", "))
    }

    /// A key of the object of indexes that is not taken.
    fn free_key(&self, taken: &[&str]) -> String {
        let mut key = String::new();
        for column in self.place.columns {
            let mut letters = column.code_name.chars();
            let first = letters.next();
            if key.is_empty() {
                key.extend(first);
            } else {
                key.extend(first.into_iter().flat_map(char::to_uppercase));
            }
            key.extend(letters);
        }
        let joint = if key.contains('_') { "_idx" } else { "Idx" };
        key.push_str(joint);
        if !taken.contains(&key.as_str()) {
            return key;
        }
        let numbered = (2_u32..).map(|number| format!("{key}{number}"));
        numbered.into_iter().find(|key| !taken.contains(&key.as_str())).unwrap_or(key)
    }

    /// Where a further item of a list goes, and what is written there.
    fn appended(&self, items: &[TextRange], whole: TextRange, item: &str) -> (usize, String) {
        let nl = self.line_end;
        let Some(last) = items.last() else {
            let line = self.indentation(whole.start as usize);
            let unit = self.unit(self.place.request.table.range);
            let close = self.indentation(whole.end as usize - 1);
            let inside = covered(self.text, whole).unwrap_or_default();
            let rest = if inside.contains('\n') { String::new() } else { format!("{nl}{close}") };
            return (whole.start as usize + 1, format!("{nl}{line}{unit}{item},{rest}"));
        };
        let before = covered(self.text, TextRange::new(whole.start, last.start)).unwrap_or_default();
        if !before.contains('\n') {
            return (last.end as usize, format!(", {item}"));
        }
        let indentation = self.indentation(last.start as usize);
        let rest = covered(self.text, TextRange::new(last.end, whole.end)).unwrap_or_default();
        if rest.trim_start().starts_with(',')
            && let Some(end_of_line) = rest.find(['\r', '\n'])
        {
            // What stands behind the comma on its line, a comment, stays with its item.
            return (last.end as usize + end_of_line, format!("{nl}{indentation}{item},"));
        }
        (last.end as usize, format!(",{nl}{indentation}{item}"))
    }

    /// The white space that the line of a place begins with.
    fn indentation(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        self.text[start..].chars().take_while(|&letter| letter == ' ' || letter == '\t').collect()
    }

    /// What one more level is indented by, as the entries of an object are.
    fn unit(&self, object: TextRange) -> String {
        let outer = self.indentation(object.start as usize);
        let inside = covered(self.text, object).unwrap_or_default();
        let inner = inside.lines().skip(1).find(|line| !line.trim().is_empty()).map(|line| {
            line.chars().take_while(|&letter| letter == ' ' || letter == '\t').collect::<String>()
        });
        let unit = inner.and_then(|inner| inner.strip_prefix(outer.as_str()).map(str::to_owned));
        unit.filter(|unit| !unit.is_empty()).unwrap_or_else(|| "  ".to_owned())
    }

    /// The style of the file's other tables, else of those of other files.
    fn style(&self) -> Style {
        let own = self.walk.style();
        let others = || {
            let files = self.place.files.iter().filter(|(path, _)| *path != self.place.request.table.file);
            files.take(MAX_FILES).find_map(|(path, text)| Walk::of(path, text)?.style())
        };
        own.or_else(others).unwrap_or(Style { is_object: false, parameter: "t".into() })
    }
}

impl Walk {
    /// The call that covers exactly this range.
    fn call_at(&self, range: TextRange) -> Option<At> {
        self.file.units.iter().enumerate().find_map(|(index, entry)| {
            let mut calls = entry.unit.calls.iter().map(|&call| (index, call));
            calls.find(|&call| self.range(call) == range)
        })
    }

    /// How the first table with a third argument writes it.
    fn style(&self) -> Option<Style> {
        let module = &self.file.units[0].unit;
        module.calls.iter().find_map(|&call| {
            let Kind::Call { args, .. } = module.kind(call) else { return None };
            let [name, _, keys] = &**args else { return None };
            self.text((0, *name))?;
            let result = self.returned((0, *keys))?;
            let is_object = match self.kind(result) {
                Kind::Object { .. } => true,
                Kind::Array(_) => false,
                _ => return None,
            };
            let (unit, function) = match module.kind(*keys) {
                Kind::Function(function) => (&**module, *function),
                Kind::Nested(nested) => {
                    let nested = *self.file.units[0].nested.get(*nested as usize)?;
                    (&*self.file.units[nested].unit, plimsoll_behavior::FunctionId(0))
                }
                _ => return None,
            };
            let pattern = &unit.function(function).params.first()?.pattern;
            let only = match pattern.bindings.as_slice() {
                [only] => unit.binding(*only),
                _ => return None,
            };
            only.path.is_empty().then(|| Style { is_object, parameter: only.name.clone() })
        })
    }
}
