//! Whether what a body says of itself is looked at.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Binding, BindingId, Kind, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{Closure, Context, Value};

use crate::UnitView;
use crate::ask::errors::best_effort::{has_defaults, is_failure_ignored};
use crate::ask::errors::parts_asked_for::asks_for_parts;
use crate::ask::occasion::callers;
use crate::ask::resources::released::uses_of;
use crate::ask::trail::awaited_together;

/// How many places a body is followed through.
const MAX_STEPS: usize = 400;
/// How many names a part of a body is given, one after the other.
const MAX_NAMES: u32 = 2;

/// Names under which services that answer 200 for failures too say so in the body.
const OWN_STATUS: &[&str] = &[
    "ok",
    "success",
    "succeeded",
    "valid",
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

/// Of those, the names that mean nothing else in data: an order has a `status` too.
const PLAIN_STATUS: &[&str] =
    &["ok", "success", "succeeded", "valid", "error", "errors", "err", "errorCode", "error_code"];

/// Whether the body says itself whether the request failed, and something is decided by it: `if (!answer.ok)`; or what it
/// is, or that what is used of it is there, is looked at before it is used; or nobody would learn of the failure, and
/// what is used of the body has a default. Where a function returns the body, its callers in the file are asked.
#[must_use]
pub fn is_own_status_looked_at(view: &UnitView<'_>, read: NodeId) -> bool {
    let is_ignored = is_failure_ignored(view, read);
    let mut open = vec![Body { unit: view.index, node: read, names: OWN_STATUS, is_ignored }];
    let mut seen: Vec<(usize, NodeId)> = Vec::new();
    while let Some(body) = open.pop() {
        if seen.len() >= MAX_STEPS {
            return false;
        }
        if seen.contains(&(body.unit, body.node)) {
            continue;
        }
        seen.push((body.unit, body.node));
        if body.is_looked_at(view, &mut open) || body.goes_on(view, &mut open) {
            return true;
        }
    }
    false
}

/// A parsed body.
#[derive(Clone, Copy)]
struct Body {
    unit: usize,
    node: NodeId,
    /// What a status in it may be called.
    names: &'static [&'static str],
    /// Whether nobody learns that the request failed.
    is_ignored: bool,
}

impl Body {
    /// Whether a name that it is bound to decides something; where the name stands, it goes on.
    fn is_looked_at(self, view: &UnitView<'_>, open: &mut Vec<Body>) -> bool {
        let u: &Unit = &view.linked.file.units[self.unit].unit;
        let bindings = || u.bindings.iter().filter(|b| b.value == Some(self.node));
        bindings().any(|b| {
            if b.path.is_empty() {
                open.extend(b.uses.iter().map(|&node| Body { node, ..self }));
            }
            decides(u, self.names, &b.path, &b.uses)
        }) || self.is_asked_for(view, self.unit, &bindings().collect::<Vec<_>>())
    }

    /// Whether what is used of the body by these names is asked for, or has a default where nobody learns of a failure.
    fn is_asked_for(self, view: &UnitView<'_>, unit: usize, bindings: &[&Binding]) -> bool {
        asks_for_parts(view, unit, bindings) || self.is_ignored && has_defaults(view, unit, bindings)
    }

    /// Whether the node around it decides something by it; where it only hands the body on, adds the place to `open`.
    fn goes_on(self, view: &UnitView<'_>, open: &mut Vec<Body>) -> bool {
        let file = &view.linked.file;
        let u: &Unit = &file.units[self.unit].unit;
        let Some(parent) = u.parent(self.node) else {
            return self.is_returned(view, open);
        };
        match u.kind(parent) {
            Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. } => {
                open.push(Body { node: parent, ..self });
            }
            Kind::Assign { target, value, .. } if *value == self.node => {
                return self.is_assigned_to_what_decides(view, *target);
            }
            // The body, or something in its place: `response ? await response.json() : []`.
            Kind::If { condition, is_expression: true, .. } if *condition != self.node => {
                open.push(Body { node: parent, ..self });
            }
            Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||") => {
                open.push(Body { node: parent, ..self });
            }
            // What a text says is the body too: `JSON.parse(text)`, `from_str(&text)`.
            Kind::Unary { op, .. } if op.starts_with('&') => open.push(Body { node: parent, ..self }),
            Kind::Call { callee, args, .. } if args.first() == Some(&self.node) && parses(u, *callee) => {
                open.push(Body { node: parent, ..self });
            }
            Kind::Call { callee, args, .. } if *callee != self.node && args.contains(&self.node) => {
                let is_own = view.eval.call(self.unit, parent).target.is_some();
                if is_own && args.first() == Some(&self.node) && names_a_reader(u, *callee) {
                    open.push(Body { node: parent, ..self });
                }
                return is_own && names_a_check(u, *callee) && is_a_statement(u, parent);
            }
            Kind::Member { name, .. } => {
                let Some(call) = u.parent(parent) else { return false };
                // `return answer.success`: the outcome is what the caller gets.
                let is_outcome = || PLAIN_STATUS.contains(&name.as_str()) && is_handed_back(u, parent);
                let Kind::Call { callee, args, .. } = u.kind(call) else {
                    return is_named(&self, name) && is_condition(u, parent) || is_outcome();
                };
                if *callee != parent {
                    return false;
                }
                // `.map_err(…)` hands the body on.
                if matches!(
                    name.as_str(),
                    "map_err" | "context" | "with_context" | "unwrap" | "expect" | "catch"
                ) {
                    open.push(Body { node: call, ..self });
                    return false;
                }
                let Some(&callback) = args.first() else { return false };
                let Some((inner, bindings)) = given(view, self.unit, callback) else { return false };
                let u: &Unit = &file.units[inner].unit;
                return bindings.iter().any(|b| decides(u, self.names, &b.path, &b.uses))
                    || self.is_asked_for(view, inner, &bindings);
            }
            Kind::Array(items) => {
                let place = items.iter().position(|&item| item == self.node);
                return self.is_one_of_several(view, parent, place.unwrap_or_default(), open);
            }
            Kind::Return(_) | Kind::Function(_) => return self.is_returned(view, open),
            _ => {}
        }
        false
    }

    /// Whether the name decides something that the body gets when it is awaited together with others and taken apart.
    fn is_one_of_several(
        self,
        view: &UnitView<'_>,
        array: NodeId,
        place: usize,
        open: &mut Vec<Body>,
    ) -> bool {
        let u: &Unit = &view.linked.file.units[self.unit].unit;
        let together = awaited_together(view, self.unit, array);
        let place = PathStep::Index(u32::try_from(place).unwrap_or(u32::MAX));
        // `Promise.all([…]).then(([orders, stock]) => …)`
        let then = u.parent(together).filter(|&then| matches!(u.kind(then), Kind::Member { .. }));
        let call = then.and_then(|then| Some((then, u.parent(then)?)));
        if let Some((then, call)) = call
            && let Kind::Call { callee, args, .. } = u.kind(call)
            && *callee == then
        {
            let callback = args.first().and_then(|&callback| given(view, self.unit, callback));
            let Some((inner, bindings)) = callback else { return false };
            let u: &Unit = &view.linked.file.units[inner].unit;
            let here = bindings.iter().filter(|b| b.path.first() == Some(&place));
            return here.into_iter().any(|b| decides(u, self.names, &b.path[1..], &b.uses));
        }
        let is_here = |b: &&Binding| b.value == Some(together) && b.path.first() == Some(&place);
        u.bindings.iter().filter(is_here).any(|b| {
            if b.path.len() == 1 {
                open.extend(b.uses.iter().map(|&node| Body { node, ..self }));
            }
            decides(u, self.names, &b.path[1..], &b.uses)
        })
    }

    /// What a callback of a chain returns is what the next one is given; what a function returns, its callers get.
    fn is_returned(self, view: &UnitView<'_>, open: &mut Vec<Body>) -> bool {
        let function = view.linked.file.units[self.unit].unit.node(self.node).function;
        match view.eval.context(self.unit, function) {
            Context::Runs(Run::Then, closure) => {
                open.push(Body { unit: closure.unit, node: closure.call, ..self });
            }
            // What a hook runs for its component: `useQuery({ queryFn })`, `useMutation({ mutationFn, onSuccess })`.
            Context::Runs(Run::Memo | Run::Listener, closure) => return decides_beside(view, &closure),
            Context::Runs(..) => {}
            _ => {
                let own = view.linked.file.fn_ref(self.unit, function);
                let calls = callers(view.linked, &own).into_iter();
                let names = PLAIN_STATUS;
                open.extend(calls.map(|(unit, node)| Body { unit, node, names, is_ignored: false }));
            }
        }
        false
    }

    /// Whether the variable that the body is assigned to, here or in a function around, decides something.
    fn is_assigned_to_what_decides(self, view: &UnitView<'_>, target: NodeId) -> bool {
        let file = &view.linked.file;
        let u: &Unit = &file.units[self.unit].unit;
        let Kind::Name { name, binding } = u.kind(target) else { return false };
        if let Some(b) = binding {
            return decides(u, self.names, &[], &u.binding(*b).uses);
        }
        let around = std::iter::successors(file.units[self.unit].parent, |&unit| file.units[unit].parent);
        let holders = around.map(|unit| &file.units[unit].unit);
        holders
            .take(MAX_STEPS)
            .any(|u| u.bindings.iter().any(|b| b.name == *name && decides(u, self.names, &[], &b.uses)))
    }
}

/// Whether the answer of a function that a call is given decides something in what the call hands it to: in a function
/// beside it in the same options, or in the `data` that the call yields.
fn decides_beside(view: &UnitView<'_>, closure: &Closure) -> bool {
    let file = &view.linked.file;
    let u: &Unit = &file.units[closure.unit].unit;
    let yields = u.bindings.iter().enumerate().any(|(i, b)| {
        let [PathStep::Member(name), path @ ..] = b.path.as_slice() else { return false };
        let id = BindingId(u32::try_from(i).expect("few bindings"));
        b.value == Some(closure.call)
            && name == "data"
            && uses_of(view, closure.unit, id)
                .into_iter()
                .any(|(unit, used)| decides(&file.units[unit].unit, PLAIN_STATUS, path, &[used]))
    });
    let entries = match u.parent(closure.node).map(|p| u.kind(p)) {
        Some(Kind::Object { entries, .. }) => &**entries,
        _ => &[],
    };
    let mut beside = entries.iter().map(|entry| entry.value).filter(|&value| value != closure.node);
    yields
        || beside.any(|other| {
            let Value::Function(function) = view.eval.value(closure.unit, other) else { return false };
            if function.file != file.path {
                return false;
            }
            let Some(inner) = file.unit_at(&function.unit) else { return false };
            let u: &Unit = &file.units[inner].unit;
            let Some(param) = u.function(function.function).params.first() else { return false };
            let bindings = || param.pattern.bindings.iter().map(|&b| u.binding(b));
            bindings().any(|b| decides(u, OWN_STATUS, &b.path, &b.uses))
        })
}

/// The names that a callback of this file has for what it is given first, and its unit.
fn given<'a>(view: &UnitView<'a>, unit: usize, callback: NodeId) -> Option<(usize, Vec<&'a Binding>)> {
    let file = &view.linked.file;
    let Value::Function(function) = view.eval.value(unit, callback) else { return None };
    // One of another file may be called the same as one of this.
    if function.file != file.path {
        return None;
    }
    let inner = file.unit_at(&function.unit)?;
    let u: &Unit = &file.units[inner].unit;
    let param = u.function(function.function).params.first()?;
    Some((inner, param.pattern.bindings.iter().map(|&b| u.binding(b)).collect()))
}

/// Whether a function that is called by this name makes data of a text.
fn parses(u: &Unit, callee: NodeId) -> bool {
    let (Kind::Member { name, .. } | Kind::Name { name, .. }) = u.kind(callee) else { return false };
    matches!(name.as_str(), "parse" | "from_str" | "from_slice")
}

/// Words that the name of a function begins with which fails when what it is given is not right.
const CHECKS: &[&str] = &["assert", "check", "ensure", "raise", "require", "throw", "validate", "verify"];

/// Words that the name of a function begins with whose answer is what it is given, in another form.
const READERS: &[&str] = &["as", "decode", "extract", "from", "normalize", "parse", "read", "to", "unwrap"];

fn names_a_check(u: &Unit, callee: NodeId) -> bool {
    begins_with_one_of(u, callee, CHECKS)
}

fn names_a_reader(u: &Unit, callee: NodeId) -> bool {
    begins_with_one_of(u, callee, READERS)
}

fn begins_with_one_of(u: &Unit, callee: NodeId, wanted: &[&str]) -> bool {
    let (Kind::Member { name, .. } | Kind::Name { name, .. }) = u.kind(callee) else { return false };
    wanted
        .iter()
        .any(|word| name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_lowercase)))
}

/// Whether nothing is made of a call but its failure: `ensure_success(&answer)?;`.
fn is_a_statement(u: &Unit, call: NodeId) -> bool {
    let mut at = call;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Try(_) | Kind::Await(_) => at = parent,
            Kind::Discard(_) => return true,
            _ => return false,
        }
    }
    false
}

/// Whether a node is what its function returns.
fn is_handed_back(u: &Unit, node: NodeId) -> bool {
    let mut at = node;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Return(_) | Kind::Function(_) => return true,
            Kind::Cast { .. } | Kind::NonNull(_) | Kind::Await(_) => at = parent,
            Kind::Block { statements, has_value: true, .. } if statements.last() == Some(&at) => at = parent,
            _ => return false,
        }
    }
    true
}

fn is_named(body: &Body, name: &Name) -> bool {
    body.names.contains(&name.as_str())
}

/// Whether a condition reads a status in a parsed body, by one of the uses of a name that is bound to it or into it.
fn decides(u: &Unit, names: &[&str], path: &[PathStep], uses: &[NodeId]) -> bool {
    let is_status = |name: &Name| names.contains(&name.as_str());
    match path {
        [] => uses.iter().any(|&used| {
            is_shape_looked_at(u, used) || {
                let member = u.parent(used);
                member.is_some_and(|m| {
                    matches!(u.kind(m), Kind::Member { name, .. } if is_status(name)) && is_condition(u, m)
                })
            }
        }),
        [PathStep::Member(name), ..] => {
            uses.iter().any(|&used| is_status(name) && is_condition(u, used) || is_shape_looked_at(u, used))
        }
        _ => false,
    }
}

/// Whether a condition asks what a parsed body is before it is used: `typeof body.id !== "string"`, `Array.isArray(body)`.
fn is_shape_looked_at(u: &Unit, used: NodeId) -> bool {
    is_shape_of(u, used, MAX_NAMES)
}

fn is_shape_of(u: &Unit, used: NodeId, names: u32) -> bool {
    let mut at = used;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { .. } => at = parent,
            // `answer.items ?? answer`
            Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||") => at = parent,
            _ => break,
        }
    }
    let named = || u.bindings.iter().filter(|b| b.value == Some(at) && b.path.is_empty());
    if at != used && names > 0 && named().any(|b| b.uses.iter().any(|&used| is_shape_of(u, used, names - 1)))
    {
        return true;
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
