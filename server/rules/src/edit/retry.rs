use plimsoll_behavior::NodeId;
use crate::{FixPlan, UnitView};
/// x
pub fn wrap_in_retry(_view: &UnitView<'_>, _request: NodeId) -> Option<FixPlan> { None }
