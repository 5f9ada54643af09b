//! Lets the database compute a new value from the old one: `{ increment: n }`, `SET x = x + $1`.

use plimsoll_behavior::NodeId;

use crate::ask::row::Seen;
use crate::{FixPlan, UnitView};

/// Replaces a value that is the column's old value and a number.
#[must_use]
pub fn let_the_database_add(
    _unit: &UnitView<'_>,
    _call: NodeId,
    _column: &str,
    _value: &Seen,
    _leaf: (usize, NodeId),
) -> Option<FixPlan> {
    None
}
