//! What happens to files behind the editor's back ends in the findings of a fresh check.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};
use super::fresh::{Found, checked};

const MANIFEST: &str = r#"{ "dependencies": { "express": "5", "@prisma/client": "6" } }"#;
const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"URL\")\n}\n\nmodel Post {\n  id Int @id\n  author String\n}\n";

/// A module that queries by a column without an index, and one that asks a helper in a loop.
fn module(number: usize) -> String {
    format!(
        "import {{ PrismaClient }} from '@prisma/client'\nimport {{ postsOf }} from './module0'\n\nconst prisma = new PrismaClient()\n\n\
         export function newest{number}(author: string) {{\n  return prisma.post.findMany({{ where: {{ author }}, take: {} }})\n}}\n\n\
         export async function all{number}(authors: string[]) {{\n  const all = []\n  for (const author of authors) all.push(await postsOf(author))\n  return all\n}}\n",
        number + 1
    )
}

const HELPER: &str = "import { PrismaClient } from '@prisma/client'\n\nconst prisma = new PrismaClient()\n\nexport function postsOf(author: string) {\n  return prisma.post.findMany({ where: { author }, take: 5 })\n}\n";

/// A client that keeps what it is shown.
struct Shown {
    root: String,
    found: Found,
}

impl Shown {
    /// Takes what comes until it is what is expected.
    fn reach(&mut self, client: &mut Client, expected: &Found) {
        while self.found != *expected {
            let message = client.wait(&format!("{expected:?} instead of {:?}", self.found), |message| {
                message["method"] == "textDocument/publishDiagnostics"
            });
            let uri = message["params"]["uri"].as_str().expect("a URI");
            let name =
                uri.strip_prefix(&format!("{}/", self.root)).expect("it is of the workspace").to_owned();
            let all = message["params"]["diagnostics"].as_array().expect("diagnostics").iter();
            let place = |diagnostic: &Value| {
                let line = diagnostic["range"]["start"]["line"].as_u64().expect("a line");
                (diagnostic["code"].as_str().expect("a rule").to_owned(), line)
            };
            let places: BTreeSet<(String, u64)> = all.map(place).collect();
            match places.is_empty() {
                true => drop(self.found.remove(&name)),
                false => drop(self.found.insert(name, places)),
            }
        }
    }
}

#[test]
fn files_that_are_written_moved_and_removed_end_in_a_fresh_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    };
    write("package.json", MANIFEST);
    write("schema.prisma", SCHEMA);
    write("plimsoll.toml", "preview = true\n");
    write("module0.ts", HELPER);
    let root = format!("file://{}", folder.path().display());
    let mut server = Server::start();
    server.client.initialize(modern(), json!({ "rootUri": root }));
    let client = &mut server.client;
    let tell = |client: &mut Client, names: &[String], kind: u8| {
        let changes: Vec<Value> =
            names.iter().map(|name| json!({ "uri": format!("{root}/{name}"), "type": kind })).collect();
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    };
    // Somebody works in one file meanwhile.
    let focus = format!("{root}/module0.ts");
    client.open(&focus, "typescript", HELPER);
    let mut shown = Shown { root: root.clone(), found: Found::new() };

    let names: Vec<String> = (1..=50).map(|number| format!("module{number}.ts")).collect();
    for (number, name) in names.iter().enumerate() {
        write(name, &module(number + 1));
    }
    tell(client, &names, 1);
    let all = checked(folder.path());
    assert_eq!(all.len(), 51);
    shown.reach(client, &all);

    // Another branch: some are gone, some are other, and the helper in the buffer asks nothing any more.
    for name in &names[..10] {
        std::fs::remove_file(folder.path().join(name)).expect("it is there");
    }
    for name in &names[10..20] {
        write(name, "export const nothing = 1\n");
    }
    tell(client, &names[..10], 3);
    tell(client, &names[10..20], 2);
    shown.reach(client, &checked(folder.path()));

    // The schema has the index now: only what is asked in loops is left.
    write("schema.prisma", &SCHEMA.replace("author String\n", "author String\n\n  @@index([author])\n"));
    tell(client, &["schema.prisma".to_owned()], 2);
    let indexed = checked(folder.path());
    assert_eq!(indexed.len(), 30);
    shown.reach(client, &indexed);
    server.end();
}

/// What clients offer, as far as it decides what the server does.
#[test]
fn no_client_is_sent_what_it_does_not_know() {
    let vs_code = {
        let mut capabilities = modern();
        capabilities["textDocument"]["diagnostic"] = json!({});
        capabilities["textDocument"]["codeLens"] = json!({});
        capabilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
        capabilities["workspace"]["fileOperations"] = json!({ "didCreate": true });
        capabilities["window"] = json!({ "workDoneProgress": true, "showDocument": { "support": true } });
        capabilities
    };
    let neovim = {
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!(["utf-8", "utf-16", "utf-32"]);
        capabilities["textDocument"]["diagnostic"] = json!({});
        capabilities["textDocument"]["codeLens"] = json!({});
        capabilities["workspace"]["didChangeWatchedFiles"] = json!({ "dynamicRegistration": false });
        capabilities
    };
    let helix = {
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!(["utf-8", "utf-32", "utf-16"]);
        capabilities["workspace"]["fileOperations"] = json!({ "didRename": true });
        capabilities
    };
    let zed = {
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!(["utf-16"]);
        capabilities["textDocument"]["codeLens"] = json!({});
        capabilities
    };
    //              name, capabilities, encoding, pulls, lenses, tells of files, actions, watches
    let table = [
        ("VS Code", vs_code, "utf-8", true, true, true, true, true),
        ("Neovim", neovim, "utf-8", true, true, false, true, false),
        ("Helix", helix, "utf-8", false, false, true, true, true),
        ("Zed", zed, "utf-16", false, true, false, true, true),
        ("bare", json!({}), "utf-16", false, false, false, false, false),
    ];
    for (name, capabilities, encoding, pulls, lenses, files, actions, watches) in table {
        let mut server = Server::start();
        let client = &mut server.client;
        let offered = client.initialize(capabilities, json!({}));
        assert_eq!(offered["positionEncoding"], encoding, "{name}");
        assert_eq!(offered.get("diagnosticProvider").is_some(), pulls, "{name}");
        assert_eq!(offered.get("codeLensProvider").is_some(), lenses, "{name}");
        assert_eq!(offered["workspace"].get("fileOperations").is_some(), files, "{name}");
        assert_eq!(offered.get("codeActionProvider").is_some(), actions, "{name}");
        let uri = "file:///clients/a.ts";
        client.open(uri, "typescript", "/* plimsoll-ignore missing-timeout */ const a = 1;\n");
        let diagnostics = match pulls {
            true => {
                client.call("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }))["items"]
                    .clone()
            }
            false => client.published(uri)["diagnostics"].clone(),
        };
        assert_eq!(diagnostics.as_array().map(Vec::len), Some(1), "{name}");
        client.leave();
        assert_eq!(server.status().code(), Some(0), "{name}");
        let rest = server.client.rest();
        let methods: BTreeSet<&str> = rest.iter().filter_map(|message| message["method"].as_str()).collect();
        let mut expected = BTreeSet::new();
        if watches {
            expected.insert("client/registerCapability");
        }
        assert_eq!(methods, expected, "{name}");
        let mut server = server;
        server.client.hang_up();
    }
}
