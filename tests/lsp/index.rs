//! Findings across files are complete at once: reading the workspace ahead changes none of them.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Server;
use super::client::modern;

const HELPER: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
    export const userOf = (id: string) => prisma.user.findUnique({ where: { id } })\n";
const LOOP: &str = "import { userOf } from './users'\n\
    export async function names(ids: string[]) {\n  const all = []\n  for (const id of ids) {\n    \
    all.push(await userOf(id))\n  }\n  return all\n}\n";

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies below")).expect("there is room");
        std::fs::write(path, text).expect("there is room");
    };
    write("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#);
    write("plimsoll.toml", "preview = true\n");
    for i in 0..400 {
        write(&format!("src/f{i}/users.ts"), HELPER);
        write(&format!("src/f{i}/names.ts"), &LOOP.repeat(4));
    }
    write("src/users.ts", HELPER);
    write("src/names.ts", LOOP);
    folder
}

fn messages(diagnostics: &Value) -> Vec<(String, u64)> {
    let of = |diagnostic: &Value| {
        let line = diagnostic["range"]["start"]["line"].as_u64().expect("a line");
        (diagnostic["message"].as_str().expect("a message").to_owned(), line)
    };
    diagnostics.as_array().expect("a list").iter().map(of).collect()
}

fn checked(folder: &Path, path: &str) -> Vec<(String, u64)> {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--no-cache", "--format", "json", path])
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let of = |finding: &Value| {
        let line = finding["range"]["start"]["line"].as_u64().expect("a line") - 1;
        (finding["message"].as_str().expect("a message").to_owned(), line)
    };
    report["findings"].as_array().expect("findings").iter().map(of).collect()
}

#[test]
fn a_large_file_is_read_by_the_editor_as_by_the_command_line_and_one_that_is_too_large_by_neither() {
    let folder = tempfile::tempdir().expect("there is room");
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("src")).expect("there is room");
    // More than is read ahead, and more than is read of any file.
    let words = |bytes: usize| {
        "export const word = ['of', 'no', 'weight'] // and nothing else\n".repeat(bytes / 63 + 1)
    };
    let large = format!("{HELPER}{}", words(700 << 10));
    let too_large = format!("{HELPER}{}", words(2 << 20));
    for (path, text) in [
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n"),
        ("src/large.ts", &large),
        ("src/too-large.ts", &too_large),
        ("src/by-large.ts", &LOOP.replace("./users", "./large")),
        ("src/by-too-large.ts", &LOOP.replace("./users", "./too-large")),
    ] {
        std::fs::write(at(path), text).expect("there is room");
    }
    let root = format!("file://{}", folder.path().display());
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "workspaceFolders": [{ "uri": root, "name": "w" }] }));
    for (path, imported, is_found) in
        [("src/by-large.ts", "./large", true), ("src/by-too-large.ts", "./too-large", false)]
    {
        let uri = format!("{root}/{path}");
        client.open(&uri, "typescript", &LOOP.replace("./users", imported));
        let found = messages(&client.published_for(&uri, 1));
        assert_eq!(!found.is_empty(), is_found, "{path}");
        assert_eq!(found, checked(folder.path(), path), "{path}");
    }
    server.end();
}

const ROUTE: &str = "import express from 'express'\nimport { rate } from './rate'\n\
    export const show = async (req, res) => res.json(await rate('EUR'))\n";
const RATE: &str = "export const rate = (of: string) => fetch('https://rates.example.com/' + of)\n";

#[test]
fn what_rests_on_importers_is_found_once_they_are_read_and_follows_them() {
    let folder = tempfile::tempdir().expect("there is room");
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("src")).expect("there is room");
    for (path, text) in [
        ("package.json", r#"{ "name": "shop" }"#),
        ("src/show.ts", ROUTE),
        ("src/rate.ts", RATE),
        ("src/page.ts", "import 'react-dom'\n"),
    ] {
        std::fs::write(at(path), text).expect("there is room");
    }
    let root = format!("file://{}", folder.path().display());
    let uri = |path: &str| format!("{root}/{path}");
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "workspaceFolders": [{ "uri": root, "name": "w" }] }));
    let rate = uri("src/rate.ts");
    let rules = |diagnostics: &Value| -> Vec<String> {
        let all = diagnostics.as_array().expect("a list");
        all.iter().map(|one| one["code"].as_str().expect("a rule").to_owned()).collect()
    };
    let shown = |client: &mut super::client::Client, wanted: &[&str]| {
        while rules(&client.published(&rate)["diagnostics"]) != wanted {}
    };
    client.open(&rate, "typescript", RATE);
    shown(client, &["missing-timeout"]);
    assert_eq!(checked(folder.path(), "src/rate.ts").len(), 1, "as the command line does");
    // A buffer that imports it from a page, not saved.
    client.open(&uri("src/page.ts"), "typescript", "import 'react-dom'\n");
    client.change(&uri("src/page.ts"), 2, (1, 0), (1, 0), "import { rate } from './rate'\nrate('NOK')\n");
    shown(client, &[]);
    client.close(&uri("src/page.ts"));
    shown(client, &["missing-timeout"]);
    // A file of the disk, of which the client tells.
    std::fs::remove_file(at("src/show.ts")).expect("it is there");
    let gone = json!({ "changes": [{ "uri": uri("src/show.ts"), "type": 3 }] });
    client.notify("workspace/didChangeWatchedFiles", gone);
    shown(client, &[]);
    server.end();
}

#[test]
fn findings_while_the_workspace_is_read_are_the_final_ones() {
    let folder = workspace();
    let mut capabilities = modern();
    capabilities["window"] = json!({ "workDoneProgress": true });
    let root = format!("file://{}", folder.path().display());
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(capabilities, json!({ "workspaceFolders": [{ "uri": root, "name": "w" }] }));
    let asked = client.wait("a token", |message| message["method"] == "window/workDoneProgress/create");
    client.send_body(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }).to_string());
    let is = |message: &Value, kind: &str| message["params"]["value"]["kind"] == kind;

    let uri = format!("{root}/src/names.ts");
    client.open(&uri, "typescript", LOOP);
    client.wait("the begin", |message| is(message, "begin"));
    let early = messages(&client.published_for(&uri, 1));
    assert!(!early.is_empty(), "the query in the other file is seen at once");
    client.change(&uri, 2, (0, 0), (0, 0), "\n");
    let meanwhile = messages(&client.published_for(&uri, 2));
    client.change(&uri, 3, (0, 0), (1, 0), "");
    assert_eq!(messages(&client.published_for(&uri, 3)), early);

    client.wait("the end", |message| is(message, "end"));
    client.forget(|message| message["method"] == "$/progress");
    client.change(&uri, 4, (0, 0), (0, 0), "\n");
    assert_eq!(messages(&client.published_for(&uri, 4)), meanwhile);
    assert_eq!(checked(folder.path(), "src/names.ts"), early);
    server.end();
}
