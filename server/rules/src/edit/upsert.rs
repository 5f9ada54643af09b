//! Lets the database decide whether a row is created.

use plimsoll_behavior::NodeId;

use crate::ask::Absence;
use crate::ask::row::Access;
use crate::{FixPlan, UnitView};

/// Creates a row or leaves the one that is there.
#[must_use]
pub fn create_or_leave(
    _unit: &UnitView<'_>,
    _call: NodeId,
    _write: &Access,
    _lookup: (usize, NodeId),
    _read: &Access,
    _form: Absence,
    _is_unique: bool,
) -> Option<FixPlan> {
    None
}
