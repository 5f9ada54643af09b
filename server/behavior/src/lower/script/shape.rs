//! The header of a function and the children of a node, read in one pass each.

use plimsoll_syntax::TextRange;
use tree_sitter::{Node, TreeCursor};

use super::kinds::{K, Tables};
use crate::{FunctionKind, Name};

/// A child with its field.
#[derive(Clone, Copy)]
pub(super) struct Child<'t> {
    pub node: Node<'t>,
    pub kind: K,
    pub field: u16,
}

/// All children of a node, comments left out.
pub(super) struct Children<'t>(pub Vec<Child<'t>>);

impl<'t> Children<'t> {
    /// Reads them; comments are handed to `comment`.
    pub fn read(
        cursor: &mut TreeCursor<'t>,
        tables: &Tables,
        node: Node<'t>,
        mut comment: impl FnMut(Node<'t>),
    ) -> Self {
        let mut all = Vec::with_capacity(node.child_count());
        cursor.reset(node);
        if cursor.goto_first_child() {
            loop {
                let node = cursor.node();
                let kind = tables.kind(node);
                if matches!(kind, K::Comment | K::HtmlComment) {
                    comment(node);
                } else {
                    let field = cursor.field_id().map_or(0, std::num::NonZero::get);
                    all.push(Child { node, kind, field });
                }
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        Children(all)
    }

    /// The first child with the field.
    pub fn field(&self, field: u16) -> Option<Node<'t>> {
        let found = self.0.iter().find(|c| c.field == field && c.kind != K::Error);
        found.map(|c| c.node)
    }

    /// The first child of the kind.
    pub fn of(&self, kind: K) -> Option<Node<'t>> {
        self.0.iter().find(|c| c.kind == kind).map(|c| c.node)
    }

    /// Whether a child of the kind is there.
    pub fn has(&self, kind: K) -> bool {
        self.0.iter().any(|c| c.kind == kind)
    }

    /// Named children.
    pub fn named(&self) -> impl DoubleEndedIterator<Item = Child<'t>> + '_ {
        self.0.iter().copied().filter(|c| c.node.is_named())
    }

    /// The first named child that is no error.
    pub fn first(&self) -> Option<Node<'t>> {
        self.named().find(|c| c.kind != K::Error).map(|c| c.node)
    }
}

/// What stands around a function or class and names it.
#[derive(Clone, Default)]
pub(super) struct Naming<'t> {
    /// The variable, property or field it is the value of.
    pub name: Option<Node<'t>>,
    /// The class it is a member of.
    pub owner: Option<Name>,
    /// Whether it is the value of a field of a class.
    pub is_field: bool,
    /// Whether the member is static.
    pub is_static: bool,
    /// Whether it is exported where it is declared.
    pub is_exported: bool,
}

impl Naming<'_> {
    /// Whether nothing around says anything.
    pub fn is_default(&self) -> bool {
        let Naming { name, owner, is_field, is_static, is_exported } = self;
        name.is_none() && owner.is_none() && !is_field && !is_static && !is_exported
    }
}

/// The header of a function.
pub(super) struct Shape<'t> {
    pub kind: FunctionKind,
    pub is_async: bool,
    pub is_generator: bool,
    pub is_static: bool,
    /// Its own name.
    pub name: Option<Node<'t>>,
    pub params: Option<Node<'t>>,
    pub returns: Option<Node<'t>>,
    pub body: Option<Node<'t>>,
}

impl<'t> Shape<'t> {
    /// Reads it from the children of a function-like node.
    pub fn read(kind: K, children: &Children<'t>, tables: &Tables, text: &str, in_class: bool) -> Self {
        let f = &tables.f;
        let name = children.field(f.name);
        let mut shape = Shape {
            kind: FunctionKind::Closure,
            is_async: false,
            is_generator: matches!(kind, K::GeneratorFunction | K::GeneratorDeclaration),
            is_static: false,
            name,
            params: children.field(f.parameters).or(children.field(f.parameter)),
            returns: children.field(f.return_type),
            body: children.field(f.body),
        };
        let mut accessor = None;
        for child in &children.0 {
            match child.kind {
                K::TokenAsync => shape.is_async = true,
                K::TokenStar => shape.is_generator = true,
                K::TokenStatic => shape.is_static = true,
                K::TokenGet => accessor = Some(FunctionKind::Getter),
                K::TokenSet => accessor = Some(FunctionKind::Setter),
                _ if child.field == f.parameters => break,
                _ => {}
            }
        }
        shape.kind = match kind {
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => FunctionKind::Free,
            K::Method | K::MethodSignature | K::AbstractMethod => {
                let is_constructor = in_class
                    && !shape.is_static
                    && name.is_some_and(|n| &text[n.byte_range()] == "constructor");
                accessor.unwrap_or(if is_constructor {
                    FunctionKind::Constructor
                } else {
                    FunctionKind::Method
                })
            }
            _ if in_class => FunctionKind::Method,
            _ => FunctionKind::Closure,
        };
        shape
    }
}

/// The name that a property, variable or member is known by: strings without quotes, `#` dropped. None for computed names.
pub(super) fn name_of(node: Node<'_>, tables: &Tables, text: &str) -> Option<(Name, TextRange)> {
    let range = TextRange::of(node);
    let written = &text[node.byte_range()];
    let (name, range) = match tables.kind(node) {
        K::Identifier
        | K::PropertyIdentifier
        | K::TypeIdentifier
        | K::ShorthandIdentifier
        | K::ShorthandPattern
        | K::Number => (written, range),
        K::PrivateIdentifier => {
            (written.trim_start_matches('#'), TextRange::new((range.start + 1).min(range.end), range.end))
        }
        K::String => unquoted(written, range),
        _ => return None,
    };
    (!name.is_empty()).then(|| (Name::new(name), range))
}

/// A string without its quotes.
pub(super) fn unquoted(written: &str, range: TextRange) -> (&str, TextRange) {
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let Some(quote) = quote else {
        return (written, range);
    };
    let inner = &written[1..];
    match inner.strip_suffix(quote) {
        Some(inner) => (inner, TextRange::new(range.start + 1, range.end - 1)),
        None => (inner, TextRange::new(range.start + 1, range.end)),
    }
}

/// Path and arguments of a decorator, as written: `@a.b(c)` is `["a", "b"]` and `c`.
pub(super) fn decorator(node: Node<'_>, text: &str) -> (Vec<Name>, Name) {
    let written = text[node.byte_range()].trim_start_matches('@').trim();
    let (path, args) = match written.find('(') {
        Some(open) => {
            let args = &written[open + 1..];
            (&written[..open], args.strip_suffix(')').unwrap_or(args))
        }
        None => (written, ""),
    };
    // Explicit type arguments are no part of the path.
    let path = path.split('<').next().unwrap_or(path);
    let path = path.split('.').map(|s| Name::new(s.trim())).filter(|s| !s.is_empty()).collect();
    (path, Name::new(args.trim()))
}
