//! What statements do to tables, and the tables that come of doing it in order.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::schema::{Column, ColumnType, ForeignKey, Index, Policy, Table};

/// A name with its namespace, unless that is the database's default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::schema) struct Name {
    pub namespace: Option<SmolStr>,
    pub name: SmolStr,
}

/// What one statement does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::schema) enum Change {
    CreateTable(Box<Table>),
    DropTable(Name),
    RenameTable(Name, Name),
    Alter(Name, Alteration),
    CreateIndex(Name, Box<Index>),
    /// An index of a table that the statement does not tell, and what its file names that may be one: of those of them
    /// that have its columns, or else of all that have them. One whose columns are not told either leaves the tables
    /// unknown that are named; where none is, it says nothing.
    IndexSomewhere(Box<Index>, Arc<[SmolStr]>),
    /// The index, and its table where the statement names it: MySQL's names are a table's own.
    DropIndex(Option<Name>, SmolStr),
    RenameIndex(SmolStr, SmolStr),
    CreateEnum(SmolStr, u32),
    CreatePolicy(Name, Policy),
    DropPolicy(Name, SmolStr),
    /// `INSERT` of several rows that stand in the text.
    Fill(Name),
    /// These tables, or the tables of these indexes, are not known any more.
    Unknown(Vec<Name>),
}

/// What `ALTER TABLE` does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::schema) enum Alteration {
    /// A column, and the keys that its definition declares.
    AddColumn(Box<Table>),
    DropColumn(SmolStr),
    RenameColumn(SmolStr, SmolStr),
    /// The column that is replaced, by its old name.
    ReplaceColumn(SmolStr, Box<Column>),
    SetType(SmolStr, ColumnType),
    SetNullable(SmolStr, bool),
    /// Whether there is one, and the constant that it is.
    SetDefault(SmolStr, bool, Option<SmolStr>),
    AddPrimaryKey(Vec<SmolStr>),
    /// `ADD PRIMARY KEY USING INDEX`, which makes the index the key.
    PrimaryKeyFromIndex(SmolStr),
    DropPrimaryKey,
    AddIndex(Box<Index>),
    AddForeignKey(Box<ForeignKey>),
    DropConstraint(SmolStr),
    RenameConstraint(SmolStr, SmolStr),
}

/// Tables while statements are applied to them.
#[derive(Debug, Default)]
pub(in crate::schema) struct Tables {
    pub tables: Vec<Table>,
    enums: Vec<(SmolStr, u32)>,
}

impl Tables {
    /// Applies one change; false where it concerns a table that is not there.
    pub fn apply(&mut self, change: &Change) -> bool {
        if let Change::Alter(name, _)
        | Change::CreateIndex(name, _)
        | Change::CreatePolicy(name, _)
        | Change::Fill(name) = change
            && self.position(name).is_none()
        {
            return false;
        }
        match change {
            Change::CreateTable(table) => self.create(table),
            Change::DropTable(name) => {
                if let Some(at) = self.position(name) {
                    self.tables.remove(at);
                }
            }
            Change::RenameTable(from, to) => self.rename(from, to),
            Change::Alter(name, alteration) => {
                if let Some(at) = self.position(name) {
                    alter(&mut self.tables[at], alteration);
                }
            }
            Change::CreateIndex(name, index) => {
                if let Some(at) = self.position(name) {
                    add_index(&mut self.tables[at], index);
                }
            }
            Change::DropIndex(table, name) => {
                let only = table.as_ref().map(|table| self.position(table));
                for (at, table) in self.tables.iter_mut().enumerate() {
                    if only.is_none_or(|only| only == Some(at)) {
                        table.indexes.retain(|index| !is_named(index.name.as_ref(), name));
                    }
                }
            }
            Change::RenameIndex(from, to) => {
                let indexes = self.tables.iter_mut().flat_map(|table| &mut table.indexes);
                for index in indexes.filter(|index| is_named(index.name.as_ref(), from)) {
                    index.name = Some(to.clone());
                }
            }
            Change::CreateEnum(name, variants) => self.enums.push((name.clone(), *variants)),
            Change::CreatePolicy(name, policy) => {
                if let Some(at) = self.position(name) {
                    add_policy(&mut self.tables[at], policy);
                }
            }
            Change::DropPolicy(name, policy) => {
                if let Some(at) = self.position(name) {
                    self.tables[at].policies.retain(|own| !is_named(Some(&own.name), policy));
                }
            }
            Change::Fill(name) => {
                if let Some(at) = self.position(name) {
                    self.tables[at].is_filled = true;
                }
            }
            Change::IndexSomewhere(index, named) => self.index_somewhere(index, named),
            Change::Unknown(names) => self.forget(names),
        }
        true
    }

    /// The tables, with columns of enumerated types told as such.
    pub fn finish(mut self) -> Vec<Table> {
        for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
            let ColumnType::Other(name) = &column.column_type else {
                continue;
            };
            let bare = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
            let of_name = |(own, _): &&(SmolStr, u32)| own.eq_ignore_ascii_case(bare);
            if let Some(&(_, variants)) = self.enums.iter().rev().find(of_name) {
                column.column_type = ColumnType::Enum { variants };
            }
        }
        self.tables
    }

    fn position(&self, name: &Name) -> Option<usize> {
        let named = |table: &Table| table.name.eq_ignore_ascii_case(&name.name);
        let same_namespace = |table: &Table| match (&table.namespace, &name.namespace) {
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            (own, other) => own.is_none() && other.is_none(),
        };
        let exact = self.tables.iter().position(|table| named(table) && same_namespace(table));
        exact.or_else(|| {
            let mut same = self.tables.iter().enumerate().filter(|(_, table)| named(table));
            let (at, _) = same.next()?;
            same.next().is_none().then_some(at)
        })
    }

    /// A table that is there already keeps what it has and takes what is new in this statement:
    /// a dump beside migrations describes the same table once more.
    fn create(&mut self, table: &Table) {
        let name = Name { namespace: table.namespace.clone(), name: table.name.clone() };
        let same = self.position(&name).map(|at| &mut self.tables[at]);
        let Some(own) = same.filter(|own| own.namespace == table.namespace) else {
            self.tables.push(table.clone());
            return;
        };
        merge(own, table);
        own.unknown |= table.unknown;
        own.from_text &= table.from_text;
    }

    fn rename(&mut self, from: &Name, to: &Name) {
        let Some(at) = self.position(from) else {
            return;
        };
        // SQLite rebuilds a table under another name and renames it over the one it dropped. A database refuses a name that
        // another table has, so that one is gone, in whichever way.
        let moved_to =
            Name { namespace: to.namespace.clone().or_else(|| from.namespace.clone()), ..to.clone() };
        let in_the_way = self.position(&moved_to).filter(|&other| other != at);
        let at = in_the_way.map_or(at, |other| {
            self.tables.remove(other);
            at - usize::from(other < at)
        });
        let table = &mut self.tables[at];
        let old = std::mem::replace(&mut table.name, to.name.clone());
        table.code_name = to.name.clone();
        if to.namespace.is_some() {
            table.namespace = to.namespace.clone();
        }
        for key in self.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.table.eq_ignore_ascii_case(&old) {
                key.table = to.name.clone();
            }
        }
    }

    fn index_somewhere(&mut self, index: &Index, named: &[SmolStr]) {
        let is_named = |table: &Table| named.iter().any(|own| own.eq_ignore_ascii_case(&table.name));
        let mentioned = || index.columns.iter().chain(&index.expression_columns);
        if mentioned().next().is_none() {
            self.tables.iter_mut().filter(|table| is_named(table)).for_each(|table| table.unknown = true);
            return;
        }
        let may_have = |table: &Table| mentioned().all(|column| table.column(column).is_some());
        let among_named = self.tables.iter().any(|table| is_named(table) && may_have(table));
        for table in self.tables.iter_mut().filter(|table| may_have(table)) {
            if !among_named || is_named(table) {
                // One name for the indexes of several tables is none.
                add_index(table, &Index { name: None, ..index.clone() });
            }
        }
    }

    fn forget(&mut self, names: &[Name]) {
        for name in names {
            let table = self.position(name);
            let of_index = || {
                let has_index = |index: &Index| is_named(index.name.as_ref(), &name.name);
                self.tables.iter().position(|table| table.indexes.iter().any(has_index))
            };
            if let Some(at) = table.or_else(of_index) {
                self.tables[at].unknown = true;
            }
        }
    }
}

fn is_named(own: Option<&SmolStr>, name: &str) -> bool {
    own.is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// Adds to a table what another description of it has and it has not.
pub(in crate::schema) fn merge(own: &mut Table, other: &Table) {
    for column in &other.columns {
        if own.column(&column.name).is_none() {
            own.columns.push(column.clone());
        }
    }
    if own.primary_key.is_empty() {
        own.primary_key.clone_from(&other.primary_key);
    }
    for index in &other.indexes {
        add_index(own, index);
    }
    other.policies.iter().for_each(|policy| add_policy(own, policy));
    for foreign_key in &other.foreign_keys {
        if !own.foreign_keys.iter().any(|key| key.columns == foreign_key.columns) {
            own.foreign_keys.push(foreign_key.clone());
        }
    }
}

/// Adds a policy in the place of one of the same name.
fn add_policy(table: &mut Table, policy: &Policy) {
    table.policies.retain(|own| !is_named(Some(&own.name), &policy.name));
    table.policies.push(policy.clone());
}

/// Adds an index, unless one of that name or with the same meaning is there.
pub(in crate::schema) fn add_index(table: &mut Table, index: &Index) {
    let is_same = |own: &Index| match (&own.name, &index.name) {
        (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
        _ => {
            own.columns == index.columns
                && own.unique == index.unique
                && own.partial == index.partial
                && own.expression == index.expression
                && own.method == index.method
        }
    };
    if !table.indexes.iter().any(is_same) {
        table.indexes.push(index.clone());
    }
}

fn alter(table: &mut Table, alteration: &Alteration) {
    match alteration {
        Alteration::AddColumn(added) => merge(table, added),
        Alteration::DropColumn(name) => drop_column(table, name),
        Alteration::RenameColumn(from, to) => rename_column(table, from, to),
        Alteration::ReplaceColumn(old, column) => {
            rename_column(table, old, &column.name);
            match table.columns.iter_mut().find(|own| own.name == column.name) {
                Some(own) => *own = (**column).clone(),
                None => table.columns.push((**column).clone()),
            }
        }
        Alteration::SetType(name, column_type) => {
            with_column(table, name, |column| column.column_type = column_type.clone());
        }
        Alteration::SetNullable(name, nullable) => {
            with_column(table, name, |column| column.nullable = *nullable);
        }
        Alteration::SetDefault(name, has_default, constant) => {
            with_column(table, name, |column| {
                column.has_default = *has_default;
                column.default.clone_from(constant);
            });
        }
        Alteration::AddPrimaryKey(columns) => table.primary_key.clone_from(columns),
        Alteration::PrimaryKeyFromIndex(name) => {
            let index = table.indexes.iter().find(|own| is_named(own.name.as_ref(), name));
            if let Some(index) = index {
                table.primary_key.clone_from(&index.columns);
            }
        }
        Alteration::DropPrimaryKey => table.primary_key.clear(),
        Alteration::AddIndex(index) => add_index(table, index),
        Alteration::AddForeignKey(key) => table.foreign_keys.push((**key).clone()),
        Alteration::DropConstraint(name) => drop_constraint(table, name),
        Alteration::RenameConstraint(from, to) => {
            for index in &mut table.indexes {
                if is_named(index.name.as_ref(), from) {
                    index.name = Some(to.clone());
                }
            }
        }
    }
}

fn with_column(table: &mut Table, name: &str, change: impl FnOnce(&mut Column)) {
    if let Some(column) = table.columns.iter_mut().find(|own| own.name.eq_ignore_ascii_case(name)) {
        change(column);
    }
}

/// Indexes and keys that hold a column go with it, as in PostgreSQL.
fn drop_column(table: &mut Table, name: &str) {
    let holds = |columns: &[SmolStr]| columns.iter().any(|own| own.eq_ignore_ascii_case(name));
    table.columns.retain(|column| !column.name.eq_ignore_ascii_case(name));
    table.indexes.retain(|index| !holds(&index.columns) && !holds(&index.expression_columns));
    table.foreign_keys.retain(|key| !holds(&key.columns));
    if holds(&table.primary_key) {
        table.primary_key.clear();
    }
}

fn rename_column(table: &mut Table, from: &str, to: &SmolStr) {
    with_column(table, from, |column| {
        column.name = to.clone();
        column.code_name = to.clone();
    });
    let of_indexes =
        table.indexes.iter_mut().flat_map(|i| i.columns.iter_mut().chain(&mut i.expression_columns));
    let of_foreign_keys = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    let of_policies = table.policies.iter_mut().flat_map(|policy| &mut policy.equal);
    for name in of_indexes.chain(of_foreign_keys).chain(of_policies).chain(&mut table.primary_key) {
        if name.eq_ignore_ascii_case(from) {
            *name = to.clone();
        }
    }
}

/// An unnamed constraint has the name that the database would have given it.
fn drop_constraint(table: &mut Table, name: &str) {
    let default = |columns: &[SmolStr], end: &str| format!("{}_{}_{end}", table.name, columns.join("_"));
    let goes = |own: Option<&SmolStr>, columns: &[SmolStr], end: &str| match own {
        Some(own) => own.eq_ignore_ascii_case(name),
        None => default(columns, end).eq_ignore_ascii_case(name),
    };
    let keeps = |index: &Index| !goes(index.name.as_ref(), &index.columns, "key");
    let kept_indexes = table.indexes.iter().filter(|index| keeps(index)).cloned().collect();
    let keeps = |key: &ForeignKey| !goes(key.name.as_ref(), &key.columns, "fkey");
    let kept_keys = table.foreign_keys.iter().filter(|key| keeps(key)).cloned().collect();
    let is_primary_key = name.eq_ignore_ascii_case(&format!("{}_pkey", table.name));
    table.indexes = kept_indexes;
    table.foreign_keys = kept_keys;
    if is_primary_key {
        table.primary_key.clear();
    }
}
