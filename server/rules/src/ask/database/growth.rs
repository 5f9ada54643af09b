//! Whether a table's rows become many with use, and whether a filter leaves few of them: what one knows of a system by
//! its names, and by its schema where there is one.

use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::ForeignKey;

use crate::ask::database::reading::{Compared, Condition};
use crate::ask::database::row::plain_column;
use crate::ask::database::touch::{plain_name, schema_table};

/// How the rows of a table become more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Somebody looks after each: roles, categories, settings.
    Kept,
    /// With the people and things that the system serves.
    WithUse,
    /// With all that these do together: orders, bookings, payments. Few for one person, many for one shop.
    WithTrade,
    /// With all that happens, for everybody, and hardly ever fewer: logs, messages, notifications.
    Forever,
}

/// Last words of names of tables whose rows are written down one after the other and stay.
#[rustfmt::skip] // a list of words
const RECORDS: &[&str] = &[
    "log", "event", "message", "notification", "audit", "history", "activity", "trail", "changelog",
    "heartbeat", "metric", "measurement", "reading", "telemetry", "sample", "ping", "trace", "span", "view",
    "pageview", "visit", "hit", "click", "impression", "attempt", "login", "delivery", "transaction", "journal",
    "ledger", "execution", "run", "alert", "error", "crash", "tick", "candle", "snapshot", "usage", "checkin",
    "email",
];
/// Last words of names of tables that somebody looks after.
#[rustfmt::skip] // a list of words
const KEPT: &[&str] = &[
    "setting", "config", "configuration", "preference", "option", "flag", "feature", "role", "permission",
    "scope", "policy", "country", "state", "region", "city", "currency", "language", "locale", "timezone",
    "plan", "tier", "package", "type", "kind", "status", "level", "unit", "migration", "enum", "lookup",
    "category", "subcategory", "tag", "label", "topic", "genre", "color", "size", "template", "prompt", "rule",
    "provider", "model", "engine", "integration", "connector", "source", "channel", "webhook", "endpoint",
    "schedule", "department", "branch", "location", "site", "warehouse", "shelf", "room", "table", "menu",
    "page", "section", "banner", "faq", "link", "service", "skill", "badge", "achievement", "theme", "layout",
    "widget", "dashboard", "gateway", "method", "rate", "tax", "zone", "key", "secret", "token", "credential",
    "bot", "agent", "tool", "server", "node", "cluster", "carrier", "season", "league", "class", "grade",
    "course", "subject", "group", "team", "holiday", "shift", "position", "title", "quota", "limit",
    "threshold", "field", "column", "meta", "metadata", "info", "version", "release", "license", "partner",
    "faculty", "program", "pool", "worker", "queue", "exercise", "muscle", "equipment", "test", "profile_type",
    "slot", "stage", "pipeline", "workflow", "environment", "tenant", "organization", "org", "company",
    "school", "brand", "vendor", "supplier", "admin", "staff", "employee", "operator", "driver", "vehicle",
    "machine", "device", "camera", "printer", "terminal", "account_type", "cron", "monitor", "dataset",
    "collection", "list", "board", "folder", "project", "workspace", "registry", "symbol", "market", "exchange",
    "asset", "network", "chain", "contract", "game", "round", "question", "answer", "choice", "quiz", "domain",
    "blacklist", "whitelist", "testimonial", "slide", "hero", "benefit", "advantage", "goal", "habit", "budget",
    "account", "wallet", "card",
];
/// Last words of names of tables of what people do with each other.
#[rustfmt::skip] // a list of words
const TRADE: &[&str] = &[
    "order", "invoice", "payment", "payout", "refund", "charge", "booking", "reservation", "appointment",
    "encounter", "ticket", "sale", "purchase", "shipment", "parcel", "trip", "ride", "donation", "expense", "bill",
    "receipt", "claim", "withdrawal", "deposit", "transfer", "trade", "bid", "bet", "submission", "movement",
    "lead", "review", "enrollment", "registration", "attendance", "comment", "quote", "response", "job", "task",
    "issue", "session", "feedback",
];
/// Terms of which the last word alone would say something else.
const TERMS: &[(&str, &str)] =
    &[("data", "product"), ("payroll", "run"), ("pay", "run"), ("payment", "run"), ("email", "account")];
/// Words at the end of names that say nothing of the rows.
#[rustfmt::skip] // a list of words
const EMPTY: &[&str] = &[
    "entry", "record", "item", "row", "table", "tbl", "data", "schema", "entity", "detail", "line", "document",
    "doc",
];
/// Last words of names of tables of people and of what they make, of which a system that is used has many.
#[rustfmt::skip] // a list of words
const OF_USE: &[&str] = &[
    "user", "customer", "client", "member", "subscriber", "follower", "patient", "student", "guest", "lead",
    "contact", "prospect", "candidate", "applicant", "participant", "attendee", "voter", "player", "profile",
    "account_user", "order", "invoice", "payment", "payout", "refund", "charge", "booking", "reservation",
    "appointment", "ticket", "post", "comment", "review", "rating", "reply", "like", "reaction", "vote",
    "bookmark", "favorite", "share", "article", "story", "product", "listing", "upload", "file", "attachment",
    "image", "photo", "video", "media", "submission", "application", "response", "request", "report",
    "feedback", "complaint", "inquiry", "enquiry", "task", "job", "issue", "conversation", "chat", "thread",
    "session", "subscription", "purchase", "sale", "deal", "shipment", "parcel", "trip", "ride", "donation",
    "expense", "bill", "receipt", "claim", "loan", "withdrawal", "deposit", "transfer", "trade", "bid", "bet",
    "prediction", "match", "game_result", "score", "enrollment", "registration", "attendance", "prescription",
    "measurement_value", "workout", "meal", "note", "memo", "property", "recipe", "song", "track", "movie",
    "book", "document_version", "coupon_use", "cart", "wishlist", "address", "referral", "invitation", "invite",
    "otp", "password_reset", "verification", "stock_movement", "movement", "entry", "inspection", "maintenance",
    "incident", "call", "recording", "transcript", "embedding", "chunk", "article_version", "event_participant",
    "rsvp", "pledge", "contribution", "payroll", "payslip", "timesheet", "leave", "absence",
];
/// Words of columns that name what lives long, so that what belongs to it goes on becoming more.
#[rustfmt::skip] // a list of words
const LASTING: &[&str] = &[
    "user", "owner", "author", "creator", "customer", "client", "member", "account", "profile", "recipient",
    "sender", "receiver", "tenant", "organization", "organisation", "org", "company", "workspace", "team",
    "project", "channel", "room", "conversation", "chat", "thread", "device", "sensor", "site",
    "server", "store", "shop", "vendor", "seller", "merchant", "provider", "agent", "bot", "host", "patient",
    "student", "employee", "driver", "wallet", "monitor", "endpoint", "webhook", "integration", "guild",
    "clinic", "facility", "household", "school", "branch", "tenantid", "business", "restaurant", "campaign", "subscriber", "contact",
];

/// Words of columns that name what many people have to do with.
#[rustfmt::skip] // a list of words
const WIDE: &[&str] = &[
    "tenant", "organization", "organisation", "org", "company", "workspace", "store", "shop", "vendor",
    "seller", "merchant", "branch", "business", "restaurant", "school", "clinic", "facility", "hospital", "hotel",
    "brand",
    "warehouse", "campaign", "society",
];

/// How the rows of a table become more.
#[must_use]
pub fn growth(table: &str, schema: Option<&ProjectSchema>) -> Option<Growth> {
    let words = nouns(table);
    let is_empty = |word: &&String| EMPTY.contains(&word.as_str());
    let last = words.iter().rev().find(|word| !is_empty(word)).or(words.last())?;
    let is = |list: &[&str]| list.contains(&last.as_str());
    // What is to happen, or is kept to be used again, somebody has set up.
    if words.len() > 1
        && matches!(words[0].as_str(), "scheduled" | "saved" | "default" | "custom" | "allowed")
    {
        return Some(Growth::Kept);
    }
    let before = words.iter().rev().skip_while(|word| *word != last).nth(1).map_or("", String::as_str);
    if TERMS.contains(&(before, last.as_str())) {
        return Some(Growth::Kept);
    }
    if is(RECORDS) {
        return Some(Growth::Forever);
    }
    if is(TRADE) {
        return Some(Growth::WithTrade);
    }
    if is(OF_USE) {
        return Some(Growth::WithUse);
    }
    if is(KEPT) {
        return Some(Growth::Kept);
    }
    // What belongs to somebody and says when it came to be is written by use.
    let known = schema_table(schema?, table)?;
    let belongs = known.foreign_keys.iter().filter(|key| !only_says_who(key)).any(|key| {
        let target = nouns(&key.table);
        target.last().is_some_and(|word| OF_USE.contains(&word.as_str()))
    });
    let is_dated = known.columns.iter().any(|column| {
        matches!(
            plain_column(&column.name).as_str(),
            "createdat" | "created" | "createdon" | "timestamp" | "insertedat"
        )
    });
    (belongs && is_dated).then_some(Growth::WithUse)
}

/// Whether a key only says who did something with the row: `created_by`.
pub(crate) fn only_says_who(key: &ForeignKey) -> bool {
    key.columns.iter().all(|column| {
        let column = plain_column(column);
        column.strip_suffix("id").unwrap_or(&column).ends_with("by")
    })
}

/// The words of a name, each as one of many, and what is written in capitals as one: `audit`, `log` of `AuditLogs`,
/// `users` of `USERS`.
pub(crate) fn nouns(name: &str) -> Vec<String> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            was_lower = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || letter.is_uppercase() && was_lower {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().map(|word| plain_name(&word)).collect()
}

/// What a filter leaves of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left<'a> {
    /// Few rows, or nobody knows how many.
    Few,
    /// All rows, or all but those that are put away.
    All,
    /// All rows that belong to one of what lives long: the column that says to which.
    OfOne(&'a str),
}

/// What conditions that hold together leave.
#[must_use]
pub fn left(conditions: &[Condition]) -> Left<'_> {
    let mut left = Left::All;
    for condition in conditions {
        let column = plain_column(&condition.column);
        match &condition.compared {
            Compared::Equal if is_lasting(&condition.column) => match left {
                Left::OfOne(other) if !is_wide(other) => {}
                _ => left = Left::OfOne(&condition.column),
            },
            Compared::Null if is_put_away(&column) => {}
            Compared::Not => {}
            Compared::Constant(value) if is_usual(&column, value) => {}
            _ => return Left::Few,
        }
    }
    left
}

/// Whether a column says to which of what lives long a row belongs.
#[must_use]
pub fn is_lasting(column: &str) -> bool {
    owner(column).is_some_and(|word| LASTING.contains(&word.as_str()) || WIDE.contains(&word.as_str()))
}

/// Whether a column is a key by its name.
#[must_use]
pub fn is_key(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    column.ends_with("id") || column.ends_with("uuid") || column.ends_with("slug") || column.ends_with("key")
}

/// Whether a column says to which of what many people have to do with a row belongs.
#[must_use]
pub fn is_wide(column: &str) -> bool {
    owner(column).is_some_and(|word| WIDE.contains(&word.as_str()))
}

/// What the key in a column is of: `user` of `userId` and `assigned_user_id`.
fn owner(column: &str) -> Option<String> {
    let mut words = nouns(column);
    if words.last().is_some_and(|word| matches!(word.as_str(), "id" | "uuid" | "ref" | "key" | "by")) {
        words.pop();
    }
    words.pop()
}

fn is_put_away(column: &str) -> bool {
    ["deletedat", "archivedat", "removedat", "deletedon", "deleted", "hiddenat"].contains(&column)
}

/// Whether most rows have this value: they are active, published, not deleted.
fn is_usual(column: &str, value: &str) -> bool {
    let column = column.strip_prefix("is").unwrap_or(column);
    match value {
        "true" | "1" => {
            ["active", "enabled", "published", "visible", "public", "approved", "verified", "certified"]
                .contains(&column)
        }
        "false" | "0" => [
            "deleted",
            "archived",
            "hidden",
            "banned",
            "disabled",
            "removed",
            "blocked",
            "cancelled",
            "canceled",
        ]
        .contains(&column),
        _ => {
            column == "status"
                && ["active", "published", "approved", "completed", "done", "paid", "confirmed", "delivered"]
                    .contains(&value.to_ascii_lowercase().as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_that_says_something_decides() {
        for (table, expected) in [
            ("audit_logs", Some(Growth::Forever)),
            ("AuditLogEntries", Some(Growth::Forever)),
            ("chat_messages", Some(Growth::Forever)),
            ("message_templates", Some(Growth::Kept)),
            ("eventTypes", Some(Growth::Kept)),
            ("categories", Some(Growth::Kept)),
            ("Users", Some(Growth::WithUse)),
            ("public.orders", Some(Growth::WithTrade)),
            ("scheduled_reports", Some(Growth::Kept)),
            ("data_products", Some(Growth::Kept)),
            ("gizmos", None),
        ] {
            assert_eq!(growth(table, None), expected, "{table}");
        }
    }

    #[test]
    fn filters_leave_few_all_or_those_of_one() {
        let with = |column: &str, compared| Condition { column: column.into(), compared };
        assert_eq!(left(&[with("userId", Compared::Equal)]), Left::OfOne("userId"));
        assert_eq!(left(&[with("order_id", Compared::Equal)]), Left::Few);
        assert_eq!(left(&[with("deleted_at", Compared::Null)]), Left::All);
        assert_eq!(left(&[with("isActive", Compared::Constant("true".into()))]), Left::All);
        assert_eq!(left(&[with("userId", Compared::Equal), with("at", Compared::Range)]), Left::Few);
    }
}
