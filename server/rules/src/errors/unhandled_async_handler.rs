//! `unhandled-async-handler`

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, FunctionId, Kind, Name, OwnRange};
use plimsoll_project::link::Fails;

use crate::ask::{dropped_callbacks, failing, is_dropped_middleware};
use crate::edit::handler::{handle_in, handle_in_middleware};
use crate::{Confidence, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A handler, a listener or the callback of a timer that hands out a promise which can be rejected, to something that
    /// never looks at it.
    ///
    /// ## What happens
    ///
    /// Express before version 5 calls a handler and forgets what it returns. When a query in an `async` handler fails, no
    /// error handler is called: the request is never answered, and the rejection ends the whole process, with all other
    /// requests in it, unless something listens to `unhandledRejection`. Emitters of events and timers forget the promises
    /// of their callbacks in the same way.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.get('/users', async (req, res) => {
    ///   res.json(await prisma.user.findMany({ take: 50 }))
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// app.get('/users', async (req, res, next) => {
    ///   try {
    ///     res.json(await prisma.user.findMany({ take: 50 }))
    ///   } catch (error) {
    ///     next(error)
    ///   }
    /// })
    /// ```
    ///
    /// A function of the project that does this for every handler (`asyncHandler(async (req, res) => …)`), the package
    /// `express-async-errors`, and Express 5 do as well.
    ///
    /// ## What its fix does
    ///
    /// The handler is wrapped in what the other handlers beside it are wrapped in, else what fails in it is caught and handed to
    /// `next`. What fails in a listener or a timer is caught and logged.
    ///
    /// ## What it does not flag
    ///
    /// - Handlers of Express 5, Fastify, Koa, Hono and Nest, which look at what they return, and those of a version that neither
    ///   manifest nor lock file tells.
    /// - Handlers in a project that declares `express-async-errors` or `express-promise-router`.
    /// - A handler that is handed to a wrapper first.
    /// - Middleware where it is named for a route: it is found where it is written, once.
    /// - A handler that catches all that is known to fail in it, itself or in what it calls.
    /// - Libraries that return their errors, as Supabase does.
    /// - What fails while a failure is handled.
    /// - Listeners and timers that do not run in a service, and listeners by which a process comes to its end.
    pub UnhandledAsyncHandler { id: "unhandled-async-handler", category: Errors, severity: Error, since: "0.1.0" }
}

impl Rule for UnhandledAsyncHandler {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        // Middleware may do anything, and need not register itself.
        Effects::all()
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for id in (0..unit.unit.functions.len()).filter_map(|f| Some(FunctionId(u32::try_from(f).ok()?))) {
            let Some(by) = is_dropped_middleware(unit, id) else { continue };
            let function = unit.linked.file.fn_ref(unit.index, id);
            let Some((what, steps)) = failing(unit, &function, Fails::REJECTS) else { continue };
            report
                .at(head(unit, id), Confidence::High, message(&what, Run::Handler, by.as_ref()))
                .related_all(steps)
                .fix(|| handle_in_middleware(unit, id));
        }
        for call in unit.calls() {
            let mut is_marked = false;
            for dropped in dropped_callbacks(unit, &call) {
                let Some((what, steps)) = failing(unit, &dropped.function, Fails::REJECTS) else { continue };
                // What is written in the call is found at its name: the first of several, for they are one chain.
                let is_inline = matches!(unit.unit.kind(dropped.node), Kind::Function(_) | Kind::Nested(_));
                let at = match unit.unit.kind(call.node) {
                    Kind::Call { callee, .. } if is_inline => *callee,
                    _ => dropped.node,
                };
                if is_inline && std::mem::replace(&mut is_marked, true) {
                    continue;
                }
                let confidence = if call.facts.is_convention { Confidence::Medium } else { Confidence::High };
                report
                    .at_node(unit, at, confidence, message(&what, dropped.run, dropped.by.as_ref()))
                    .related_all(steps)
                    .fix(|| handle_in(unit, call.node, &dropped));
            }
        }
    }
}

/// What a function begins with, up to its body.
fn head(unit: &UnitView<'_>, function: FunctionId) -> OwnRange {
    let own = unit.unit.function(function);
    let end = own.body.map_or(own.range.end, |body| unit.unit.range(body).start);
    let text = unit.project.text;
    let bytes = unit.to_file(OwnRange { start: own.range.start, end });
    let written = text.get(bytes.start as usize..bytes.end as usize).unwrap_or_default();
    let blank = written.len() - written.trim_end().len();
    OwnRange { start: own.range.start, end: end - u32::try_from(blank).unwrap_or(0) }
}

fn message(what: &str, run: Run, by: Option<&(Name, u32)>) -> String {
    let when = format!("nobody handles it when {what}");
    match (run, by) {
        (Run::Handler, Some((package, major))) => {
            format!(
                "{when}: {package} {major} does not look at what its handlers return, and the request is never answered"
            )
        }
        (Run::Handler, None) => {
            format!("{when}: nothing looks at what this handler returns, and the request is never answered")
        }
        (Run::Listener, _) => {
            format!("{when}: nothing looks at what a listener returns, and the rejection ends the process")
        }
        _ => format!(
            "{when}: nothing looks at what a timer's callback returns, and the rejection ends the process"
        ),
    }
}
