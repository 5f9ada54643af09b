//! `process-keeps-running`

use plimsoll_behavior::Effects;

use crate::ask::{ProcessEnd, ProcessEndKind, ProcessListener, deeds, process_end, process_listener};
use crate::edit::process_end::end_process;
use crate::{Confidence, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// A listener for a fatal error or a signal to stop, after which the process neither ends nor closes anything.
    ///
    /// ## What happens
    ///
    /// An error that nobody has caught, a rejection that nobody has handled and a signal to stop all end a process of
    /// Node.js. A listener takes that over: the process goes on unless the listener ends it.
    ///
    /// After an error, it goes on in a state that nobody knows: a request that is never answered, a connection that is
    /// never given back, a lock that is never released. It looks alive, so that nothing starts it anew. After a signal, it
    /// runs on as if nothing had happened, takes new requests, and is killed in the middle of them when whoever wants it
    /// to stop has waited long enough.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// process.on('uncaughtException', (error) => {
    ///   logger.error(error)
    /// })
    /// process.on('SIGTERM', () => {
    ///   logger.info('stopping')
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// process.on('uncaughtException', (error) => {
    ///   logger.error(error)
    ///   process.exit(1)
    /// })
    /// process.on('SIGTERM', () => {
    ///   logger.info('stopping')
    ///   server.close(() => process.exit(0))
    /// })
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The listener exits at its end, with a status that tells of the failure. Where it is asked to stop and a server stands
    /// beside it, the server is closed first. What supervises the process must start it again after a failure.
    ///
    /// ## What it does not flag
    ///
    /// - A listener that ends the process, now, later or in some cases, itself or through what it calls.
    /// - A listener that closes or releases something: with nothing left to wait for, the process ends by itself.
    /// - A listener that throws, or sets something that other code may look at.
    /// - A listener that calls what is not known.
    /// - An event for which another listener beside it does one of these.
    /// - A signal whose listener does nothing at all, for it is ignored on purpose, or more than to log: it may leave the end
    ///   to a listener of another file.
    /// - Command lines, scripts and what runs in a browser.
    ///
    /// A rejection that is only told of is a warning, and a preview: what was waiting for the promise is all that may be left
    /// behind, and many let the process go on on purpose.
    pub ProcessKeepsRunning { id: "process-keeps-running", category: Errors, severity: Error, since: "0.1.0" }
}

/// What ends a process, or lets it come to its end.
const ENDS: Effects = Effects::EXIT.union(Effects::RELEASE).union(Effects::PROCESS);

impl Rule for ProcessKeepsRunning {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::SUBSCRIBE | Effects::LOG
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            let Some(end) = process_end(unit, &call) else { continue };
            let Some(listener) = process_listener(unit, &call) else { continue };
            if !only_tells(unit, &end, &listener) || is_ignored(unit, &end, &listener) {
                continue;
            }
            let is_ended_beside = unit.calls().any(|other| {
                let is_same = other.node != call.node && process_end(unit, &other).as_ref() == Some(&end);
                is_same && !process_listener(unit, &other).is_some_and(|it| only_tells(unit, &end, &it))
            });
            if is_ended_beside {
                continue;
            }
            let event = &end.event;
            let what =
                format!("`{event}` does not end the process any more, and this listener does not either");
            let then = match end.kind {
                ProcessEndKind::Stop => "it runs on until it is killed",
                ProcessEndKind::Failure => "it goes on in a state that nobody knows",
                ProcessEndKind::Rejection => "it goes on with whatever was left half done",
            };
            let severity = match end.kind {
                ProcessEndKind::Rejection => Severity::Warning,
                _ => Severity::Error,
            };
            report
                .at_node(unit, call.node, Confidence::High, format!("{what}: {then}"))
                .severity(severity)
                .preview(end.kind == ProcessEndKind::Rejection)
                .fix(|| end_process(unit, call.node, &listener, &end));
        }
    }
}

/// Whether a signal is ignored on purpose: its listener does nothing.
fn is_ignored(unit: &UnitView<'_>, end: &ProcessEnd, listener: &ProcessListener) -> bool {
    let does_nothing = |function| deeds(unit, function).effects.is_empty();
    end.kind == ProcessEndKind::Stop && listener.function.as_ref().is_some_and(does_nothing)
}

/// Whether a listener does nothing that could end the process. What is saved when it is asked to stop may be one listener
/// of several.
fn only_tells(unit: &UnitView<'_>, end: &ProcessEnd, listener: &ProcessListener) -> bool {
    let Some(function) = &listener.function else { return true };
    let deeds = deeds(unit, function);
    let ends = if end.kind == ProcessEndKind::Stop { Effects::LOG.complement() } else { ENDS };
    deeds.is_all && !deeds.effects.intersects(ends)
}
