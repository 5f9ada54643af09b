//! Patterns: what they bind, and the way from the matched value to each name.

use plimsoll_syntax::TextRange;
use rustc_hash::FxHashSet;
use tree_sitter::Node;

use super::Lower;
use super::attributes::path_segments;
use super::kinds::{K, field, first_part, has_child, is_trivia, kind, parts};
use crate::lower::builder::NewBinding;
use crate::{BindingId, BindingKind, Name, NodeId, PathStep, Pattern, TypeExpr};

/// What all names of one pattern have in common.
pub(super) struct Matched {
    pub kind: BindingKind,
    /// What is matched, where it has a node already.
    pub value: Option<NodeId>,
    /// The declared type, which is that of the name if the pattern is one.
    pub ty: Option<TypeExpr>,
    pub is_mutable: bool,
    /// Byte of the file from which the names can be used; none for all of their scope.
    pub visible_from: Option<u32>,
}

struct Reading<'m> {
    matched: &'m Matched,
    path: Vec<PathStep>,
    pattern: Pattern,
    /// The names that are bound already: alternatives bind the same ones.
    names: FxHashSet<Name>,
}

impl Lower<'_, '_> {
    /// Binds the names of a pattern in the current scope.
    pub(super) fn pattern(&mut self, node: Node<'_>, matched: &Matched) -> Pattern {
        let range = self.range(node);
        let mut reading = Reading {
            matched,
            path: Vec::new(),
            pattern: Pattern {
                is_irrefutable: true,
                range: self.state.builder.own(range),
                ..Pattern::default()
            },
            names: FxHashSet::default(),
        };
        self.read_pattern(node, &mut reading, matched.is_mutable);
        reading.pattern
    }

    fn read_pattern(&mut self, node: Node<'_>, reading: &mut Reading<'_>, is_mutable: bool) {
        if !self.enter() {
            reading.pattern.is_irrefutable = false;
            return;
        }
        match kind(node) {
            K::Identifier | K::Metavariable => {
                let name = self.name(node);
                // A name in capitals is a constant or a unit variant that is in scope, not a new name.
                if name.starts_with(|c: char| c.is_uppercase()) {
                    reading.pattern.variants.push(name);
                    reading.pattern.is_irrefutable = false;
                } else {
                    self.bind_name(node, reading, is_mutable);
                }
            }
            K::ScopedIdentifier | K::GenericPattern => {
                self.variant(node, reading);
            }
            K::TuplePattern => self.elements(node, reading, None, false),
            K::SlicePattern => {
                reading.pattern.is_irrefutable = false;
                self.elements(node, reading, None, false);
            }
            K::TupleStructPattern => {
                let variant = field(node, |f| f.type_).and_then(|ty| self.variant(ty, reading));
                self.elements(node, reading, variant, true);
            }
            K::StructPattern => {
                if let Some(ty) = field(node, |f| f.type_) {
                    self.variant(ty, reading);
                }
                for part in parts(node) {
                    if kind(part) == K::FieldPattern {
                        self.field_pattern(part, reading);
                    }
                }
            }
            K::MutPattern => self.inner_pattern(node, reading, true),
            K::RefPattern | K::ReferencePattern => self.inner_pattern(node, reading, is_mutable),
            K::CapturedPattern => {
                let mut inner = parts(node).into_iter();
                let name = inner.next();
                let rest = inner.next();
                let is_rest = rest.is_some_and(|rest| kind(rest) == K::RemainingFields);
                if is_rest {
                    reading.path.pop();
                    reading.path.push(PathStep::Rest);
                }
                if let Some(name) = name {
                    self.bind_name(name, reading, is_mutable);
                }
                if let (Some(rest), false) = (rest, is_rest) {
                    self.read_pattern(rest, reading, is_mutable);
                }
            }
            K::OrPattern => self.alternatives(node, reading, is_mutable),
            K::RemainingFields => {}
            // `_`; everything else is compared with the value.
            K::Other if !node.is_named() => {}
            _ => reading.pattern.is_irrefutable = false,
        }
        self.leave();
    }

    fn inner_pattern(&mut self, node: Node<'_>, reading: &mut Reading<'_>, is_mutable: bool) {
        let is_mutable = is_mutable || has_child(node, K::MutableSpecifier);
        let inner = parts(node).into_iter().find(|part| kind(*part) != K::MutableSpecifier);
        if let Some(inner) = inner {
            self.read_pattern(inner, reading, is_mutable && kind(node) != K::ReferencePattern);
        }
    }

    /// `a | b | c`, which leans to the left as deep as it is long. The alternatives bind the same names: the first does.
    fn alternatives(&mut self, node: Node<'_>, reading: &mut Reading<'_>, is_mutable: bool) {
        let mut reversed = Vec::new();
        let mut at = node;
        while kind(at) == K::OrPattern {
            let mut inner = parts(at);
            reversed.extend(inner.pop());
            let Some(left) = inner.pop() else { break };
            at = left;
        }
        if kind(at) != K::OrPattern {
            reversed.push(at);
        }
        let was_irrefutable = reading.pattern.is_irrefutable;
        let mut some_matches_all = false;
        for alternative in reversed.into_iter().rev() {
            reading.pattern.is_irrefutable = true;
            self.read_pattern(alternative, reading, is_mutable);
            some_matches_all |= reading.pattern.is_irrefutable;
        }
        reading.pattern.is_irrefutable = was_irrefutable && some_matches_all;
    }

    /// The elements of a tuple, slice or tuple struct, told apart by their commas.
    fn elements(
        &mut self,
        node: Node<'_>,
        reading: &mut Reading<'_>,
        variant: Option<Name>,
        skips_to_parenthesis: bool,
    ) {
        let mut index = 0;
        let mut is_after_rest = false;
        let mut is_inside = !skips_to_parenthesis;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match kind(child) {
                K::Open => is_inside = true,
                K::Comma => index += 1,
                _ if !is_inside || is_trivia(child) => {}
                K::RemainingFields => is_after_rest = true,
                // How many elements `..` stands for is not known here.
                _ if !child.is_named() => {}
                _ => {
                    reading.path.push(match &variant {
                        _ if is_after_rest => PathStep::Rest,
                        Some(variant) => PathStep::Variant(variant.clone(), index),
                        None => PathStep::Index(index),
                    });
                    self.read_pattern(child, reading, false);
                    reading.path.pop();
                }
            }
        }
    }

    fn field_pattern(&mut self, node: Node<'_>, reading: &mut Reading<'_>) {
        let Some(name) = field(node, |f| f.name) else {
            return;
        };
        reading.path.push(PathStep::Member(self.name(name)));
        match field(node, |f| f.pattern) {
            Some(inner) => self.read_pattern(inner, reading, false),
            None => self.bind_name(name, reading, has_child(node, K::MutableSpecifier)),
        }
        reading.path.pop();
    }

    /// Notes the variant or struct that a path names.
    fn variant(&mut self, path: Node<'_>, reading: &mut Reading<'_>) -> Option<Name> {
        reading.pattern.is_irrefutable = false;
        let path = match kind(path) {
            K::GenericPattern => first_part(path)?,
            _ => path,
        };
        let name = path_segments(path, self.text).pop()?;
        reading.pattern.variants.push(name.clone());
        Some(name)
    }

    fn bind_name(&mut self, node: Node<'_>, reading: &mut Reading<'_>, is_mutable: bool) {
        let name = self.name(node);
        // A name that is missing is none.
        if name.is_empty() || !reading.names.insert(name.clone()) {
            return;
        }
        let range = self.range(node);
        let matched = reading.matched;
        let binding = self.bind(name, range, matched, reading.path.clone(), is_mutable);
        reading.pattern.bindings.push(binding);
    }

    fn bind(
        &mut self,
        name: Name,
        range: TextRange,
        matched: &Matched,
        path: Vec<PathStep>,
        is_mutable: bool,
    ) -> BindingId {
        let ty = if path.is_empty() { matched.ty.clone() } else { None };
        self.state.builder.bind(NewBinding {
            name,
            range,
            kind: matched.kind,
            value: matched.value,
            path,
            ty,
            is_mutable,
            visible_from: matched.visible_from,
        })
    }
}
