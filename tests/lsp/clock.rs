//! A timer that nobody clears, and its fix, as an editor gets them.

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};

const URI: &str = "file:///clock/Clock.tsx";

const CLOCK: &str = r#"import { useEffect, useState } from "react";
export function Clock() {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setInterval(() => setNow(Date.now()), 1000);
  }, []);
  return <p>{now}</p>;
}
"#;

/// The lines of `CLOCK`, from 0, that matter.
const EFFECT: u32 = 3;
const TIMER: u32 = 4;

fn lines(diagnostics: &Value) -> Vec<(String, u64)> {
    let diagnostics = diagnostics.as_array().expect("a list");
    diagnostics
        .iter()
        .map(|diagnostic| {
            let line = diagnostic["range"]["start"]["line"].as_u64().expect("a line");
            (diagnostic["code"].as_str().expect("a rule").to_owned(), line)
        })
        .collect()
}

fn leaked_at(line: u32) -> Vec<(String, u64)> {
    vec![("leaked-timer".to_owned(), u64::from(line))]
}

/// Applies the edits of one document's change to a text whose edits count bytes of ASCII.
fn apply(text: &str, edit: &Value) -> String {
    let changes = edit["documentChanges"].as_array().expect("versioned changes");
    assert_eq!(changes.len(), 1, "only the document itself changes");
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let byte = |position: &Value| {
        let number = |name: &str| position[name].as_u64().expect("a number") as usize;
        starts[number("line")] + number("character")
    };
    let edits = changes[0]["edits"].as_array().expect("a list");
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let (start, end) = (byte(&edit["range"]["start"]), byte(&edit["range"]["end"]));
            (start, end, edit["newText"].as_str().expect("text"))
        })
        .collect();
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

#[test]
fn a_finding_comes_with_a_proven_fix_that_cures_it() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.open(URI, "typescriptreact", CLOCK);
    let diagnostics = client.published_for(URI, 1);
    assert_eq!(lines(&diagnostics), leaked_at(TIMER));
    let place = (TIMER, 6);
    let actions = client.call("textDocument/codeAction", Client::actions_at(URI, place, place));
    let action = &actions[0];
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    let resolved = client.call("codeAction/resolve", action.clone());
    let cured = apply(CLOCK, &resolved["edit"]);
    assert!(cured.contains("return () => clearInterval("), "{cured}");
    client.change_with(URI, 2, json!([{ "text": cured }]));
    assert_eq!(client.published_for(URI, 2), json!([]));
    let stale = client.ask("codeAction/resolve", action.clone());
    assert_eq!(client.answer(stale).expect_err("it is stale")["code"], -32801);
    server.end();
}

#[test]
fn a_finding_stays_while_a_statement_beside_it_is_typed() {
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "initializationOptions": { "preview": true } }));
    client.open(URI, "typescriptreact", CLOCK);
    assert_eq!(lines(&client.published_for(URI, 1)), leaked_at(TIMER));
    let mut version = 1;
    client.change(URI, 2, (EFFECT + 1, 0), (EFFECT + 1, 0), "\n");
    assert_eq!(lines(&client.published_for(URI, 2)), leaked_at(TIMER + 1));
    version += 1;
    for (column, key) in "    const label = `${now} (${\"at\"})`;".chars().enumerate() {
        version += 1;
        let column = u32::try_from(column).expect("a short line");
        client.change(URI, version, (TIMER, column), (TIMER, column), &key.to_string());
        assert_eq!(lines(&client.published_for(URI, version)), leaked_at(TIMER + 1), "after {key:?}");
    }
    server.end();
}

#[test]
fn a_hover_explains_the_finding() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.open(URI, "typescriptreact", CLOCK);
    let hover = client.call("textDocument/hover", Client::position(URI, TIMER, 6));
    let text = hover["contents"]["value"].as_str().expect("text");
    assert!(text.contains("leaked-timer"), "{text}");
    server.end();
}
