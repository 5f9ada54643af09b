use crate::{FixPlan, UnitView};
use plimsoll_behavior::NodeId;
/// x
pub fn wrap_in_retry(_view: &UnitView<'_>, _request: NodeId) -> Option<FixPlan> {
    None
}
