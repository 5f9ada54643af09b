//! What stands in `DO` blocks and in the bodies of functions, and what is put together there as text.

use std::sync::Arc;

use smol_str::SmolStr;
use sqlparser::tokenizer::Token;

use super::changes::{Alteration, Change, Name};
use super::put_together::{Text, has_hole, may_define, texts};
use super::reader::{Reader, SqlFile};
use super::statements::{RawStatement, split};
use crate::schema::{Index, Table};

/// Blocks in texts in blocks are followed so far.
const MAX_DEPTH: u8 = 4;

/// Statements that put a text together to run it. Others only hold one, as a message or a row does.
const RUNNING: [&str; 12] =
    ["DO", "EXECUTE", "EXEC", "PREPARE", "SET", "SELECT", "DECLARE", "BEGIN", "IF", "FOR", "WHILE", "CALL"];

impl Reader<'_> {
    /// The statements within `DO $$ … $$`, which guard what they do against being done twice.
    pub(super) fn block(&mut self, statement: &RawStatement) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for statement in self.bodies(statement) {
            self.guarded(statement);
        }
        self.depth -= 1;
    }

    /// The statements within the body of a function. Whether and when it runs is not known: what it makes may be there,
    /// what it drops is not gone, and its tables may be those of a moment.
    pub(super) fn routine(&mut self, statement: &RawStatement) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        let mut own = RawStatement { tokens: Vec::new(), ..statement.clone() };
        let mut bodies = self.bodies(statement);
        // MySQL's body stands in the statement itself.
        let begin = (0..statement.tokens.len()).find(|&at| statement.is(at, "BEGIN"));
        for token in statement.tokens.iter().skip(begin.unwrap_or(statement.tokens.len())) {
            if token.token == Token::SemiColon {
                let next = RawStatement { tokens: Vec::new(), ..own.clone() };
                bodies.push(std::mem::replace(&mut own, next));
            } else {
                own.tokens.push(token.clone());
            }
        }
        bodies.push(own);
        let mut made = SqlFile::default();
        let mut inner = Reader { file: &mut made, depth: self.depth + 1, ..*self };
        for mut statement in bodies {
            // What a function does to tables by plain statements is read where it makes keys.
            match inner.opening(&statement) {
                Some(at) => {
                    statement.tokens.drain(..at);
                    let before = inner.file.changes.len();
                    inner.statement(&statement);
                    let plain = inner.file.changes.split_off(before);
                    inner.file.changes.extend(plain.into_iter().filter(makes_key));
                }
                None => inner.put_together(&statement),
            }
        }
        let adds = |change: &Change| {
            makes_key(change)
                || matches!(
                    change,
                    Change::CreateTable(_)
                        | Change::Alter(_, Alteration::AddColumn(_) | Alteration::AddForeignKey(_))
                        | Change::Unknown(_)
                )
        };
        self.file.unread_statements += made.unread_statements;
        self.file.changes.extend(made.changes.into_iter().filter(adds));
    }

    /// The statements in the texts between dollars.
    fn bodies(&self, statement: &RawStatement) -> Vec<RawStatement> {
        if !statement.tokens.iter().any(|token| matches!(token.token, Token::DollarQuotedString(_))) {
            return Vec::new();
        }
        let lines = self.lines(statement.base);
        let mut statements = Vec::new();
        for token in &statement.tokens {
            let Token::DollarQuotedString(body) = &token.token else {
                continue;
            };
            let Some(range) = lines.range(token.span) else {
                continue;
            };
            let tag = body.tag.as_ref().map_or(0, String::len) + 2;
            let start = range.start as usize + tag;
            let end = (range.end as usize).saturating_sub(tag);
            let Some(inner) = self.source(start, end) else {
                continue;
            };
            statements.extend(split(inner, start, self.dialect));
        }
        statements
    }

    /// Where a statement within a block begins to define something.
    fn opening(&self, statement: &RawStatement) -> Option<usize> {
        let opens = |at: usize| {
            let verb = ["CREATE", "ALTER", "DROP"].iter().any(|verb| statement.is(at, verb));
            verb && (at == 0
                || ["BEGIN", "THEN", "ELSE", "LOOP"].iter().any(|word| statement.is(at - 1, word)))
        };
        (0..statement.tokens.len()).find(|&at| opens(at))
    }

    fn guarded(&mut self, mut statement: RawStatement) {
        if let Some(at) = self.opening(&statement) {
            statement.tokens.drain(..at);
            self.statement(&statement);
        } else {
            self.put_together(&statement);
        }
    }

    /// The statements in the texts that a statement puts together to run them.
    pub(super) fn put_together(&mut self, statement: &RawStatement) {
        // Lines are counted only for what is worth it, for a dump has a great many statements.
        if self.depth >= MAX_DEPTH || !may_define(statement, self.dialect) {
            return;
        }
        let lines = self.lines(statement.base);
        let source = |range: crate::schema::TextRange| self.source(range.start as usize, range.end as usize);
        let found = texts(statement, &lines, self.dialect, source);
        for text in found {
            self.text(&text);
        }
    }

    /// Whether a statement outside of blocks may put a text together to run it.
    pub(super) fn may_run(statement: &RawStatement) -> bool {
        RUNNING.iter().any(|word| statement.is(0, word))
    }

    fn text(&mut self, text: &Text) {
        let mut made = SqlFile::default();
        let mut inner =
            Reader { text: &text.sql, offset: text.start, file: &mut made, depth: self.depth + 1, ..*self };
        for statement in split(&text.sql, text.start, self.dialect) {
            inner.statement(&statement);
        }
        self.file.unread_statements += made.unread_statements;
        let named = || Arc::clone(self.names.get_or_init(|| quoted_names(self.whole)));
        let settled = made.changes.into_iter().filter_map(|change| settled(change, &named));
        self.file.changes.extend(settled);
    }
}

fn makes_key(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateIndex(..)
            | Change::IndexSomewhere(..)
            | Change::Alter(_, Alteration::AddIndex(_) | Alteration::AddPrimaryKey(_))
    )
}

/// What a file names that may be a table.
type Named<'a> = dyn Fn() -> Arc<[SmolStr]> + 'a;

/// What a change comes to of which some names are not known.
///
/// A namespace that is not known is one in which the table stands that has this name: a tenant's. Columns behind one that
/// is not known say nothing; if it is the first one, nothing is known of what is missing in the table any more. An index
/// of a table that is not known may be of any table that has its columns.
fn settled(change: Change, named: &Named<'_>) -> Option<Change> {
    let change = match change {
        Change::CreateIndex(name, index) => return key(name, index, named),
        Change::Alter(name, Alteration::AddIndex(index)) => return key(name, index, named),
        Change::Alter(name, Alteration::AddPrimaryKey(columns)) => {
            let is_known = !has_hole(&name.name) && !columns.iter().any(|own| has_hole(own));
            if !is_known {
                return key(name, Box::new(Index { columns, unique: true, ..Index::default() }), named);
            }
            Change::Alter(name, Alteration::AddPrimaryKey(columns))
        }
        Change::Alter(name, alteration) => {
            // A constraint, or a column, of which it is not known which it is.
            let is_any = match &alteration {
                Alteration::DropConstraint(own) | Alteration::DropColumn(own) => has_hole(own),
                Alteration::RenameColumn(from, to) => has_hole(from) || has_hole(to),
                _ => false,
            };
            let is_known = match &alteration {
                Alteration::AddColumn(table) => table.columns.iter().all(|own| !has_hole(&own.name)),
                Alteration::AddForeignKey(key) => {
                    !has_hole(&key.table) && !key.columns.iter().any(|own| has_hole(own))
                }
                _ => true,
            };
            if is_any {
                Change::Unknown(vec![name])
            } else if is_known {
                Change::Alter(name, alteration)
            } else {
                return None;
            }
        }
        Change::CreateTable(table) => Change::CreateTable(Box::new(created(*table)?)),
        change => change,
    };
    in_known_namespace(change)
}

/// An index, or a key that is one.
fn key(name: Name, mut index: Box<Index>, named: &Named<'_>) -> Option<Change> {
    index.name = index.name.filter(|own| !has_hole(own));
    if let Some(at) = index.columns.iter().position(|own| has_hole(own)) {
        index.columns.truncate(at);
        index.unique = false;
    }
    index.expression_columns.retain(|own| !has_hole(own));
    let is_unread = index.columns.is_empty() && !index.expression;
    if has_hole(&name.name) {
        if is_unread {
            index.columns.clear();
        }
        return Some(Change::IndexSomewhere(index, named()));
    }
    in_known_namespace(if is_unread { Change::Unknown(vec![name]) } else { Change::CreateIndex(name, index) })
}

/// A table that is created by a text.
fn created(mut table: Table) -> Option<Table> {
    if has_hole(&table.name) {
        return None;
    }
    let before = table.columns.len();
    table.columns.retain(|own| !has_hole(&own.name));
    table.unknown |= table.columns.len() < before;
    table.namespace = table.namespace.filter(|own| !has_hole(own));
    table.indexes.retain(|own| !own.columns.iter().any(|column| has_hole(column)));
    table.foreign_keys.retain(|own| !has_hole(&own.table));
    table.from_text = true;
    Some(table)
}

/// The change with names that are known; nothing where the table's own is not.
fn in_known_namespace(mut change: Change) -> Option<Change> {
    let is_known = |name: &mut Name| {
        name.namespace = name.namespace.take().filter(|own| !has_hole(own));
        !has_hole(&name.name)
    };
    let is_about_known = match &mut change {
        Change::DropTable(name)
        | Change::Alter(name, _)
        | Change::CreateIndex(name, _)
        | Change::CreatePolicy(name, _)
        | Change::DropPolicy(name, _)
        | Change::Fill(name) => is_known(name),
        Change::RenameTable(from, to) => is_known(from) && is_known(to),
        Change::DropIndex(table, name) => table.as_mut().is_none_or(is_known) && !has_hole(name),
        Change::RenameIndex(from, to) => !has_hole(from) && !has_hole(to),
        Change::CreateEnum(name, _) => !has_hole(name),
        Change::Unknown(names) => {
            names.retain_mut(is_known);
            !names.is_empty()
        }
        Change::CreateTable(_) | Change::IndexSomewhere(..) => true,
    };
    is_about_known.then_some(change)
}

/// What stands in quotes of its own and may be a table's name: what a loop goes through, or a function is called with.
fn quoted_names(text: &str) -> Arc<[SmolStr]> {
    let is_name = |own: &&str| {
        let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
        !own.is_empty() && own.len() <= 128 && own.chars().all(is_letter)
    };
    let mut names: Vec<SmolStr> = text
        .split('\'')
        .filter(is_name)
        .map(|own| SmolStr::new(own.rsplit('.').next().unwrap_or(own)))
        .collect();
    names.sort();
    names.dedup();
    names.into()
}
