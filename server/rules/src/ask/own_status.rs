//! Whether what a body says of itself is looked at.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Kind, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{Context, Value};

use crate::UnitView;

/// How many places a body is followed through.
const MAX_STEPS: usize = 400;

/// Names under which services that answer 200 for failures too say so in the body.
const OWN_STATUS: &[&str] = &[
    "ok",
    "success",
    "succeeded",
    "error",
    "errors",
    "err",
    "errno",
    "errcode",
    "errorCode",
    "error_code",
    "code",
    "status",
    "statusCode",
    "status_code",
];

/// Whether the body says itself whether the request failed, and something is decided by it: `if (!answer.ok)`; or what it
/// is, is looked at before it is used.
#[must_use]
pub fn is_own_status_looked_at(view: &UnitView<'_>, read: NodeId) -> bool {
    let (mut index, mut at) = (view.index, read);
    for _ in 0..MAX_STEPS {
        let u: &Unit = &view.linked.file.units[index].unit;
        if u.bindings.iter().any(|b| b.value == Some(at) && decides(u, &b.path, &b.uses)) {
            return true;
        }
        let parent = u.parent(at);
        match parent.map(|p| u.kind(p)) {
            Some(Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. }) => {
                at = parent.expect("it has a kind");
            }
            Some(Kind::Member { .. }) => {
                let member = parent.expect("it has a kind");
                let Some(call) = u.parent(member) else { return false };
                let Kind::Call { args, .. } = u.kind(call) else { return is_condition(u, member) };
                let Some(&callback) = args.first() else { return false };
                let Value::Function(function) = view.eval.value(index, callback) else { return false };
                let Some(inner) = view.linked.file.unit_at(&function.unit) else { return false };
                let u: &Unit = &view.linked.file.units[inner].unit;
                let Some(param) = u.function(function.function).params.first() else { return false };
                let mut bindings = param.pattern.bindings.iter().map(|&b| u.binding(b));
                return function.file == view.linked.file.path
                    && bindings.any(|b| decides(u, &b.path, &b.uses));
            }
            // What a callback of a chain returns is what the next one is given.
            Some(Kind::Return(_) | Kind::Function(_)) | None => {
                match view.eval.context(index, u.node(at).function) {
                    Context::Runs(Run::Then, closure) => (index, at) = (closure.unit, closure.call),
                    _ => return false,
                }
            }
            Some(_) => return false,
        }
    }
    false
}

/// Whether a condition reads a status in a parsed body, by one of the uses of a name that is bound to it or into it.
fn decides(u: &Unit, path: &[PathStep], uses: &[NodeId]) -> bool {
    let is_status = |name: &Name| OWN_STATUS.contains(&name.as_str());
    match path {
        [] => uses.iter().any(|&used| {
            is_shape_looked_at(u, used) || {
                let member = u.parent(used);
                member.is_some_and(|m| {
                    matches!(u.kind(m), Kind::Member { name, .. } if is_status(name)) && is_condition(u, m)
                })
            }
        }),
        [PathStep::Member(name), ..] if is_status(name) => uses.iter().any(|&used| is_condition(u, used)),
        _ => false,
    }
}

/// Whether a condition asks what a parsed body is before it is used: `typeof body.id !== "string"`, `Array.isArray(body)`.
fn is_shape_looked_at(u: &Unit, used: NodeId) -> bool {
    let mut at = used;
    while let Some(parent) = u.parent(at).filter(|&p| matches!(u.kind(p), Kind::Member { .. })) {
        at = parent;
    }
    let Some(asked) = u.parent(at) else { return false };
    let asks = match u.kind(asked) {
        Kind::Unary { op, .. } => op == "typeof",
        Kind::Call { callee, args, .. } => {
            args.contains(&at) && matches!(u.kind(*callee), Kind::Member { name, .. } if name == "isArray")
        }
        _ => false,
    };
    asks && is_condition(u, asked)
}

/// Whether something is decided by a value.
fn is_condition(u: &Unit, node: NodeId) -> bool {
    let mut inner = node;
    for around in u.ancestors(node).take(6) {
        match u.kind(around) {
            Kind::If { condition, .. } => return *condition == inner,
            Kind::Unary { op, .. } if op == "!" => return true,
            Kind::Binary { .. } => return true,
            Kind::Is { .. } | Kind::Match { .. } => return true,
            Kind::Member { .. } | Kind::Call { .. } | Kind::NonNull(_) | Kind::Cast { .. } => inner = around,
            _ => return false,
        }
    }
    false
}
