//! Secrets that are handed, as they are written down, to what signs, verifies or encrypts with them.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::words;
use plimsoll_project::link::SlotValue;

use super::fallback::is_for_trying;
use super::literal::{Written, written};
use crate::UnitView;
use crate::view::CallView;

/// Words that say of a text that nobody may know it.
const SECRETS: &[&str] = &["key", "password", "pepper", "salt", "secret"];

/// The secret that a call is given as it is written down in this file.
#[must_use]
pub fn known_secret(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Written> {
    let (value, may_be_meant) = match (call.slot(Slot::Secret), call.slot(Slot::MacKey)) {
        (Some(value), _) => (value, false),
        (None, value) => (value?, true),
    };
    let SlotValue::Node(site) = value else { return None };
    let (unit, node) = view.node_at(site)?;
    let secret = written(view, unit, node).filter(|secret| !secret.text.trim().is_empty())?;
    // A constant may keep two uses of a code apart: `WebAppData`.
    let says_so = || words(&secret.text).iter().any(|word| SECRETS.contains(&word.as_str()));
    let is_public = secret.text.contains("PUBLIC KEY");
    let is_one = !is_public && (!may_be_meant || says_so());
    (is_one && !is_for_trying(view, call.node)).then_some(secret)
}
