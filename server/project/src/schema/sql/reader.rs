//! From the text of one file to the changes that its statements make.

use std::cell::OnceCell;
use std::sync::Arc;

use smol_str::SmolStr;
use sqlparser::ast::{
    AlterIndexOperation, CreatePolicyCommand, CreatePolicyType, ObjectType, Statement,
    UserDefinedTypeRepresentation,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::alter::alter_table;
use super::changes::{Change, Name};
use super::conditions::always_equal;
use super::dialect::Evidence;
use super::keys;
use super::layout;
use super::mask::masked;
use super::statements::{Lines, RawStatement, parse, split};
use super::tables::{self, Place};
use crate::schema::{Dialect, IndexMethod, Policy};

/// What one SQL file says, independent of every other file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::schema) struct SqlFile {
    pub changes: Vec<Change>,
    pub evidence: Evidence,
    /// How many statements about tables could not be read.
    pub unread_statements: u32,
}

impl SqlFile {
    /// Reads a file; whatever it holds, something comes out.
    pub fn parse(path: &SmolStr, text: &str) -> Self {
        let masked = masked(text);
        let evidence = Evidence::of(&masked);
        let mut file = Self { evidence, ..Self::default() };
        let dialect = evidence.dialect();
        let names = OnceCell::new();
        let mut reader = Reader {
            path,
            whole: &masked,
            names: &names,
            text: &masked,
            offset: 0,
            dialect,
            depth: 0,
            file: &mut file,
        };
        for statement in split(&masked, 0, dialect) {
            reader.statement(&statement);
        }
        file
    }
}

pub(super) struct Reader<'a> {
    pub path: &'a SmolStr,
    /// The text of the whole file.
    pub whole: &'a str,
    /// What stands in quotes there and may be a table's name, once somebody asks.
    pub names: &'a OnceCell<Arc<[SmolStr]>>,
    /// What is read of it, and where that begins.
    pub text: &'a str,
    pub offset: usize,
    pub dialect: Dialect,
    /// How many blocks and texts stand around it.
    pub depth: u8,
    pub file: &'a mut SqlFile,
}

/// What a statement is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Table,
    Index,
    Type,
    Policy,
    Block,
    Routine,
    Other,
}

fn subject(statement: &RawStatement) -> Subject {
    if statement.is(0, "DO") {
        return Subject::Block;
    }
    if !["CREATE", "ALTER", "DROP", "RENAME"].iter().any(|verb| statement.is(0, verb)) {
        return Subject::Other;
    }
    let kinds = [
        ("TABLE", Subject::Table),
        ("INDEX", Subject::Index),
        ("TYPE", Subject::Type),
        ("VIEW", Subject::Other),
        ("FUNCTION", Subject::Routine),
        ("PROCEDURE", Subject::Routine),
        ("TRIGGER", Subject::Other),
        ("POLICY", Subject::Policy),
        ("RULE", Subject::Other),
        ("EVENT", Subject::Other),
        ("SEQUENCE", Subject::Other),
        ("DATABASE", Subject::Other),
        ("PUBLICATION", Subject::Other),
    ];
    let kind_at = |at| kinds.iter().find(|(word, _)| statement.is(at, word));
    (1..7).find_map(kind_at).map_or(Subject::Other, |(_, subject)| *subject)
}

impl Reader<'_> {
    pub(super) fn statement(&mut self, statement: &RawStatement) {
        match subject(statement) {
            Subject::Block => self.block(statement),
            Subject::Routine if !statement.broken => self.routine(statement),
            Subject::Table | Subject::Index => self.definition(statement),
            Subject::Type => self.enumeration(statement),
            Subject::Policy => self.policy(statement),
            _ if statement.is(0, "INSERT") => self.file.changes.extend(filled(self.path, statement)),
            _ if statement.broken => self.unread(&statement.tokens),
            _ if Self::may_run(statement) => self.put_together(statement),
            _ => {}
        }
    }

    /// The lines of the text, from a byte of the file on.
    pub(super) fn lines(&self, base: usize) -> Lines<'_> {
        let from = base.saturating_sub(self.offset).min(self.text.len());
        Lines::of(self.text.get(from..).unwrap_or_default(), self.offset + from)
    }

    /// What stands between two bytes of the file.
    pub(super) fn source(&self, start: usize, end: usize) -> Option<&str> {
        self.text.get(start.checked_sub(self.offset)?..end.checked_sub(self.offset)?)
    }

    /// Notes that the tables a statement names are not known.
    fn unread(&mut self, tokens: &[TokenWithSpan]) {
        let names = named_tables(tokens);
        if !names.is_empty() {
            self.file.unread_statements += 1;
            self.file.changes.push(Change::Unknown(names));
        }
    }

    fn definition(&mut self, statement: &RawStatement) {
        let mut tokens = statement.tokens.clone();
        let method = without_index_extras(statement, &mut tokens);
        let parsed = if statement.broken { None } else { parse(&tokens, self.dialect) };
        let whole =
            |complete: bool| complete || statement.is(0, "CREATE") && subject(statement) == Subject::Table;
        let Some((parsed, _)) = parsed.filter(|(_, complete)| whole(*complete)) else {
            if let Some(table) = self.unread_table(statement) {
                self.file.changes.push(table);
            }
            return self.unread(&statement.tokens);
        };
        // Not by `lines`, for what is read is noted meanwhile.
        let from = statement.base.saturating_sub(self.offset).min(self.text.len());
        let lines = Lines::of(self.text.get(from..).unwrap_or_default(), self.offset + from);
        let place = Place { path: self.path, lines: &lines, statement };
        let before = self.file.changes.len();
        if !self.apply(parsed, &place, method) {
            self.file.changes.truncate(before);
            self.unread(&statement.tokens);
        }
    }

    /// A table that is created by a statement that cannot be read is at least known to be.
    fn unread_table(&self, statement: &RawStatement) -> Option<Change> {
        if !statement.is(0, "CREATE") || subject(statement) != Subject::Table {
            return None;
        }
        let name = named_tables(&statement.tokens).into_iter().next()?;
        Some(Change::CreateTable(Box::new(tables::unread(name, self.path, statement.range))))
    }

    /// Adds the changes of a statement; false where it is about a table and not understood.
    fn apply(&mut self, parsed: Statement, place: &Place<'_>, method: Option<IndexMethod>) -> bool {
        let changes = &mut self.file.changes;
        match parsed {
            // What a block or a function works with and nobody else sees.
            Statement::CreateTable(create) if create.temporary && self.depth > 0 => {}
            Statement::CreateTable(create) => match tables::table(&create, place) {
                Some(table) => changes.push(Change::CreateTable(Box::new(table))),
                None => return false,
            },
            Statement::CreateVirtualTable { name, .. } => {
                let Some(name) = tables::name(&name) else {
                    return false;
                };
                let table = tables::unread(name, place.path, place.statement.range);
                changes.push(Change::CreateTable(Box::new(table)));
            }
            Statement::CreateIndex(create) => {
                let Some(name) = tables::name(&create.table_name) else {
                    return false;
                };
                let index = keys::created_index(&create, method, place);
                changes.push(Change::CreateIndex(name, Box::new(index)));
            }
            Statement::AlterTable(alter) => return alter_table(&alter, place, changes),
            Statement::Drop { object_type: ObjectType::Table, names, .. } => {
                changes.extend(names.iter().filter_map(tables::name).map(Change::DropTable));
            }
            Statement::Drop { object_type: ObjectType::Index, names, table, .. } => {
                let table = table.as_ref().and_then(tables::name);
                let names = names.iter().filter_map(tables::name);
                changes.extend(names.map(|name| Change::DropIndex(table.clone(), name.name)));
            }
            Statement::AlterIndex { name, operation } => {
                let AlterIndexOperation::RenameIndex { index_name } = operation;
                let (Some(from), Some(to)) = (tables::name(&name), tables::name(&index_name)) else {
                    return false;
                };
                changes.push(Change::RenameIndex(from.name, to.name));
            }
            Statement::RenameTable(renames) => {
                for rename in renames {
                    let names = tables::name(&rename.old_name).zip(tables::name(&rename.new_name));
                    let Some((from, to)) = names else {
                        return false;
                    };
                    changes.push(Change::RenameTable(from, to));
                }
            }
            _ => return false,
        }
        true
    }

    /// A policy of row-level security. What cannot be read permits rows of which nothing is known.
    fn policy(&mut self, statement: &RawStatement) {
        let parsed = if statement.broken { None } else { parse(&statement.tokens, self.dialect) };
        let change = match parsed {
            Some((Statement::CreatePolicy(create), true)) => {
                let reads = matches!(
                    create.command,
                    None | Some(CreatePolicyCommand::All | CreatePolicyCommand::Select)
                );
                let permits = !matches!(create.policy_type, Some(CreatePolicyType::Restrictive));
                tables::name(&create.table_name).filter(|_| reads && permits).map(|table| {
                    let equal = create.using.as_ref().map(always_equal).unwrap_or_default();
                    Change::CreatePolicy(table, Policy { name: SmolStr::new(&create.name.value), equal })
                })
            }
            Some((Statement::DropPolicy(drop), _)) => tables::name(&drop.table_name)
                .map(|table| Change::DropPolicy(table, SmolStr::new(&drop.name.value))),
            _ if statement.is(0, "CREATE") => {
                named_tables(&statement.tokens).into_iter().next().map(|table| {
                    let name =
                        SmolStr::new(statement.tokens.get(2).map(|t| t.to_string()).unwrap_or_default());
                    Change::CreatePolicy(table, Policy { name, equal: Vec::new() })
                })
            }
            _ => None,
        };
        self.file.changes.extend(change);
    }

    fn enumeration(&mut self, statement: &RawStatement) {
        let Some((Statement::CreateType { name, representation }, _)) =
            parse(&statement.tokens, self.dialect)
        else {
            return;
        };
        if let Some(UserDefinedTypeRepresentation::Enum { labels }) = representation
            && let Some(name) = tables::name(&name)
        {
            let variants = u32::try_from(labels.len()).unwrap_or(u32::MAX);
            self.file.changes.push(Change::CreateEnum(name.name, variants));
        }
    }
}

/// Takes out what the parser does not know in `CREATE INDEX`, and says the method it meant.
fn without_index_extras(statement: &RawStatement, tokens: &mut Vec<TokenWithSpan>) -> Option<IndexMethod> {
    if !statement.is(0, "CREATE") || subject(statement) != Subject::Index {
        return None;
    }
    let mut method = None;
    let mut position = 0;
    let mut after_on = false;
    tokens.retain(|token| {
        position += 1;
        let Token::Word(word) = &token.token else {
            return true;
        };
        let word = word.value.to_ascii_uppercase();
        let was_on = std::mem::replace(&mut after_on, word == "ON");
        match word.as_str() {
            "FULLTEXT" | "SPATIAL" if position == 2 => {
                method = Some(IndexMethod::from_name(&word));
                false
            }
            "CLUSTERED" | "NONCLUSTERED" if position <= 3 => false,
            "ONLY" if was_on => false,
            _ => true,
        }
    });
    method
}

/// The fewest rows of one statement that a migration fills a table with: one or two are a first user or tenant.
const FEWEST_ROWS: usize = 3;

/// The table that a migration puts rows into which stand in its text, by themselves or joined with others.
fn filled(path: &str, statement: &RawStatement) -> Option<Change> {
    let into = (1..4).find(|&at| statement.is(at, "INTO")).filter(|_| layout::migration(path).is_some())?;
    let word = |at: usize| statement.word(at).map(|word| SmolStr::new(&word.value));
    let is_qualified = matches!(statement.tokens.get(into + 2).map(|own| &own.token), Some(Token::Period));
    let (namespace, name) =
        if is_qualified { (word(into + 1), word(into + 3)?) } else { (None, word(into + 1)?) };
    let namespace = namespace.filter(|own| crate::schema::own_namespace(own).is_some());
    let values = (into..statement.tokens.len()).find(|&at| statement.is(at, "VALUES"))?;
    let (mut depth, mut rows) = (0_usize, 0);
    for token in &statement.tokens[values..] {
        match token.token {
            Token::LParen => {
                rows += usize::from(depth == 0);
                depth += 1;
            }
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            // `ON CONFLICT (id) DO NOTHING`
            Token::Word(_) if depth == 0 && rows > 0 => break,
            _ => {}
        }
    }
    (rows >= FEWEST_ROWS).then_some(Change::Fill(Name { namespace, name }))
}

/// The names that stand where a statement names a table or an index.
fn named_tables(tokens: &[TokenWithSpan]) -> Vec<Name> {
    let word = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    };
    let upper = |at: usize| word(at).map(|word| word.value.to_ascii_uppercase());
    let mut names: Vec<Name> = Vec::new();
    for at in 0..tokens.len() {
        let opens = matches!(upper(at).as_deref(), Some("TABLE" | "INDEX" | "ON" | "INTO"));
        if !opens {
            continue;
        }
        let is_filler = |word: &str| {
            matches!(word, "IF" | "NOT" | "EXISTS" | "ONLY" | "CONCURRENTLY" | "TABLE" | "INDEX")
        };
        let mut next = at + 1;
        while upper(next).is_some_and(|word| is_filler(&word)) {
            next += 1;
        }
        let mut parts = Vec::new();
        while let Some(part) = word(next) {
            parts.push(SmolStr::new(&part.value));
            if tokens.get(next + 1).map(|token| &token.token) != Some(&Token::Period) {
                break;
            }
            next += 2;
        }
        let Some(name) = parts.pop() else { continue };
        let namespace = parts.pop().filter(|own| crate::schema::own_namespace(own).is_some());
        let name = Name { namespace, name };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
