//! Nodes: expressions and statements of all languages, in one arena per unit.

use super::{Name, OwnRange};

/// A node of a [`super::Unit`]: an index into its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A function in a [`super::Unit`]; 0 is the unit's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A name bound in a [`super::Unit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u32);

/// A lexical scope of a [`super::Unit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// A type declared in a [`super::Unit`]: class, struct, enum, interface, trait or impl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// One expression or statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in the unit's own coordinates.
    pub range: OwnRange,
    /// The node that contains it; none for the body of the unit's own function.
    pub parent: Option<NodeId>,
    /// The innermost scope it stands in.
    pub scope: ScopeId,
    /// The innermost function it stands in.
    pub function: FunctionId,
}

/// What a node is: what only some kinds need, and much memory, stands in a box, for there is a node for every five bytes
/// of a source. Rust's paths are members, its macros are calls, its `match` is a [`Kind::Match`] like `switch`.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Something the vocabulary has no word for. Its parts are still there.
    Other(Vec<NodeId>),
    /// A constant in the source.
    Literal(Literal),
    /// A text with holes: a template string, or the format string of a Rust formatting macro.
    /// `pieces.len() == holes.len() + 1`.
    Template {
        /// The constant texts, escapes not resolved.
        pieces: Box<[Name]>,
        /// The expressions between them.
        holes: Box<[NodeId]>,
    },
    /// A name. Resolved within the unit where the unit binds it, else free.
    Name {
        /// As written.
        name: Name,
        /// The binding of this unit that it means; none when it is bound outside or nowhere.
        binding: Option<BindingId>,
    },
    /// `this` or `self`.
    This,
    /// `super`, or Rust's `super`, `crate` and `Self` at the head of a path.
    PathRoot(Name),
    /// `object.name`, `object?.name`, `object::name`, `object.#name`.
    Member {
        /// What it is a member of.
        object: NodeId,
        /// The member's name, without `#`.
        name: Name,
        /// Where the name stands.
        name_range: OwnRange,
        /// How it is reached.
        access: Access,
    },
    /// `object[index]`.
    Index {
        /// What is indexed.
        object: NodeId,
        /// By what.
        index: NodeId,
    },
    /// A call, a construction, a tagged template or a macro.
    Call {
        /// What is called. For a macro, the macro's path as names and members, without `!`.
        callee: NodeId,
        /// The arguments; a spread one is a [`Kind::Spread`]. A tagged template has one: its [`Kind::Template`].
        args: Box<[NodeId]>,
        /// How it is written.
        form: CallForm,
        /// Explicit type arguments: `f<T>()`, `f::<T>()`.
        type_args: Box<[TypeExpr]>,
    },
    /// `{ a: 1, ...rest }`, or a Rust struct literal.
    Object {
        /// In order.
        entries: Box<[Entry]>,
        /// The struct's name, in Rust.
        ty: Option<Box<TypeExpr>>,
    },
    /// An array, tuple or `vec!`. Holes are left out.
    Array(Vec<NodeId>),
    /// Rust's `[value; count]` and `vec![value; count]`.
    Repeat {
        /// The element.
        value: NodeId,
        /// How many.
        count: NodeId,
    },
    /// A function that belongs to this unit: a small closure or local function.
    Function(FunctionId),
    /// A function that is a unit of its own: an index into [`super::Unit::nested`].
    Nested(u32),
    /// A type declaration.
    Type(TypeId),
    /// `await x`, `x.await`.
    Await(NodeId),
    /// Rust's `x?`.
    Try(NodeId),
    /// TypeScript's `x!`.
    NonNull(NodeId),
    /// `x as T`, `x satisfies T`, `<T>x`.
    Cast {
        /// The value.
        value: NodeId,
        /// The type.
        ty: Box<TypeExpr>,
    },
    /// `!x`, `-x`, `typeof x`, `void x`, `delete x`, `&x`, `*x`, `i++`.
    Unary {
        /// The operator as written: `!`, `-`, `+`, `~`, `typeof`, `void`, `delete`, `&`, `&mut`, `*`, `++`, `--`.
        op: Name,
        /// The operand.
        value: NodeId,
    },
    /// `a + b`, `a && b`, `a ?? b`, `a instanceof B`…
    Binary {
        /// The operator as written.
        op: Name,
        /// Left operand.
        left: NodeId,
        /// Right operand.
        right: NodeId,
    },
    /// `target = value`, `target += value`.
    Assign {
        /// `=`, `+=`, `??=`…
        op: Name,
        /// A [`Kind::Name`], [`Kind::Member`], [`Kind::Index`], or a destructuring [`Kind::Other`].
        target: NodeId,
        /// The value.
        value: NodeId,
    },
    /// `...x`, Rust's `..x` in a struct literal.
    Spread(NodeId),
    /// `a..b`, `a..=b`.
    Range {
        /// First bound.
        start: Option<NodeId>,
        /// Last bound.
        end: Option<NodeId>,
    },
    /// `a, b`.
    Sequence(Vec<NodeId>),
    /// `yield x`.
    Yield(Option<NodeId>),
    /// A JSX element or fragment.
    Element {
        /// The tag as a name or member; none for a fragment.
        tag: Option<NodeId>,
        /// The attributes; a value-less attribute has the literal `true`.
        attributes: Box<[Entry]>,
        /// Children that are expressions or elements; text is left out.
        children: Box<[NodeId]>,
    },
    /// Whether a value matches a pattern: `if let P = value`, `matches!(value, P)`.
    Is {
        /// The value.
        value: NodeId,
        /// The pattern.
        pattern: Box<Pattern>,
    },

    /// Statements in order. Also an expression in Rust, whose value is the last one without `;`.
    Block {
        /// The statements.
        statements: Vec<NodeId>,
        /// Rust: whether the last statement is the block's value.
        has_value: bool,
        /// `async {}`, `unsafe {}`, plain.
        form: BlockForm,
    },
    /// An expression whose value is thrown away.
    Discard(NodeId),
    /// `let`, `const`, `var`, `using`.
    Let {
        /// What it binds.
        pattern: Box<Pattern>,
        /// Declared type.
        ty: Option<Box<TypeExpr>>,
        /// Initial value.
        init: Option<NodeId>,
        /// Rust's `let … else { }`.
        otherwise: Option<NodeId>,
        /// `using` and `await using` release it at the end of the scope.
        is_using: bool,
    },
    /// `if`, or `a ? b : c`.
    If {
        /// The condition.
        condition: NodeId,
        /// Taken when it holds.
        then: NodeId,
        /// Taken when it does not.
        otherwise: Option<NodeId>,
        /// Whether it stands where a value is wanted: `?:`, Rust's `if` as an expression.
        is_expression: bool,
    },
    /// A loop.
    Loop(Box<Loop>),
    /// `switch` and `match`.
    Match {
        /// What is compared.
        on: NodeId,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `try { } catch { } finally { }`.
    TryCatch {
        /// The protected block.
        body: NodeId,
        /// The handler.
        catch: Option<Box<Catch>>,
        /// Runs on every path.
        finally: Option<NodeId>,
    },
    /// `return x`.
    Return(Option<NodeId>),
    /// `throw x`. Rust's `panic!` stays a call.
    Throw(NodeId),
    /// `break`, with Rust's value and the label.
    Break {
        /// The label, without `'`.
        label: Option<Name>,
        /// Rust's `break value`.
        value: Option<NodeId>,
    },
    /// `continue`.
    Continue(Option<Name>),
    /// A labelled statement.
    Labeled {
        /// The label, without `'`.
        label: Name,
        /// The statement.
        body: NodeId,
    },
}

// A kind that grows makes all nodes grow.
const _: () = assert!(size_of::<Kind>() <= 48 && size_of::<Node>() <= 72);

/// How a member is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `a.b`
    Dot,
    /// `a?.b`
    Optional,
    /// `a::b`
    Path,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallForm {
    /// `f(x)`
    Plain,
    /// `f?.(x)`
    Optional,
    /// `new F(x)`
    New,
    /// `` f`x` ``
    Tagged,
    /// `f!(x)`
    Macro,
    /// `import("x")`; the callee is the name `import`.
    Import,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockForm {
    /// `{ }`
    Plain,
    /// `async { }`, `async move { }`: a value that runs when awaited.
    Async,
    /// `unsafe { }`
    Unsafe,
}

/// A constant in the source.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A string or template without holes: its text, escapes not resolved, without quotes.
    String(Name),
    /// A number as written, separators removed.
    Number(Name),
    /// `true`, `false`
    Bool(bool),
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// `/…/`
    Regex(Name),
    /// `'c'` in Rust
    Char,
    /// `b"…"`, `b'c'` in Rust
    Bytes,
}

/// A property of an object, a field of a struct literal, or a JSX attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its key; none for a spread, whose value is a [`Kind::Spread`].
    pub key: Key,
    /// Its value. For a shorthand, the name. For a method, the function.
    pub value: NodeId,
    /// `{ a }`
    pub is_shorthand: bool,
    /// From the key to the value's end.
    pub range: OwnRange,
}

/// The key of an [`Entry`].
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// `a:`, `'a':`, `1:`
    Name(Name),
    /// `[a]:`
    Computed(NodeId),
    /// `...a`
    Spread,
}

/// A loop of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// What drives it.
    pub kind: LoopKind,
    /// What is bound on every turn.
    pub pattern: Option<Pattern>,
    /// The collection, stream or iterator.
    pub over: Option<NodeId>,
    /// `for (init; …; …)`
    pub init: Option<NodeId>,
    /// The condition of `while` and C-style `for`. `while let` has a [`Kind::Is`].
    pub condition: Option<NodeId>,
    /// The step of a C-style `for`.
    pub step: Option<NodeId>,
    /// What runs on every turn.
    pub body: NodeId,
}

/// What drives a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopKind {
    /// `for (x of xs)`, Rust's `for x in xs`
    Each,
    /// `for await (x of xs)`
    EachAwait,
    /// `for (k in o)`
    Keys,
    /// `for (;;)`
    Counted,
    /// `while`, `do … while`, `while let`
    While,
    /// Rust's `loop`
    Forever,
}

/// One arm of a [`Kind::Match`].
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The pattern of a `match`; none for `switch`.
    pub pattern: Option<Pattern>,
    /// The value of `case x:`; none for `default:` and for `match`.
    pub case: Option<NodeId>,
    /// Rust's `if guard`.
    pub guard: Option<NodeId>,
    /// What runs: a block for `switch`.
    pub body: NodeId,
    /// The whole arm.
    pub range: OwnRange,
}

/// A handler of a [`Kind::TryCatch`].
#[derive(Clone, Debug, PartialEq)]
pub struct Catch {
    /// What the error is bound to.
    pub pattern: Option<Pattern>,
    /// The handler.
    pub body: NodeId,
    /// From `catch` to its end.
    pub range: OwnRange,
}

/// A pattern, flattened to what rules ask of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// The names it binds, in order. Each [`super::Binding`] knows its path into the matched value.
    pub bindings: Vec<BindingId>,
    /// Variants and structs it names, outermost first, last path segment only: `Some`, `Err`.
    pub variants: Vec<Name>,
    /// Whether it matches everything: a plain name, `_`, a destructuring without variants or literals.
    pub is_irrefutable: bool,
    /// Default values inside it: `{ a = 1 }`.
    pub defaults: Vec<NodeId>,
    /// Where it stands.
    pub range: OwnRange,
}

/// A type as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TypeExpr {
    /// Its path: `["reqwest", "Client"]`, `["PrismaClient"]`; references and `dyn`, `impl` are looked through.
    /// `string[]` is `["Array"]` with an argument, `[T]` and `[T; n]` are `["[]"]`, a tuple is `["()"]`, a union is
    /// `["|"]` with its members as arguments, a function type `["=>"]`, a string literal type `["\"x\""]`, an object
    /// type `["{}"]`, whose arguments are its properties, `[":", name]` with the property's type. An intersection is `["&"]`; `typeof x.y` is `["typeof"]` and `keyof T` is `["keyof"]` with one
    /// argument; the head of `import("m").T` is the segment `import("m")`; the argument of `["=>"]` is what it returns.
    /// Empty when it is something else: `T["key"]` has an empty path and two arguments.
    pub path: Vec<Name>,
    /// Its arguments.
    pub args: Vec<TypeExpr>,
}

impl Kind {
    /// Calls `f` for each direct part of the node, in source order.
    pub fn each_part(&self, f: &mut dyn FnMut(NodeId)) {
        fn pattern(p: &Pattern, f: &mut dyn FnMut(NodeId)) {
            p.defaults.iter().copied().for_each(f);
        }
        fn entries(entries: &[Entry], f: &mut dyn FnMut(NodeId)) {
            for entry in entries {
                if let Key::Computed(key) = entry.key {
                    f(key);
                }
                f(entry.value);
            }
        }
        match self {
            Kind::Other(parts) | Kind::Array(parts) | Kind::Sequence(parts) => {
                parts.iter().copied().for_each(f)
            }
            Kind::Template { holes, .. } => holes.iter().copied().for_each(f),
            Kind::Literal(_)
            | Kind::Name { .. }
            | Kind::This
            | Kind::PathRoot(_)
            | Kind::Function(_)
            | Kind::Nested(_)
            | Kind::Type(_)
            | Kind::Continue(_) => {}
            Kind::Member { object, .. } => f(*object),
            Kind::Index { object, index } => {
                f(*object);
                f(*index);
            }
            Kind::Call { callee, args, .. } => {
                f(*callee);
                args.iter().copied().for_each(f);
            }
            Kind::Object { entries: e, .. } => entries(e, f),
            Kind::Repeat { value, count } => {
                f(*value);
                f(*count);
            }
            Kind::Await(x)
            | Kind::Try(x)
            | Kind::NonNull(x)
            | Kind::Cast { value: x, .. }
            | Kind::Unary { value: x, .. }
            | Kind::Spread(x)
            | Kind::Discard(x)
            | Kind::Throw(x)
            | Kind::Labeled { body: x, .. } => f(*x),
            Kind::Binary { left, right, .. } => {
                f(*left);
                f(*right);
            }
            Kind::Assign { target, value, .. } => {
                f(*target);
                f(*value);
            }
            Kind::Range { start, end } => start.iter().chain(end).copied().for_each(f),
            Kind::Yield(x) | Kind::Return(x) | Kind::Break { value: x, .. } => x.iter().copied().for_each(f),
            Kind::Element { tag, attributes, children } => {
                tag.iter().copied().for_each(&mut *f);
                entries(attributes, f);
                children.iter().copied().for_each(f);
            }
            Kind::Is { value, pattern: p } => {
                f(*value);
                pattern(p, f);
            }
            Kind::Block { statements, .. } => statements.iter().copied().for_each(f),
            Kind::Let { pattern: p, init, otherwise, .. } => {
                pattern(p, f);
                init.iter().chain(otherwise).copied().for_each(f);
            }
            Kind::If { condition, then, otherwise, .. } => {
                f(*condition);
                f(*then);
                otherwise.iter().copied().for_each(f);
            }
            Kind::Loop(l) => {
                if let Some(p) = &l.pattern {
                    pattern(p, f);
                }
                [l.init, l.over, l.condition, l.step].into_iter().flatten().for_each(&mut *f);
                f(l.body);
            }
            Kind::Match { on, arms } => {
                f(*on);
                for arm in arms {
                    if let Some(p) = &arm.pattern {
                        pattern(p, f);
                    }
                    arm.case.iter().chain(&arm.guard).copied().for_each(&mut *f);
                    f(arm.body);
                }
            }
            Kind::TryCatch { body, catch, finally } => {
                f(*body);
                if let Some(c) = catch {
                    if let Some(p) = &c.pattern {
                        pattern(p, f);
                    }
                    f(c.body);
                }
                finally.iter().copied().for_each(f);
            }
        }
    }
}
