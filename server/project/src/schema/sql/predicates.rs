//! Conditions of a filter: which column is compared, how, and with what.

use smol_str::SmolStr;

use crate::schema::TextRange;

/// Conditions that hold together: one alternative of a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Its conditions in the order of the text; those about no column are left out.
    pub predicates: Vec<Predicate>,
}

/// One condition about one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The table, as its position in the scope, where it could be told.
    pub table: Option<usize>,
    /// The column's name as it is spelled.
    pub column: SmolStr,
    /// How it is compared.
    pub comparison: Comparison,
    /// What it is compared with.
    pub operand: Operand,
    /// What the column is wrapped in before it is compared: a function's name in small letters,
    /// `cast`, or an operator. A plain index does not serve it then.
    pub function: Option<SmolStr>,
    /// Whether it stands in the condition of a join.
    pub is_join: bool,
    /// The column in the text.
    pub range: Option<TextRange>,
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `IN (…)` with a list or a subquery.
    In,
    /// `NOT IN (…)`
    NotIn,
    /// `= ANY(…)`
    Any,
    /// `<`, `>=`, `BETWEEN` and their like.
    Range,
    /// `LIKE` and `ILIKE`.
    Like {
        /// Whether the pattern begins with a wildcard.
        wildcard: Wildcard,
        /// Whether case does not matter.
        ignores_case: bool,
    },
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
    /// A column that is a condition by itself (`WHERE active`), or its negation.
    Truth,
    /// Any other operator: regular expressions, containment, full text.
    Other,
}

/// Whether a pattern begins with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wildcard {
    /// It does.
    Leading,
    /// It does not.
    NotLeading,
    /// The pattern is bound, the text does not tell.
    Unknown,
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Nothing: the comparison says it all.
    None,
    /// A whole number in the text.
    Number(i64),
    /// Another value in the text.
    Literal,
    /// A placeholder, as it is spelled: `$1`, `?`, `:name`. A variable of the database has no name here.
    Placeholder(SmolStr),
    /// A column, with its table's position in the scope where it could be told.
    Column(Option<usize>, SmolStr),
    /// A list in the text of so many elements.
    List {
        /// How many.
        length: usize,
        /// Whether any of them is a placeholder.
        is_bound: bool,
    },
    /// A subquery.
    Subquery,
    /// Anything else.
    Expression,
}

impl Predicate {
    /// Whether an index that leads with the column can find the rows: a comparison for equality
    /// or a range of the column as it is stored.
    #[must_use]
    pub fn is_servable(&self) -> bool {
        let servable = match self.comparison {
            Comparison::Equal | Comparison::In | Comparison::Any | Comparison::Range => true,
            Comparison::IsNull | Comparison::Truth => true,
            Comparison::Like { wildcard, ignores_case } => wildcard != Wildcard::Leading && !ignores_case,
            Comparison::NotEqual | Comparison::NotIn | Comparison::IsNotNull | Comparison::Other => false,
        };
        servable && self.function.is_none()
    }
}
