//! How a connection begins and ends.

use std::process::Command;

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};

#[test]
fn it_says_what_it_can_do_and_leaves_when_told() {
    let mut server = Server::start_with(&["lsp", "--stdio"]);
    let capabilities = server.client.initialize(modern(), json!({}));
    assert_eq!(capabilities["positionEncoding"], "utf-8");
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert_eq!(capabilities["codeActionProvider"]["resolveProvider"], true);
    assert_eq!(capabilities["hoverProvider"], true);
    // Push or pull, never both.
    assert_eq!(capabilities.get("diagnosticProvider"), None);
    server.end();
}

#[test]
fn it_asks_the_client_to_watch_files_where_the_client_can() {
    let mut server = Server::initialized();
    let registration =
        server.client.wait("a registration", |message| message["method"] == "client/registerCapability");
    let registered = &registration["params"]["registrations"][0];
    assert_eq!(registered["method"], "workspace/didChangeWatchedFiles");
    let answer = json!({"jsonrpc": "2.0", "id": registration["id"], "result": null});
    server.client.send_body(&answer.to_string());
    server.end();

    let mut server = Server::start();
    server.client.initialize(json!({}), json!({}));
    server.client.leave();
    assert_eq!(server.client.rest(), Vec::<Value>::new());
}

#[test]
fn exit_without_shutdown_is_a_failure() {
    let mut server = Server::initialized();
    server.client.notify("exit", Value::Null);
    assert_eq!(server.status().code(), Some(1));

    let mut server = Server::start();
    server.client.notify("exit", Value::Null);
    assert_eq!(server.status().code(), Some(1));
}

#[test]
fn the_end_of_the_input_is_the_end() {
    let mut server = Server::initialized();
    server.client.hang_up();
    assert_eq!(server.status().code(), Some(1));

    let mut server = Server::initialized();
    assert_eq!(server.client.call("shutdown", Value::Null), Value::Null);
    server.client.hang_up();
    assert_eq!(server.status().code(), Some(0));

    let mut server = Server::start();
    server.client.send_bytes(b"Content-Length: 400\r\n\r\n{\"half\":");
    server.client.hang_up();
    assert_eq!(server.status().code(), Some(1));
}

#[test]
fn requests_out_of_season_are_refused() {
    let mut server = Server::start();
    let early = server.client.ask("textDocument/hover", Client::position("file:///a.ts", 0, 0));
    assert_eq!(server.client.answer(early).expect_err("it is early")["code"], -32002);
    server.client.open("file:///a.ts", "typescript", "early");
    server.client.initialize(modern(), json!({}));
    let again = server.client.ask("initialize", json!({"capabilities": {}}));
    assert_eq!(server.client.answer(again).expect_err("it is the second")["code"], -32600);
    assert_eq!(server.client.call("shutdown", Value::Null), Value::Null);
    let late = server.client.ask("textDocument/hover", Client::position("file:///a.ts", 0, 0));
    assert_eq!(server.client.answer(late).expect_err("it is late")["code"], -32600);
    server.client.notify("exit", Value::Null);
    assert_eq!(server.status().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn it_ends_with_its_client_also_if_its_input_stays_open() {
    let mut editor = Command::new("sleep").arg("600").spawn().expect("it starts");
    let mut server = Server::start();
    server.client.initialize(modern(), json!({"processId": editor.id()}));
    server.client.call("textDocument/hover", Client::position("file:///a.ts", 0, 0));
    editor.kill().expect("it runs");
    editor.wait().expect("it ends");
    assert_eq!(server.status().code(), Some(1));
}

#[test]
fn a_document_is_published_when_it_is_opened_and_when_it_is_closed() {
    let mut server = Server::initialized();
    let uri = "untitled:Untitled-1";
    server.client.open(uri, "typescript", "const fine = 1;\n");
    assert_eq!(server.client.published_for(uri, 1), json!([]));
    server.client.close(uri);
    assert_eq!(server.client.published(uri), json!({"uri": uri, "diagnostics": []}));
    server.end();
}
