//! From the parser crate's constraints and indexes to the model's.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{
    CreateIndex, Expr, ForeignKeyConstraint, Ident, IndexColumn, IndexType, ReferentialAction,
    TableConstraint, Value, visit_expressions,
};

use super::changes::Alteration;
use super::tables::{Place, name};
use crate::schema::{ForeignKey, Index, IndexMethod, OnDelete, TextRange};

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

pub(super) fn foreign_key(
    key: &ForeignKeyConstraint,
    range: TextRange,
    place: &Place<'_>,
) -> Option<ForeignKey> {
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
