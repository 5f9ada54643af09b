//! Makes an effect ignore an answer that comes after the effect has ended.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{FunctionId, Kind, Literal, NodeId};
use plimsoll_project::link::run_of;
use plimsoll_syntax::TextRange;
use rustc_hash::FxHashSet;

use super::cleanup::{Writer, follows_a_semicolon, is_taken};
use super::style::{Style, begins_its_line, indent_at, indented};
use crate::ask::{EffectRun, Shown, Through, callee_name, is_hook, state_set_by, uses_of};
use crate::{PlannedEdit, UnitView};

/// Names for what tells that an answer is not wanted any more.
const NAMES: &[&str] = &["isStale", "isOutdated", "isSuperseded"];

/// Lets the effect note in its cleanup that it has ended, and what puts the answer of `request` into a state look there
/// first. Through a function beside the effect, that is handed a function which tells it. None where the effect or the
/// function is written in a way that this cannot be added to.
#[must_use]
pub fn ignore_stale_answers(
    view: &UnitView<'_>,
    request: NodeId,
    run: &EffectRun,
    shown: &[Shown],
) -> Option<Vec<PlannedEdit>> {
    let outer = view.of(run.effect.0);
    let effect = outer.unit.function(run.effect.1);
    let body = effect.body?;
    if effect.is_async || effect.is_generator || !matches!(outer.unit.kind(body), Kind::Block { .. }) {
        return None;
    }
    let name = NAMES.iter().copied().find(|name| {
        let through = run.through.iter().map(|step| step.function);
        through.chain([run.effect]).all(|(unit, function)| !is_taken(&view.of(unit), function, name))
    })?;
    // A function that stands in the effect sees what that knows.
    let steps: Vec<&Through> = run.through.iter().filter(|step| !stands_in(view, step, run.effect)).collect();
    let text = view.project.text;
    let writer = Writer { view: &outer, text, style: Style::of(text), effect: run.effect.1, body };
    let (start, asks) = match (steps.as_slice(), run.through.last()) {
        ([], None) => ((view.index, request), name.to_owned()),
        ([], Some(outermost)) => (outermost.call, name.to_owned()),
        ([step], Some(outermost)) if *step == outermost => (step.call, format!("{name}()")),
        _ => return None,
    };
    let from = statement_in(view, start, (run.effect.0, body))?;
    let Kind::Block { statements, .. } = outer.unit.kind(body) else { return None };
    let first = outer.bytes(*statements.first()?).start;
    let Style { newline, semicolon, .. } = &writer.style;
    // `;(async () => …)()`
    let first = if follows_a_semicolon(text, first) { first - 1 } else { first };
    let rest = if begins_its_line(text, first) {
        format!("{newline}{}", indent_at(text, first))
    } else {
        if semicolon.is_empty() { "; " } else { " " }.to_owned()
    };
    let mut edits = vec![
        insert(view, first, format!("let {name} = false{semicolon}{rest}")),
        writer.at_the_end(body, from, &format!("{name} = true"), true)?,
    ];
    if let [step] = steps.as_slice() {
        edits.extend(hand_it_over(view, step, run.effect, name)?);
    }
    edits.extend(Guards::new(view, request, shown, asks)?.edits()?);
    Some(edits)
}

/// Whether a function on the way is declared in the effect.
fn stands_in(view: &UnitView<'_>, step: &Through, effect: (usize, FunctionId)) -> bool {
    let Some((unit, node)) = view.eval.node_of(step.function.0, step.function.1) else { return false };
    view.of(unit).functions_around(node).iter().any(|(unit, function, _)| (*unit, *function) == effect)
}

/// The statement of an effect's body that a node stands in, through closures.
fn statement_in(view: &UnitView<'_>, node: (usize, NodeId), body: (usize, NodeId)) -> Option<NodeId> {
    let (mut unit, mut at) = node;
    loop {
        let u = view.unit_of(unit);
        while let Some(parent) = u.parent(at) {
            if (unit, parent) == body {
                return Some(at);
            }
            at = parent;
        }
        (unit, at) = view.eval.node_of(unit, FunctionId(0))?;
    }
}

/// The parameter of a function by which it is told, and what the effect hands to it where it calls it. None where something
/// else than calls with all arguments uses the function: it could be handed anything there.
fn hand_it_over(
    view: &UnitView<'_>,
    step: &Through,
    effect: (usize, FunctionId),
    name: &str,
) -> Option<Vec<PlannedEdit>> {
    let (unit, function) = step.function;
    let there = view.of(unit);
    let f = there.unit.function(function);
    let count = f.params.len();
    if f.params.iter().any(|param| param.is_rest || param.is_optional || param.default.is_some()) {
        return None;
    }
    let mut edits = Vec::new();
    for (unit, used) in uses_of(view, step.binding.0, step.binding.1) {
        let u = view.unit_of(unit);
        let parent = u.parent(used)?;
        let is_in_the_effect = || {
            let around = view.of(unit).functions_around(used);
            around.iter().any(|(unit, function, _)| (*unit, *function) == effect)
        };
        match u.kind(parent) {
            Kind::Call { callee, args, .. } if *callee == used && args.len() == count => {
                if is_in_the_effect() {
                    edits.push(argument(view, unit, parent, &format!("() => {name}"))?);
                }
            }
            // `setInterval(load, 5000)`
            Kind::Call { args, .. } if count == 0 && is_in_the_effect() => {
                let index = args.iter().position(|&arg| arg == used)?;
                let run = run_of(&view.eval.call(unit, parent), index)?;
                matches!(run, Run::Interval | Run::Timeout).then_some(())?;
                let there = view.of(unit);
                let new_text = format!("() => {}(() => {name})", there.text(used));
                edits.push(replace(view, there.bytes(used), new_text));
            }
            Kind::Array(_) if u.parent(parent).is_some_and(|call| is_hook(view, unit, call)) => {}
            _ => return None,
        }
    }
    let text = view.project.text;
    let start = there.to_file(f.range).start;
    let head = text.get(start as usize..there.bytes(f.body?).start as usize)?;
    let open = head.find('(').filter(|&at| !head[..at].contains(['<', '=']))?;
    let mut depth = 0_usize;
    let close = head[open..].char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(open + at)
    })?;
    let inside = head[open + 1..close].trim_end();
    let at = start + u32::try_from(open + 1 + inside.len()).ok()?;
    let comma = match inside.trim_start() {
        "" => "",
        written if written.ends_with(',') => " ",
        _ => ", ",
    };
    edits.push(insert(view, at, format!("{comma}{name} = () => false")));
    Some(edits)
}

/// One more argument of a call.
fn argument(view: &UnitView<'_>, unit: usize, call: NodeId, written: &str) -> Option<PlannedEdit> {
    let there = view.of(unit);
    let Kind::Call { args, .. } = there.unit.kind(call) else { return None };
    let end = there.bytes(call).end;
    view.project.text.get(..end as usize)?.ends_with(')').then_some(())?;
    Some(match args.last() {
        Some(&last) => insert(view, there.bytes(last).end, format!(", {written}")),
        None => insert(view, end - 1, written.to_owned()),
    })
}

/// Writes the question before what puts an answer into a state.
struct Guards<'a, 'b> {
    view: &'b UnitView<'a>,
    style: Style,
    /// `isStale`, `isStale()`
    asks: String,
    /// The calls that must not be made any more.
    calls: FxHashSet<(usize, NodeId)>,
    /// Functions that set a state and stand as arguments.
    setters: Vec<(usize, NodeId)>,
}

impl<'a, 'b> Guards<'a, 'b> {
    fn new(view: &'b UnitView<'a>, request: NodeId, shown: &[Shown], asks: String) -> Option<Self> {
        let style = Style::of(view.project.text);
        let mut guards = Guards { view, style, asks, calls: FxHashSet::default(), setters: Vec::new() };
        for it in shown {
            let u = view.unit_of(it.setter.0);
            let is_callee = matches!(u.kind(it.call.1), Kind::Call { callee, .. } if *callee == it.setter.1);
            match it.handed_by {
                Some(call) => {
                    guards.calls.insert(call);
                }
                None if is_callee => {
                    guards.calls.insert(it.call);
                }
                None => guards.setters.push(it.setter),
            }
        }
        guards.failures(request);
        Some(guards)
    }

    /// What shows that the request has failed: in the `catch` around it, or in that of its promise.
    fn failures(&mut self, request: NodeId) {
        let u = self.view.unit;
        let mut at = request;
        for around in u.ancestors(request) {
            match u.kind(around) {
                Kind::TryCatch { body, catch: Some(catch), .. } if *body == at => {
                    let calls = self.setting(self.view.index, catch.body);
                    self.calls.extend(calls);
                }
                Kind::Call { callee, args, .. } if *callee == at => {
                    if callee_name(u, around).is_some_and(|name| name == "catch")
                        && let Some(&handler) = args.first()
                        && let Kind::Function(function) = u.kind(handler)
                        && let Some(body) = u.function(*function).body
                    {
                        let calls = self.setting(self.view.index, body);
                        self.calls.extend(calls);
                    }
                }
                Kind::Function(_) => return,
                _ => {}
            }
            at = around;
        }
    }

    /// The calls of a block, or the one call that stands for it, that set a state, but for those that say that nothing is
    /// under way any more.
    fn setting(&self, unit: usize, body: NodeId) -> Vec<(usize, NodeId)> {
        let u = self.view.unit_of(unit);
        let values: Vec<NodeId> = match u.kind(body) {
            Kind::Block { statements, .. } => statements
                .iter()
                .filter_map(|&s| match u.kind(s) {
                    Kind::Discard(value) => Some(*value),
                    _ => None,
                })
                .collect(),
            _ => vec![body],
        };
        values.into_iter().filter(|&value| self.sets(unit, value)).map(|value| (unit, value)).collect()
    }

    fn sets(&self, unit: usize, call: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let Kind::Call { callee, args, .. } = u.kind(call) else { return false };
        state_set_by(self.view, unit, *callee).is_some()
            && !matches!(args.first().map(|&arg| u.kind(arg)), Some(Kind::Literal(Literal::Bool(_))))
    }

    fn edits(&self) -> Option<Vec<PlannedEdit>> {
        let mut edits = Vec::new();
        for &(unit, setter) in &self.setters {
            let there = self.view.of(unit);
            let text = there.text(setter);
            let asks = &self.asks;
            edits.push(replace(
                self.view,
                there.bytes(setter),
                format!("(value) => {{ if (!{asks}) {text}(value) }}"),
            ));
        }
        let mut calls: Vec<(usize, NodeId)> = self.calls.iter().copied().collect();
        calls.sort_by_key(|&(unit, call)| self.view.of(unit).bytes(call).start);
        let mut done: FxHashSet<(usize, NodeId)> = FxHashSet::default();
        for (unit, call) in calls {
            let u = self.view.unit_of(unit);
            let parent = u.parent(call);
            let is_body = match parent {
                None => u.own().body == Some(call),
                Some(parent) => matches!(u.kind(parent), Kind::Function(_)),
            };
            if is_body {
                if self.waits(unit, call) {
                    return None;
                }
                edits.push(self.wrapped(unit, call));
                continue;
            }
            let statement = u.ancestors(call).find(|&n| {
                matches!(
                    u.kind(n),
                    Kind::Discard(_) | Kind::Return(_) | Kind::Let { .. } | Kind::Block { .. }
                )
            })?;
            if !matches!(u.kind(statement), Kind::Discard(_) | Kind::Return(_)) {
                return None;
            }
            if done.contains(&(unit, statement)) {
                continue;
            }
            let block = u.parent(statement)?;
            let Kind::Block { statements, .. } = u.kind(block) else {
                if self.waits(unit, statement) {
                    return None;
                }
                edits.push(self.wrapped(unit, statement));
                done.insert((unit, statement));
                continue;
            };
            if self.waits(unit, statement) {
                edits.extend(self.after_waiting(unit, statement, call)?);
                done.insert((unit, statement));
                continue;
            }
            let at = statements.iter().position(|&s| s == statement)?;
            let run = statements[at..].iter().take_while(|&&s| self.is_guarded(unit, s));
            let run: Vec<NodeId> = run.copied().collect();
            done.extend(run.iter().map(|&s| (unit, s)));
            edits.push(self.before(unit, block, &run, at + run.len() == statements.len())?);
        }
        Some(edits)
    }

    /// Whether a statement is one of those that must not run any more.
    fn is_guarded(&self, unit: usize, statement: NodeId) -> bool {
        if self.waits(unit, statement) {
            return false;
        }
        match self.view.unit_of(unit).kind(statement) {
            Kind::Discard(value) => self.calls.contains(&(unit, *value)) || self.sets(unit, *value),
            Kind::Return(Some(value)) => self.calls.contains(&(unit, *value)),
            _ => false,
        }
    }

    /// Whether something is waited for inside a node, by the function that it stands in.
    fn waits(&self, unit: usize, node: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let function = u.node(node).function;
        let waits = |n: NodeId| matches!(u.kind(n), Kind::Await(_)) && u.node(n).function == function;
        u.descendants(node).into_iter().any(waits)
    }

    /// The question between what is waited for in a call's only argument and the call: `setUser(await read(response))`.
    fn after_waiting(&self, unit: usize, statement: NodeId, call: NodeId) -> Option<[PlannedEdit; 2]> {
        let there = self.view.of(unit);
        let text = self.view.project.text;
        let Kind::Call { args, .. } = there.unit.kind(call) else { return None };
        let [only] = args[..] else { return None };
        let is_plain = matches!(there.unit.kind(statement), Kind::Discard(value) if *value == call);
        let start = there.bytes(statement).start;
        if !is_plain || matches!(there.unit.kind(only), Kind::Spread(_)) || !begins_its_line(text, start) {
            return None;
        }
        let function = there.unit.node(call).function;
        let name =
            ["value", "answer", "latest"].into_iter().find(|name| !is_taken(&there, function, name))?;
        let Style { newline, semicolon, .. } = &self.style;
        let (argument, indent) = (there.text(only), indent_at(text, start));
        let waited = format!("const {name} = {argument}{semicolon}{newline}{indent}if (!{}) ", self.asks);
        Some([insert(self.view, start, waited), replace(self.view, there.bytes(only), name.to_owned())])
    }

    /// The question before some statements of a block that follow each other.
    fn before(&self, unit: usize, block: NodeId, run: &[NodeId], ends: bool) -> Option<PlannedEdit> {
        let there = self.view.of(unit);
        let text = self.view.project.text;
        let (asks, Style { newline, indent, semicolon }) = (&self.asks, &self.style);
        let (&first, &last) = (run.first()?, run.last()?);
        let start = there.bytes(first).start;
        if run.len() == 1 || !begins_its_line(text, start) {
            let only = run.len() == 1;
            return only.then(|| insert(self.view, start, format!("if (!{asks}) ")));
        }
        let outer = indent_at(text, start);
        if ends && self.ends_its_function(unit, block) {
            return Some(insert(self.view, start, format!("if ({asks}) return{semicolon}{newline}{outer}")));
        }
        let range = TextRange::new(start, there.bytes(last).end);
        let inner = indented(text.get(range.start as usize..range.end as usize)?, indent);
        let closed = if text[range.end as usize..].starts_with(';') { ";" } else { "" };
        let range = TextRange::new(range.start, range.end + u32::try_from(closed.len()).ok()?);
        let new_text = format!("if (!{asks}) {{{newline}{outer}{indent}{inner}{closed}{newline}{outer}}}");
        Some(replace(self.view, range, new_text))
    }

    /// Whether nothing follows the end of a block but what runs on every way out.
    fn ends_its_function(&self, unit: usize, block: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let is_body = |block: NodeId| match u.parent(block) {
            None => true,
            Some(parent) => matches!(u.kind(parent), Kind::Function(_)),
        };
        if is_body(block) {
            return true;
        }
        let Some(parent) = u.parent(block) else { return false };
        let Kind::TryCatch { .. } = u.kind(parent) else { return false };
        let Some(around) = u.parent(parent) else { return false };
        let is_last =
            matches!(u.kind(around), Kind::Block { statements, .. } if statements.last() == Some(&parent));
        is_last && is_body(around)
    }

    /// A call or statement that stands alone, in a block with the question.
    fn wrapped(&self, unit: usize, node: NodeId) -> PlannedEdit {
        let there = self.view.of(unit);
        let (asks, text) = (&self.asks, there.text(node));
        replace(self.view, there.bytes(node), format!("{{ if (!{asks}) {text} }}"))
    }
}

fn insert(view: &UnitView<'_>, at: u32, new_text: String) -> PlannedEdit {
    replace(view, TextRange::new(at, at), new_text)
}

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}
