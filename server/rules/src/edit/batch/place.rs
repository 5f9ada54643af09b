//! Where a query stands that runs on every turn, and where one for all turns can stand instead.

use plimsoll_behavior::{Access, BindingId, Effects, FunctionId, Kind, LoopKind, NodeId, PathStep};
use plimsoll_project::link::Value;
use plimsoll_syntax::TextRange;

use super::super::cleanup::is_typed;
use super::super::style::{self, Style};
use super::collection::{CHANGES, is_array, is_path, is_refilled, may_be_read_once};
use crate::UnitView;
use crate::ask::{Turn, callee_name, calls_within};
use crate::view::CallView;

/// Where the query of each turn stands, and where that of all will.
pub(super) struct Place<'v, 'a> {
    /// The unit of the query.
    pub view: &'v UnitView<'a>,
    /// The unit of the loop.
    pub outer: UnitView<'a>,
    /// The function of the loop, in `outer`.
    pub function: FunctionId,
    /// The statement of the loop, in `outer`.
    pub statement: NodeId,
    /// What becomes a look-up: the awaited query, or the query that a callback yields.
    pub replaced: NodeId,
    /// The collection, as written.
    pub over: &'a str,
    /// What its elements are bound to, as written.
    pub pattern: &'a str,
    /// Whether the collection is known to be an array.
    pub is_array: bool,
    /// How the file is written.
    pub style: Style,
    turn: &'v Turn,
    call: NodeId,
}

/// What keeps some turns from asking.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing that says anything of the key.
    None,
    /// That the element has the key.
    Key,
    /// Something that may say more of the element than its type does.
    Other,
}

impl<'v, 'a> Place<'v, 'a> {
    pub fn of(view: &'v UnitView<'a>, turn: &'v Turn, call: NodeId) -> Option<Self> {
        let u = view.unit;
        let (unit, driver) = turn.driver;
        let outer = view.of(unit);
        let function = outer.unit.node(driver).function;
        let over = turn.over.filter(|(at, _)| *at == unit)?.1;
        if !is_path(&outer, over) || is_refilled(view, turn, outer.text(over)) {
            return None;
        }
        let awaited = u.parent(call).filter(|&parent| matches!(u.kind(parent), Kind::Await(_)));
        let own = u.node(call).function;
        let (statement, pattern, replaced) = match outer.unit.kind(driver) {
            Kind::Loop(each) if each.kind == LoopKind::Each => {
                let pattern = each.pattern.as_ref()?;
                if unit != view.index || own != function || !pattern.defaults.is_empty() {
                    return None;
                }
                (driver, pattern, awaited?)
            }
            Kind::Call { .. } => {
                let f = u.function(own);
                let is_callback = f.body == Some(turn.body)
                    && !f.is_generator
                    && if unit == view.index { f.parent == Some(function) } else { own == FunctionId(0) };
                let param = f.params.first()?;
                if !is_callback
                    || param.default.is_some()
                    || param.is_rest
                    || !param.pattern.defaults.is_empty()
                    || !outer.unit.function(function).is_async
                {
                    return None;
                }
                let yielded = awaited.or_else(|| (call == turn.body).then_some(call))?;
                (statement_of_all(&outer, driver)?, &param.pattern, yielded)
            }
            _ => return None,
        };
        let is_block =
            outer.unit.parent(statement).is_some_and(|p| matches!(outer.unit.kind(p), Kind::Block { .. }));
        let start = outer.bytes(statement).start;
        if !is_block || !style::begins_its_line(view.project.text, start) {
            return None;
        }
        if pattern.bindings != turn.elements || pattern.bindings.is_empty() {
            return None;
        }
        let is_map = matches!(outer.unit.kind(driver), Kind::Call { .. });
        let is_array = is_map || is_array(&outer, over);
        if !is_array && may_be_read_once(&outer, over) {
            return None;
        }
        let range = view.to_file(pattern.range);
        let pattern = view.project.text.get(range.start as usize..range.end as usize)?;
        let over = outer.text(over);
        let style = Style::of(view.project.text);
        let place =
            Place { view, outer, function, statement, replaced, over, pattern, is_array, style, turn, call };
        (!place.is_caught() && !place.is_element_changed()).then_some(place)
    }

    /// Whether nobody looks at what the query yields.
    pub fn is_dropped(&self) -> bool {
        let u = self.view.unit;
        u.parent(self.replaced).is_some_and(|p| matches!(u.kind(p), Kind::Discard(_)))
    }

    /// The whole loop, or `await Promise.all(…)`, in `outer`, where each turn does nothing but the call and nobody looks
    /// at what it yields. None where a comment stands between the two.
    pub fn whole(&self) -> Option<NodeId> {
        let (u, o) = (self.view.unit, self.outer.unit);
        let body = self.turn.body;
        let is_all = match u.kind(body) {
            Kind::Block { statements, .. } => {
                statements.len() == 1 && u.parent(self.replaced) == statements.first().copied()
            }
            Kind::Discard(value) => *value == self.replaced,
            _ => body == self.replaced,
        };
        let whole = match o.kind(self.turn.driver.1) {
            Kind::Loop(_) => Some(self.turn.driver.1).filter(|_| self.is_dropped()),
            _ => {
                let awaited = o.parent(o.parent(self.turn.driver.1)?)?;
                let is_dropped = o.parent(awaited) == Some(self.statement)
                    && matches!(o.kind(self.statement), Kind::Discard(_));
                (is_dropped && matches!(o.kind(awaited), Kind::Await(_))).then_some(awaited)
            }
        };
        let whole = whole.filter(|_| is_all)?;
        let text = self.view.project.text;
        let (around, call) = (self.outer.bytes(whole), self.view.bytes(self.call));
        let rest = [
            text.get(around.start as usize..call.start as usize)?,
            text.get(call.end as usize..around.end as usize)?,
        ];
        rest.iter().all(|part| !part.contains("//") && !part.contains("/*")).then_some(whole)
    }

    /// Whether a node mentions nothing of the turn but its element, and waits for nothing.
    pub fn is_of_element(&self, root: NodeId) -> bool {
        let u = self.view.unit;
        let driver = self.outer.unit.range(self.turn.driver.1);
        u.descendants(root).into_iter().all(|node| match u.kind(node) {
            Kind::Name { binding: Some(b), .. } if !self.turn.elements.contains(b) => {
                let at = u.binding(*b).range.start;
                self.turn.driver.0 == self.view.index && (at < driver.start || at >= driver.end)
            }
            Kind::This => self.is_arrow_or_loop(),
            Kind::Await(_) | Kind::Yield(_) | Kind::Assign { .. } => false,
            Kind::Nested(_) | Kind::Function(_) => false,
            _ => true,
        })
    }

    /// A call that makes a list of what `made` makes of each element: what stands before and after `made`.
    pub fn each(&self) -> (String, &'static str) {
        let (over, pattern) = (self.over, self.pattern);
        if self.is_array {
            (format!("{over}.map(({pattern}) => "), ")")
        } else {
            (format!("Array.from({over}, ({pattern}) => "), ")")
        }
    }

    /// Whether nothing below a node depends on the turn, so that it can stand before the loop.
    pub fn is_known_before(&self, root: NodeId) -> bool {
        self.is_known_but(root, None, None)
    }

    /// Whether nothing below a node depends on the turn but `key`. Calls of the library with this model that do nothing
    /// are no obstacle: what they make is a part of the query.
    pub fn is_known_but(&self, root: NodeId, key: Option<NodeId>, library: Option<u16>) -> bool {
        let u = self.view.unit;
        let driver = self.outer.unit.range(self.turn.driver.1);
        let of_key = key.map(|key| u.descendants(key)).unwrap_or_default();
        u.descendants(root).into_iter().filter(|node| !of_key.contains(node)).all(|node| match u.kind(node) {
            Kind::Name { binding: Some(b), .. } => {
                let at = u.binding(*b).range.start;
                self.turn.driver.0 == self.view.index && (at < driver.start || at >= driver.end)
            }
            Kind::Call { .. } => {
                let facts = self.view.eval.call(self.view.index, node);
                let model = facts.behavior.as_ref().map(|(model, _)| *model);
                library.is_some() && model == library && (facts.effects.is_empty() || node == self.call)
            }
            Kind::Await(_) | Kind::Function(_) | Kind::Nested(_) | Kind::Assign { .. } => false,
            // `this` of a callback is that of the function around it only in an arrow.
            Kind::This => self.is_arrow_or_loop(),
            _ => true,
        })
    }

    fn is_arrow_or_loop(&self) -> bool {
        let Kind::Call { args, .. } = self.outer.unit.kind(self.turn.driver.1) else { return true };
        args.first().is_some_and(|&callback| {
            let text = self.outer.text(callback).trim_start_matches("async").trim_start();
            !text.starts_with("function")
        })
    }

    /// Whether a node is an element or a member of it.
    pub fn is_key(&self, node: NodeId) -> bool {
        let u = self.view.unit;
        let mut at = node;
        loop {
            match u.kind(at) {
                Kind::Name { binding: Some(b), .. } => return self.turn.elements.contains(b),
                Kind::Member { object, access: Access::Dot, .. } => at = *object,
                _ => return false,
            }
        }
    }

    /// The pattern as the parameter of an arrow.
    pub fn parameter(&self) -> String {
        format!("({})", self.pattern)
    }

    /// The quote that the file writes most.
    pub fn quote(&self) -> &'static str {
        let text = self.view.project.text;
        if text.matches('"').count() > text.matches('\'').count() { "\"" } else { "'" }
    }

    /// A piece of the text, with those of the ordered changes that fall into it, indented as the statement of the loop.
    pub fn moved(&self, range: TextRange, changes: &[(TextRange, String)]) -> Option<String> {
        let out = self.changed(range, changes)?;
        if !out.contains('\n') {
            return Some(out);
        }
        if out.contains('`') {
            return None;
        }
        Some(self.reindented(range.start, &out))
    }

    /// As [`Place::moved`], for text in whose templates white space means nothing: SQL.
    pub fn moved_sql(&self, range: TextRange, changes: &[(TextRange, String)]) -> Option<String> {
        Some(self.reindented(range.start, &self.changed(range, changes)?))
    }

    /// A piece of the text, which begins at `start`, indented as the statement of the loop.
    fn reindented(&self, start: u32, out: &str) -> String {
        let text = self.view.project.text;
        let here = style::indent_at(text, start);
        let there = style::indent_at(text, self.outer.bytes(self.statement).start);
        let mut lines = out.split('\n');
        let mut moved = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            moved.push('\n');
            match line.strip_prefix(here) {
                Some(rest) => moved.extend([there, rest]),
                None => moved.push_str(line),
            }
        }
        moved
    }

    /// A piece of the text with those of the ordered changes that fall into it.
    fn changed(&self, range: TextRange, changes: &[(TextRange, String)]) -> Option<String> {
        let text = self.view.project.text;
        let inside = changes.iter().filter(|(c, _)| range.start <= c.start && c.end <= range.end);
        let mut out = String::new();
        let mut at = range.start;
        for (changed, new_text) in inside {
            out.push_str(text.get(at as usize..changed.start as usize)?);
            out.push_str(new_text);
            at = changed.end;
        }
        out.push_str(text.get(at as usize..range.end as usize)?);
        Some(out)
    }

    /// What takes the place of the query.
    pub fn looked_up(&self, map: &str, key: &str, missing: Option<&str>) -> String {
        let u = self.view.unit;
        let value = match missing {
            // What a map yields for a key that it does not have.
            Some("undefined") => return format!("{map}.get({key})"),
            missing => format!("{map}.get({key}) ?? {}", missing.unwrap_or("[]")),
        };
        let stands_alone = u.parent(self.replaced).is_none_or(|parent| match u.kind(parent) {
            Kind::Let { .. }
            | Kind::Return(_)
            | Kind::Assign { .. }
            | Kind::Object { .. }
            | Kind::Array(_)
            | Kind::Function(_) => true,
            Kind::Call { callee, .. } => *callee != self.replaced,
            _ => false,
        });
        let text = self.view.project.text;
        let range = self.view.bytes(self.replaced);
        let is_in_parentheses = text[..range.start as usize].trim_end().ends_with('(')
            && text[range.end as usize..].trim_start().starts_with(')');
        if stands_alone || is_in_parentheses { value } else { format!("({value})") }
    }

    /// What takes the place of a query whose rows are a member of its result, and where. None where anything but the
    /// rows is looked at.
    pub fn rows_looked_up(&self, map: &str, key: &str, rows: &str) -> Option<(TextRange, String)> {
        let u = self.view.unit;
        let found = format!("{map}.get({key}) ?? []");
        let is_rows = |node: NodeId| matches!(u.kind(node), Kind::Member { name, access: Access::Dot, .. } if name == rows);
        let parent = u.parent(self.replaced)?;
        let bindings = match u.kind(parent) {
            Kind::Member { .. } if is_rows(parent) => {
                return Some((self.view.bytes(parent), format!("({found})")));
            }
            Kind::Let { pattern, init, .. } if *init == Some(self.replaced) => pattern,
            _ => return None,
        };
        let is_first_step = |binding: BindingId| match u.binding(binding).path.first() {
            Some(PathStep::Member(name)) => name == rows,
            Some(_) => false,
            None => u.binding(binding).uses.iter().all(|&used| u.parent(used).is_some_and(is_rows)),
        };
        if bindings.bindings.is_empty() || !bindings.bindings.iter().all(|&binding| is_first_step(binding)) {
            return None;
        }
        let pattern = self.view.to_file(bindings.range);
        let replaced = self.view.bytes(self.replaced);
        let text = self.view.project.text;
        if let [only] = bindings.bindings.as_slice()
            && matches!(u.binding(*only).path.as_slice(), [PathStep::Member(_)])
            && bindings.defaults.is_empty()
        {
            let between = text.get(pattern.end as usize..replaced.start as usize)?;
            let range = TextRange::new(pattern.start, replaced.end);
            return Some((range, format!("{}{between}{found}", u.binding(*only).name)));
        }
        Some((replaced, format!("{{ {rows}: {found} }}")))
    }

    /// What keeps some turns from asking, as far as the type of the key may depend on it.
    pub fn guard(&self, key: NodeId) -> Guard {
        let u = self.view.unit;
        let mut guards: Vec<NodeId> = Vec::new();
        let mut below = self.replaced;
        for around in u.ancestors(self.replaced) {
            match u.kind(around) {
                Kind::If { condition, .. } if *condition != below => guards.push(*condition),
                Kind::Binary { left, right, .. } if *right == below => guards.push(*left),
                Kind::Match { on, .. } if *on != below => guards.push(*on),
                Kind::Loop(l) if around != self.turn.driver.1 => guards.extend(l.condition),
                Kind::Block { statements, .. } => {
                    let before = statements.iter().take_while(|&&s| s != below);
                    guards.extend(before.copied().filter(|&s| may_end_or_assert(u, s)));
                }
                _ => {}
            }
            if around == self.turn.body || around == self.turn.driver.1 {
                break;
            }
            below = around;
        }
        let key_text = self.view.text(key);
        let is_one_step = matches!(u.kind(key), Kind::Member { object, .. } if matches!(u.kind(*object), Kind::Name { .. }));
        let mut worst = Guard::None;
        for guard in guards {
            for node in u.descendants(guard) {
                let Kind::Name { binding: Some(b), .. } = u.kind(node) else { continue };
                if !self.turn.elements.contains(b) {
                    continue;
                }
                let is_key = std::iter::once(node)
                    .chain(u.ancestors(node).take(1))
                    .any(|n| self.view.text(n) == key_text);
                if is_key && is_one_step || !is_typed(self.view.linked.file.language) {
                    worst = if worst == Guard::Other { worst } else { Guard::Key };
                } else {
                    worst = Guard::Other;
                }
            }
        }
        worst
    }

    /// Whether the turns write to the table that they read, or to one that is not known.
    pub fn writes_to(&self, table: Option<&str>) -> bool {
        calls_within(self.view, self.turn.unit, self.turn.body).into_iter().any(|(node, effects)| {
            let is_library = |call: &CallView<'_>| call.facts.target.is_none();
            let call = self.view.call(node).filter(is_library);
            let written = call.and_then(|call| super::table_name(self.view, &call));
            effects.contains(Effects::DB_WRITE) && (written.is_none() || written.as_deref() == table)
        })
    }

    /// Whether the loop changes what it has read: two turns could then share it.
    pub fn is_result_changed(&self) -> bool {
        let u = self.view.unit;
        let Some(Kind::Let { pattern, .. }) = u.parent(self.replaced).map(|p| u.kind(p)) else {
            return false;
        };
        pattern.bindings.iter().any(|&b| is_changed(u, b))
    }

    fn is_element_changed(&self) -> bool {
        let u = self.view.unit;
        self.turn.elements.iter().any(|&b| !u.binding(b).assignments.is_empty() || is_changed(u, b))
    }

    /// Whether a failure of the query is caught on each turn.
    fn is_caught(&self) -> bool {
        let u = self.view.unit;
        u.ancestors(self.call)
            .take_while(|&around| around != self.turn.driver.1)
            .any(|around| matches!(u.kind(around), Kind::TryCatch { .. }))
    }
}

/// Whether something is written into what a name is bound to.
fn is_changed(u: &plimsoll_behavior::Unit, binding: BindingId) -> bool {
    u.binding(binding).uses.iter().any(|&used| {
        let mut at = used;
        for around in u.ancestors(used) {
            match u.kind(around) {
                Kind::Member { name, .. } if CHANGES.contains(&name.as_str()) => return true,
                Kind::Member { object, .. } | Kind::Index { object, .. } if *object == at => {}
                Kind::NonNull(_) => {}
                Kind::Assign { target, .. } => return *target == at && at != used,
                Kind::Unary { op, .. } => {
                    return matches!(op.as_str(), "delete" | "++" | "--") && at != used;
                }
                _ => return false,
            }
            at = around;
        }
        false
    })
}

/// Whether a statement may end the turn, or tells the compiler something.
fn may_end_or_assert(u: &plimsoll_behavior::Unit, statement: NodeId) -> bool {
    u.descendants(statement).into_iter().any(|node| match u.kind(node) {
        Kind::Return(_) | Kind::Throw(_) | Kind::Break { .. } | Kind::Continue(_) => true,
        Kind::Call { .. } => callee_name(u, node)
            .map(|name| name.to_ascii_lowercase())
            .is_some_and(|name| name.contains("assert") || name.contains("invariant")),
        _ => false,
    })
}

/// The statement of `await Promise.all(posts.map(…))`, where nothing before it in the statement decides whether it runs.
fn statement_of_all(outer: &UnitView<'_>, driver: NodeId) -> Option<NodeId> {
    let u = outer.unit;
    if callee_name(u, driver)? != "map" {
        return None;
    }
    let all = u.parent(driver)?;
    let Kind::Call { callee, .. } = u.kind(all) else { return None };
    if outer.eval.value(outer.index, *callee) != Value::Package("<global>".into(), "Promise.all".into()) {
        return None;
    }
    let mut at = all;
    loop {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Block { .. } => return Some(at),
            Kind::Await(_)
            | Kind::Let { .. }
            | Kind::Return(_)
            | Kind::Discard(_)
            | Kind::Assign { .. }
            | Kind::Call { .. }
            | Kind::Member { .. }
            | Kind::Object { .. }
            | Kind::Array(_)
            | Kind::Cast { .. }
            | Kind::NonNull(_)
            | Kind::Spread(_) => at = parent,
            _ => return None,
        }
    }
}
