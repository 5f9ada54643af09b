//! `leaked-timer`

use plimsoll_behavior::Effects;
use plimsoll_project::Runs;

use crate::ask::{
    Anew, Fate, Lifetime, fate, fate_in_component, is_cleared_by_rendering, is_left_running, lifetime,
    reschedules,
};
use crate::edit::cleanup::{Release, release_after_effect};
use crate::edit::closing::release_when_closed;
use crate::edit::repetition::release_repetition_after_effect;
use crate::edit::teardown::release_in_teardown;
use crate::view::CallView;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A timer that goes on after the component, object or request that started it is gone.
    ///
    /// ## What happens
    ///
    /// A repeating timer runs until somebody clears it. When the component that started it is shown again, or its
    /// effect runs again, a second timer joins the first: each calls its callback, sends its requests and holds on to
    /// all that the callback uses. A timer that is started for every request or connection of a server adds up in the same way, until
    /// the process has no time or memory left.
    ///
    /// ## Bad
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   setInterval(() => setNow(new Date()), 1000)
    /// }, [])
    /// ```
    ///
    /// ## Good
    ///
    /// ```tsx
    /// useEffect(() => {
    ///   const interval = setInterval(() => setNow(new Date()), 1000)
    ///   return () => clearInterval(interval)
    /// }, [])
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The timer is cleared where what started it ends: in the cleanup of the effect, in the method that ends the object, when
    /// the connection or the response closes. It is safe, and `plimsoll fix` applies it.
    ///
    /// ## What it does not flag
    ///
    /// - A timer that runs once, unless its own callback starts it again whatever happens: an animation of frames, a
    ///   poll; in an object, not even then.
    /// - A timer that is cleared anywhere in the file: by a cleanup, another method, an abort listener, a helper or its
    ///   own callback.
    /// - A timer that is unreferenced (`unref`) or declared with `using`.
    /// - A handle that is returned, handed to a function or stored where other files can reach it.
    /// - Timers of modules and start-up functions, which live as long as the program on purpose.
    /// - Timers of objects, unless the file makes one for each request, connection, component or turn of a loop, or a
    ///   method ends the object, ends others of its timers, or takes back the flag that keeps them from starting twice.
    /// - What developers run by hand and watch: examples, scripts.
    ///
    /// What a handler of a component starts, another handler does not end: an effect's cleanup has to, a timer that
    /// runs once beside it, or what a hook hands to its component.
    pub LeakedTimer { id: "leaked-timer", category: Resources, severity: Warning, since: "0.1.0", preview }
}

impl Rule for LeakedTimer {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::TIMER_REPEATING | Effects::TIMER_ONCE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs == Runs::ByHand {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.intersects(self.watches()) {
                continue;
            }
            let Some(release) = release_function(&call) else { continue };
            let Some(lifetime) = lifetime(unit, call.node) else { continue };
            let is_repeating = call.facts.effects.contains(Effects::TIMER_REPEATING);
            let is_of_an_object = matches!(lifetime, Lifetime::Object(..));
            if !is_repeating && (is_of_an_object || reschedules(unit, &call).is_none()) {
                continue;
            }
            let is_of_a_component = matches!(lifetime, Lifetime::Component(_));
            let anywhere = fate(unit, unit.index, call.node);
            let when_it_ends = || fate_in_component(unit, unit.index, call.node);
            if anywhere != Fate::Kept
                && !(is_of_a_component && when_it_ends() == Fate::Kept)
                && !is_left_running(unit, &lifetime, call.node)
            {
                continue;
            }
            let mut message = message(&unit.call_name(call.node), &lifetime);
            if anywhere == Fate::Released && is_of_a_component {
                message = message.replace("nothing clears it", "only its handlers clear it");
            }
            if anywhere == Fate::Kept && is_cleared_by_rendering(unit, unit.index, call.node) {
                message = message.replace("nothing clears it", "only a state's next value clears it");
            }
            report
                .at_node(unit, call.node, call.confidence(), message)
                .fix(|| add_cleanup(unit, &call, &lifetime, release));
        }
    }
}

/// The function that a timer's handle is handed to: `clearInterval`.
fn release_function<'a>(call: &'a CallView<'_>) -> Option<&'a str> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    behavior.release.iter().find_map(|way| way.strip_prefix("call:"))
}

fn message(timer: &str, lifetime: &Lifetime) -> String {
    match lifetime {
        Lifetime::Effect { component: Some(owner), .. } | Lifetime::Component(owner) => {
            match owner.strip_prefix("use") {
                Some(_) => format!(
                    "`{timer}` keeps running after the component that uses `{owner}` is gone: nothing clears it"
                ),
                None => format!("`{timer}` keeps running after `{owner}` is gone: nothing clears it"),
            }
        }
        Lifetime::Effect { component: None, .. } => {
            format!("`{timer}` keeps running after its component is gone: nothing clears it")
        }
        Lifetime::Object(class, Anew::Made) => {
            format!("`{timer}` starts one more timer with every `{class}`: nothing clears it")
        }
        Lifetime::Object(class, Anew::Stopped(stop)) => {
            format!("`{timer}` goes on after `{stop}`, which clears other timers of its `{class}`")
        }
        Lifetime::Object(_, Anew::Restarted { stop, flag, start }) => format!(
            "`{timer}` goes on after `{stop}`, which only takes `{flag}` back: each `{start}` after it adds one more timer"
        ),
        Lifetime::Object(class, Anew::Ended(end)) => {
            format!("`{timer}` goes on after `{end}` of its `{class}`: nothing clears it")
        }
        Lifetime::Request => format!("`{timer}` starts one more timer with every request: nothing clears it"),
        Lifetime::Connection => {
            format!("`{timer}` starts one more timer with every connection: nothing clears it")
        }
    }
}

fn add_cleanup(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    lifetime: &Lifetime,
    release: &str,
) -> Option<FixPlan> {
    let name = handle_name(release);
    let (cleanup, when) = match lifetime {
        Lifetime::Effect { effect, .. } => {
            let cleanup = if call.facts.effects.contains(Effects::TIMER_REPEATING) {
                release_after_effect(unit, *effect, call.node, Release::By(release), &name)
            } else {
                release_repetition_after_effect(unit, *effect, call.node, release, &name)
            };
            (cleanup?, "when the effect ends")
        }
        Lifetime::Object(class, _) => (
            release_in_teardown(unit, class, call.node, Release::By(release), &name)?,
            "when the object ends",
        ),
        Lifetime::Connection => {
            (release_when_closed(unit, call.node, Release::By(release), &name)?, "when the connection closes")
        }
        Lifetime::Request => {
            (release_when_closed(unit, call.node, Release::By(release), &name)?, "when the response closes")
        }
        Lifetime::Component(_) => return None,
    };
    Some(FixPlan {
        title: format!("Add cleanup: `{}` {when}", cleanup.release),
        safety: Safety::Safe,
        edits: cleanup.edits,
    })
}

/// What a handle is called after the function that releases it: `interval` for `clearInterval`.
fn handle_name(release: &str) -> String {
    let rest = release.trim_start_matches(char::is_lowercase);
    let mut letters = rest.chars();
    letters.next().map_or_else(|| "timer".to_owned(), |first| first.to_lowercase().chain(letters).collect())
}
