//! `unchecked-lookup`

use plimsoll_behavior::{BindingKind, Effects, Kind, NodeId, Unit};
use plimsoll_project::aborts_on_panic;

use super::unguarded_parse::after_a_panic;
use crate::ask::{Missing, declaration, missing, panic_ends};
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A row or an entry that is looked up and may not be there, used as if it were.
    ///
    /// ## What happens
    ///
    /// The row is there as long as everybody follows links that the page has made. Then somebody deletes it, or writes another
    /// number into the address: the lookup yields nothing, `!` hides that from the compiler and `unwrap` from everybody, and
    /// the request fails with a `TypeError` or a panic in the place of a 404.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const post = await prisma.post.findUnique({ where: { id } })
    /// return post!.title
    /// ```
    ///
    /// ```rust
    /// let post = sqlx::query_as!(Post, "SELECT id, title FROM posts WHERE id = $1", id)
    ///     .fetch_optional(&pool)
    ///     .await?
    ///     .unwrap();
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const post = await prisma.post.findUnique({ where: { id } })
    /// if (!post) throw new NotFound('post')
    /// return post.title
    /// ```
    ///
    /// ```rust
    ///     .await?
    ///     .ok_or(AppError::NotFound)?;
    /// ```
    ///
    /// ## What it does not flag
    ///
    /// - What has been asked for before: in a condition, by `?.`, `is_some()`, `contains_key()`.
    /// - Lookups that throw where nothing is found: `findUniqueOrThrow`, `fetch_one`.
    /// - Rows that the same function has written before.
    /// - Entries whose key the program has made itself.
    /// - Tests, the start of a program, command lines, pages.
    pub UncheckedLookup { id: "unchecked-lookup", category: Errors, severity: Warning, since: "0.1.0", preview }
}

impl Rule for UncheckedLookup {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_READ
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        !unit.calls.is_empty()
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        if unit.is_rust() {
            for call in unit.calls() {
                by_force(unit, &call, report);
            }
            return;
        }
        for (i, node) in unit.unit.nodes.iter().enumerate() {
            if let Kind::NonNull(value) = &node.kind {
                let node = NodeId(u32::try_from(i).expect("few nodes"));
                asserted(unit, node, *value, report);
            }
        }
    }
}

/// What is taken out of an `Option` in Rust.
fn by_force(unit: &UnitView<'_>, call: &CallView<'_>, report: &mut Report<'_>) {
    let what = match missing(unit, call) {
        Some(Missing::Row(lookup)) if !is_written_before(unit, lookup) => {
            format!("`{}` finds no row", unit.call_name(lookup))
        }
        Some(Missing::Entry(lookup, by)) => {
            let key = quoted(unit.text(lookup)).unwrap_or_else(|| "the entry".to_owned());
            format!("{key} is not there, whose key {}", by.told())
        }
        _ => return,
    };
    let Some(ends) = panic_ends(unit, call.node).filter(|_| unit.is_on_a_server()) else { return };
    let aborts = aborts_on_panic(unit.world.files(), &unit.linked.file.path);
    let message = format!("this panics when {what}: {}", after_a_panic(ends, aborts));
    report.at_node(unit, call.node, Confidence::High, message);
}

/// What a script says is there.
fn asserted(unit: &UnitView<'_>, node: NodeId, value: NodeId, report: &mut Report<'_>) {
    let u = unit.unit;
    let Some(lookup) = looked_up(unit, value) else { return };
    let Some(call) = unit.call(lookup) else { return };
    let is_one = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.nullable)
        && call.facts.effects.contains(Effects::DB_READ);
    if !is_one || is_asked_for(unit, value, node) || is_written_before(unit, lookup) || !unit.is_on_a_server()
    {
        return;
    }
    // What is read of it, or what it is handed to.
    let used = u.parent(node).filter(|&parent| matches!(u.kind(parent), Kind::Member { .. })).unwrap_or(node);
    let code = quoted(unit.text(used)).unwrap_or_else(|| "this".to_owned());
    let message = format!(
        "`{}` finds nothing where there is no such row, and {code} fails then: `!` asks nobody, and the request ends in an error",
        unit.call_name(lookup)
    );
    report.at_node(unit, node, call.confidence(), message);
}

/// The call whose result a value is: awaited, or bound to a name once.
fn looked_up(unit: &UnitView<'_>, value: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let mut at = value;
    for _ in 0..8 {
        at = match u.kind(at) {
            Kind::Await(inner) | Kind::NonNull(inner) => *inner,
            Kind::Cast { value, .. } => *value,
            Kind::Name { binding: Some(b), .. } => {
                let binding = u.binding(*b);
                let is_its_value = matches!(binding.kind, BindingKind::Variable)
                    && binding.path.is_empty()
                    && binding.assignments.is_empty();
                binding.value.filter(|_| is_its_value)?
            }
            Kind::Call { .. } => return Some(at),
            _ => return None,
        };
    }
    None
}

/// Whether a name is asked for before a node, in a condition or with `?.`.
fn is_asked_for(unit: &UnitView<'_>, value: NodeId, node: NodeId) -> bool {
    let u = unit.unit;
    let Some((at, id)) = declaration(unit, unit.index, value) else { return false };
    if at != unit.index {
        return true;
    }
    let before = u.range(node).start;
    u.binding(id).uses.iter().filter(|&&used| u.range(used).start < before).any(|&used| {
        let mut inner = used;
        while let Some(parent) = u.parent(inner) {
            let is_asked = match u.kind(parent) {
                Kind::If { condition, .. } => *condition == inner,
                Kind::Loop(own) => own.condition == Some(inner),
                Kind::Binary { op, .. } => {
                    matches!(op.as_str(), "&&" | "||" | "??" | "==" | "===" | "!=" | "!==" | "instanceof")
                }
                Kind::Unary { op, .. } => op == "!",
                Kind::Call { callee, .. } => *callee != inner && inner == used,
                Kind::Match { on, .. } => *on == inner,
                Kind::Block { .. } | Kind::Let { .. } => return false,
                _ => false,
            };
            if is_asked {
                return true;
            }
            inner = parent;
        }
        false
    })
}

/// Whether the function of a lookup has written rows before it.
fn is_written_before(unit: &UnitView<'_>, lookup: NodeId) -> bool {
    let at = unit.unit.range(lookup).start;
    unit.calls_with(Effects::DB_WRITE).any(|write| unit.unit.range(write.node).start < at)
}
