//! Reads the third argument of a table: its keys and indexes, as an array or as an object.

use plimsoll_behavior::{Key as EntryKey, Kind};
use smol_str::SmolStr;

use super::columns::on_delete_of;
use super::walk::{At, Chain, Step, Target, Walk};
use super::{IndexItem, Key, Reference};
use crate::schema::IndexMethod;

impl Walk {
    /// The keys, and whether some of them cannot be read.
    pub(super) fn keys(&self, at: At) -> (Vec<Key>, bool) {
        let Some(result) = self.returned(at) else { return (Vec::new(), true) };
        let values: Vec<At> = match self.kind(result) {
            Kind::Array(items) => items.iter().map(|&item| (result.0, item)).collect(),
            Kind::Object { entries, .. } => {
                if entries.iter().any(|entry| entry.key == EntryKey::Spread) {
                    return (Vec::new(), true);
                }
                entries.iter().map(|entry| (result.0, entry.value)).collect()
            }
            _ => return (Vec::new(), true),
        };
        let mut keys = Vec::new();
        let mut are_unknown = false;
        for value in values {
            match self.key(value) {
                Ok(key) => keys.extend(key),
                Err(Unreadable) => are_unknown = true,
            }
        }
        (keys, are_unknown)
    }

    /// One key; nothing for what is no key, as a check or a policy.
    fn key(&self, at: At) -> Result<Option<Key>, Unreadable> {
        let chain = self.chain(at).ok_or(Unreadable)?;
        let Target::Library(name) = &chain.head else { return Err(Unreadable) };
        Ok(Some(match name.as_str() {
            "index" | "uniqueIndex" | "unique" => {
                let mut index = self.index(&chain)?;
                index.unique = name != "index";
                index.range = self.range(at);
                Key::Index(index)
            }
            "primaryKey" => Key::Primary(self.key_columns(&chain)?),
            "foreignKey" => self.foreign_key(&chain, at)?,
            _ => return Ok(None),
        }))
    }

    fn index(&self, chain: &Chain) -> Result<IndexItem, Unreadable> {
        let mut index = IndexItem::default();
        let mut has_columns = false;
        for (nth, step) in chain.steps.iter().enumerate() {
            match step.name.as_str() {
                _ if nth == 0 => index.name = step.args.first().and_then(|&name| self.text(name)),
                "on" | "onOnly" => {
                    has_columns = true;
                    self.elements(&mut index, &step.args)?;
                }
                "using" => has_columns |= self.using(&mut index, &step.args)?,
                "where" => index.partial = true,
                _ => {}
            }
        }
        if has_columns { Ok(index) } else { Err(Unreadable) }
    }

    /// `.using('gin', t.title.op('gin_trgm_ops'))`, and `` .using(sql`gin`) `` of earlier versions.
    fn using(&self, index: &mut IndexItem, args: &[At]) -> Result<bool, Unreadable> {
        let Some((&method, columns)) = args.split_first() else { return Ok(false) };
        let name = self.text(method).or_else(|| match self.kind(method) {
            Kind::Call { args, .. } => self.text((method.0, *args.first()?)),
            _ => None,
        });
        index.method = name.map_or(IndexMethod::Other, |name| IndexMethod::from_name(name.trim()));
        self.elements(index, columns)?;
        Ok(!columns.is_empty())
    }

    fn elements(&self, index: &mut IndexItem, elements: &[At]) -> Result<(), Unreadable> {
        for &element in elements {
            let element = self.plain(element);
            if let Some(key) = self.column_key(element) {
                if !index.expression {
                    index.columns.push(key);
                }
                continue;
            }
            // `t.createdAt.desc().nullsLast()`, `t.title.op('gin_trgm_ops')`
            if let Some((key, operator_class)) = self.modified_column(element) {
                if index.columns.is_empty() && !index.expression {
                    index.operator_class = operator_class;
                }
                if !index.expression {
                    index.columns.push(key);
                }
                continue;
            }
            if !matches!(self.kind(element), Kind::Call { .. }) {
                return Err(Unreadable);
            }
            index.expression = true;
            index.mentioned.extend(self.mentioned(element));
        }
        Ok(())
    }

    /// The column under a chain of its methods.
    fn modified_column(&self, at: At) -> Option<(SmolStr, Option<SmolStr>)> {
        let chain = self.chain(at)?;
        let operator_class = chain.steps.iter().find(|step| step.name == "op");
        let operator_class = operator_class.and_then(|step| self.text(*step.args.first()?));
        // The head is `t.createdAt.desc`: the column, and its first method.
        let mut call = self.plain(at);
        loop {
            let Kind::Call { callee, .. } = self.kind(call) else { return None };
            let callee = self.plain((call.0, *callee));
            let Kind::Member { object, name, .. } = self.kind(callee) else { return None };
            let object = self.plain((call.0, *object));
            if matches!(self.kind(object), Kind::Call { .. }) {
                call = object;
                continue;
            }
            let key = self.column_key(object)?;
            let operator_class = operator_class.or_else(|| {
                let first = chain.steps.first().filter(|_| name == "op")?;
                self.text(*first.args.first()?)
            });
            return Some((key, operator_class));
        }
    }

    /// Columns and words of an expression.
    fn mentioned(&self, at: At) -> Vec<SmolStr> {
        let unit = self.unit(at);
        let mut names = Vec::new();
        for node in unit.descendants(at.1) {
            match unit.kind(node) {
                Kind::Template { pieces, .. } => {
                    let words = pieces.iter().flat_map(|piece| {
                        piece.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    });
                    names.extend(words.filter(|word| !word.is_empty()).map(SmolStr::new));
                }
                Kind::Member { .. } | Kind::Name { .. } => names.extend(self.column_key((at.0, node))),
                _ => {}
            }
        }
        names
    }

    /// `primaryKey({ columns: [t.a, t.b] })`, and `primaryKey(t.a, t.b)` of earlier versions.
    fn key_columns(&self, chain: &Chain) -> Result<Vec<SmolStr>, Unreadable> {
        let head = chain.steps.first().ok_or(Unreadable)?;
        let listed = head.args.first().and_then(|&options| self.property(options, "columns"));
        let columns = match listed {
            Some(listed) => self.items(listed).ok_or(Unreadable)?,
            None => head.args.clone(),
        };
        self.column_keys(&columns)
    }

    fn column_keys(&self, columns: &[At]) -> Result<Vec<SmolStr>, Unreadable> {
        columns.iter().map(|&column| self.column_key(column).ok_or(Unreadable)).collect()
    }

    fn foreign_key(&self, chain: &Chain, at: At) -> Result<Key, Unreadable> {
        let head = chain.steps.first().and_then(|step| step.args.first()).ok_or(Unreadable)?;
        let list =
            |name: &str| self.property(*head, name).and_then(|listed| self.items(listed)).ok_or(Unreadable);
        let columns = self.column_keys(&list("columns")?)?;
        let foreign = list("foreignColumns")?;
        let references = self.column_keys(&foreign)?;
        let table = match foreign.first().map(|&column| self.target(column)) {
            Some(Target::Own(mut path)) => {
                path.pop();
                path
            }
            // The table itself: `foreignColumns: [t.id]`.
            _ => Vec::new(),
        };
        let action = |step: &Step| match step.name.as_str() {
            "onDelete" => on_delete_of(&self.text(*step.args.first()?)?),
            _ => None,
        };
        Ok(Key::Foreign {
            name: self.property(*head, "name").and_then(|name| self.text(name)),
            columns,
            reference: Reference {
                table,
                columns: references,
                on_delete: chain.steps.iter().find_map(action),
                range: self.range(at),
            },
        })
    }
}

/// Something about the keys of a table cannot be read.
struct Unreadable;
