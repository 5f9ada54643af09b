//! `connection-per-call`

use plimsoll_behavior::models::{Behavior, Shared};
use plimsoll_behavior::{Effects, Kind, LoopKind, NodeId};
use plimsoll_project::link::{FnRef, Value};

use crate::ask::{Goes, Often, chain_name, comes_from_parameters, goes, in_other, often, uses_of};
use crate::edit::hoist::hoist;
use crate::view::CallView;
use crate::{RawRelated, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A database or HTTP client, or a pool, that is made anew for every request, every message or every turn of a loop.
    ///
    /// ## What happens
    ///
    /// A client holds connections, and making it opens them: a handshake, TLS and a login before the first byte of each
    /// request. Under load the clients of all requests stand side by side, each with a pool of its own, until the
    /// database refuses further connections and every other service that uses it fails with this one.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.get('/posts', async (req, res) => {
    ///   const prisma = new PrismaClient()
    ///   res.json(await prisma.post.findMany({ take: 20 }))
    /// })
    /// ```
    ///
    /// ```rust
    /// async fn rates(State(state): State<AppState>) -> Result<Json<Rates>, AppError> {
    ///     let client = reqwest::Client::new();
    ///     Ok(Json(client.get(&state.rates_url).send().await?.error_for_status()?.json().await?))
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const prisma = new PrismaClient()
    ///
    /// app.get('/posts', async (req, res) => {
    ///   res.json(await prisma.post.findMany({ take: 20 }))
    /// })
    /// ```
    ///
    /// ```rust
    /// async fn rates(State(state): State<AppState>) -> Result<Json<Rates>, AppError> {
    ///     Ok(Json(state.client.get(&state.rates_url).send().await?.error_for_status()?.json().await?))
    /// }
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The client is made once, at the top level of the file, where what it is made with is known there. All calls then share
    /// it, which wants a review. In Rust it belongs into the state of the application, and none is offered.
    ///
    /// ## What it does not flag
    ///
    /// - Clients of modules, of start-up functions and of objects that keep them.
    /// - A client that is stored where the next call finds it (`globalThis.prisma ??= …`, `if (!client) client = …`,
    ///   `OnceCell`, `LazyLock`, a map).
    /// - Factories whose callers are not seen to be called again and again.
    /// - Functions that start, prepare or check something by their names or by the type of what they answer.
    /// - Clients whose address, token or options come from the request, a parameter or the element of a loop.
    /// - Clients that hold no connection, as those of services that are spoken to over HTTP one request at a time.
    /// - HTTP clients that all requests of a loop share.
    /// - Tests, scripts, command lines and scheduled jobs.
    pub ConnectionPerCall { id: "connection-per-call", category: Database, severity: Warning, since: "0.1.0", preview }
}

/// How many functions a client is followed through to the call that makes it.
const MAX_STEPS: usize = 16;
const MAKES: Effects = Effects::DB_CONNECT.union(Effects::HTTP_CLIENT);

impl Rule for ConnectionPerCall {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        MAKES | Effects::HTTP_REQUEST
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            if let Some(shared) = made_here(unit, unit.index, call.node) {
                let Some(again) = again(unit, call.node) else { continue };
                report
                    .at_node(unit, call.node, call.confidence(), message(unit, &call, shared, &again))
                    .fix(|| hoist(unit, call.node).filter(|_| shared == Shared::Client));
            } else if let Some((shared, chain)) = made_elsewhere(unit, &call) {
                let Some(again) = again(unit, call.node).filter(|_| is_first(unit, &call)) else { continue };
                report
                    .at_node(unit, call.node, call.confidence(), message(unit, &call, shared, &again))
                    .related_all(chain);
            }
        }
    }
}

/// What a client is made again for.
enum Again {
    Often(Often),
    Turn,
}

fn again(unit: &UnitView<'_>, node: NodeId) -> Option<Again> {
    let often = often(unit, node);
    if is_on_every_turn(unit, node) && unit.is_on_a_server() {
        return Some(Again::Turn);
    }
    (!matches!(often, Often::Seldom | Often::Unknown)).then_some(Again::Often(often))
}

/// Whether a node runs on every turn of a loop over a collection of this function.
fn is_on_every_turn(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    u.ancestors(node).take_while(|&around| !matches!(u.kind(around), Kind::Function(_))).any(|around| {
        let Kind::Loop(own) = u.kind(around) else { return false };
        let is_of_a_list = own.over.is_some_and(|over| {
            matches!(u.kind(over), Kind::Name { .. } | Kind::Member { .. } | Kind::Call { .. })
                && !matches!(u.kind(over), Kind::Call { callee, .. } if matches!(u.kind(*callee), Kind::Member { object, .. } if matches!(u.kind(*object), Kind::Range { .. })))
        });
        matches!(own.kind, LoopKind::Each) && is_of_a_list && u.ancestors(node).any(|at| at == own.body)
    })
}

/// How what a call of the file makes is meant to be shared, where it ends with the function that makes it.
fn made_here(unit: &UnitView<'_>, index: usize, node: NodeId) -> Option<Shared> {
    let shared = shared(unit, index, node)?;
    // A client that is made for one request alone, inside of the call that sends it.
    if unit.eval.call(index, node).effects.contains(Effects::HTTP_REQUEST) {
        return Some(shared);
    }
    let is_for_a_loop = unit.eval.call(index, node).effects.contains(Effects::HTTP_CLIENT)
        && serves_a_loop(unit, index, node);
    (goes(unit, index, node) == Goes::Nowhere && !is_for_a_loop && !comes_from_parameters(unit, index, node))
        .then_some(shared)
}

/// Whether the requests of a whole loop share what is made before it: opening one connection more is nothing then.
fn serves_a_loop(unit: &UnitView<'_>, index: usize, node: NodeId) -> bool {
    let u = unit.unit_of(index);
    let kept = u.ancestors(node).find_map(|around| match u.kind(around) {
        Kind::Let { pattern, .. } => Some(pattern.bindings.clone()),
        _ => None,
    });
    let is_in_a_loop = |used: NodeId| {
        let mut loops = u.ancestors(used).filter(|&around| matches!(u.kind(around), Kind::Loop(_)));
        loops.any(|around| !u.ancestors(node).any(|own| own == around))
    };
    kept.into_iter().flatten().any(|binding| {
        uses_of(unit, index, binding).into_iter().any(|(at, used)| at == index && is_in_a_loop(used))
    })
}

/// How what a call makes by itself is meant to be shared.
fn shared(unit: &UnitView<'_>, index: usize, node: NodeId) -> Option<Shared> {
    let facts = unit.eval.call(index, node);
    let (_, behavior): &(u16, std::sync::Arc<Behavior>) = facts.behavior.as_ref()?;
    let shared = behavior.shared?;
    let Kind::Call { callee, .. } = unit.unit_of(index).kind(node) else { return None };
    match unit.eval.value(index, *callee) {
        Value::Package(package, _) if behavior.unshared.contains(&package) => None,
        _ => Some(shared),
    }
}

/// How what a function makes for each of its callers is meant to be shared, where it ends with the function that calls.
fn made_elsewhere(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<(Shared, Vec<RawRelated>)> {
    let effect = call.summary.as_ref()?.effects & MAKES;
    let target = call.facts.target.as_ref().filter(|_| !effect.is_empty())?;
    let (shared, effect) =
        effect.iter().find_map(|effect| made_by(unit, target, effect).map(|shared| (shared, effect)))?;
    (goes(unit, unit.index, call.node) == Goes::Nowhere
        && !(effect == Effects::HTTP_CLIENT && serves_a_loop(unit, unit.index, call.node)))
    .then(|| (shared, unit.chain(call, effect, made_here_of(shared))))
}

/// Whether no call before it in the file makes a client by the same function: it is one cause.
fn is_first(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let own = (unit.index, call.node);
    let is_before = |index: usize, node: NodeId| {
        (index, node) < own
            && unit.linked.facts[index]
                .calls
                .get(&node)
                .is_some_and(|facts| facts.target == call.facts.target)
            && goes(unit, index, node) == Goes::Nowhere
            && again(&unit.of(index), node).is_some()
    };
    (0..=unit.index).all(|index| !unit.unit_of(index).calls.iter().any(|&node| is_before(index, node)))
}

/// What a function makes and hands to its caller, by itself or through others; none where it is kept on the way.
fn made_by(unit: &UnitView<'_>, target: &FnRef, effect: Effects) -> Option<Shared> {
    let mut next = Some(target.clone());
    let mut made = None;
    for _ in 0..MAX_STEPS {
        let Some(function) = next else { return made };
        let function = unit.with_effect(&function, effect);
        let witness = unit.summary(&function)?.witness(effect)?.clone();
        let look = &mut |there: &UnitView<'_>| {
            if goes(there, there.index, witness.node) != Goes::ToTheCaller
                || comes_from_parameters(there, there.index, witness.node)
            {
                return None;
            }
            match &witness.next {
                Some(_) => Some(None),
                None => shared(there, there.index, witness.node).map(Some),
            }
        };
        made = if function.file == unit.linked.file.path {
            look(&unit.of(unit.linked.file.unit_at(&witness.unit)?))?
        } else {
            let index = unit.world.linked(&function.file)?.file.unit_at(&witness.unit)?;
            in_other(unit, &function.file, index, look)??
        };
        next = witness.next;
    }
    None
}

/// What is there where the chain of calls ends.
fn made_here_of(shared: Shared) -> &'static str {
    match shared {
        Shared::Client => "the client is made here",
        Shared::Connection => "the connection is opened here",
    }
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, shared: Shared, again: &Again) -> String {
    let name = chain_name(unit, call.node);
    let what = match shared {
        Shared::Client => "makes a client with connections of its own",
        Shared::Connection => "opens a connection of its own",
    };
    let when = match again {
        Again::Often(Often::Call(function)) => format!("whenever `{function}` is called"),
        Again::Often(Often::Message) => "for every message".to_owned(),
        Again::Often(_) => "for every request".to_owned(),
        Again::Turn => "on every turn of the loop".to_owned(),
    };
    let then = if call.effects().contains(Effects::DB_CONNECT) {
        "under load they are more than the database accepts"
    } else {
        "no later call uses them, and each begins with a handshake"
    };
    format!("`{name}` {what} {when}: {then}")
}
