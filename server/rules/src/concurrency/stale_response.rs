//! `stale-response`

use plimsoll_behavior::{Effects, Kind};
use plimsoll_project::link::FnRef;

use crate::ask::{
    Dependency, EffectRun, Shown, dependency, effect_runs, in_function, is_a_copy, is_a_state, is_kept_out,
    is_server_action, is_set_elsewhere, shown, words,
};
use crate::edit::stale::ignore_stale_answers;
use crate::{CallView, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// An effect that asks for something by a value that changes, and shows whichever answer comes last.
    ///
    /// ## What happens
    ///
    /// When the dependency changes, the effect runs again and asks again, while the first request is still under way.
    /// Answers need not come in the order of their requests: if the first one takes longer, its answer replaces the newer
    /// one, and the page shows one user's name above another one's data, or a list that does not fit its filter, until
    /// something makes it load again.
    ///
    /// ## Bad
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   fetchUser(id).then((user) => setUser(user))
    /// }, [id])
    /// ```
    ///
    /// ## Good
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   let isStale = false
    ///   fetchUser(id).then((user) => {
    ///     if (!isStale) setUser(user)
    ///   })
    ///   return () => {
    ///     isStale = true
    ///   }
    /// }, [id])
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The effect notes in its cleanup that its answer is not wanted any more, and what would put the answer into a state
    /// looks there first. Where a function beside the effect sends the request, it is handed a function that tells it. It
    /// is safe, and `plimsoll fix` applies it.
    ///
    /// ## What it does not flag
    ///
    /// - Effects that run once (`[]`), or whose dependencies do not reach what the request asks for.
    /// - A dependency that does not change while the component is shown: a state that nothing sets, who is signed in.
    /// - An answer that is held against a flag, a reference, a number of the request or what was asked for.
    /// - A request that takes a signal, and effects that abort what they have started.
    /// - Answers that are kept under what was asked for: `setUsers((all) => ({ ...all, [id]: user }))`.
    /// - What is loaded only once, or not while something else is loading.
    /// - Actions of the server (`'use server'`), which a page sends one after the other.
    /// - Libraries of queries, which keep answers by their keys.
    ///
    /// A state of the component is told by default: a filter, a page, a search that somebody changes while an answer is
    /// under way. What a component is handed, or what its URL says, changes seldom while it is shown: it is a preview, and
    /// so are a state that only copies what a component is handed (`campaign.id` of `useState(campaign)`) and one that a hook
    /// only lets others set.
    pub StaleResponse { id: "stale-response", category: Concurrency, severity: Warning, since: "0.1.0" }
}

/// Words of states that tell how a request goes, and not what it has brought.
const BESIDE: &[&str] = &["error", "errors", "loading", "busy", "pending", "message", "status"];

impl Rule for StaleResponse {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST | Effects::DB_READ
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() {
            return;
        }
        // One cause, however many requests a function sends.
        let mut all: Vec<(CallView<'_>, Stale)> = Vec::new();
        for call in unit.calls_with(self.watches()) {
            let Some(stale) = stale(unit, &call) else { continue };
            match all.iter_mut().find(|(_, other)| other.is_of(&stale.run)) {
                Some((_, other)) => other.shown.extend(stale.shown),
                None => all.push((call, stale)),
            }
        }
        for (call, stale) in &all {
            let Stale { run, dependency, shown } = stale;
            let mut reported = report
                .at_node(unit, call.node, call.confidence(), message(unit, call, stale))
                .preview(!is_sure_to_change(unit, dependency));
            for step in &run.through {
                let name = &unit.unit_of(step.binding.0).binding(step.binding.1).name;
                reported =
                    reported.related(unit.of(step.call.0).place(step.call.1), format!("calls `{name}`"));
            }
            reported
                .related(
                    unit.of(run.closure.unit).place(run.closure.call),
                    format!("this effect runs again whenever `{}` changes", dependency.text),
                )
                .related(
                    unit.of(main(unit, shown).call.0).place(main(unit, shown).call.1),
                    "puts the answer into a state",
                )
                .fix(|| {
                    let edits = ignore_stale_answers(unit, call.node, run, shown)?;
                    Some(FixPlan {
                        title: "Add cleanup: ignore the answer when the effect has ended".to_owned(),
                        safety: Safety::Safe,
                        edits,
                    })
                });
        }
    }
}

/// A request whose answer may come too late.
struct Stale {
    run: EffectRun,
    dependency: Dependency,
    /// Where the answer is put into a state unasked; one at least.
    shown: Vec<Shown>,
}

impl Stale {
    /// Whether the same effect runs the request, through the same function.
    fn is_of(&self, run: &EffectRun) -> bool {
        let last = |run: &EffectRun| run.through.last().map(|step| step.function);
        self.run.effect == run.effect && last(&self.run) == last(run)
    }
}

/// Whether the component itself lets its user change a dependency.
fn is_sure_to_change(unit: &UnitView<'_>, dependency: &Dependency) -> bool {
    let root = dependency.root;
    is_a_state(unit, root) && !is_a_copy(unit, root, &dependency.text) && !is_set_elsewhere(unit, root)
}

/// Whether a page sends one request after the other for a function: an action of the server
/// (<https://nextjs.org/docs/app/guides/server-actions>).
fn is_queued(unit: &UnitView<'_>, function: &FnRef) -> bool {
    let mut is_action = false;
    in_function(unit, function, &mut |there| {
        is_action = is_server_action(there, there.index, function.function);
    });
    is_action
}

fn stale(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Stale> {
    let request = (unit.index, call.node);
    let all = shown(unit, unit.index, call.node);
    if all.is_empty() || call.facts.target.as_ref().is_some_and(|target| is_queued(unit, target)) {
        return None;
    }
    effect_runs(unit, unit.index, call.node).into_iter().find_map(|run| {
        let dependency = dependency(unit, &run, request)?;
        let is_open = |shown: &&Shown| !is_kept_out(unit, &run, request, shown, &dependency);
        let shown: Vec<Shown> = all.iter().filter(is_open).cloned().collect();
        (!shown.is_empty()).then_some(Stale { run, dependency, shown })
    })
}

/// Of what is shown, the answer itself before what is said of it.
fn main<'s>(unit: &UnitView<'_>, shown: &'s [Shown]) -> &'s Shown {
    let is_beside = |one: &Shown| {
        let name = setter_of(unit, one);
        name.is_some_and(|name| words(&name).iter().any(|word| BESIDE.contains(&word.as_str())))
    };
    shown.iter().find(|one| !is_beside(one)).unwrap_or(&shown[0])
}

fn setter_of(unit: &UnitView<'_>, shown: &Shown) -> Option<String> {
    match unit.unit_of(shown.setter.0).kind(shown.setter.1) {
        Kind::Name { name, .. } => Some(name.to_string()),
        _ => None,
    }
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, stale: &Stale) -> String {
    let Stale { dependency, shown, .. } = stale;
    let setter = setter_of(unit, main(unit, shown)).unwrap_or_else(|| "a state".to_owned());
    let text = &dependency.text;
    let asked = if call.facts.effects.intersects(Effects::DB) {
        "the query".to_owned()
    } else {
        format!("`{}`", unit.call_name(call.node))
    };
    format!(
        "`{setter}` shows whichever answer comes last: when `{text}` changes before {asked} has answered, the one for the old `{text}` can replace the new one"
    )
}
