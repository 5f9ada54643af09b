//! Queries of Rust that bind their key to SQL text: `query_as::<_, User>("… WHERE id = $1").bind(id).fetch_one(db)`.

use plimsoll_behavior::models::{BatchEdit, Rows, Slot};
use plimsoll_behavior::{Access, BindingId, Effects, Kind, Literal, Loop, LoopKind, Name, NodeId, TypeExpr};
use plimsoll_project::schema::Dialect;
use plimsoll_syntax::TextRange;

use super::names::{is_plain_name, plural, singular};
use super::{edit, sql, title_of_read};
use crate::ask::{Turn, bare, callee_name, calls_within, derives, is_renamed, receiver, struct_of};
use crate::edit::cleanup::is_taken;
use crate::edit::style::{Style, begins_its_line, indent_at};
use crate::view::CallView;
use crate::{FixPlan, Safety, UnitView};

/// Types of keys that are copied where they are named.
const COPIED: &[&str] = &["i16", "i32", "i64", "Uuid"];

/// As its namesake for scripts. The types of keys and rows are those of the project: that they can be hashed, copied and
/// held in a map is known, not hoped.
pub(super) fn read_before_the_loop(view: &UnitView<'_>, turn: &Turn, call: &CallView<'_>) -> Option<FixPlan> {
    let u = view.unit;
    let text = view.project.text;
    let place = Place::of(view, turn, call.node)?;
    let query = Query::of(&place, call)?;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let Some(BatchEdit::SqlAny { rows: None, missing, row: Some(row_trait) }) = &behavior.batch_edit else {
        return None;
    };
    let batch = behavior.batch.as_ref()?;

    let key_type = place.type_of_key(query.key)?;
    let row = struct_of(view, place.statement, query.row)?;
    let field = row.fields.iter().find(|field| field.name == query.many.column)?;
    let has_key = field.ty.as_ref().and_then(simple_name) == Some(&key_type);
    let is_row = derives(&row, "Clone") && derives(&row, row_trait) && !is_renamed(&row) && has_key;
    if !is_row || !field.attributes.is_empty() || !is_plain_name(&query.many.column) {
        return None;
    }
    let is_copied = COPIED.contains(&key_type.as_str());
    if !is_copied && key_type != "String" {
        return None;
    }

    let is_one = call.facts.rows? == Rows::One;
    if is_one && !query.many.is_unique {
        return None;
    }
    let (awaited, tried) = place.awaited(call.node)?;
    let free = |name: &str, other: &str| {
        let function = u.node(place.statement).function;
        let mut names =
            [name.to_owned(), other.to_owned()].into_iter().chain((2..).map(|n| format!("{name}_{n}")));
        names.find(|name| !is_taken(view, function, name)).expect("a file has finitely many names")
    };
    let one = singular(&query.many.table);
    let many = plural(&one);
    let column = &query.many.column;
    let all = free(&many, &format!("all_{many}"));
    let kept = if is_one { &one } else { &many };
    let map = free(&format!("{kept}_by_{column}"), &format!("{kept}_by_{column}_map"));
    let list = match u.kind(query.key) {
        Kind::Member { name, .. } => plural(name),
        _ => format!("{}_list", place.element_name()),
    };
    let keys = free(&list, &format!("all_{list}"));

    let Style { newline, indent: step, .. } = Style::of(text);
    let start = view.bytes(place.statement).start;
    let outer = indent_at(text, start);
    let inner = format!("{outer}{step}");
    let copied = if is_copied { "" } else { ".clone()" };
    let key = view.text(query.key);
    let over = view.text(place.list);
    let collected = match (u.kind(query.key), is_copied) {
        (Kind::Member { .. }, _) => format!("map(|{}| {key}{copied})", place.element_name()),
        (_, true) => "copied()".to_owned(),
        (_, false) => "cloned()".to_owned(),
    };
    let hash_map = hash_map(view);
    let member = format!("{one}.{column}{copied}");
    let asked = query.asked(&place, tried, batch, &format!("&{keys}"))?;
    let mut before = vec![
        format!("let {keys}: Vec<_> = {over}.iter().{collected}.collect();"),
        format!("let {all} = {asked};"),
    ];
    if is_one {
        before.push(format!(
            "let {map}: {hash_map}<_, _> = {all}.into_iter().map(|{one}| ({member}, {one})).collect();"
        ));
    } else {
        let rows = query.row.path.join("::");
        before.push(format!("let mut {map}: {hash_map}<_, Vec<{rows}>> = {hash_map}::new();"));
        before.push(format!(
            "for {one} in {all} {{{newline}{inner}{map}.entry({member}).or_default().push({one});{newline}{outer}}}"
        ));
    }
    let before: String = before.iter().map(|line| format!("{line}{newline}{outer}")).collect();
    let borrowed = if place.is_key_borrowed(query.key) { key.to_owned() } else { format!("&{key}") };
    let found = format!("{map}.get({borrowed}).cloned()");
    let replaced = match (call.facts.rows?, behavior.nullable) {
        (Rows::One, true) => edit(view, view.bytes(tried), found),
        (Rows::One, false) => {
            edit(view, view.bytes(awaited), format!("{found}.ok_or({})", missing.as_ref()?))
        }
        _ => edit(view, view.bytes(tried), format!("{found}.unwrap_or_default()")),
    };
    let edits = vec![edit(view, TextRange::new(start, start), before), replaced];
    Some(FixPlan { title: title_of_read(Some(&query.many.table)), safety: Safety::Review, edits })
}

/// A loop over a list that can be read once more before it.
struct Place<'v, 'a> {
    view: &'v UnitView<'a>,
    statement: NodeId,
    driver: NodeId,
    body: NodeId,
    /// The list, without `&` and `.iter()`.
    list: NodeId,
    element: BindingId,
    is_borrowed: bool,
}

impl<'v, 'a> Place<'v, 'a> {
    fn of(view: &'v UnitView<'a>, turn: &Turn, call: NodeId) -> Option<Self> {
        let u = view.unit;
        let (unit, driver) = turn.driver;
        let Kind::Loop(driven) = u.kind(driver) else { return None };
        let Loop { kind: LoopKind::Each, over: Some(over), body, .. } = &**driven else { return None };
        let &[element] = turn.elements.as_slice() else { return None };
        let is_here = unit == view.index && u.node(call).function == u.node(driver).function;
        let binding = u.binding(element);
        if !is_here || !binding.path.is_empty() || binding.is_mutable {
            return None;
        }
        let parent = u.parent(driver)?;
        let statement = if matches!(u.kind(parent), Kind::Discard(_)) { parent } else { driver };
        let is_block = u.parent(statement).is_some_and(|p| matches!(u.kind(p), Kind::Block { .. }));
        if !is_block || !begins_its_line(view.project.text, view.bytes(statement).start) {
            return None;
        }
        let is_reference = matches!(u.kind(*over), Kind::Unary { op, .. } if op == "&");
        let is_iter = callee_name(u, *over).is_some_and(|name| name == "iter");
        let list = match receiver(u, *over) {
            Some(list) if is_iter => list,
            _ => bare(u, *over),
        };
        view.dotted(list)?;
        let writes =
            calls_within(view, view.index, *body).iter().any(|(_, all)| all.intersects(Effects::DB_WRITE));
        let mut place = Place {
            view,
            statement,
            driver,
            body: *body,
            list,
            element,
            is_borrowed: is_reference || is_iter,
        };
        place.is_borrowed |= place.is_list_borrowed()?;
        (!writes).then_some(place)
    }

    fn element_name(&self) -> &str {
        &self.view.unit.binding(self.element).name
    }

    /// Whether a name of the list is that of a slice or a reference to a list. None where it is no plain name.
    fn is_list_borrowed(&self) -> Option<bool> {
        let Kind::Name { binding: Some(binding), .. } = self.view.unit.kind(self.list) else { return None };
        let after = self.view.to_file(self.view.unit.binding(*binding).range).end as usize;
        let rest = self.view.project.text.get(after..)?.trim_start();
        Some(rest.strip_prefix(':').is_some_and(|ty| ty.trim_start().starts_with('&')))
    }

    /// Whether a node mentions nothing of the turn and calls nothing.
    fn is_known_before(&self, root: NodeId) -> bool {
        let u = self.view.unit;
        let driver = u.range(self.driver);
        u.descendants(root).into_iter().all(|node| match u.kind(node) {
            Kind::Name { binding: Some(b), .. } => {
                let at = u.binding(*b).range.start;
                at < driver.start || at >= driver.end
            }
            Kind::Call { .. } | Kind::Await(_) | Kind::Try(_) | Kind::Function(_) | Kind::Nested(_) => false,
            _ => true,
        })
    }

    /// The awaited query, and the same with the `?` that hands its failure on; none where nobody looks at what it yields.
    fn awaited(&self, call: NodeId) -> Option<(NodeId, NodeId)> {
        let u = self.view.unit;
        let awaited = u.parent(call).filter(|&p| matches!(u.kind(p), Kind::Await(_)))?;
        let tried = u.parent(awaited).filter(|&p| matches!(u.kind(p), Kind::Try(_)))?;
        let is_dropped = u.parent(tried).is_some_and(|p| matches!(u.kind(p), Kind::Discard(_)));
        let is_inside = u.ancestors(tried).any(|around| around == self.body);
        (!is_dropped && is_inside).then_some((awaited, tried))
    }

    /// The name of the type of a key: of the element, or of a field of it.
    fn type_of_key(&self, key: NodeId) -> Option<Name> {
        let u = self.view.unit;
        let element = self.type_of_element()?;
        match u.kind(key) {
            Kind::Name { binding: Some(b), .. } if *b == self.element => simple_name(&element).cloned(),
            Kind::Member { object, name, access: Access::Dot, .. } => {
                let is_element =
                    matches!(u.kind(*object), Kind::Name { binding: Some(b), .. } if *b == self.element);
                let element = struct_of(self.view, self.statement, &element).filter(|_| is_element)?;
                let field = element.fields.iter().find(|field| field.name == *name)?;
                field.ty.as_ref().and_then(simple_name).cloned()
            }
            _ => None,
        }
    }

    /// The type of an element, as the list's declaration or the query that made it says.
    fn type_of_element(&self) -> Option<TypeExpr> {
        let u = self.view.unit;
        let Kind::Name { binding: Some(list), .. } = u.kind(self.list) else { return None };
        let binding = u.binding(*list);
        let of_list = |ty: &TypeExpr| {
            let is_list = ty.path.last().is_some_and(|name| matches!(name.as_str(), "Vec" | "[]"));
            ty.args.first().filter(|_| is_list).cloned()
        };
        if let Some(ty) = &binding.ty {
            return of_list(ty);
        }
        if let plimsoll_behavior::BindingKind::Parameter(function, index) = binding.kind {
            return of_list(u.function(function).params.get(usize::from(index))?.ty.as_ref()?);
        }
        let mut at = binding.value.filter(|_| binding.path.is_empty())?;
        while let Kind::Await(inner) | Kind::Try(inner) = u.kind(at) {
            at = *inner;
        }
        let facts = self.view.eval.call(self.view.index, at);
        if facts.rows != Some(Rows::Many) || facts.target.is_some() {
            return None;
        }
        let head = head_of(u, at)?;
        let Kind::Call { type_args, .. } = u.kind(head) else { return None };
        type_args.get(1).cloned()
    }

    /// Whether a key is a reference already.
    fn is_key_borrowed(&self, key: NodeId) -> bool {
        self.is_borrowed && matches!(self.view.unit.kind(key), Kind::Name { .. })
    }
}

/// What a turn asks for.
struct Query<'v> {
    /// What is bound to the parameter that is compared.
    key: NodeId,
    /// The argument of that `bind`.
    bound: NodeId,
    /// The type of a row.
    row: &'v TypeExpr,
    many: sql::ForMany,
    /// The first byte of the SQL text in the file.
    sql: u32,
    /// The name of the method that runs it.
    runs: TextRange,
}

impl<'v> Query<'v> {
    fn of(place: &Place<'v, '_>, call: &CallView<'_>) -> Option<Query<'v>> {
        let view = place.view;
        let u = view.unit;
        let Kind::Call { callee, args, .. } = u.kind(call.node) else { return None };
        let (Kind::Member { object, name_range, .. }, &[handle]) = (u.kind(*callee), &**args) else {
            return None;
        };
        if !place.is_known_before(handle) {
            return None;
        }
        let mut bound = Vec::new();
        let mut at = *object;
        let (head, row) = loop {
            let Kind::Call { args, type_args, .. } = u.kind(at) else { return None };
            let &[only] = &**args else { return None };
            match (callee_name(u, at)?.as_str(), receiver(u, at), &**type_args) {
                ("bind", Some(on), _) => {
                    bound.push(only);
                    at = on;
                }
                (_, _, [_, row]) => break (only, row),
                _ => return None,
            }
        };
        bound.reverse();
        let mut keys = bound.iter().enumerate().filter(|(_, value)| !place.is_known_before(**value));
        let (index, &bound_key) = keys.next()?;
        if keys.next().is_some() || Some(head) != view.own_node(call.slot(Slot::Sql)) {
            return None;
        }
        let (sql, text) = constant(view, head)?;
        let kind = view.eval.models.all().get(usize::from(call.facts.behavior.as_ref()?.0))?.schema?;
        let schema = view.project.schemas.schema_for(kind)?;
        if schema.schema.dialect != Dialect::Postgres {
            return None;
        }
        let many = sql::for_many(text, index + 1, Some(schema))?;
        let runs = view.to_file(*name_range);
        Some(Query { key: bare(u, bound_key), bound: bound_key, row, many, sql, runs })
    }

    /// The query for many keys, awaited, indented as the loop.
    fn asked(&self, place: &Place<'_, '_>, tried: NodeId, batch: &str, keys: &str) -> Option<String> {
        let text = place.view.project.text;
        let mut changes =
            vec![(place.view.bytes(self.bound), keys.to_owned()), (self.runs, batch.to_owned())];
        for (range, new_text) in &self.many.changes {
            let at = self.sql as usize;
            changes.push((TextRange::from_usize(at + range.start, at + range.end), new_text.clone()));
        }
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let whole = place.view.bytes(tried);
        let mut out = String::new();
        let mut at = whole.start;
        for (range, new_text) in &changes {
            out.push_str(text.get(at as usize..range.start as usize)?);
            out.push_str(new_text);
            at = range.end;
        }
        out.push_str(text.get(at as usize..whole.end as usize)?);
        let here = indent_at(text, whole.start);
        let there = indent_at(text, place.view.bytes(place.statement).start);
        let mut lines = out.split('\n');
        let mut moved = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            moved.push('\n');
            match line.strip_prefix(here) {
                Some(rest) => moved.extend([there, rest]),
                None => moved.push_str(line),
            }
        }
        Some(moved)
    }
}

/// The call that a chain begins with.
fn head_of(u: &plimsoll_behavior::Unit, call: NodeId) -> Option<NodeId> {
    let mut at = call;
    while let Some(on) = receiver(u, at).filter(|&on| matches!(u.kind(on), Kind::Call { .. })) {
        at = on;
    }
    matches!(u.kind(at), Kind::Call { .. }).then_some(at)
}

/// The first byte in the file of a string without escapes, and its text.
fn constant<'v>(view: &UnitView<'v>, node: NodeId) -> Option<(u32, &'v str)> {
    let Kind::Literal(Literal::String(_)) = view.unit.kind(node) else { return None };
    let text = view.text(node);
    let open = text.find('"')? + 1;
    let plain = text.get(open..text.rfind('"')?)?;
    let is_raw = text.starts_with('r');
    let start = view.bytes(node).start + u32::try_from(open).ok()?;
    (is_raw || !plain.contains('\\')).then_some((start, plain))
}

/// The name of a type without arguments.
fn simple_name(ty: &TypeExpr) -> Option<&Name> {
    ty.path.last().filter(|_| ty.args.is_empty())
}

/// `HashMap`, by the name it has in the file.
fn hash_map(view: &UnitView<'_>) -> &'static str {
    let is_imported = view.linked.file.units[0].unit.imports.iter().any(|import| {
        let name = import.binding.map(|b| &view.linked.file.units[0].unit.binding(b).name);
        import.module == "std::collections" && name.is_some_and(|name| name == "HashMap")
    });
    if is_imported { "HashMap" } else { "std::collections::HashMap" }
}
