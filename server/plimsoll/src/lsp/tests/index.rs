//! The workspace is read ahead: the client sees how far, can stop it, and never waits for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::client::{Client, modern};
use super::{A, Session, WordReviewer};

const FILES: usize = 120;

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for i in 0..FILES {
        std::fs::write(folder.path().join(format!("a{i}.ts")), "let a = 1\n").expect("there is room");
    }
    std::fs::write(folder.path().join("a.md"), "no source\n").expect("there is room");
    folder
}

fn start(folder: &Path, shows_progress: bool) -> (Session, Arc<AtomicUsize>) {
    let reviewer = WordReviewer::default();
    let read = Arc::clone(&reviewer.read);
    let mut capabilities = modern();
    capabilities["window"] = json!({ "workDoneProgress": shows_progress });
    let folders = json!([{ "uri": format!("file://{}", folder.display()), "name": "w" }]);
    (Session::start_with(reviewer, capabilities, json!({ "workspaceFolders": folders })), read)
}

/// Lets the server show its progress; returns the token.
fn agree(client: &mut Client) -> Value {
    let asked = client.wait("a token", |message| message["method"] == "window/workDoneProgress/create");
    client.send_body(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }).to_string());
    asked["params"]["token"].clone()
}

fn progress(client: &mut Client, token: &Value, kind: &str) -> Value {
    let message = client.wait(&format!("the {kind}"), |message| {
        message["method"] == "$/progress" && message["params"]["value"]["kind"] == kind
    });
    assert_eq!(message["params"]["token"], *token);
    message["params"]["value"].clone()
}

/// Takes what was told in between, so that nothing unexpected is left.
fn forget_reports(client: &mut Client) {
    client.forget(|message| message["method"] == "$/progress");
}

#[test]
fn progress_begins_and_ends() {
    let folder = workspace();
    let (mut session, read) = start(folder.path(), true);
    let client = &mut session.client;
    client.open(A, "typescript", "// FIXMEWORD\n");
    client.published_for(A, 1);
    let token = agree(client);
    assert_eq!(progress(client, &token, "begin")["cancellable"], true);
    let report = progress(client, &token, "report");
    assert!(report["percentage"].as_u64().is_some_and(|it| it < 100), "{report}");
    progress(client, &token, "end");
    assert_eq!(read.load(Ordering::Relaxed), FILES);
    forget_reports(client);
    session.end();
}

#[test]
fn a_client_can_stop_it() {
    let folder = workspace();
    let (mut session, read) = start(folder.path(), true);
    let client = &mut session.client;
    client.open(A, "typescript", "// FIXMEWORD\n");
    client.published_for(A, 1);
    let token = agree(client);
    progress(client, &token, "begin");
    client.notify("window/workDoneProgress/cancel", json!({ "token": "of somebody else" }));
    progress(client, &token, "report");
    client.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    progress(client, &token, "end");
    assert!(read.load(Ordering::Relaxed) < FILES);
    forget_reports(client);
    session.end();
}

#[test]
fn it_stands_back_while_somebody_types() {
    let folder = workspace();
    let (mut session, read) = start(folder.path(), true);
    let client = &mut session.client;
    client.open(A, "typescript", "// FIXMEWORD\n");
    client.published_for(A, 1);
    let token = agree(client);
    progress(client, &token, "begin");
    let before = read.load(Ordering::Relaxed);
    for version in 2..40 {
        client.change(A, version, (0, 0), (0, 0), "\n");
        client.published_for(A, version);
    }
    let after = read.load(Ordering::Relaxed);
    assert!(after < before + 20, "{before} files were read before the keys, {after} after them");
    progress(client, &token, "end");
    assert_eq!(read.load(Ordering::Relaxed), FILES);
    forget_reports(client);
    session.end();
}

#[test]
fn a_client_that_shows_no_progress_is_told_nothing() {
    let folder = workspace();
    let (mut session, read) = start(folder.path(), false);
    session.client.open(A, "typescript", "");
    session.client.published_for(A, 1);
    let end = std::time::Instant::now() + super::client::PATIENCE;
    while read.load(Ordering::Relaxed) < FILES && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(read.load(Ordering::Relaxed), FILES);
    session.end();
}

#[test]
fn a_client_that_refuses_is_told_nothing() {
    let folder = workspace();
    let (mut session, _) = start(folder.path(), true);
    let client = &mut session.client;
    let asked = client.wait("a token", |message| message["method"] == "window/workDoneProgress/create");
    let error = json!({ "code": -32601, "message": "no" });
    client.send_body(&json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error }).to_string());
    client.open(A, "typescript", "");
    client.published_for(A, 1);
    session.end();
}
