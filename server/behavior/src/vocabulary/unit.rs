//! Units: what is extracted, cached and reviewed on its own.

use rustc_hash::FxHashMap;

use super::{
    Attribute, Binding, BindingId, Function, FunctionId, FunctionKind, Kind, Name, Node, NodeId, OwnRange,
    Scope, ScopeId, TypeDecl,
};

/// A function-like body, or the top level of a file, without the units nested in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// All nodes. A part may stand before or after its whole.
    pub nodes: Vec<Node>,
    /// The unit's own function first, then the functions inside it that are no units.
    pub functions: Vec<Function>,
    /// All scopes; 0 is the outermost.
    pub scopes: Vec<Scope>,
    /// All names it binds.
    pub bindings: Vec<Binding>,
    /// Types declared in it.
    pub types: Vec<TypeDecl>,
    /// Units nested in it, in source order.
    pub nested: Vec<Nested>,
    /// All [`Kind::Call`]s, in source order of their ends (arguments before the call), but for those that never run.
    pub calls: Vec<NodeId>,
    /// All [`Kind::Return`]s with a value.
    pub returns: Vec<NodeId>,
    /// Imports: `import`, `use`, and `require` bound by `const`.
    pub imports: Vec<Import>,
    /// Exports, of ES modules and CommonJS.
    pub exports: Vec<Export>,
    /// `"use client"`, `"use server"`, `"use strict"`; of the unit's own body.
    pub directives: Vec<Name>,
    /// Comments, in order.
    pub comments: Vec<Comment>,
    /// Ranges that did not parse. An error in JSX text is none.
    pub errors: Vec<OwnRange>,
    /// Set when a limit cut the lowering short: the nodes beyond it are missing.
    pub is_cut: bool,
    /// Names used but bound outside: each once, in order.
    pub free_names: Vec<Name>,
    /// What the body of a large unit is made of, for whoever asks which part of it has changed: what stands before the
    /// body, then each statement, brace and comment in it. Empty in units that are small or not of a script.
    pub parts: Vec<BodyPart>,
}

/// A part of the body of a large unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyPart {
    /// Where it stands.
    pub range: OwnRange,
    /// Which of [`Unit::nested`] stand in it.
    pub nested: std::ops::Range<u32>,
    /// Equal for what is written alike, but for the units nested in it; none where it does not parse.
    pub written: Option<u64>,
}

/// A unit nested in another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// Its node in the parent: a [`Kind::Nested`].
    pub node: NodeId,
    /// The scope it stands in.
    pub scope: ScopeId,
    /// Its name, as [`Function::name`].
    pub name: Option<Name>,
    /// What it is.
    pub kind: FunctionKind,
    /// Whether it is async.
    pub is_async: bool,
    /// The type it is a method of.
    pub owner: Option<Name>,
    /// Decorators and attributes that stand before it.
    pub attributes: Vec<Attribute>,
}

/// A name brought in from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module: `./users`, `@prisma/client`; in Rust the whole path without the last name: `std::collections`.
    pub module: Name,
    /// What is taken from it.
    pub what: Imported,
    /// The name bound here; none for `import "x"` and globs.
    pub binding: Option<BindingId>,
    /// `import type`
    pub is_type_only: bool,
    /// The whole statement.
    pub range: OwnRange,
}

/// What an import takes from its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// One name, by the name it has there.
    Name(Name),
    /// The default export.
    Default,
    /// `* as x`, `require("x")` bound whole, `use a::b` of a module.
    Module,
    /// `use a::*`
    Glob,
    /// Nothing: `import "x"`.
    Nothing,
}

/// A name offered to other files.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The name it has outside: `default` for the default export, `*` for `export *`, `export=` for `module.exports =`.
    pub name: Name,
    /// What it is here: a name, or the node of a default export.
    pub local: Exported,
    /// The whole statement.
    pub range: OwnRange,
}

/// What an export hands out.
#[derive(Clone, Debug, PartialEq)]
pub enum Exported {
    /// A binding of this unit.
    Binding(BindingId),
    /// A value without a name.
    Value(NodeId),
    /// A name of another module: `export { a } from "./b"`; none for all of it.
    From(Name, Option<Name>),
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Without its marks (`//`, `/*`, `*/`), trimmed.
    pub text: Name,
    /// Where it stands.
    pub range: OwnRange,
    /// Whether only white space stands before it on its line.
    pub is_alone: bool,
}

impl Unit {
    /// The unit's own function.
    ///
    /// # Panics
    /// When the unit was not made by a lowering: each makes at least one function.
    #[must_use]
    pub fn own(&self) -> &Function {
        &self.functions[0]
    }

    /// The node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> &Kind {
        &self.nodes[id.0 as usize].kind
    }

    /// Where the node stands.
    #[must_use]
    pub fn range(&self, id: NodeId) -> OwnRange {
        self.nodes[id.0 as usize].range
    }

    /// The node around it, within the same function; the node of the function itself is the last.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.0 as usize].parent
    }

    /// The function.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// The binding.
    #[must_use]
    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[id.0 as usize]
    }

    /// The nodes around `id`, innermost first, through small closures up to the unit's own body.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), move |&n| self.parent(n))
    }

    /// Every node inside `root` (itself first), in source order, entering small closures but no nested units.
    #[must_use]
    pub fn descendants(&self, root: NodeId) -> Vec<NodeId> {
        self.below(root, true)
    }

    /// Nodes that never run: what stands in a block after a statement that always leaves it. Functions do not count:
    /// declarations of them are seen from above.
    #[must_use]
    pub fn after_a_way_out(&self) -> Vec<NodeId> {
        let leaves = |&statement: &NodeId| match self.kind(statement) {
            Kind::Discard(inner) => matches!(self.kind(*inner), Kind::Return(_) | Kind::Throw(_)),
            kind => matches!(kind, Kind::Return(_) | Kind::Throw(_)),
        };
        let mut found = Vec::new();
        for node in &self.nodes {
            let Kind::Block { statements, .. } = &node.kind else { continue };
            let Some(at) = statements.iter().position(leaves) else { continue };
            found.extend(statements[at + 1..].iter().flat_map(|&after| self.below(after, false)));
        }
        found
    }

    fn below(&self, root: NodeId, with_functions: bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            found.push(id);
            let at = open.len();
            let mut push = |part: NodeId| open.push(part);
            match self.kind(id) {
                Kind::Function(_) if !with_functions => {}
                Kind::Function(function) => {
                    let function = self.function(*function);
                    for param in &function.params {
                        param.default.into_iter().for_each(&mut push);
                    }
                    function.body.into_iter().for_each(&mut push);
                }
                Kind::Type(ty) => {
                    let ty = &self.types[ty.0 as usize];
                    ty.fields.iter().filter_map(|f| f.init).for_each(&mut push);
                    ty.methods.iter().map(|m| m.1).for_each(&mut push);
                }
                kind => kind.each_part(&mut push),
            }
            open[at..].reverse();
        }
        found
    }

    /// The binding that `name` means when it is used at `at` (own coordinates) in `scope`; none when it is free.
    #[must_use]
    pub fn resolve(&self, name: &str, scope: ScopeId, at: u32) -> Option<BindingId> {
        self.resolve_by(&NamesOfScopes::default(), name, scope, at)
    }

    /// The same for whoever asks often: by an index where a scope has many names.
    #[must_use]
    pub fn resolve_by(
        &self,
        names: &NamesOfScopes,
        name: &str,
        scope: ScopeId,
        at: u32,
    ) -> Option<BindingId> {
        let is_visible = |&b: &BindingId| self.binding(b).visible_from <= at;
        let mut scope = Some(scope);
        while let Some(id) = scope {
            let s = &self.scopes[id.0 as usize];
            let found = match names.0.get(&id) {
                Some(names) => names.get(name).and_then(|all| all.iter().rev().copied().find(is_visible)),
                None => {
                    let is_it = |b: &BindingId| self.binding(*b).name == name && is_visible(b);
                    s.bindings.iter().rev().copied().find(is_it)
                }
            };
            if found.is_some() {
                return found;
            }
            scope = s.parent;
        }
        None
    }

    /// The index for [`Self::resolve_by`]; it holds as long as no name is bound.
    #[must_use]
    pub fn names_of_large_scopes(&self) -> NamesOfScopes {
        let mut names = NamesOfScopes::default();
        for (i, scope) in self.scopes.iter().enumerate().filter(|(_, s)| s.bindings.len() >= MANY_NAMES) {
            let of_scope = names.0.entry(ScopeId(u32::try_from(i).expect("few scopes"))).or_default();
            for &b in &scope.bindings {
                of_scope.entry(self.binding(b).name.clone()).or_default().push(b);
            }
        }
        names
    }
}

/// A scope with so many names has them looked up: a module has hundreds, and every unit of its file asks it.
const MANY_NAMES: usize = 32;

/// The bindings of each name, in order of appearance, of the scopes of a unit that have many.
#[derive(Clone, Debug, Default)]
pub struct NamesOfScopes(FxHashMap<ScopeId, FxHashMap<Name, Vec<BindingId>>>);
