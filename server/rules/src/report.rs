//! What rules report: findings in symbols, so that they can be kept while the text around them moves.

use std::sync::Arc;

use plimsoll_behavior::{Name, NodeId, OwnRange};
use plimsoll_project::schema::{Column, Table};
use plimsoll_syntax::TextRange;

use crate::{Confidence, RuleMeta, Safety, Severity, UnitView};

/// Collects what rules find in one unit.
pub struct Report<'a> {
    meta: &'static RuleMeta,
    findings: &'a mut Vec<RawFinding>,
    wants_fix: &'a WantsFix<'a>,
    options: &'a Options<'a>,
}

/// Whether somebody wants the fixes of what the rule finds at a place: to plan them may cost more than to find it.
pub type WantsFix<'a> = dyn Fn(RawRange) -> bool + 'a;

/// What is set for a rule, by the rule and the option's key.
pub type Options<'a> = dyn Fn(&str, &str) -> Option<u32> + 'a;

/// A finding whose place is a range of its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct RawFinding {
    /// The rule.
    pub rule: &'static str,
    /// Before configuration; where it differs from the rule's own, by what is at stake.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What will happen, one line.
    pub message: String,
    /// Where.
    pub range: RawRange,
    /// Places that explain it, in order.
    pub related: Vec<RawRelated>,
    /// The parts of a schema that it is about, where another rule may tell the same of another file.
    pub about: Vec<String>,
    /// What it comes of, where others of the same rule and file may come of it too: only the first of them is told.
    pub cause: Option<String>,
    /// Whether it is of a kind that is right too seldom to be shown unasked.
    pub is_preview: bool,
    /// Whether it is shown in tests, stories and data for tests too, where all others are left out.
    pub is_everywhere: bool,
    /// Only where fixes were asked for.
    pub fixes: Vec<FixPlan>,
    /// What is written down beside the code where none of them can be made; only where fixes were asked for.
    pub hint: Option<FixPlan>,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawRange {
    /// In the coordinates of the unit under review.
    Unit(OwnRange),
    /// Bytes of the schema file under review.
    File(TextRange),
}

/// A place that explains a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRelated {
    /// Where.
    pub place: Place,
    /// What is there.
    pub message: String,
}

/// A place, in symbols where it can move.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A node of a unit of a source file.
    Node {
        /// The file.
        file: Arc<str>,
        /// The unit's path.
        unit: Name,
        /// The node.
        node: NodeId,
    },
    /// Bytes of a schema or manifest.
    Bytes {
        /// The file.
        file: Arc<str>,
        /// The bytes.
        range: TextRange,
    },
}

/// A fix that has not been proven.
#[derive(Clone, Debug, PartialEq)]
pub struct FixPlan {
    /// Imperative; says what it changes.
    pub title: String,
    /// What its kind of change can do to working code.
    pub safety: Safety,
    /// Disjoint edits.
    pub edits: Vec<PlannedEdit>,
}

/// One edit of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEdit {
    /// The file.
    pub path: String,
    /// Bytes of the file; none creates it.
    pub range: Option<TextRange>,
    /// What stands there afterwards.
    pub new_text: String,
}

impl<'a> Report<'a> {
    /// A report of one rule.
    pub fn new(
        meta: &'static RuleMeta,
        findings: &'a mut Vec<RawFinding>,
        wants_fix: &'a WantsFix<'a>,
        options: &'a Options<'a>,
    ) -> Self {
        Report { meta, findings, wants_fix, options }
    }

    /// What is set for one of the rule's options, or its default.
    ///
    /// # Panics
    ///
    /// If the rule does not declare the option.
    #[must_use]
    pub fn option(&self, key: &str) -> u32 {
        let option = self.meta.options.iter().find(|option| option.key == key);
        let option = option.expect("a rule asks for the options that it declares");
        (self.options)(self.meta.id, key).unwrap_or(option.default)
    }

    /// Reports a finding at a range of the unit.
    pub fn at(
        &mut self,
        range: OwnRange,
        confidence: Confidence,
        message: impl Into<String>,
    ) -> Reported<'_> {
        self.push(RawRange::Unit(range), confidence, message.into())
    }

    /// Reports a finding at bytes of a schema file: a schema says what it is, so that it is sure.
    pub fn in_schema(&mut self, range: TextRange, message: impl Into<String>) -> Reported<'_> {
        self.push(RawRange::File(range), Confidence::High, message.into())
    }

    fn push(&mut self, range: RawRange, confidence: Confidence, message: String) -> Reported<'_> {
        self.findings.push(RawFinding {
            rule: self.meta.id,
            severity: self.meta.severity,
            confidence,
            message,
            range,
            related: Vec::new(),
            about: Vec::new(),
            cause: None,
            is_preview: false,
            is_everywhere: false,
            fixes: Vec::new(),
            hint: None,
        });
        let finding = self.findings.last_mut().expect("just pushed");
        Reported { finding, wants_fixes: (self.wants_fix)(range) }
    }

    /// Reports a finding at a node of the unit.
    pub fn at_node(
        &mut self,
        unit: &UnitView<'_>,
        node: NodeId,
        confidence: Confidence,
        message: impl Into<String>,
    ) -> Reported<'_> {
        self.at(unit.unit.range(node), confidence, message)
    }
}

/// A finding that was just reported, to be completed.
pub struct Reported<'a> {
    finding: &'a mut RawFinding,
    wants_fixes: bool,
}

impl Reported<'_> {
    /// Sets the severity by what is at stake.
    pub fn severity(self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// Marks it, if `is_preview`, as one of a kind that is right too seldom: it is shown only where previews are asked for.
    pub fn preview(self, is_preview: bool) -> Self {
        self.finding.is_preview = is_preview;
        self
    }

    /// Shows it, if `is_everywhere`, in tests, stories and data for tests too: what is in a repository is in it wherever it
    /// stands.
    pub fn everywhere(self, is_everywhere: bool) -> Self {
        self.finding.is_everywhere = is_everywhere;
        self
    }

    /// Adds a place that explains it.
    pub fn related(self, place: Place, message: impl Into<String>) -> Self {
        self.finding.related.push(RawRelated { place, message: message.into() });
        self
    }

    /// Says which columns it is about, so that what two rules find of one, in two files, is told once.
    pub fn about<'c>(self, columns: impl IntoIterator<Item = (&'c Table, &'c Column)>) -> Self {
        let named = columns.into_iter().map(|(table, column)| {
            let namespace = table.namespace.as_deref().unwrap_or_default();
            format!("{}#{namespace}.{}.{}", column.file, table.name, column.name)
        });
        self.finding.about.extend(named);
        self
    }

    /// Says what it is about, so that it is told once for all files that have it: in the first of them.
    pub fn once(self, what: String) -> Self {
        self.finding.about.push(what);
        self
    }

    /// Says what it comes of, so that it is told once for all that comes of it in the file: at the first place.
    pub fn because_of(self, cause: String) -> Self {
        self.finding.cause = Some(cause);
        self
    }

    /// Adds places that explain it.
    pub fn related_all(self, all: impl IntoIterator<Item = RawRelated>) -> Self {
        self.finding.related.extend(all);
        self
    }

    /// Plans what is written down beside the code where no fix can be made; called only when somebody wants fixes.
    pub fn hint(self, plan: impl FnOnce() -> Option<FixPlan>) -> Self {
        if self.wants_fixes {
            self.finding.hint = plan();
        }
        self
    }

    /// Plans fixes, the preferred one first; called only when somebody wants them.
    pub fn fixes(self, plan: impl FnOnce() -> Vec<FixPlan>) {
        if self.wants_fixes {
            self.finding.fixes = plan();
        }
    }

    /// Plans one fix, if it can be written; called only when somebody wants it.
    pub fn fix(self, plan: impl FnOnce() -> Option<FixPlan>) {
        self.fixes(|| plan().into_iter().collect());
    }
}
