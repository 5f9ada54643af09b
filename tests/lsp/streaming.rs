//! An assistant writes: in many small pieces, in one, and over broken text. What is found stays where it is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};

use super::Server;
use super::client::modern;
use super::fresh::checked;

/// Numbers that look random and are the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Each finding by its rule and its line, and the text that it stands over.
type Shown = BTreeMap<(String, u64), String>;

fn shown(diagnostics: &Value, text: &str) -> Shown {
    let lines: Vec<&str> = text.split('\n').collect();
    let all = diagnostics.as_array().expect("diagnostics").iter();
    all.map(|diagnostic| {
        let number = |place: &Value| place.as_u64().expect("a number") as usize;
        let (start, end) = (&diagnostic["range"]["start"], &diagnostic["range"]["end"]);
        let line = number(&start["line"]);
        let of = lines[line].get(number(&start["character"])..).unwrap_or_default();
        let of = match number(&end["line"]) == line {
            true => &of[..number(&end["character"]) - number(&start["character"])],
            false => of,
        };
        ((diagnostic["code"].as_str().expect("a rule").to_owned(), line as u64), of.to_owned())
    })
    .collect()
}

/// A folder whose manifest says that it is a server.
fn server_project() -> (tempfile::TempDir, Server, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = r#"{ "dependencies": { "express": "5", "@prisma/client": "6" } }"#;
    std::fs::write(folder.path().join("package.json"), manifest).expect("it can be written");
    std::fs::write(folder.path().join("plimsoll.toml"), "preview = true\n").expect("it can be written");
    let mut server = Server::start();
    let root = format!("file://{}", folder.path().display());
    server.client.initialize(modern(), json!({ "rootUri": root }));
    let uri = format!("{root}/written.ts");
    (folder, server, uri)
}

/// What an assistant writes: handlers, each with its own failure, one beside which the code is right.
fn written() -> String {
    let mut text = String::from(
        "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\nconst prisma = new PrismaClient()\nconst app = express()\n\n",
    );
    for number in 0..8 {
        let _ = write!(
            text,
            "// The rates of day {number}: it's `fresh`.\n\
             app.get('/rates/{number}', async (req, res) => {{\n  \
               const answer = await fetch(`https://rates.example.com/${{req.params.day}}`)\n  \
               if (!answer.ok) {{\n    return res.status(502).json({{ error: \"no rates\" }})\n  }}\n  \
               res.json(await answer.json())\n}})\n\n\
             app.get('/posts/{number}', async (req, res) => {{\n  \
               const posts = await prisma.post.findMany({{ take: 50 }})\n  \
               const all = []\n  \
               for (const post of posts) {{\n    \
                 all.push({{ ...post, author: await prisma.user.findUnique({{ where: {{ id: post.authorId }} }}) }})\n  }}\n  \
               res.json(all)\n}})\n\n"
        );
    }
    text
}

#[test]
fn what_an_assistant_writes_in_pieces_does_not_flicker() {
    let (folder, mut server, uri) = server_project();
    let client = &mut server.client;
    let whole = written();
    assert!(whole.lines().count() >= 120);
    std::fs::write(folder.path().join("written.ts"), &whole).expect("it can be written");
    client.open(&uri, "typescript", "");
    client.published_for(&uri, 1);

    let mut numbers = Numbers(20_261_129);
    let (mut text, mut version) = (String::new(), 1);
    let (mut gone, mut before) = (BTreeSet::new(), Shown::new());
    while text.len() < whole.len() {
        let mut end = (text.len() + 1 + numbers.below(14)).min(whole.len());
        while !whole.is_char_boundary(end) {
            end += 1;
        }
        let line = text.matches('\n').count() as u32;
        let column = (text.len() - text.rfind('\n').map_or(0, |newline| newline + 1)) as u32;
        let piece = &whole[text.len()..end];
        version += 1;
        client.change(&uri, version, (line, column), (line, column), piece);
        text.push_str(piece);
        let now = shown(&client.published_for(&uri, version), &text);
        for (place, of) in &now {
            assert!(!gone.contains(place), "{place:?} has vanished and is back after {piece:?}");
            assert!(!of.is_empty(), "{place:?} stands over nothing after {piece:?}");
        }
        // What stands in lines that are finished stays; in the line that is being written it may change.
        let lost = before.keys().filter(|place| !now.contains_key(place));
        gone.extend(lost.cloned());
        before = now;
    }
    assert!(gone.is_empty(), "what was found has vanished: {gone:?}");
    let found: BTreeSet<(String, u64)> = before.into_keys().collect();
    assert_eq!(found.len(), 16, "{found:?}");
    assert_eq!(found, checked(folder.path()).remove("written.ts").unwrap_or_default());
    server.end();
}

#[test]
fn a_burst_ends_in_one_correct_publication_and_few_before() {
    let (folder, mut server, uri) = server_project();
    let client = &mut server.client;
    let whole = written();
    std::fs::write(folder.path().join("written.ts"), &whole).expect("it can be written");
    client.open(&uri, "typescript", "");
    client.published_for(&uri, 1);
    let pieces: Vec<char> = whole.chars().collect();
    let (mut line, mut column, mut version) = (0, 0, 1);
    for piece in pieces.chunks(pieces.len().div_ceil(500)) {
        let piece: String = piece.iter().collect();
        version += 1;
        client.change(&uri, version, (line, column), (line, column), &piece);
        for one in piece.chars() {
            (line, column) = if one == '\n' { (line + 1, 0) } else { (line, column + one.len_utf8() as u32) };
        }
    }
    let expected = checked(folder.path()).remove("written.ts").unwrap_or_default();
    let mut publications = 0;
    // What stands until the last text is parsed and reviewed may be told for it too, and is less.
    loop {
        publications += 1;
        let published = client.published(&uri);
        if published["version"] != version {
            continue;
        }
        let found: BTreeSet<(String, u64)> = shown(&published["diagnostics"], &whole).into_keys().collect();
        if found == expected {
            break;
        }
    }
    assert!(publications < version, "{publications} publications of {version} versions");
    server.end();
}

/// Keys that open something.
const OPENING: &[&str] = &["'", "\"", "`", "/*", "{", "<", "(", "[", "${", "//", "\\", "}", ")"];

#[test]
fn a_key_that_opens_something_leaves_what_is_found_elsewhere() {
    let (_folder, mut server, uri) = server_project();
    let client = &mut server.client;
    let mut text = written();
    for _ in 0..6 {
        let more = written();
        text.push_str(more.split_once("\n\n").expect("imports").1.split_once("\n\n").expect("a client").1);
    }
    client.open(&uri, "typescript", &text);
    let all = shown(&client.published_for(&uri, 1), &text);
    assert!(all.len() >= 100, "{}", all.len());
    let lines: Vec<&str> = text.split('\n').collect();
    let (mut stood, mut should, mut version) = (0, 0, 1);
    for (turn, key) in OPENING.iter().cycle().take(4 * OPENING.len()).enumerate() {
        let line = 8 + (turn * 37) % (lines.len() - 16);
        let column = lines[line].len() as u32;
        let statement = statement_around(&lines, line);
        version += 1;
        client.change(&uri, version, (line as u32, column), (line as u32, column), key);
        let edited = format!("{}{key}{}", &text[..offset(&lines, line)], &text[offset(&lines, line)..]);
        let now = shown(&client.published_for(&uri, version), &edited);
        for (place, of) in &now {
            let was = all.get(place).map(String::as_str);
            assert!(
                was.is_none_or(|was| was == of),
                "{place:?} stands over {of:?} after {key:?}, not {was:?}"
            );
        }
        let outside = all.keys().filter(|(_, at)| !statement.contains(&(*at as usize)));
        let kept = outside.clone().filter(|place| now.contains_key(place)).count();
        let outside = outside.count();
        (stood, should) = (stood + kept, should + outside);
        assert!(kept * 100 >= outside * 95, "after {key:?} in line {line}: {kept} of {outside}");
        version += 1;
        let end = column + key.len() as u32;
        client.change(&uri, version, (line as u32, column), (line as u32, end), "");
        assert_eq!(shown(&client.published_for(&uri, version), &text), all, "after {key:?} was taken back");
    }
    assert!(stood * 100 >= should * 99, "{stood} of {should}");
    server.end();
}

/// Where a line ends, in bytes.
fn offset(lines: &[&str], line: usize) -> usize {
    lines[..line].iter().map(|line| line.len() + 1).sum::<usize>() + lines[line].len()
}

/// The lines of the outermost statement around a line: between two empty ones.
fn statement_around(lines: &[&str], line: usize) -> std::ops::Range<usize> {
    let start = lines[..line].iter().rposition(|line| line.is_empty()).map_or(0, |at| at + 1);
    let end = lines[line..].iter().position(|line| line.is_empty()).map_or(lines.len(), |at| line + at);
    start..end.max(line + 1)
}
