//! Functions, the names they bind, and the types a file declares.

use super::{FunctionId, Name, NodeId, OwnRange, ScopeId, TypeExpr};

/// A function, method, closure, or the top level of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its own name, or that of the variable, property or field it is the value of.
    pub name: Option<Name>,
    /// Where that name stands, in the unit's own coordinates.
    pub name_range: Option<OwnRange>,
    /// What it is.
    pub kind: FunctionKind,
    /// `async fn`, `async () =>`.
    pub is_async: bool,
    /// `function*`
    pub is_generator: bool,
    /// Its parameters, without Rust's `self`.
    pub params: Vec<Param>,
    /// Whether it takes `self`.
    pub takes_self: bool,
    /// What its type parameters are known to implement, one intersection for several: `<R: Repository>`, `where`. Of TypeScript
    /// all are here, with an empty type for those that extend nothing.
    pub bounds: Vec<(Name, TypeExpr)>,
    /// Declared return type.
    pub returns: Option<TypeExpr>,
    /// Its body: a [`super::Kind::Block`], or the expression of an arrow or closure. None for a declaration without one.
    pub body: Option<NodeId>,
    /// From its first token (attributes and decorators left out) to its end.
    pub range: OwnRange,
    /// Decorators and attributes.
    pub attributes: Vec<Attribute>,
    /// The type it is a method of.
    pub owner: Option<Name>,
    /// The trait whose impl it stands in.
    pub of_trait: Option<Name>,
    /// The function around it in the same unit; none for the unit's own.
    pub parent: Option<FunctionId>,
    /// Its node in this unit; none for the unit's own.
    pub node: Option<NodeId>,
    /// The scope of its parameters and body.
    pub scope: ScopeId,
    /// `pub`, `export` on the declaration itself.
    pub is_exported: bool,
    /// `static` method.
    pub is_static: bool,
}

impl Function {
    /// A function of which nothing but its kind is known.
    #[must_use]
    pub fn blank(kind: FunctionKind) -> Self {
        Function {
            name: None,
            name_range: None,
            kind,
            is_async: false,
            is_generator: false,
            params: Vec::new(),
            takes_self: false,
            bounds: Vec::new(),
            returns: None,
            body: None,
            range: OwnRange::default(),
            attributes: Vec::new(),
            owner: None,
            of_trait: None,
            parent: None,
            node: None,
            scope: ScopeId(0),
            is_exported: false,
            is_static: false,
        }
    }
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// The top level of a file.
    Module,
    /// A declared function.
    Free,
    /// A method of a class, an object literal, an impl or a trait.
    Method,
    /// `constructor`
    Constructor,
    /// `get x()`
    Getter,
    /// `set x()`
    Setter,
    /// An arrow function, function expression or Rust closure.
    Closure,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// What it binds.
    pub pattern: super::Pattern,
    /// Declared type.
    pub ty: Option<TypeExpr>,
    /// Default value.
    pub default: Option<NodeId>,
    /// `limit?: number`
    pub is_optional: bool,
    /// `...rest`
    pub is_rest: bool,
    /// A parameter property of a TypeScript constructor (`private readonly db: Db`): the field's name.
    pub field: Option<Name>,
    /// Decorators.
    pub attributes: Vec<Attribute>,
}

/// `@Name(args)`, `#[path(args)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// `["Get"]`, `["tokio", "main"]`, `["derive"]`
    pub path: Vec<Name>,
    /// What stands between the parentheses, as written.
    pub text: Name,
    /// The whole attribute.
    pub range: OwnRange,
}

impl Attribute {
    /// Whether what it stands at is only compiled for tests: `#[cfg(test)]`, `#[cfg(all(test, not(unix)))]`.
    #[must_use]
    pub fn is_for_tests_only(&self) -> bool {
        self.path.last().is_some_and(|last| last == "cfg") && holds_in_tests_only(&self.text)
    }
}

/// Whether a condition of compilation holds in tests only: `test`, or an `all` with it.
pub(crate) fn holds_in_tests_only(condition: &str) -> bool {
    let all = condition.strip_prefix("all(").and_then(|all| all.strip_suffix(')'));
    let mut depth = 0_u32;
    let mut parts = all.unwrap_or(condition).split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.any(|part| part.trim() == "test")
}

/// A lexical scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The scope around it; none for the unit's outermost.
    pub parent: Option<ScopeId>,
    /// The function it belongs to.
    pub function: FunctionId,
    /// The names it binds, in order of appearance.
    pub bindings: Vec<super::BindingId>,
}

/// A name and what it is bound to.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: Name,
    /// How it came to be.
    pub kind: BindingKind,
    /// Where the name stands.
    pub range: OwnRange,
    /// Its scope.
    pub scope: ScopeId,
    /// The value that is matched against the pattern it stands in: the initialiser, the collection of a loop (whose
    /// elements it takes), the matched value of a `match` or `if let`. None for parameters, imports and catch clauses.
    pub value: Option<NodeId>,
    /// The way from that value (or the parameter) to the name.
    pub path: Vec<PathStep>,
    /// Declared type, of the name itself.
    pub ty: Option<Box<TypeExpr>>,
    /// Assignments to it elsewhere in this unit, closures included.
    pub assignments: Vec<NodeId>,
    /// Names in this unit that mean it, in source order.
    pub uses: Vec<NodeId>,
    /// Rust's `mut`, JavaScript's `let` and `var`.
    pub is_mutable: bool,
    /// The first byte from which a name can mean it: after the `let` in Rust, 0 where it is hoisted.
    pub visible_from: u32,
}

/// How a name came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindingKind {
    /// `let`, `const`, `var`, `static`
    Variable,
    /// The parameter with this index of the function.
    Parameter(FunctionId, u16),
    /// A declared function: its node is a [`super::Kind::Function`] or [`super::Kind::Nested`], in `value`.
    Function,
    /// A declared type: its node is a [`super::Kind::Type`], in `value`.
    Type,
    /// An import: an index into [`super::Unit::imports`].
    Import(u32),
    /// The variable of a loop: `value` is the collection.
    Element,
    /// The error of a catch clause.
    Caught,
    /// Bound by `match`, `if let`, `while let`: `value` is what is matched.
    Matched,
    /// A Rust module or a namespace declared in this file: `value` is its block, or a literal for the file that it
    /// says it stands in; none for a module whose file has its name.
    Module,
}

/// One step from a value into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// `{ name }`
    Member(Name),
    /// `[_, x]`, tuples
    Index(u32),
    /// What a variant carries: `Some(x)`, `Ok(x)`.
    Variant(Name, u32),
    /// `...rest`
    Rest,
}

/// A class, struct, enum, interface, trait or impl.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDecl {
    /// Its name; for an impl, the last segment of the type it is for.
    pub name: Name,
    /// What it is.
    pub kind: TypeKind,
    /// What it extends and implements; for an impl, the trait.
    pub supertypes: Vec<TypeExpr>,
    /// What its type parameters are known to implement.
    pub bounds: Vec<(Name, TypeExpr)>,
    /// Fields, properties and enum variants (whose type is their payload). A method without a body is a field of type
    /// `["=>"]`, a `static { }` block is the initial value of a static field `static`, and the expression of a computed
    /// key is that of a field without a name.
    pub fields: Vec<Field>,
    /// Methods, in order: name and the node ([`super::Kind::Nested`] or [`super::Kind::Function`]) of each.
    pub methods: Vec<(Name, NodeId)>,
    /// Decorators and attributes.
    pub attributes: Vec<Attribute>,
    /// The type that an alias stands for.
    pub alias: Option<TypeExpr>,
    /// The whole declaration.
    pub range: OwnRange,
    /// `export`, `pub`.
    pub is_exported: bool,
}

/// What a type declaration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `class`
    Class,
    /// `struct`
    Struct,
    /// `enum`
    Enum,
    /// `interface`
    Interface,
    /// `trait`
    Trait,
    /// `impl T`, `impl Trait for T`
    Impl,
    /// `type A = B`
    Alias,
}

/// A field of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name; the index of a tuple struct.
    pub name: Name,
    /// Declared type.
    pub ty: Option<TypeExpr>,
    /// Initial value.
    pub init: Option<NodeId>,
    /// Decorators and attributes.
    pub attributes: Vec<Attribute>,
    /// `static`
    pub is_static: bool,
    /// Where its name stands.
    pub range: OwnRange,
}
