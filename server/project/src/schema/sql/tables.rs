//! From the parser crate's definitions of tables, columns and constraints to the model's.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{
    ArrayElemTypeDef, ColumnDef, ColumnOption, CreateIndex, CreateTable, DataType, Expr,
    ForeignKeyConstraint, Ident, IndexColumn, IndexType, ObjectName, ReferentialAction, TableConstraint,
    Value, visit_expressions,
};
use sqlparser::tokenizer::{Location, Token};

use super::changes::{Alteration, Name};
use super::statements::{Lines, RawStatement};
use crate::schema::{
    Column, ColumnType, ForeignKey, Index, IndexMethod, OnDelete, SchemaLanguage, Table, TextRange,
};

/// Where a statement stands.
pub(super) struct Place<'a> {
    pub path: &'a SmolStr,
    pub lines: &'a Lines<'a>,
    pub statement: &'a RawStatement,
}

impl Place<'_> {
    fn name_range(&self, ident: &Ident) -> TextRange {
        self.lines.range(ident.span).unwrap_or(self.statement.range)
    }

    /// From a name to the comma or parenthesis that ends its definition.
    fn definition_range(&self, ident: &Ident) -> TextRange {
        let name = self.name_range(ident);
        let at = |start: Location| self.statement.tokens.iter().position(|t| t.span.start == start);
        let Some(first) = at(ident.span.start) else {
            return name;
        };
        let mut depth = 0_u32;
        let mut end = name.end;
        for token in &self.statement.tokens[first..] {
            match token.token {
                Token::LParen => depth += 1,
                Token::RParen | Token::Comma if depth == 0 => break,
                Token::RParen => depth -= 1,
                _ => {}
            }
            end = self.lines.range(token.span).map_or(end, |range| range.end);
        }
        TextRange { start: name.start, end }
    }
}

/// A name of one or more parts; the last two count.
pub(super) fn name(name: &ObjectName) -> Option<Name> {
    let mut parts = name.0.iter().rev();
    let last = parts.next()?.as_ident()?;
    let namespace = parts.next().and_then(|part| part.as_ident());
    let namespace = namespace.map(|ident| SmolStr::new(&ident.value));
    Some(Name {
        namespace: namespace.filter(|own| crate::schema::own_namespace(own).is_some()),
        name: SmolStr::new(&last.value),
    })
}

/// A table of which only the name is known.
pub(super) fn unread(name: Name, path: &SmolStr, range: TextRange) -> Table {
    Table { unknown: true, ..empty(name, path, range, range) }
}

fn empty(name: Name, path: &SmolStr, name_range: TextRange, range: TextRange) -> Table {
    Table {
        code_name: name.name.clone(),
        name: name.name,
        namespace: name.namespace,
        language: SchemaLanguage::Sql,
        columns: Vec::new(),
        relations: Vec::new(),
        indexes: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        unknown: false,
        file: path.clone(),
        name_range,
        range,
    }
}

/// The table of a `CREATE TABLE`.
pub(super) fn table(create: &CreateTable, place: &Place<'_>) -> Option<Table> {
    let first = create.name.0.first()?.as_ident()?;
    let last = create.name.0.last()?.as_ident()?;
    let name_range = TextRange { start: place.name_range(first).start, end: place.name_range(last).end };
    let mut table = empty(name(&create.name)?, place.path, name_range, place.statement.range);
    // Columns and keys that come from elsewhere are not seen.
    table.unknown = create.query.is_some()
        || create.like.is_some()
        || create.inherits.is_some()
        || create.partition_of.is_some()
        || create.columns.is_empty();
    for definition in &create.columns {
        add_column(&mut table, definition, place);
    }
    for own in &create.constraints {
        if let TableConstraint::Check(check) = own {
            narrow_to_enumeration(&mut table, &check.expr);
        }
        match constraint(own, place) {
            Some(Alteration::AddPrimaryKey(columns)) => table.primary_key = columns,
            Some(Alteration::AddIndex(index)) => table.indexes.push(*index),
            Some(Alteration::AddForeignKey(key)) => table.foreign_keys.push(*key),
            _ => {}
        }
    }
    Some(table)
}

/// A table that holds one column and the keys that its definition declares.
pub(super) fn added_column(definition: &ColumnDef, table: &Name, place: &Place<'_>) -> Table {
    let range = place.statement.range;
    let mut table = empty(table.clone(), place.path, range, range);
    add_column(&mut table, definition, place);
    table
}

/// A column that MySQL's `CHANGE` or `MODIFY` defines anew.
pub(super) fn redefined_column(
    name: &Ident,
    data_type: &DataType,
    options: &[ColumnOption],
    place: &Place<'_>,
) -> Column {
    column(name, data_type, options.iter(), place)
}

fn add_column(table: &mut Table, definition: &ColumnDef, place: &Place<'_>) {
    let options = || definition.options.iter().map(|own| &own.option);
    let own = column(&definition.name, &definition.data_type, options(), place);
    let (name, range) = (own.name.clone(), own.range);
    table.columns.push(own);
    for definition in &definition.options {
        let constraint_name = definition.name.as_ref().map(|name| SmolStr::new(&name.value));
        match &definition.option {
            ColumnOption::PrimaryKey(_) => table.primary_key = vec![name.clone()],
            ColumnOption::Unique(_) => table.indexes.push(Index {
                name: constraint_name,
                columns: vec![name.clone()],
                unique: true,
                file: place.path.clone(),
                range,
                ..Index::default()
            }),
            ColumnOption::ForeignKey(own) => {
                if let Some(mut key) = foreign_key(own, range, place) {
                    key.columns = vec![name.clone()];
                    key.name = constraint_name;
                    table.foreign_keys.push(key);
                }
            }
            ColumnOption::Check(check) => narrow_to_enumeration(table, &check.expr),
            _ => {}
        }
    }
}

fn column<'a>(
    name: &Ident,
    data_type: &DataType,
    options: impl Iterator<Item = &'a ColumnOption>,
    place: &Place<'_>,
) -> Column {
    let (column_type, list) = column_type(data_type);
    let is_serial = matches!(data_type, DataType::Custom(name, _)
        if name.to_string().to_ascii_lowercase().contains("serial"));
    let mut column = Column {
        name: SmolStr::new(&name.value),
        code_name: SmolStr::new(&name.value),
        column_type,
        list,
        nullable: !is_serial,
        has_default: is_serial,
        file: place.path.clone(),
        name_range: place.name_range(name),
        range: place.definition_range(name),
    };
    for option in options {
        match option {
            ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => column.nullable = false,
            ColumnOption::Default(_)
            | ColumnOption::Generated { .. }
            | ColumnOption::Identity(_)
            | ColumnOption::Materialized(_) => column.has_default = true,
            ColumnOption::DialectSpecific(tokens) => {
                column.has_default |= tokens.iter().any(|token| {
                    matches!(token, Token::Word(word) if word.value.to_ascii_uppercase().starts_with("AUTO"))
                });
            }
            _ => {}
        }
    }
    column
}

/// What a type holds, and whether it is an array of that.
pub(super) fn column_type(data_type: &DataType) -> (ColumnType, bool) {
    if let DataType::Enum(members, _) = data_type {
        let variants = u32::try_from(members.len()).unwrap_or(u32::MAX);
        return (ColumnType::Enum { variants }, false);
    }
    if let DataType::Array(
        ArrayElemTypeDef::SquareBracket(inner, _)
        | ArrayElemTypeDef::AngleBracket(inner)
        | ArrayElemTypeDef::Parenthesis(inner),
    ) = data_type
        && !matches!(**inner, DataType::Array(_))
    {
        return (column_type(inner).0, true);
    }
    let name = data_type.to_string().to_ascii_lowercase();
    if name == "tinyint(1)" {
        return (ColumnType::Bool, false);
    }
    let base = name.split(['(', ' ']).next().unwrap_or_default();
    let column_type = match base {
        "int" | "integer" | "int2" | "int4" | "smallint" | "mediumint" | "tinyint" | "serial"
        | "smallserial" | "serial4" => ColumnType::Int,
        "bigint" | "int8" | "bigserial" | "serial8" => ColumnType::BigInt,
        "text" | "varchar" | "char" | "character" | "nvarchar" | "nchar" | "citext" | "string"
        | "tinytext" | "mediumtext" | "longtext" | "clob" | "bpchar" | "name" => ColumnType::Text,
        "bool" | "boolean" => ColumnType::Bool,
        "uuid" | "uniqueidentifier" => ColumnType::Uuid,
        "timestamp" | "timestamptz" | "datetime" | "datetime2" | "datetimeoffset" => ColumnType::Timestamp,
        "date" => ColumnType::Date,
        "json" | "jsonb" => ColumnType::Json,
        "float" | "float4" | "float8" | "real" | "double" => ColumnType::Float,
        "decimal" | "numeric" | "money" | "dec" => ColumnType::Decimal,
        "bytea" | "blob" | "binary" | "varbinary" | "tinyblob" | "mediumblob" | "longblob" => {
            ColumnType::Bytes
        }
        _ => ColumnType::Other(SmolStr::new(&name)),
    };
    (column_type, false)
}

/// A text that may only be one of a few literals is an enumeration by another name.
fn narrow_to_enumeration(table: &mut Table, check: &Expr) {
    let mut check = check;
    while let Expr::Nested(inner) = check {
        check = inner;
    }
    let Expr::InList { expr, list, negated: false } = check else {
        return;
    };
    let Expr::Identifier(name) = &**expr else {
        return;
    };
    let is_text = |value: &Expr| matches!(value, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)));
    if !list.iter().all(is_text) {
        return;
    }
    let variants = u32::try_from(list.len()).unwrap_or(u32::MAX);
    let named = |column: &&mut Column| column.name.eq_ignore_ascii_case(&name.value);
    if let Some(column) = table.columns.iter_mut().find(named)
        && column.column_type == ColumnType::Text
    {
        column.column_type = ColumnType::Enum { variants };
    }
}

/// What a table constraint adds; nothing for one that adds neither key nor index.
pub(super) fn constraint(constraint: &TableConstraint, place: &Place<'_>) -> Option<Alteration> {
    let statement = place.statement.range;
    let text = |name: &Option<Ident>| name.as_ref().map(|name| SmolStr::new(&name.value));
    let index = |columns: &[IndexColumn], name: Option<SmolStr>| Index {
        name,
        range: columns_range(columns, place).unwrap_or(statement),
        ..parts(columns, place)
    };
    let index = match constraint {
        TableConstraint::PrimaryKey(key) => {
            return Some(Alteration::AddPrimaryKey(parts(&key.columns, place).columns));
        }
        TableConstraint::ForeignKey(key) => {
            let range = key.columns.first().map_or(statement, |first| place.name_range(first));
            return Some(Alteration::AddForeignKey(Box::new(foreign_key(key, range, place)?)));
        }
        TableConstraint::Unique(unique) => {
            let name = text(&unique.name).or_else(|| text(&unique.index_name));
            Index { unique: true, ..index(&unique.columns, name) }
        }
        TableConstraint::Index(own) => {
            let method = own.index_type.as_ref().map_or(IndexMethod::BTree, method);
            Index { method, ..index(&own.columns, text(&own.name)) }
        }
        TableConstraint::FulltextOrSpatial(own) => {
            let method = if own.fulltext { IndexMethod::FullText } else { IndexMethod::Spatial };
            Index { method, ..index(&own.columns, text(&own.opt_index_name)) }
        }
        _ => return None,
    };
    Some(Alteration::AddIndex(Box::new(index)))
}

/// The index of a `CREATE INDEX`.
pub(super) fn created_index(
    create: &CreateIndex,
    named_method: Option<IndexMethod>,
    place: &Place<'_>,
) -> Index {
    let method = named_method
        .or_else(|| create.using.as_ref().map(method))
        .or_else(|| {
            let option = create.index_options.iter().find_map(|option| match option {
                sqlparser::ast::IndexOption::Using(using) => Some(using),
                sqlparser::ast::IndexOption::Comment(_) => None,
            });
            option.map(method)
        })
        .unwrap_or_default();
    Index {
        name: create.name.as_ref().and_then(name).map(|name| name.name),
        unique: create.unique,
        method,
        partial: create.predicate.is_some(),
        range: place.statement.range,
        ..parts(&create.columns, place)
    }
}

fn method(index_type: &IndexType) -> IndexMethod {
    match index_type {
        IndexType::BTree => IndexMethod::BTree,
        IndexType::Hash => IndexMethod::Hash,
        IndexType::GIN => IndexMethod::Gin,
        IndexType::GiST => IndexMethod::Gist,
        IndexType::SPGiST => IndexMethod::SpGist,
        IndexType::BRIN => IndexMethod::Brin,
        IndexType::Bloom => IndexMethod::Other,
        IndexType::Custom(name) => IndexMethod::from_name(&name.value),
    }
}

/// The elements of an index or a key.
fn parts(elements: &[IndexColumn], place: &Place<'_>) -> Index {
    let mut index = Index { file: place.path.clone(), ..Index::default() };
    for element in elements {
        match column_of(&element.column.expr) {
            Some(ident) if !index.expression => index.columns.push(SmolStr::new(&ident.value)),
            Some(ident) => index.expression_columns.push(SmolStr::new(&ident.value)),
            None => {
                index.expression = true;
                index.expression_columns.extend(mentioned(&element.column.expr));
            }
        }
    }
    let class = elements.first().and_then(|element| element.operator_class.as_ref());
    index.operator_class = class.and_then(name).map(|name| name.name);
    index
}

/// The column that an element of an index is. MySQL's prefix length looks like a call.
fn column_of(element: &Expr) -> Option<&Ident> {
    match element {
        Expr::Identifier(ident) => Some(ident),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => match &**inner {
            Expr::Identifier(ident) => Some(ident),
            _ => None,
        },
        Expr::Function(function) if has_prefix_length(function) => function.name.0.first()?.as_ident(),
        _ => None,
    }
}

fn has_prefix_length(function: &sqlparser::ast::Function) -> bool {
    use sqlparser::ast::{FunctionArg, FunctionArgExpr, FunctionArguments};
    let FunctionArguments::List(list) = &function.args else {
        return false;
    };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(length)))] = list.args.as_slice() else {
        return false;
    };
    matches!(length.value, Value::Number(..))
}

fn columns_range(elements: &[IndexColumn], place: &Place<'_>) -> Option<TextRange> {
    let first = column_of(&elements.first()?.column.expr)?;
    let last = column_of(&elements.last()?.column.expr)?;
    Some(TextRange { start: place.name_range(first).start, end: place.name_range(last).end })
}

/// The columns that an expression mentions.
fn mentioned(expression: &Expr) -> BTreeSet<SmolStr> {
    let mut names = BTreeSet::new();
    let _: ControlFlow<()> = visit_expressions(expression, |inner| {
        if let Expr::Identifier(ident) = inner {
            names.insert(SmolStr::new(&ident.value));
        }
        ControlFlow::Continue(())
    });
    names
}

fn foreign_key(key: &ForeignKeyConstraint, range: TextRange, place: &Place<'_>) -> Option<ForeignKey> {
    let names = |idents: &[Ident]| idents.iter().map(|own| SmolStr::new(&own.value)).collect();
    Some(ForeignKey {
        name: key.name.as_ref().map(|name| SmolStr::new(&name.value)),
        columns: names(&key.columns),
        table: name(&key.foreign_table)?.name,
        references: names(&key.referred_columns),
        relation: None,
        on_delete: key.on_delete.as_ref().map(|action| match action {
            ReferentialAction::Cascade => OnDelete::Cascade,
            ReferentialAction::Restrict => OnDelete::Restrict,
            ReferentialAction::NoAction => OnDelete::NoAction,
            ReferentialAction::SetNull => OnDelete::SetNull,
            ReferentialAction::SetDefault => OnDelete::SetDefault,
        }),
        file: place.path.clone(),
        range,
    })
}
