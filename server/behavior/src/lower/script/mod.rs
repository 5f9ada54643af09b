//! TypeScript, TSX, JavaScript and JSX.
//!
//! Both grammars have the same kinds of nodes and are lowered by the same code. Nothing here fails: what is not known
//! becomes [`Kind::Other`] with its parts, what is too deep is left out and the unit says so.

mod chain;
mod class;
mod control;
mod declaration;
mod expression;
mod function;
mod jsx;
mod kinds;
mod module;
mod object;
mod operator;
mod outline;
mod parts;
mod pattern;
mod repair;
mod reread;
mod shape;
mod statement;
#[cfg(test)]
mod tests;
mod types;

use plimsoll_syntax::{Language, TextRange};
use tree_sitter::{Node, TreeCursor};

pub(super) use outline::outline;
pub(super) use reread::reread;

use super::{Builder, MAX_DEPTH, Outline, UnitSite};
use crate::{Exported, Kind, Name, NodeId, ScopeId, Unit};
use kinds::{K, Tables};
use shape::{Child, Children, Naming};

/// Lowers one unit.
pub(super) fn extract(outline: &Outline<'_>, site: usize, text: &str, language: Language) -> Unit {
    if site >= outline.sites.len() {
        return Unit::default();
    }
    Lowering::new(outline, site, text, Tables::of(language)).run()
}

/// One unit on its way from syntax to the vocabulary.
struct Lowering<'a, 't> {
    b: Builder<'a>,
    text: &'a str,
    tables: &'static Tables,
    cursor: TreeCursor<'t>,
    outline: &'a Outline<'t>,
    site: &'a UnitSite<'t>,
    /// Its syntax.
    root: Node<'t>,
    /// How many nodes of syntax are around the one being lowered.
    depth: u32,
    /// The node and scope of each nested unit that was met.
    nested: Vec<Option<(NodeId, ScopeId)>>,
    /// Exports whose local name is resolved when all names are bound.
    exports: Vec<PendingExport>,
    /// What the next expression is the value of.
    naming: Naming<'t>,
    /// A tagged template that the grammar took for comparisons: its template, and the callee to put before it.
    tag: Option<repair::Tag<'t>>,
    /// Errors of the grammar on valid code.
    forgiven: Vec<crate::OwnRange>,
}

/// An export, before names are resolved.
struct PendingExport {
    name: Name,
    local: PendingLocal,
    range: TextRange,
}

enum PendingLocal {
    /// A name of this unit, and the node that stands for it if nothing here binds it.
    Name(Name, Option<NodeId>),
    Known(Exported),
}

impl<'a, 't> Lowering<'a, 't> {
    fn new(outline: &'a Outline<'t>, site: usize, text: &'a str, tables: &'static Tables) -> Self {
        let root = outline.node(site);
        let site = &outline.sites[site];
        let blank = crate::Function::blank(crate::FunctionKind::Module);
        Lowering {
            b: Builder::new(&site.place, blank),
            text,
            tables,
            cursor: root.walk(),
            outline,
            site,
            root,
            depth: 0,
            nested: vec![None; site.nested.len()],
            exports: Vec::new(),
            naming: Naming::default(),
            tag: None,
            forgiven: Vec::new(),
        }
    }

    fn run(mut self) -> Unit {
        if self.is_module() {
            self.module_body();
        } else {
            self.own_function();
        }
        self.place_what_was_left_out();
        self.list_nested();
        self.list_exports();
        self.list_parts();
        let unit = &mut self.b.unit;
        unit.comments.sort_by_key(|c| c.range);
        unit.comments.dedup_by_key(|c| c.range);
        let forgiven = &self.forgiven;
        unit.errors.retain(|error| !forgiven.contains(error));
        unit.errors.sort();
        unit.errors.dedup();
        self.b.finish()
    }

    fn is_module(&self) -> bool {
        self.site.parent.is_none()
    }

    /// Every nested unit has a node, also where its surroundings were left out.
    fn place_what_was_left_out(&mut self) {
        let body = self.b.unit.functions[0].body;
        for index in 0..self.nested.len() {
            if self.nested[index].is_some() {
                continue;
            }
            let node = self.nested_node(index);
            let Some(body) = body else { continue };
            self.b.unit.nodes[node.0 as usize].parent = Some(body);
            if let Kind::Block { statements, .. } = &mut self.b.unit.nodes[body.0 as usize].kind {
                statements.push(node);
            }
        }
    }

    fn list_nested(&mut self) {
        for (index, met) in self.nested.iter().enumerate() {
            let Some((node, scope)) = *met else { continue };
            let site = &self.outline.sites[self.site.nested[index]];
            let nested = super::nested(site, node, scope);
            self.b.unit.nested.push(nested);
        }
    }

    fn list_exports(&mut self) {
        for export in std::mem::take(&mut self.exports) {
            let local = match export.local {
                PendingLocal::Known(local) => local,
                PendingLocal::Name(name, node) => {
                    let found = self.b.unit.resolve(&name, ScopeId(0), u32::MAX);
                    match (found, node) {
                        (Some(binding), _) => Exported::Binding(binding),
                        (None, Some(node)) => Exported::Value(node),
                        (None, None) => continue,
                    }
                }
            };
            let range = self.b.own(export.range);
            self.b.unit.exports.push(crate::Export { name: export.name, local, range });
        }
    }

    /// The children of a node; notes comments and syntax errors among them.
    fn children(&mut self, node: Node<'t>) -> Children<'t> {
        let children = self.children_with_errors(node);
        for child in &children.0 {
            self.note_error(*child);
        }
        children
    }

    /// The children of a node whose syntax errors mean nothing.
    fn children_with_errors(&mut self, node: Node<'t>) -> Children<'t> {
        let (b, text) = (&mut self.b, self.text);
        Children::read(&mut self.cursor, self.tables, node, |comment| {
            let range = TextRange::of(comment);
            let before = &text[..range.start as usize];
            let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
            let is_alone = before[line..].trim().is_empty();
            b.comment(&text[range.as_usize()], range, is_alone);
        })
    }

    fn note_error(&mut self, child: Child<'t>) {
        if child.kind == K::Error || child.node.is_missing() {
            self.error(TextRange::of(child.node));
        }
    }

    /// An error may reach over everything after it: only its first line is surely wrong, and no nested unit.
    fn error(&mut self, range: TextRange) {
        let holes = &self.site.place.holes;
        let hole = holes.get(holes.partition_point(|hole| hole.start < range.start));
        let end = hole.map_or(range.end, |hole| hole.start.min(range.end));
        let text = &self.text[range.start as usize..end as usize];
        let blank = text.len() - text.trim_start().len();
        let line = text[blank..].find(['\n', '\r']).unwrap_or(text.len() - blank);
        let from = range.start as usize + blank;
        let own = self.b.own(TextRange::from_usize(from, from + line));
        self.b.unit.errors.push(own);
    }

    /// Runs `lower` one level deeper; none, and the unit is cut, when that is too deep.
    fn deeper<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH || self.b.is_full() {
            self.b.unit.is_cut = true;
            return None;
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        Some(lowered)
    }

    /// Stands for syntax that is not lowered; nested units in it keep their nodes.
    fn leave_out(&mut self, node: Node<'t>) -> NodeId {
        let range = TextRange::of(node);
        let holes = &self.site.place.holes;
        let first = holes.partition_point(|hole| hole.start < range.start);
        let last = holes.partition_point(|hole| hole.end <= range.end);
        let parts = (first..last).filter(|&i| self.nested[i].is_none()).collect::<Vec<_>>();
        let parts = parts.into_iter().map(|i| self.nested_node(i)).collect();
        self.b.node(Kind::Other(parts), range)
    }

    /// The index of the nested unit that the node is, if it is one.
    fn nested_index(&self, node: Node<'t>) -> Option<usize> {
        let range = TextRange::of(node);
        let holes = &self.site.place.holes;
        let index = holes.binary_search_by_key(&range.start, |hole| hole.start).ok()?;
        (holes[index] == range && self.nested[index].is_none()).then_some(index)
    }

    fn nested_node(&mut self, index: usize) -> NodeId {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let node = self.b.node(Kind::Nested(number), self.site.place.holes[index]);
        self.nested[index] = Some((node, self.b.scope));
        node
    }

    /// The text of a node.
    fn text(&self, node: Node<'_>) -> &'a str {
        &self.text[node.byte_range()]
    }

    fn name(&self, node: Node<'_>) -> Name {
        Name::new(self.text(node))
    }

    fn kind(&self, node: Node<'_>) -> K {
        self.tables.kind(node)
    }

    /// A use of a name.
    fn name_node(&mut self, node: Node<'t>) -> NodeId {
        let range = TextRange::of(node);
        if range.is_empty() {
            return self.b.node(Kind::Other(Vec::new()), range);
        }
        let name = self.name(node);
        self.b.node(Kind::Name { name, binding: None }, range)
    }

    /// A name that no binding of the source can mean, such as an HTML element's.
    fn unbindable_name(&mut self, name: Name, range: TextRange) -> NodeId {
        let node = self.b.node(Kind::Name { name, binding: None }, range);
        self.b.never_bound.insert(node);
        node
    }
}
