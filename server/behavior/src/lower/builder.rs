//! Builds one unit's arena: nodes, scopes, bindings; resolves names when all are known.

use plimsoll_syntax::TextRange;

use crate::{
    Binding, BindingId, BindingKind, Comment, Function, FunctionId, Kind, Name, Node, NodeId, OwnRange,
    PathStep, Scope, ScopeId, TypeDecl, TypeExpr, TypeId, Unit, UnitPlace,
};

/// The most nodes that one unit may have; the rest is left out and the unit marked as cut.
const MAX_NODES: usize = 400_000;

/// A unit under construction. Ranges go in as bytes of the file and are stored in own coordinates.
pub(crate) struct Builder<'a> {
    /// What has been built so far.
    pub unit: Unit,
    place: &'a UnitPlace,
    /// Own offset of each hole, for binary search.
    holes: Vec<(u32, u32)>,
    /// The scope and function that new nodes stand in.
    pub scope: ScopeId,
    /// The function that new nodes stand in.
    pub function: FunctionId,
    /// Names that no binding can mean: HTML elements, `import`.
    pub never_bound: rustc_hash::FxHashSet<NodeId>,
}

/// What a binding is made from, besides its name and place.
pub(crate) struct NewBinding {
    pub name: Name,
    /// Bytes of the file.
    pub range: TextRange,
    pub kind: BindingKind,
    pub value: Option<NodeId>,
    pub path: Vec<PathStep>,
    pub ty: Option<TypeExpr>,
    pub is_mutable: bool,
    /// Byte of the file from which it is visible; none where it is hoisted in its scope.
    pub visible_from: Option<u32>,
}

impl<'a> Builder<'a> {
    /// Starts a unit whose own function is `own`; its `scope` becomes the outermost scope.
    pub fn new(place: &'a UnitPlace, own: Function) -> Self {
        let mut cut = 0;
        let holes = place
            .holes
            .iter()
            .map(|hole| {
                let before = cut;
                cut += hole.end - hole.start;
                (hole.start, before)
            })
            .collect();
        let mut unit = Unit::default();
        unit.functions.push(own);
        unit.scopes.push(Scope { parent: None, function: FunctionId(0), bindings: Vec::new() });
        Builder {
            unit,
            place,
            holes,
            scope: ScopeId(0),
            function: FunctionId(0),
            never_bound: rustc_hash::FxHashSet::default(),
        }
    }

    /// Own coordinates of bytes of the file.
    pub fn own(&self, range: TextRange) -> OwnRange {
        OwnRange { start: self.own_byte(range.start), end: self.own_byte(range.end) }
    }

    /// The own offset of a byte of the file, by binary search over the holes.
    pub fn own_byte(&self, byte: u32) -> u32 {
        let after = self.holes.partition_point(|&(start, _)| start < byte);
        let cut = match after.checked_sub(1) {
            None => 0,
            Some(last) => {
                let hole = self.place.holes[last];
                self.holes[last].1 + hole.end.min(byte) - hole.start
            }
        };
        byte.saturating_sub(self.place.range.start + cut)
    }

    /// Whether the unit may grow no further; sets [`Unit::is_cut`].
    pub fn is_full(&mut self) -> bool {
        let full = self.unit.nodes.len() >= MAX_NODES;
        self.unit.is_cut |= full;
        full
    }

    /// Adds a node; its parts get it as their parent. A name's binding may be left `None`: [`Self::finish`] resolves it.
    pub fn node(&mut self, kind: Kind, range: TextRange) -> NodeId {
        let id = NodeId(u32::try_from(self.unit.nodes.len()).expect("MAX_NODES fits"));
        let nodes = &mut self.unit.nodes;
        kind.each_part(&mut |part| nodes[part.0 as usize].parent = Some(id));
        match kind {
            Kind::Call { .. } => self.unit.calls.push(id),
            Kind::Return(Some(_)) => self.unit.returns.push(id),
            _ => {}
        }
        let range = self.own(range);
        self.unit.nodes.push(Node { kind, range, parent: None, scope: self.scope, function: self.function });
        id
    }

    /// Opens a scope inside the current one and makes it current; returns the one to go back to.
    pub fn open_scope(&mut self) -> ScopeId {
        let before = self.scope;
        self.scope = ScopeId(u32::try_from(self.unit.scopes.len()).expect("fewer scopes than nodes"));
        self.unit.scopes.push(Scope { parent: Some(before), function: self.function, bindings: Vec::new() });
        before
    }

    /// Goes back to a scope that [`Self::open_scope`] returned.
    pub fn close_scope(&mut self, before: ScopeId) {
        self.scope = before;
    }

    /// Opens a function inside this unit, with a scope of its own; returns its id and what to hand to
    /// [`Self::close_function`].
    pub fn open_function(&mut self, mut function: Function) -> (FunctionId, (FunctionId, ScopeId)) {
        let before = (self.function, self.scope);
        let id = FunctionId(u32::try_from(self.unit.functions.len()).expect("fewer functions than nodes"));
        self.function = id;
        let outer = self.open_scope();
        function.scope = self.scope;
        function.parent = Some(before.0);
        self.unit.functions.push(function);
        (id, (before.0, outer))
    }

    /// Closes the function and adds its node; its body and parameter defaults get that node as their parent.
    pub fn close_function(
        &mut self,
        id: FunctionId,
        before: (FunctionId, ScopeId),
        range: TextRange,
    ) -> NodeId {
        (self.function, self.scope) = before;
        let node = self.node(Kind::Function(id), range);
        let function = &mut self.unit.functions[id.0 as usize];
        function.node = Some(node);
        let parts: Vec<NodeId> =
            function.body.into_iter().chain(function.params.iter().filter_map(|p| p.default)).collect();
        for part in parts {
            self.unit.nodes[part.0 as usize].parent = Some(node);
        }
        node
    }

    /// Adds a type declaration and its node; initialisers and methods get that node as their parent.
    pub fn type_node(&mut self, ty: TypeDecl, range: TextRange) -> NodeId {
        let id = TypeId(u32::try_from(self.unit.types.len()).expect("fewer types than nodes"));
        let parts: Vec<NodeId> =
            ty.fields.iter().filter_map(|f| f.init).chain(ty.methods.iter().map(|m| m.1)).collect();
        self.unit.types.push(ty);
        let node = self.node(Kind::Type(id), range);
        for part in parts {
            self.unit.nodes[part.0 as usize].parent = Some(node);
        }
        node
    }

    /// Binds a name in the current scope.
    pub fn bind(&mut self, new: NewBinding) -> BindingId {
        self.bind_in(self.scope, new)
    }

    /// Binds a name in another scope: `var` in the function's.
    pub fn bind_in(&mut self, scope: ScopeId, new: NewBinding) -> BindingId {
        let id = BindingId(u32::try_from(self.unit.bindings.len()).expect("fewer bindings than nodes"));
        let range = self.own(new.range);
        let visible_from = new.visible_from.map_or(0, |byte| self.own_byte(byte));
        self.unit.bindings.push(Binding {
            name: new.name,
            kind: new.kind,
            range,
            scope,
            value: new.value,
            path: new.path,
            ty: new.ty.map(Box::new),
            assignments: Vec::new(),
            uses: Vec::new(),
            is_mutable: new.is_mutable,
            visible_from,
        });
        self.unit.scopes[scope.0 as usize].bindings.push(id);
        id
    }

    /// Sets the value that bindings of a pattern are matched against, once it has a node.
    pub fn set_value(&mut self, bindings: &[BindingId], value: NodeId) {
        for b in bindings {
            self.unit.bindings[b.0 as usize].value = Some(value);
        }
    }

    /// Adds a comment. `text` is the comment as it stands.
    pub fn comment(&mut self, text: &str, range: TextRange, is_alone: bool) {
        let inner = text
            .strip_prefix("/*")
            .map(|t| t.strip_suffix("*/").unwrap_or(t))
            .unwrap_or_else(|| text.trim_start_matches('/'))
            .trim_start_matches(['*', '!'])
            .trim();
        let range = self.own(range);
        self.unit.comments.push(Comment { text: Name::new(inner), range, is_alone });
    }

    /// Resolves the names, gathers uses, assignments and free names, and hands the unit over.
    pub fn finish(mut self) -> Unit {
        let mut order: Vec<u32> =
            (0..u32::try_from(self.unit.nodes.len()).expect("MAX_NODES fits")).collect();
        order.sort_by_key(|&i| self.unit.nodes[i as usize].range.start);
        let mut free = rustc_hash::FxHashSet::default();
        let names = self.unit.names_of_large_scopes();
        for i in order {
            let node = &self.unit.nodes[i as usize];
            let Kind::Name { name, binding: None } = &node.kind else {
                continue;
            };
            if self.never_bound.contains(&NodeId(i)) {
                continue;
            }
            let name = name.clone();
            match self.unit.resolve_by(&names, &name, node.scope, node.range.start) {
                Some(found) => {
                    self.unit.bindings[found.0 as usize].uses.push(NodeId(i));
                    self.unit.nodes[i as usize].kind = Kind::Name { name, binding: Some(found) };
                }
                None => {
                    if free.insert(name.clone()) {
                        self.unit.free_names.push(name);
                    }
                }
            }
        }
        for i in 0..self.unit.nodes.len() {
            let target = match &self.unit.nodes[i].kind {
                Kind::Assign { target, .. } => *target,
                Kind::Unary { op, value } if op == "++" || op == "--" => *value,
                _ => continue,
            };
            // A destructuring assigns to each name that is directly in it.
            let targets = match &self.unit.nodes[target.0 as usize].kind {
                Kind::Other(parts) => parts.as_slice(),
                _ => std::slice::from_ref(&target),
            };
            for target in targets {
                if let Kind::Name { binding: Some(b), .. } = self.unit.nodes[target.0 as usize].kind {
                    self.unit.bindings[b.0 as usize]
                        .assignments
                        .push(NodeId(u32::try_from(i).expect("MAX_NODES fits")));
                }
            }
        }
        let never_run: rustc_hash::FxHashSet<NodeId> = self.unit.after_a_way_out().into_iter().collect();
        self.unit.calls.retain(|call| !never_run.contains(call));
        let nodes = &self.unit.nodes;
        self.unit.calls.sort_by_key(|&c| {
            let range = nodes[c.0 as usize].range;
            (range.end, std::cmp::Reverse(range.start))
        });
        self.unit.comments.sort_by_key(|c| c.range);
        self.unit.errors.sort();
        // A unit is kept for long and never grows again.
        self.unit.nodes.shrink_to_fit();
        self.unit.scopes.shrink_to_fit();
        self.unit.bindings.shrink_to_fit();
        self.unit.calls.shrink_to_fit();
        self.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FunctionKind, Literal};

    fn function() -> Function {
        Function::blank(FunctionKind::Module)
    }

    fn range(start: u32, end: u32) -> TextRange {
        TextRange::new(start, end)
    }

    #[test]
    fn own_coordinates_leave_holes_out_and_come_back() {
        let place = UnitPlace { range: range(10, 100), holes: vec![range(20, 40), range(60, 90)] };
        let mut builder = Builder::new(&place, function());
        for (file, own) in [
            (range(10, 15), OwnRange { start: 0, end: 5 }),
            (range(20, 40), OwnRange { start: 10, end: 10 }),
            (range(15, 50), OwnRange { start: 5, end: 20 }),
            (range(42, 50), OwnRange { start: 12, end: 20 }),
            (range(45, 95), OwnRange { start: 15, end: 35 }),
            (range(10, 100), OwnRange { start: 0, end: 40 }),
        ] {
            let node = builder.node(Kind::Literal(Literal::Null), file);
            assert_eq!(builder.unit.range(node), own);
            assert_eq!(place.to_file(own), file);
        }
        assert_eq!(place.to_own(30), 10);
        assert_eq!(place.to_own(50), 20);
    }

    #[test]
    fn names_mean_the_latest_binding_that_is_visible() {
        let place = UnitPlace { range: range(0, 100), holes: Vec::new() };
        let mut b = Builder::new(&place, function());
        let bind = |b: &mut Builder<'_>, at: u32, visible_from| {
            b.bind(NewBinding {
                name: "x".into(),
                range: range(at, at + 1),
                kind: BindingKind::Variable,
                value: None,
                path: Vec::new(),
                ty: None,
                is_mutable: false,
                visible_from,
            })
        };
        let first = bind(&mut b, 0, Some(5));
        let second = bind(&mut b, 10, Some(20));
        let name = |b: &mut Builder<'_>, at| {
            b.node(Kind::Name { name: "x".into(), binding: None }, range(at, at + 1))
        };
        let (early, inside, late) = (name(&mut b, 2), name(&mut b, 15), name(&mut b, 30));
        let unit = b.finish();
        let meant = |n| match unit.kind(n) {
            Kind::Name { binding, .. } => *binding,
            _ => None,
        };
        assert_eq!((meant(early), meant(inside), meant(late)), (None, Some(first), Some(second)));
        assert_eq!(unit.free_names, ["x"]);
        assert_eq!(unit.binding(first).uses, [inside]);
    }
}
