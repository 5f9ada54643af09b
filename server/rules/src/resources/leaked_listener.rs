//! `leaked-listener`

use plimsoll_behavior::Effects;
use plimsoll_project::Runs;

use crate::ask::{
    Anew, Lifetime, Listener, Removal, ends_by_itself, event_name, lifetime, listener, outlives, removal,
};
use crate::edit::listener::{remove_after_effect, remove_in_teardown, share_the_function};
use crate::{CallView, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A listener that goes on after the component, object or request that added it is gone.
    ///
    /// ## What happens
    ///
    /// What is listened to keeps the listener, and all that it uses, for as long as it lives itself: `window` until the page
    /// is left, an emitter of a module until the process ends. When the component is shown again, or its effect runs again,
    /// one more listener joins the first: each key is handled twice, then three times, by components that are gone. A
    /// server that adds one for every request runs out of memory.
    ///
    /// ## Bad
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   window.addEventListener('resize', () => setWidth(window.innerWidth))
    /// }, [])
    /// ```
    ///
    /// ## Good
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   const onResize = () => setWidth(window.innerWidth)
    ///   window.addEventListener('resize', onResize)
    ///   return () => window.removeEventListener('resize', onResize)
    /// }, [])
    /// ```
    ///
    /// A listener is only removed by the function that was added: one that is written or bound anew (`.bind(this)`) where
    /// it is removed is another one.
    ///
    /// ## What its fix does
    ///
    /// The listener is removed where what added it ends: in the cleanup of the effect, or in the method that ends the
    /// object. A function that is written in the call gets a name, or the listener a signal. Where the same function is
    /// written twice, to be added and to be removed, it is written once. It is safe, and `plimsoll fix` applies it.
    ///
    /// ## What it does not flag
    ///
    /// - A listener that is removed anywhere in the file, by its function, by removing all, or by ending what it listens to.
    /// - `once`, a `signal`, and options that come from elsewhere.
    /// - What was made where the listener is added, or is a part of the component or object: it is gone with it.
    /// - Listeners of modules and start-up functions, which live as long as the program on purpose.
    /// - Objects, unless the file makes one for each request, connection, component or turn of a loop, or a method ends
    ///   them.
    /// - What developers run by hand and watch: examples, scripts.
    pub LeakedListener { id: "leaked-listener", category: Resources, severity: Warning, since: "0.1.0", preview }
}

impl Rule for LeakedListener {
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
            if !call.facts.effects.intersects(self.watches()) {
                continue;
            }
            let Some(listener) = listener(unit, &call) else { continue };
            if !outlives(unit, &listener, call.node) || ends_by_itself(unit, &listener, call.node) {
                continue;
            }
            let Some(lifetime) = lifetime(unit, call.node) else { continue };
            let removal = removal(unit, &listener);
            if removal == Removal::Removed {
                continue;
            }
            let message = message(unit, &listener, &lifetime, &removal);
            report
                .at_node(unit, call.node, call.confidence(), message)
                .fix(|| remove(unit, &call, &listener, &lifetime, &removal));
        }
    }
}

fn message(unit: &UnitView<'_>, listener: &Listener, lifetime: &Lifetime, removal: &Removal) -> String {
    let target = &listener.target.path;
    let named = event_name(unit, listener).map(|event| format!("`{event}` listener"));
    let kind = named.unwrap_or_else(|| "listener".to_owned());
    let why = match removal {
        Removal::OfAnother { by, .. } => format!("`{by}` is given another function"),
        _ => "nothing removes it".to_owned(),
    };
    let again = |each: &str| format!("`{target}` gets one more {kind} with every {each}: {why}");
    let after = |end: &str| format!("`{target}` keeps calling this {kind} after {end}: {why}");
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

fn remove(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    listener: &Listener,
    lifetime: &Lifetime,
    removal: &Removal,
) -> Option<FixPlan> {
    // Whoever removes another function meant this one.
    if let Removal::OfAnother { given, .. } = removal {
        let Lifetime::Effect { effect, .. } = lifetime else { return None };
        let (name, edits) = share_the_function(unit, *effect, call, listener, *given)?;
        let title = format!("Add and remove the same function, `{name}`");
        return Some(FixPlan { title, safety: Safety::Safe, edits });
    }
    let (cleanup, when) = match lifetime {
        Lifetime::Effect { effect, .. } => {
            (remove_after_effect(unit, *effect, call, listener)?, "when the effect ends")
        }
        Lifetime::Object(class, _) => {
            (remove_in_teardown(unit, class, call, listener)?, "when the object ends")
        }
        Lifetime::Component(_) | Lifetime::Request | Lifetime::Connection => return None,
    };
    Some(FixPlan {
        title: format!("Add cleanup: `{}` {when}", cleanup.release),
        safety: Safety::Safe,
        edits: cleanup.edits,
    })
}
