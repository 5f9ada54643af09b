//! Clients that lie, and texts that nobody would write.

use serde_json::{Value, json};

use super::Server;
use super::client::Client;

const URI: &str = "file:///garbage/a.tsx";

/// Fails unless the server still answers.
fn is_alive(client: &mut Client) {
    client.call("textDocument/hover", Client::position(URI, 0, 0));
}

#[test]
fn what_is_no_message_is_answered_and_passed_over() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    let null_id_error = |client: &mut Client, code: i64| {
        client.wait(&format!("the error {code}"), |message| {
            message.get("id") == Some(&Value::Null) && message["error"]["code"] == code
        });
    };
    for body in ["", "{", "\u{0}", "{\"jsonrpc\":\"2.0\",\"method\":\"x\",", &"[".repeat(100_000)] {
        client.send_body(body);
        null_id_error(client, -32700);
        is_alive(client);
    }
    for body in ["[]", "17", "null", "{}", "{\"method\":\"x\"}", "{\"jsonrpc\":\"1.0\",\"method\":\"x\"}"] {
        client.send_body(body);
        null_id_error(client, -32600);
        is_alive(client);
    }
    client.send_bytes(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd");
    null_id_error(client, -32700);
    client.send_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    null_id_error(client, -32700);
    client.send_bytes(b"Content-Length: twelve\r\n\r\n");
    null_id_error(client, -32700);
    is_alive(client);
    server.end();
}

#[test]
fn unknown_methods_and_wrong_parameters_are_refused() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    let mut code_of = |method: &str, params: Value| {
        let id = client.ask(method, params);
        client.answer(id).expect_err("it is refused")["code"].as_i64()
    };
    assert_eq!(code_of("plimsoll/unheardOf", json!({})), Some(-32601));
    assert_eq!(code_of("textDocument/completion", Client::position(URI, 0, 0)), Some(-32601));
    assert_eq!(code_of("textDocument/hover", json!({"position": "here"})), Some(-32602));
    assert_eq!(code_of("textDocument/codeAction", json!([1, 2])), Some(-32602));
    client.notify("textDocument/didOpen", json!({"textDocument": {"uri": 7}}));
    client.notify(
        "textDocument/didOpen",
        json!({"textDocument": {
            "uri": "no uri at all %", "languageId": "rust", "version": 1, "text": "",
        }}),
    );
    client.notify("textDocument/didChange", json!(null));
    client.notify("$/unheardOf", json!({}));
    client.notify("plimsoll/unheardOf", json!({}));
    client.send_body(&json!({"jsonrpc": "2.0", "id": 4711, "result": "unasked"}).to_string());
    client.send_body(&json!({"jsonrpc": "2.0", "id": "x", "error": {"code": 1, "message": ""}}).to_string());
    is_alive(client);
    server.end();
}

#[test]
fn documents_that_are_not_open_and_versions_that_lie_do_no_harm() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.change("file:///never/opened.ts", 5, (0, 0), (0, 0), "x");
    client.close("file:///never/opened.ts");
    client.notify("textDocument/didSave", json!({"textDocument": {"uri": "file:///never/opened.ts"}}));
    client.open(URI, "typescriptreact", "let a = 1;\n");
    client.open(URI, "typescriptreact", "let b = 2;\n");
    for version in [5, 5, 4, -1, i64::from(i32::MIN), i64::from(i32::MAX)] {
        client.change(URI, version, (0, 0), (0, 0), "/");
    }
    is_alive(client);
    server.end();
}

#[test]
fn positions_that_do_not_exist_do_no_harm() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.open(URI, "typescriptreact", "const ship = \"🚢\";\r\nconst é = 1;\r\n");
    let far = u32::MAX;
    let ranges = [
        ((0, 15), (0, 16)),
        ((9, 0), (9, 9)),
        ((far, far), (far, far)),
        ((1, 5), (0, 2)),
        ((0, far), (1, 0)),
        ((0, 0), (far, 0)),
    ];
    for (index, (start, end)) in ranges.into_iter().enumerate() {
        client.change(URI, index as i64 + 2, start, end, "x🚢\r\n\r");
        client.call("textDocument/hover", Client::position(URI, end.0, end.1));
        let actions = Client::actions_at(URI, start, end);
        client.call("textDocument/codeAction", actions);
    }
    let negative = json!([{"range": {"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}}, "text": ""}]);
    client.change_with(URI, 50, negative);
    client.change_with(URI, 51, json!([]));
    client.change_with(URI, 52, json!([{"text": "whole"}, {"text": ""}]));
    is_alive(client);
    server.end();
}

#[test]
fn monstrous_texts_neither_crash_nor_hang_it() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    let monsters = [
        "x".repeat(20 * 1024 * 1024),
        "(".repeat(100_000),
        "<a>{".repeat(50_000),
        "`${".repeat(50_000),
        "\u{0}\u{feff}\u{2028}\r\r\n".repeat(10_000),
    ];
    for (index, monster) in monsters.iter().enumerate() {
        let uri = format!("file:///garbage/{index}.tsx");
        client.open(&uri, "typescriptreact", monster);
        client.change(&uri, 2, (0, 1), (0, 1), "\n}");
        client.call("textDocument/hover", Client::position(&uri, 0, 0));
        client.close(&uri);
    }
    is_alive(client);
    server.end();
}
