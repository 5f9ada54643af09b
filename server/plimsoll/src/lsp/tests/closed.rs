//! Files that change behind the editor's back.

use serde_json::{Value, json};

use super::client::{Client, modern};
use super::{Session, WordReviewer, places};

const CREATED: u8 = 1;
const CHANGED: u8 = 2;
const DELETED: u8 = 3;

/// A folder on the disk, and a session whose workspace it is.
struct Workspace {
    folder: tempfile::TempDir,
    session: Session,
}

impl Workspace {
    fn start(capabilities: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = json!({ "rootUri": format!("file://{}", folder.path().display()) });
        let session = Session::start_with(WordReviewer::default(), capabilities, root);
        Self { folder, session }
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }

    /// Tells the server what has happened on the disk.
    fn tell(&mut self, changes: &[(&str, u8)]) {
        let changes: Vec<Value> =
            changes.iter().map(|(name, kind)| json!({ "uri": self.uri(name), "type": kind })).collect();
        self.client().notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    }

    fn client(&mut self) -> &mut Client {
        &mut self.session.client
    }

    fn published(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        self.client().published(&uri)["diagnostics"].clone()
    }

    fn pull_workspace(&mut self, known: &[(String, String)]) -> i64 {
        let known: Vec<Value> = known.iter().map(|(uri, id)| json!({ "uri": uri, "value": id })).collect();
        self.client().ask("workspace/diagnostic", json!({ "previousResultIds": known }))
    }
}

fn pulling() -> Value {
    let mut capabilities = modern();
    capabilities["textDocument"]["diagnostic"] = json!({});
    capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    capabilities
}

/// Of the reports of a workspace: the last part of each path, how many findings, and the result's id.
fn reports(answer: &Value) -> Vec<(String, Option<usize>, String)> {
    let items = answer["items"].as_array().expect("reports");
    let reports = items.iter().map(|item| {
        let name = item["uri"].as_str().and_then(|uri| uri.rsplit('/').next()).expect("a name");
        let id = item["resultId"].as_str().expect("an id");
        (name.to_owned(), item["items"].as_array().map(Vec::len), id.to_owned())
    });
    reports.collect()
}

#[test]
fn what_is_written_to_the_disk_is_shown_until_it_is_mended_or_gone() {
    let mut workspace = Workspace::start(modern());
    workspace.write("a.ts", "é FIXMEWORD\n");
    workspace.write("clean.ts", "");
    workspace.write("b.rs", "FIXMEWORD\n");
    workspace.tell(&[("a.ts", CREATED), ("clean.ts", CREATED), ("b.rs", CHANGED), ("none.ts", CREATED)]);
    assert_eq!(places(&workspace.published("a.ts")), [(0, 3, 0, 12)]);
    assert_eq!(places(&workspace.published("b.rs")), [(0, 0, 0, 9)]);
    workspace.write("a.ts", "fine\n");
    std::fs::remove_file(workspace.folder.path().join("b.rs")).expect("it is there");
    workspace.tell(&[("a.ts", CHANGED), ("b.rs", DELETED)]);
    assert_eq!(workspace.published("a.ts"), json!([]));
    assert_eq!(workspace.published("b.rs"), json!([]));
    workspace.session.end();
}

#[test]
fn what_git_ignores_and_what_lies_elsewhere_is_left_alone() {
    let mut workspace = Workspace::start(modern());
    workspace.write(".gitignore", "dist\n");
    workspace.write("dist/a.ts", "FIXMEWORD\n");
    workspace.write("src/a.ts", "FIXMEWORD\n");
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::write(elsewhere.path().join("a.ts"), "FIXMEWORD\n").expect("it can be written");
    let uri = format!("file://{}/a.ts", elsewhere.path().display());
    let changes = json!({ "changes": [{ "uri": uri, "type": CREATED }] });
    workspace.client().notify("workspace/didChangeWatchedFiles", changes);
    workspace.tell(&[("dist/a.ts", CREATED)]);
    workspace.tell(&[("src/a.ts", CREATED)]);
    assert_eq!(places(&workspace.published("src/a.ts")), [(0, 0, 0, 9)]);
    let others = workspace.client().already(|message| message["method"] == "textDocument/publishDiagnostics");
    assert_eq!(others, None);
    workspace.session.end();
}

#[test]
fn files_that_the_client_makes_moves_and_removes_are_followed() {
    let mut workspace = Workspace::start(modern());
    workspace.write("a.ts", "FIXMEWORD\n");
    let a = workspace.uri("a.ts");
    let b = workspace.uri("b.ts");
    workspace.client().notify("workspace/didCreateFiles", json!({ "files": [{ "uri": a }] }));
    assert_eq!(workspace.published("a.ts").as_array().map(Vec::len), Some(1));
    let folder = workspace.folder.path().to_owned();
    std::fs::rename(folder.join("a.ts"), folder.join("b.ts")).expect("it is there");
    let moved = json!({ "files": [{ "oldUri": a, "newUri": b }] });
    workspace.client().notify("workspace/didRenameFiles", moved);
    assert_eq!(workspace.published("a.ts"), json!([]));
    assert_eq!(workspace.published("b.ts").as_array().map(Vec::len), Some(1));
    std::fs::remove_file(folder.join("b.ts")).expect("it is there");
    workspace.client().notify("workspace/didDeleteFiles", json!({ "files": [{ "uri": b }] }));
    assert_eq!(workspace.published("b.ts"), json!([]));
    workspace.session.end();
}

#[test]
fn a_client_that_traces_is_told_what_is_reviewed() {
    let mut workspace = Workspace::start(modern());
    let client = workspace.client();
    client.notify("$/setTrace", json!({ "value": "messages" }));
    client.open("file:///p/a.ts", "typescript", "FIXMEWORD\n");
    client.published("file:///p/a.ts");
    let told = client.wait("a trace", |message| message["method"] == "$/logTrace");
    let message = told["params"]["message"].as_str().expect("text");
    assert_eq!(message, "reviewed file:///p/a.ts, version 1: 1 finding");
    client.notify("$/setTrace", json!({ "value": "off" }));
    client.change("file:///p/a.ts", 2, (0, 0), (0, 0), "x");
    client.published_for("file:///p/a.ts", 2);
    workspace.session.end();
}

#[test]
fn a_buffer_stands_for_its_file_while_it_is_open() {
    let mut workspace = Workspace::start(modern());
    workspace.write("a.ts", "FIXMEWORD\n");
    workspace.tell(&[("a.ts", CHANGED)]);
    assert_eq!(places(&workspace.published("a.ts")), [(0, 0, 0, 9)]);
    let uri = workspace.uri("a.ts");
    workspace.client().open(&uri, "typescript", "fine\n");
    assert_eq!(workspace.published("a.ts"), json!([]));
    // Changed below the buffer: nothing is shown of it.
    workspace.write("a.ts", "\nFIXMEWORD\n");
    workspace.tell(&[("a.ts", CHANGED)]);
    workspace.client().close(&uri);
    // That nothing is shown for the buffer any more may be overtaken by what is shown for the file.
    let mut shown = workspace.published("a.ts");
    if shown == json!([]) {
        shown = workspace.published("a.ts");
    }
    assert_eq!(places(&shown), [(1, 0, 1, 9)]);
    workspace.session.end();
}

#[test]
fn fifty_files_at_once_are_all_shown() {
    let mut workspace = Workspace::start(modern());
    let names: Vec<String> = (0..50).map(|number| format!("file{number}.ts")).collect();
    for name in &names {
        workspace.write(name, "FIXMEWORD\n");
    }
    let changes: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), CREATED)).collect();
    workspace.tell(&changes);
    for name in &names {
        assert_eq!(workspace.published(name).as_array().map(Vec::len), Some(1), "{name}");
    }
    workspace.session.end();
}

#[test]
fn a_client_that_asks_is_told_when_there_is_news() {
    let mut workspace = Workspace::start(pulling());
    let first = workspace.pull_workspace(&[]);
    workspace.write("a.ts", "FIXMEWORD\n");
    workspace.write("clean.ts", "");
    workspace.tell(&[("clean.ts", CREATED), ("a.ts", CREATED)]);
    let answer = workspace.client().answer(first).expect("reports");
    let told = reports(&answer);
    let a = told.iter().find(|(name, ..)| name == "a.ts").expect("it is reported");
    assert_eq!(a.1, Some(1));
    let known = [(workspace.uri("a.ts"), a.2.clone())];
    let waiting = workspace.pull_workspace(&known);
    // One that waits is superseded by the next one.
    let next = workspace.pull_workspace(&known);
    let refusal = workspace.client().answer(waiting).expect_err("it is superseded");
    assert_eq!((&refusal["code"], &refusal["data"]["retriggerRequest"]), (&json!(-32802), &json!(true)));
    std::fs::remove_file(workspace.folder.path().join("a.ts")).expect("it is there");
    workspace.tell(&[("a.ts", DELETED)]);
    let answer = workspace.client().answer(next).expect("reports");
    let told = reports(&answer);
    let a = told.iter().find(|(name, ..)| name == "a.ts").expect("it is reported");
    assert_eq!(a.1, Some(0));
    workspace.session.end();
}

#[test]
fn a_client_that_takes_parts_of_an_answer_is_told_of_more_as_it_comes() {
    let mut workspace = Workspace::start(pulling());
    let params = json!({ "previousResultIds": [], "partialResultToken": "parts" });
    let asked = workspace.client().ask("workspace/diagnostic", params);
    let part = |workspace: &mut Workspace| {
        let told = workspace.client().wait("a part", |message| message["method"] == "$/progress");
        assert_eq!(told["params"]["token"], "parts");
        reports(&told["params"]["value"])
    };
    workspace.write("a.ts", "FIXMEWORD\n");
    workspace.write("clean.ts", "");
    workspace.tell(&[("clean.ts", CREATED), ("a.ts", CREATED)]);
    let told = part(&mut workspace);
    assert!(matches!(told.as_slice(), [(name, Some(1), _)] if name == "a.ts"), "{told:?}");
    // Only what is new, and it need not be asked for again.
    workspace.write("b.ts", "FIXMEWORD FIXMEWORD\n");
    workspace.tell(&[("b.ts", CREATED)]);
    let told = part(&mut workspace);
    assert!(matches!(told.as_slice(), [(name, Some(2), _)] if name == "b.ts"), "{told:?}");
    std::fs::remove_file(workspace.folder.path().join("a.ts")).expect("it is there");
    workspace.tell(&[("a.ts", DELETED)]);
    let told = part(&mut workspace);
    assert!(matches!(told.as_slice(), [(name, Some(0), _)] if name == "a.ts"), "{told:?}");
    let next = workspace.pull_workspace(&[]);
    let refusal = workspace.client().answer(asked).expect_err("it is superseded");
    assert_eq!(refusal["code"], json!(-32802));
    let answer = workspace.client().answer(next).expect("reports");
    assert!(reports(&answer).iter().any(|(name, count, _)| name == "b.ts" && *count == Some(2)));
    workspace.session.end();
}

#[test]
fn a_client_that_asks_for_documents_only_is_sent_what_is_in_other_files() {
    let mut workspace = Workspace::start(pulling());
    workspace.write("plimsoll.toml", "[rules]\nnone = 'off'\n");
    workspace.write("a.ts", "FIXMEWORD\n");
    let b = workspace.uri("b.ts");
    workspace.client().open(&b, "typescript", "fine\n");
    workspace.tell(&[("a.ts", CREATED)]);
    assert_eq!(workspace.published("plimsoll.toml").as_array().map(Vec::len), Some(1));
    assert_eq!(places(&workspace.published("a.ts")), [(0, 0, 0, 9)]);
    // One that asks for the workspace is not told twice.
    let asked = workspace.pull_workspace(&[]);
    assert_eq!(workspace.published("plimsoll.toml"), json!([]));
    assert_eq!(workspace.published("a.ts"), json!([]));
    let answer = workspace.client().answer(asked).expect("reports");
    let told = reports(&answer);
    assert_eq!(told.iter().filter(|(_, count, _)| *count == Some(1)).count(), 2, "{told:?}");
    workspace.session.end();
}

#[test]
fn a_document_is_asked_for_and_nothing_is_pushed() {
    let mut workspace = Workspace::start(pulling());
    let uri = workspace.uri("a.ts");
    let client = workspace.client();
    client.open(&uri, "typescript", "FIXMEWORD\n");
    let ask = |known: Option<&Value>| json!({ "textDocument": { "uri": uri }, "previousResultId": known });
    let full = client.call("textDocument/diagnostic", ask(None));
    assert_eq!((&full["kind"], places(&full["items"])), (&json!("full"), vec![(0, 0, 0, 9)]));
    let id = &full["resultId"];
    client.change(&uri, 2, (0, 9), (0, 9), " ");
    let unchanged = client.call("textDocument/diagnostic", ask(Some(id)));
    assert_eq!((&unchanged["kind"], &unchanged["resultId"]), (&json!("unchanged"), id));
    client.change(&uri, 3, (0, 0), (0, 9), "fine");
    let clean = client.call("textDocument/diagnostic", ask(Some(id)));
    assert_eq!((&clean["kind"], &clean["items"]), (&json!("full"), &json!([])));
    let unknown = json!({ "textDocument": { "uri": "git:/a.ts" } });
    assert_eq!(client.call("textDocument/diagnostic", unknown)["items"], json!([]));
    client.close(&uri);
    workspace.session.end();
}

#[test]
fn an_edit_overtakes_what_was_asked_before() {
    let (reviewer, held) = WordReviewer::held();
    let mut session = Session::start_with(reviewer, pulling(), json!({}));
    let uri = "file:///p/a.ts";
    session.client.open(uri, "typescript", "FIXMEWORD\n");
    held.wait_for_begin();
    let asked = session.client.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
    session.client.change(uri, 2, (0, 0), (0, 0), "\n");
    let refusal = session.client.answer(asked).expect_err("it is overtaken");
    assert_eq!((&refusal["code"], &refusal["data"]["retriggerRequest"]), (&json!(-32802), &json!(true)));
    held.wait_for_begin();
    held.go_on();
    let full = session.client.call("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(places(&full["items"]), [(1, 0, 1, 9)]);
    session.end();
}
