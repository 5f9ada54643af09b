//! From the expression of a filter to the conditions that it makes, alternative by alternative.

use smol_str::{SmolStr, ToSmolStr};
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator, Value,
};

use super::predicates::{Comparison, Operand, Wildcard};

/// A column in an expression: the parts of its name, and what it is wrapped in.
#[derive(Clone)]
pub(super) struct WrappedColumn<'a> {
    pub parts: &'a [Ident],
    pub function: Option<SmolStr>,
}

/// A condition before the columns in it are attributed to tables.
#[derive(Clone)]
pub(super) struct RawPredicate<'a> {
    pub column: WrappedColumn<'a>,
    pub comparison: Comparison,
    pub operand: RawOperand<'a>,
}

/// What a column is compared with, before columns are attributed to tables.
#[derive(Clone)]
pub(super) enum RawOperand<'a> {
    Known(Operand),
    Column(&'a [Ident]),
}

/// Alternatives of conjunctions of conditions; nothing where they are too many.
pub(super) fn alternatives(expression: &Expr) -> Option<Vec<Vec<RawPredicate<'_>>>> {
    let expression = without_parentheses(expression);
    let disjuncts = operands(expression, &BinaryOperator::Or);
    if disjuncts.len() > 1 {
        let mut all = Vec::new();
        for disjunct in disjuncts {
            all.extend(alternatives(disjunct)?);
        }
        return within_limit(all);
    }
    let conjuncts = operands(expression, &BinaryOperator::And);
    if conjuncts.len() == 1 {
        return Some(vec![conditions(expression)]);
    }
    let mut sets = Vec::new();
    for conjunct in conjuncts {
        sets.push(alternatives(conjunct)?);
    }
    product(sets)
}

/// Columns that are compared for equality with one value in every alternative of an expression.
pub(super) fn always_equal(expression: &Expr) -> Vec<SmolStr> {
    let Some(all) = alternatives(expression) else { return Vec::new() };
    let equal = |conditions: &[RawPredicate<'_>]| -> Vec<SmolStr> {
        let own = conditions.iter().filter(|own| {
            own.comparison == Comparison::Equal
                && own.column.function.is_none()
                && matches!(own.operand, RawOperand::Known(_))
        });
        own.filter_map(|own| own.column.parts.last()).map(|name| SmolStr::new(&name.value)).collect()
    };
    let mut sets = all.iter().map(|conditions| equal(conditions));
    let mut found = sets.next().unwrap_or_default();
    for set in sets {
        found.retain(|name| set.contains(name));
    }
    found
}

/// How many alternatives a filter may have.
const ALTERNATIVE_LIMIT: usize = 24;

fn within_limit<T>(alternatives: Vec<T>) -> Option<Vec<T>> {
    (alternatives.len() <= ALTERNATIVE_LIMIT).then_some(alternatives)
}

/// Every choice of one alternative per conjunct.
fn product<'a>(sets: Vec<Vec<Vec<RawPredicate<'a>>>>) -> Option<Vec<Vec<RawPredicate<'a>>>> {
    let mut all: Vec<Vec<RawPredicate<'a>>> = vec![Vec::new()];
    for set in sets {
        if all.len().saturating_mul(set.len()) > ALTERNATIVE_LIMIT {
            return None;
        }
        let mut next = Vec::with_capacity(all.len() * set.len());
        for chosen in &all {
            for alternative in &set {
                next.push(chosen.iter().chain(alternative).cloned().collect());
            }
        }
        all = next;
    }
    Some(all)
}

/// The operands of a chain of one operator, in order. Chains are as long as their text, so they
/// are walked in a loop; the left side lies on top of the right one.
fn operands<'a>(expression: &'a Expr, operator: &BinaryOperator) -> Vec<&'a Expr> {
    let mut found = Vec::new();
    let mut open = vec![expression];
    while let Some(next) = open.pop() {
        match without_parentheses(next) {
            Expr::BinaryOp { left, op, right } if op == operator => open.extend([&**right, &**left]),
            other => found.push(other),
        }
    }
    found
}

fn without_parentheses(mut expression: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expression {
        expression = inner;
    }
    expression
}

/// The conditions that one expression without `AND` and `OR` makes: none, one, or one for each
/// side of a comparison of two columns.
fn conditions(expression: &Expr) -> Vec<RawPredicate<'_>> {
    let one = |expr, comparison, operand| -> Vec<RawPredicate<'_>> {
        let column = wrapped_column(expr);
        let operand = RawOperand::Known(operand);
        column.map(|column| RawPredicate { column, comparison, operand }).into_iter().collect()
    };
    match expression {
        Expr::BinaryOp { left, op, right } => comparison_of(left, op, right),
        Expr::IsNull(inner) => one(inner, Comparison::IsNull, Operand::None),
        Expr::IsNotNull(inner) => one(inner, Comparison::IsNotNull, Operand::None),
        Expr::IsTrue(inner) | Expr::IsFalse(inner) => one(inner, Comparison::Truth, Operand::None),
        Expr::InList { expr, list, negated } => {
            let comparison = if *negated { Comparison::NotIn } else { Comparison::In };
            let is_bound = list.iter().any(is_placeholder);
            one(expr, comparison, Operand::List { length: list.len(), is_bound })
        }
        Expr::InSubquery { expr, negated, .. } => {
            let comparison = if *negated { Comparison::NotIn } else { Comparison::In };
            one(expr, comparison, Operand::Subquery)
        }
        Expr::InUnnest { expr, array_expr, negated: false } => {
            one(expr, Comparison::Any, operand(array_expr))
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            one(left, Comparison::Any, operand(right))
        }
        Expr::Between { expr, negated, low, .. } => {
            let comparison = if *negated { Comparison::Other } else { Comparison::Range };
            one(expr, comparison, operand(low))
        }
        Expr::Like { expr, pattern, negated, .. } => {
            one(expr, like(pattern, *negated, false), operand(pattern))
        }
        Expr::ILike { expr, pattern, negated, .. } => {
            one(expr, like(pattern, *negated, true), operand(pattern))
        }
        Expr::RLike { expr, .. } | Expr::SimilarTo { expr, .. } => {
            one(expr, Comparison::Other, Operand::Expression)
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            let inner = without_parentheses(expr);
            match inner {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                    one(inner, Comparison::Truth, Operand::None)
                }
                // What a negation leaves is seldom what an index finds.
                _ => Vec::new(),
            }
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            one(expression, Comparison::Truth, Operand::None)
        }
        _ => Vec::new(),
    }
}

fn comparison_of<'a>(left: &'a Expr, operator: &BinaryOperator, right: &'a Expr) -> Vec<RawPredicate<'a>> {
    let comparison = match operator {
        BinaryOperator::Eq | BinaryOperator::Spaceship => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            Comparison::Range
        }
        _ => Comparison::Other,
    };
    // `(a, b) = ($1, $2)` compares column by column.
    if let (Expr::Tuple(left), Expr::Tuple(right)) = (left, right)
        && left.len() == right.len()
        && comparison == Comparison::Equal
    {
        let pairs = left.iter().zip(right);
        return pairs.flat_map(|(left, right)| sides(left, comparison, right)).collect();
    }
    sides(left, comparison, right)
}

fn sides<'a>(left: &'a Expr, comparison: Comparison, right: &'a Expr) -> Vec<RawPredicate<'a>> {
    let side = |own: &'a Expr, other: &'a Expr| {
        let column = wrapped_column(own)?;
        let operand = match wrapped_column(other) {
            Some(other) => RawOperand::Column(other.parts),
            None => RawOperand::Known(operand(other)),
        };
        Some(RawPredicate { column, comparison, operand })
    };
    side(left, right).into_iter().chain(side(right, left)).collect()
}

fn like(pattern: &Expr, is_negated: bool, ignores_case: bool) -> Comparison {
    if is_negated {
        return Comparison::Other;
    }
    let begins_with_wildcard = |text: &str| text.starts_with(['%', '_']);
    // `'%' || $1` begins with what its first operand begins with.
    let mut first = without_parentheses(pattern);
    while let Expr::BinaryOp { left, op: BinaryOperator::StringConcat, .. } = first {
        first = without_parentheses(left);
    }
    if let Expr::Function(function) = first
        && function.name.to_string().eq_ignore_ascii_case("concat")
    {
        first = arguments(function).next().unwrap_or(first);
    }
    let wildcard = match literal_text(first) {
        Some(text) if begins_with_wildcard(text) => Wildcard::Leading,
        Some(_) => Wildcard::NotLeading,
        None => Wildcard::Unknown,
    };
    Comparison::Like { wildcard, ignores_case }
}

fn literal_text(expression: &Expr) -> Option<&str> {
    let Expr::Value(value) = expression else {
        return None;
    };
    match &value.value {
        Value::SingleQuotedString(text)
        | Value::DoubleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::NationalStringLiteral(text) => Some(text),
        _ => None,
    }
}

/// What an expression is, as far as a comparison or an assignment asks.
pub(super) fn operand(expression: &Expr) -> Operand {
    let mut expression = without_parentheses(expression);
    while let Expr::Cast { expr, .. } = expression {
        expression = without_parentheses(expr);
    }
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Operand::Placeholder(SmolStr::new(name)),
            Value::Number(number, _) => number.to_string().parse().map_or(Operand::Literal, Operand::Number),
            _ => Operand::Literal,
        },
        Expr::TypedString(_) | Expr::Interval(_) => Operand::Literal,
        variable if is_variable(variable) => Operand::Placeholder(SmolStr::default()),
        Expr::Subquery(_) => Operand::Subquery,
        Expr::Array(array) => {
            Operand::List { length: array.elem.len(), is_bound: array.elem.iter().any(is_placeholder) }
        }
        _ => Operand::Expression,
    }
}

/// Whether it is a placeholder, with or without a cast.
pub(super) fn is_placeholder(expression: &Expr) -> bool {
    matches!(operand(expression), Operand::Placeholder(_))
}

/// The first column in an expression, through what wraps it.
pub(super) fn wrapped_column(expression: &Expr) -> Option<WrappedColumn<'_>> {
    let mut expression = expression;
    let mut function: Option<SmolStr> = None;
    loop {
        let mut wrapped_by = |name: SmolStr| {
            function.get_or_insert(name);
        };
        expression = match expression {
            variable if is_variable(variable) => return None,
            Expr::Identifier(ident) => {
                return Some(WrappedColumn { parts: std::slice::from_ref(ident), function });
            }
            Expr::CompoundIdentifier(parts) => return Some(WrappedColumn { parts, function }),
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => inner,
            Expr::Cast { expr, .. } => {
                wrapped_by(SmolStr::new_static("cast"));
                expr
            }
            Expr::BinaryOp { left, op, right } => {
                wrapped_by(op.to_smolstr());
                if wrapped_column_is_direct(left) { left } else { right }
            }
            Expr::UnaryOp { op, expr } => {
                wrapped_by(op.to_smolstr());
                expr
            }
            Expr::AtTimeZone { timestamp, .. } => {
                wrapped_by(SmolStr::new_static("at time zone"));
                timestamp
            }
            Expr::Extract { expr, .. } => {
                wrapped_by(SmolStr::new_static("extract"));
                expr
            }
            Expr::Trim { expr, .. } => {
                wrapped_by(SmolStr::new_static("trim"));
                expr
            }
            Expr::Substring { expr, .. } => {
                wrapped_by(SmolStr::new_static("substring"));
                expr
            }
            Expr::Function(call) => {
                wrapped_by(call.name.to_string().to_ascii_lowercase().to_smolstr());
                arguments(call).find(|argument| wrapped_column_is_direct(argument))?
            }
            _ => return None,
        };
    }
}

/// Whether it is `@name`: to most grammars a name, to PostgreSQL's an absolute value.
fn is_variable(expression: &Expr) -> bool {
    match expression {
        Expr::Identifier(ident) => ident.quote_style.is_none() && ident.value.starts_with('@'),
        Expr::UnaryOp { op: UnaryOperator::PGAbs, expr } => matches!(**expr, Expr::Identifier(_)),
        _ => false,
    }
}

/// A look one level deep, so that finding the first column takes time in proportion to the text.
fn wrapped_column_is_direct(expression: &Expr) -> bool {
    match expression {
        Expr::Value(_) | Expr::Subquery(_) | Expr::TypedString(_) | Expr::Interval(_) => false,
        Expr::Cast { expr, .. } => !matches!(**expr, Expr::Value(_)),
        _ => true,
    }
}

/// The arguments of a call that are expressions.
pub(super) fn arguments(function: &sqlparser::ast::Function) -> impl Iterator<Item = &Expr> {
    let list = match &function.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        FunctionArguments::None | FunctionArguments::Subquery(_) => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    })
}
