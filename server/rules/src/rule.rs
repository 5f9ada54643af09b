//! What a rule is.

use plimsoll_behavior::{Effects, Unit};

use crate::{Report, SchemaView, UnitView};

/// How much is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Hardening worth having.
    Info,
    /// Fails under load, faults or time.
    Warning,
    /// Loses data, leaks secrets or takes the service down.
    Error,
}

/// How sure a review is of what a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It rests on a convention: a variable called `db` whose origin is unknown.
    Medium,
    /// The origin was resolved.
    High,
}

/// Whether a fix can change what working code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Keeps the meaning of code that already worked.
    Safe,
    /// Can newly throw, abort, retry, reorder or write another file.
    Review,
}

/// A rule's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Queries, schemas, transactions.
    Database,
    /// Failures that nobody sees.
    Errors,
    /// Time limits, retries, status checks.
    Resilience,
    /// Timers, listeners, handles.
    Resources,
    /// What goes wrong when much runs at the same time.
    Concurrency,
    /// Who may do what, and what is made of what they send.
    Security,
    /// What a project is made of.
    Dependencies,
}

impl Category {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Category::Database => "database",
            Category::Errors => "errors",
            Category::Resilience => "resilience",
            Category::Resources => "resources",
            Category::Concurrency => "concurrency",
            Category::Security => "security",
            Category::Dependencies => "dependencies",
        }
    }
}

/// What users are told of a rule.
#[derive(Debug)]
pub struct RuleMeta {
    /// `n-plus-one`
    pub id: &'static str,
    /// Its family.
    pub category: Category,
    /// Before configuration.
    pub severity: Severity,
    /// The version it came with.
    pub since: &'static str,
    /// Whether it is off unless asked for.
    pub is_preview: bool,
    /// Markdown; its first paragraph is one sentence that says what is found.
    pub documentation: &'static str,
    /// What a project may set for it.
    pub options: &'static [RuleOption],
}

/// A number that a project may set for a rule: `unbounded-query = { max_rows = 500 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleOption {
    /// `max_rows`
    pub key: &'static str,
    /// What holds where nothing is set.
    pub default: u32,
    /// One sentence: what it does, with its unit.
    pub summary: &'static str,
}

impl RuleMeta {
    /// The first paragraph of the documentation, on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let paragraph = self.documentation.trim().split("\n\n").next().unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A rule: it looks at one unit at a time, at one file of a schema at a time, or at both.
pub trait Rule: Sync {
    /// What users are told of it.
    fn meta(&self) -> &'static RuleMeta;

    /// A unit is only shown to the rule if one of its calls, through the project's own functions, has one of these.
    fn watches(&self) -> Effects {
        Effects::empty()
    }

    /// Whether a unit is shown to the rule whatever its calls do, for what else stands in it.
    fn looks_at(&self, _unit: &Unit) -> bool {
        false
    }

    /// Whether the rule asks which way data takes through functions ([`plimsoll_project::link::Flows`]), which is only
    /// told where a rule that runs does.
    fn follows_data(&self) -> bool {
        false
    }

    /// Looks at a unit.
    fn review(&self, _unit: &UnitView<'_>, _report: &mut Report<'_>) {}

    /// Looks at a file that describes tables. Off the keystroke path: it may look at the whole schema.
    fn review_schema(&self, _schema: &SchemaView<'_>, _report: &mut Report<'_>) {}
}

/// Declares a rule: its documentation, then `pub Name { id: "…", category: …, severity: …, since: "…" }`, with
/// `preview` at the end where it is one, and then its options where it has any:
/// `; options: { max_rows: 500, "Rows that a query may read." }`.
#[macro_export]
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])+
        $vis:vis $name:ident { id: $id:literal, category: $category:ident, severity: $severity:ident, since: $since:literal $(, $preview:ident)?
            $(; options: { $($key:ident: $default:literal, $summary:literal);+ $(;)? })? $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        $vis struct $name;

        impl $name {
            /// What users are told of it.
            pub const META: $crate::RuleMeta = $crate::RuleMeta {
                id: $id,
                category: $crate::Category::$category,
                severity: $crate::Severity::$severity,
                since: $since,
                is_preview: false $(|| $crate::declare_rule!(@$preview))?,
                documentation: concat!($($doc, "\n"),+),
                options: &[$($($crate::RuleOption {
                    key: stringify!($key),
                    default: $default,
                    summary: $summary,
                }),+)?],
            };
        }
    };
    (@preview) => { true };
}
