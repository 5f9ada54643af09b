//! What `ALTER TABLE` changes.

use smol_str::SmolStr;
use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, RenameTableNameKind, TableConstraint,
};

use super::changes::{Alteration, Change, Name};
use super::keys;
use super::tables::{self, Place};

/// Adds the changes of an `ALTER TABLE`; false where it is not understood.
pub(super) fn alter_table(alter: &AlterTable, place: &Place<'_>, changes: &mut Vec<Change>) -> bool {
    let Some(name) = tables::name(&alter.name) else {
        return false;
    };
    for operation in &alter.operations {
        if let AlterTableOperation::RenameTable { table_name } = operation {
            let (RenameTableNameKind::As(to) | RenameTableNameKind::To(to)) = table_name;
            let Some(to) = tables::name(to) else {
                return false;
            };
            changes.push(Change::RenameTable(name.clone(), to));
            continue;
        }
        if let AlterTableOperation::DropIndex { name: index } = operation {
            changes.push(Change::DropIndex(Some(name.clone()), SmolStr::new(&index.value)));
            continue;
        }
        let Some(alterations) = alterations(operation, &name, place) else {
            return false;
        };
        let of_table = alterations.into_iter();
        changes.extend(of_table.map(|alteration| Change::Alter(name.clone(), alteration)));
    }
    true
}

/// What an operation changes; nothing where it may change what is asked of a table and is not
/// understood.
fn alterations(operation: &AlterTableOperation, table: &Name, place: &Place<'_>) -> Option<Vec<Alteration>> {
    use AlterTableOperation as Operation;
    let text = |ident: &sqlparser::ast::Ident| SmolStr::new(&ident.value);
    let alteration = match operation {
        Operation::AddColumn { column_def, .. } => {
            Alteration::AddColumn(Box::new(tables::added_column(column_def, table, place)))
        }
        Operation::DropColumn { column_names, .. } => {
            return Some(column_names.iter().map(text).map(Alteration::DropColumn).collect());
        }
        Operation::RenameColumn { old_column_name, new_column_name } => {
            Alteration::RenameColumn(text(old_column_name), text(new_column_name))
        }
        Operation::ChangeColumn { old_name, new_name, data_type, options, .. } => {
            let column = tables::redefined_column(new_name, data_type, options, place);
            Alteration::ReplaceColumn(text(old_name), Box::new(column))
        }
        Operation::ModifyColumn { col_name, data_type, options, .. } => {
            let column = tables::redefined_column(col_name, data_type, options, place);
            Alteration::ReplaceColumn(text(col_name), Box::new(column))
        }
        Operation::AlterColumn { column_name, op } => alter_column(text(column_name), op),
        Operation::AddConstraint { constraint, .. } => match constraint {
            TableConstraint::Check(_) | TableConstraint::Exclude(_) => return Some(Vec::new()),
            TableConstraint::PrimaryKeyUsingIndex(using) => {
                Alteration::PrimaryKeyFromIndex(text(&using.index_name))
            }
            TableConstraint::UniqueUsingIndex(_) => return Some(Vec::new()),
            other => keys::constraint(other, place)?,
        },
        Operation::DropConstraint { name, .. } | Operation::DropForeignKey { name, .. } => {
            Alteration::DropConstraint(text(name))
        }
        Operation::DropPrimaryKey { .. } => Alteration::DropPrimaryKey,
        Operation::RenameConstraint { old_name, new_name } => {
            Alteration::RenameConstraint(text(old_name), text(new_name))
        }
        Operation::SwapWith { .. } => return None,
        // Security, triggers, storage, owners and partitions change nothing that is asked.
        _ => return Some(Vec::new()),
    };
    Some(vec![alteration])
}

fn alter_column(name: SmolStr, operation: &AlterColumnOperation) -> Alteration {
    match operation {
        AlterColumnOperation::SetNotNull => Alteration::SetNullable(name, false),
        AlterColumnOperation::DropNotNull => Alteration::SetNullable(name, true),
        AlterColumnOperation::SetDefault { value } => {
            Alteration::SetDefault(name, true, tables::constant(value))
        }
        AlterColumnOperation::AddGenerated { .. } => Alteration::SetDefault(name, true, None),
        AlterColumnOperation::DropDefault => Alteration::SetDefault(name, false, None),
        AlterColumnOperation::SetDataType { data_type, .. } => {
            Alteration::SetType(name, tables::column_type(data_type).0)
        }
    }
}
