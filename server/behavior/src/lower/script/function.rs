//! Functions: the unit's own, and the small ones that belong to it.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Children, Naming, Shape, decorator, name_of};
use crate::lower::builder::NewBinding;
use crate::{
    Attribute, BindingKind, BlockForm, Function, FunctionId, Kind, NodeId, OwnRange, Param, Pattern,
};

impl<'t> Lowering<'_, 't> {
    /// Fills in the unit's own function.
    pub(super) fn own_function(&mut self) {
        let node = self.root;
        let kind = self.kind(node);
        let children = self.children(node);
        let interface = &self.site.interface;
        // A method, or the value of a field.
        let in_class = self.site.interface.owner.is_some();
        let shape = Shape::read(kind, &children, self.tables, self.text, in_class);
        let own_range = self.site.place.range;
        let within = |range: &TextRange| own_range.contains_range(*range);
        let name_range = interface.name_range.filter(within).map(|r| self.b.own(r));
        let attributes = interface.attributes.iter().map(|(path, text)| Attribute {
            path: path.clone(),
            text: text.clone(),
            range: OwnRange::default(),
        });
        let function = Function {
            name: interface.name.clone(),
            name_range,
            is_async: shape.is_async,
            is_generator: shape.is_generator,
            bounds: self.bounds(&children),
            returns: self.return_type(&shape),
            range: self.b.own(own_range),
            attributes: attributes.collect(),
            owner: interface.owner.clone(),
            is_exported: interface.is_exported,
            is_static: shape.is_static,
            ..Function::blank(shape.kind)
        };
        self.b.unit.functions[0] = function;
        self.function_inside(FunctionId(0), kind, &shape);
    }

    /// A function-like node: a nested unit or a small function of this one.
    pub(super) fn function(
        &mut self,
        node: Node<'t>,
        naming: Naming<'t>,
        attributes: Vec<Attribute>,
    ) -> NodeId {
        if let Some(index) = self.nested_index(node) {
            return self.nested_node(index);
        }
        let kind = self.kind(node);
        let children = self.children(node);
        let in_class = naming.owner.is_some();
        let shape = Shape::read(kind, &children, self.tables, self.text, in_class);
        let name = shape.name.or(naming.name);
        let name = name.and_then(|n| name_of(n, self.tables, self.text));
        let (name, name_range) = name.unzip();
        let range = TextRange::of(node);
        let function = Function {
            name,
            name_range: name_range.map(|r| self.b.own(r)),
            is_async: shape.is_async,
            is_generator: shape.is_generator,
            bounds: self.bounds(&children),
            returns: self.return_type(&shape),
            range: self.b.own(range),
            attributes,
            owner: naming.owner,
            is_exported: naming.is_exported,
            is_static: shape.is_static || naming.is_static,
            ..Function::blank(shape.kind)
        };
        let (id, before) = self.b.open_function(function);
        self.function_inside(id, kind, &shape);
        self.b.close_function(id, before, range)
    }

    fn return_type(&mut self, shape: &Shape<'t>) -> Option<crate::TypeExpr> {
        shape.returns.map(|annotation| self.annotation(annotation))
    }

    /// Parameters and body; the function's scope is the current one.
    fn function_inside(&mut self, id: FunctionId, kind: K, shape: &Shape<'t>) {
        if let (K::FunctionExpression | K::GeneratorFunction, Some(name)) = (kind, shape.name) {
            self.bind_own_name(name);
        }
        if let Some(params) = shape.params {
            let params = self.parameters(id, params);
            self.b.unit.functions[id.0 as usize].params = params;
        }
        let Some(body) = shape.body else { return };
        let body = match self.kind(body) {
            K::Block => self.function_body(body, id),
            _ => self.expression(body),
        };
        self.b.unit.functions[id.0 as usize].body = Some(body);
    }

    /// The name of a function expression is only known inside it.
    fn bind_own_name(&mut self, name: Node<'t>) {
        let new = NewBinding {
            name: self.name(name),
            range: TextRange::of(name),
            kind: BindingKind::Function,
            value: None,
            path: Vec::new(),
            ty: None,
            is_mutable: false,
            visible_from: None,
        };
        self.b.bind(new);
    }

    /// A block whose scope is that of its function.
    fn function_body(&mut self, body: Node<'t>, id: FunctionId) -> NodeId {
        let children = self.children(body);
        let statements = self
            .deeper(|this| this.statements(&children, id == FunctionId(0)))
            .unwrap_or_else(|| vec![self.leave_out(body)]);
        self.block_node(statements, TextRange::of(body))
    }

    /// A block of statements in order.
    pub(super) fn block_node(&mut self, statements: Vec<NodeId>, range: TextRange) -> NodeId {
        let kind = Kind::Block { statements, has_value: false, form: BlockForm::Plain };
        self.b.node(kind, range)
    }

    fn parameters(&mut self, function: FunctionId, node: Node<'t>) -> Vec<Param> {
        if self.kind(node) != K::FormalParameters {
            // `x => …`
            let kind = BindingKind::Parameter(function, 0);
            let pattern = self.pattern(node, kind, None);
            return vec![plain_param(pattern)];
        }
        let children = self.children(node);
        let mut params: Vec<Param> = Vec::new();
        for child in children.named() {
            let is_parameter = matches!(child.kind, K::RequiredParameter | K::OptionalParameter);
            if is_parameter {
                let inner = self.children(child.node);
                let mut param = self.parameter(function, params.len(), &inner);
                if let Some(param) = &mut param {
                    param.is_optional = child.kind == K::OptionalParameter;
                }
                params.extend(param);
            } else if child.kind == K::Error {
                let _ = self.children(child.node);
            }
        }
        params
    }

    /// One parameter; none for `this`, which is a type only.
    fn parameter(&mut self, function: FunctionId, index: usize, children: &Children<'t>) -> Option<Param> {
        let f = &self.tables.f;
        let target = children.field(f.pattern).or(children.field(f.name))?;
        let ty = children.field(f.type_).map(|ty| self.annotation(ty));
        if self.kind(target) == K::This {
            return None;
        }
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let kind = BindingKind::Parameter(function, index);
        let is_rest = self.kind(target) == K::RestPattern;
        let target = if is_rest { target.named_child(0)? } else { target };
        let pattern = self.pattern(target, kind, ty.clone());
        let is_field = [K::AccessibilityModifier, K::OverrideModifier, K::TokenReadonly]
            .into_iter()
            .any(|modifier| children.has(modifier));
        let field = (is_field && self.kind(target) == K::Identifier).then(|| self.name(target));
        let default = children.field(f.value).map(|value| {
            self.naming.name = Some(target);
            self.expression(value)
        });
        let attributes = self.decorators(children);
        Some(Param { pattern, ty, default, is_optional: false, is_rest, field, attributes })
    }

    /// The decorators among the children.
    pub(super) fn decorators(&mut self, children: &Children<'t>) -> Vec<Attribute> {
        let decorators = children.named().filter(|c| c.kind == K::Decorator);
        decorators.map(|c| self.attribute(c.node)).collect()
    }

    pub(super) fn attribute(&self, node: Node<'t>) -> Attribute {
        let (path, text) = decorator(node, self.text);
        let range = self.b.own(TextRange::of(node));
        Attribute { path, text, range }
    }
}

fn plain_param(pattern: Pattern) -> Param {
    Param {
        pattern,
        ty: None,
        default: None,
        is_optional: false,
        is_rest: false,
        field: None,
        attributes: Vec::new(),
    }
}
