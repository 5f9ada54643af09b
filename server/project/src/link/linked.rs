//! A file whose calls are understood.

use std::cell::Cell;
use std::sync::Arc;

use plimsoll_behavior::models::{ModelLanguage, Models};
use plimsoll_behavior::{Effects, FunctionId, Kind, NodeId};
use plimsoll_syntax::Language;
use rustc_hash::FxHashMap;

use super::summary::{Local, locals};
use super::{CallFacts, Evaluator, FileUnits, FnRef, Linker, Summary, Value};
use crate::Files;

/// Other files, as a file under evaluation sees them: only through questions that are answered there.
pub trait World {
    /// The view of files.
    fn files(&self) -> &dyn Files;

    /// Asks something of the file with this path; not called when it is no source or cannot be read.
    fn in_file(&self, path: &str, ask: &mut dyn FnMut(&Evaluator<'_>));

    /// What a function of any file does, its callees in all files included.
    fn summary(&self, function: &FnRef) -> Option<Arc<Summary>>;

    /// How many evaluations are under way inside each other, in all files.
    fn depth(&self) -> &Cell<u32>;
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
    /// What each of its functions does by itself.
    pub locals: Vec<Local>,
    /// Equal as long as nothing changes that other units or files can ask about: effects, callees, results, what is
    /// done with parameters, what is assigned to or released outside.
    pub outward: u64,
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

/// Understands a file, which is then the one that `linker` reviews.
pub fn link(file: Arc<FileUnits>, linker: &Linker<'_>) -> Linked {
    let session = linker.open(&file);
    let eval = linker.evaluator(&session);
    let facts: Vec<Arc<UnitFacts>> = (0..file.units.len()).map(|i| Arc::new(unit_facts(&eval, i))).collect();
    let mut summaries = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        for f in 0..unit.locals.len() {
            let function = file.fn_ref(i, FunctionId(u32::try_from(f).expect("few functions")));
            if let Some(summary) = linker.summary(&function) {
                summaries.insert(function, summary);
            }
        }
    }
    let mut registered: FxHashMap<FnRef, Effects> = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        for (&call, facts) in &unit.calls {
            for function in registered_by(&eval, i, call, facts) {
                *registered.entry(function).or_default() |= facts.effects;
            }
        }
    }
    Linked { facts, summaries: Arc::new(summaries), registered: Arc::new(registered), file }
}

/// The functions that a registering call is handed, wherever they are written.
fn registered_by(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts) -> Vec<FnRef> {
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

/// Understands a file in which only the units `changed` have other text than in `before`, each with the same
/// [`UnitFacts::outward`] as before; none when one of them has not, so that the whole file must be understood anew.
/// `changed` must contain every unit nested in one of them too.
pub fn relink(
    before: &Linked,
    file: &Arc<FileUnits>,
    linker: &Linker<'_>,
    changed: &[usize],
) -> Option<Vec<Arc<UnitFacts>>> {
    let session = linker.open(file);
    let eval = linker.evaluator(&session);
    let mut facts = before.facts.clone();
    for &unit in changed {
        let now = unit_facts(&eval, unit);
        if now.outward != before.facts[unit].outward {
            return None;
        }
        facts[unit] = Arc::new(now);
    }
    Some(facts)
}

impl Linked {
    /// The file with the facts that [`relink`] found.
    #[must_use]
    pub fn with_facts(&self, file: Arc<FileUnits>, facts: Vec<Arc<UnitFacts>>, changed: &[usize]) -> Linked {
        let mut summaries = Arc::clone(&self.summaries);
        if !changed.is_empty() {
            let all = Arc::make_mut(&mut summaries);
            for &unit in changed {
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
    let locals = locals(eval, unit);
    let outward = outward(eval, unit, &calls, &locals);
    UnitFacts { calls, locals, outward }
}

fn outward(
    eval: &Evaluator<'_>,
    unit: usize,
    calls: &FxHashMap<NodeId, Arc<CallFacts>>,
    locals: &[Local],
) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    let u = &eval.file.units[unit].unit;
    for local in locals {
        let mut callees: Vec<_> = local.callees.iter().map(|(f, ..)| f).collect();
        callees.sort();
        callees.dedup();
        let effects = local.direct.iter().fold(Effects::empty(), |all, (e, ..)| all | *e);
        (effects, callees, &local.returns, &local.params, local.is_async).hash(&mut hasher);
    }
    let function = u.own();
    (function.kind, function.params.len(), &function.name, function.is_async).hash(&mut hasher);
    // What reaches outside by a name: assignments, and what is handed to a call that releases.
    let path = |mut node: NodeId| {
        let mut path = String::new();
        loop {
            match u.kind(node) {
                Kind::Member { object, name, .. } => {
                    path.push_str(name);
                    path.push('.');
                    node = *object;
                }
                Kind::Name { name, .. } => {
                    path.push_str(name);
                    return path;
                }
                Kind::This => {
                    path.push_str("this");
                    return path;
                }
                Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => node = *inner,
                _ => return path,
            }
        }
    };
    for node in &u.nodes {
        if let Kind::Assign { target, value, .. } = &node.kind
            && !matches!(u.kind(*target), Kind::Name { binding: Some(_), .. })
        {
            path(*target).hash(&mut hasher);
            eval.value(unit, *value).hash(&mut hasher);
        }
    }
    for &call in &u.calls {
        if let Some(facts) = calls.get(&call) {
            registered_by(eval, unit, call, facts).hash(&mut hasher);
        }
        if calls.get(&call).is_some_and(|facts| facts.effects.contains(Effects::RELEASE))
            && let Kind::Call { callee, args, .. } = u.kind(call)
        {
            path(*callee).hash(&mut hasher);
            args.iter().for_each(|&a| path(a).hash(&mut hasher));
        }
    }
    hasher.finish()
}
<<<<<<< HEAD
=======

fn exports(eval: &Evaluator<'_>) -> BTreeMap<Name, Value> {
    let unit = &eval.file.units[0].unit;
    let mut exports = BTreeMap::new();
    if eval.file.language.is_script_family() {
        for export in &unit.exports {
            match &export.local {
                Exported::From(module, _) if export.name == "*" => {
                    let language = eval.file.language;
                    let file = super::resolve_module(eval.world.files(), &eval.file.path, module, language);
                    if let Some(other) = file.and_then(|f| eval.world.linked(&f)) {
                        for (name, value) in other.exports().filter(|(n, _)| *n != "default") {
                            exports.entry(name.clone()).or_insert_with(|| value.clone());
                        }
                    }
                }
                Exported::Value(node) if export.name == "export=" => {
                    let whole = eval.value(0, *node);
                    if let Value::Syntax(site) = &whole
                        && let Some(u) = eval.file.unit_at(&site.unit)
                        && let Kind::Object { entries, .. } = eval.file.units[u].unit.kind(site.node)
                    {
                        for entry in entries {
                            if let plimsoll_behavior::Key::Name(name) = &entry.key {
                                exports.insert(name.clone(), eval.value(u, entry.value).exported());
                            }
                        }
                    }
                    exports.insert("default".into(), whole.exported());
                }
                _ => {
                    exports.insert(export.name.clone(), eval.own_export(&export.name).exported());
                }
            }
        }
    } else {
        for &b in unit.scopes.iter().take(1).flat_map(|s| &s.bindings) {
            let name = &unit.binding(b).name;
            exports.insert(name.clone(), eval.own_export(name).exported());
        }
        for (_, ty) in eval.file.all_types().filter(|(_, t)| t.kind != TypeKind::Impl) {
            exports.entry(ty.name.clone()).or_insert_with(|| {
                Value::Type(TypeRef { file: Arc::clone(&eval.file.path), name: ty.name.clone() })
            });
        }
    }
    exports
}

fn types(eval: &Evaluator<'_>) -> FxHashMap<Name, TypeFacts> {
    let mut types: FxHashMap<Name, TypeFacts> = FxHashMap::default();
    let names: FxHashSet<Name> = eval.file.all_types().map(|(_, t)| t.name.clone()).collect();
    for name in names {
        let own = TypeRef { file: Arc::clone(&eval.file.path), name: name.clone() };
        let ty = plimsoll_behavior::TypeExpr { path: vec![name.clone()], args: Vec::new() };
        let unit = eval.file.types_named(&name).next().map_or(0, |(unit, _)| unit);
        let value = eval.value_of_type(unit, plimsoll_behavior::ScopeId(0), &ty).exported();
        let mut members = FxHashMap::default();
        let mut member = |m: &Name| {
            if !members.contains_key(m) {
                let found = eval.member_of(&Value::Type(own.clone()), m);
                let found =
                    if found.is_unknown() { eval.member_of(&Value::Own(own.clone()), m) } else { found };
                members.insert(m.clone(), found.exported());
            }
        };
        for (in_unit, decl) in eval.file.types_named(&name) {
            decl.fields.iter().for_each(|f| member(&f.name));
            decl.methods.iter().for_each(|(m, _)| member(m));
            for (_, method) in &decl.methods {
                let Some(f) = eval.file.function_at(in_unit, *method) else {
                    continue;
                };
                let Some(u) = eval.file.unit_at(&f.unit) else {
                    continue;
                };
                for param in &eval.file.units[u].unit.function(f.function).params {
                    param.field.iter().for_each(&mut member);
                }
            }
        }
        types.insert(name, TypeFacts { value, members });
    }
    types
}

/// Files that have been linked, shared between reviews. An entry is good as long as every file that was looked at to
/// make it, those that were absent included, has the stamp it had.
#[derive(Debug, Default)]
pub struct LinkCache {
    entries: DashMap<Arc<str>, Arc<Cached>>,
}

#[derive(Debug)]
struct Cached {
    linked: Arc<Linked>,
    looked_at: Vec<(Arc<str>, Option<u64>)>,
}

/// The most files that are kept linked.
const MAX_CACHED: usize = 20_000;

/// Links files of one view, for one review.
pub struct Linker<'a> {
    recorder: Recorder<'a>,
    cache: &'a LinkCache,
    /// The file under review, which is not read through the view.
    under_review: Arc<str>,
    done: RefCell<FxHashMap<Arc<str>, Option<Arc<Linked>>>>,
    /// Files being linked now, outermost first.
    open: RefCell<Vec<Arc<str>>>,
    /// Whether a file under way was asked for since: what was linked then must not be kept.
    met_cycle: RefCell<bool>,
}

/// A view that remembers what was asked of it.
struct Recorder<'a> {
    files: &'a dyn Files,
    asked: Mutex<Vec<FxHashMap<Arc<str>, Option<u64>>>>,
}

impl Recorder<'_> {
    fn note(&self, path: &str, stamp: Option<u64>) {
        if let Ok(mut asked) = self.asked.lock()
            && let Some(top) = asked.last_mut()
        {
            top.insert(path.into(), stamp);
        }
    }
}

impl Files for Recorder<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.note(path, self.files.stamp(path));
        self.files.read(path)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        let stamp = match path.strip_suffix('/') {
            Some(folder) => Some(stamp_of_names(&self.files.list(folder))),
            None => self.files.stamp(path),
        };
        self.note(path, stamp);
        stamp
    }

    /// A listed folder is noted with a `/` at its end and stamped by its names: a new migration changes what was found.
    fn list(&self, folder: &str) -> Vec<String> {
        let names = self.files.list(folder);
        self.note(&format!("{}/", folder.trim_end_matches('/')), Some(stamp_of_names(&names)));
        names
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.files.root_of(path)
    }
}

fn stamp_of_names(names: &[String]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(names.join("\n").as_bytes())
}

impl<'a> Linker<'a> {
    /// A linker for the review of one file.
    #[must_use]
    pub fn new(files: &'a dyn Files, cache: &'a LinkCache, under_review: Arc<str>) -> Self {
        Linker {
            recorder: Recorder { files, asked: Mutex::new(vec![FxHashMap::default()]) },
            cache,
            under_review,
            done: RefCell::default(),
            open: RefCell::default(),
            met_cycle: RefCell::new(false),
        }
    }

    /// Every file that was looked at so far, with its stamp; absent ones without.
    #[must_use]
    pub fn looked_at(&self) -> Vec<(Arc<str>, Option<u64>)> {
        let asked =
            self.recorder.asked.lock().map(|a| a.first().cloned().unwrap_or_default()).unwrap_or_default();
        let mut all: Vec<_> = asked.into_iter().collect();
        all.sort();
        all
    }

    /// The view of files, which remembers what is asked of it.
    #[must_use]
    pub fn recorded(&self) -> &dyn Files {
        &self.recorder
    }

    /// The stamp of a file.
    #[must_use]
    pub fn stamp(&self, path: &str) -> Option<u64> {
        self.recorder.stamp(path)
    }

    fn is_good(&self, cached: &Cached) -> bool {
        cached.looked_at.iter().all(|(path, stamp)| self.recorder.stamp(path) == *stamp)
    }

    fn link_file(&self, path: &Arc<str>) -> Option<Arc<Linked>> {
        let language = Language::from_path(path)?;
        let text = self.recorder.read(path)?;
        let parsed = Parsed::parse(&text, language).ok()?;
        let file = FileUnits::extract(Arc::clone(path), language, parsed.tree(), &text, &|_| None);
        Some(Arc::new(link(file, self)))
    }
}

impl World for Linker<'_> {
    fn files(&self) -> &dyn Files {
        &self.recorder
    }

    fn linked(&self, path: &str) -> Option<Arc<Linked>> {
        let path: Arc<str> = path.into();
        if let Some(done) = self.done.borrow().get(&path) {
            return done.clone();
        }
        if path == self.under_review || self.open.borrow().contains(&path) {
            *self.met_cycle.borrow_mut() = true;
            return None;
        }
        if self.open.borrow().len() >= MAX_IMPORT_DEPTH {
            *self.met_cycle.borrow_mut() = true;
            return None;
        }
        let cached = self.cache.entries.get(&path).map(|entry| Arc::clone(&entry));
        if let Some(cached) = cached
            && self.is_good(&cached)
        {
            self.done.borrow_mut().insert(path, Some(Arc::clone(&cached.linked)));
            return Some(Arc::clone(&cached.linked));
        }
        if let Ok(mut asked) = self.recorder.asked.lock() {
            asked.push(FxHashMap::default());
        }
        let cycle_before = self.met_cycle.replace(false);
        self.open.borrow_mut().push(Arc::clone(&path));
        let linked = self.link_file(&path);
        self.open.borrow_mut().pop();
        let met_cycle = self.met_cycle.replace(cycle_before);
        let mut looked_at: Vec<(Arc<str>, Option<u64>)> = Vec::new();
        if let Ok(mut asked) = self.recorder.asked.lock() {
            let own = asked.pop().unwrap_or_default();
            looked_at.extend(own.iter().map(|(p, s)| (Arc::clone(p), *s)));
            if let Some(top) = asked.last_mut() {
                top.extend(own);
            }
        }
        if met_cycle && !self.open.borrow().is_empty() {
            *self.met_cycle.borrow_mut() = true;
        }
        if let Some(linked) = &linked
            && !met_cycle
            && self.cache.entries.len() < MAX_CACHED
        {
            looked_at.sort();
            let entry = Cached { linked: Arc::clone(linked), looked_at };
            self.cache.entries.insert(Arc::clone(&path), Arc::new(entry));
        }
        if !met_cycle || self.open.borrow().is_empty() {
            self.done.borrow_mut().insert(path, linked.clone());
        }
        linked
    }
}
>>>>>>> missingindex
