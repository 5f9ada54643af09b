//! `shared-request-state`

use plimsoll_behavior::{BindingId, Effects, Name, NodeId, Unit};
use plimsoll_project::link::{KeptUse, compares_amounts, is_looked_up, kept_use};
use plimsoll_project::{
    SharedStore, brings_a_store, declares_only_in_process, several_instances, shared_store,
};

use crate::ask::{Addition, Kept, added_to, again, is_storable, kept_for, may_add, uses_of, words};
use crate::{Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// What all instances of a service must agree on, in the memory of one process: limits, sessions, codes.
    ///
    /// ## What happens
    ///
    /// A variable of a module lives in one process. Where a service runs as two, each counts the attempts that it has seen itself,
    /// so that a limit of five lets ten through; who has signed in at one is unknown to the other, and a code that one has sent is
    /// refused by the next. On a platform that starts a process for a few requests, that is so from the first day. Everywhere else
    /// it happens at each deploy and each crash: all counts begin at zero, everybody is signed out, every code is void.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const codes = new Map<string, { code: string; expiresAt: number }>()
    ///
    /// app.post('/codes', async (req, res) => {
    ///   codes.set(req.body.email, { code: newCode(), expiresAt: Date.now() + 600_000 })
    ///   res.status(204).end()
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// app.post('/codes', async (req, res) => {
    ///   await redis.set(`code:${req.body.email}`, newCode(), { EX: 600 })
    ///   res.status(204).end()
    /// })
    /// ```
    ///
    /// ## Severity
    ///
    /// It is a warning where it guards who may sign in, and where the project says that there are several instances: a platform
    /// of functions, a cluster of processes.
    ///
    /// ## What it does not flag
    ///
    /// - Caches of what can be read anew, work that is under way, lists of connections that are open, and whatever else is of no
    ///   use to another process.
    /// - A collection that nobody looks into by key, and a limit that compares nothing.
    /// - Files that have a store which all instances share: the collection stands in for it while it is away.
    /// - Limits of a service that keeps its data in its own process: there is only one of it.
    /// - What grows until the process is killed for it: that is told by `unbounded-growth`, before this.
    /// - Code that runs in a browser, by hand, in tests, or of which nothing says that it runs on a server.
    pub SharedRequestState { id: "shared-request-state", category: Resources, severity: Info, since: "0.1.0", preview }
}

/// Words that say that something decides who may sign in.
#[rustfmt::skip] // a list of words
const SIGN_IN: &[&str] = &[
    "login", "signin", "logon", "auth", "authentication", "password", "passwords", "otp", "otps", "mfa", "totp", "pin", "pins",
    "oauth", "verification", "magic", "credentials",
];

impl Rule for SharedRequestState {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        may_add(unit)
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for (binding, node) in added_to(unit) {
            let name = &unit.unit_of(0).binding(binding).name;
            let place = unit.linked.file.path.rsplit('/').next().unwrap_or_default();
            let Some(kind) = kept_for(name, place) else { continue };
            let Some(added) = first_addition(unit, binding, kind) else { continue };
            // One collection is told once, where it is added to first.
            if added.unit != unit.index || has_a_store(unit) || !unit.is_on_a_server() {
                continue;
            }
            let files = unit.project.files;
            if kind == Kept::Limit && declares_only_in_process(files, &unit.linked.file.path) {
                continue;
            }
            let several = several_instances(files, &unit.linked.file.path);
            let is_short_lived = several.is_some() || unit.project.runs.is_short_lived();
            let is_grave = is_short_lived || guards_sign_in(unit, kind, name, added.by);
            let module = unit.unit_of(0);
            let declared = unit.of(0).place(module.binding(binding).value.unwrap_or(node));
            let mut related = format!("`{name}` lives in the memory of one process");
            if let Some((what, says)) = &several {
                related.push_str(&format!(", and the project runs as {what} (`{says}`)"));
            }
            report
                .at_node(unit, added.by, added.confidence, message(unit, name, kind, several.is_some()))
                .severity(if is_grave { Severity::Warning } else { Severity::Info })
                .related(declared, related);
        }
    }
}

/// The first place of the file at which requests add to a collection, if what is in it is of use to another process and is
/// looked for.
fn first_addition(unit: &UnitView<'_>, binding: BindingId, kind: Kept) -> Option<Addition> {
    let mut additions: Vec<(usize, NodeId, Option<NodeId>)> = Vec::new();
    let (mut is_asked, mut is_compared) = (false, false);
    let mut shrinks_in: Vec<usize> = Vec::new();
    for (at, used) in uses_of(unit, 0, binding) {
        let there = unit.unit_of(at);
        is_asked |= is_looked_up(there, used);
        match kept_use(there, used) {
            KeptUse::Grows { by, key } => additions.push((at, by, key)),
            KeptUse::Shrinks => shrinks_in.push(at),
            // Whoever is handed it may keep it elsewhere.
            KeptUse::Escapes => return None,
            KeptUse::IsRead | KeptUse::IsMeasured => is_compared |= compares_amounts(there),
        }
    }
    is_compared |= additions.iter().any(|&(at, ..)| compares_amounts(unit.unit_of(at)));
    if !is_asked || kind == Kept::Limit && !is_compared {
        return None;
    }
    additions.sort_by_key(|&(at, by, _)| unit.of(at).bytes(by).start);
    let found = additions.into_iter().find_map(|(at, by, key)| {
        let (often, confidence) = again(&unit.of(at), by, key)?;
        Some(Addition { unit: at, by, key, confidence, often })
    })?;
    // What is taken out by the function that has put it in, is there for as long as its work is under way.
    let is_under_way = kind == Kept::Handled && shrinks_in.contains(&found.unit);
    (!is_under_way && is_storable(unit, binding, found.unit, found.by)).then_some(found)
}

/// Whether the file brings what all instances share to count or to keep in, or the function here does so already.
fn has_a_store(unit: &UnitView<'_>) -> bool {
    let mut imports = unit.unit_of(0).imports.iter().filter(|import| !import.is_type_only);
    let is_by_key = |call: &crate::CallView<'_>| {
        let of_helper = || unit.witness_facts(call.facts.target.as_ref()?, Effects::DB);
        let has_key = |facts: &plimsoll_project::link::CallFacts| {
            facts.slot(plimsoll_behavior::models::Slot::Key).is_some()
        };
        has_key(call.facts) || of_helper().is_some_and(|facts| has_key(&facts))
    };
    imports.any(|import| brings_a_store(&import.module))
        || unit.calls_with(Effects::DB).any(|call| is_by_key(&call))
}

fn guards_sign_in(unit: &UnitView<'_>, kind: Kept, name: &str, by: NodeId) -> bool {
    let says = |name: &str| words(name).iter().any(|word| SIGN_IN.contains(&word.as_str()));
    let around = unit.functions_around(by);
    let mut functions = around.iter().filter_map(|(at, id, _)| unit.unit_of(*at).function(*id).name.as_ref());
    match kind {
        Kept::Code | Kept::Revoked => true,
        Kept::Handled => false,
        Kept::Limit | Kept::Session => {
            says(name)
                || functions.any(|function| says(function))
                || says(unit.linked.file.path.rsplit('/').next().unwrap_or_default())
        }
    }
}

fn message(unit: &UnitView<'_>, name: &Name, kind: Kept, are_several: bool) -> String {
    let when =
        if are_several { "at every instance" } else { "at every restart, and at each further instance" };
    let what = match kind {
        Kept::Limit => format!("`{name}` counts for this process alone: the limit begins anew {when}"),
        Kept::Session if are_several => {
            format!(
                "`{name}` is known to this process alone: other instances take whoever is in it for a stranger"
            )
        }
        Kept::Session => {
            format!("`{name}` is known to this process alone: a restart or a deploy ends every session in it")
        }
        Kept::Code if are_several => {
            format!(
                "`{name}` is known to this process alone: another instance refuses what this one has issued"
            )
        }
        Kept::Code => {
            format!(
                "`{name}` is known to this process alone: a restart or a deploy voids all that was issued"
            )
        }
        Kept::Revoked => {
            format!("`{name}` is known to this process alone: what was revoked is valid again {when}")
        }
        Kept::Handled => {
            format!("`{name}` is known to this process alone: what it has handled is handled again {when}")
        }
    };
    let store = match shared_store(unit.project.files, &unit.linked.file.path) {
        Some(SharedStore::KeyValue(store)) => format!("; {store}, which the project has, keeps it for all"),
        Some(SharedStore::Database) => "; the project's database keeps it for all".to_owned(),
        None => String::new(),
    };
    format!("{what}{store}")
}
