//! Keeps the error in whose place a new one is made.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{CallForm, Catch, FunctionId, Kind, Literal, NodeId};
use plimsoll_project::has_error_causes;
use plimsoll_project::link::Value;
use plimsoll_syntax::TextRange;

use super::script::set_option;
use crate::ask::{Lost, Old, callee_name, receiver};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// What an error is called that has no name yet.
const ERROR: &str = "error";
/// Methods and functions that make a text of one that stands in the source.
const MAKES_TEXT: &[&str] = &["into", "to_string", "to_owned"];

/// Hands the error that a handler got to the one that it throws; none where that has no place for it, or TypeScript does not know of
/// one.
#[must_use]
pub fn of_error(unit: &UnitView<'_>, lost: &Lost<'_>, catch: &Catch) -> Option<FixPlan> {
    let u = unit.unit;
    let (index, property) = place_of_cause(unit, lost.made)?;
    has_error_causes(unit.world.files(), &unit.linked.file.path).then_some(())?;
    let mut edits = Vec::new();
    let name = match lost.old {
        Old::Named(binding) => u.binding(binding).name.to_string(),
        Old::Nameless => {
            let taken = u.bindings.iter().any(|binding| binding.name == ERROR);
            let names_it = u.free_names.iter().any(|name| name == ERROR);
            (!taken && !names_it).then_some(())?;
            let at = unit.bytes(catch.body).start;
            edits.push(PlannedEdit {
                path: unit.linked.file.path.to_string(),
                range: Some(TextRange::new(at, at)),
                new_text: format!("({ERROR}) "),
            });
            ERROR.to_owned()
        }
    };
    edits.extend(set_option(unit, lost.made, index, &property, &name)?);
    Some(FixPlan { title: format!("Keep `{name}` as the cause"), safety: Safety::Safe, edits })
}

/// The argument of what an error is made with that takes the cause, and the property in it.
fn place_of_cause(unit: &UnitView<'_>, made: NodeId) -> Option<(usize, String)> {
    let Kind::Call { callee, args, .. } = unit.unit.kind(made) else { return None };
    let path = match unit.eval.value(unit.index, *callee) {
        Value::Type(own) => own_place(unit, &own.file, &own.name)?,
        _ => {
            let facts = unit.eval.call(unit.index, made);
            let (_, behavior) = facts.behavior.as_ref()?;
            behavior.slots.get(&Slot::Cause)?.to_string()
        }
    };
    let (index, property) = path.split_once('.')?;
    let index: usize = index.parse().ok()?;
    (index <= args.len()).then(|| (index, property.to_owned()))
}

/// Where a class of the project takes a cause that hands on what it is given: it extends an error that takes one, and has no
/// constructor of its own.
fn own_place(unit: &UnitView<'_>, file: &str, name: &str) -> Option<String> {
    let mut found = None;
    let mut look = |units: &plimsoll_project::link::FileUnits| {
        let mut declared = units.types_named(name);
        let Some((_, ty)) = declared.next() else { return };
        let has_its_own = ty.methods.iter().any(|(name, _)| name == "constructor");
        let of_error = ty.supertypes.iter().any(|base| base.path.len() == 1 && base.path[0] == "Error");
        found = (!has_its_own && of_error).then(|| "1.cause".to_owned());
    };
    if file == &*unit.linked.file.path {
        look(&unit.linked.file);
    } else {
        look(&unit.world.linked(file)?.file);
    }
    found
}

/// Puts the error of a result into the one that a closure makes in its place: as the source of one that takes any, or behind its text.
#[must_use]
pub fn in_result(unit: &UnitView<'_>, lost: &Lost<'_>, closure: FunctionId) -> Option<FixPlan> {
    let u = unit.unit;
    let own = u.function(closure);
    let param = own.params.first()?;
    let edit = |range: TextRange, new_text: String| PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(range),
        new_text,
    };
    let is_free = !u.bindings.iter().any(|binding| {
        binding.name == ERROR
            && binding.uses.iter().any(|&used| {
                let at = u.range(used);
                let body = u.range(lost.made);
                at.start >= body.start && at.end <= body.end
            })
    });
    is_free.then_some(())?;
    let named = edit(unit.to_file(param.pattern.range), ERROR.to_owned());
    let kept = any_error(unit, lost.made)
        .map(|(range, text)| (range, text, "source"))
        .or_else(|| text_in(unit, lost.made).map(|(range, text)| (range, text, "text")));
    let (range, text, what) = kept?;
    let title = match what {
        "source" => "Keep the error as the source",
        _ => "Write the error behind the text (review: it is seen where the text is)",
    };
    let safety = if what == "source" { Safety::Safe } else { Safety::Review };
    Some(FixPlan { title: title.to_owned(), safety, edits: vec![named, edit(range, text)] })
}

/// `anyhow!("no orders")` as `anyhow!(error).context("no orders")`
fn any_error(unit: &UnitView<'_>, made: NodeId) -> Option<(TextRange, String)> {
    let u = unit.unit;
    let Kind::Call { callee, args, form: CallForm::Macro, .. } = u.kind(made) else { return None };
    let &[text] = &**args else { return None };
    let takes_any = callee_name(u, made).is_some_and(|name| name == "anyhow");
    let is_constant = matches!(u.kind(text), Kind::Literal(Literal::String(_)));
    let is_whole = unit.text(text).starts_with('"');
    (takes_any && is_constant && is_whole).then(|| {
        let (name, text) = (unit.text(*callee), unit.text(text));
        (unit.bytes(made), format!("{name}!({ERROR}).context({text})"))
    })
}

/// The one text of a new error, which is made of one that stands in the source: `"no orders".into()`.
fn text_in(unit: &UnitView<'_>, made: NodeId) -> Option<(TextRange, String)> {
    let u = unit.unit;
    let texts: Vec<NodeId> = u
        .descendants(made)
        .into_iter()
        .filter(|&node| matches!(u.kind(node), Kind::Literal(Literal::String(_))))
        .collect();
    let &[text] = texts.as_slice() else { return None };
    let written = unit.text(text);
    let plain = written.strip_prefix('"')?.strip_suffix('"')?;
    let call = u.ancestors(text).take(2).find(|&around| matches!(u.kind(around), Kind::Call { .. }))?;
    let is_method = callee_name(u, call).is_some_and(|name| MAKES_TEXT.contains(&name.as_str()))
        && receiver(u, call) == Some(text);
    let holds_it = call == made || u.ancestors(call).any(|around| around == made);
    (is_method && holds_it && !plain.contains(['{', '}']))
        .then(|| (unit.bytes(call), format!("format!(\"{plain}: {{{ERROR}}}\")")))
}
