//! Functions and closures: the unit's own and those inside it.

use tree_sitter::Node;

use super::attributes::{is_async, is_public};
use super::kinds::{K, field, is_trivia, kind, parts};
use super::patterns::Matched;
use super::types::{bounds_of, type_expr};
use super::{Lower, Wanted};
use crate::lower::UnitSite;
use crate::{Attribute, BindingKind, Function, FunctionId, FunctionKind, Name, NodeId, OwnRange, Param};

/// The type that a function is a method of, and the trait whose impl it stands in.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    pub name: Option<Name>,
    pub of_trait: Option<Name>,
}

/// What the outline says of a unit's own function.
pub(super) fn unit_function(site: &UnitSite<'_>) -> Function {
    let interface = &site.interface;
    Function {
        name: interface.name.clone(),
        is_async: site.is_async,
        attributes: interface
            .attributes
            .iter()
            .map(|(path, text)| Attribute {
                path: path.clone(),
                text: text.clone(),
                range: OwnRange::default(),
            })
            .collect(),
        owner: interface.owner.clone(),
        of_trait: interface.of_trait.clone(),
        is_exported: interface.is_exported,
        ..Function::blank(site.kind)
    }
}

impl Lower<'_, '_> {
    /// Lowers the unit's own `fn`.
    pub(super) fn own_function(&mut self, node: Node<'_>) {
        let range = self.own_range(node);
        let name_range = field(node, |f| f.name).map(|name| self.own_range(name));
        let own = &mut self.state.builder.unit.functions[0];
        own.range = range;
        own.name_range = name_range;
        self.signature_and_body(node, FunctionId(0));
    }

    /// Lowers the unit's own closure.
    pub(super) fn own_closure(&mut self, node: Node<'_>) {
        self.state.builder.unit.functions[0].range = self.own_range(node);
        self.closure_inside(node, FunctionId(0));
    }

    /// A `fn` that is no unit, or a signature without a body.
    pub(super) fn small_function(
        &mut self,
        node: Node<'_>,
        owner: &Owner,
        attributes: Vec<Attribute>,
    ) -> NodeId {
        let name = field(node, |f| f.name);
        let kind = if owner.name.is_some() { FunctionKind::Method } else { FunctionKind::Free };
        let function = Function {
            name: name.map(|name| self.name(name)),
            name_range: name.map(|name| self.own_range(name)),
            is_async: is_async(node),
            range: self.own_range(node),
            attributes,
            owner: owner.name.clone(),
            of_trait: owner.of_trait.clone(),
            is_exported: is_public(node),
            ..Function::blank(kind)
        };
        let (id, before) = self.state.builder.open_function(function);
        self.signature_and_body(node, id);
        let range = self.range(node);
        self.state.builder.close_function(id, before, range)
    }

    /// A closure; `name` is that of the variable or field it is the value of.
    pub(super) fn closure(&mut self, node: Node<'_>, name: Option<Node<'_>>) -> NodeId {
        if let Some(nested) = self.nested(node) {
            return nested;
        }
        let function = Function {
            name: name.map(|name| self.name(name)),
            name_range: name.map(|name| self.own_range(name)),
            is_async: is_async(node),
            range: self.own_range(node),
            ..Function::blank(FunctionKind::Closure)
        };
        let (id, before) = self.state.builder.open_function(function);
        self.closure_inside(node, id);
        let range = self.range(node);
        self.state.builder.close_function(id, before, range)
    }

    fn signature_and_body(&mut self, node: Node<'_>, id: FunctionId) {
        let (params, takes_self) = self.parameters(node, id);
        let returns = field(node, |f| f.return_type).map(|ty| type_expr(ty, self.text));
        let wanted = if returns.is_some() { Wanted::Value } else { Wanted::Nothing };
        let body = field(node, |f| f.body).map(|body| self.expr_in(body, wanted));
        let function = &mut self.state.builder.unit.functions[id.0 as usize];
        function.is_static = function.kind == FunctionKind::Method && !takes_self;
        function.params = params;
        function.takes_self = takes_self;
        function.bounds = bounds_of(node, self.text);
        function.returns = returns;
        function.body = body;
    }

    fn closure_inside(&mut self, node: Node<'_>, id: FunctionId) {
        let (params, _) = self.parameters(node, id);
        let returns = field(node, |f| f.return_type).map(|ty| type_expr(ty, self.text));
        let body = field(node, |f| f.body).map(|body| self.expr(body));
        let function = &mut self.state.builder.unit.functions[id.0 as usize];
        function.params = params;
        function.returns = returns;
        function.body = body;
    }

    /// The parameters without `self`, and whether there is a `self`.
    fn parameters(&mut self, node: Node<'_>, id: FunctionId) -> (Vec<Param>, bool) {
        let Some(list) = field(node, |f| f.parameters) else {
            return (Vec::new(), false);
        };
        let mut params = Vec::new();
        let mut takes_self = false;
        let is_closure = kind(node) == K::Closure;
        let mut cursor = list.walk();
        for child in list.children(&mut cursor) {
            if is_trivia(child) {
                continue;
            }
            let (pattern, ty) = match kind(child) {
                K::SelfParameter => {
                    takes_self = true;
                    continue;
                }
                K::Parameter => (field(child, |f| f.pattern), field(child, |f| f.type_)),
                K::Comma | K::Open | K::Pipe => continue,
                // `_` is a parameter too; in a closure every pattern is.
                _ if child.is_named() && is_closure => (Some(child), None),
                _ if self.text_of(child) == "_" => (Some(child), None),
                _ => continue,
            };
            let Some(pattern) = pattern else { continue };
            if kind(pattern) == K::SelfValue {
                takes_self = true;
                continue;
            }
            let ty = ty.map(|ty| type_expr(ty, self.text));
            let index = u16::try_from(params.len()).unwrap_or(u16::MAX);
            let matched = Matched {
                kind: BindingKind::Parameter(id, index),
                value: None,
                ty: ty.clone(),
                is_mutable: parts(child).iter().any(|part| kind(*part) == K::MutableSpecifier),
                visible_from: None,
            };
            params.push(Param {
                pattern: self.pattern(pattern, &matched),
                ty,
                default: None,
                is_optional: false,
                is_rest: false,
                field: None,
                attributes: Vec::new(),
            });
        }
        (params, takes_self)
    }
}
