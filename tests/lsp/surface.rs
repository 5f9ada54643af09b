//! What the server tells of real code beside its findings, and that clients which ask are told when another file matters.

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};

const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"URL\")\n}\n\nmodel Post {\n  id Int @id\n  author String\n}\n";
const POSTS: &str = "import { PrismaClient } from '@prisma/client'\n\nconst prisma = new PrismaClient()\n\nexport function postsOf(author: string) {\n  return prisma.post.findMany({ where: { author } })\n}\n";

/// A folder with a project, and a server whose workspace it is.
fn project(capabilities: Value) -> (tempfile::TempDir, Server, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = format!("file://{}", folder.path().display());
    for (name, text) in [("package.json", "{}"), ("schema.prisma", SCHEMA), ("posts.ts", POSTS)] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let mut server = Server::start();
    server.client.initialize(capabilities, json!({ "rootUri": root }));
    (folder, server, root)
}

#[test]
fn a_client_that_asks_is_told_to_ask_again_when_the_schema_changes() {
    let mut capabilities = modern();
    capabilities["textDocument"]["diagnostic"] = json!({});
    capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    let (folder, mut server, root) = project(capabilities);
    let client = &mut server.client;
    let uri = format!("{root}/posts.ts");
    client.open(&uri, "typescript", POSTS);
    let ask = json!({ "textDocument": { "uri": uri } });
    let rules = |report: &Value| -> Vec<String> {
        let items = report["items"].as_array().expect("a full report");
        items.iter().map(|item| item["code"].as_str().expect("a rule").to_owned()).collect()
    };
    assert_eq!(rules(&client.call("textDocument/diagnostic", ask.clone())), ["missing-index"]);
    let indexed = SCHEMA.replace("author String\n", "author String\n\n  @@index([author])\n");
    std::fs::write(folder.path().join("schema.prisma"), indexed).expect("it can be written");
    let changed = json!({ "changes": [{ "uri": format!("{root}/schema.prisma"), "type": 2 }] });
    client.notify("workspace/didChangeWatchedFiles", changed);
    let refresh = client.wait("a refresh", |message| message["method"] == "workspace/diagnostic/refresh");
    let answer = json!({ "jsonrpc": "2.0", "id": refresh["id"], "result": null });
    client.send_body(&answer.to_string());
    assert_eq!(rules(&client.call("textDocument/diagnostic", ask)), [""; 0]);
    server.end();
}

#[test]
fn a_call_is_described_where_the_cursor_rests() {
    let (_folder, mut server, root) = project(modern());
    let client = &mut server.client;
    let uri = format!("{root}/posts.ts");
    client.open(&uri, "typescript", POSTS);
    client.published_for(&uri, 1);
    let hover = client.call("textDocument/hover", Client::position(&uri, 5, 22));
    let text = hover["contents"]["value"].as_str().expect("text");
    let known =
        "`prisma.post.findMany`, from `@prisma/client`\n\n- reads a database\n- rows: without a bound here";
    assert_eq!(text, known);
    let hover = client.call("textDocument/hover", Client::position(&uri, 5, 42));
    assert!(hover["contents"]["value"].as_str().expect("text").contains("`missing-index`"));
    // The client's line is no call.
    assert_eq!(client.call("textDocument/hover", Client::position(&uri, 4, 20)), Value::Null);
    server.end();
}

#[test]
fn a_finding_is_ignored_with_a_reason() {
    let (_folder, mut server, root) = project(modern());
    let client = &mut server.client;
    let uri = format!("{root}/posts.ts");
    client.open(&uri, "typescript", POSTS);
    client.published_for(&uri, 1);
    let actions = client.call("textDocument/codeAction", Client::actions_at(&uri, (5, 42), (5, 42)));
    let actions = actions.as_array().expect("actions").clone();
    let titles: Vec<&str> = actions.iter().filter_map(|action| action["title"].as_str()).collect();
    let (ignore, explain) = (titles.len() - 2, titles.len() - 1);
    assert_eq!(titles[ignore], "Ignore this `missing-index` here, with a reason to be written");
    assert_eq!(titles[explain], "Explain `missing-index`");
    let resolved = client.call("codeAction/resolve", actions[ignore].clone());
    let edit = &resolved["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit["newText"], "  // plimsoll-ignore missing-index:\n");
    client.change(&uri, 2, (5, 0), (5, 0), "  // plimsoll-ignore missing-index:\n");
    let codes = |diagnostics: &Value| -> Vec<String> {
        let all = diagnostics.as_array().expect("diagnostics").iter();
        all.map(|one| one["code"].as_str().expect("a rule").to_owned()).collect()
    };
    assert_eq!(codes(&client.published_for(&uri, 2)), ["suppression-without-reason"]);
    client.change(&uri, 3, (5, 36), (5, 36), " ten posts");
    assert_eq!(codes(&client.published_for(&uri, 3)), [""; 0]);
    server.end();
}

const CHECKED: &str = "import { Pool } from 'pg'\n\nconst pool = new Pool({ connectionTimeoutMillis: 5_000 })\n\n\
export async function rename(names: { id: number; name: string }[]) {\n  \
for (const { id, name } of names) await pool.query('UPDATE users SET name = $1 WHERE id = $2', [name, id])\n}\n";

/// The rules that are shown of a document in a folder, and whatever else is said meanwhile.
fn shown_with(settings: &Value, capabilities: Value, files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = format!("file://{}", folder.path().display());
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let may_be_asked = capabilities["workspace"]["configuration"] == true;
    let mut server = Server::start();
    let more = match may_be_asked {
        true => json!({ "rootUri": root }),
        false => json!({ "rootUri": root, "initializationOptions": settings }),
    };
    let client = &mut server.client;
    client.initialize(capabilities, more);
    if may_be_asked {
        let asked = client.wait("a question", |message| message["method"] == "workspace/configuration");
        assert_eq!(asked["params"]["items"], json!([{ "section": "plimsoll" }]));
        client.send_body(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": [settings] }).to_string());
        // What is asked next is answered after that.
        let unknown =
            client.ask("workspace/executeCommand", json!({ "command": "plimsoll.none", "arguments": [] }));
        client.answer(unknown).expect_err("there is no such command");
    }
    let uri = format!("{root}/names.ts");
    client.open(&uri, "typescript", CHECKED);
    let mut newest = client.published_for(&uri, 1);
    client.call("textDocument/hover", Client::position(&uri, 0, 0));
    while let Some(newer) = client.already(|message| message["method"] == "textDocument/publishDiagnostics") {
        newest = newer["params"]["diagnostics"].clone();
    }
    let rules = newest.as_array().expect("diagnostics").iter();
    let rules =
        rules.map(|one| format!("{} {}", one["code"].as_str().expect("a rule"), one["severity"])).collect();
    let mut said = Vec::new();
    while let Some(message) = client.already(|message| message["method"] == "window/showMessage") {
        said.push(message["params"]["message"].as_str().expect("text").to_owned());
    }
    server.end();
    (rules, said)
}

#[test]
fn settings_of_the_editor_count_and_a_file_wins() {
    let asked = {
        let mut capabilities = modern();
        capabilities["workspace"]["configuration"] = json!(true);
        capabilities
    };
    let nothing: (Vec<String>, Vec<String>) = (vec![], vec![]);
    assert_eq!(shown_with(&json!({}), modern(), &[]), nothing);
    let warned = (vec!["n-plus-one 2".to_owned()], vec![]);
    let preview = json!({ "preview": true, "trace": { "server": "off" } });
    assert_eq!(shown_with(&preview, modern(), &[]), warned);
    assert_eq!(shown_with(&preview, asked, &[]), warned);
    let own = json!({ "plimsoll": { "preview": true, "rules": { "n-plus-one": "error" } } });
    assert_eq!(shown_with(&own, modern(), &[]), (vec!["n-plus-one 1".to_owned()], vec![]));
    let file = [("plimsoll.toml", "[rules]\nn-plus-one = \"info\"\n")];
    assert_eq!(shown_with(&own, modern(), &file), (vec!["n-plus-one 3".to_owned()], vec![]));
    let (_, said) = shown_with(&json!({ "rules": { "n-plus-onne": "off" } }), modern(), &[]);
    assert!(
        said.len() == 1 && said[0].contains("n-plus-onne") && said[0].contains("`n-plus-one`"),
        "{said:?}"
    );
}
