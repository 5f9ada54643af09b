//! `leaked-handle`

mod file;
mod forgotten;
mod stream;
mod url;

use plimsoll_behavior::Effects;
use plimsoll_behavior::models::Behavior;
use plimsoll_project::{Runs, is_of_a_command};

use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// Something that stays until it is ended, and that nothing ends: an object URL, an open file, a stream whose failure
    /// nobody hears of, memory that is leaked again and again.
    ///
    /// ## What happens
    ///
    /// `URL.createObjectURL` keeps the whole file that its URL leads to in the memory of the page until somebody revokes the
    /// URL or the page is closed. Each download and each preview adds one more, and a page that people work in all day
    /// grows until the browser ends it.
    ///
    /// A service may have only so many files open. One that is left open each time a read fails brings it to where it can
    /// accept no connection either. A stream tells that its file is gone by an `error` event, which ends the process where
    /// nobody listens for it. In Rust, what `mem::forget` or `Box::leak` is given for a request stays until the process has no
    /// memory left.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const url = URL.createObjectURL(blob)
    /// link.href = url
    /// link.download = 'orders.csv'
    /// link.click()
    /// ```
    ///
    /// ```ts
    /// fs.createReadStream(path).pipe(res)
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const url = URL.createObjectURL(blob)
    /// link.href = url
    /// link.download = 'orders.csv'
    /// link.click()
    /// URL.revokeObjectURL(url)
    /// ```
    ///
    /// ```ts
    /// pipeline(fs.createReadStream(path), res, (error) => {
    ///   if (error) console.error(error)
    /// })
    /// ```
    ///
    /// ## What its fix does
    ///
    /// After the click on a link for a download it revokes the URL. In an effect that shows one it adds the cleanup that
    /// does. What is done with an open file it puts into a `try` whose `finally` closes it. In the place of `pipe` it writes
    /// `pipeline`, which closes both ends.
    ///
    /// ## What it does not flag
    ///
    /// - A URL that anything in the file may revoke: a cleanup, a timeout, a listener, a helper, what sets the next state.
    /// - A URL that is returned, handed to a component or a function of which nothing is known, or stored where other files
    ///   can reach it.
    /// - A URL that a module makes once, or that a function keeps and looks for first.
    /// - A worker that is started with one, and a page that is left for one.
    /// - A file that is closed in a `finally`, declared with `using`, handed to a process or to whoever calls.
    /// - A stream with a listener for `error`, one that is handed to `pipeline`, `finished`, an upload or anything else, one
    ///   that `for await` reads.
    /// - Files and streams of programs that end, and of which is not known that they serve; a file that stays open when
    ///   something fails, where nothing tells that it is opened again and again.
    /// - What is leaked once: at the start, in what is made once and kept, in tests; and what is forgotten because other code
    ///   has its address, or because its end would undo something.
    /// - Tests, examples and scripts.
    pub LeakedHandle { id: "leaked-handle", category: Resources, severity: Warning, since: "0.1.0", preview }
}

impl Rule for LeakedHandle {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HANDLE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs == Runs::ByHand {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.contains(Effects::HANDLE) {
                continue;
            }
            let Some((_, behavior)) = &call.facts.behavior else { continue };
            if behavior.release.is_empty() && behavior.fails_by.is_none() {
                forgotten::look(unit, &call, report);
            } else if let Some(event) = &behavior.fails_by {
                stream::look(unit, &call, event, report);
            } else if call.facts.effects.contains(Effects::FILE) {
                file::look(unit, &call, behavior, report);
            } else if let Some(revoke) = function_that_ends(behavior) {
                url::look(unit, &call, revoke, report);
            }
        }
    }
}

/// The function that what a call makes is handed to in the end: `URL.revokeObjectURL`.
fn function_that_ends(behavior: &Behavior) -> Option<&str> {
    behavior.release.iter().find_map(|way| way.strip_prefix("call:"))
}

/// Whether a unit is of a program that goes on.
fn is_in_a_service(unit: &UnitView<'_>) -> bool {
    unit.is_on_a_server() && !is_of_a_command(unit.world.files(), &unit.linked.file.path)
}
