//! After any edits, a document is what it would be had it been opened so.

use plimsoll_syntax::{AppliedEdit, Document, Edit, Language, PositionEncoding, Snapshot};

use crate::client::{ClientText, Random};
use crate::trees::tree_difference;

const ENCODINGS: [PositionEncoding; 3] =
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

const SCRIPT: &str = "import { db } from './db'\r\n\
/* naïve ✓ comment \u{2028} with separators \u{85} */\n\
export async function load(ids: string[]) {\n  const out = [];\r  for (const id of ids) {\r\n\
    const row = await db.user.findUnique({ where: { id } }); // 🚢 one query\n\
    out.push(`${row.name ?? 'none'} – ${id}`);\n  }\n  return out;\n}\n\
class Café extends Base<string> {\n  #count = 0;\n  get size() { return this.#count > 1 ? 'é' : \"🚢🚢\"; }\n}\n\
export const x = (a: number, b = 2) => a * b / 3; /* block 🚢 */\n";

const COMPONENT: &str = "export function List({ items }) {\n  useEffect(() => {\n\
    const t = setInterval(() => tick('🚢'), 1000);\r\n    return () => clearInterval(t);\n  }, []);\n\
  return <ul className=\"é\">{items.map((item) => <li key={item.id}>naïve and {item.name}</li>)}</ul>;\n}\n\
const y = a < b && c > d;\r\n";

const RUST: &str = "use std::sync::Mutex;\r\n/// Docs with 🚢 and é.\n\
async fn total(rows: &[Row]) -> Result<u64, Error> {\n    let mut sum = 0;\r    for row in rows {\n\
        let guard = LOCK.lock().unwrap(); // naïve\u{2028}\r\n        sum += fetch(row, &guard).await?;\n    }\n\
    println!(\"{sum} – {}\", r#\"raw \"🚢\" \"#);\n    match sum { 0 => Err(Error::None), n if n > 1 => Ok(n), _ => Ok('é' as u64) }\n}\n\
impl<'a, T: Clone> Page<'a, T> { const MAX: usize = 1 << 3; }\n";

/// What people type and paste: whole pieces and halves of them.
const PIECES: &[&str] = &[
    "a",
    "x1",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\n\r",
    "\u{2028}",
    "\u{85}",
    "\u{b}",
    "🚢",
    "é",
    "👩‍💻",
    "\t",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ".",
    ":",
    "=",
    "=>",
    "'",
    "\"",
    "`",
    "${",
    "/*",
    "*/",
    "//",
    "await ",
    "return ",
    "if (a) { b() }\n",
    "let z = 1;\r\n",
    "fn f() { g() }\n",
    "<b>t</b>",
    "function g() {\n  return '🚢';\r\n}\n",
    "r#\"",
    "#",
    "'a ",
    "!",
    "&",
    "|",
    "\u{feff}",
    "\0",
    "",
];

#[test]
fn typescript_edited_at_random() {
    edit_at_random(Language::TypeScript, SCRIPT);
}

#[test]
fn tsx_edited_at_random() {
    edit_at_random(Language::Tsx, COMPONENT);
}

#[test]
fn javascript_edited_at_random() {
    edit_at_random(Language::JavaScript, SCRIPT);
}

#[test]
fn rust_edited_at_random() {
    edit_at_random(Language::Rust, RUST);
}

#[test]
fn broken_code_that_is_mended_leaves_no_trace() {
    for (language, text) in
        [(Language::TypeScript, SCRIPT), (Language::Jsx, COMPONENT), (Language::Rust, RUST)]
    {
        break_and_mend(language, &text.repeat(2));
    }
}

/// Several lives of a document, each of many notifications in one encoding.
///
/// Where a text is in error, tree-sitter may recover in another way from the
/// old tree than from none; that is rare, and never so in text without errors.
fn edit_at_random(language: Language, start: &str) {
    let (mut notifications, mut recovered_otherwise) = (0, 0);
    for seed in 1..=30 {
        let mut random = Random::new(seed);
        let encoding = ENCODINGS[seed as usize % 3];
        // Longer than a chunk of the rope, so that edits cross chunks.
        let mut client = ClientText::new(&start.repeat(1 + seed as usize % 4));
        let mut document = Document::open(&client.text(), language, 0);
        for version in 1..=40 {
            let edits: Vec<_> =
                (0..1 + random.below(4)).map(|_| random_edit(&mut random, &mut client, encoding)).collect();
            let before = document.snapshot();
            let applied = document.apply(&edits, encoding, version);

            let context = format!("{language:?}, seed {seed}, version {version}, {edits:?}");
            let text = client.text();
            assert_eq!(document.snapshot().text(), text, "{context}");
            assert_eq!(document.version(), version);
            assert_told(&before.text(), &applied, &text, &context);

            let fresh = Document::open(&text, language, version);
            notifications += 1;
            if let Some(difference) = tree_difference(document.current(), fresh.current()) {
                assert!(has_error(fresh.current()), "{difference}\n{context}\n{text:?}");
                assert!(has_error(document.current()), "{difference}\n{context}\n{text:?}");
                recovered_otherwise += 1;
            }
        }
    }
    assert!(
        recovered_otherwise * 100 <= notifications,
        "{recovered_otherwise} of {notifications} trees differ"
    );
}

/// Breaks valid code by a few notifications, then brings it back.
fn break_and_mend(language: Language, valid: &str) {
    let fresh = Document::open(valid, language, 0);
    assert!(!has_error(fresh.current()), "{language:?}: the text to start from is valid");
    let mut document = Document::open(valid, language, 0);
    for seed in 1..=150 {
        let mut random = Random::new(seed);
        let encoding = ENCODINGS[seed as usize % 3];
        let mut client = ClientText::new(valid);
        for _ in 0..1 + random.below(4) {
            let edit = random_edit(&mut random, &mut client, encoding);
            document.apply(&[edit], encoding, 1);
        }
        document.apply(&[Edit::replace_all(valid)], encoding, 2);
        assert_eq!(document.snapshot().text(), valid);
        let difference = tree_difference(document.current(), fresh.current());
        assert_eq!(difference, None, "{language:?}, seed {seed}");
    }
}

/// Asserts that all bytes outside the told edits are the same before and after.
fn assert_told(before: &str, applied: &[AppliedEdit], after: &str, context: &str) {
    const NEW: u8 = 1;
    let mut replayed = before.as_bytes().to_vec();
    for edit in applied {
        let new = vec![NEW; edit.new_len as usize];
        replayed.splice(edit.range.as_usize(), new);
    }
    assert_eq!(replayed.len(), after.len(), "{context}");
    let differs = |(told, byte): (&u8, &u8)| *told != NEW && told != byte;
    assert!(!replayed.iter().zip(after.as_bytes()).any(differs), "{context}");
}

fn has_error(snapshot: &Snapshot) -> bool {
    snapshot.tree().is_some_and(|tree| tree.root_node().has_error())
}

fn random_edit(random: &mut Random, client: &mut ClientText, encoding: PositionEncoding) -> Edit {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        text.push_str(PIECES[random.below(PIECES.len())]);
    }
    if random.below(40) == 0 {
        let whole = match random.below(3) {
            0 => client.text() + &text,
            1 => text + &client.text(),
            _ => client.text().replacen("return", "await", 1),
        };
        client.replace_all(&whole);
        return Edit::replace_all(whole);
    }
    let start = client.place(random.below(client.len() + 1));
    let longest = if random.below(8) == 0 { 200 } else { 6 };
    let end = client.place((start + random.below(longest)).min(client.len()));
    let (from, to) = (client.position(start, encoding), client.position(end, encoding));
    client.replace(start, end.max(start), &text);
    // Some clients send ranges from back to front.
    if random.below(10) == 0 { Edit::replace(to, from, text) } else { Edit::replace(from, to, text) }
}
