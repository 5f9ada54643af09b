//! Findings that a project has decided to live with, in the editor.

use serde_json::{Value, json};

use super::client::{Client, modern};
use super::{Session, WordReviewer};

const TEXT: &str = "FIXMEWORD old\nFIXMEWORD new\n";
const HINT: u64 = 4;
const WARNING: u64 = 2;

/// A folder on the disk whose baseline holds the first finding of [`TEXT`], and a session whose workspace it is.
struct Workspace {
    folder: tempfile::TempDir,
    session: Session,
}

impl Workspace {
    fn start(settings: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = format!("file://{}", folder.path().display());
        std::fs::create_dir(folder.path().join(".plimsoll")).expect("it can be made");
        let more = json!({ "rootUri": root, "initializationOptions": settings });
        let session = Session::start_with(WordReviewer::default(), modern(), more);
        let workspace = Self { folder, session };
        workspace.write(&["FIXMEWORD old 0"]);
        workspace
    }

    fn write(&self, fingerprints: &[&str]) {
        let entry =
            |fingerprint: &&str| json!({ "path": "a.ts", "rule": "fixme-word", "fingerprint": fingerprint });
        let entries: Vec<Value> = fingerprints.iter().map(entry).collect();
        self.write_text(&json!({ "version": 1, "findings": entries }).to_string());
    }

    fn write_text(&self, text: &str) {
        std::fs::write(self.folder.path().join(".plimsoll/baseline.json"), text).expect("it can be written");
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }

    fn open(&mut self) -> Vec<u64> {
        let uri = self.uri("a.ts");
        self.session.client.open(&uri, "typescript", TEXT);
        severities(&self.session.client.published_for(&uri, 1))
    }

    /// Tells the server that the baseline was written.
    fn tell(&mut self) {
        let changes = json!([{ "uri": self.uri(".plimsoll/baseline.json"), "type": 2 }]);
        self.session.client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    }

    fn published(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        self.session.client.published(&uri)["diagnostics"].clone()
    }
}

fn severities(diagnostics: &Value) -> Vec<u64> {
    let diagnostics = diagnostics.as_array().expect("a list");
    diagnostics.iter().map(|diagnostic| diagnostic["severity"].as_u64().expect("a number")).collect()
}

#[test]
fn what_a_baseline_holds_is_a_hint_and_is_mended_only_where_it_is_asked_for() {
    let mut workspace = Workspace::start(json!({}));
    assert_eq!(workspace.open(), [HINT, WARNING]);
    let uri = workspace.uri("a.ts");
    let client = &mut workspace.session.client;
    let mut params = Client::actions_at(&uri, (0, 0), (0, 0));
    params["context"]["only"] = json!(["source.fixAll"]);
    let all = client.call("textDocument/codeAction", params);
    let edit = client.call("codeAction/resolve", all[0].clone())["edit"]["documentChanges"][0].clone();
    assert_eq!(edit["edits"].as_array().expect("edits").len(), 1);
    assert_eq!(edit["edits"][0]["range"]["start"]["line"], 1);
    let here = client.call("textDocument/codeAction", Client::actions_at(&uri, (0, 0), (0, 0)));
    assert_eq!(here[0]["title"], "Replace the word");
    let lenses = client.call("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
    let lines: Vec<&Value> =
        lenses.as_array().expect("a list").iter().map(|l| &l["range"]["start"]["line"]).collect();
    assert_eq!(lines, [1]);
    workspace.session.end();
}

#[test]
fn it_is_not_shown_at_all_where_the_editor_is_set_so() {
    let mut workspace = Workspace::start(json!({ "baseline": "hide" }));
    assert_eq!(workspace.open(), [WARNING]);
    workspace.session.end();
}

#[test]
fn another_setting_is_refused() {
    let mut workspace = Workspace::start(json!({ "baseline": "off" }));
    let said = workspace.session.client.wait("a message", |said| said["method"] == "window/showMessage");
    assert_eq!(
        said["params"]["message"],
        "Plimsoll's settings in this editor: `baseline` is `hint` or `hide`, not `off`"
    );
    assert_eq!(workspace.open(), [HINT, WARNING]);
    workspace.session.end();
}

#[test]
fn a_baseline_that_changes_counts_at_once() {
    let mut workspace = Workspace::start(json!({}));
    workspace.open();
    workspace.write(&["FIXMEWORD old 0", "FIXMEWORD new 0"]);
    workspace.tell();
    assert_eq!(severities(&workspace.published("a.ts")), [HINT, HINT]);
    workspace.write_text("{\n  <<<<<<< HEAD\n");
    workspace.tell();
    assert_eq!(severities(&workspace.published("a.ts")), [WARNING, WARNING]);
    let wrong = workspace.published(".plimsoll/baseline.json");
    assert_eq!(wrong[0]["range"]["start"]["line"], 1);
    assert_eq!(wrong[0]["message"], "it is no baseline: key must be a string");
    workspace.write(&[]);
    workspace.tell();
    assert_eq!(workspace.published(".plimsoll/baseline.json"), json!([]));
    workspace.session.end();
}
