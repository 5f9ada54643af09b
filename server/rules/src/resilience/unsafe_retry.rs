//! `unsafe-retry`

use plimsoll_behavior::Effects;
use plimsoll_project::Runs;

use crate::ask::{DoneTwice, REMOTE, Twice, chain_name, done_twice, tried_again};
use crate::edit::key::key_outside;
use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A retry around a charge, a mail, an insert or a `POST` that makes something, which is done twice when only the
    /// answer was lost.
    ///
    /// ## What happens
    ///
    /// A request that fails may have been served: the other side charged the card, and then the connection broke or the
    /// time limit passed. Whoever asks again cannot know. Without a key that both attempts share the service takes the
    /// second one for a new request: the card is charged twice, there are two orders, the mail comes twice. It happens
    /// just when the other side is slow, and then to many at once.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// await withRetry(() => resend.emails.send({ from, to, subject, html }))
    /// ```
    ///
    /// ```rust
    /// for attempt in 0..3 {
    ///     match client.post(format!("{base}/orders")).json(&order).send().await {
    ///         Ok(response) => return Ok(response),
    ///         Err(error) => tokio::time::sleep(backoff(attempt)).await,
    ///     }
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const idempotencyKey = crypto.randomUUID()
    /// await withRetry(() => resend.emails.send({ from, to, subject, html }, { idempotencyKey }))
    /// ```
    ///
    /// ```rust
    /// let key = Uuid::new_v4().to_string();
    /// for attempt in 0..3 {
    ///     match client.post(format!("{base}/orders")).header("Idempotency-Key", &key).json(&order).send().await {
    ///         Ok(response) => return Ok(response),
    ///         Err(error) => tokio::time::sleep(backoff(attempt)).await,
    ///     }
    /// }
    /// ```
    ///
    /// A key that is made inside of the retry is another one on each attempt, and helps nobody. Where the other side takes
    /// no key, try again only after failures that say that nothing was done: 429, a refused connection.
    ///
    /// ## What its fix does
    ///
    /// Where the library takes a key, one is made before the retry and handed over on each attempt, which wants a review:
    /// a key of what it is done for also holds when the whole is run again.
    ///
    /// ## What it does not flag
    ///
    /// - Calls with a key that is the same on each attempt, upserts, rows with a unique key or an id that the code makes.
    /// - `POST` requests that only ask, or of which neither address nor names say that they make or send something.
    /// - Retries after failures which say that nothing was done, such as 429 or a refused connection; those that ask
    ///   something unknown which failures to try again after.
    /// - Attempts that look first whether it was done, and transactions that are run again as a whole.
    /// - Retries of a library that sends only again what may be sent twice.
    /// - Scripts and command lines.
    pub UnsafeRetry { id: "unsafe-retry", category: Resilience, severity: Error, since: "0.1.0", preview }
}

impl Rule for UnsafeRetry {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        REMOTE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if matches!(unit.project.runs.runs, Runs::ByHand | Runs::CommandLine) {
            return;
        }
        let mut told = Vec::new();
        for tried in tried_again(unit) {
            // A retry is told once, at the first thing that is done twice.
            if told.contains(&tried.by) {
                continue;
            }
            let Some(found) = done_twice(unit, &tried) else { continue };
            let Some(call) = unit.call(tried.call) else { continue };
            told.push(tried.by);
            let name = if unit.is_rust() { chain_name(unit, tried.call) } else { unit.call_name(tried.call) };
            let finding = report.at_node(unit, tried.call, call.confidence(), message(&name, &found));
            let (of, by) = tried.by;
            let finding = if (of, by) == (unit.index, tried.call) {
                finding
            } else {
                finding.related(unit.of(of).place(by), "this tries it again")
            };
            finding.fix(|| key_outside(unit, &tried, &found));
        }
    }
}

fn message(name: &str, found: &DoneTwice) -> String {
    let then = match &found.what {
        Twice::Moves(moves) => format!("the next attempt {moves} again"),
        Twice::Sends(what) => format!("the next attempt sends the same {what} again"),
        Twice::Posts(Some(path)) if path.len() <= 60 => {
            format!("the next `POST` to `{path}` does it a second time")
        }
        Twice::Posts(_) => "the next `POST` does it a second time".to_owned(),
        Twice::Adds(table) => format!("the next attempt adds a second row to `{table}`"),
    };
    if found.has_a_key_of_its_own {
        return format!(
            "`{name}` has another idempotency key on each attempt: where it was done and only the answer was lost, {then}"
        );
    }
    format!("`{name}` is tried again also where it was done and only the answer was lost: {then}")
}
