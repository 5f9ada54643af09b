//! `unchecked-response`

use plimsoll_behavior::models::{ModelType, Slot};
use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::Runs;

use crate::ask::{
    ResponseUse, asks_for_health, follow, is_delivered_with_the_page, is_held_to_a_type,
    is_loaded_as_a_picture, is_local_resource, is_own_status_looked_at, is_thrown_away, library_checks,
    response_type,
};
use crate::edit::status_check;
use crate::view::CallView;
use crate::{FixPlan, RawRelated, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// The body of a response that is used whatever its status.
    ///
    /// ## What happens
    ///
    /// `fetch` and `reqwest` report an answer of 500 or 404 as they report one of 200: as a response. Code that reads the
    /// body at once takes the error page or the error's JSON for data. It fails later, far from the cause, with a message
    /// about a property of `undefined`; or it does not fail and stores what the error said.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const response = await fetch(url)
    /// const rates = await response.json()
    /// ```
    ///
    /// ```rust
    /// let rates: Rates = client.get(url).send().await?.json().await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const response = await fetch(url)
    /// if (!response.ok) throw new Error(`GET ${url} failed with ${response.status}`)
    /// const rates = await response.json()
    /// ```
    ///
    /// ```rust
    /// let rates: Rates = client.get(url).send().await?.error_for_status()?.json().await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The function throws, or returns an error, when the status is a failure. It can newly fail, which wants a review.
    ///
    /// ## What it does not flag
    ///
    /// - A status that is looked at before or after the body is read, here or in a function of the project that is
    ///   given the response or has made the request (but who asks for one failure alone, `status === 404`, has not
    ///   asked for the others).
    /// - Responses that are returned, stored or handed to code of which nothing is known.
    /// - Bodies that go through as streams.
    /// - An answer with an `ok`, `success` or `error` of its own that decides something right after, in a caller in the
    ///   same file or in the component of a hook, or whose shape is asked for by `typeof` or `Array.isArray`.
    /// - An answer of which nothing is used before what is used is asked for (`if (answer.url) open(answer.url)`,
    ///   `answer["url"].as_str().ok_or("no url")?`) but by the log.
    /// - A text that is compared with what it has to be, and a picture whose `onerror` tells that it is none.
    /// - What has a default in every place where a failure is ignored on purpose (`.catch(() => {})`), or ends in the
    ///   same (`catch { setItems([]) }`).
    /// - A response that is handed to a function of the project whose name says that it checks.
    /// - Libraries that report a failed status as an error themselves.
    /// - What is read from `data:`, `blob:` and files that were bundled with the code or are delivered with the
    ///   page (`/curve.json`), and what a service says of its health, whose failures say in the body what is wrong.
    /// - What developers run by hand and watch: seeds, scripts, examples.
    ///
    /// - A body that is thrown away, or only told to the log.
    ///
    /// Rust's `json()` into a type with fields is a preview: what an error says does most often not fit, so that somebody
    /// learns of the failure, if not of its status.
    ///
    /// Each response is found once.
    pub UncheckedResponse { id: "unchecked-response", category: Resilience, severity: Warning, since: "0.1.0", preview }
}

impl Rule for UncheckedResponse {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST | Effects::RESPONSE_BODY
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs == Runs::ByHand {
            return;
        }
        // The request may stand in a function around the callback that reads its response.
        let mut at = Some(unit.index);
        while let Some(index) = at {
            let around = unit.of(index);
            for call in around.facts.responses.iter().filter_map(|&call| around.call(call)) {
                let Some(ty) = unread_response(&around, &call) else { continue };
                let found = follow(&around, call.node, ty);
                let Some(&(reader, read)) = found.reads.first() else { continue };
                let is_settled = found.is_checked || found.is_passed_on || found.is_streamed;
                if reader != unit.index
                    || is_settled
                    || is_own_status_looked_at(unit, read)
                    || is_loaded_as_a_picture(unit, read)
                    || is_thrown_away(unit, read)
                {
                    continue;
                }
                let name = unit.call_name(read);
                let message = format!(
                    "`{name}()` is read whatever the status, which nothing looks at: a 500 with an error page looks like data"
                );
                report
                    .at_node(unit, read, call.confidence(), message)
                    .preview(is_held_to_a_type(unit, read))
                    .related_all(request_above(unit, read, &around, call.node))
                    .fix(|| plan(unit, &around, &call, ty, &found));
            }
            at = unit.linked.file.units[index].parent;
        }
    }
}

/// The request, where it stands above the line on which its response is read.
fn request_above(
    unit: &UnitView<'_>,
    read: NodeId,
    around: &UnitView<'_>,
    request: NodeId,
) -> Option<RawRelated> {
    let (end, start) = (around.bytes(request).end as usize, unit.bytes(read).start as usize);
    let is_above = unit.project.text.get(end..start)?.contains('\n');
    is_above
        .then(|| RawRelated { place: around.place(request), message: "the response comes from here".into() })
}

/// The type of the response that a call yields and nobody has looked at.
fn unread_response(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<ModelType> {
    let ty = response_type(unit, call)?;
    if let Some(target) = &call.facts.target {
        let effects = call.summary.as_ref()?.effects;
        let is_unread = effects.contains(Effects::HTTP_REQUEST) && !effects.contains(Effects::RESPONSE_CHECK);
        return (is_unread && !library_checks(unit, target)).then_some(ty);
    }
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let is_request = call.facts.effects.contains(Effects::HTTP_REQUEST);
    let is_exempt = || {
        is_local_resource(unit, call) || is_delivered_with_the_page(unit, call) || asks_for_health(unit, call)
    };
    (is_request && !behavior.checks_status && !is_exempt()).then_some(ty)
}

fn plan(
    unit: &UnitView<'_>,
    around: &UnitView<'_>,
    request: &CallView<'_>,
    ty: ModelType,
    found: &ResponseUse,
) -> Option<FixPlan> {
    let &(_, read) = found.reads.first()?;
    let edits = if unit.is_rust() {
        vec![status_check::in_chain(unit, ty, read)?]
    } else {
        status_check::guard(unit, around, request, ty, read, found, &description(around, request))?
    };
    let title = if unit.is_rust() {
        "Return an error for a failed status (review: can newly fail)"
    } else {
        "Throw when the status is a failure (review: can newly throw)"
    };
    Some(FixPlan { title: title.into(), safety: Safety::Review, edits })
}

/// What was asked, as the inside of a template: `GET https://api.example.com/rates/${currency}`. Without the query, which
/// may hold a key.
fn description(unit: &UnitView<'_>, request: &CallView<'_>) -> String {
    let method = match request.slot(Slot::Method) {
        None => Some("GET ".to_owned()),
        Some(_) => unit
            .own_node(request.slot(Slot::Method))
            .and_then(|node| unit.eval.text_head(unit.index, node))
            .map(|method| format!("{method} ")),
    };
    let url = unit.own_node(request.slot(Slot::Url)).and_then(|node| url_text(unit, node));
    match url {
        Some(url) => format!("{}{url}", method.unwrap_or_default()),
        None => unit.call_name(request.node),
    }
}

fn url_text(unit: &UnitView<'_>, node: NodeId) -> Option<String> {
    match unit.unit.kind(node) {
        Kind::Literal(plimsoll_behavior::Literal::String(text)) => {
            let path = text.split('?').next().unwrap_or_default();
            (!path.contains(['`', '$', '\\'])).then(|| path.to_owned())
        }
        Kind::Template { pieces, holes } => {
            let mut text = String::new();
            for (i, piece) in pieces.iter().enumerate() {
                match piece.split_once('?') {
                    Some((path, _)) => {
                        text.push_str(path);
                        return Some(text);
                    }
                    None => text.push_str(piece),
                }
                if let Some(&hole) = holes.get(i) {
                    text.push_str(&format!("${{{}}}", unit.text(hole)));
                }
            }
            Some(text)
        }
        Kind::Name { name, .. } => Some(format!("${{{name}}}")),
        Kind::Member { .. } => unit.dotted(node).map(|path| format!("${{{path}}}")),
        _ => None,
    }
}
