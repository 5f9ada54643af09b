//! `byte-slice-of-str`

use plimsoll_behavior::{Kind, NodeId, Unit};
use plimsoll_project::Runs;
use plimsoll_project::link::Value;

use crate::ask::{Cut, Cuts, callee_name};
use crate::edit::boundary::at_a_boundary;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

declare_rule! {
    /// A text that is cut after a number of bytes, which panics where that is inside of a character.
    ///
    /// ## What happens
    ///
    /// Rust counts texts in bytes. `&body[..200]` is right as long as everybody writes English. With the first `é` or
    /// `日` or emoji that lies across byte 200, the program panics: the request is answered with nothing, the task ends
    /// in silence, a lock that it holds is poisoned. It is most often code that shortens an error or a log line, so that
    /// it panics when something else has failed already, and with a text that somebody else wrote.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// fn shortened(body: &str) -> &str {
    ///     if body.len() > 200 { &body[..200] } else { body }
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// fn shortened(body: &str) -> &str {
    ///     &body[..body.floor_char_boundary(200)]
    /// }
    /// ```
    ///
    /// Before Rust 1.91: `body.chars().take(200).collect::<String>()`, which counts characters.
    ///
    /// ## What its fix does
    ///
    /// The number becomes the last place between two characters that is not behind it, by `floor_char_boundary`, which
    /// also stops at the end of a shorter text. It is safe, and `plimsoll fix` applies it. Nothing is written where the
    /// project's Rust is older than 1.91.
    ///
    /// ## What is a preview
    ///
    /// Places that are computed otherwise than by a constant: they may stand between two characters for a reason that is not
    /// seen.
    ///
    /// ## What it does not flag
    ///
    /// - Bytes: `&[u8]`, `Vec<u8>`, `as_bytes()`.
    /// - Numbers that come from the text: from `find`, `char_indices`, `floor_char_boundary`, the length of a part, and
    ///   anything of which it is not known where it comes from.
    /// - Up to 16 bytes from an end, or from what was found: a place in a form that the code expects.
    /// - As many bytes as what the text is seen to begin or end with; texts whose boundaries are asked for.
    /// - Texts that are looked at for one byte a character (`is_ascii`, `chars().all(|c| c.is_ascii_digit())`), and those
    ///   that have it by what they are: keys, tokens, digests, ids, dates.
    /// - Tests, and what developers run by hand and watch: examples, scripts.
    pub ByteSliceOfStr { id: "byte-slice-of-str", category: Errors, severity: Error, since: "0.1.0" }
}

impl Rule for ByteSliceOfStr {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        let is_part = |index: NodeId| matches!(unit.kind(index), Kind::Range { .. });
        let may_cut = |kind: &Kind| match kind {
            Kind::Index { index, .. } => is_part(*index),
            Kind::Call { args, .. } => !args.is_empty(),
            _ => false,
        };
        unit.nodes.iter().any(|node| may_cut(&node.kind))
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_rust() || unit.project.runs.runs == Runs::ByHand {
            return;
        }
        let cuts = Cuts::of(unit);
        let all: Vec<Cut> = cuts.all().into_iter().filter(|cut| cuts.may_split_a_character(cut)).collect();
        for (i, cut) in all.iter().enumerate() {
            // Both ends of a part are one finding.
            if all[..i].iter().any(|before| before.node == cut.node) {
                continue;
            }
            let ends: Vec<Cut> = all[i..].iter().filter(|other| other.node == cut.node).copied().collect();
            let severity = match unit.project.runs.runs {
                Runs::CommandLine => Severity::Warning,
                _ => Severity::Error,
            };
            let reported = report.at_node(unit, cut.node, Confidence::High, message(unit, cut));
            reported.severity(severity).preview(!ends.iter().any(|cut| is_constant(unit, cut.at))).fix(
                || {
                    let edits = at_a_boundary(unit, &ends)?;
                    let title = "Cut between two characters: `floor_char_boundary`".to_owned();
                    Some(FixPlan { title, safety: Safety::Safe, edits })
                },
            );
        }
    }
}

/// Whether a text is cut after a number of bytes that the program itself says: `&text[..100]`,
/// `&text[..text.len().min(100)]`. One that is computed may stand between two characters for a reason that is not seen.
fn is_constant(unit: &UnitView<'_>, at: NodeId) -> bool {
    if matches!(unit.eval.value(unit.index, at), Value::Number(_)) {
        return true;
    }
    let Kind::Call { args, .. } = unit.unit.kind(at) else { return false };
    let is_least = callee_name(unit.unit, at).is_some_and(|name| name == "min");
    is_least && args.iter().any(|&arg| matches!(unit.eval.value(unit.index, arg), Value::Number(_)))
}

fn message(unit: &UnitView<'_>, cut: &Cut) -> String {
    let text = quoted(unit.text(cut.text)).unwrap_or_else(|| "the text".to_owned());
    let what = match unit.unit.kind(cut.node) {
        Kind::Call { .. } => format!("`{}`", unit.call_name(cut.node)),
        _ => quoted(unit.text(cut.node)).unwrap_or_else(|| "this".to_owned()),
    };
    let place = quoted(unit.text(cut.at)).map_or_else(|| "it ends".to_owned(), |at| format!("byte {at} is"));
    format!("{what} panics when {place} inside of a character of {text}: an `é`, an emoji")
}
