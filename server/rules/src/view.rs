//! What a rule sees: one unit with what its calls do, and facts of the project around it.

use std::sync::Arc;

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Access, Effects, FunctionId, Kind, NodeId, OwnRange, Unit};
use plimsoll_project::link::{
    CallFacts, Context, Evaluator, FileUnits, FnRef, Linked, Site, SlotValue, Summary, UnitFacts, World,
};
use plimsoll_project::{Files, ProjectSchema, Runs, SchemasOf, WhereItRuns, served_by_importers};
use plimsoll_syntax::TextRange;

use crate::ask::Memo;
use crate::{Confidence, Place, RawRelated};

/// How many functions a chain of calls is followed through.
const MAX_CHAIN: usize = 40;

/// Facts of the project around a file.
pub struct ProjectFacts<'a> {
    /// The text of the file under review, for the writers of edits.
    pub text: &'a str,
    /// The time, for the name of a migration: seconds since 1970 in UTC.
    pub now: u64,
    /// Where the file's code runs, by what it says itself.
    pub runs: WhereItRuns,
    /// Files as the user sees them now: for manifests and schemas.
    pub files: &'a dyn Files,
    /// The database schemas around the file.
    pub schemas: SchemasOf<'a>,
    /// What rules have found in this review.
    pub memo: Memo,
}

/// A file that describes tables, under review.
pub struct SchemaView<'a> {
    /// The file.
    pub path: &'a str,
    /// The whole schema that the file is a part of.
    pub schema: &'a ProjectSchema,
    /// The project around the file.
    pub project: &'a ProjectFacts<'a>,
}

/// One unit under review.
pub struct UnitView<'a> {
    /// Evaluates any node of the file.
    pub eval: &'a Evaluator<'a>,
    /// The file.
    pub linked: &'a Linked,
    /// Other files.
    pub world: &'a dyn World,
    /// Which unit of the file.
    pub index: usize,
    /// The unit.
    pub unit: &'a Unit,
    /// What its calls do.
    pub facts: &'a UnitFacts,
    /// The project around the file.
    pub project: &'a ProjectFacts<'a>,
}

/// A call with all that it does.
pub struct CallView<'a> {
    /// Its node.
    pub node: NodeId,
    /// What models say of it.
    pub facts: &'a Arc<CallFacts>,
    /// What the project's own function that it goes to does.
    pub summary: Option<Arc<Summary>>,
}

impl CallView<'_> {
    /// All its effects, those of the project's own function included.
    #[must_use]
    pub fn effects(&self) -> Effects {
        self.facts.effects | self.summary.as_ref().map_or(Effects::empty(), |s| s.effects)
    }

    /// How sure that is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        // What only some implementations of an interface do, a call through it may do.
        let is_uncertain = self.summary.as_ref().is_some_and(|summary| {
            let guessed = summary.effects.difference(summary.certain);
            guessed.intersects(Effects::DB.union(Effects::HTTP_REQUEST))
        });
        if self.facts.is_convention || is_uncertain { Confidence::Medium } else { Confidence::High }
    }

    /// What stands in the slot.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> Option<&SlotValue> {
        self.facts.slot(slot)
    }
}

impl<'a> UnitView<'a> {
    /// Another unit of the same file.
    #[must_use]
    pub fn of(&self, index: usize) -> UnitView<'a> {
        UnitView {
            eval: self.eval,
            linked: self.linked,
            world: self.world,
            index,
            unit: &self.linked.file.units[index].unit,
            facts: &self.linked.facts[index],
            project: self.project,
        }
    }

    /// Every call of the unit, small closures included, in source order of their ends.
    pub fn calls(&self) -> impl Iterator<Item = CallView<'a>> + '_ {
        self.unit.calls.iter().filter_map(|&node| self.call(node))
    }

    /// Every call with one of the effects.
    pub fn calls_with(&self, effects: Effects) -> impl Iterator<Item = CallView<'a>> + '_ {
        self.calls().filter(move |call| call.effects().intersects(effects))
    }

    /// Whether the unit runs in a service: by what its file says itself, else by what those who import it take of it. In
    /// a module that says nothing, other files are looked at.
    #[must_use]
    pub fn is_on_a_server(&self) -> bool {
        match self.project.runs.runs {
            Runs::Server => true,
            Runs::Unknown => {
                let served = || Some(served_by_importers(self.world, &self.linked.file)?.units);
                let units = self.project.memo.served.get_or_init(served).as_ref();
                units.is_some_and(|units| units.get(self.index).is_some_and(|is_served| *is_served))
            }
            Runs::Browser | Runs::CommandLine | Runs::ByHand => false,
        }
    }

    /// Whether it may, as far as it says itself.
    #[must_use]
    pub fn may_be_on_a_server(&self) -> bool {
        matches!(self.project.runs.runs, Runs::Server | Runs::Unknown)
    }

    /// The call at a node of this unit.
    #[must_use]
    pub fn call(&self, node: NodeId) -> Option<CallView<'a>> {
        let facts = self.facts.calls.get(&node)?;
        let summary = facts.target.as_ref().and_then(|target| self.summary(target));
        Some(CallView { node, facts, summary })
    }

    /// What a function of the project does.
    #[must_use]
    pub fn summary(&self, function: &FnRef) -> Option<Arc<Summary>> {
        if function.file == self.linked.file.path && function.others.is_empty() {
            return self.linked.summary(function).cloned();
        }
        self.world.summary(function)
    }

    /// Of the functions that a call through an interface may go to, the first that has the effect; any other function is
    /// itself.
    #[must_use]
    pub fn with_effect(&self, function: &FnRef, effect: Effects) -> FnRef {
        if function.others.is_empty() {
            return function.clone();
        }
        let has_it = |one: &FnRef| self.summary(one).is_some_and(|s| s.witness(effect).is_some());
        function.alternatives().find(has_it).unwrap_or_else(|| function.clone())
    }

    /// The library call by which a function of the project has an effect, through its callees.
    #[must_use]
    pub fn witness_facts(&self, function: &FnRef, effect: Effects) -> Option<Arc<CallFacts>> {
        let mut function = function.clone();
        for _ in 0..MAX_CHAIN {
            function = self.with_effect(&function, effect);
            let summary = self.summary(&function)?;
            let witness = summary.witness(effect)?;
            let Some(next) = &witness.next else {
                let mut found = None;
                let mut find = |there: &Evaluator<'_>| {
                    let unit = there.file.unit_at(&witness.unit);
                    found = unit.map(|unit| there.call(unit, witness.node));
                };
                if function.file == self.linked.file.path {
                    find(self.eval);
                } else {
                    self.world.in_file(&function.file, &mut find);
                }
                return found;
            };
            function = next.clone();
        }
        None
    }

    /// What becomes of a function of this unit where it is written.
    #[must_use]
    pub fn context(&self, function: FunctionId) -> Context {
        self.eval.context(self.index, function)
    }

    /// The functions around a node, innermost first, with what becomes of each; crosses into the units around this one.
    /// Each is named by its unit and its id.
    #[must_use]
    pub fn functions_around(&self, node: NodeId) -> Vec<(usize, FunctionId, Context)> {
        let mut around = Vec::new();
        let (mut unit, mut function) = (self.index, Some(self.unit.node(node).function));
        loop {
            while let Some(f) = function {
                around.push((unit, f, self.eval.context(unit, f)));
                function = self.linked.file.units[unit].unit.function(f).parent;
            }
            let entry = &self.linked.file.units[unit];
            let Some(parent) = entry.parent else { return around };
            let nested = &self.linked.file.units[parent].unit.nested[entry.index_in_parent as usize];
            function = Some(self.linked.file.units[parent].unit.node(nested.node).function);
            unit = parent;
        }
    }

    /// Whether a node stands in a function that runs in one of these ways, directly or through closures around it.
    #[must_use]
    pub fn runs_as(&self, node: NodeId, runs: &[Run]) -> bool {
        self.functions_around(node)
            .iter()
            .any(|(_, _, context)| matches!(context, Context::Runs(run, _) if runs.contains(run)))
    }

    /// A place for [`RawRelated`].
    #[must_use]
    pub fn place(&self, node: NodeId) -> Place {
        Place::Node {
            file: Arc::clone(&self.linked.file.path),
            unit: self.linked.file.units[self.index].path.clone(),
            node,
        }
    }

    /// The way from a call to the library call that has the effect, through the project's own functions: a place for
    /// each step after the call itself.
    #[must_use]
    pub fn chain(&self, call: &CallView<'_>, effect: Effects, at_the_end: &str) -> Vec<RawRelated> {
        call.facts.target.as_ref().map_or_else(Vec::new, |target| self.way_to(target, effect, at_the_end))
    }

    /// The way from a function of the project to the library call that has the effect: a place for each step.
    #[must_use]
    pub fn way_to(&self, function: &FnRef, effect: Effects, at_the_end: &str) -> Vec<RawRelated> {
        let mut chain = Vec::new();
        let mut next = Some(function.clone());
        let mut seen = Vec::new();
        while let Some(function) = next {
            if seen.contains(&function) {
                break;
            }
            let function = self.with_effect(&function, effect);
            let Some(summary) = self.summary(&function) else { break };
            let Some(witness) = summary.witness(effect) else { break };
            let message = match &witness.next {
                None => at_the_end.to_owned(),
                Some(next) => self.step_of(&function, &self.with_effect(next, effect)),
            };
            let place = Place::Node {
                file: Arc::clone(&function.file),
                unit: witness.unit.clone(),
                node: witness.node,
            };
            chain.push(RawRelated { place, message });
            next = witness.next.clone();
            seen.push(function);
        }
        chain
    }

    /// One step of a chain, which stands where `function` calls `next`.
    pub(crate) fn step_of(&self, function: &FnRef, next: &FnRef) -> String {
        match (self.name_of(function), self.name_of(next)) {
            (Some(name), Some(next)) => format!("`{name}` calls `{next}`"),
            (Some(name), None) => format!("through `{name}`"),
            (None, Some(next)) => format!("calls `{next}`"),
            (None, None) => "through this function".to_owned(),
        }
    }

    /// What an own function is called; none where it has no name.
    fn name_of(&self, function: &FnRef) -> Option<String> {
        let named = function_name(&function.unit);
        if function.function.0 == 0 {
            return Some(named.to_owned()).filter(|name| !name.starts_with('#'));
        }
        let of = |file: &FileUnits| {
            let unit = file.unit_at(&function.unit)?;
            file.units[unit].unit.function(function.function).name.as_deref().map(str::to_owned)
        };
        match function.file == self.linked.file.path {
            true => of(&self.linked.file),
            false => of(&self.world.linked(&function.file)?.file),
        }
    }

    /// The node that a slot holds, when it stands in this unit.
    #[must_use]
    pub fn own_node(&self, slot: Option<&SlotValue>) -> Option<NodeId> {
        match slot? {
            SlotValue::Node(site)
                if site.file == self.linked.file.path
                    && site.unit == self.linked.file.units[self.index].path =>
            {
                Some(site.node)
            }
            _ => None,
        }
    }

    /// A unit of this file.
    #[must_use]
    pub fn unit_of(&self, index: usize) -> &'a Unit {
        &self.linked.file.units[index].unit
    }

    /// The unit and node of a site of this file.
    #[must_use]
    pub fn node_at(&self, site: &Site) -> Option<(usize, NodeId)> {
        let unit = self.linked.file.unit_at(&site.unit)?;
        (site.file == self.linked.file.path).then_some((unit, site.node))
    }

    /// The name that a call is called by: `findMany`, `authorOf`, `prisma.user.findMany` where the receiver is short.
    #[must_use]
    pub fn call_name(&self, call: NodeId) -> String {
        let Kind::Call { callee, .. } = self.unit.kind(call) else { return String::new() };
        let mut callee = *callee;
        // The grammar takes `await f<T>()` for a call of `await f`.
        while let Kind::Await(inner) | Kind::NonNull(inner) = self.unit.kind(callee) {
            callee = *inner;
        }
        match self.unit.kind(callee) {
            Kind::Name { name, .. } => name.to_string(),
            Kind::Member { name, .. } => match self.dotted(callee) {
                Some(path) if path.len() <= 41 => path,
                _ => name.to_string(),
            },
            _ => self.text(callee).chars().take(40).collect(),
        }
    }

    /// A path of names as text: `this.prisma.user`, `users::find`.
    #[must_use]
    pub fn dotted(&self, node: NodeId) -> Option<String> {
        let mut text = String::new();
        let mut at = node;
        loop {
            let head = match self.unit.kind(at) {
                Kind::Member { object, name, access, .. } => {
                    let separator = if *access == Access::Path { "::" } else { "." };
                    text.insert_str(0, name);
                    text.insert_str(0, separator);
                    at = *object;
                    continue;
                }
                Kind::Name { name, .. } | Kind::PathRoot(name) => name.as_str(),
                Kind::This => {
                    if self.is_rust() {
                        "self"
                    } else {
                        "this"
                    }
                }
                Kind::NonNull(x) | Kind::Await(x) | Kind::Try(x) => {
                    at = *x;
                    continue;
                }
                _ => return None,
            };
            text.insert_str(0, head);
            return Some(text);
        }
    }

    /// The file's bytes of a node.
    #[must_use]
    pub fn bytes(&self, node: NodeId) -> TextRange {
        self.to_file(self.unit.range(node))
    }

    /// The file's bytes of a range of the unit.
    #[must_use]
    pub fn to_file(&self, range: OwnRange) -> TextRange {
        self.linked.file.to_file(self.index, range)
    }

    /// The text of a node.
    #[must_use]
    pub fn text(&self, node: NodeId) -> &'a str {
        let range = self.bytes(node);
        self.project.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// Whether the file is Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        !self.linked.file.language.is_script_family()
    }
}

/// The last part of a unit's path: `PostService.list` of `routes/PostService.list~2`.
#[must_use]
pub fn function_name(unit: &str) -> &str {
    let last = unit.rsplit('/').next().unwrap_or(unit);
    last.split('~').next().unwrap_or(last)
}
