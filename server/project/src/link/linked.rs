//! A file whose calls are understood.

use std::cell::Cell;
use std::sync::Arc;

use plimsoll_behavior::models::{ModelLanguage, Models};
use plimsoll_behavior::{Effects, FunctionId, Kind, NodeId};
use plimsoll_syntax::Language;
use rustc_hash::FxHashMap;

use super::outward::outward;
use super::summary::{Local, locals};
use super::{CallFacts, Evaluator, FileUnits, FnRef, Linker, Summary, Value};
use crate::Files;
use crate::importers::Imports;

/// Other files, as a file under evaluation sees them: only through questions that are answered there.
pub trait World {
    /// The view of files.
    fn files(&self) -> &dyn Files;

    /// Asks something of the file with this path; not called when it is no source or cannot be read.
    fn in_file(&self, path: &str, ask: &mut dyn FnMut(&Evaluator<'_>));

    /// Another file with all its calls understood: for questions about a place in it, which cost as much as the file
    /// is large.
    fn linked(&self, path: &str) -> Option<Arc<Linked>>;

    /// What a function of any file does, its callees in all files included.
    fn summary(&self, function: &FnRef) -> Option<Arc<Summary>>;

    /// What the functions of the unit of a function do by themselves.
    fn locals(&self, function: &FnRef) -> Option<Arc<Vec<Local>>>;

    /// Notes that a file is looked at otherwise than by questions to its evaluator: any change of it counts.
    fn all_of(&self, path: &str);

    /// Who imports what below a root, where that is known; notes that any change of it counts.
    fn all_imports(&self, root: &str) -> Option<Arc<Imports>>;

    /// The sources of the project around a file, in order: those of its workspace, else of its package. Empty when they
    /// are too many to look through, or nothing says where the project begins.
    fn sources_around(&self, path: &str) -> Arc<[String]>;

    /// How many evaluations are under way inside each other, in all files.
    fn depth(&self) -> &Cell<u32>;

    /// Whether somebody asks which way data takes: where nobody does, no function tells it.
    fn follows_data(&self) -> bool;
    /// Whether the review is one of a text that will change, so that what units tell outward is needed to follow its edits.
    fn follows_edits(&self) -> bool;
}

impl dyn World + '_ {
    /// A value that another file knows.
    pub(super) fn ask(&self, path: &str, what: impl Fn(&Evaluator<'_>) -> Value) -> Value {
        let mut value = Value::Unknown;
        self.in_file(path, &mut |eval| value = what(eval));
        value
    }
}

/// What the calls of one unit do.
#[derive(Debug, Default, PartialEq)]
pub struct UnitFacts {
    /// Each call, by its node.
    pub calls: FxHashMap<NodeId, Arc<CallFacts>>,
    /// The calls that yield a value whose body can be read, in source order of their ends. Rules look for them from
    /// every unit nested in this one, where looking at all calls would cost the square of a file of routes.
    pub responses: Vec<NodeId>,
    /// What each of its functions does by itself.
    pub locals: Arc<Vec<Local>>,
    /// Equal as long as nothing changes that other units or files can ask about: effects, callees, results, what is
    /// done with parameters, what is assigned to or released outside. None where nobody follows edits.
    pub outward: Option<u64>,
}

/// A file whose calls are understood.
#[derive(Debug)]
pub struct Linked {
    /// The file.
    pub file: Arc<FileUnits>,
    /// What the calls of each unit do.
    pub facts: Vec<Arc<UnitFacts>>,
    /// What each of its functions does.
    pub summaries: Arc<FxHashMap<FnRef, Arc<Summary>>>,
    /// Functions that a call hands by their name to a router, a scheduler or a timer, with that call's effects.
    pub registered: Arc<FxHashMap<FnRef, Effects>>,
}

/// Effects of calls that register functions.
const REGISTERING: Effects = Effects::ROUTE.union(Effects::SCHEDULE).union(Effects::TIMER_REPEATING);

/// The models of a language.
#[must_use]
pub fn models_of(language: Language) -> &'static Models {
    Models::embedded(if language.is_script_family() {
        ModelLanguage::Typescript
    } else {
        ModelLanguage::Rust
    })
}

/// Understands a file, which is then the one that `linker` reviews; none if `is_cancelled` says so before the end.
pub fn link(file: Arc<FileUnits>, linker: &Linker<'_>, is_cancelled: &dyn Fn() -> bool) -> Option<Linked> {
    let session = linker.open(&file);
    let eval = linker.evaluator(&session);
    let mut facts = Vec::with_capacity(file.units.len());
    for unit in 0..file.units.len() {
        if is_cancelled() {
            return None;
        }
        facts.push(Arc::new(unit_facts(&eval, unit)));
    }
    let mut summaries = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        for f in 0..unit.locals.len() {
            let function = file.fn_ref(i, FunctionId(u32::try_from(f).expect("few functions")));
            if let Some(summary) = linker.summary(&function) {
                summaries.insert(function, summary);
            }
        }
    }
    let mut registered = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        register(&eval, i, unit, &mut registered);
    }
    Some(Linked { facts, summaries: Arc::new(summaries), registered: Arc::new(registered), file })
}

/// Understands a file as far as its own units tell: of a unit that stands in `before` as it stands in `file`, at the index
/// that `same` has for it, it is taken for granted that it still does what it did. What has changed around it may say
/// otherwise, so that this is for a first look only.
#[must_use]
pub fn patched(
    before: &Linked,
    file: &Arc<FileUnits>,
    linker: &Linker<'_>,
    same: &[Option<usize>],
) -> Linked {
    let session = linker.open(file);
    let eval = linker.evaluator(&session);
    let (mut summaries, mut registered) = (Arc::clone(&before.summaries), Arc::clone(&before.registered));
    let mut facts: Vec<Arc<UnitFacts>> = Vec::with_capacity(file.units.len());
    for (unit, known) in same.iter().enumerate() {
        if let Some(known) = known {
            facts.push(Arc::clone(&before.facts[*known]));
            continue;
        }
        let now = unit_facts(&eval, unit);
        for f in 0..now.locals.len() {
            let function = file.fn_ref(unit, FunctionId(u32::try_from(f).expect("few functions")));
            if let Some(summary) = linker.summary(&function) {
                Arc::make_mut(&mut summaries).insert(function, summary);
            }
        }
        register(&eval, unit, &now, Arc::make_mut(&mut registered));
        facts.push(Arc::new(now));
    }
    Linked { facts, summaries, registered, file: Arc::clone(file) }
}

/// Notes the functions that a unit registers.
fn register(
    eval: &Evaluator<'_>,
    unit: usize,
    facts: &UnitFacts,
    registered: &mut FxHashMap<FnRef, Effects>,
) {
    for (&call, facts) in &facts.calls {
        for function in registered_by(eval, unit, call, facts) {
            *registered.entry(function).or_default() |= facts.effects;
        }
    }
}

/// The functions that a registering call is handed, wherever they are written.
pub(super) fn registered_by(
    eval: &Evaluator<'_>,
    unit: usize,
    call: NodeId,
    facts: &CallFacts,
) -> Vec<FnRef> {
    if !facts.effects.intersects(REGISTERING) {
        return Vec::new();
    }
    let Kind::Call { args, .. } = eval.file.units[unit].unit.kind(call) else { return Vec::new() };
    let functions = args.iter().filter_map(|&arg| match eval.value(unit, arg) {
        Value::Function(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

impl Linked {
    /// The file with the facts that [`relink`] found.
    #[must_use]
    pub fn with_facts(&self, file: Arc<FileUnits>, facts: Vec<Arc<UnitFacts>>, changed: &[usize]) -> Linked {
        let mut summaries = Arc::clone(&self.summaries);
        if !changed.is_empty() {
            let all = Arc::make_mut(&mut summaries);
            for &unit in changed.iter().filter(|&&unit| !Arc::ptr_eq(&facts[unit], &self.facts[unit])) {
                for (f, local) in facts[unit].locals.iter().enumerate() {
                    let function = file.fn_ref(unit, FunctionId(u32::try_from(f).expect("few functions")));
                    if let Some(old) = self.summaries.get(&function) {
                        // Effects are as before; the nodes that show them have other numbers now.
                        all.insert(function, Arc::new(old.renumbered(local, &self.summaries)));
                    }
                }
            }
        }
        Linked { file, facts, summaries, registered: Arc::clone(&self.registered) }
    }

    /// What one of its functions does.
    #[must_use]
    pub fn summary(&self, function: &FnRef) -> Option<&Arc<Summary>> {
        self.summaries.get(function)
    }
}

/// Evaluates the calls of one unit.
#[must_use]
pub fn unit_facts(eval: &Evaluator<'_>, unit: usize) -> UnitFacts {
    let u = &eval.file.units[unit].unit;
    let calls: FxHashMap<_, _> = u.calls.iter().map(|&call| (call, eval.call(unit, call))).collect();
    let responses = u.calls.iter().copied().filter(|call| yields_response(eval, &calls[call])).collect();
    // Its summaries ask for them too.
    let own = eval.file.fn_ref(unit, FunctionId(0));
    let locals = eval.world.locals(&own).unwrap_or_else(|| Arc::new(locals(eval, unit)));
    let outward = eval.world.follows_edits().then(|| outward(eval, unit, &calls, &locals));
    UnitFacts { calls, responses, locals, outward }
}

fn yields_response(eval: &Evaluator<'_>, facts: &CallFacts) -> bool {
    facts.value.instance().is_some_and(|instance| {
        let mut methods = eval.models.ty(instance.ty).methods.values();
        methods.any(|method| method.effect.0.contains(Effects::RESPONSE_BODY))
    })
}
