//! What is published, when, and for which version.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::client::{Client, modern, range};
use super::{A, End, Session, WordReviewer, places};

#[test]
fn what_is_typed_is_published_with_its_version() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "// FIXMEWORD\n");
    assert_eq!(places(&client.published_for(A, 1)), [(0, 3, 0, 12)]);
    client.change(A, 2, (0, 0), (0, 0), "\n");
    assert_eq!(places(&client.published_for(A, 2)), [(1, 3, 1, 12)]);
    client.change(A, 3, (1, 3), (1, 4), "");
    assert_eq!(client.published_for(A, 3), json!([]));
    client.close(A);
    assert_eq!(client.published(A), json!({"uri": A, "diagnostics": []}));
    session.end();
}

#[test]
fn a_diagnostic_tells_all_that_the_client_can_show() {
    let reviewer = WordReviewer::pointing_to("/p/b.sql");
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open("file:///p/b%2Esql", "sql", "é");
    assert_eq!(client.published("file:///p/b%2Esql")["diagnostics"], json!([]));
    client.open(A, "typescript", "FIXMEWORD");
    assert_eq!(
        client.published_for(A, 1),
        json!([{
            "range": range((0, 0), (0, 9)),
            "severity": 2,
            "code": "fixme-word",
            "codeDescription": {"href": "https://plimsoll.dev/rules/fixme-word"},
            "source": "plimsoll",
            "message": "`FIXMEWORD` wants fixing",
            "relatedInformation": [{
                // The client's own spelling of the other document.
                "location": {"uri": "file:///p/b%2Esql", "range": range((0, 0), (0, 0))},
                "message": "it is about this",
            }],
            "data": {"fingerprint": "FIXMEWORD 0"},
        }])
    );
    session.end();
}

#[test]
fn a_plain_client_gets_plain_diagnostics() {
    let mut session = Session::start_with(WordReviewer::default(), json!({}), json!({}));
    session.client.open(A, "typescript", "🚢 FIXMEWORD");
    assert_eq!(
        session.client.published(A),
        json!({"uri": A, "diagnostics": [{
            // UTF-16 where nothing else is offered.
            "range": range((0, 3), (0, 12)),
            "severity": 2,
            "code": "fixme-word",
            "source": "plimsoll",
            "message": "`FIXMEWORD` wants fixing",
        }]})
    );
    session.end();
}

#[test]
fn positions_count_what_was_negotiated_over_emoji_and_crlf() {
    for (encoding, ship) in [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)] {
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!([encoding]);
        let mut session = Session::start_with(WordReviewer::default(), capabilities, json!({}));
        let client = &mut session.client;
        client.open(A, "typescript", "// 🚢\r\n/* 🚢 */ FIX\r\n");
        assert_eq!(client.published_for(A, 1), json!([]));
        let end = 3 + ship + 4 + 3;
        client.change(A, 2, (1, end), (1, end), "MEWORD // 🚢");
        let start = u64::from(end) - 3;
        assert_eq!(places(&client.published_for(A, 2)), [(1, start, 1, start + 9)], "{encoding}");
        // Within the character, past the line and past the text: the nearest before that exists.
        client.change(A, 3, (0, 999), (1, 0), "🚣");
        let start = 3 + 2 * u64::from(ship) + 3 + u64::from(ship) + 4;
        assert_eq!(places(&client.published_for(A, 3)), [(0, start, 0, start + 9)], "{encoding}");
        session.end();
    }
}

#[test]
fn a_client_that_reads_versions_learns_that_its_list_is_up_to_date() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD\n\n");
    let before = client.published_for(A, 1);
    client.change(A, 2, (1, 0), (1, 0), "x");
    assert_eq!(client.published_for(A, 2), before);
    session.end();
}

#[test]
fn a_list_that_is_shown_already_is_not_published_again() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD\n\n");
    client.published_for(A, 1);
    // The same text is reviewed again, to the same end.
    client.notify("workspace/didChangeConfiguration", json!({"settings": {}}));
    // An answer comes only when the review is done; the session's end finds nothing else unread.
    client.call("textDocument/hover", Client::position(A, 0, 0));
    session.end();
}

#[test]
fn an_edit_during_a_review_cancels_it_and_its_findings_are_never_shown() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD");
    assert_eq!(held.wait_for_begin(), 1);
    // The first review is never let go on: only its cancellation ends it.
    client.change(A, 2, (0, 0), (0, 0), "FIXMEWORD ");
    assert_eq!(held.wait_for_begin(), 2);
    held.go_on();
    assert_eq!(client.published(A)["version"], 2);
    session.end();
}

#[test]
fn a_document_that_is_closed_during_its_review_stays_empty() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD");
    held.wait_for_begin();
    let hover = client.ask("textDocument/hover", Client::position(A, 0, 0));
    client.close(A);
    assert_eq!(client.published(A)["diagnostics"], json!([]));
    assert_eq!(client.answer(hover).expect_err("it is closed")["code"], -32801);
    // It may be opened again while the old review ends, with the same version and another text.
    client.open(A, "typescript", "");
    held.wait_for_begin();
    held.go_on();
    assert_eq!(client.published_for(A, 1), json!([]));
    session.end();
}

#[test]
fn what_was_found_stands_while_a_broken_text_is_reviewed() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD; FIXMEWORD;\n");
    assert_eq!(held.wait_for_begin(), 1);
    held.go_on();
    let found = client.published_for(A, 1);
    assert_eq!(places(&found), [(0, 0, 0, 9), (0, 11, 0, 20)]);
    // The second one is being changed, and nothing says yet whether the first one is gone with it.
    client.change(A, 2, (0, 15), (0, 15), "(`");
    assert_eq!(held.wait_for_begin(), 2);
    assert_eq!(places(&client.published_for(A, 2)), [(0, 0, 0, 9)]);
    // A text that parses is told of when it was reviewed.
    client.change(A, 3, (0, 15), (0, 17), "");
    assert_eq!(held.wait_for_begin(), 3);
    held.go_on();
    let next = client.published(A);
    assert_eq!((&next["version"], &next["diagnostics"]), (&json!(3), &found));
    session.end();
}

#[test]
fn what_was_found_stands_while_a_parse_takes_long() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    // With a brace of an argument open above it, all of this may be many things.
    let text = "const FIXMEWORD = (a) => { f(a, { b: [a, `${a}`], c: (d) => { g(d, { e: 1 }); } }); };\n"
        .repeat(2_000);
    client.open(A, "typescript", &text);
    assert_eq!(held.wait_for_begin(), 1);
    held.go_on();
    assert_eq!(client.published_for(A, 1).as_array().map(Vec::len), Some(2_000));
    client.change(A, 2, (7, 0), (7, 0), "f(a, { FIXMEWORD ");
    assert_eq!(client.published_for(A, 2).as_array().map(Vec::len), Some(2_000), "it is not reviewed yet");
    assert_eq!(held.wait_for_begin(), 2);
    held.go_on();
    assert_eq!(client.published_for(A, 2).as_array().map(Vec::len), Some(2_001));
    // The tree is there for the next key, and for whoever asks.
    client.change(A, 3, (7, 0), (7, 17), "");
    assert_eq!(held.wait_for_begin(), 3);
    held.go_on();
    assert_eq!(client.published_for(A, 3).as_array().map(Vec::len), Some(2_000));
    session.end();
}

/// A session with a client that asks for diagnostics by itself.
fn asking(reviewer: WordReviewer) -> Session {
    let mut capabilities = modern();
    capabilities["textDocument"]["diagnostic"] = json!({});
    capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    Session::start_with(reviewer, capabilities, json!({}))
}

fn ask(client: &mut Client) -> i64 {
    client.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": A } }))
}

#[test]
fn a_client_that_asks_is_told_what_stands_and_to_ask_again() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = asking(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD;\nx;\n");
    assert_eq!(held.wait_for_begin(), 1);
    held.go_on();
    let first = ask(client);
    assert_eq!(places(&client.answer(first).expect("a report")["items"]), [(0, 0, 0, 9)]);
    client.change(A, 2, (1, 0), (1, 0), "f(`FIXMEWORD ");
    assert_eq!(held.wait_for_begin(), 2);
    let second = ask(client);
    assert_eq!(places(&client.answer(second).expect("a report")["items"]), [(0, 0, 0, 9)]);
    held.go_on();
    client.wait("a refresh", |message| message["method"] == "workspace/diagnostic/refresh");
    let third = ask(client);
    let items = &client.answer(third).expect("a report")["items"];
    assert_eq!(places(items), [(0, 0, 0, 9), (1, 3, 1, 12)]);
    session.end();
}

#[test]
fn what_is_found_at_first_is_shown_until_the_review_is_done() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD; LATER; FIXMEWORD");
    held.wait_for_begin();
    assert_eq!(places(&client.published_for(A, 1)), [(0, 0, 0, 9)]);
    // What needs the whole review waits for it.
    let hover = client.ask("textDocument/hover", Client::position(A, 0, 20));
    held.go_on();
    assert_eq!(places(&client.published_for(A, 1)), [(0, 0, 0, 9), (0, 18, 0, 27)]);
    assert!(client.answer(hover).expect("a hover")["contents"].is_object());
    // An edit overtakes a review that has told something already.
    client.change(A, 2, (0, 0), (0, 0), "FIXMEWORD; ");
    held.wait_for_begin();
    assert_eq!(places(&client.published_for(A, 2)), [(0, 0, 0, 9), (0, 11, 0, 20)]);
    client.change(A, 3, (0, 0), (0, 11), "");
    held.wait_for_begin();
    assert_eq!(places(&client.published_for(A, 3)), [(0, 0, 0, 9)]);
    held.go_on();
    assert_eq!(places(&client.published_for(A, 3)), [(0, 0, 0, 9), (0, 18, 0, 27)]);
    session.end();
}

#[test]
fn a_client_that_asks_is_told_what_is_found_at_first() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = asking(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "x; LATER; FIXMEWORD");
    held.wait_for_begin();
    held.go_on();
    let first = ask(client);
    assert_eq!(places(&client.answer(first).expect("a report")["items"]), [(0, 10, 0, 19)]);
    client.change(A, 2, (0, 0), (0, 0), "FIXMEWORD; ");
    held.wait_for_begin();
    let second = ask(client);
    assert_eq!(places(&client.answer(second).expect("a report")["items"]), [(0, 0, 0, 9)]);
    held.go_on();
    client.wait("a refresh", |message| message["method"] == "workspace/diagnostic/refresh");
    let third = ask(client);
    let items = &client.answer(third).expect("a report")["items"];
    assert_eq!(places(items), [(0, 0, 0, 9), (0, 21, 0, 30)]);
    session.end();
}

#[test]
fn a_burst_is_coalesced() {
    let (reviewer, held) = WordReviewer::held();
    let begun = Arc::clone(&reviewer.begun);
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    client.open(A, "typescript", "");
    held.wait_for_begin();
    let text = "FIXMEWORD 🚢\r\n".repeat(40);
    let keys: Vec<(u32, u32, String)> = {
        let (mut line, mut column) = (0, 0);
        let mut keys = Vec::new();
        for character in text.chars() {
            keys.push((line, column, character.to_string()));
            column += character.len_utf8() as u32;
            if character == '\n' {
                (line, column) = (line + 1, 0);
            }
        }
        keys
    };
    for (index, (line, column, key)) in keys.iter().enumerate() {
        client.change(A, index as i64 + 2, (*line, *column), (*line, *column), key);
    }
    let last = keys.len() as i64 + 1;
    for _ in 0..=keys.len() {
        held.go_on();
    }
    // What stands of the earlier findings may be told before the text is reviewed, which does not parse.
    client.wait("all findings", |message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["version"] == last
            && message["params"]["diagnostics"].as_array().is_some_and(|all| all.len() == 40)
    });
    let begun = begun.load(Ordering::Relaxed);
    assert!(begun <= keys.len() + 1, "{begun} reviews for {} keys", keys.len());
    session.end();
}

#[test]
fn findings_stay_while_their_line_is_half_written() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD one\nFIXMEWORD two\n");
    assert_eq!(places(&client.published_for(A, 1)).len(), 2);
    client.change(A, 2, (0, 0), (0, 0), "((( ");
    assert_eq!(places(&client.published_for(A, 2)), [(0, 4, 0, 13), (1, 0, 1, 9)]);
    client.change(A, 3, (0, 6), (0, 7), "x");
    assert_eq!(places(&client.published_for(A, 3)), [(1, 0, 1, 9)], "its text has changed");
    session.end();
}

#[test]
fn versions_that_go_backwards_are_taken_as_they_come() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "");
    client.published_for(A, 1);
    client.change(A, -7, (0, 0), (0, 0), "FIXMEWORD");
    let published = client.published(A);
    assert_eq!((&published["version"], places(&published["diagnostics"]).len()), (&json!(-7), 1));
    session.end();
}

#[test]
fn a_panic_costs_one_review() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open(A, "typescript", "FIXMEWORD\n");
    client.published_for(A, 1);
    client.change(A, 2, (1, 0), (1, 0), "PANIC");
    client.call("textDocument/hover", Client::position(A, 0, 0));
    client.change(A, 3, (1, 0), (1, 5), "FIXMEWORD");
    assert_eq!(places(&client.published_for(A, 3)).len(), 2);
    session.end();
}

#[test]
fn unsaved_documents_are_reviewed_and_other_schemes_are_left_alone() {
    let mut session = Session::start(WordReviewer::default());
    let client = &mut session.client;
    client.open("git:/p/a.ts?ref=HEAD", "typescript", "FIXMEWORD");
    client.open("file:///p/README.md", "markdown", "FIXMEWORD");
    client.open("untitled:Untitled-1", "typescript", "FIXMEWORD");
    let published = client.published("untitled:Untitled-1");
    assert_eq!(places(&published["diagnostics"]).len(), 1);
    client.change("git:/p/a.ts?ref=HEAD", 2, (0, 0), (0, 0), "FIXMEWORD");
    client.close("git:/p/a.ts?ref=HEAD");
    client.close("file:///never/opened.ts");
    session.end();
}

#[test]
fn documents_of_two_roots_are_both_reviewed_under_the_clients_spelling() {
    let folders = json!({"workspaceFolders": [
        {"uri": "file:///one", "name": "one"},
        {"uri": "file:///two%20x", "name": "two"},
    ]});
    let mut session = Session::start_with(WordReviewer::default(), modern(), folders);
    let client = &mut session.client;
    for uri in ["file:///one/a.ts", "file:///two%20x/%61.ts"] {
        client.open(uri, "typescript", "FIXMEWORD");
        assert_eq!(places(&client.published_for(uri, 1)).len(), 1);
    }
    let change = json!({"event": {
        "added": [{"uri": "file:///three", "name": "three"}],
        "removed": [{"uri": "file:///one", "name": "one"}],
    }});
    client.notify("workspace/didChangeWorkspaceFolders", change);
    session.end();
}

#[test]
fn a_change_on_disk_and_a_save_review_the_other_documents_again() {
    let reviewer = WordReviewer::default();
    let begun = Arc::clone(&reviewer.begun);
    let mut session = Session::start(reviewer);
    let client = &mut session.client;
    let b = "file:///p/b.ts";
    for uri in [A, b] {
        client.open(uri, "typescript", "FIXMEWORD");
        client.published_for(uri, 1);
    }
    let is_reviewed_again = |client: &mut Client, uri: &str, times: usize| {
        let before = begun.load(Ordering::Relaxed);
        client.call("textDocument/hover", Client::position(uri, 0, 0));
        assert!(begun.load(Ordering::Relaxed) <= before + times);
    };
    client.notify("textDocument/didSave", json!({"textDocument": {"uri": A}}));
    is_reviewed_again(client, b, 1);
    assert_eq!(begun.load(Ordering::Relaxed), 3);
    let changes = json!({"changes": [{"uri": "file:///p/schema.prisma", "type": 2}]});
    client.notify("workspace/didChangeWatchedFiles", changes);
    client.call("textDocument/hover", Client::position(A, 0, 0));
    client.call("textDocument/hover", Client::position(b, 0, 0));
    assert_eq!(begun.load(Ordering::Relaxed), 5);
    // What an editor saves itself, and what nobody reads, changes nothing.
    let changes = json!({"changes": [{"uri": A, "type": 2}, {"uri": "file:///p/x.md", "type": 1}]});
    client.notify("workspace/didChangeWatchedFiles", changes);
    client.call("textDocument/hover", Client::position(A, 0, 0));
    assert_eq!(begun.load(Ordering::Relaxed), 5);
    session.end();
}

#[test]
fn a_client_that_hangs_up_in_the_middle_of_a_review_ends_the_connection() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start(reviewer);
    session.client.open(A, "typescript", "FIXMEWORD");
    held.wait_for_begin();
    session.client.hang_up();
    assert_eq!(session.server.join().expect("it does not panic"), End::Abrupt);
}
