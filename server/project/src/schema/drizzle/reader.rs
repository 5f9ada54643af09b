//! From the declarations of all files of a schema to tables.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::config::{Casing, named};
use super::{
    ColumnItem, ColumnMaker, Document, Entry, Exported, IndexItem, Item, Key, Maker, Path, Reference,
    TableItem,
};
use crate::schema::{Column, ColumnType, Dialect, ForeignKey, Index, SchemaLanguage, Table, own_namespace};

/// How many files a name is followed through, and how deeply columns are shared.
const MAX_DEPTH: u32 = 16;

/// Puts the files of one schema together, `(path, file)`. The tables stand in the order of their files.
pub(in crate::schema) fn read(files: &[(&SmolStr, &Document)], casing: Casing) -> (Vec<Table>, Dialect) {
    let reader = Reader {
        files,
        paths: files.iter().enumerate().map(|(at, (path, _))| (path.as_str(), at)).collect(),
        casing,
    };
    let mut tables = Vec::new();
    let mut dialect = Dialect::Unknown;
    for (at, (_, document)) in files.iter().enumerate() {
        for (local, item) in &document.items {
            let Item::Table(item) = item else { continue };
            let Some((table, own)) = reader.table(at, local, item) else { continue };
            if dialect == Dialect::Unknown {
                dialect = own;
            }
            tables.push(table);
        }
    }
    (tables, dialect)
}

struct Reader<'a> {
    files: &'a [(&'a SmolStr, &'a Document)],
    paths: FxHashMap<&'a str, usize>,
    casing: Casing,
}

/// A table under construction, with what its keys are written in.
struct Making<'a> {
    table: Table,
    file: usize,
    item: &'a TableItem,
}

impl<'a> Reader<'a> {
    fn table(&self, at: usize, local: &SmolStr, item: &TableItem) -> Option<(Table, Dialect)> {
        let (dialect, namespace, name) = self.identity(at, item)?;
        let (path, document) = self.files[at];
        let exported = document.exports.iter().find_map(|export| match &export.what {
            Exported::Local(name) if name == local && export.name != "default" => Some(export.name.clone()),
            _ => None,
        });
        let mut making = Making {
            table: Table {
                name,
                namespace: namespace.filter(|name| own_namespace(name).is_some()),
                code_name: exported.unwrap_or_else(|| local.clone()),
                language: SchemaLanguage::Drizzle,
                dialect,
                is_filled: false,
                from_text: false,
                columns: Vec::new(),
                relations: Vec::new(),
                indexes: Vec::new(),
                primary_key: Vec::new(),
                foreign_keys: Vec::new(),
                policies: Vec::new(),
                unknown: item.unknown,
                file: (*path).clone(),
                name_range: item.name_range,
                range: item.range,
            },
            file: at,
            item,
        };
        self.columns(&mut making, at, &item.columns, 0);
        self.keys(&mut making);
        Some((making.table, dialect))
    }

    /// The database, the namespace and the name of a table; none where what makes it is no maker of tables.
    fn identity(&self, at: usize, item: &TableItem) -> Option<(Dialect, Option<SmolStr>, SmolStr)> {
        Some(match &item.made_by {
            Maker::Library(dialect) => (*dialect, None, item.name.clone()),
            Maker::Creator(path) => match self.item(at, path, 0)? {
                (_, Item::Creator(dialect, pattern)) => {
                    let (before, after) = pattern.clone().unwrap_or_default();
                    (*dialect, None, format!("{before}{}{after}", item.name).into())
                }
                _ => return None,
            },
            Maker::Namespace(path) => match self.item(at, path, 0)? {
                (_, Item::Namespace(dialect, namespace)) => {
                    (*dialect, Some(namespace.clone()), item.name.clone())
                }
                _ => return None,
            },
        })
    }

    fn columns(&self, making: &mut Making<'_>, at: usize, entries: &[Entry], depth: u32) {
        for entry in entries {
            match entry {
                Entry::Column(key, item) => self.column(making, at, key, item),
                // Columns that cannot be found are left out: nothing is known of them, nor claimed.
                Entry::Spread(path) if depth < MAX_DEPTH => {
                    if let Some((file, Item::Columns(entries))) = self.item(at, path, 0) {
                        self.columns(making, file, entries, depth + 1);
                    }
                }
                Entry::Spread(_) => {}
            }
        }
    }

    fn column(&self, making: &mut Making<'_>, at: usize, key: &SmolStr, item: &ColumnItem) {
        let Some(whole) = self.completed(at, item, 0) else { return };
        let item = &whole;
        let Some(column_type) = self.column_type(at, item) else { return };
        let name = item.name.clone().unwrap_or_else(|| named(key, self.casing));
        let file = self.files[at].0.clone();
        let table = &mut making.table;
        // The last one of a key wins, as in the object.
        table.columns.retain(|column| column.code_name != *key);
        if item.primary_key {
            table.primary_key = vec![name.clone()];
        }
        if let Some(key_name) = &item.unique {
            table.indexes.push(Index {
                name: key_name.clone(),
                columns: vec![name.clone()],
                unique: true,
                file: file.clone(),
                range: item.range,
                ..Index::default()
            });
        }
        if let Some(reference) = &item.references {
            table.foreign_keys.extend(self.foreign_key(making.item, at, None, vec![name.clone()], reference));
        }
        making.table.columns.push(Column {
            name,
            code_name: key.clone(),
            column_type,
            list: item.list,
            nullable: !item.not_null,
            has_default: item.has_default,
            default: item.default.clone(),
            file,
            name_range: item.name_range,
            range: item.range,
        });
    }

    /// The column with what a helper that makes it says of it.
    fn completed(&self, at: usize, item: &ColumnItem, depth: u32) -> Option<ColumnItem> {
        let ColumnMaker::Own(path) = &item.made_by else { return Some(item.clone()) };
        match self.item(at, path, 0)? {
            (file, Item::Column(helper)) if depth < MAX_DEPTH => {
                let helper = self.completed(file, helper, depth + 1)?;
                Some(ColumnItem {
                    made_by: match self.column_type(file, &helper)? {
                        ColumnType::Enum { .. } => ColumnMaker::Library("enum".into()),
                        _ => helper.made_by.clone(),
                    },
                    name: item.name.clone().or(helper.name),
                    values: item.values.or(helper.values),
                    mode: item.mode.clone().or(helper.mode),
                    list: item.list || helper.list,
                    not_null: item.not_null || helper.not_null,
                    has_default: item.has_default || helper.has_default,
                    default: item.default.clone().or(helper.default),
                    primary_key: item.primary_key || helper.primary_key,
                    unique: item.unique.clone().or(helper.unique),
                    references: item.references.clone().or(helper.references),
                    ..item.clone()
                })
            }
            (_, Item::Enum(_) | Item::CustomType) => Some(item.clone()),
            _ => None,
        }
    }

    /// None where nothing is known of what makes the column.
    fn column_type(&self, at: usize, item: &ColumnItem) -> Option<ColumnType> {
        if let Some(variants) = item.values {
            return Some(ColumnType::Enum { variants });
        }
        let mode = item.mode.as_deref().unwrap_or_default();
        let name = match &item.made_by {
            ColumnMaker::Unknown => return None,
            ColumnMaker::Own(path) => {
                return match self.item(at, path, 0)? {
                    (_, Item::Enum(variants)) => Some(ColumnType::Enum { variants: *variants }),
                    (_, Item::CustomType) => Some(ColumnType::Other("customType".into())),
                    _ => None,
                };
            }
            ColumnMaker::Library(name) => name.as_str(),
        };
        Some(match name {
            "text" | "varchar" | "char" | "citext" | "tinytext" | "mediumtext" | "longtext" => {
                if mode == "json" { ColumnType::Json } else { ColumnType::Text }
            }
            "integer" | "int" | "smallint" | "mediumint" | "tinyint" | "serial" | "smallserial" => match mode
            {
                "boolean" => ColumnType::Bool,
                "timestamp" | "timestamp_ms" => ColumnType::Timestamp,
                _ => ColumnType::Int,
            },
            "bigint" | "bigserial" => ColumnType::BigInt,
            "boolean" => ColumnType::Bool,
            "uuid" => ColumnType::Uuid,
            "timestamp" | "datetime" => ColumnType::Timestamp,
            "date" => ColumnType::Date,
            "json" | "jsonb" => ColumnType::Json,
            "real" | "doublePrecision" | "double" | "float" => ColumnType::Float,
            "numeric" | "decimal" => ColumnType::Decimal,
            "blob" | "bytea" | "binary" | "varbinary" => ColumnType::Bytes,
            "mysqlEnum" | "singlestoreEnum" | "enum" => ColumnType::Enum { variants: 0 },
            other => ColumnType::Other(other.into()),
        })
    }

    fn keys(&self, making: &mut Making<'_>) {
        let item = making.item;
        for key in &item.keys {
            let database_names = |keys: &[SmolStr]| -> Option<Vec<SmolStr>> {
                let column = |key: &SmolStr| {
                    let mut columns = making.table.columns.iter();
                    columns.find(|column| column.code_name == *key).map(|column| column.name.clone())
                };
                keys.iter().map(column).collect()
            };
            match key {
                Key::Primary(keys) => match database_names(keys) {
                    Some(columns) => making.table.primary_key = columns,
                    None => making.table.unknown = true,
                },
                Key::Foreign { name, columns, reference } => {
                    let Some(columns) = database_names(columns) else {
                        making.table.unknown = true;
                        continue;
                    };
                    let key = self.foreign_key(item, making.file, name.clone(), columns, reference);
                    making.table.foreign_keys.extend(key);
                }
                Key::Index(index) => match database_names(&index.columns) {
                    Some(columns) => {
                        let index = self.index(making, index, columns);
                        making.table.indexes.push(index);
                    }
                    None => making.table.unknown = true,
                },
            }
        }
    }

    fn index(&self, making: &Making<'_>, item: &IndexItem, columns: Vec<SmolStr>) -> Index {
        let mentioned = item.mentioned.iter().filter_map(|name| {
            let column =
                making.table.columns.iter().find(|own| own.code_name == *name || own.name == *name)?;
            Some(column.name.clone())
        });
        Index {
            name: item.name.clone(),
            columns,
            expression: item.expression,
            expression_columns: mentioned.collect(),
            unique: item.unique,
            method: item.method,
            operator_class: item.operator_class.clone(),
            partial: item.partial,
            implicit: false,
            file: self.files[making.file].0.clone(),
            range: item.range,
        }
    }

    fn foreign_key(
        &self,
        own: &TableItem,
        at: usize,
        name: Option<SmolStr>,
        columns: Vec<SmolStr>,
        reference: &Reference,
    ) -> Option<ForeignKey> {
        let target = if reference.table.is_empty() {
            Some((at, own))
        } else {
            match self.item(at, &reference.table, 0) {
                Some((file, Item::Table(table))) => Some((file, &**table)),
                _ => None,
            }
        };
        let (table, references) = match target {
            Some((file, table)) => (self.identity(file, table)?.2, self.names_in(table, &reference.columns)),
            None => (reference.table.last()?.clone(), reference.columns.clone()),
        };
        Some(ForeignKey {
            name,
            columns,
            table,
            references,
            relation: None,
            on_delete: reference.on_delete,
            file: self.files[at].0.clone(),
            range: reference.range,
        })
    }

    /// Database names of columns of a table that are called by their keys.
    fn names_in(&self, table: &TableItem, keys: &[SmolStr]) -> Vec<SmolStr> {
        let name = |key: &SmolStr| {
            let column = table.columns.iter().find_map(|entry| match entry {
                Entry::Column(own, column) if own == key => Some(column),
                _ => None,
            });
            column.and_then(|column| column.name.clone()).unwrap_or_else(|| named(key, self.casing))
        };
        keys.iter().map(name).collect()
    }

    /// What a path of names means in a file, and the file that declares it.
    fn item(&self, at: usize, path: &Path, depth: u32) -> Option<(usize, &'a Item)> {
        let (first, rest) = path.split_first()?;
        if depth > MAX_DEPTH {
            return None;
        }
        let (_, document) = self.files[at];
        if let Some(item) = document.item(first) {
            return rest.is_empty().then_some((at, item));
        }
        let import = document.imports.get(first)?;
        let file = self.file(at, &import.module)?;
        match (&import.name, rest) {
            (Some(name), []) => self.exported(file, name, depth + 1),
            (None, [name]) => self.exported(file, name, depth + 1),
            _ => None,
        }
    }

    fn exported(&self, at: usize, name: &SmolStr, depth: u32) -> Option<(usize, &'a Item)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (_, document) = self.files[at];
        let named = document.exports.iter().filter(|export| export.name == *name || export.name == "*");
        named.into_iter().find_map(|export| match &export.what {
            Exported::Local(local) if export.name == *name => self.item(at, &vec![local.clone()], depth + 1),
            Exported::From(module, Some(inner)) if export.name == *name => {
                self.exported(self.file(at, module)?, inner, depth + 1)
            }
            Exported::From(module, None) if export.name == "*" => {
                self.exported(self.file(at, module)?, name, depth + 1)
            }
            _ => None,
        })
    }

    /// The file of the schema that a module means. A path alias means the only file whose path ends as it does.
    fn file(&self, from: usize, module: &str) -> Option<usize> {
        let from = self.files[from].0.as_str();
        if module.starts_with('.') {
            let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = crate::link::join(folder, module)?;
            return candidates(&path).find_map(|path| self.paths.get(path.as_str()).copied());
        }
        let (_, rest) = module.split_once('/')?;
        let mut found = None;
        for path in candidates(&format!("/{rest}")) {
            for (own, at) in &self.paths {
                if !own.ends_with(path.as_str()) && *own != &path[1..] {
                    continue;
                }
                if found.is_some_and(|found| found != *at) {
                    return None;
                }
                found = Some(*at);
            }
        }
        found
    }
}

/// Endings that an import may leave out.
const ENDINGS: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx"];

/// The paths that a module's path may mean.
fn candidates(path: &str) -> impl Iterator<Item = String> + '_ {
    let stem = [".js", ".mjs", ".cjs"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let whole = std::iter::once(path.to_owned());
    let with_ending = ENDINGS.iter().map(move |ending| format!("{stem}{ending}"));
    whole.chain(with_ending).chain(ENDINGS.iter().map(move |ending| format!("{path}/index{ending}")))
}
