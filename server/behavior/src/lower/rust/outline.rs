//! Finds the units of a Rust file in one walk that enters only what can hold one.

use plimsoll_syntax::TextRange;
use tree_sitter::{Node, Tree};

use super::attributes::{RawAttribute, attribute, is_async, is_public, is_test_only, slice, type_name};
use super::kinds::{K, field, kind};
use crate::lower::sites::{Begun, Recalled, Sites};
use crate::lower::{Interface, Outline};
use crate::{FunctionKind, Name};

/// What stands around a node of the walk.
struct Frame<'t> {
    /// The unit whose nested units are found here.
    unit: usize,
    /// Whether functions of any size are units here.
    is_item_list: bool,
    /// The type whose impl, or the trait whose body, this is.
    owner: Option<Name>,
    of_trait: Option<Name>,
    /// Whether all of it is compiled for tests only.
    is_test: bool,
    /// Attributes that wait for their item.
    attributes: Vec<Node<'t>>,
    /// The name that a closure gets, if it is this node: `let name = || …`.
    closure_name: Option<(Node<'t>, Node<'t>)>,
    /// What is kept of it when the walk leaves it.
    begun: Option<Begun>,
}

impl Frame<'_> {
    fn inside(&self, is_item_list: bool) -> Self {
        Frame {
            unit: self.unit,
            is_item_list,
            owner: self.owner.clone(),
            of_trait: self.of_trait.clone(),
            is_test: self.is_test,
            attributes: Vec::new(),
            closure_name: None,
            begun: None,
        }
    }
}

pub(in crate::lower) fn outline<'t>(mut sites: Sites<'t, '_>, tree: &'t Tree, text: &str) -> Outline<'t> {
    let root = tree.root_node();
    sites.module(root);
    let mut walk = Walk { text, sites };
    walk.run(root);
    walk.sites.finish(root)
}

struct Walk<'t, 's> {
    text: &'s str,
    sites: Sites<'t, 's>,
}

impl<'t> Walk<'t, '_> {
    fn run(&mut self, root: Node<'t>) {
        let mut frames = vec![Frame {
            unit: 0,
            is_item_list: true,
            owner: None,
            of_trait: None,
            is_test: false,
            attributes: Vec::new(),
            closure_name: None,
            begun: None,
        }];
        let mut cursor = root.walk();
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let entered = frames.last_mut().and_then(|frame| self.visit_unless_known(cursor.node(), frame));
            if let Some(frame) = entered {
                if cursor.goto_first_child() {
                    frames.push(frame);
                    continue;
                }
                self.left(&frame);
            }
            while !cursor.goto_next_sibling() {
                if let Some(frame) = frames.pop() {
                    self.left(&frame);
                }
                if frames.is_empty() || !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    /// Keeps what was found in a node, where that is wanted.
    fn left(&mut self, frame: &Frame<'t>) {
        if let Some(begun) = frame.begun {
            self.sites.walked(begun);
        }
    }

    /// Looks at one node, unless what is in it is known; the frame for its children where they are worth a look.
    fn visit_unless_known(&mut self, node: Node<'t>, frame: &mut Frame<'t>) -> Option<Frame<'t>> {
        // What waits for an item is a part of it, and what names a closure is outside of it.
        if !node.is_named() || frame.closure_name.is_some() || kind(node) == K::AttributeItem {
            return self.visit(node, frame);
        }
        let attributes: Vec<&str> = frame.attributes.iter().map(|&it| slice(self.text, it)).collect();
        let around = (frame.is_item_list, &frame.owner, &frame.of_trait, frame.is_test, attributes);
        match self.sites.recall(node, frame.unit, around) {
            Recalled::Listed => {
                frame.attributes.clear();
                None
            }
            Recalled::Walk(begun) => {
                let entered = self.visit(node, frame);
                match entered {
                    Some(inner) => Some(Frame { begun: Some(begun), ..inner }),
                    None => {
                        self.sites.walked(begun);
                        None
                    }
                }
            }
            Recalled::WalkUnkept => self.visit(node, frame),
        }
    }

    /// Looks at one node; the frame for its children where they are worth a look.
    fn visit(&mut self, node: Node<'t>, frame: &mut Frame<'t>) -> Option<Frame<'t>> {
        if !node.is_named() {
            return None;
        }
        let least = self.sites.unit_bytes_in(frame.unit);
        let is_large = node.end_byte() - node.start_byte() > least as usize;
        match kind(node) {
            K::LineComment | K::BlockComment => return None,
            K::AttributeItem => {
                frame.attributes.push(node);
                return None;
            }
            K::InnerAttributeItem => {
                frame.is_test |= attribute(node, self.text).is_some_and(|a| is_test_only(&a));
                return None;
            }
            _ => {}
        }
        let attributes = std::mem::take(&mut frame.attributes);
        match kind(node) {
            K::FunctionItem if frame.is_item_list || is_large => {
                let unit = self.add_function(node, frame, &attributes);
                is_large.then(|| Frame { unit, owner: None, of_trait: None, ..frame.inside(false) })
            }
            K::Closure if is_large => {
                let unit = self.add_closure(node, frame);
                Some(Frame { unit, ..frame.inside(false) })
            }
            K::ModItem | K::ImplItem | K::TraitItem if frame.is_item_list || is_large => {
                let mut inner = frame.inside(frame.is_item_list);
                (inner.owner, inner.of_trait) = owner(node, self.text);
                inner.is_test |= self.read(&attributes).iter().any(is_test_only);
                Some(inner)
            }
            K::DeclarationList | K::ForeignModItem | K::Error if frame.is_item_list => {
                let mut inner = frame.inside(true);
                inner.is_test |= self.read(&attributes).iter().any(is_test_only);
                Some(inner)
            }
            // Nothing in a token tree is parsed.
            K::TokenTree | K::MacroInvocation | K::MacroDefinition => None,
            k if is_large => {
                let mut inner = frame.inside(false);
                inner.closure_name = match k {
                    K::Let => field(node, |f| f.value).zip(field(node, |f| f.pattern)),
                    K::FieldInitializer => field(node, |f| f.value).zip(field(node, |f| f.field)),
                    K::StaticItem | K::ConstItem => field(node, |f| f.value).zip(field(node, |f| f.name)),
                    _ => None,
                };
                Some(inner)
            }
            _ => None,
        }
    }

    fn read(&self, attributes: &[Node<'t>]) -> Vec<RawAttribute> {
        attributes.iter().filter_map(|&node| attribute(node, self.text)).collect()
    }

    fn add_function(&mut self, node: Node<'t>, frame: &Frame<'t>, attributes: &[Node<'t>]) -> usize {
        let mut attributes: Vec<_> = self.read(attributes).into_iter().map(|a| (a.path, a.text)).collect();
        if frame.is_test {
            attributes.push((vec![Name::new_static("cfg")], Name::new_static("test")));
        }
        let name = field(node, |f| f.name).map(|name| Name::new(slice(self.text, name)));
        let interface = Interface {
            name,
            name_range: None,
            owner: frame.owner.clone(),
            of_trait: frame.of_trait.clone(),
            attributes,
            is_exported: is_public(node),
        };
        let kind = if interface.owner.is_some() { FunctionKind::Method } else { FunctionKind::Free };
        self.sites.add(node, frame.unit, interface, kind, is_async(node))
    }

    fn add_closure(&mut self, node: Node<'t>, frame: &Frame<'t>) -> usize {
        let name = frame
            .closure_name
            .filter(|(value, name)| {
                value.id() == node.id() && matches!(kind(*name), K::Identifier | K::FieldIdentifier)
            })
            .map(|(_, name)| name);
        let interface = Interface {
            name: name.map(|name| Name::new(slice(self.text, name))),
            name_range: name.map(TextRange::of),
            ..Interface::default()
        };
        self.sites.add(node, frame.unit, interface, FunctionKind::Closure, is_async(node))
    }
}

/// The type that the functions in a mod, impl or trait belong to, and the trait of an impl.
pub(super) fn owner(node: Node<'_>, text: &str) -> (Option<Name>, Option<Name>) {
    match kind(node) {
        K::ImplItem => (
            field(node, |f| f.type_).and_then(|ty| type_name(ty, text)).or(Some(Name::default())),
            field(node, |f| f.trait_).and_then(|ty| type_name(ty, text)),
        ),
        K::TraitItem => (field(node, |f| f.name).map(|name| Name::new(slice(text, name))), None),
        _ => (None, None),
    }
}
