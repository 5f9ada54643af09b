//! Names of a grammar, resolved to numbers once.
//!
//! A misspelt node kind never matches and nothing says so. Names are therefore
//! resolved when a program starts, one that does not exist becomes a number
//! that no node has, and `missing()` lists it: each table of names has a test
//! that asserts, for each grammar it is used with, that the list is empty.

use tree_sitter::{Language as Tables, Node};

/// The number of a node kind that nodes can have, or `None`. Supertypes such
/// as `expression` have no nodes of their own and are refused.
#[must_use]
pub fn resolve_kind(tables: &Tables, name: &str, is_named: bool) -> Option<u16> {
    let id = tables.id_for_node_kind(name, is_named);
    let exists = id != 0 && (tables.node_kind_is_visible(id) || name == "ERROR");
    exists.then_some(id)
}

/// The number of a field, or `None`.
#[must_use]
pub fn resolve_field(tables: &Tables, name: &str) -> Option<u16> {
    tables.field_id_for_name(name).map(std::num::NonZero::get)
}

/// Declares a struct with the number of each node kind.
///
/// A plain name is the kind of a named node; `name = node "kind"` gives it
/// another name in Rust, and `name = token "text"` is an anonymous node.
///
/// ```
/// plimsoll_syntax::kinds! {
///     /// Kinds of the TypeScript grammars.
///     pub struct ScriptKinds {
///         call_expression,
///         loop_in = node "for_in_statement",
///         plus = token "+",
///     }
/// }
/// let kinds = ScriptKinds::resolve(plimsoll_syntax::Grammar::Tsx);
/// assert!(kinds.missing().is_empty());
/// ```
///
/// The struct has `resolve(Grammar)` and `missing()`. Compare its fields with
/// `Node::kind_id`.
#[macro_export]
macro_rules! kinds {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($field:ident $(= $sort:ident $text:literal)?),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $(
                #[doc = concat!("The kind `", stringify!($field $($text)?), "`.")]
                $vis $field: u16,
            )+
            missing: Vec<&'static str>,
        }

        impl $name {
            /// Looks every name up in the tables of `grammar`.
            #[must_use]
            $vis fn resolve(grammar: $crate::Grammar) -> Self {
                let tables = grammar.tables();
                let mut missing = Vec::new();
                $(
                    let (text, is_named) = $crate::__kind_name!($field $($sort $text)?);
                    let $field = $crate::resolve_kind(tables, text, is_named).unwrap_or_else(|| {
                        missing.push(text);
                        0
                    });
                )+
                Self { $($field,)+ missing }
            }

            /// The names that the grammar does not have.
            #[must_use]
            $vis fn missing(&self) -> &[&'static str] {
                &self.missing
            }
        }
    };
}

/// Declares a struct with the number of each field.
///
/// `name = "field"` gives a field another name in Rust. The numbers are for
/// `Node::child_by_field_id` and `TreeCursor::field_id`; that of a missing
/// field is 0, which no child has.
///
/// ```
/// plimsoll_syntax::fields! {
///     /// Fields of the TypeScript grammars.
///     pub struct ScriptFields { function, arguments, type_ = "type" }
/// }
/// let fields = ScriptFields::resolve(plimsoll_syntax::Grammar::Tsx);
/// assert!(fields.missing().is_empty());
/// ```
#[macro_export]
macro_rules! fields {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($field:ident $(= $text:literal)?),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $(
                #[doc = concat!("The field `", stringify!($field $($text)?), "`.")]
                $vis $field: u16,
            )+
            missing: Vec<&'static str>,
        }

        impl $name {
            /// Looks every name up in the tables of `grammar`.
            #[must_use]
            $vis fn resolve(grammar: $crate::Grammar) -> Self {
                let tables = grammar.tables();
                let mut missing = Vec::new();
                $(
                    let (text, _) = $crate::__kind_name!($field $(node $text)?);
                    let $field = $crate::resolve_field(tables, text).unwrap_or_else(|| {
                        missing.push(text);
                        0
                    });
                )+
                Self { $($field,)+ missing }
            }

            /// The names that the grammar does not have.
            #[must_use]
            $vis fn missing(&self) -> &[&'static str] {
                &self.missing
            }
        }
    };
}

/// Declares an enum of node kinds to `match` on, with a variant `Other` for
/// all the rest. Build its [`KindTable`] once; a look-up is one index.
///
/// ```
/// plimsoll_syntax::kind_enum! {
///     /// Kinds of the TypeScript grammars.
///     pub enum ScriptKind {
///         Call = node "call_expression",
///         Plus = token "+",
///     }
/// }
/// use plimsoll_syntax::{Grammar, KindTable};
/// let table = KindTable::<ScriptKind>::resolve(Grammar::Tsx);
/// assert!(table.missing().is_empty());
/// ```
#[macro_export]
macro_rules! kind_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($variant:ident = $sort:ident $text:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $(
                #[doc = concat!("The kind `", $text, "`.")]
                $variant,
            )+
            /// A kind that has no variant.
            Other,
        }

        impl $crate::KindEnum for $name {
            const OTHER: Self = Self::Other;
            const NAMES: &'static [(Self, &'static str, bool)] = &[
                $({
                    let (text, is_named) = $crate::__kind_name!($variant $sort $text);
                    (Self::$variant, text, is_named)
                }),+
            ];
        }
    };
}

/// The name in the grammar, and whether its nodes are named.
#[doc(hidden)]
#[macro_export]
macro_rules! __kind_name {
    ($field:ident) => {
        (stringify!($field), true)
    };
    ($field:ident node $text:literal) => {
        ($text, true)
    };
    ($field:ident token $text:literal) => {
        ($text, false)
    };
}

/// What [`kind_enum!`](crate::kind_enum) declares.
pub trait KindEnum: Copy + 'static {
    /// The variant of kinds that have none.
    const OTHER: Self;
    /// Each variant with its name in the grammar and whether it is a named
    /// node.
    const NAMES: &'static [(Self, &'static str, bool)];
}

/// The variants of a [`KindEnum`] by the numbers of one grammar.
#[derive(Clone, Debug)]
pub struct KindTable<K> {
    by_id: Box<[K]>,
    error: K,
    missing: Vec<&'static str>,
}

impl<K: KindEnum> KindTable<K> {
    /// Looks every name up in the tables of `grammar`.
    #[must_use]
    pub fn resolve(grammar: crate::Grammar) -> Self {
        let tables = grammar.tables();
        let mut by_id = vec![K::OTHER; tables.node_kind_count()].into_boxed_slice();
        let mut error = K::OTHER;
        let mut missing = Vec::new();
        for &(kind, name, is_named) in K::NAMES {
            let Some(id) = resolve_kind(tables, name, is_named) else {
                missing.push(name);
                continue;
            };
            // The kind `ERROR` has the largest number instead of the next one.
            *by_id.get_mut(usize::from(id)).unwrap_or(&mut error) = kind;
        }
        Self { by_id, error, missing }
    }

    /// The variant of a node's kind.
    #[must_use]
    pub fn of(&self, node: Node<'_>) -> K {
        self.of_id(node.kind_id())
    }

    /// The variant of a kind's number.
    #[must_use]
    pub fn of_id(&self, id: u16) -> K {
        self.by_id.get(usize::from(id)).copied().unwrap_or(self.error)
    }

    /// The names that the grammar does not have.
    #[must_use]
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::KindTable;
    use crate::{Grammar, Language, Parsed, preorder};

    kinds! {
        struct Kinds {
            call_expression,
            arrow = node "arrow_function",
            plus = token "+",
            if_ = token "if",
            error = node "ERROR",
        }
    }

    kinds! {
        struct Misspelt {
            call_expresion,
            expression,
            identifier,
            plus = node "+",
        }
    }

    fields! {
        struct Fields { function, arguments, type_ = "type" }
    }

    fields! {
        struct MisspeltFields { functoin, body }
    }

    kind_enum! {
        enum Kind {
            Call = node "call_expression",
            Plus = token "+",
            Error = node "ERROR",
        }
    }

    kind_enum! {
        enum MisspeltKind { Call = node "call_expresion", Name = node "identifier" }
    }

    #[test]
    fn names_of_a_grammar_are_found() {
        for grammar in [Grammar::TypeScript, Grammar::Tsx] {
            assert!(Kinds::resolve(grammar).missing().is_empty());
            assert!(KindTable::<Kind>::resolve(grammar).missing().is_empty());
        }
        for grammar in Grammar::ALL {
            let fields = Fields::resolve(grammar);
            assert!(fields.missing().is_empty());
            assert!(fields.arguments != 0 && fields.type_ != 0);
        }
        assert_eq!(Kinds::resolve(Grammar::Rust).missing(), ["arrow_function"]);
    }

    #[test]
    fn names_that_no_node_has_are_reported_and_match_nothing() {
        let kinds = Misspelt::resolve(Grammar::Tsx);
        assert_eq!(kinds.missing(), ["call_expresion", "expression", "+"]);
        assert_eq!([kinds.call_expresion, kinds.expression, kinds.plus], [0, 0, 0]);
        assert_ne!(kinds.identifier, 0);
        let fields = MisspeltFields::resolve(Grammar::Tsx);
        assert_eq!(fields.missing(), ["functoin"]);
        assert_eq!(fields.functoin, 0);
        assert_ne!(fields.body, 0);
        let table = KindTable::<MisspeltKind>::resolve(Grammar::Tsx);
        assert_eq!(table.missing(), ["call_expresion"]);
        assert_eq!(table.of_id(kinds.identifier), MisspeltKind::Name);
    }

    #[test]
    fn numbers_are_those_of_nodes() {
        let parsed = Parsed::parse("if (a) f(a + (() => 1)); @", Language::Tsx).expect("it is small");
        let kinds = Kinds::resolve(Grammar::Tsx);
        let fields = Fields::resolve(Grammar::Tsx);
        let table = KindTable::<Kind>::resolve(Grammar::Tsx);
        let nodes: Vec<_> = preorder(parsed.root()).map(|(node, _)| node).collect();
        let text_of_all = |id: u16| -> Vec<&str> {
            let of_kind = nodes.iter().filter(|node| node.kind_id() == id);
            of_kind.map(|node| &parsed.text()[node.byte_range()]).collect()
        };
        assert_eq!(text_of_all(kinds.call_expression), ["f(a + (() => 1))"]);
        assert_eq!(text_of_all(kinds.arrow), ["() => 1"]);
        assert_eq!(text_of_all(kinds.plus), ["+"]);
        assert_eq!(text_of_all(kinds.if_), ["if"]);
        assert_eq!(text_of_all(kinds.error), ["@"]);
        let call = nodes.iter().find(|node| table.of(**node) == Kind::Call).expect("there is a call");
        let callee = call.child_by_field_id(fields.function).expect("a call has one");
        assert_eq!(callee.kind(), "identifier");
        assert!(nodes.iter().any(|node| table.of(*node) == Kind::Error));
        assert_eq!(table.of(parsed.root()), Kind::Other);
    }
}
