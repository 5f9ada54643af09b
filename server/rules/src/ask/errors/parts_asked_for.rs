//! Whether what is used of a value is asked for first.

use plimsoll_behavior::{Binding, Effects, Kind, Literal, Name, NodeId, PathStep, Unit};

use crate::UnitView;

/// How far around a use its conditions are looked for.
const MAX_AROUND: usize = 24;

/// Whether everything that is used of a value stands behind a condition that asks for a part of it:
/// `if (answer.url) open(answer.url)`, `if (!key) return`, `answer["url"].as_str().ok_or("no url")?`; or the whole of it
/// is only compared with what it has to be, or told to the log. Who gets something else then does nothing with it. That a list in it is not
/// empty is no such condition: its absence looks like emptiness.
#[must_use]
pub(crate) fn asks_for_parts(view: &UnitView<'_>, unit: usize, bindings: &[&Binding]) -> bool {
    let entry = &view.linked.file.units[unit];
    let u: &Unit = &entry.unit;
    let mut asked: Vec<NodeId> = Vec::new();
    let mut others: Vec<NodeId> = Vec::new();
    for binding in bindings {
        let is_part = matches!(binding.path.first(), Some(PathStep::Member(_)));
        for &used in &binding.uses {
            let (part, depth) = part_of(u, used);
            let is_part = is_part || depth > 0;
            if is_part && (is_asked(u, part) || is_demanded(u, part)) {
                asked.push(part);
            } else if is_part && let Some(named) = name_of(u, part) {
                // `const id = answer.id`
                let (questions, rest): (Vec<NodeId>, Vec<NodeId>) =
                    named.iter().partition(|&&used| is_asked(u, used));
                asked.extend(questions);
                others.extend(rest);
            } else if !is_only_logged(view, unit, part) {
                others.push(part);
            }
        }
        if binding.path.is_empty() && !binding.assignments.is_empty() {
            return false;
        }
        // A closure that is a unit of its own uses it somewhere in there.
        let captures = |inner: usize| view.linked.file.units[inner].unit.free_names.contains(&binding.name);
        let closures = entry.nested.iter().zip(&u.nested).filter(|&(&inner, _)| captures(inner));
        others.extend(closures.map(|(_, nested)| nested.node));
    }
    let is_whole_compared = |&used: &NodeId| is_compared_whole(u, used);
    if asked.is_empty() {
        let is_used = bindings.iter().any(|binding| !binding.uses.is_empty());
        return is_used && others.iter().all(is_whole_compared);
    }
    others.iter().all(|&used| is_behind(u, used, &asked) || is_only_compared(u, used))
}

/// The uses of the name that a part is given, and nothing else is done with it.
fn name_of(u: &Unit, part: NodeId) -> Option<&[NodeId]> {
    let named = u.bindings.iter().find(|b| b.value == Some(part) && b.path.is_empty())?;
    (!named.uses.is_empty() && named.assignments.is_empty()).then_some(&named.uses)
}

/// Whether the lack of a part ends the function at this `?`.
fn is_demanded_by(u: &Unit, part: NodeId, at: NodeId) -> bool {
    is_demanded(u, part) && u.ancestors(part).take(MAX_AROUND).any(|around| around == at)
}

/// Whether the lack of a part ends the function: `part.as_str().ok_or("no part")?`.
fn is_demanded(u: &Unit, part: NodeId) -> bool {
    let mut at = part;
    for around in u.ancestors(part).take(MAX_AROUND) {
        match u.kind(around) {
            Kind::Member { object, .. } | Kind::Index { object, .. } if *object == at => {}
            Kind::Call { callee, .. } if *callee == at => {}
            Kind::Try(_) => return at != part,
            Kind::Let { init: Some(init), otherwise: Some(otherwise), .. } => {
                return *init == at && leaves(u, *otherwise);
            }
            _ => return false,
        }
        at = around;
    }
    false
}

/// Whether a value is only told to the log.
fn is_only_logged(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u: &Unit = &view.linked.file.units[unit].unit;
    u.ancestors(node).take(MAX_AROUND).any(|around| {
        matches!(u.kind(around), Kind::Call { callee, .. } if *callee != node)
            && view.eval.call(unit, around).effects == Effects::LOG
    })
}

/// Whether a text is compared with what it has to be, perhaps without the blanks around it.
fn is_compared_whole(u: &Unit, used: NodeId) -> bool {
    let mut at = used;
    for around in u.ancestors(used).take(MAX_AROUND) {
        match u.kind(around) {
            Kind::Member { object, name, .. } if *object == at && name.starts_with("trim") => {}
            Kind::Call { callee, .. } if *callee == at => {}
            Kind::Binary { op, left, right } if is_equality(op) => {
                let other = if *left == at { *right } else { *left };
                return !matches!(u.kind(other), Kind::Literal(_));
            }
            _ => return false,
        }
        at = around;
    }
    false
}

fn is_text(u: &Unit, node: NodeId) -> bool {
    matches!(u.kind(node), Kind::Literal(Literal::String(_)))
}

/// The longest path of members that begins with a name, and how many members it has.
pub(crate) fn part_of(u: &Unit, used: NodeId) -> (NodeId, usize) {
    let (mut at, mut depth) = (used, 0);
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { object, .. } if *object == at => depth += 1,
            Kind::Index { object, index } if *object == at && is_text(u, *index) => depth += 1,
            Kind::NonNull(_) | Kind::Cast { .. } => {}
            _ => break,
        }
        at = parent;
    }
    (at, depth)
}

/// Names of what a list or a text has whatever is in it.
const OF_A_SIZE: &[&str] = &["length", "size", "count", "total"];

/// Whether a condition asks whether a part is there, or which of several it is.
fn is_asked(u: &Unit, part: NodeId) -> bool {
    if matches!(u.kind(part), Kind::Member { name, .. } if OF_A_SIZE.contains(&name.as_str())) {
        return false;
    }
    let mut at = part;
    for around in u.ancestors(part).take(MAX_AROUND) {
        match u.kind(around) {
            Kind::If { condition, .. } => return *condition == at,
            Kind::Unary { op, .. } if op == "!" => {}
            // The left side decides whether the right one is looked at.
            Kind::Binary { op, left, .. } if op == "&&" && *left == at && !is_in_a_condition(u, around) => {
                return true;
            }
            Kind::Binary { op, .. } if matches!(op.as_str(), "&&" | "||") => {}
            Kind::Binary { op, left, right } if is_equality(op) => {
                let other = if *left == at { *right } else { *left };
                // One of several texts says what it is, not that it is there.
                let is_absence = matches!(u.kind(other), Kind::Literal(literal)
                    if !matches!(literal, Literal::Number(_) | Literal::String(_)));
                if !is_absence {
                    return false;
                }
            }
            Kind::NonNull(_) | Kind::Cast { .. } => {}
            _ => return false,
        }
        at = around;
    }
    false
}

fn is_equality(op: &Name) -> bool {
    matches!(op.as_str(), "==" | "===" | "!=" | "!==")
}

/// Whether a node is a part of a condition.
fn is_in_a_condition(u: &Unit, node: NodeId) -> bool {
    let mut at = node;
    for around in u.ancestors(node).take(MAX_AROUND) {
        match u.kind(around) {
            Kind::If { condition, .. } => return *condition == at,
            Kind::Binary { .. } | Kind::Unary { .. } => at = around,
            _ => return false,
        }
    }
    false
}

/// Whether a use stands in a branch that one of the questions decides, or after one that leaves.
fn is_behind(u: &Unit, used: NodeId, asked: &[NodeId]) -> bool {
    let holds =
        |node: NodeId| asked.iter().any(|&a| a == node || u.ancestors(a).any(|around| around == node));
    let mut at = used;
    for around in u.ancestors(used) {
        // What the error says of it: `….ok_or_else(|| format!("no path: {answer}"))?`
        if matches!(u.kind(around), Kind::Try(_)) && asked.iter().any(|&a| is_demanded_by(u, a, around)) {
            return true;
        }
        match u.kind(around) {
            Kind::If { condition, .. } if *condition == at => {}
            Kind::If { condition, .. } if holds(*condition) => return true,
            Kind::Binary { op, left, .. } if op == "&&" && *left != at && holds(*left) => return true,
            Kind::Block { statements, .. } => {
                let mut before = statements.iter().take_while(|&&s| s != at);
                let leaves = |&&statement: &&NodeId| match u.kind(statement) {
                    Kind::If { condition, then, .. } => holds(*condition) && leaves(u, *then),
                    _ => asked.iter().any(|&a| is_demanded(u, a) && u.ancestors(a).any(|n| n == statement)),
                };
                if before.any(|s| leaves(&s)) {
                    return true;
                }
            }
            _ => {}
        }
        at = around;
    }
    false
}

/// Whether a branch ends by leaving what stands around it.
fn leaves(u: &Unit, branch: NodeId) -> bool {
    match u.kind(branch) {
        Kind::Block { statements, .. } => statements.last().is_some_and(|&last| leaves(u, last)),
        Kind::Return(_) | Kind::Throw(_) | Kind::Break { .. } | Kind::Continue { .. } => true,
        Kind::Discard(inner) => leaves(u, *inner),
        _ => false,
    }
}

/// Whether a use is itself in a condition that another question begins: `a.x && a.y`.
fn is_only_compared(u: &Unit, used: NodeId) -> bool {
    is_in_a_condition(u, used) && is_asked(u, used)
}
