//! `unbounded-growth`

use plimsoll_behavior::{BindingId, BindingKind, FunctionId, Kind, Name, NodeId, TypeExpr, TypeKind, Unit};
use plimsoll_project::link::{KeptUse, kept_use};

use crate::ask::{
    Addition, MAX_STEPS, Often, added_to, again, binding_of, callers, is_exported, may_add, member_of,
    uses_of, words,
};
use crate::edit::script;
use crate::wording::quoted;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A collection that lives as long as the process, to which requests add and from which nothing is ever taken.
    ///
    /// ## What happens
    ///
    /// A map of a module keeps all that is put into it until the process ends. Where each caller, address, token or id adds an
    /// entry, a service that runs for weeks holds all that it has ever seen: it grows until it is killed for its memory, and
    /// whoever can choose the key can make that happen in an hour.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const attempts = new Map<string, { count: number; resetAt: number }>()
    ///
    /// export function limit(req: Request, res: Response, next: NextFunction) {
    ///   const known = attempts.get(req.ip)
    ///   if (!known || known.resetAt < Date.now()) attempts.set(req.ip, { count: 1, resetAt: Date.now() + 60_000 })
    ///   next()
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const attempts = new LRUCache<string, number>({ max: 10_000, ttl: 60_000 })
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The oldest entry is dropped once there are 10,000. How many there may be, and whether the oldest is the one to go, wants
    /// a review; a cache that forgets by time is often better.
    ///
    /// ## What it does not flag
    ///
    /// - A collection from which anything takes something out, that is replaced, or whose size is compared with something.
    /// - One that is exported, returned or handed to code that may do so.
    /// - One that does not begin empty: a table that somebody has written.
    /// - What is added when the program starts, and registries that functions called `register…` or `init…` fill.
    /// - Entries that are known by what there is a fixed number of: constants, enums, unions of texts.
    /// - Functions of a platform that end after a few requests: those of Supabase.
    /// - Code that runs in a browser, by hand, in tests, or of which nothing says that it runs on a server.
    pub UnboundedGrowth { id: "unbounded-growth", category: Resources, severity: Warning, since: "0.1.0", preview }
}

/// How many entries the fix keeps.
const MOST: &str = "10_000";
/// Last words of the names of keys of which there is a handful.
#[rustfmt::skip] // a list of words
const FEW: &[&str] = &[
    "region", "locale", "lang", "language", "currency", "country", "provider", "model", "engine", "queue", "topic", "plan",
    "tier", "role", "level", "kind", "type", "status", "state", "mode", "env", "environment", "network", "chain", "category",
    "method", "table", "entity", "platform", "service", "shard", "symbol", "ticker", "exchange", "market", "weekday", "month",
    "org", "organization", "organisation", "tenant", "company", "workspace", "integration", "plugin", "tool", "api", "scope",
    "instance", "bot", "agent", "dir", "directory", "folder",
];

impl Rule for UnboundedGrowth {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        may_add(unit)
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || !unit.may_be_on_a_server() || unit.project.runs.is_short_lived() {
            return;
        }
        for (binding, node) in added_to(unit) {
            if is_exported(unit.unit_of(0), binding) {
                continue;
            }
            // One collection is told once, where it is added to first.
            let Some(added) = first_addition(unit, binding).filter(|added| added.unit == unit.index) else {
                continue;
            };
            if !unit.is_on_a_server() {
                continue;
            }
            let name = &unit.unit_of(0).binding(binding).name;
            let declared = unit.of(0).place(unit.unit_of(0).binding(binding).value.unwrap_or(node));
            report
                .at_node(unit, added.by, added.confidence, message(unit, name, &added))
                .related(
                    declared,
                    format!("`{name}` lives as long as the process, and nothing is taken out of it"),
                )
                .fix(|| drop_the_oldest(unit, name, &added));
        }
    }
}

/// The first place of the file at which requests add to a collection, if nothing ever makes it smaller.
fn first_addition(unit: &UnitView<'_>, binding: BindingId) -> Option<Addition> {
    let mut additions: Vec<(usize, NodeId, Option<NodeId>)> = Vec::new();
    for (at, used) in uses_of(unit, 0, binding) {
        match kept_use(unit.unit_of(at), used) {
            KeptUse::Grows { by, key } => additions.push((at, by, key)),
            KeptUse::IsRead => {}
            KeptUse::Shrinks | KeptUse::IsMeasured | KeptUse::Escapes => return None,
        }
    }
    let ty = unit.unit_of(0).binding(binding).ty.as_deref();
    let is_of_few_keys = || key_type(unit, binding, ty).is_some_and(|key| is_of_few(unit, key));
    additions.sort_by_key(|&(at, by, _)| unit.of(at).bytes(by).start);
    let found = additions.into_iter().find_map(|(at, by, key)| {
        let there = unit.of(at);
        let (often, confidence) = again(&there, by, key)?;
        let has_a_constant_key = key.is_some_and(|key| is_constant(&there, at, key, MAX_STEPS));
        (!has_a_constant_key).then_some(Addition { unit: at, by, key, confidence, often })
    })?;
    (!is_of_few_keys()).then_some(found)
}

/// Whether a key is made of what there is a fixed number of.
fn is_constant(unit: &UnitView<'_>, at: usize, key: NodeId, steps: u8) -> bool {
    let u = unit.unit_of(at);
    let mut leaves = u.descendants(key).into_iter().filter(|&node| is_leaf(u, node));
    leaves.all(|leaf| {
        let Kind::Name { name, .. } = u.kind(leaf) else { return false };
        if member_of(u, leaf).is_some_and(|member| is_one_of_few(member)) {
            return true;
        }
        let Some((of, binding)) = binding_of(&unit.of(at), at, leaf) else {
            return is_written_as_constant(name);
        };
        let own = unit.unit_of(of).binding(binding);
        let of_type = own.ty.as_deref().is_some_and(|ty| is_of_few(unit, ty));
        let given = match own.kind {
            BindingKind::Parameter(function, index) if own.path.is_empty() => {
                Some((function, usize::from(index)))
            }
            _ => None,
        };
        is_one_of_few(name)
            || of_type
            || given.is_some_and(|(function, index)| is_given_few(unit, of, function, index, steps))
            || matches!(
                own.kind,
                BindingKind::Import(_) | BindingKind::Function | BindingKind::Type | BindingKind::Module
            )
            || own.kind == BindingKind::Variable
                && !own.is_mutable
                && steps > 0
                && own.value.is_some_and(|value| is_constant(unit, of, value, steps - 1))
    })
}

fn is_one_of_few(name: &str) -> bool {
    let mut words = words(name);
    // `orgId`, `regionCode`
    if words.len() > 1
        && words.last().is_some_and(|last| matches!(last.as_str(), "id" | "key" | "name" | "code" | "slug"))
    {
        words.pop();
    }
    words.last().is_some_and(|last| FEW.contains(&last.as_str()))
}

/// Whether a function is given what there is a fixed number of, by its type or by all in the file who call it.
fn is_given_few(unit: &UnitView<'_>, at: usize, function: FunctionId, index: usize, steps: u8) -> bool {
    let own = unit.unit_of(at).function(function);
    if own.params.get(index).and_then(|param| param.ty.as_ref()).is_some_and(|ty| is_of_few(unit, ty)) {
        return true;
    }
    let callers = callers(unit.linked, &unit.linked.file.fn_ref(at, function));
    let is_constant = |&(unit_of_call, call): &(usize, NodeId)| match unit.unit_of(unit_of_call).kind(call) {
        Kind::Call { args, .. } => {
            args.get(index).is_some_and(|&arg| is_constant(unit, unit_of_call, arg, steps - 1))
        }
        _ => false,
    };
    steps > 0 && !own.is_exported && !callers.is_empty() && callers.iter().all(is_constant)
}

/// A name, or a call or an access of which that decides nothing.
fn is_leaf(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Name { .. } => {
            // What is called is a function, not what it is called with.
            !u.parent(node)
                .is_some_and(|around| matches!(u.kind(around), Kind::Call { callee, .. } if *callee == node))
        }
        Kind::This | Kind::Await(_) | Kind::Nested(_) => true,
        _ => false,
    }
}

fn is_written_as_constant(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The type of the keys of a map, as it is written.
fn key_type<'a>(
    unit: &'a UnitView<'_>,
    binding: BindingId,
    declared: Option<&'a TypeExpr>,
) -> Option<&'a TypeExpr> {
    let module = unit.unit_of(0);
    let constructed = module.binding(binding).value.and_then(|value| match module.kind(value) {
        Kind::Call { type_args, .. } => type_args.first(),
        _ => None,
    });
    constructed.or_else(|| declared?.args.first())
}

/// Whether a type has a fixed number of values: a union of texts, an enum, a yes or no.
fn is_of_few(unit: &UnitView<'_>, ty: &TypeExpr) -> bool {
    let Some(head) = ty.path.first() else { return false };
    match head.as_str() {
        "|" => !ty.args.is_empty() && ty.args.iter().all(|one| is_of_few(unit, one)),
        "boolean" | "null" | "undefined" | "keyof" => true,
        head if head.starts_with('"') => true,
        head => {
            let mut types = unit.linked.file.types_named(head).map(|(_, ty)| ty);
            ty.path.len() == 1
                && types.next().is_some_and(|own| match own.kind {
                    TypeKind::Enum => true,
                    // An alias of itself is nothing that compiles.
                    TypeKind::Alias => own
                        .alias
                        .as_ref()
                        .is_some_and(|alias| alias.path.first() != Some(&own.name) && is_of_few(unit, alias)),
                    _ => false,
                })
        }
    }
}

fn message(unit: &UnitView<'_>, name: &Name, added: &Addition) -> String {
    let entry = match added.key.and_then(|key| quoted(unit.text(key))) {
        Some(key) => format!("keeps an entry for every {key}"),
        None => "keeps one more".to_owned(),
    };
    let when = match &added.often {
        Often::Request => "of every request".to_owned(),
        Often::Message => "of every message".to_owned(),
        Often::Call(function) => format!("that `{function}` is called with"),
        Often::Seldom | Often::Unknown => String::new(),
    };
    let entry =
        if added.key.is_none() { format!("{entry} for each call") } else { format!("{entry} {when}") };
    let entry = entry.trim_end();
    format!("`{name}` {entry} until the process ends: its memory grows until it is killed")
}

/// Drops the oldest entry where there would be too many.
fn drop_the_oldest(unit: &UnitView<'_>, name: &Name, added: &Addition) -> Option<FixPlan> {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(added.by) else { return None };
    let Kind::Member { name: method, .. } = u.kind(*callee) else { return None };
    let edit = if added.key.is_some() {
        let known = if unit.linked.file.path.ends_with("js") || unit.linked.file.path.ends_with("jsx") {
            ""
        } else {
            "!"
        };
        script::statement_before(
            unit,
            added.by,
            &format!("if ({name}.size >= {MOST}) {name}.delete({name}.keys().next().value{known})"),
        )?
    } else if method == "push" {
        script::statement_after(unit, added.by, &format!("if ({name}.length > {MOST}) {name}.shift()"))?
    } else {
        return None;
    };
    Some(FixPlan {
        title: format!(
            "Drop the oldest entry of `{name}` at {} (review: how many may there be?)",
            MOST.replace('_', ",")
        ),
        safety: Safety::Review,
        edits: vec![edit],
    })
}
