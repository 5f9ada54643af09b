//! Finds the units of a file: at module level every function, inside a function only what is large.

use plimsoll_syntax::Language;
use tree_sitter::{Node, Tree, TreeCursor};

use super::kinds::{K, Tables};
use super::shape::{Children, Naming, Shape, decorator, name_of};
use crate::lower::sites::{Begun, Recalled, Sites};
use crate::lower::{Interface, Outline};

/// No function is shorter than `a(){}`, `()=>{}` or `x=>{}`.
const SHORTEST_FUNCTION: usize = 5;

/// A node that may hold units, and what it is the value of.
struct Frame<'t> {
    node: Node<'t>,
    naming: Naming<'t>,
    attributes: Vec<(Vec<crate::Name>, crate::Name)>,
}

/// What is still to be done.
enum Step<'t> {
    /// Look at a node, for units in `site`.
    Visit(usize, Frame<'t>),
    /// Keep what was found in a part of the file.
    Keep(Begun),
}

struct Walk<'a, 't> {
    text: &'a str,
    tables: &'static Tables,
    cursor: TreeCursor<'t>,
    sites: Sites<'t, 'a>,
    /// The last comes first.
    open: Vec<Step<'t>>,
}

pub(in crate::lower) fn outline<'t>(
    mut sites: Sites<'t, '_>,
    tree: &'t Tree,
    text: &str,
    language: Language,
) -> Outline<'t> {
    let root = tree.root_node();
    sites.module(root);
    let mut walk = Walk { text, tables: Tables::of(language), cursor: root.walk(), sites, open: Vec::new() };
    walk.push_children(root, 0);
    while let Some(step) = walk.open.pop() {
        match step {
            Step::Visit(site, frame) => walk.visit_unless_known(site, frame),
            Step::Keep(begun) => walk.sites.walked(begun),
        }
    }
    walk.sites.finish(root)
}

impl<'t> Walk<'_, 't> {
    fn unit_bytes_in(&self, site: usize) -> usize {
        self.sites.unit_bytes_in(site) as usize
    }

    fn visit_unless_known(&mut self, site: usize, frame: Frame<'t>) {
        if frame.naming.is_default() && frame.attributes.is_empty() {
            match self.sites.recall(frame.node, site, ()) {
                Recalled::Listed => return,
                Recalled::Walk(begun) => self.open.push(Step::Keep(begun)),
                Recalled::WalkUnkept => {}
            }
        }
        self.visit(site, frame);
    }

    fn visit(&mut self, site: usize, frame: Frame<'t>) {
        let node = frame.node;
        let kind = self.tables.kind(node);
        if kind.is_function() {
            return self.visit_function(site, kind, frame);
        }
        let f = &self.tables.f;
        match kind {
            K::Declarator => self.push_named(site, node, f.name, f.value, &frame),
            K::Pair => self.push_named(site, node, f.key, f.value, &frame),
            K::ClassField => self.push_named(site, node, f.name, f.value, &frame),
            K::Assignment => self.push_assigned(site, frame),
            K::Parenthesized
            | K::As
            | K::Satisfies
            | K::NonNull
            | K::ExportStatement
            | K::Lexical
            | K::Variable
            | K::Ambient => {
                let mut naming = frame.naming;
                naming.is_exported |= kind == K::ExportStatement;
                self.push_all(site, node, &naming);
            }
            _ if kind.is_class() => self.push_members(site, frame),
            K::Decorator
            | K::Interface
            | K::TypeAlias
            | K::ImportStatement
            | K::String
            | K::TypeAnnotation
            | K::TypeArguments => {}
            _ => self.push_children(node, site),
        }
    }

    fn visit_function(&mut self, site: usize, kind: K, frame: Frame<'t>) {
        let Frame { node, naming, attributes } = frame;
        let is_large = node.byte_range().len() > self.unit_bytes_in(site);
        let children = Children::read(&mut self.cursor, self.tables, node, |_| {});
        let in_class = naming.owner.is_some();
        let shape = Shape::read(kind, &children, self.tables, self.text, in_class);
        let has_block = shape.body.is_some_and(|b| self.tables.kind(b) == K::Block);
        let is_unit = is_large || (site == 0 && (has_block || naming.is_field));
        if !is_unit {
            return;
        }
        let name = shape.name.or(naming.name);
        let name = name.and_then(|n| name_of(n, self.tables, self.text));
        let (name, name_range) = name.unzip();
        let interface = Interface {
            name,
            name_range,
            owner: naming.owner,
            of_trait: None,
            attributes,
            is_exported: naming.is_exported,
        };
        let at = self.sites.add(node, site, interface, shape.kind, shape.is_async);
        for part in [shape.body, shape.params].into_iter().flatten() {
            self.open(at, part, Naming::default(), Vec::new());
        }
    }

    /// Opens a node unless it is too short to hold a unit.
    fn open(
        &mut self,
        site: usize,
        node: Node<'t>,
        naming: Naming<'t>,
        attributes: Vec<(Vec<crate::Name>, crate::Name)>,
    ) {
        let least = if site == 0 { SHORTEST_FUNCTION } else { self.unit_bytes_in(site) + 1 };
        if node.byte_range().len() >= least {
            self.open.push(Step::Visit(site, Frame { node, naming, attributes }));
        }
    }

    fn push_children(&mut self, node: Node<'t>, site: usize) {
        // A table of data holds no function, and may be most of a file.
        let text = &self.text[node.byte_range()];
        if !text.contains(')') && !text.contains("=>") {
            return;
        }
        self.push_all(site, node, &Naming::default());
    }

    /// Opens all children, each named as `naming` says.
    fn push_all(&mut self, site: usize, node: Node<'t>, naming: &Naming<'t>) {
        let children = Children::read(&mut self.cursor, self.tables, node, |_| {});
        for child in children.named().rev() {
            self.open(site, child.node, naming.clone(), Vec::new());
        }
    }

    /// Opens the parts of a node whose value is named by another part.
    fn push_named(&mut self, site: usize, node: Node<'t>, name: u16, value: u16, frame: &Frame<'t>) {
        let children = Children::read(&mut self.cursor, self.tables, node, |_| {});
        for child in children.named().rev() {
            if child.field == value {
                let mut naming = frame.naming.clone();
                naming.name = children.field(name);
                self.open(site, child.node, naming, frame.attributes.clone());
            } else {
                self.open(site, child.node, Naming::default(), Vec::new());
            }
        }
    }

    fn push_assigned(&mut self, site: usize, frame: Frame<'t>) {
        let f = &self.tables.f;
        let children = Children::read(&mut self.cursor, self.tables, frame.node, |_| {});
        let (Some(left), Some(right)) = (children.field(f.left), children.field(f.right)) else {
            return self.push_all(site, frame.node, &Naming::default());
        };
        let naming = Naming {
            name: assigned_name(left, self.tables),
            is_exported: is_exports_member(left, self.tables, self.text),
            ..Naming::default()
        };
        self.open(site, right, naming, Vec::new());
        self.open(site, left, Naming::default(), Vec::new());
    }

    fn push_members(&mut self, site: usize, frame: Frame<'t>) {
        let f = &self.tables.f;
        let children = Children::read(&mut self.cursor, self.tables, frame.node, |_| {});
        let name = children.field(f.name).or(frame.naming.name);
        let owner = name.and_then(|n| name_of(n, self.tables, self.text));
        let owner = owner.map(|(name, _)| name);
        let from = self.open.len();
        for child in children.named() {
            if child.field != f.body {
                self.open(site, child.node, Naming::default(), Vec::new());
                continue;
            }
            let members = Children::read(&mut self.cursor, self.tables, child.node, |_| {});
            let mut attributes = Vec::new();
            for member in members.named() {
                let naming = Naming { owner: owner.clone(), is_field: true, ..Naming::default() };
                match member.kind {
                    K::Decorator => attributes.push(decorator(member.node, self.text)),
                    K::Method => self.open(site, member.node, naming, std::mem::take(&mut attributes)),
                    K::ClassField => {
                        let inner = Children::read(&mut self.cursor, self.tables, member.node, |_| {});
                        attributes.extend(
                            inner
                                .named()
                                .filter(|c| c.kind == K::Decorator)
                                .map(|c| decorator(c.node, self.text)),
                        );
                        self.open(site, member.node, naming, std::mem::take(&mut attributes));
                    }
                    _ => self.open(site, member.node, Naming::default(), std::mem::take(&mut attributes)),
                }
            }
        }
        self.open[from..].reverse();
    }
}

/// `f` of `f = …`, `a.f = …`.
pub(super) fn assigned_name<'t>(left: Node<'t>, tables: &Tables) -> Option<Node<'t>> {
    match tables.kind(left) {
        K::Identifier => Some(left),
        K::Member => left.child_by_field_id(tables.f.property),
        _ => None,
    }
}

/// `exports.f`, `module.exports.f`.
pub(super) fn is_exports_member(left: Node<'_>, tables: &Tables, text: &str) -> bool {
    tables.kind(left) == K::Member
        && left.child_by_field_id(tables.f.object).is_some_and(|object| is_exports(object, text))
}

/// `exports`, `module.exports`.
pub(super) fn is_exports(node: Node<'_>, text: &str) -> bool {
    matches!(&text[node.byte_range()], "exports" | "module.exports")
}
