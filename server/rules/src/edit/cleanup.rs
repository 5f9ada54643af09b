//! Adds what releases a handle to the end of an effect.

use plimsoll_behavior::{CallForm, FunctionId, Kind, Literal, NodeId};
use plimsoll_syntax::{Language, TextRange};

use super::style::{Style, begins_its_line, end_of_line, indent_at, indented};
use crate::ask::{binding_around, binding_of};
use crate::{PlannedEdit, UnitView};

/// What makes an effect release what a call of it starts: the edits, and what releases it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// In bytes of the file under review.
    pub edits: Vec<PlannedEdit>,
    /// `clearInterval(interval)`
    pub release: String,
}

/// How a handle is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release<'r> {
    /// A function that it is handed to: `clearInterval(timer)`.
    By(&'r str),
    /// A method of it, or of a part of it: `socket.close()`.
    Method(&'r str),
}

/// What is written to release a handle where it is started.
pub(super) struct Released<'r> {
    function: Option<String>,
    release: Release<'r>,
}

impl<'r> Release<'r> {
    /// None where the function is not reached where the call stands.
    pub(super) fn at(self, view: &UnitView<'_>, call: NodeId) -> Option<Released<'r>> {
        let function = match self {
            Release::By(function) => Some(release_in_scope(view, call, function)?),
            Release::Method(_) => None,
        };
        Some(Released { function, release: self })
    }
}

impl Released<'_> {
    /// The call that releases a handle.
    pub(super) fn of(&self, handle: &str) -> String {
        match (&self.function, self.release) {
            (Some(function), _) => format!("{function}({handle})"),
            (None, Release::By(function)) => format!("{function}({handle})"),
            (None, Release::Method(method)) => format!("{handle}.{method}()"),
        }
    }

    /// Whether it must not be asked of nothing: a compiler says so, or there is no method of nothing.
    pub(super) fn needs_a_handle(&self, language: Language) -> bool {
        is_typed(language) || self.function.is_none()
    }

    /// Whether its own result is something, which a cleanup must not hand out.
    fn hands_out(&self) -> bool {
        self.function.is_none()
    }
}

/// Makes an effect return a function that releases what `call` yields, or adds that to the one it returns.
/// None where that would not be right on every path, or the effect is written in a way that nothing can be added to.
#[must_use]
pub fn release_after_effect(
    view: &UnitView<'_>,
    effect: (usize, FunctionId),
    call: NodeId,
    release: Release<'_>,
    name: &str,
) -> Option<Cleanup> {
    let writer = Writer::of_effect(view, effect, call)?;
    let release = release.at(view, call)?;
    match view.unit.kind(writer.body) {
        Kind::Block { .. } => writer.in_block(call, &release, name),
        _ => writer.in_expression(call, &release, name),
    }
}

/// The function that releases, as it is reached where the call stands: `window.clearInterval` for `window.setInterval`.
pub(super) fn release_in_scope(view: &UnitView<'_>, call: NodeId, release: &str) -> Option<String> {
    let Kind::Call { callee, form: CallForm::Plain, .. } = view.unit.kind(call) else { return None };
    match view.unit.kind(*callee) {
        Kind::Member { object, .. } => {
            let last = release.rsplit('.').next().unwrap_or(release);
            Some(format!("{}.{last}", view.dotted(*object)?))
        }
        Kind::Name { name, .. } if *name != release => {
            let is_shadowed = view.linked.file.units.iter().any(|entry| {
                entry.unit.bindings.iter().any(|b| {
                    b.name == release && !matches!(b.kind, plimsoll_behavior::BindingKind::Import(_))
                })
            });
            (!is_shadowed).then(|| release.to_owned())
        }
        _ => None,
    }
}

/// Writes into an effect.
pub(super) struct Writer<'a, 'b> {
    pub(super) view: &'b UnitView<'a>,
    pub(super) text: &'a str,
    pub(super) style: Style,
    pub(super) effect: FunctionId,
    pub(super) body: NodeId,
}

/// How the handle is reached where the cleanup stands.
struct Handle {
    text: String,
    /// Whether it may be `null` there, as far as the compiler knows.
    may_be_null: bool,
    /// Whether it is declared inside the block that the call stands in.
    is_local: bool,
    edit: Option<PlannedEdit>,
}

impl<'a, 'b> Writer<'a, 'b> {
    /// A writer into the effect that a call of the unit stands in itself. None where the effect hands out a promise: it
    /// has no cleanup then.
    pub(super) fn of_effect(
        view: &'b UnitView<'a>,
        effect: (usize, FunctionId),
        call: NodeId,
    ) -> Option<Self> {
        let function = view.unit.function(effect.1);
        if effect.0 != view.index
            || view.unit.node(call).function != effect.1
            || function.is_async
            || function.is_generator
        {
            return None;
        }
        let text = view.project.text;
        Some(Writer { view, text, style: Style::of(text), effect: effect.1, body: function.body? })
    }
}

impl Writer<'_, '_> {
    /// `useEffect(() => setInterval(tick, 1000))`
    fn in_expression(&self, call: NodeId, release: &Released<'_>, name: &str) -> Option<Cleanup> {
        let u = self.view.unit;
        let value = match u.kind(self.body) {
            Kind::Unary { op, value } if op == "void" => *value,
            _ => self.body,
        };
        if value != call {
            return None;
        }
        let name = free_name(self.view, self.effect, name);
        let hands_out = release.hands_out();
        let release = release.of(&name);
        let Style { newline, indent: unit, semicolon } = &self.style;
        let outer = indent_at(self.text, self.view.to_file(u.function(self.effect).range).start);
        let inner = format!("{outer}{unit}");
        let timer = indented(self.view.text(call), unit);
        let returned = if hands_out {
            format!("return () => {{{newline}{inner}{unit}{release}{semicolon}{newline}{inner}}}{semicolon}")
        } else {
            format!("return () => {release}{semicolon}")
        };
        let new_text = format!(
            "{{{newline}{inner}const {name} = {timer}{semicolon}{newline}{inner}{returned}{newline}{outer}}}"
        );
        let edits = vec![self.edit(self.view.bytes(self.body), new_text)];
        Some(Cleanup { edits, release })
    }

    fn in_block(&self, call: NodeId, released: &Released<'_>, name: &str) -> Option<Cleanup> {
        let (statement, block) = self.statement_of(call)?;
        let handle = self.handle(statement, call, name)?;
        // Where the cleanup must stand: a handle that is declared in a branch is only known there.
        let home = if handle.is_local { block } else { self.body };
        if home != self.body && !self.ends_the_effect(home) {
            return None;
        }
        let needs_guard = handle.may_be_null && released.needs_a_handle(self.view.linked.file.language);
        let is_statement = needs_guard || released.hands_out();
        let release = released.of(&handle.text);
        let guarded = if needs_guard { format!("if ({}) {release}", handle.text) } else { release.clone() };
        let mut edits: Vec<PlannedEdit> = handle.edit.into_iter().collect();
        edits.push(self.at_the_end(home, statement, &guarded, is_statement)?);
        Some(Cleanup { edits, release })
    }

    /// The release at the end of a block of the effect, whatever the effect returns after `from`.
    pub(super) fn at_the_end(
        &self,
        home: NodeId,
        from: NodeId,
        release: &str,
        is_statement: bool,
    ) -> Option<PlannedEdit> {
        let u = self.view.unit;
        let from = u.range(from).start;
        let later: Vec<NodeId> = self.returns().filter(|&r| u.range(r).start > from).collect();
        match later.as_slice() {
            [] => self.new_cleanup(home, release, is_statement),
            [only] if u.parent(*only) == Some(home) && self.last_statement(home) == Some(*only) => {
                let Kind::Return(value) = u.kind(*only) else { return None };
                match value {
                    Some(value) if !is_nothing(u.kind(*value)) => self.added(*value, release),
                    _ => Some(self.edit(self.view.bytes(*only), self.returned(*only, release, is_statement))),
                }
            }
            _ => None,
        }
    }

    /// The statement that a call stands in, and the block around that. None inside loops: one handle would be many.
    pub(super) fn statement_of(&self, call: NodeId) -> Option<(NodeId, NodeId)> {
        let u = self.view.unit;
        let mut found = None;
        let mut at = call;
        while at != self.body {
            let parent = u.parent(at)?;
            match u.kind(parent) {
                Kind::Loop(_) | Kind::Function(_) => return None,
                Kind::Block { .. } if found.is_none() => found = Some((at, parent)),
                _ => {}
            }
            at = parent;
        }
        found
    }

    fn handle(&self, statement: NodeId, call: NodeId, name: &str) -> Option<Handle> {
        let u = self.view.unit;
        match u.kind(statement) {
            Kind::Let { pattern, init: Some(init), .. } if *init == call => {
                let [only] = pattern.bindings.as_slice() else { return None };
                let b = u.binding(*only);
                let is_plain = b.path.is_empty() && b.assignments.is_empty();
                is_plain.then(|| Handle {
                    text: b.name.to_string(),
                    may_be_null: false,
                    is_local: true,
                    edit: None,
                })
            }
            Kind::Discard(value) => match u.kind(*value) {
                Kind::Assign { op, target, value: assigned } if op == "=" && *assigned == call => {
                    self.stored(*target)
                }
                kind => {
                    let is_dropped = *value == call
                        || matches!(kind, Kind::Unary { op, value } if op == "void" && *value == call);
                    let name = free_name(self.view, self.effect, name);
                    let start = self.view.bytes(statement).start;
                    let range = TextRange::new(start, self.view.bytes(call).start);
                    is_dropped.then(|| Handle {
                        edit: Some(self.edit(range, format!("const {name} = "))),
                        text: name,
                        may_be_null: false,
                        is_local: true,
                    })
                }
            },
            _ => None,
        }
    }

    /// A handle that is assigned to a variable or reference around the effect, or to a variable of it.
    fn stored(&self, target: NodeId) -> Option<Handle> {
        let u = self.view.unit;
        let text = self.view.dotted(target)?;
        let may_be_null = match u.kind(target) {
            Kind::Name { .. } => {
                let (unit, b) = binding_of(self.view, self.view.index, target)?;
                let of = &self.view.linked.file.units[unit].unit;
                let b = of.binding(b);
                // One that is declared in a branch is not known at the end of the effect.
                let is_known = unit != self.view.index || !self.is_in_a_branch(b.scope);
                if !is_known {
                    return None;
                }
                b.ty.as_ref().is_some_and(|ty| ty.args.iter().any(|arg| arg.path.iter().any(|p| p == "null")))
                    || b.value.is_some_and(|value| *of.kind(value) == Kind::Literal(Literal::Null))
            }
            Kind::Member { .. } => true,
            _ => return None,
        };
        Some(Handle { text, may_be_null, is_local: false, edit: None })
    }

    fn is_in_a_branch(&self, scope: plimsoll_behavior::ScopeId) -> bool {
        let u = self.view.unit;
        let of_body = self.statements(self.body).first().map(|&s| u.node(s).scope);
        let s = &u.scopes[scope.0 as usize];
        s.function == self.effect && Some(scope) != of_body && scope != u.function(self.effect).scope
    }

    /// Whether nothing of the effect follows a branch, so that it may return.
    pub(super) fn ends_the_effect(&self, block: NodeId) -> bool {
        let u = self.view.unit;
        let Some(branch) = u.parent(block) else { return false };
        matches!(u.kind(branch), Kind::If { otherwise: None, .. })
            && u.parent(branch) == Some(self.body)
            && self.last_statement(self.body) == Some(branch)
    }

    fn returns(&self) -> impl Iterator<Item = NodeId> + '_ {
        let nodes = self.view.unit.nodes.iter().enumerate();
        nodes
            .filter(|(_, n)| n.function == self.effect && matches!(n.kind, Kind::Return(_)))
            .map(|(i, _)| NodeId(u32::try_from(i).expect("few nodes")))
    }

    fn statements(&self, block: NodeId) -> &[NodeId] {
        match self.view.unit.kind(block) {
            Kind::Block { statements, .. } => statements,
            _ => &[],
        }
    }

    fn last_statement(&self, block: NodeId) -> Option<NodeId> {
        self.statements(block).last().copied()
    }

    /// A cleanup at the end of a block that returns nothing.
    fn new_cleanup(&self, block: NodeId, release: &str, is_statement: bool) -> Option<PlannedEdit> {
        let last = self.last_statement(block)?;
        let range = self.view.bytes(last);
        let returned = self.returned(last, release, is_statement);
        match end_of_line(self.text, range.end) {
            Some(end)
                if begins_its_line(self.text, range.start) || follows_a_semicolon(self.text, range.start) =>
            {
                let indent = indent_at(self.text, range.start);
                let new_text = format!("{}{indent}{returned}", self.style.newline);
                Some(self.edit(TextRange::new(end, end), new_text))
            }
            _ => {
                let closed = if self.text[..range.end as usize].ends_with([';', '}']) { "" } else { ";" };
                let new_text = format!("{closed} {returned}");
                Some(self.edit(TextRange::new(range.end, range.end), new_text))
            }
        }
    }

    fn returned(&self, near: NodeId, release: &str, is_statement: bool) -> String {
        let Style { newline, indent: unit, semicolon } = &self.style;
        if !is_statement {
            return format!("return () => {release}{semicolon}");
        }
        let outer = indent_at(self.text, self.view.bytes(near).start);
        format!("return () => {{{newline}{outer}{unit}{release}{semicolon}{newline}{outer}}}{semicolon}")
    }

    /// The release as a part of the cleanup that the effect returns already.
    fn added(&self, value: NodeId, release: &str) -> Option<PlannedEdit> {
        let (unit, function) = self.cleanup_function(value)?;
        let u = &self.view.linked.file.units[unit].unit;
        let f = u.function(function);
        if f.is_async || f.is_generator {
            return None;
        }
        let body = f.body?;
        let bytes = |node: NodeId| self.view.linked.file.to_file(unit, u.range(node));
        let Style { newline, indent: step, semicolon } = &self.style;
        let Kind::Block { statements, .. } = u.kind(body) else {
            let range = bytes(body);
            let outer = indent_at(self.text, range.start);
            let inner = format!("{outer}{step}");
            let before = indented(self.text.get(range.start as usize..range.end as usize)?, step);
            let new_text = format!(
                "{{{newline}{inner}{before}{semicolon}{newline}{inner}{release}{semicolon}{newline}{outer}}}"
            );
            return Some(self.edit(range, new_text));
        };
        let Some(&first) = statements.first() else {
            return Some(self.edit(bytes(body), format!("{{ {release}{semicolon} }}")));
        };
        // First, so that no early return of the cleanup leaves it out.
        let at = bytes(first).start;
        let first_text = &self.text[at as usize..];
        if !begins_its_line(self.text, at) {
            return Some(self.edit(TextRange::new(at, at), format!("{release}; ")));
        }
        // Without it, the first line would go on in the second.
        let closed = if first_text.starts_with(['(', '[', '`']) { ";" } else { semicolon };
        let new_text = format!("{release}{closed}{newline}{}", indent_at(self.text, at));
        Some(self.edit(TextRange::new(at, at), new_text))
    }

    /// The function that a returned value is, where it is written in the effect.
    fn cleanup_function(&self, value: NodeId) -> Option<(usize, FunctionId)> {
        let u = self.view.unit;
        let value = match u.kind(value) {
            Kind::Name { binding: Some(b), .. } => {
                let b = u.binding(*b);
                let is_one_function = b.assignments.is_empty() && b.path.is_empty();
                b.value.filter(|_| is_one_function)?
            }
            _ => value,
        };
        if u.node(value).function != self.effect {
            return None;
        }
        match u.kind(value) {
            Kind::Function(f) => Some((self.view.index, *f)),
            Kind::Nested(i) => {
                let nested = *self.view.linked.file.units[self.view.index].nested.get(*i as usize)?;
                Some((nested, FunctionId(0)))
            }
            _ => None,
        }
    }

    pub(super) fn edit(&self, range: TextRange, new_text: String) -> PlannedEdit {
        PlannedEdit { path: self.view.linked.file.path.to_string(), range: Some(range), new_text }
    }
}

/// Whether a line begins with a semicolon that keeps it from the line before, and then with this byte.
pub(super) fn follows_a_semicolon(text: &str, byte: u32) -> bool {
    let start = text[..byte as usize].rfind('\n').map_or(0, |at| at + 1);
    text[start..byte as usize].trim() == ";"
}

fn is_nothing(kind: &Kind) -> bool {
    matches!(kind, Kind::Literal(Literal::Undefined | Literal::Null))
}

/// Whether a compiler looks at types.
pub(super) fn is_typed(language: Language) -> bool {
    matches!(language, Language::TypeScript | Language::Tsx)
}

/// A name that nothing has where `function` of the unit can see it, nor inside the function.
#[must_use]
pub fn free_name(view: &UnitView<'_>, function: FunctionId, name: &str) -> String {
    let mut names =
        [name.to_owned(), format!("{name}Id")].into_iter().chain((2..).map(|n| format!("{name}{n}")));
    names.find(|name| !is_taken(view, function, name)).expect("a file has finitely many names")
}

/// Whether something has the name where `function` of the unit can see it, or inside the function.
#[must_use]
pub(super) fn is_taken(view: &UnitView<'_>, function: FunctionId, name: &str) -> bool {
    let u = view.unit;
    let contains = |outer: FunctionId, inner: FunctionId| {
        std::iter::successors(Some(inner), |&f| u.function(f).parent).any(|f| f == outer)
    };
    let is_bound = u.bindings.iter().any(|b| {
        let of = u.scopes[b.scope.0 as usize].function;
        b.name == name && (contains(function, of) || contains(of, function))
    });
    if is_bound
        || u.free_names.iter().any(|free| free == name)
        || binding_around(view, view.index, name).is_some()
    {
        return true;
    }
    let mut open = view.linked.file.units[view.index].nested.clone();
    while let Some(inner) = open.pop() {
        let entry = &view.linked.file.units[inner];
        if entry.unit.free_names.iter().any(|free| free == name)
            || entry.unit.bindings.iter().any(|b| b.name == name)
        {
            return true;
        }
        open.extend(&entry.nested);
    }
    false
}
