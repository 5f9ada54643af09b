//! Texts that stand in the code for a secret that the environment lacks: `process.env.JWT_SECRET || 'secret'`.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::secrets::{Protects, looks_like_a_key, protected_by};
use plimsoll_behavior::{
    BindingKind, CallForm, FunctionKind, Key, Kind, Literal, Name, NodeId, PathStep, words,
};
use plimsoll_project::below_manifest;
use plimsoll_project::link::{Context, asks_for_mode, demanded_in, ends};

use super::literal::{Written, written};
use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, receiver};

/// How many steps it takes at most from a value to the variable that it is read from.
const MAX_STEPS: u8 = 8;

/// A text that is taken where a variable of the environment is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The variable.
    pub name: Name,
    /// What its value protects.
    pub protects: Protects,
    /// The text, where it stands or is named.
    pub node: NodeId,
    /// What it says, and where.
    pub text: Written,
    /// How it is written.
    pub form: FallbackForm,
}

/// How a fallback is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackForm {
    /// `variable || 'text'`
    Operator,
    /// `variable.unwrap_or("text")`: the call.
    Unwrapped(NodeId),
    /// `z.string().default('text')`: the call.
    Schema(NodeId),
    /// In a way that no fix is written for.
    Other,
}

/// Names of an environment, or of what was checked of it.
const ENVIRONMENTS: &[&str] = &["env", "ENV", "Env", "environment", "processEnv"];
/// Words of what hands out settings by their names.
const SETTINGS: &[&str] = &["config", "configuration", "conf", "env", "environment", "settings", "secrets"];
/// Words of functions that change the environment, and do not read it.
const CHANGES: &[&str] = &["assert", "define", "expect", "mock", "put", "set", "setup", "stub", "write"];
/// Methods after which it is still the variable.
#[rustfmt::skip] // a list of words
const HANDS_ON: &[&str] = &[
    "and_then", "as_deref", "as_ref", "as_str", "clone", "cloned", "filter", "map", "ok", "or", "or_else", "to_owned", "to_string",
    "toString", "trim", "trimEnd", "trimStart",
];
/// What says that there is no secret, and no program takes for one.
#[rustfmt::skip] // a list of words
const ABSENT: &[&str] = &[
    "-", "0", "disabled", "empty", "false", "missing", "n/a", "na", "nil", "no", "none", "not configured", "not set", "not-configured",
    "not-set", "not_configured", "not_set", "null", "off", "true", "undefined", "unknown", "unset",
];
/// Words of names of what is not there for those who are served.
#[rustfmt::skip] // a list of words
const FOR_TRYING: &[&str] = &[
    "bench", "demo", "demos", "dev", "development", "dummy", "e2e", "example", "examples", "fake", "fixture", "fixtures", "jest", "local",
    "mock", "mocks", "playwright", "sample", "samples", "sandbox", "seed", "seeds", "seeder", "stub", "test", "testing", "tests",
    "vitest",
];

/// The fallbacks of a unit, but for what only stands in until somebody serves with it.
#[must_use]
pub fn fallbacks(view: &UnitView<'_>) -> Vec<Fallback> {
    let u = view.unit;
    let mut found = Vec::new();
    let add = |found: &mut Vec<Fallback>, name: Name, node: NodeId, form: FallbackForm| {
        let Some(protects) = protected_by(&name) else { return };
        let Some(text) = written(view, view.index, node) else { return };
        let one = Fallback { name, protects, node, text, form };
        if is_taken(view, &one) {
            found.push(one);
        }
    };
    for (id, node) in (0..).map(NodeId).zip(&u.nodes) {
        match &node.kind {
            Kind::Binary { op, left, right } if matches!(op.as_str(), "||" | "??") => {
                if let Some(name) = variable(view, view.index, *left, MAX_STEPS) {
                    add(&mut found, name, *right, FallbackForm::Operator);
                }
            }
            Kind::Assign { op, target, value } if matches!(op.as_str(), "||=" | "??=") => {
                if let Some(name) = variable(view, view.index, *target, MAX_STEPS) {
                    add(&mut found, name, *value, FallbackForm::Other);
                }
            }
            Kind::Call { .. } => {
                if let Some((name, node, form)) = of_call(view, id) {
                    add(&mut found, name, node, form);
                }
            }
            Kind::Let { pattern, init: Some(init), .. } if is_environment(view, *init) => {
                for &default in &pattern.defaults {
                    let before = pattern.bindings.iter().map(|&b| u.binding(b));
                    let mut before = before.filter(|b| b.range.end <= u.range(default).start);
                    let Some(PathStep::Member(name)) = before.next_back().and_then(|b| b.path.last()) else {
                        continue;
                    };
                    add(&mut found, name.clone(), default, FallbackForm::Other);
                }
            }
            _ => {}
        }
    }
    found
}

/// The variable that a call falls back for, the text, and how.
fn of_call(view: &UnitView<'_>, call: NodeId) -> Option<(Name, NodeId, FallbackForm)> {
    let u = view.unit;
    let Kind::Call { args, form, .. } = u.kind(call) else { return None };
    if matches!(form, CallForm::Macro | CallForm::New | CallForm::Tagged) {
        return None;
    }
    let name = callee_name(u, call)?;
    let on = receiver(u, call);
    match (name.as_str(), on, &**args) {
        ("unwrap_or" | "unwrap_or_else", Some(on), [text]) => {
            let variable = variable(view, view.index, on, MAX_STEPS)?;
            Some((variable, *text, FallbackForm::Unwrapped(call)))
        }
        ("default", Some(_), [text]) => {
            let name = entry_around(view, call)?;
            Some((name, *text, FallbackForm::Schema(call)))
        }
        // `getEnv('JWT_SECRET', 'secret')`, `configService.get('JWT_SECRET', 'secret')`
        (_, on, [named, text, ..]) => {
            let Kind::Literal(Literal::String(variable)) = u.kind(*named) else { return None };
            let words = words(name);
            let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            let sets_a_default = says(&["default"]) && says(&["set"]);
            let hands_out = says(SETTINGS) || on.is_some_and(|on| is_settings(view, on));
            let is_read = is_upper(variable) || on.is_some_and(|on| is_settings(view, on));
            (hands_out && is_read && (sets_a_default || !says(CHANGES)))
                .then(|| (variable.clone(), *text, FallbackForm::Other))
        }
        _ => None,
    }
}

/// The variable whose schema a call is a part of: `JWT_SECRET: z.string().default('secret')`.
fn entry_around(view: &UnitView<'_>, call: NodeId) -> Option<Name> {
    let u = view.unit;
    let mut at = call;
    for _ in 0..MAX_STEPS {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Member { object, .. } if *object == at => at = parent,
            Kind::Call { callee, .. } if *callee == at => at = parent,
            Kind::Object { entries, .. } => {
                let entry = entries.iter().find(|entry| entry.value == at)?;
                let Key::Name(name) = &entry.key else { return None };
                return is_upper(name).then(|| name.clone());
            }
            _ => return None,
        }
    }
    None
}

/// The variable of the environment that a value is read from.
fn variable(view: &UnitView<'_>, unit: usize, node: NodeId, steps: u8) -> Option<Name> {
    let steps = steps.checked_sub(1)?;
    let u = view.unit_of(unit);
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Member { object, name, .. } if is_environment(&view.of(unit), *object) => {
            is_upper(name).then(|| name.clone())
        }
        Kind::Index { object, index } if is_environment(&view.of(unit), *object) => match u.kind(*index) {
            Kind::Literal(Literal::String(name)) if is_upper(name) => Some(name.clone()),
            _ => None,
        },
        Kind::Binary { op, left, right } if matches!(op.as_str(), "||" | "??") => {
            variable(view, unit, *right, steps).or_else(|| variable(view, unit, *left, steps))
        }
        Kind::Name { .. } => {
            let (at, binding) = declaration(view, unit, node)?;
            let binding = view.unit_of(at).binding(binding);
            let value = binding.value.filter(|_| binding.assignments.is_empty())?;
            match binding.path.as_slice() {
                [] => variable(view, at, value, steps),
                [PathStep::Member(name)] if is_environment(&view.of(at), value) => {
                    is_upper(name).then(|| name.clone())
                }
                _ => None,
            }
        }
        Kind::Call { callee, args, form, .. } => {
            let name = callee_name(u, node)?;
            let text_of = |arg: Option<&NodeId>| match u.kind(*arg?) {
                Kind::Literal(Literal::String(name)) => Some(name.clone()),
                _ => None,
            };
            if *form == CallForm::Macro {
                return (name == "option_env").then(|| text_of(args.first()))?;
            }
            let facts = view.eval.call(unit, node);
            if facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.environment) {
                return text_of(args.first());
            }
            let Kind::Member { object, .. } = u.kind(*callee) else { return None };
            if matches!(name.as_str(), "get" | "getString" | "get_string" | "var")
                && is_settings(&view.of(unit), *object)
            {
                return text_of(args.first());
            }
            HANDS_ON.contains(&name.as_str()).then(|| variable(view, unit, *object, steps))?
        }
        Kind::Await(value) => variable(view, unit, *value, steps),
        _ => None,
    }
}

fn is_environment(view: &UnitView<'_>, node: NodeId) -> bool {
    match view.unit.kind(bare(view.unit, node)) {
        Kind::Member { name, .. } => name == "env",
        Kind::Name { name, .. } => ENVIRONMENTS.contains(&name.as_str()),
        _ => false,
    }
}

/// Whether a value hands out settings, by its name: `configService`, `this.config`, `Deno.env`.
fn is_settings(view: &UnitView<'_>, node: NodeId) -> bool {
    match view.unit.kind(bare(view.unit, node)) {
        Kind::Member { name, .. } | Kind::Name { name, .. } => {
            words(name).iter().any(|word| SETTINGS.contains(&word.as_str()))
        }
        _ => false,
    }
}

fn is_upper(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a program that serves may run with it.
fn is_taken(view: &UnitView<'_>, one: &Fallback) -> bool {
    let text = one.text.text.trim();
    match one.protects {
        // What somebody else has handed out protects nothing where a made-up text stands in its place.
        Protects::Another => looks_like_a_key(text),
        _ => {
            is_said(text)
                && !is_for_trying(view, one.node)
                && !is_named_for_trying(view, one)
                && !is_refused(view, &one.name, kept_as(view, one.node).as_ref(), text)
                && !ends_before(view, one)
        }
    }
}

/// Whether a text says something that may be taken for a secret.
pub(super) fn is_said(text: &str) -> bool {
    let says_nothing = text.is_empty() || ABSENT.contains(&text.to_ascii_lowercase().as_str());
    let is_no_secret = text.contains("://") || text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    !says_nothing && !is_no_secret
}

/// Whether the name of the file says that it is for trying.
pub(super) fn is_file_for_trying(view: &UnitView<'_>) -> bool {
    is_named_so(&below_manifest(view.project.files, &view.linked.file.path))
}

fn is_named_so(name: &str) -> bool {
    words(name).iter().any(|word| FOR_TRYING.contains(&word.as_str()))
}

/// Whether a node is only there while somebody tries the program out: by a condition or by the names around it, or the
/// file's.
#[must_use]
pub fn is_for_trying(view: &UnitView<'_>, node: NodeId) -> bool {
    let u = view.unit;
    let says = is_named_so;
    if is_file_for_trying(view) {
        return true;
    }
    let mut below = node;
    for around in u.ancestors(node) {
        let is_so = match u.kind(around) {
            Kind::If { condition, .. } if *condition != below => asks_for_mode(u, *condition),
            Kind::Binary { op, left, right } if *right == below && op == "&&" => asks_for_mode(u, *left),
            Kind::Object { entries, .. } => entries
                .iter()
                .any(|entry| entry.value == below && matches!(&entry.key, Key::Name(name) if says(name))),
            Kind::Let { pattern, .. } => pattern.bindings.iter().any(|&b| says(&u.binding(b).name)),
            // `mod tests { … }`
            Kind::Block { .. } => u
                .bindings
                .iter()
                .any(|b| b.kind == BindingKind::Module && b.value == Some(around) && says(&b.name)),
            _ => false,
        };
        if is_so {
            return true;
        }
        below = around;
    }
    view.functions_around(node).iter().any(|(unit, function, context)| {
        let function = view.unit_of(*unit).function(*function);
        let is_compiled_for_it = |a: &plimsoll_behavior::Attribute| {
            a.is_for_tests_only() || a.text.contains("debug_assertions") && !a.text.contains("not(")
        };
        function.name.as_deref().is_some_and(says) && function.kind != FunctionKind::Module
            || function.attributes.iter().any(is_compiled_for_it)
            || matches!(context, Context::Runs(Run::Test, _))
    })
}

/// Whether the name behind which the text stands says that it is for trying.
fn is_named_for_trying(view: &UnitView<'_>, one: &Fallback) -> bool {
    matches!(view.unit.kind(bare(view.unit, one.node)), Kind::Name { name, .. } if is_named_so(name))
}

/// Whether the program refuses to start, or to go on, where a variable is not set or holds the text. It may be `kept` in
/// something else.
pub(super) fn is_refused(view: &UnitView<'_>, name: &str, kept: Option<&Name>, text: &str) -> bool {
    let wanted = words(name);
    let kept = kept.map(|name| words(name));
    let own = demanded_in(&view.linked.file);
    let names = |name: &Name| {
        let said = words(name);
        said == wanted || kept.as_ref() == Some(&said)
    };
    if own.names.iter().any(names) || own.texts.iter().any(|refused| refused == text) {
        return true;
    }
    let around = view.world.demanded_around(&view.linked.file);
    around.names.iter().any(|name| words(name) == wanted)
        || around.texts.iter().any(|refused| refused == text)
}

/// What the value is kept as: the variable or the property.
fn kept_as(view: &UnitView<'_>, node: NodeId) -> Option<Name> {
    let u = view.unit;
    let mut below = node;
    for around in u.ancestors(node) {
        match u.kind(around) {
            Kind::Let { pattern, .. } => return Some(u.binding(*pattern.bindings.first()?).name.clone()),
            Kind::Object { entries, .. } => {
                let entry = entries.iter().find(|entry| entry.value == below)?;
                let Key::Name(name) = &entry.key else { return None };
                return Some(name.clone());
            }
            Kind::Block { .. } => return None,
            _ => below = around,
        }
    }
    None
}

/// Whether a program that serves has come to an end before: `if (isProduction) throw …` beside it.
fn ends_before(view: &UnitView<'_>, one: &Fallback) -> bool {
    let u = view.unit;
    let mut own = vec![u.node(one.node).function];
    // What is computed for the fallback stands in a function of its own.
    if let Kind::Function(function) = u.kind(bare(u, one.node)) {
        own.push(*function);
    }
    let is_module = own.iter().any(|&f| u.function(f).kind == FunctionKind::Module);
    !is_module
        && u.nodes.iter().filter(|node| own.contains(&node.function)).any(|node| match &node.kind {
            Kind::If { condition, then, otherwise, .. } => {
                asks_for_mode(u, *condition)
                    && (leaves(view, *then) || otherwise.is_some_and(|otherwise| leaves(view, otherwise)))
            }
            _ => false,
        })
}

fn leaves(view: &UnitView<'_>, root: NodeId) -> bool {
    let u = view.unit;
    ends(u, root) || u.descendants(root).into_iter().any(|part| matches!(u.kind(part), Kind::Return(_)))
}
