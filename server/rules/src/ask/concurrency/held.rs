//! How long a guard is held that a call yields, and what is awaited by then: by Rust's rules of scopes and temporaries.

use plimsoll_behavior::models::Taken;
use plimsoll_behavior::{
    BindingId, BlockForm, CallForm, FunctionId, Kind, LoopKind, NodeId, PathStep, Pattern, Unit,
};
use plimsoll_project::link::Guard;
use plimsoll_project::rust_of;

use crate::UnitView;
use crate::ask::code::{bare, receiver};

/// How deep statements may stand in each other.
const MAX_DEPTH: u16 = 200;
/// How many nodes are looked at for one guard: the body of a loop is walked twice, and loops stand in each other.
const MAX_STEPS: u32 = 50_000;

/// A guard that is held while something is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The name that it is bound to; none for one that ends with its statement.
    pub name: Option<BindingId>,
    /// Where it begins to be held: the statement that binds it, or the one that it ends with.
    pub from: NodeId,
    /// What is awaited while it is held, in order.
    pub awaits: Vec<NodeId>,
}

/// What is awaited while the guard is held that a call yields; none where nothing is, and where the guard goes where
/// this unit does not tell.
#[must_use]
pub fn held(view: &UnitView<'_>, call: NodeId, guard: &Guard) -> Option<Held> {
    let extents = Extents { view, call, is_maybe: guard.is_maybe, function: view.unit.node(call).function };
    let found = match extents.of()? {
        Extent::Named { name, holder, scope, after } => {
            let mut paths = Paths {
                view,
                name,
                function: extents.function,
                found: Vec::new(),
                depth: 0,
                left: MAX_STEPS,
                out: Vec::new(),
            };
            paths.block_after(scope, after);
            Held { name: Some(name), from: holder, awaits: paths.found }
        }
        Extent::Statement { within } => {
            let after = view.unit.range(call).end;
            let mut awaits = Vec::new();
            for &node in &within {
                extents.awaits_in(node, after, &mut awaits);
            }
            Held { name: None, from: *within.first()?, awaits }
        }
    };
    (!found.awaits.is_empty()).then_some(found)
}

/// Until when a guard is held.
enum Extent {
    /// Until the end of the scope of its name: `scope` is what runs in it, from behind `after`.
    Named { name: BindingId, holder: NodeId, scope: NodeId, after: Option<NodeId> },
    /// As a temporary value: while these nodes run, from where it is made.
    Statement { within: Vec<NodeId> },
}

struct Extents<'v, 'a> {
    view: &'v UnitView<'a>,
    call: NodeId,
    /// Whether the guard has to be taken out of what the call yields.
    is_maybe: bool,
    function: FunctionId,
}

impl Extents<'_, '_> {
    fn of(&self) -> Option<Extent> {
        let u = self.view.unit;
        let mut at = self.call;
        let mut is_maybe = self.is_maybe;
        loop {
            let parent = u.parent(at)?;
            at = match u.kind(parent) {
                Kind::Try(_) => {
                    is_maybe = false;
                    parent
                }
                Kind::Await(_) | Kind::Cast { .. } => parent,
                // `match lock { Ok(guard) => guard, Err(poisoned) => poisoned.into_inner() }`
                Kind::Match { on, arms } if *on == at && !arms.is_empty() => {
                    if !arms.iter().all(|arm| self.hands_on(arm.pattern.as_ref(), arm.body)) {
                        return self.matched(parent);
                    }
                    is_maybe = false;
                    parent
                }
                Kind::Member { object, .. } if *object == at => {
                    let call = u.parent(parent).filter(
                        |&call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == parent),
                    );
                    // What takes an `Option` takes one that the guard lends where the guard is out already.
                    let taken = call.filter(|_| is_maybe).and_then(|call| self.taken_by(call));
                    match (call, taken) {
                        (Some(call), Some(Taken::Opens)) => {
                            is_maybe = false;
                            call
                        }
                        (Some(call), Some(Taken::HandsOn)) => call,
                        (_, Some(Taken::Ends)) => return None,
                        _ => return self.temporary(at),
                    }
                }
                Kind::Let { pattern, init: Some(init), .. } if *init == at => {
                    if let Some(name) = self.bound(pattern) {
                        let scope = u.parent(parent)?;
                        return Some(Extent::Named { name, holder: parent, scope, after: Some(parent) });
                    }
                    // `let _ = lock()` lets it go at once.
                    return None;
                }
                Kind::Is { value, pattern } if *value == at => return self.tested(parent, pattern, at),
                Kind::Assign { op, target, value } if *value == at && op == "=" => {
                    let Kind::Name { binding: Some(name), .. } = u.kind(*target) else { return None };
                    let statement = self.statement_of(parent)?;
                    let scope = u.parent(statement)?;
                    return Some(Extent::Named {
                        name: *name,
                        holder: statement,
                        scope,
                        after: Some(statement),
                    });
                }
                // Handed to a function, returned, stored: whoever has it then lets it go.
                Kind::Call { callee, args, form, .. } if *callee != at => {
                    let is_borrowed = *form == CallForm::Macro;
                    if is_borrowed && args.contains(&at) {
                        return self.temporary(at);
                    }
                    return None;
                }
                // What stands behind it in the same tuple is awaited while it is held; what comes after is told nowhere.
                Kind::Object { .. } | Kind::Array(_) => return self.temporary(at),
                Kind::Return(_)
                | Kind::Break { .. }
                | Kind::Function(_)
                | Kind::Discard(_)
                | Kind::If { .. }
                | Kind::Block { .. } => return None,
                _ => return self.temporary(at),
            };
        }
    }

    /// What a method does with the guard that it is called on.
    fn taken_by(&self, call: NodeId) -> Option<Taken> {
        let name = crate::ask::callee_name(self.view.unit, call)?;
        let models = self.view.eval.models;
        let any = models.type_in("<any>", "Any")?;
        models.method(any, name)?.takes
    }

    /// The one name that a pattern binds a guard to, as it is or out of a result.
    fn bound(&self, pattern: &Pattern) -> Option<BindingId> {
        let [name] = pattern.bindings.as_slice() else { return None };
        let path = &self.view.unit.binding(*name).path;
        let is_whole = path.iter().all(|step| matches!(step, PathStep::Variant(_, 0)));
        (is_whole && path.len() <= 1).then_some(*name)
    }

    /// Whether an arm yields the guard that it matches, or leaves.
    fn hands_on(&self, pattern: Option<&Pattern>, body: NodeId) -> bool {
        let u = self.view.unit;
        let mut at = bare(u, body);
        while let Kind::Block { statements, has_value: true, .. } = u.kind(at) {
            let Some(&last) = statements.last() else { return false };
            at = bare(u, last);
        }
        let is_own = |node: NodeId| match u.kind(node) {
            Kind::Name { binding: Some(b), .. } => pattern.is_some_and(|p| p.bindings.contains(b)),
            _ => false,
        };
        match u.kind(at) {
            Kind::Return(_) | Kind::Continue(_) | Kind::Break { .. } => true,
            Kind::Call { form: CallForm::Macro, .. } => is_panic(u, at),
            // A copy of what it guards is no guard: `Some(job) => job.clone()`.
            Kind::Call { args, .. } => {
                args.is_empty()
                    && receiver(u, at).is_some_and(is_own)
                    && self.taken_by(at).is_some_and(|taken| taken != Taken::Ends)
            }
            _ => is_own(at),
        }
    }

    /// `match lock() { Ok(guard) => …, Err(…) => … }`: each arm that names the guard holds it.
    fn matched(&self, whole: NodeId) -> Option<Extent> {
        let u = self.view.unit;
        let Kind::Match { arms, .. } = u.kind(whole) else { return None };
        let arm = arms.iter().find_map(|arm| {
            let pattern = arm.pattern.as_ref()?;
            let is_it =
                pattern.variants.is_empty() || pattern.variants.iter().any(|v| v == "Ok" || v == "Some");
            Some((self.bound(pattern).filter(|_| is_it)?, arm.body))
        });
        let (name, body) = arm?;
        Some(Extent::Named { name, holder: whole, scope: body, after: None })
    }

    /// `if let Ok(guard) = lock() { … }`, `while let …`.
    fn tested(&self, is: NodeId, pattern: &Pattern, value: NodeId) -> Option<Extent> {
        let u = self.view.unit;
        if !self.is_let(is) {
            return self.temporary(value);
        }
        let name = self.bound(pattern)?;
        let (_, around) = self.condition_of(is)?;
        let body = match u.kind(around) {
            Kind::If { then, .. } => *then,
            Kind::Loop(l) => l.body,
            _ => return None,
        };
        Some(Extent::Named { name, holder: around, scope: body, after: None })
    }

    fn is_let(&self, is: NodeId) -> bool {
        self.view.text(is).starts_with("let")
    }

    /// The `if` or `while` in whose condition a node stands, and the whole condition.
    fn condition_of(&self, node: NodeId) -> Option<(NodeId, NodeId)> {
        let u = self.view.unit;
        let mut at = node;
        loop {
            let parent = u.parent(at)?;
            match u.kind(parent) {
                Kind::Binary { .. } | Kind::Is { .. } => at = parent,
                Kind::If { condition, .. } if *condition == at => return Some((at, parent)),
                Kind::Loop(l) if l.condition == Some(at) => return Some((at, parent)),
                _ => return None,
            }
        }
    }

    /// The statement of a block that a node stands in, within its function.
    fn statement_of(&self, node: NodeId) -> Option<NodeId> {
        let u = self.view.unit;
        let mut at = node;
        loop {
            let parent = u.parent(at)?;
            if matches!(u.kind(parent), Kind::Block { .. }) {
                return Some(at);
            }
            at = parent;
        }
    }

    /// A value without a name lives until the end of the statement, or of what else ends temporaries.
    fn temporary(&self, guard: NodeId) -> Option<Extent> {
        let u = self.view.unit;
        let mut at = guard;
        loop {
            let parent = u.parent(at)?;
            match u.kind(parent) {
                Kind::Let { init: Some(init), .. } if *init == at => {
                    // `let value = &lock().field;` keeps it until the end of the block.
                    if self.is_extended(*init, guard) {
                        let within = self.statements_after(parent)?;
                        return Some(Extent::Statement { within });
                    }
                    return Some(Extent::Statement { within: vec![parent] });
                }
                Kind::Discard(_) => return Some(Extent::Statement { within: vec![parent] }),
                Kind::If { condition, then, otherwise, .. } if *condition == at => {
                    if !self.is_let_around(guard, at) {
                        return Some(Extent::Statement { within: vec![at] });
                    }
                    let mut within = vec![at, *then];
                    within.extend(otherwise.filter(|_| self.edition() < 2024));
                    return Some(Extent::Statement { within });
                }
                Kind::Loop(l) => {
                    let stays =
                        l.over == Some(at) || l.condition == Some(at) && self.is_let_around(guard, at);
                    let within = if stays { vec![at, l.body] } else { vec![at] };
                    return Some(Extent::Statement { within });
                }
                Kind::Match { on, .. } if *on == at => {}
                // An arm, a guard of an arm, the body of a closure.
                Kind::Match { .. } | Kind::Function(_) => {
                    return Some(Extent::Statement { within: vec![at] });
                }
                Kind::Binary { op, right, .. } if *right == at && matches!(op.as_str(), "&&" | "||") => {
                    return Some(Extent::Statement { within: vec![at] });
                }
                Kind::Block { statements, has_value, form } => {
                    let is_value = *has_value && statements.last() == Some(&at);
                    let is_body = *form == BlockForm::Async
                        || u.parent(parent).is_none_or(|around| matches!(u.kind(around), Kind::Function(_)));
                    if !is_value || is_body || self.edition() >= 2024 {
                        return Some(Extent::Statement { within: vec![at] });
                    }
                }
                _ => {}
            }
            at = parent;
        }
    }

    /// Whether a `let` of a condition has the guard in what it matches.
    fn is_let_around(&self, guard: NodeId, condition: NodeId) -> bool {
        let u = self.view.unit;
        let mut at = guard;
        while at != condition {
            let Some(parent) = u.parent(at) else { return false };
            if matches!(u.kind(parent), Kind::Is { value, .. } if *value == at) && self.is_let(parent) {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Whether the initial value borrows a part of the guard, which then lives as long as the name.
    fn is_extended(&self, init: NodeId, guard: NodeId) -> bool {
        let u = self.view.unit;
        let Kind::Unary { op, value } = u.kind(init) else { return false };
        if !op.starts_with('&') {
            return false;
        }
        let mut at = *value;
        loop {
            if at == guard {
                return true;
            }
            at = match u.kind(at) {
                Kind::Unary { value, .. } => *value,
                Kind::Member { object, .. } | Kind::Index { object, .. } => *object,
                _ => return false,
            };
        }
    }

    /// A statement and those after it in its block.
    fn statements_after(&self, statement: NodeId) -> Option<Vec<NodeId>> {
        let u = self.view.unit;
        let Kind::Block { statements, .. } = u.kind(u.parent(statement)?) else { return None };
        let at = statements.iter().position(|&one| one == statement)?;
        Some(statements[at..].to_vec())
    }

    fn edition(&self) -> u16 {
        rust_of(self.view.project.files, &self.view.linked.file.path).edition
    }

    /// What is awaited in a node behind a byte, in the same function.
    fn awaits_in(&self, root: NodeId, after: u32, found: &mut Vec<NodeId>) {
        let u = self.view.unit;
        for node in of_function(u, root) {
            if is_await(self.view, node) && u.range(node).end > after && !self.is_its_own(node) {
                found.push(node);
            }
        }
        found.sort_by_key(|&node| u.range(node).end);
    }

    /// Whether what is awaited is the lock itself.
    fn is_its_own(&self, node: NodeId) -> bool {
        let u = self.view.unit;
        let Kind::Await(mut inner) = *u.kind(node) else { return false };
        while let Kind::Try(x) | Kind::Await(x) = u.kind(inner) {
            inner = *x;
        }
        inner == self.call
    }
}

/// Whether the task may give way at a node.
fn is_await(view: &UnitView<'_>, node: NodeId) -> bool {
    match view.unit.kind(node) {
        Kind::Await(_) => true,
        // `join!(a, b)`: the awaits of `select!` are nodes of their own.
        Kind::Call { form: CallForm::Macro, args, .. } => {
            let has_awaits = || args.iter().any(|&arg| matches!(view.unit.kind(arg), Kind::If { .. }));
            let facts = view.eval.call(view.index, node);
            facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.is_async) && !has_awaits()
        }
        _ => false,
    }
}

/// The nodes below one that run with it: not those of async blocks, nor those of closures, which are no parts of it.
fn of_function(u: &Unit, root: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match u.kind(node) {
            Kind::Block { form: BlockForm::Async, .. } if !is_awaited(u, node) => continue,
            kind => kind.each_part(&mut |part| open.push(part)),
        }
        found.push(node);
    }
    found
}

fn is_awaited(u: &Unit, block: NodeId) -> bool {
    u.parent(block).is_some_and(|parent| matches!(u.kind(parent), Kind::Await(_)))
}

fn is_panic(u: &Unit, call: NodeId) -> bool {
    let name = crate::ask::callee_name(u, call).map(plimsoll_behavior::Name::as_str);
    matches!(name, Some("panic" | "unreachable" | "todo" | "unimplemented" | "bail"))
}

/// What may be the case at a place, in bits.
const HELD: u8 = 1;
const FREE: u8 = 2;

/// Follows a named guard through what runs in its scope.
struct Paths<'v, 'a> {
    view: &'v UnitView<'a>,
    name: BindingId,
    function: FunctionId,
    found: Vec<NodeId>,
    depth: u16,
    /// How many nodes may still be looked at.
    left: u32,
    /// What holds where a loop is left, for each loop around.
    out: Vec<u8>,
}

impl Paths<'_, '_> {
    /// What runs in a scope behind one of its statements, or all of it.
    fn block_after(&mut self, scope: NodeId, after: Option<NodeId>) {
        let u = self.view.unit;
        let Some(after) = after else {
            self.walk(scope, HELD);
            return;
        };
        let Kind::Block { statements, .. } = u.kind(scope) else { return };
        let at = statements.iter().position(|&one| one == after).map_or(0, |at| at + 1);
        let mut state = HELD;
        for &statement in &statements[at..] {
            state = self.walk(statement, state);
        }
    }

    fn walk(&mut self, node: NodeId, state: u8) -> u8 {
        if state == 0 || self.depth >= MAX_DEPTH || self.left == 0 {
            return state;
        }
        self.left -= 1;
        self.depth += 1;
        let state = self.step(node, state);
        self.depth -= 1;
        state
    }

    fn all(&mut self, parts: &[NodeId], state: u8) -> u8 {
        parts.iter().fold(state, |state, &part| self.walk(part, state))
    }

    fn step(&mut self, node: NodeId, state: u8) -> u8 {
        let u = self.view.unit;
        match u.kind(node) {
            Kind::Function(_) | Kind::Nested(_) | Kind::Type(_) => self.captured(node, state),
            Kind::Block { form: BlockForm::Async, .. } if !is_awaited(u, node) => self.captured(node, state),
            Kind::If { condition, then, otherwise, .. } => {
                let before = self.walk(*condition, state);
                let yes = self.walk(*then, before);
                yes | otherwise.map_or(before, |otherwise| self.walk(otherwise, before))
            }
            Kind::Match { on, arms } => {
                let before = self.walk(*on, state);
                let mut after = 0;
                for arm in arms {
                    let guarded = arm.guard.map_or(before, |guard| self.walk(guard, before));
                    after |= self.walk(arm.body, guarded);
                }
                if arms.is_empty() { before } else { after }
            }
            Kind::Loop(l) => {
                let before = [l.init, l.over, l.condition].into_iter().flatten().collect::<Vec<_>>();
                let mut entered = self.all(&before, state);
                self.out.push(0);
                // What holds at the end of a turn holds at the beginning of the next.
                let turned = entered | self.walk(l.body, entered);
                if turned != entered {
                    entered = turned | self.walk(l.body, turned);
                }
                let left = self.out.pop().unwrap_or(0);
                if l.kind == LoopKind::Forever { left } else { entered | left }
            }
            Kind::Binary { op, left, right } if matches!(op.as_str(), "&&" | "||") => {
                let left = self.walk(*left, state);
                left | self.walk(*right, left)
            }
            Kind::Return(value) | Kind::Break { value, .. } => {
                let after = value.map_or(state, |value| self.walk(value, state));
                if let (Kind::Break { .. }, Some(out)) = (u.kind(node), self.out.last_mut()) {
                    *out |= after;
                }
                0
            }
            Kind::Continue(_) => 0,
            Kind::Let { init, otherwise, .. } => {
                let after = init.map_or(state, |init| self.walk(init, state));
                if let Some(otherwise) = otherwise {
                    self.walk(*otherwise, after);
                }
                after
            }
            Kind::Assign { target, value, .. } => {
                let after = self.walk(*value, state);
                match u.kind(*target) {
                    // What it held before is let go; whether the new one is a guard is another call's matter.
                    Kind::Name { binding: Some(b), .. } if *b == self.name => FREE,
                    _ => self.walk(*target, after),
                }
            }
            Kind::Name { binding: Some(b), .. } if *b == self.name => {
                if self.is_moved(node) {
                    FREE
                } else {
                    state
                }
            }
            kind => {
                let mut parts = Vec::new();
                kind.each_part(&mut |part| parts.push(part));
                let after = self.all(&parts, state);
                let is_here = u.node(node).function == self.function && !self.found.contains(&node);
                if after & HELD != 0 && is_here && is_await(self.view, node) {
                    self.found.push(node);
                }
                match u.kind(node) {
                    Kind::Call { form: CallForm::Macro, .. } if is_panic(u, node) => 0,
                    _ => after,
                }
            }
        }
    }

    /// A closure that takes what it names takes the guard with it.
    fn captured(&self, node: NodeId, state: u8) -> u8 {
        let u = self.view.unit;
        let range = u.range(node);
        let is_used = u.binding(self.name).uses.iter().any(|&used| {
            let at = u.range(used);
            range.start <= at.start && at.end <= range.end
        });
        let text = self.view.text(node);
        let takes = text.starts_with("move") || text.starts_with("async move");
        let is_nested = matches!(u.kind(node), Kind::Nested(_));
        if takes && (is_used || is_nested && names_it(text, &u.binding(self.name).name)) {
            FREE
        } else {
            state
        }
    }

    /// Whether a use hands the guard on: to a function, to another name, to whoever called.
    fn is_moved(&self, used: NodeId) -> bool {
        let u = self.view.unit;
        let Some(parent) = u.parent(used) else { return true };
        match u.kind(parent) {
            Kind::Call { callee, args, form, .. } => {
                *callee != used && args.contains(&used) && *form != CallForm::Macro
            }
            Kind::Let { init, .. } => *init == Some(used),
            Kind::Assign { value, .. } => *value == used,
            Kind::Return(_) | Kind::Break { .. } | Kind::Object { .. } | Kind::Array(_) => true,
            Kind::Block { statements, has_value, .. } => *has_value && statements.last() == Some(&used),
            Kind::Match { arms, .. } => arms.iter().any(|arm| arm.body == used),
            _ => false,
        }
    }
}

fn names_it(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}
