//! Code actions and hovers.

use serde_json::{Value, json};

use super::client::{Client, modern, range};
use super::{A, Held, Session, WordReviewer};

const TEXT: &str = "FIXMEWORD one\nFIXMEWORD two\n";

fn start_with_text(reviewer: WordReviewer, capabilities: Value) -> Session {
    let mut session = Session::start_with(reviewer, capabilities, json!({}));
    session.client.open(A, "typescript", TEXT);
    session.client.published(A);
    session
}

fn titles(actions: &Value) -> Vec<&str> {
    let actions = actions.as_array().expect("a list");
    actions.iter().map(|action| action["title"].as_str().expect("a title")).collect()
}

fn fix_of_line(line: u32, uri: &str, version: i32) -> Value {
    json!({"documentChanges": [{
        "textDocument": {"uri": uri, "version": version},
        "edits": [{"range": range((line, 0), (line, 9)), "newText": "FIXEDWORD"}],
    }]})
}

#[test]
fn a_quick_fix_is_offered_where_the_finding_is_and_resolved() {
    let mut session = start_with_text(WordReviewer::default(), modern());
    let client = &mut session.client;
    let nothing = client.call("textDocument/codeAction", Client::actions_at(A, (0, 11), (0, 12)));
    assert_eq!(nothing, Value::Null);
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (1, 9), (1, 9)));
    assert_eq!(titles(&actions), ["Replace the word", "Ignore the word", "Explain `fixme-word`"]);
    let action = &actions[0];
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(action["diagnostics"][0]["code"], "fixme-word");
    assert_eq!(action.get("edit"), None);
    let resolved = client.call("codeAction/resolve", action.clone());
    assert_eq!(resolved["edit"], fix_of_line(1, A, 1));
    assert_eq!(actions[1]["isPreferred"], json!(false));
    let resolved = client.call("codeAction/resolve", actions[1].clone());
    let edit = &resolved["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(*edit, json!({"range": range((1, 0), (1, 0)), "newText": "IGNORED "}));
    session.end();
}

#[test]
fn an_action_of_an_older_text_is_refused() {
    let mut session = start_with_text(WordReviewer::default(), modern());
    let client = &mut session.client;
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    client.change(A, 2, (2, 0), (2, 0), "x");
    client.published_for(A, 2);
    let stale = client.ask("codeAction/resolve", actions[0].clone());
    assert_eq!(client.answer(stale).expect_err("it is stale")["code"], -32801);
    client.close(A);
    client.published(A);
    client.open(A, "typescript", TEXT);
    client.published(A);
    // The version is the same again, the document is not.
    let stale = client.ask("codeAction/resolve", actions[0].clone());
    assert_eq!(client.answer(stale).expect_err("it is stale")["code"], -32801);
    let foreign = client.ask("codeAction/resolve", json!({"title": "x", "data": {"y": 1}}));
    assert_eq!(client.answer(foreign).expect_err("it is foreign")["code"], -32801);
    session.end();
}

#[test]
fn a_review_for_another_reason_does_not_make_an_action_stale() {
    let mut session = start_with_text(WordReviewer::default(), modern());
    let client = &mut session.client;
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    client.notify("workspace/didChangeConfiguration", json!({"settings": {}}));
    let resolved = client.call("codeAction/resolve", actions[0].clone());
    assert_eq!(resolved["edit"], fix_of_line(0, A, 1));
    session.end();
}

#[test]
fn a_plain_client_gets_the_edit_at_once_and_in_the_older_form() {
    let literals = json!({"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}});
    let capabilities = json!({"textDocument": {"codeAction": literals}});
    let reviewer = WordReviewer::pointing_to("/p/other.ts");
    let mut session = start_with_text(reviewer, capabilities);
    let client = &mut session.client;
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    // It cannot create files, and the other file does not exist.
    assert_eq!(titles(&actions), ["Replace the word", "Ignore the word", "Explain `fixme-word`"]);
    let edit = json!([{"range": range((0, 0), (0, 9)), "newText": "FIXEDWORD"}]);
    assert_eq!(actions[0]["edit"], json!({"changes": {A: edit}}));
    assert_eq!(actions[0].get("isPreferred"), None);
    session.end();
}

#[test]
fn changes_to_other_files_are_announced_and_checked() {
    let reviewer = WordReviewer::pointing_to("/p/other.ts");
    let mut session = start_with_text(reviewer, modern());
    let client = &mut session.client;
    let other = "file:///p/other.ts";
    client.open(other, "typescript", "yz");
    client.published(other);
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    assert_eq!(titles(&actions).len(), 5);
    assert_eq!(actions[1]["isPreferred"], false);
    let resolved = client.call("codeAction/resolve", actions[1].clone());
    let annotated = &resolved["edit"]["documentChanges"][1];
    assert_eq!(annotated["textDocument"], json!({"uri": other, "version": 1}));
    let annotation = annotated["edits"][0]["annotationId"].as_str().expect("an annotation");
    assert_eq!(resolved["edit"]["changeAnnotations"][annotation]["needsConfirmation"], true);
    assert_eq!(resolved["edit"]["documentChanges"][0]["edits"][0].get("annotationId"), None);

    let resolved = client.call("codeAction/resolve", actions[2].clone());
    let changes = &resolved["edit"]["documentChanges"];
    assert_eq!((&changes[1]["kind"], &changes[1]["uri"]), (&json!("create"), &json!("file:///p/new.sql")));
    assert_eq!(changes[2]["textDocument"], json!({"uri": "file:///p/new.sql", "version": null}));

    client.change(other, 2, (0, 0), (0, 0), "x");
    client.published_for(other, 2);
    let stale = client.ask("codeAction/resolve", actions[1].clone());
    assert_eq!(client.answer(stale).expect_err("the other file has changed")["code"], -32801);
    session.end();
}

#[test]
fn all_safe_fixes_are_one_action_on_demand() {
    let mut session = start_with_text(WordReviewer::default(), modern());
    let client = &mut session.client;
    let mut params = Client::actions_at(A, (0, 0), (0, 0));
    params["context"]["only"] = json!(["source.fixAll"]);
    let actions = client.call("textDocument/codeAction", params);
    assert_eq!(titles(&actions).len(), 1);
    assert_eq!(actions[0]["kind"], "source.fixAll.plimsoll");
    let resolved = client.call("codeAction/resolve", actions[0].clone());
    let edits = &resolved["edit"]["documentChanges"][0]["edits"];
    assert_eq!(edits.as_array().map(Vec::len), Some(2));
    session.end();
}

#[test]
fn fixes_that_are_wrong_together_are_not_combined() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD\nFIXMEWORD ALONE FIXMEWORD\nFIXMEWORD\n");
    client.published_for(A, 1);
    let mut params = Client::actions_at(A, (0, 0), (0, 0));
    params["context"]["only"] = json!(["source.fixAll.plimsoll"]);
    let actions = client.call("textDocument/codeAction", params);
    let resolved = client.call("codeAction/resolve", actions[0].clone());
    let edits = resolved["edit"]["documentChanges"][0]["edits"].as_array().expect("a list").clone();
    let places: Vec<_> = edits.iter().map(|edit| edit["range"]["start"].clone()).collect();
    let place = |line: u32, character: u32| json!({"line": line, "character": character});
    assert_eq!(places, [place(0, 0), place(1, 0), place(2, 0)]);
    session.end();
}

#[test]
fn fixes_that_touch_each_other_are_all_applied() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "// é\nFIXMEWORDFIXMEWORD\n");
    client.published_for(A, 1);
    let mut params = Client::actions_at(A, (0, 0), (0, 0));
    params["context"]["only"] = json!(["source.fixAll.plimsoll"]);
    let actions = client.call("textDocument/codeAction", params);
    let resolved = client.call("codeAction/resolve", actions[0].clone());
    // What both texts begin and end with is left alone.
    let edits = &resolved["edit"]["documentChanges"][0]["edits"];
    let range = json!({"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 14}});
    assert_eq!(*edits, json!([{"range": range, "newText": "EDWORDFIXED"}]));
    session.end();
}

#[test]
fn a_request_waits_for_the_review_and_an_edit_or_a_cancel_ends_the_wait() {
    let (reviewer, held): (WordReviewer, Held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", TEXT);
    held.wait_for_begin();
    let overtaken = client.ask("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    client.change(A, 2, (2, 0), (2, 0), "x");
    assert_eq!(client.answer(overtaken).expect_err("overtaken")["code"], -32801);
    held.wait_for_begin();
    let cancelled = client.ask("textDocument/hover", Client::position(A, 0, 0));
    let answered = client.ask("textDocument/hover", Client::position(A, 0, 0));
    client.notify("$/cancelRequest", json!({"id": cancelled}));
    assert_eq!(client.answer(cancelled).expect_err("cancelled")["code"], -32800);
    held.go_on();
    client.published_for(A, 2);
    assert_ne!(client.answer(answered).expect("it was only waiting"), Value::Null);
    session.end();
}

#[test]
fn waiting_requests_do_not_stop_edits_from_being_read() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", TEXT);
    held.wait_for_begin();
    let waiting: Vec<i64> =
        (0..500).map(|_| client.ask("textDocument/hover", Client::position(A, 0, 0))).collect();
    client.change(A, 2, (2, 0), (2, 0), "x");
    assert_eq!(held.wait_for_begin(), 2);
    for id in waiting {
        assert_eq!(client.answer(id).expect_err("overtaken")["code"], -32801);
    }
    held.go_on();
    client.published_for(A, 2);
    session.end();
}

#[test]
fn a_hover_tells_what_why_and_where() {
    let reviewer = WordReviewer::pointing_to("/p/a.ts");
    let mut session = start_with_text(reviewer, modern());
    let client = &mut session.client;
    let hover = client.call("textDocument/hover", Client::position(A, 1, 4));
    assert_eq!(hover["range"], range((1, 0), (1, 9)));
    assert_eq!(hover["contents"]["kind"], "markdown");
    insta::assert_snapshot!(hover["contents"]["value"].as_str().expect("text"), @r"
        **`FIXMEWORD` wants fixing**

        Words that want fixing are not fixed by themselves.

        Warning `fixme-word`, high confidence: what is called here is known

        - it is about this ([a.ts:1](file:///p/a.ts#L1))

        [More about this rule](https://plimsoll.dev/rules/fixme-word)
        ");
    assert_eq!(client.call("textDocument/hover", Client::position(A, 1, 12)), Value::Null);
    session.end();

    let mut session = start_with_text(WordReviewer::default(), json!({}));
    let hover = session.client.call("textDocument/hover", Client::position(A, 1, 4));
    assert_eq!(hover["contents"]["kind"], "plaintext");
    insta::assert_snapshot!(hover["contents"]["value"].as_str().expect("text"), @r"
        `FIXMEWORD` wants fixing

        Words that want fixing are not fixed by themselves.

        Warning fixme-word, high confidence: what is called here is known

        https://plimsoll.dev/rules/fixme-word
        ");
    session.end();
}

#[test]
fn requests_for_unknown_documents_have_nothing_to_say() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    for uri in [A, "git:/p/a.ts", "untitled:x"] {
        let actions = client.call("textDocument/codeAction", Client::actions_at(uri, (9, 9), (0, 0)));
        assert_eq!(actions, Value::Null);
        let hover = client.call("textDocument/hover", Client::position(uri, 9, 9));
        assert_eq!(hover, Value::Null);
    }
    session.end();
}

#[test]
fn a_rule_is_explained_on_demand() {
    let mut session = start_with_text(WordReviewer::default(), modern());
    let client = &mut session.client;
    let actions = client.call("textDocument/codeAction", Client::actions_at(A, (0, 0), (0, 0)));
    let command = &actions[2]["command"];
    let run = json!({ "command": command["command"], "arguments": command["arguments"] });
    let page = client.call("workspace/executeCommand", run);
    assert!(page.as_str().expect("Markdown").starts_with("# fixme-word\n\nWords that want fixing"));
    let shown = client.wait("a message", |message| message["method"] == "window/showMessage");
    assert!(shown["params"]["message"].as_str().expect("text").contains("plimsoll explain fixme-word"));
    for (name, arguments) in [
        ("plimsoll.explainRule", json!(["no-such-rule"])),
        ("plimsoll.explainRule", json!([1])),
        ("plimsoll.showFindings", json!(["file:///p/closed.ts", []])),
        ("plimsoll.other", json!([])),
    ] {
        let asked =
            client.ask("workspace/executeCommand", json!({ "command": name, "arguments": arguments }));
        assert_eq!(client.answer(asked).expect_err("it cannot be run")["code"], -32602, "{name}");
    }
    session.end();
}

#[test]
fn a_client_that_shows_the_page_of_a_rule_is_told_nothing_beside() {
    let mut capabilities = modern();
    capabilities["experimental"] = json!({ "plimsoll": { "rulePages": true } });
    let mut session = start_with_text(WordReviewer::default(), capabilities);
    let run = json!({ "command": "plimsoll.explainRule", "arguments": ["fixme-word"] });
    let page = session.client.call("workspace/executeCommand", run);
    assert!(page.as_str().expect("Markdown").starts_with("# fixme-word"));
    // Every message must have been looked at by now.
    session.end();
}

#[test]
fn a_lens_stands_above_what_holds_findings() {
    let mut capabilities = modern();
    capabilities["textDocument"]["codeLens"] = json!({});
    capabilities["window"] = json!({ "showDocument": { "support": true } });
    let mut session = Session::start_with(WordReviewer::default(), capabilities, json!({}));
    let client = &mut session.client;
    client.open(A, "typescript", "fine\nfine\nFIXMEWORD FIXMEWORD\n");
    client.published(A);
    let document = json!({ "textDocument": { "uri": A } });
    let lenses = client.call("textDocument/codeLens", document.clone());
    assert_eq!(lenses.as_array().map(Vec::len), Some(1));
    let (place, command) = (&lenses[0]["range"]["start"], &lenses[0]["command"]);
    assert_eq!((&place["line"], &command["title"]), (&json!(2), &json!("2 findings: fixme-word")));
    let run = json!({ "command": command["command"], "arguments": command["arguments"] });
    let messages = client.call("workspace/executeCommand", run);
    assert_eq!(messages, json!(["`FIXMEWORD` wants fixing", "`FIXMEWORD` wants fixing"]));
    let shown = client.wait("a place", |message| message["method"] == "window/showDocument");
    assert_eq!(shown["params"]["selection"], range((2, 0), (2, 9)));
    client.change(A, 2, (2, 0), (2, 19), "fine");
    assert_eq!(client.call("textDocument/codeLens", document), json!([]));
    client.published_for(A, 2);
    session.end();
}
