//! Findings of the engine, as an editor gets them: a suppression that hides nothing is one wherever it stands.

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};

const URI: &str = "file:///findings/a.ts";

/// 37 bytes, all of them ASCII.
const USELESS: &str = "/* plimsoll-ignore missing-timeout */";

/// Of diagnostics: their rules, and the lines and characters at which they begin.
fn places(diagnostics: &Value) -> Vec<(String, u64, u64)> {
    let diagnostics = diagnostics.as_array().expect("a list");
    let place = |diagnostic: &Value| {
        let start = &diagnostic["range"]["start"];
        let number = |name: &str| start[name].as_u64().expect("a number");
        (diagnostic["code"].as_str().expect("a rule").to_owned(), number("line"), number("character"))
    };
    diagnostics.iter().map(place).collect()
}

fn useless_at(line: u64, character: u64) -> Vec<(String, u64, u64)> {
    vec![("unused-suppression".to_owned(), line, character)]
}

#[test]
fn a_finding_follows_the_text() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.open(URI, "typescript", &format!("{USELESS} const a = 1;\n"));
    let diagnostics = client.published_for(URI, 1);
    assert_eq!(places(&diagnostics), useless_at(0, 0));
    assert_eq!((&diagnostics[0]["source"], &diagnostics[0]["severity"]), (&json!("plimsoll"), &json!(2)));
    let fingerprint = diagnostics[0]["data"]["fingerprint"].clone();
    client.change(URI, 2, (0, 0), (0, 0), "const b = \"🚢\";\r\n");
    let diagnostics = client.published_for(URI, 2);
    assert_eq!(places(&diagnostics), useless_at(1, 0));
    assert_eq!(diagnostics[0]["data"]["fingerprint"], fingerprint);
    let hover = client.call("textDocument/hover", Client::position(URI, 1, 5));
    assert!(hover["contents"]["value"].as_str().expect("text").contains("unused-suppression"));
    client.change(URI, 3, (1, 0), (1, 37), "");
    assert_eq!(client.published_for(URI, 3), json!([]));
    server.end();
}

#[test]
fn positions_are_counted_as_negotiated() {
    for (encoding, ship) in [("utf-8", 4), ("utf-16", 2)] {
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!([encoding]);
        let mut server = Server::start();
        server.client.initialize(capabilities, json!({}));
        let client = &mut server.client;
        client.open(URI, "typescript", "const é = 1;\r\nf(\"🚢🚢\"); \r\n");
        assert_eq!(client.published_for(URI, 1), json!([]));
        let column = 3 + 2 * ship + 4;
        client.change(URI, 2, (1, column), (1, column), &format!("{USELESS} g();"));
        assert_eq!(places(&client.published_for(URI, 2)), useless_at(1, u64::from(column)), "{encoding}");
        server.end();
    }
}

#[test]
fn a_burst_of_edits_is_answered_for_its_last_version() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    client.open(URI, "typescript", "\r\n");
    let text = format!("const ship = \"🚢\"; {USELESS} const a = 1;");
    let mut column = 0;
    let mut version = 1;
    for key in text.chars() {
        version += 1;
        client.change(URI, version, (0, column), (0, column), &key.to_string());
        column += key.len_utf8() as u32;
    }
    let start = text.find(USELESS).expect("it is there") as u64;
    assert_eq!(places(&client.published_for(URI, version)), useless_at(0, start));
    // A thousand edits that only keep their order make sense: each replaces what the one before it wrote.
    for index in 0..1000 {
        version += 1;
        let (old, new) = (format!("{:04}", index), format!("{:04}", index + 1));
        let start = if index == 0 { (1, 0) } else { (1, 3) };
        let end = if index == 0 { (1, 0) } else { (1, 3 + old.len() as u32) };
        let new = if index == 0 { format!("// {new}") } else { new };
        client.change(URI, version, start, end, &new);
    }
    version += 1;
    client.change(URI, version, (1, 0), (1, 7), USELESS);
    let mut expected = useless_at(0, start);
    expected.extend(useless_at(1, 0));
    assert_eq!(places(&client.published_for(URI, version)), expected);
    server.end();
}

#[test]
fn a_document_that_is_closed_at_once_stays_empty() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    let text = format!("{USELESS} const a = 1;\n").repeat(2000);
    for _ in 0..20 {
        client.open(URI, "typescript", &text);
        client.change(URI, 2, (0, 0), (0, 0), " ");
        client.close(URI);
    }
    client.open(URI, "typescript", "");
    // An answer comes only when the review of the newest text is done.
    client.call("textDocument/hover", Client::position(URI, 0, 0));
    client.leave();
    let published: Vec<Value> = client.rest();
    let last = published.iter().rfind(|message| message["params"]["uri"] == URI).expect("it was closed");
    assert_eq!(last["params"]["diagnostics"], json!([]));
}

#[test]
fn each_root_has_its_own_configuration_and_a_change_of_it_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut folders = Vec::new();
    let mut uris = Vec::new();
    for name in ["one", "two"] {
        let root = folder.path().join(name);
        std::fs::create_dir(&root).expect("it is writable");
        let uri = format!("file://{}", root.to_str().expect("UTF-8"));
        uris.push(format!("{uri}/a.ts"));
        folders.push(json!({"uri": uri, "name": name}));
    }
    let configuration = folder.path().join("two/plimsoll.toml");
    std::fs::write(&configuration, "[rules]\nunused-suppression = \"off\"\n").expect("it is writable");
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "workspaceFolders": folders }));
    for uri in &uris {
        client.open(uri, "typescript", &format!("{USELESS} const a = 1;\n"));
    }
    assert_eq!(places(&client.published_for(&uris[0], 1)), useless_at(0, 0));
    assert_eq!(client.published_for(&uris[1], 1), json!([]));
    std::fs::write(&configuration, "[rules]\nunused-suppression = \"error\"\n").expect("it is writable");
    let changed = format!("file://{}", configuration.to_str().expect("UTF-8"));
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": changed, "type": 2}]}));
    assert_eq!(client.published_for(&uris[1], 1)[0]["severity"], 1);
    // What an editor has not saved yet stands over the disk.
    client.open(&changed, "toml", "[rules]\nunused-suppression = \"info\"\n");
    client.change(&changed, 2, (2, 0), (2, 0), "# and why\n");
    assert_eq!(client.published_for(&uris[1], 1)[0]["severity"], 3);
    server.end();
}

#[test]
fn a_mistake_in_a_configuration_is_told_where_it_stands() {
    let mut server = Server::initialized();
    let client = &mut server.client;
    let uri = "file:///findings/plimsoll.toml";
    client.open(uri, "toml", "[rules]\nmissing-timeot = \"error\"\n");
    let diagnostics = client.published_for(uri, 1);
    assert_eq!(places(&diagnostics), vec![("configuration".to_owned(), 1, 0)]);
    assert!(diagnostics[0]["message"].as_str().expect("text").contains("missing-timeout"));
    assert_eq!(diagnostics[0].get("codeDescription"), None, "there is no rule to link to");
    client.change(uri, 2, (1, 13), (1, 13), "u");
    assert_eq!(client.published_for(uri, 2), json!([]));
    server.end();
}

#[test]
fn what_code_and_schema_say_of_one_column_is_told_in_the_code_while_both_are_open() {
    const SCHEMA: &str = "CREATE TABLE users (id BIGSERIAL PRIMARY KEY);\n\
        CREATE TABLE books (\n  id BIGSERIAL PRIMARY KEY,\n  author_id BIGINT REFERENCES users (id)\n);\n";
    const CODE: &str = "import { Pool } from 'pg'\nconst pool = new Pool({ connectionTimeoutMillis: 5_000 })\n\
        export const of = (id: number) => pool.query('SELECT id FROM books WHERE author_id = $1', [id])\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = format!("file://{}", folder.path().display());
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies below")).expect("there is room");
        std::fs::write(path, text).expect("there is room");
    };
    write("package.json", "{ \"dependencies\": { \"pg\": \"8\" } }");
    write("migrations/1_init.sql", SCHEMA);
    write("src/books.ts", CODE);
    let (schema, code) = (format!("{root}/migrations/1_init.sql"), format!("{root}/src/books.ts"));
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "workspaceFolders": [{ "uri": root, "name": "w" }], "initializationOptions": { "preview": true } }));
    let rules = |diagnostics: &Value| -> Vec<String> {
        places(diagnostics).into_iter().map(|(rule, _, _)| rule).collect()
    };
    client.open(&schema, "sql", SCHEMA);
    assert_eq!(rules(&client.published(&schema)["diagnostics"]), ["unindexed-foreign-key"]);
    client.open(&code, "typescript", CODE);
    assert_eq!(rules(&client.published(&schema)["diagnostics"]), [""; 0], "the code tells it");
    assert_eq!(rules(&client.published(&code)["diagnostics"]), ["missing-index"]);
    // Text above moves neither.
    client.change(&schema, 2, (0, 0), (0, 0), "-- The library.\n");
    assert_eq!(client.published_for(&schema, 2), json!([]));
    client.close(&code);
    assert_eq!(rules(&client.published(&code)["diagnostics"]), [""; 0]);
    assert_eq!(rules(&client.published(&schema)["diagnostics"]), ["unindexed-foreign-key"]);
    server.end();
}

#[test]
fn a_mistake_in_a_configuration_that_is_not_open_is_told_until_it_is_mended() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = format!("file://{}", folder.path().to_str().expect("UTF-8"));
    let (uri, base, code) =
        (format!("{root}/plimsoll.toml"), format!("{root}/base.toml"), format!("{root}/a.ts"));
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it is writable");
    };
    write("plimsoll.toml", "extends = \"base.toml\"\n[rules]\nmissing-timeot = \"error\"\n");
    write("base.toml", "preveiw = true\n");
    let mut server = Server::start();
    let client = &mut server.client;
    client.initialize(modern(), json!({ "workspaceFolders": [{"uri": root, "name": "root"}] }));
    client.open(&code, "typescript", "const a = 1\n");
    let diagnostics = client.published(&uri)["diagnostics"].clone();
    assert_eq!(places(&diagnostics), vec![("configuration".to_owned(), 2, 0)]);
    assert_eq!(diagnostics[0]["range"]["end"], json!({"line": 2, "character": 14}));
    assert_eq!((&diagnostics[0]["source"], &diagnostics[0]["severity"]), (&json!("plimsoll"), &json!(1)));
    assert_eq!(places(&client.published(&base)["diagnostics"]), vec![("configuration".to_owned(), 0, 0)]);
    assert_eq!(client.published_for(&code, 1), json!([]));

    write("plimsoll.toml", "extends = \"base.toml\"\n[rules]\nmissing-timeout = \"error\"\n");
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    assert_eq!(client.published(&uri)["diagnostics"], json!([]));

    // Once it is open, its own text counts and is shown once.
    client.open(&uri, "toml", "[rules]\nmissing-timeot = \"error\"\n");
    assert_eq!(places(&client.published_for(&uri, 1)), vec![("configuration".to_owned(), 1, 0)]);
    client.close(&uri);
    assert_eq!(client.published(&uri)["diagnostics"], json!([]));
    // What the disk holds extends the other one, until nobody asks for either.
    client.close(&code);
    assert_eq!(client.published(&base)["diagnostics"], json!([]));
    server.end();
}
