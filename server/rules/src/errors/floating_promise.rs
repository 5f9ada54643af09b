//! `floating-promise`

use plimsoll_behavior::{FunctionKind, Kind, NodeId, Unit};

use crate::ask::{
    Floating, floating, floating_callbacks, is_meant_to_float, is_of_the_start, never_begun,
    outlives_rejections,
};
use crate::edit::waiting::{awaited_each, begun, handled};
use crate::{Confidence, RawRelated, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// A promise that nobody waits for, and whose rejection nobody handles.
    ///
    /// ## What happens
    ///
    /// A call without `await` goes on beside the code that made it. When it fails, no `try` around it catches that, and no
    /// error handler is called: since version 15, Node.js ends the whole process, with all requests in it, unless
    /// something listens to `unhandledRejection`. Whoever waited for the answer was told that all went well.
    ///
    /// Some libraries send nothing before somebody waits. There a query without `await` is never made.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.post('/orders', async (req, res) => {
    ///   try {
    ///     saveOrder(req.body)
    ///     res.json({ ok: true })
    ///   } catch (error) {
    ///     res.status(500).json({ error: 'not saved' })
    ///   }
    /// })
    ///
    /// rows.forEach(async (row) => {
    ///   await prisma.row.create({ data: row })
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// await saveOrder(req.body)
    /// sendReceipt(order).catch((error) => logger.error(error))
    /// await Promise.all(rows.map((row) => prisma.row.create({ data: row })))
    /// ```
    ///
    /// `.finally()` alone handles nothing, and neither does `.then()` with one function.
    ///
    /// ## What its fix does
    ///
    /// It waits, where the function is `async` and has not answered before; else it logs what fails, with the logger of the
    /// file. Both want a review: the function can newly throw, or takes longer.
    ///
    /// ## What it does not flag
    ///
    /// - Calls of which it is not known that they can fail, and those that catch all that fails in them.
    /// - `void`, `.catch()`, `.then()` with two functions; a promise that is stored, returned or handed on.
    /// - What a comment says is meant to go on beside the work, and what its name says is done beside it: logs, audits,
    ///   metrics, what is closed; unless a `catch` stands around it that would never run.
    /// - What is given a callback, which is told of a failure in the place of a promise.
    /// - What is begun while the program starts: at the top of a module, in a constructor, in `main`. It is right that the
    ///   process ends then.
    /// - Pauses that can be broken off.
    /// - What does not run in a service. A query that is never made is found everywhere.
    /// - Handlers, listeners and callbacks of timers: `unhandled-async-handler`.
    ///
    /// A query that is never sent is told by default. All else is a preview: of what was read on real code, four in five were
    /// right.
    pub FloatingPromise { id: "floating-promise", category: Errors, severity: Warning, since: "0.1.0" }
}

impl Rule for FloatingPromise {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        // A function that only throws has no effect.
        unit.nodes.iter().any(|node| matches!(node.kind, Kind::Discard(_)))
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() {
            return;
        }
        let mut unsent: Vec<NodeId> = Vec::new();
        for call in unit.calls() {
            let Some(node) = never_begun(unit, &call).filter(|node| !unsent.contains(node)) else { continue };
            unsent.push(node);
            let message = format!(
                "this is never sent: `{}` waits until somebody does, and nobody does",
                unit.call_name(call.node)
            );
            report
                .at_node(unit, node, call.confidence(), message)
                .severity(Severity::Error)
                .fix(|| begun(unit, node));
        }
        if !unit.may_be_on_a_server() {
            return;
        }
        for one in floating(unit) {
            if unsent.contains(&one.node)
                || is_begun_at_the_start(unit, one.node)
                || is_left_alone(unit, &one)
            {
                continue;
            }
            let message = format!("{}: {}", nobody_waits(unit, &one), consequence(unit));
            report
                .at_node(unit, one.node, Confidence::High, message)
                .preview(true)
                .related_all(one.steps.clone())
                .related_all(catch_around(unit, one.node))
                .fixes(|| handled(unit, &one));
        }
        for call in unit.calls() {
            for one in floating_callbacks(unit, &call) {
                let Kind::Call { callee, .. } = unit.unit.kind(call.node) else { continue };
                if is_left_alone(unit, &one) {
                    continue;
                }
                let name = unit.call_name(call.node);
                let nobody = format!(
                    "`{name}` does not look at the promises of its callback, and nobody handles it when {}",
                    one.what
                );
                report
                    .at_node(unit, *callee, Confidence::High, format!("{nobody}: {}", consequence(unit)))
                    .preview(true)
                    .related_all(one.steps.clone())
                    .fix(|| awaited_each(unit, call.node));
            }
        }
    }
}

/// Whether a promise is meant to float, or does so outside of a service.
fn is_left_alone(unit: &UnitView<'_>, one: &Floating) -> bool {
    is_meant_to_float(unit, one, catch_around(unit, one.node).is_some()) || !unit.is_on_a_server()
}

/// Whether it is begun while the program, or an object, starts: a failure is seen by whoever started it.
fn is_begun_at_the_start(unit: &UnitView<'_>, node: NodeId) -> bool {
    let own = unit.unit.function(unit.unit.node(node).function);
    own.kind == FunctionKind::Constructor || is_of_the_start(unit, node)
}

fn nobody_waits(unit: &UnitView<'_>, one: &Floating) -> String {
    let Kind::Call { callee, .. } = unit.unit.kind(one.call) else { return String::new() };
    if matches!(unit.unit.kind(*callee), Kind::Function(_) | Kind::Nested(_)) {
        return format!("nobody waits for this function, and nobody handles it when {}", one.what);
    }
    let name = unit.call_name(one.call);
    let what = if one.what == format!("`{name}` fails") { "it fails" } else { one.what.as_str() };
    format!("nobody waits for `{name}`, and nobody handles it when {what}")
}

/// What a rejection does that nobody handles.
fn consequence(unit: &UnitView<'_>) -> &'static str {
    if outlives_rejections(unit) {
        "nobody is told, and the work may end with the request"
    } else {
        "the rejection ends the process"
    }
}

/// The `catch` around a place that would handle the failure, if somebody waited.
fn catch_around(unit: &UnitView<'_>, node: NodeId) -> Option<RawRelated> {
    let u = unit.unit;
    let function = u.node(node).function;
    let mut at = node;
    for around in u.ancestors(node).take_while(|&around| u.node(around).function == function) {
        if let Kind::TryCatch { body, catch: Some(catch), .. } = u.kind(around)
            && *body == at
        {
            let message = "never runs for it, since nobody waits".to_owned();
            return Some(RawRelated { place: unit.place(catch.body), message });
        }
        at = around;
    }
    None
}
