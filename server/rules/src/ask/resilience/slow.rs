//! How long the service may take that a request asks.

use plimsoll_behavior::Kind;
use plimsoll_behavior::models::Slot;
use plimsoll_project::link::SlotValue;

use crate::UnitView;
use crate::ask::resilience::request::url_head;
use crate::view::CallView;

/// How many seconds an answer of the other side takes, where the models know that it takes longer than that of others: by
/// the URL of a request, or, for a client, by the hosts that its file names.
#[must_use]
pub fn slow_answer(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<u32> {
    let models = unit.eval.models;
    let Some(url) = said_of_url(unit, call) else {
        let file = unit.project.text.to_lowercase();
        return models.slow_services().filter(|own| own.is_named(&file)).map(|own| own.seconds).max();
    };
    models.slow_services().filter(|own| own.is_at(&url)).map(|own| own.seconds).max()
}

/// What the code says of the URL that a request goes to, in small letters: what it begins with where that is known, then
/// what stands there, names included.
pub(in crate::ask) fn said_of_url(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let node = unit.own_node(call.slot(Slot::Url))?;
    let head = url_head(unit, call).unwrap_or_default();
    let value = match unit.unit.kind(node) {
        Kind::Name { binding: Some(binding), .. } => unit.unit.binding(*binding).value,
        _ => None,
    };
    let value = value.map_or("", |value| unit.text(value));
    Some(format!("{head} {} {value}", unit.text(node)).to_lowercase())
}

/// Whether a request asks for its answer piece by piece, as it comes: `body: JSON.stringify({ model, stream: true })`.
#[must_use]
pub fn asks_for_pieces(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let says = |text: &str| {
        let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
        bare.contains("stream:true")
    };
    if unit.is_rust() {
        return says(unit.project.text);
    }
    let options = match call.slot(Slot::Options) {
        Some(SlotValue::Node(site)) => unit.node_at(site),
        _ => None,
    };
    let (index, node) = options.unwrap_or((unit.index, call.node));
    let u = unit.unit_of(index);
    let view = unit.of(index);
    says(unit.text(call.node))
        || says(view.text(node))
        || u.descendants(node).into_iter().any(|inner| {
            let Kind::Name { binding: Some(binding), .. } = u.kind(inner) else { return false };
            u.binding(*binding).value.is_some_and(|value| says(view.text(value)))
        })
}
