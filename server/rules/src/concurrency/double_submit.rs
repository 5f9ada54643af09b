//! `double-submit`

use plimsoll_behavior::{Effects, NodeId};

use crate::ask::{Added, Unguarded, added, is_harmless, presses, unguarded};
use crate::edit::pending::disabled_meanwhile;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A button that can be pressed again before what it sends has been answered, so that it is made twice.
    ///
    /// ## What happens
    ///
    /// Nothing on the page shows that the first click did anything, and the connection is slow: somebody clicks again. The
    /// handler runs a second time while the first request is under way, and there are two orders, two comments, two
    /// invitations. The server cannot tell them from two that were meant.
    ///
    /// ## Bad
    ///
    /// ```tsx
    /// async function place() {
    ///   await fetch('/api/orders', { method: 'POST', body: JSON.stringify(cart) })
    ///   router.push('/thanks')
    /// }
    ///
    /// return <button onClick={place}>Place order</button>
    /// ```
    ///
    /// ## Good
    ///
    /// ```tsx
    /// const [isSubmitting, setIsSubmitting] = useState(false)
    ///
    /// async function place() {
    ///   setIsSubmitting(true)
    ///   try {
    ///     await fetch('/api/orders', { method: 'POST', body: JSON.stringify(cart) })
    ///     router.push('/thanks')
    ///   } finally {
    ///     setIsSubmitting(false)
    ///   }
    /// }
    ///
    /// return <button onClick={place} disabled={isSubmitting}>Place order</button>
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The button is disabled while the handler is at work: by the state that the handler sets already, where there is one
    /// that only changes a text, else by a new one that is set before the work and reset in a `finally`.
    ///
    /// ## What it does not flag
    ///
    /// - Handlers that set a state before the work which the handler, the control, or what shows it looks at, in whatever
    ///   words; those that set a flag; those that ask the user first.
    /// - Controls that are disabled by what a hook yields or the component is handed: it may tell that something is under way.
    /// - Dialogs and menus that close when they are used, and components that keep something themselves, or are not found.
    /// - What is the same when it is done twice: `PUT`, `PATCH` and `DELETE`, upserts, updates, and what an address or a name
    ///   says is searched, toggled, cancelled, saved or signed in.
    /// - Requests with a key by which the other side knows them again.
    /// - Handlers that another component is handed under a name of its own, and forms without a button.
    pub DoubleSubmit { id: "double-submit", category: Concurrency, severity: Info, since: "0.1.0", preview }
}

impl Rule for DoubleSubmit {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST | Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || unit.is_on_a_server() {
            return;
        }
        // A handler is told once, by the first thing that it adds.
        let mut told: Vec<(usize, NodeId)> = Vec::new();
        for call in unit.calls_with(self.watches()) {
            // What a function of this file does is told where it does it.
            let is_told_there = call.facts.target.as_ref().is_some_and(|f| f.file == unit.linked.file.path);
            let Some(added) = (if is_told_there { None } else { added(unit, &call) }) else { continue };
            let found = presses(unit, unit.index, call.node)
                .into_iter()
                .filter(|press| !told.contains(&press.element) && !is_named_harmless(unit, press))
                .find_map(|press| unguarded(unit, press));
            let Some(found) = found else { continue };
            told.push(found.press.element);
            tell(unit, &call, &added, &found, report);
        }
    }
}

/// Whether one of the functions on the way is called by what may be done twice: `toggleLike`, `handleLogin`.
fn is_named_harmless(unit: &UnitView<'_>, press: &crate::ask::Press) -> bool {
    press.steps.iter().any(|step| {
        let function = unit.unit_of(step.function.0).function(step.function.1);
        function.name.as_deref().is_some_and(is_harmless)
    })
}

fn tell(unit: &UnitView<'_>, call: &CallView<'_>, added: &Added, found: &Unguarded, report: &mut Report<'_>) {
    let what = match added {
        Added::Row(table) => {
            let table = quoted(table).map_or(String::new(), |table| format!(" in {table}"));
            format!("adds a second row{table}")
        }
        Added::Request(path) => {
            let path = path.as_deref().and_then(quoted);
            format!("sends a second `POST`{}", path.map_or(String::new(), |path| format!(" to {path}")))
        }
    };
    let control = if found.press.attribute == "onSubmit" { "the form is submitted" } else { "it is pressed" };
    let shown = found.shown_only.map(|(of, state)| unit.unit_of(of).binding(state).name.clone());
    let why = match &shown {
        Some(state) => format!("`{state}` is set, but the button does not look at it"),
        None => "nothing disables the button meanwhile".to_owned(),
    };
    let button = found.buttons[0];
    report
        .at_node(
            unit,
            call.node,
            call.confidence(),
            format!("when {control} again before this has been answered, that {what}: {why}"),
        )
        .related(unit.of(button.0).place(button.1), "this can be pressed again meanwhile")
        .fix(|| disabled_meanwhile(unit, found));
}
