//! Adds what releases a handle to the method that ends an object.

use plimsoll_behavior::{CallForm, FunctionKind, Kind, Literal, NodeId, TypeDecl, TypeKind};
use plimsoll_syntax::{Language, TextRange};

use super::cleanup::{Cleanup, Release};
use super::style::{Style, begins_its_line, indent_at};
use crate::{PlannedEdit, UnitView};

/// Names of methods that end an object, by what frameworks and habit call them.
const TEARDOWNS: &[&str] = &[
    "componentWillUnmount",
    "ngOnDestroy",
    "onModuleDestroy",
    "disconnectedCallback",
    "dispose",
    "destroy",
    "close",
    "stop",
    "disconnect",
    "shutdown",
];

/// Keeps what `call` yields in a field of its object, and hands it to `release` in the method of the class that ends
/// the object. None where the class has no such method, or the call stands where the handle cannot be kept.
#[must_use]
pub fn release_in_teardown(
    view: &UnitView<'_>,
    class: &str,
    call: NodeId,
    release: Release<'_>,
    name: &str,
) -> Option<Cleanup> {
    let u = view.unit;
    let text = view.project.text;
    let style = Style::of(text);
    let release = release.at(view, call)?;
    let starter = u.function(u.node(call).function);
    starter.owner.as_ref()?;
    let file = &view.linked.file;
    let (declared_in, class) = file.types_named(class).find(|(_, ty)| ty.kind == TypeKind::Class)?;
    let edit = |range: TextRange, new_text: String| PlannedEdit {
        path: file.path.to_string(),
        range: Some(range),
        new_text,
    };
    let mut edits = Vec::new();

    let statement = u.parent(call)?;
    let (field, may_be_null) = match u.kind(statement) {
        Kind::Assign { target, op, .. } if op == "=" => {
            let Kind::Member { object, name, .. } = u.kind(*target) else { return None };
            (*u.kind(*object) == Kind::This).then_some(())?;
            let declared = class.fields.iter().find(|f| f.name == *name);
            let is_null = declared.is_some_and(|field| {
                field.init.is_some_and(|init| {
                    *file.units[declared_in].unit.kind(init) == Kind::Literal(Literal::Null)
                })
            });
            (view.text(*target).to_owned(), is_null)
        }
        // What a field of a constructed type holds is written otherwise.
        Kind::Discard(_) if matches!(u.kind(call), Kind::Call { form: CallForm::Plain, .. }) => {
            // A method that works on what it is handed runs once for each: one field would keep the last timer only.
            let is_for_each = starter.kind != FunctionKind::Constructor
                && starter.params.iter().flat_map(|p| &p.pattern.bindings).any(|&b| {
                    u.binding(b).uses.iter().any(|&used| {
                        u.parent(used).is_some_and(
                            |p| matches!(u.kind(p), Kind::Member { object, .. } if *object == used),
                        )
                    })
                });
            if is_for_each {
                return None;
            }
            let field = free_member(class, name);
            if is_typed(file.language) {
                let at = members_start(text, file.to_file(declared_in, class.range), &class.name)?;
                let indent = format!(
                    "{}{}",
                    indent_at(text, file.to_file(declared_in, class.range).start),
                    style.indent
                );
                let Style { newline, semicolon, .. } = &style;
                let timer = view.call_name(call);
                let new_text =
                    format!("{newline}{indent}private {field}?: ReturnType<typeof {timer}>{semicolon}");
                edits.push(edit(TextRange::new(at, at), new_text));
            }
            let at = view.bytes(call).start;
            edits.push(edit(TextRange::new(at, at), format!("this.{field} = ")));
            (format!("this.{field}"), false)
        }
        _ => return None,
    };

    let released = release.of(&field);
    let guarded = if may_be_null && release.needs_a_handle(file.language) {
        format!("if ({field}) {released}")
    } else {
        released.clone()
    };
    edits.push(at_the_start_of_teardown(view, &class.name, &guarded)?);
    Some(Cleanup { edits, release: released })
}

/// A statement at the start of the method of a class that ends its objects: no early return leaves it out.
pub(super) fn at_the_start_of_teardown(
    view: &UnitView<'_>,
    class: &str,
    statement: &str,
) -> Option<PlannedEdit> {
    let text = view.project.text;
    let file = &view.linked.file;
    let (declared_in, class) = file.types_named(class).find(|(_, ty)| ty.kind == TypeKind::Class)?;
    let (_, teardown) =
        TEARDOWNS.iter().find_map(|wanted| class.methods.iter().find(|(name, _)| name == wanted))?;
    let edit = |range: TextRange, new_text: String| PlannedEdit {
        path: file.path.to_string(),
        range: Some(range),
        new_text,
    };
    let function = file.function_at(declared_in, *teardown)?;
    let unit = file.unit_at(&function.unit)?;
    let method = &file.units[unit].unit;
    let f = method.function(function.function);
    if f.is_static || f.kind != FunctionKind::Method {
        return None;
    }
    let body = f.body?;
    let Kind::Block { statements, .. } = method.kind(body) else { return None };
    let Style { newline, indent, semicolon } = Style::of(text);
    let Some(&first) = statements.first() else {
        let range = file.to_file(unit, method.range(body));
        let outer = indent_at(text, range.start);
        let is_blank = text.get(range.start as usize + 1..range.end as usize - 1)?.trim().is_empty();
        is_blank.then_some(())?;
        let new_text = format!("{{{newline}{outer}{indent}{statement}{semicolon}{newline}{outer}}}");
        return Some(edit(range, new_text));
    };
    let at = file.to_file(unit, method.range(first)).start;
    let before = if begins_its_line(text, at) {
        let closed = if text[at as usize..].starts_with(['(', '[', '`']) { ";" } else { semicolon };
        format!("{statement}{closed}{newline}{}", indent_at(text, at))
    } else {
        format!("{statement}; ")
    };
    Some(edit(TextRange::new(at, at), before))
}

/// The end of the line that opens the body of a class.
fn members_start(text: &str, class: TextRange, name: &str) -> Option<u32> {
    let mut at = class.start as usize
        + text.get(class.start as usize..class.end as usize)?.find(&format!("class {name}"))?;
    for line in text.get(at..class.end as usize)?.split_inclusive('\n') {
        if line.trim_end().ends_with('{') {
            return u32::try_from(at + line.trim_end().len()).ok();
        }
        at += line.len();
    }
    None
}

fn free_member(class: &TypeDecl, name: &str) -> String {
    let is_taken = |name: &str| {
        class.fields.iter().any(|f| f.name == name) || class.methods.iter().any(|(method, _)| method == name)
    };
    let mut names =
        [name.to_owned(), format!("{name}Id")].into_iter().chain((2..).map(|n| format!("{name}{n}")));
    names.find(|name| !is_taken(name)).expect("a class has finitely many members")
}

fn is_typed(language: Language) -> bool {
    matches!(language, Language::TypeScript | Language::Tsx)
}
