//! From the blocks of all files of a Prisma schema to tables.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::join_tables::join_tables;
use super::syntax::{Attribute, Block, Document, Field, Value};
use crate::schema::{
    Column, ColumnType, Dialect, ForeignKey, Generator, Index, IndexMethod, OnDelete, Relation, Schema,
    SchemaLanguage, Table,
};

/// What the schema says, and whether its relations are foreign keys in the database
/// (`relationMode = "prisma"` makes none).
pub(in crate::schema) struct PrismaSchema {
    pub schema: Schema,
    pub has_foreign_keys: bool,
}

/// Puts the files of one schema together, `(path, file)`.
pub(in crate::schema) fn read(files: &[(&SmolStr, &Document)]) -> PrismaSchema {
    let blocks = || {
        let of_file = |&(path, document): &(_, _)| blocks_of(path, document);
        files.iter().flat_map(of_file)
    };
    let mut schema = Schema::default();
    let mut has_foreign_keys = true;
    for (path, block) in blocks() {
        match block.keyword.as_str() {
            "datasource" => {
                let provider = setting(block, "provider");
                schema.dialect = provider.map_or(schema.dialect, dialect);
                let mode = setting(block, "relationMode");
                has_foreign_keys &= mode.is_none_or(|mode| mode != "prisma");
            }
            "generator" => schema.generators.push(Generator {
                name: block.name.clone(),
                provider: setting(block, "provider").cloned(),
                output: setting(block, "output").cloned(),
                file: path.clone(),
            }),
            _ => {}
        }
    }
    let types = TypeNames::of(blocks().map(|(_, block)| block));
    for (path, block) in blocks() {
        if matches!(block.keyword.as_str(), "model" | "view") {
            schema.tables.push(table(path, block, &types));
        }
    }
    name_foreign_keys(&mut schema.tables);
    if schema.dialect != Dialect::MongoDb {
        let join_tables = join_tables(&schema.tables);
        schema.tables.extend(join_tables);
    }
    PrismaSchema { schema, has_foreign_keys }
}

fn blocks_of<'a>(
    path: &'a SmolStr,
    document: &'a Document,
) -> impl Iterator<Item = (&'a SmolStr, &'a Block)> {
    document.blocks.iter().map(move |block| (path, block))
}

fn setting<'a>(block: &'a Block, name: &str) -> Option<&'a SmolStr> {
    let (_, value) = block.settings.iter().find(|(key, _)| key == name)?;
    value.as_string()
}

fn dialect(provider: &SmolStr) -> Dialect {
    match provider.as_str() {
        "postgresql" | "postgres" => Dialect::Postgres,
        "mysql" => Dialect::MySql,
        "sqlite" => Dialect::Sqlite,
        "mongodb" => Dialect::MongoDb,
        "sqlserver" => Dialect::SqlServer,
        "cockroachdb" => Dialect::CockroachDb,
        _ => Dialect::Unknown,
    }
}

/// What the names of types mean in this schema.
struct TypeNames<'a> {
    models: FxHashMap<&'a str, ()>,
    enums: FxHashMap<&'a str, u32>,
}

impl<'a> TypeNames<'a> {
    fn of(blocks: impl Iterator<Item = &'a Block>) -> Self {
        let mut names = Self { models: FxHashMap::default(), enums: FxHashMap::default() };
        for block in blocks {
            match block.keyword.as_str() {
                "model" | "view" => {
                    names.models.insert(&block.name, ());
                }
                "enum" => {
                    let variants = u32::try_from(block.fields.len()).unwrap_or(u32::MAX);
                    names.enums.insert(&block.name, variants);
                }
                _ => {}
            }
        }
        names
    }

    /// A field whose model is in a file that was not handed in still shows by its attribute.
    fn is_relation(&self, field: &Field) -> bool {
        self.models.contains_key(field.type_name.as_str())
            || field.attributes.iter().any(|attribute| attribute.name == "relation")
    }
}

fn table(path: &SmolStr, block: &Block, types: &TypeNames<'_>) -> Table {
    let attribute = |name: &str| block.attributes.iter().find(|own| own.name == name);
    let string = |name: &str, argument: &str| attribute(name)?.main_argument(argument)?.as_string().cloned();
    let mut table = Table {
        name: string("map", "name").unwrap_or_else(|| block.name.clone()),
        namespace: string("schema", "map")
            .filter(|namespace| crate::schema::own_namespace(namespace).is_some()),
        code_name: block.name.clone(),
        language: SchemaLanguage::Prisma,
        dialect: Dialect::Unknown,
        is_filled: false,
        from_text: false,
        columns: Vec::new(),
        relations: Vec::new(),
        indexes: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        policies: Vec::new(),
        // What a view is made of, and whether its tables serve a filter, is not said here.
        unknown: block.broken || block.keyword == "view",
        file: path.clone(),
        name_range: block.name_range,
        range: block.range,
    };
    for field in &block.fields {
        if field.type_name.is_empty() {
            continue;
        }
        if types.is_relation(field) {
            table.relations.push(relation(field));
        } else {
            table.columns.push(column(path, field, types));
        }
    }
    for field in &block.fields {
        add_field_keys(&mut table, field);
    }
    for attribute in &block.attributes {
        add_block_key(&mut table, attribute);
    }
    for field in &block.fields {
        add_foreign_key(&mut table, field);
    }
    table
}

fn column(path: &SmolStr, field: &Field, types: &TypeNames<'_>) -> Column {
    let attribute = |name: &str| field.attributes.iter().find(|own| own.name == name);
    let mapped = attribute("map").and_then(|map| map.main_argument("name")?.as_string().cloned());
    Column {
        name: mapped.unwrap_or_else(|| field.name.clone()),
        code_name: field.name.clone(),
        column_type: column_type(field, types),
        list: field.list,
        nullable: field.optional,
        has_default: attribute("default").is_some() || attribute("updatedAt").is_some(),
        default: attribute("default").and_then(|own| match own.main_argument("value")? {
            Value::String(text) | Value::Word(text) => Some(text.clone()),
            Value::List(_) | Value::Call(..) => None,
        }),
        file: path.clone(),
        name_range: field.name_range,
        range: field.range,
    }
}

fn column_type(field: &Field, types: &TypeNames<'_>) -> ColumnType {
    if let Some(&variants) = types.enums.get(field.type_name.as_str()) {
        return ColumnType::Enum { variants };
    }
    let native = field.attributes.iter().find_map(|own| own.name.strip_prefix("db."));
    match (field.type_name.as_str(), native) {
        (_, Some("Uuid" | "UniqueIdentifier")) => ColumnType::Uuid,
        (_, Some("Date")) => ColumnType::Date,
        ("String", Some("ObjectId")) => ColumnType::Other(SmolStr::new("ObjectId")),
        ("String", _) => ColumnType::Text,
        ("Int", _) => ColumnType::Int,
        ("BigInt", _) => ColumnType::BigInt,
        ("Float", _) => ColumnType::Float,
        ("Decimal", _) => ColumnType::Decimal,
        ("Boolean", _) => ColumnType::Bool,
        ("DateTime", _) => ColumnType::Timestamp,
        ("Json", _) => ColumnType::Json,
        ("Bytes", _) => ColumnType::Bytes,
        (other, _) => ColumnType::Other(SmolStr::new(other)),
    }
}

fn relation(field: &Field) -> Relation {
    let attribute = field.attributes.iter().find(|own| own.name == "relation");
    let names = |argument: &str| {
        let value = attribute.and_then(|attribute| attribute.argument(argument));
        value.map(|value| parts(value).map(|part| part.0).collect()).unwrap_or_default()
    };
    Relation {
        field: field.name.clone(),
        target: field.type_name.clone(),
        list: field.list,
        nullable: field.optional,
        name: attribute.and_then(|own| own.main_argument("name")?.as_string().cloned()),
        fields: names("fields"),
        references: names("references"),
        range: field.range,
    }
}

/// The elements of a list of fields, each with the arguments it was given
/// (`title(sort: Desc)`, `body(ops: raw("gin_trgm_ops"))`).
fn parts(value: &Value) -> impl Iterator<Item = (SmolStr, Option<&[super::syntax::Argument]>)> {
    let elements = match value {
        Value::List(elements) => elements.as_slice(),
        single => std::slice::from_ref(single),
    };
    elements.iter().filter_map(|element| match element {
        Value::Word(name) => Some((name.clone(), None)),
        Value::Call(name, arguments) => Some((name.clone(), Some(arguments.as_slice()))),
        _ => None,
    })
}

fn add_field_keys(table: &mut Table, field: &Field) {
    for attribute in &field.attributes {
        let columns = vec![SmolStr::new(table.database_name(&field.name))];
        match attribute.name.as_str() {
            "id" => table.primary_key = columns,
            "unique" => table.indexes.push(Index {
                name: index_name(attribute),
                columns,
                unique: true,
                partial: attribute.argument("where").is_some(),
                file: table.file.clone(),
                range: attribute.range,
                ..Index::default()
            }),
            _ => {}
        }
    }
}

fn index_name(attribute: &Attribute) -> Option<SmolStr> {
    attribute.argument("map").and_then(Value::as_string).cloned()
}

fn add_block_key(table: &mut Table, attribute: &Attribute) {
    if !matches!(attribute.name.as_str(), "id" | "unique" | "index" | "fulltext") {
        return;
    }
    let Some(fields) = attribute.main_argument("fields") else {
        table.unknown = true;
        return;
    };
    let columns: Vec<SmolStr> =
        parts(fields).map(|(name, _)| SmolStr::new(table.database_name(&name))).collect();
    if attribute.name == "id" {
        table.primary_key = columns;
        return;
    }
    let method = match attribute.argument("type") {
        Some(Value::Word(name)) => IndexMethod::from_name(name),
        _ if attribute.name == "fulltext" => IndexMethod::FullText,
        _ => IndexMethod::BTree,
    };
    table.indexes.push(Index {
        name: index_name(attribute),
        columns,
        unique: attribute.name == "unique",
        method,
        operator_class: parts(fields).next().and_then(|(_, arguments)| operator_class(arguments?)),
        partial: attribute.argument("where").is_some(),
        file: table.file.clone(),
        range: attribute.range,
        ..Index::default()
    });
}

fn operator_class(arguments: &[super::syntax::Argument]) -> Option<SmolStr> {
    let own = arguments.iter().find(|argument| argument.name.as_deref() == Some("ops"))?;
    match &own.value {
        Value::Word(name) => Some(name.clone()),
        Value::Call(_, inner) => inner.first()?.value.as_string().cloned(),
        _ => None,
    }
}

/// The key holds the target's code names until all tables are known.
fn add_foreign_key(table: &mut Table, field: &Field) {
    let Some(relation) = table.relation(&field.name) else {
        return;
    };
    if relation.fields.is_empty() {
        return;
    }
    let attribute = field.attributes.iter().find(|own| own.name == "relation");
    let on_delete = match attribute.and_then(|own| own.argument("onDelete")) {
        Some(Value::Word(action)) => match action.as_str() {
            "Cascade" => Some(OnDelete::Cascade),
            "Restrict" => Some(OnDelete::Restrict),
            "NoAction" => Some(OnDelete::NoAction),
            "SetNull" => Some(OnDelete::SetNull),
            "SetDefault" => Some(OnDelete::SetDefault),
            _ => None,
        },
        _ => None,
    };
    let foreign_key = ForeignKey {
        name: attribute.and_then(index_name),
        columns: relation.fields.iter().map(|f| SmolStr::new(table.database_name(f))).collect(),
        table: relation.target.clone(),
        references: relation.references.clone(),
        relation: Some(relation.field.clone()),
        on_delete,
        file: table.file.clone(),
        range: relation.range,
    };
    table.foreign_keys.push(foreign_key);
}

fn name_foreign_keys(tables: &mut [Table]) {
    let names: FxHashMap<SmolStr, (SmolStr, Vec<(SmolStr, SmolStr)>)> = tables
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|c| (c.code_name.clone(), c.name.clone()));
            (table.code_name.clone(), (table.name.clone(), columns.collect()))
        })
        .collect();
    for foreign_key in tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        let Some((name, columns)) = names.get(&foreign_key.table) else {
            continue;
        };
        foreign_key.table = name.clone();
        for reference in &mut foreign_key.references {
            if let Some((_, column)) = columns.iter().find(|(code, _)| code == reference) {
                *reference = column.clone();
            }
        }
    }
}
