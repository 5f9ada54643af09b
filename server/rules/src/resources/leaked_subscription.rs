//! `leaked-subscription`

use plimsoll_behavior::{CallForm, Effects, Kind, Name};
use plimsoll_project::Runs;

use crate::ask::{Anew, Fate, Lifetime, callee_name, fate_with_receiver, lifetime, listener};
use crate::edit::cleanup::{Release, release_after_effect};
use crate::edit::closing::release_when_closed;
use crate::edit::teardown::release_in_teardown;
use crate::{CallView, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A connection, channel or observer that goes on after the component, object or request that opened it is gone.
    ///
    /// ## What happens
    ///
    /// A socket, a stream of events, a channel or an observer goes on until somebody ends it. When the component that
    /// opened it is shown again, or its effect runs again, a second one joins the first: the server holds a connection for
    /// each, every message is handled twice, and states of components are set that are gone.
    ///
    /// ## Bad
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   const socket = new WebSocket(url)
    ///   socket.onmessage = (event) => setMessages((all) => [...all, event.data])
    /// }, [url])
    /// ```
    ///
    /// ## Good
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   const socket = new WebSocket(url)
    ///   socket.onmessage = (event) => setMessages((all) => [...all, event.data])
    ///   return () => {
    ///     socket.close()
    ///   }
    /// }, [url])
    /// ```
    ///
    /// ## What its fix does
    ///
    /// It is ended where what opened it ends: in the cleanup of the effect, in the method that ends the object, when the
    /// connection or the response closes. It is safe, and `plimsoll fix` applies it.
    ///
    /// ## What it does not flag
    ///
    /// - What is ended anywhere in the file: by a cleanup, another method, a helper or a callback of its own.
    /// - What is returned, handed to a function, put into a state or stored where other files can reach it.
    /// - What modules and start-up functions open, which lives as long as the program on purpose.
    /// - Objects, unless the file makes one for each request, connection, component or turn of a loop, or a method ends
    ///   them.
    /// - What developers run by hand and watch: examples, scripts.
    pub LeakedSubscription { id: "leaked-subscription", category: Resources, severity: Warning, since: "0.1.0", preview }
}

impl Rule for LeakedSubscription {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::SUBSCRIBE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || unit.project.runs.runs == Runs::ByHand {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.intersects(self.watches()) || listener(unit, &call).is_some() {
                continue;
            }
            let Some(release) = release(&call) else { continue };
            let Some(lifetime) = lifetime(unit, call.node) else { continue };
            if fate_with_receiver(unit, unit.index, call.node) != Fate::Kept {
                continue;
            }
            report
                .at_node(unit, call.node, call.confidence(), message(&name(unit, &call), &lifetime, release))
                .fix(|| add_cleanup(unit, &call, &lifetime, release));
        }
    }
}

/// The first way to end what a call opens.
fn release<'a>(call: &'a CallView<'_>) -> Option<Release<'a>> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    behavior.release.iter().find_map(|way| match way.split_once(':')? {
        ("method", method) => Some(Release::Method(method)),
        ("call", function) => Some(Release::By(function)),
        _ => None,
    })
}

/// `new WebSocket`, `channel.subscribe`
fn name(unit: &UnitView<'_>, call: &CallView<'_>) -> String {
    let name = unit.call_name(call.node);
    match unit.unit.kind(call.node) {
        Kind::Call { form: CallForm::New, .. } => format!("new {name}"),
        _ => name,
    }
}

fn message(opened: &str, lifetime: &Lifetime, release: Release<'_>) -> String {
    let end = match release {
        Release::Method(method) => method.rsplit('.').next().unwrap_or(method),
        Release::By(function) => function,
    };
    let after = |what: &str| format!("`{opened}` goes on after {what}: nothing calls `{end}`");
    let again = |each: &str| format!("`{opened}` opens one more with every {each}: nothing calls `{end}`");
    match lifetime {
        Lifetime::Effect { component: Some(owner), .. } | Lifetime::Component(owner) => {
            match owner.strip_prefix("use") {
                Some(_) => after(&format!("the component that uses `{owner}` is gone")),
                None => after(&format!("`{owner}` is gone")),
            }
        }
        Lifetime::Effect { component: None, .. } => after("its component is gone"),
        Lifetime::Object(class, Anew::Made) => again(&format!("`{class}`")),
        Lifetime::Object(_, Anew::Stopped(stop)) => after(&format!("`{stop}`")),
        Lifetime::Object(_, Anew::Restarted { start, .. }) => again(&format!("`{start}`")),
        Lifetime::Object(class, Anew::Ended(end)) => after(&format!("`{end}` of its `{class}`")),
        Lifetime::Request => again("request"),
        Lifetime::Connection => again("connection"),
    }
}

fn add_cleanup(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    lifetime: &Lifetime,
    release: Release<'_>,
) -> Option<FixPlan> {
    let name = handle_name(unit, call);
    let (cleanup, when) = match lifetime {
        Lifetime::Effect { effect, .. } => {
            (release_after_effect(unit, *effect, call.node, release, &name)?, "when the effect ends")
        }
        Lifetime::Object(class, _) => {
            (release_in_teardown(unit, class, call.node, release, &name)?, "when the object ends")
        }
        Lifetime::Connection => {
            (release_when_closed(unit, call.node, release, &name)?, "when the connection closes")
        }
        Lifetime::Request => {
            (release_when_closed(unit, call.node, release, &name)?, "when the response closes")
        }
        Lifetime::Component(_) => return None,
    };
    Some(FixPlan {
        title: format!("Add cleanup: `{}` {when}", cleanup.release),
        safety: Safety::Safe,
        edits: cleanup.edits,
    })
}

/// What is opened is called after its type, else it is a subscription.
fn handle_name(unit: &UnitView<'_>, call: &CallView<'_>) -> String {
    let is_new = matches!(unit.unit.kind(call.node), Kind::Call { form: CallForm::New, .. });
    let named = |name: &Name| {
        let mut letters = name.chars();
        letters.next().map(|first| first.to_lowercase().chain(letters).collect::<String>())
    };
    let of_type = callee_name(unit.unit, call.node).filter(|_| is_new).and_then(named);
    of_type.unwrap_or_else(|| "subscription".to_owned())
}
