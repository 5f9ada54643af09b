//! What a file declares: its imports, its exports, and what its top-level names stand for.

use plimsoll_behavior::{BindingKind, Exported as Offered, Imported, Key as EntryKey, Kind, NodeId, ScopeId};
use smol_str::SmolStr;

use super::walk::{At, Target, Walk};
use super::{Document, Entry, Export, Exported, Import, Item, Maker, Path, TableItem};
use crate::schema::{Dialect, TextRange};

/// How deeply objects of columns may be spread into each other within one file.
const MAX_DEPTH: u32 = 8;

impl Document {
    /// Reads a file. One that is no script, or too large, declares nothing.
    pub fn parse(path: &str, text: &str) -> Self {
        let Some(walk) = Walk::of(path, text) else { return Self::default() };
        let mut document = Self::default();
        let module = &walk.file.units[0].unit;
        for import in &module.imports {
            let Some(binding) = import.binding else { continue };
            let name = match &import.what {
                Imported::Name(name) => Some(name.clone()),
                Imported::Default => Some("default".into()),
                Imported::Module => None,
                Imported::Glob | Imported::Nothing => continue,
            };
            let local = module.binding(binding).name.clone();
            document.imports.insert(local, Import { module: import.module.clone(), name });
        }
        document.exports = walk.exports();
        for binding in module.bindings.iter().filter(|binding| binding.scope == ScopeId(0)) {
            let is_declared = matches!(binding.kind, BindingKind::Variable | BindingKind::Function);
            let Some(value) = binding.value.filter(|_| is_declared && binding.path.is_empty()) else {
                continue;
            };
            if let Some(item) = walk.item((0, value)) {
                document.items.push((binding.name.clone(), item));
            }
        }
        for (nth, export) in module.exports.iter().enumerate() {
            // A table without a name of its own: `export default pgTable(…)`.
            if let Offered::Value(node) = &export.local
                && let Some(item) = walk.item((0, *node))
            {
                let local: SmolStr = format!("export {nth}").into();
                document.items.push((local.clone(), item));
                document.exports.push(Export { name: export.name.clone(), what: Exported::Local(local) });
            }
        }
        document
    }
}

impl Walk {
    fn exports(&self) -> Vec<Export> {
        let module = &self.file.units[0].unit;
        let mut exports = Vec::new();
        for export in &module.exports {
            let what = match &export.local {
                Offered::Binding(binding) => Exported::Local(module.binding(*binding).name.clone()),
                Offered::From(from, name) => Exported::From(from.clone(), name.clone()),
                Offered::Value(node) => {
                    // `module.exports = { users, posts }`
                    exports.extend(self.exported_object(*node));
                    continue;
                }
            };
            exports.push(Export { name: export.name.clone(), what });
        }
        exports
    }

    fn exported_object(&self, node: NodeId) -> Vec<Export> {
        let Kind::Object { entries, .. } = self.kind((0, node)) else { return Vec::new() };
        let named = entries.iter().filter_map(|entry| {
            let EntryKey::Name(name) = &entry.key else { return None };
            let Target::Own(path) = self.target((0, entry.value)) else { return None };
            let [local] = path.as_slice() else { return None };
            Some(Export { name: name.clone(), what: Exported::Local(local.clone()) })
        });
        named.collect()
    }

    /// What an expression of the top level is to a schema.
    fn item(&self, at: At) -> Option<Item> {
        let at = self.plain(at);
        match self.kind(at) {
            Kind::Object { .. } => Some(Item::Columns(self.entries(at, 0))),
            Kind::Function(_) | Kind::Nested(_) => {
                let result = self.returned(at)?;
                match self.kind(result) {
                    Kind::Object { .. } => Some(Item::Columns(self.entries(result, 0))),
                    _ => self.column(result).map(|column| Item::Column(Box::new(column))),
                }
            }
            Kind::Call { .. } => self.called(at),
            _ => None,
        }
    }

    fn called(&self, at: At) -> Option<Item> {
        let chain = self.chain(at)?;
        let args = &chain.steps.first()?.args;
        let table = |made_by: Maker| self.table(at, args, made_by).map(|table| Item::Table(Box::new(table)));
        match &chain.head {
            Target::Library(name) => {
                if let Some(dialect) = dialect_of(name, "Table") {
                    return table(Maker::Library(dialect));
                }
                if let Some(dialect) = dialect_of(name, "TableCreator") {
                    return Some(Item::Creator(dialect, args.first().and_then(|&arg| self.pattern(arg))));
                }
                if let Some(dialect) = dialect_of(name, "Schema") {
                    return Some(Item::Namespace(dialect, self.text(*args.first()?)?));
                }
                if name == "customType" {
                    return Some(Item::CustomType);
                }
                if name == "pgEnum" || name == "gelEnum" {
                    return Some(Item::Enum(args.get(1).map_or(0, |&values| self.count(values))));
                }
            }
            Target::Own(path) if !path.is_empty() => {
                let (last, before) = path.split_last()?;
                if last == "enum" && !before.is_empty() {
                    return Some(Item::Enum(args.get(1).map_or(0, |&values| self.count(values))));
                }
                if last == "table" && !before.is_empty() {
                    return table(Maker::Namespace(before.to_vec()));
                }
                if args.len() >= 2
                    && chain.steps.len() == 1
                    && let Some(item) = table(Maker::Creator(path.clone()))
                {
                    return Some(item);
                }
            }
            _ => {}
        }
        self.column(at).map(|column| Item::Column(Box::new(column)))
    }

    fn table(&self, at: At, args: &[At], made_by: Maker) -> Option<TableItem> {
        let (&name, &columns) = (args.first()?, args.get(1)?);
        let range = self.range(at);
        let name_range = inner(self.range(name));
        let name = self.text(name)?;
        let columns = match self.kind(self.plain(columns)) {
            Kind::Object { .. } => self.entries(self.plain(columns), 0),
            Kind::Function(_) | Kind::Nested(_) => match self.returned(columns) {
                Some(result) => self.entries(result, 0),
                None => Vec::new(),
            },
            _ => match self.target(columns) {
                Target::Own(path) if !path.is_empty() => vec![Entry::Spread(path)],
                _ => return None,
            },
        };
        let (keys, are_unknown) = match args.get(2) {
            None => (Vec::new(), false),
            Some(&keys) => self.keys(keys),
        };
        let unknown = are_unknown || self.is_broken(range);
        Some(TableItem { made_by, name, name_range, range, columns, keys, unknown })
    }

    /// The columns of an object.
    pub(super) fn entries(&self, at: At, depth: u32) -> Vec<Entry> {
        let at = self.plain(at);
        let Kind::Object { entries, .. } = self.kind(at) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in entries {
            let value = self.plain((at.0, entry.value));
            match &entry.key {
                EntryKey::Name(key) => {
                    let Some(mut column) = self.column(value) else { continue };
                    column.range = self.file.to_file(at.0, entry.range);
                    let start = column.range.start as usize;
                    column.name_range = TextRange::from_usize(start, start + key.len());
                    found.push(Entry::Column(key.clone(), Box::new(column)));
                }
                EntryKey::Spread => {
                    let inner = match self.kind(value) {
                        Kind::Spread(inner) => self.plain((at.0, *inner)),
                        _ => value,
                    };
                    match self.kind(inner) {
                        Kind::Object { .. } if depth < MAX_DEPTH => {
                            found.extend(self.entries(inner, depth + 1))
                        }
                        Kind::Call { callee, .. } => found.extend(self.spread((at.0, *callee))),
                        _ => found.extend(self.spread(inner)),
                    }
                }
                EntryKey::Computed(_) => {}
            }
        }
        found
    }

    fn spread(&self, at: At) -> Option<Entry> {
        match self.target(at) {
            Target::Own(path) if !path.is_empty() => Some(Entry::Spread(path)),
            _ => None,
        }
    }

    /// What a creator puts before and after the name of a table.
    fn pattern(&self, at: At) -> Option<(SmolStr, SmolStr)> {
        let result = self.returned(at)?;
        match self.kind(result) {
            Kind::Name { .. } => Some(Default::default()),
            Kind::Template { pieces, holes } => match (&**pieces, &**holes) {
                ([before, after], [hole]) => {
                    let is_name = self.target((result.0, *hole)) == Target::Own(Path::new());
                    is_name.then(|| (before.clone(), after.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// How many values a list has; 0 where that cannot be told.
    pub(super) fn count(&self, at: At) -> u32 {
        let at = self.plain(at);
        let items = match self.kind(at) {
            Kind::Name { .. } => {
                let Target::Own(path) = self.target(at) else { return 0 };
                let [name] = path.as_slice() else { return 0 };
                let module = &self.file.units[0].unit;
                let binding = module.resolve(name, ScopeId(0), u32::MAX);
                let value = binding.and_then(|binding| module.binding(binding).value);
                value.and_then(|value| self.items((0, value)))
            }
            _ => self.items(at),
        };
        let Some(items) = items else { return 0 };
        let is_plain = items.iter().all(|&item| !matches!(self.kind(item), Kind::Spread(_)));
        if is_plain { u32::try_from(items.len()).unwrap_or(u32::MAX) } else { 0 }
    }
}

/// The database that a function of the library is for: `pgTable`, `mysqlSchema`.
fn dialect_of(name: &str, what: &str) -> Option<Dialect> {
    match name.strip_suffix(what)? {
        "pg" => Some(Dialect::Postgres),
        "mysql" | "singlestore" => Some(Dialect::MySql),
        "sqlite" => Some(Dialect::Sqlite),
        "cockroach" => Some(Dialect::CockroachDb),
        "mssql" => Some(Dialect::SqlServer),
        _ => None,
    }
}

/// The range without the quotes around it.
fn inner(range: TextRange) -> TextRange {
    TextRange::new(range.start + 1, range.end.saturating_sub(1).max(range.start + 1))
}
