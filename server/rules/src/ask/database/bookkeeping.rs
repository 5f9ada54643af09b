//! What is written down beside the work: that something has happened, and when it was done last. Nobody misses a row of it.

use crate::ask::database::touch::plain_name;
use crate::ask::words;

/// Words in the names of tables that tell what has happened.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "audit", "audits", "log", "logs", "activity", "activities", "notification", "notifications", "history",
    "histories", "metric", "metrics", "analytics", "telemetry", "trace", "traces", "heartbeat", "heartbeats", "cache",
];
/// The same as last words of longer names: `order_events`, but not the `events` of a calendar.
const TOLD_OF: &[&str] =
    &["event", "events", "view", "views", "visit", "visits", "usage", "tracking", "read", "reads"];
/// Tables of logins, without case and underscores.
const LOGINS: &[&str] =
    &["session", "usersession", "authsession", "loginsession", "refreshtoken", "loginattempt"];
/// Columns that say when something was done last.
#[rustfmt::skip]
const STAMPS: &[&str] = &[
    "lastlogin",
    "lastloginat",
    "lastseen",
    "lastseenat",
    "lastactive",
    "lastactiveat",
    "lastused",
    "lastusedat",
    "logincount",
    "lastactivity",
    "lastactivityat",
    "updatedat",
    "lastaccessed",
    "lastaccessedat",
    "lastloginip",
];

/// Words of columns that say how far a piece of work is.
const PROGRESS: &[&str] = &["progress", "percent", "percentage"];

/// Words of the columns that are written beside those.
const OF_PROGRESS: &[&str] =
    &["processed", "current", "total", "step", "stage", "item", "items", "count", "updated", "at", "message"];

/// Whether a column says when something was done last: `last_synced_plan`, `lastRunAt`.
fn is_a_last_time(column: &str) -> bool {
    let words = words(column);
    let [last, done, ..] = words.as_slice() else { return false };
    let is_done =
        done.len() > 4 && done.ends_with("ed") || matches!(done.as_str(), "run" | "seen" | "sync" | "login");
    last == "last"
        && (is_done || words.last().is_some_and(|word| matches!(word.as_str(), "at" | "on" | "date")))
}

/// Whether columns that are written say how far a piece of work is, and nothing else.
fn are_of_progress(columns: &[&str]) -> bool {
    let has_one_of =
        |column: &&str, wanted: &[&str]| words(column).iter().any(|word| wanted.contains(&word.as_str()));
    columns.iter().any(|column| has_one_of(column, PROGRESS))
        && columns.iter().all(|column| has_one_of(column, PROGRESS) || has_one_of(column, OF_PROGRESS))
}

/// Whether the rows of a table only tell what has happened.
#[must_use]
pub fn is_bookkeeping(table: &str) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    for letter in table.chars() {
        if letter == '_' || letter.is_uppercase() {
            words.push(String::new());
        }
        if letter != '_' {
            words.last_mut().expect("begins with one").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    let is_of_another = words.len() > 1 && words.last().is_some_and(|word| TOLD_OF.contains(&word.as_str()));
    is_of_another
        || words.iter().any(|word| TOLD.contains(&word.as_str()))
        || LOGINS.contains(&plain_name(table).as_str())
}

/// Whether columns that are written say when something was done last, or how far it is, and nothing else.
#[must_use]
pub fn are_stamps<'c>(columns: impl Iterator<Item = &'c str>) -> bool {
    let plain =
        |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_lowercase();
    let columns: Vec<&str> = columns.collect();
    let is_stamp = |column: &&str| STAMPS.contains(&plain(column).as_str()) || is_a_last_time(column);
    let is_other = |column: &&str| {
        !is_stamp(column)
            && !matches!(
                plain(column).as_str(),
                "where" | "data" | "id" | "increment" | "select" | "userid" | "email"
            )
    };
    columns.iter().any(is_stamp) && !columns.iter().any(is_other) || are_of_progress(&columns)
}
