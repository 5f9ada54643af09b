//! Which value of an SQL text says how many rows there may be: the one behind `LIMIT`.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Kind, Literal, Name, NodeId, Unit};

use crate::link::{CallFacts, Evaluator, SlotValue, looks_like_sql};

/// How many parts a text is put together of at most.
const MAX_PIECES: usize = 64;

enum Piece {
    Text(Name),
    Hole(NodeId),
}

/// Where the value behind `LIMIT` is found.
enum Place {
    /// It stands in the text.
    Here(NodeId),
    /// It is the bound value with this index.
    FromStart(usize),
    /// So many values are bound behind it.
    FromEnd(usize),
}

/// The values behind `LIMIT` in the text of a call, as nodes of its unit.
pub(super) fn limit_in_text(
    eval: &Evaluator<'_>,
    unit: usize,
    call: NodeId,
    facts: &CallFacts,
) -> Vec<NodeId> {
    let u: &Unit = &eval.file.units[unit].unit;
    if let Some(pushed) = pushed(eval, unit, call, facts) {
        return vec![pushed];
    }
    if !facts.effects.intersects(Effects::DB) {
        return Vec::new();
    }
    let Some(text) = own_node(eval, unit, facts.slot(Slot::Sql)) else { return Vec::new() };
    let values = || values(eval, unit, text, facts);
    found(u, text, &values)
}

/// The same for a function of the project that is handed a text and the values beside it.
pub(super) fn limit_in_arguments(eval: &Evaluator<'_>, unit: usize, args: &[NodeId]) -> Vec<NodeId> {
    let u: &Unit = &eval.file.units[unit].unit;
    for (index, &text) in args.iter().enumerate() {
        let is_text = match u.kind(text) {
            Kind::Literal(Literal::String(_)) | Kind::Template { .. } => true,
            Kind::Name { binding: Some(b), .. } => u.binding(*b).value.is_some_and(|value| {
                matches!(u.kind(value), Kind::Literal(Literal::String(_)) | Kind::Template { .. })
            }),
            _ => false,
        };
        if is_text && eval.text_head(unit, text).is_some_and(|head| looks_like_sql(&head)) {
            let values = || args.get(index + 1).map(|&values| listed(u, values)).unwrap_or_default();
            return found(u, text, &values);
        }
    }
    Vec::new()
}

fn found(u: &Unit, text: NodeId, values: &dyn Fn() -> Vec<NodeId>) -> Vec<NodeId> {
    let mut pieces = Vec::new();
    take_apart(u, text, &mut pieces);
    let says =
        |piece: &Piece| matches!(piece, Piece::Text(text) if text.to_ascii_lowercase().contains("limit"));
    if !pieces.iter().any(says) {
        return Vec::new();
    }
    let places = places(&pieces);
    let is_bound = places.iter().any(|place| !matches!(place, Place::Here(_)));
    let values = if is_bound { values() } else { Vec::new() };
    let nodes = places.into_iter().filter_map(|place| match place {
        Place::Here(node) => Some(node),
        Place::FromStart(index) => values.get(index).copied(),
        Place::FromEnd(behind) => values.len().checked_sub(behind + 1).map(|index| values[index]),
    });
    nodes.filter(|&node| !matches!(u.kind(node), Kind::Spread(_))).collect()
}

fn own_node(eval: &Evaluator<'_>, unit: usize, slot: Option<&SlotValue>) -> Option<NodeId> {
    match slot? {
        SlotValue::Node(site) if site.file == eval.file.path && site.unit == eval.file.units[unit].path => {
            Some(site.node)
        }
        _ => None,
    }
}

/// The pieces of a text, in the order in which they are put together.
fn take_apart(u: &Unit, text: NodeId, pieces: &mut Vec<Piece>) {
    let mut open = vec![text];
    let mut names = Vec::new();
    while let Some(node) = open.pop() {
        if pieces.len() > MAX_PIECES || open.len() > MAX_PIECES {
            return;
        }
        match u.kind(node) {
            Kind::Literal(Literal::String(text)) => pieces.push(Piece::Text(text.clone())),
            Kind::Template { pieces: texts, holes } => {
                for (i, text) in texts.iter().enumerate() {
                    pieces.push(Piece::Text(text.clone()));
                    pieces.extend(holes.get(i).map(|&hole| Piece::Hole(hole)));
                }
            }
            Kind::Binary { op, left, right } if op == "+" => open.extend([*right, *left]),
            Kind::Unary { value, .. } | Kind::NonNull(value) | Kind::Cast { value, .. } => open.push(*value),
            Kind::Call { args, .. } => {
                open.extend(args.first().filter(|&&arg| matches!(u.kind(arg), Kind::Template { .. })));
            }
            Kind::Name { binding: Some(b), .. } if !names.contains(b) => {
                names.push(*b);
                let binding = u.binding(*b);
                // One of several texts, each with values of its own.
                let is_one_of_many = binding
                    .assignments
                    .iter()
                    .any(|&assignment| matches!(u.kind(assignment), Kind::Assign { op, .. } if op == "="));
                if is_one_of_many {
                    return pieces.clear();
                }
                let assigned =
                    binding.assignments.iter().filter_map(|&assignment| match u.kind(assignment) {
                        Kind::Assign { value, .. } => Some(*value),
                        _ => None,
                    });
                let mut parts: Vec<NodeId> = binding.value.into_iter().chain(assigned).collect();
                parts.reverse();
                open.extend(parts);
            }
            _ => pieces.push(Piece::Hole(node)),
        }
    }
}

fn places(pieces: &[Piece]) -> Vec<Place> {
    let is_fixed = pieces.iter().all(|piece| matches!(piece, Piece::Text(_)));
    let marks = |text: &str| text.matches(['?', '$']).count();
    let mut found = Vec::new();
    let mut before = 0;
    for (i, piece) in pieces.iter().enumerate() {
        let Piece::Text(text) = piece else { continue };
        let lower = text.to_ascii_lowercase();
        let behind = |from: usize| {
            let rest = pieces[i + 1..].iter().map(|piece| match piece {
                Piece::Text(text) => marks(text),
                Piece::Hole(_) => 0,
            });
            marks(&lower[from..]) + rest.sum::<usize>()
        };
        for (at, _) in lower.match_indices("limit") {
            let is_word = !lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let rest = &lower[at + "limit".len()..];
            let value = rest.trim_start();
            if !is_word || value.len() == rest.len() && !rest.is_empty() {
                continue;
            }
            let start = lower.len() - value.len();
            if value.is_empty() || value == "$" {
                if let Some(Piece::Hole(hole)) = pieces.get(i + 1) {
                    // `LIMIT $${index}` names a value that is bound.
                    let is_number = value == "$";
                    found.push(if is_number {
                        Place::FromEnd(behind(lower.len()))
                    } else {
                        Place::Here(*hole)
                    });
                }
                continue;
            }
            if let Some(number) = value.strip_prefix(['$', '?']) {
                let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
                match digits.parse::<usize>() {
                    Ok(number) => found.extend(number.checked_sub(1).map(Place::FromStart)),
                    Err(_) if value.starts_with('?') => {
                        // `LIMIT ?, ?`: the second is the number of rows.
                        let is_pair = number.trim_start().starts_with(',');
                        let first = before + marks(&lower[..start]);
                        let skipped = usize::from(is_pair);
                        found.push(match is_fixed {
                            true => Place::FromStart(first + skipped),
                            false => Place::FromEnd(behind(start + 1).saturating_sub(skipped)),
                        });
                    }
                    Err(_) => {}
                }
            }
        }
        before += marks(text);
    }
    found
}

/// The values that are bound to a text, in order.
fn values(eval: &Evaluator<'_>, unit: usize, text: NodeId, facts: &CallFacts) -> Vec<NodeId> {
    let u: &Unit = &eval.file.units[unit].unit;
    let bound: Vec<NodeId> = facts
        .slots
        .iter()
        .filter(|(slot, _)| *slot == Slot::Params)
        .filter_map(|(_, value)| own_node(eval, unit, Some(value)))
        .collect();
    let &[only] = bound.as_slice() else { return bound };
    let around = u.parent(only).filter(|&call| matches!(u.kind(call), Kind::Call { .. }));
    let facts_around = around.map(|call| eval.call(unit, call));
    let behavior = facts_around.as_ref().and_then(|facts| facts.behavior.as_ref());
    let takes_all = behavior.is_some_and(|(_, b)| b.slots.get(&Slot::Params).is_some_and(|path| path == "*"));
    // `.bind(limit)`: a step that takes one value.
    if !takes_all && facts_around.as_ref().is_some_and(|facts| facts.effects.is_empty()) {
        return vec![only];
    }
    match around.map(|call| u.kind(call)) {
        Some(Kind::Call { args, .. }) if takes_all => {
            let from = args.iter().position(|&arg| arg == text).map_or(0, |at| at + 1);
            args[from..].to_vec()
        }
        _ => listed(u, only),
    }
}

/// The elements of an array, with what is pushed to it by its name.
fn listed(u: &Unit, node: NodeId) -> Vec<NodeId> {
    match u.kind(node) {
        Kind::Array(items) => items.clone(),
        Kind::Cast { value, .. } | Kind::NonNull(value) | Kind::Unary { value, .. } => match u.kind(*value) {
            Kind::Array(items) => items.clone(),
            _ => vec![node],
        },
        Kind::Name { binding: Some(b), .. } => {
            let binding = u.binding(*b);
            let mut items = match binding.value.map(|value| u.kind(value)) {
                Some(Kind::Array(items)) => items.clone(),
                _ => return Vec::new(),
            };
            for &used in &binding.uses {
                let Some(member) = u.parent(used) else { continue };
                let Kind::Member { object, name, .. } = u.kind(member) else { continue };
                let Some(call) = u.parent(member) else { continue };
                if let Kind::Call { callee, args, .. } = u.kind(call)
                    && *object == used
                    && *callee == member
                    && name == "push"
                {
                    items.extend(args);
                }
            }
            items
        }
        _ => vec![node],
    }
}

/// The value that is bound by a step of a query behind one that ends with `LIMIT`:
/// `query.push(" LIMIT ").push_bind(limit)`, or a statement for each.
fn pushed(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts) -> Option<NodeId> {
    let u: &Unit = &eval.file.units[unit].unit;
    let (_, behavior) = facts.behavior.as_ref()?;
    behavior.slots.get(&Slot::Params).filter(|path| *path == "0")?;
    let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
    let Kind::Member { object, .. } = u.kind(*callee) else { return None };
    let before = match u.kind(*object) {
        Kind::Call { .. } => *object,
        Kind::Name { binding: Some(b), .. } => {
            let uses = &u.binding(*b).uses;
            let earlier = uses.iter().position(|used| used == object)?.checked_sub(1)?;
            u.parent(u.parent(uses[earlier])?)?
        }
        _ => return None,
    };
    let Kind::Call { args: pushed, .. } = u.kind(before) else { return None };
    let Kind::Literal(Literal::String(text)) = u.kind(*pushed.first()?) else { return None };
    let says = text.trim_end().to_ascii_lowercase();
    (says.ends_with("limit")).then(|| args.first().copied())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn told(pieces: &[Piece]) -> Vec<String> {
        let told = places(pieces).into_iter().map(|place| match place {
            Place::Here(node) => format!("here {}", node.0),
            Place::FromStart(index) => format!("start {index}"),
            Place::FromEnd(behind) => format!("end {behind}"),
        });
        told.collect()
    }

    #[test]
    fn the_value_behind_limit_is_told() {
        let hole = || Piece::Hole(NodeId(7));
        assert_eq!(told(&[text("SELECT a FROM t WHERE b = $1 LIMIT $2 OFFSET $3")]), ["start 1"]);
        assert_eq!(told(&[text("select a from t where b = ? limit ? offset ?")]), ["start 1"]);
        assert_eq!(told(&[text("SELECT a FROM t LIMIT ?, ?")]), ["start 1"]);
        assert_eq!(told(&[text("SELECT a FROM t LIMIT "), hole(), text(" OFFSET 5")]), ["here 7"]);
        assert_eq!(told(&[hole(), text(" LIMIT $"), hole(), text(" OFFSET $"), hole()]), ["end 1"]);
        assert_eq!(told(&[hole(), text(" LIMIT ? OFFSET ?")]), ["end 1"]);
        assert_eq!(
            told(&[text("SELECT rate_limit FROM t WHERE limits = $1 LIMIT 10")]),
            Vec::<String>::new()
        );
    }
}
