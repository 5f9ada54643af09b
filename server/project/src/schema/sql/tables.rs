//! From the parser crate's definitions of tables, columns and constraints to the model's.

use smol_str::SmolStr;
use sqlparser::ast::{
    ArrayElemTypeDef, ColumnDef, ColumnOption, CreateTable, DataType, Expr, Ident, ObjectName,
    TableConstraint, Value,
};
use sqlparser::tokenizer::{Location, Token};

use super::changes::{Alteration, Name};
use super::keys::{constraint, foreign_key};
use super::statements::{Lines, RawStatement};
use crate::schema::{Column, ColumnType, Dialect, Index, SchemaLanguage, Table, TextRange};

/// Where a statement stands.
pub(super) struct Place<'a> {
    pub path: &'a SmolStr,
    pub lines: &'a Lines<'a>,
    pub statement: &'a RawStatement,
}

impl Place<'_> {
    pub fn name_range(&self, ident: &Ident) -> TextRange {
        self.lines.range(ident.span).unwrap_or(self.statement.range)
    }

    /// From a name to the comma or parenthesis that ends its definition.
    pub fn definition_range(&self, ident: &Ident) -> TextRange {
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
        dialect: Dialect::Unknown,
        is_filled: false,
        columns: Vec::new(),
        relations: Vec::new(),
        indexes: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        policies: Vec::new(),
        unknown: false,
        from_text: false,
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
        default: None,
        file: place.path.clone(),
        name_range: place.name_range(name),
        range: place.definition_range(name),
    };
    for option in options {
        match option {
            ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => column.nullable = false,
            ColumnOption::Default(value) => {
                column.has_default = true;
                column.default = constant(value);
            }
            ColumnOption::Generated { .. } | ColumnOption::Identity(_) | ColumnOption::Materialized(_) => {
                column.has_default = true
            }
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

/// The text or the number that an expression is, through what it is cast to.
pub(super) fn constant(expression: &Expr) -> Option<SmolStr> {
    let mut expression = expression;
    loop {
        expression = match expression {
            Expr::Cast { expr, .. } | Expr::Nested(expr) => expr,
            Expr::Value(value) => {
                return match &value.value {
                    Value::SingleQuotedString(text) => Some(SmolStr::new(text)),
                    Value::Number(number, _) => Some(SmolStr::new(number)),
                    _ => None,
                };
            }
            _ => return None,
        };
    }
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
