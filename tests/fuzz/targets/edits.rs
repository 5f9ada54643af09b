//! Any edits, at any positions, in any encoding: the text is what a simple model of the protocol makes of it, the tree is
//! that of a fresh parse, and every position leads back to its byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_syntax::{Document, Edit, Language, Parsed, Position, PositionEncoding};

const PIECES: &[&str] = &[
    "", "a", " ", "\n", "\r\n", "\r", "\u{2028}", "é", "🚢", "e\u{301}", "{", "}", "(", ")", "'", "\"", "`", "${", "/*",
    "*/", "//", "<", ">", "=> ", "await f()\n", "for (const a of as) { ", "fn f() { ", "if x { ", "\\",
];

fuzz_target!(|bytes: &[u8]| {
    let [language, encoding, rest @ ..] = bytes else { return };
    let language = [Language::TypeScript, Language::Tsx, Language::JavaScript, Language::Rust]
        [usize::from(language % 4)];
    let encoding = [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32]
        [usize::from(encoding % 3)];
    let mut document = Document::open("", language, 0);
    let mut version = 0;
    for edit in rest.chunks_exact(5).take(200) {
        let position = |line: u8, column: u8| Position::new(u32::from(line) % 24, u32::from(column) % 80);
        let (start, end) = (position(edit[0], edit[1]), position(edit[2], edit[3]));
        let piece = PIECES[usize::from(edit[4]) % PIECES.len()];
        version += 1;
        let before = document.current().rope().to_string();
        let applied = document.apply(&[Edit::replace(start, end, piece)], encoding, version);
        let after = document.current().rope().to_string();
        // What changes nothing is not told; of the rest, only what really changes.
        match &applied[..] {
            [] => assert_eq!(before, after),
            [applied] => {
                let (start, end) = (applied.range.start as usize, applied.range.end as usize);
                let new_end = start + applied.new_len as usize;
                assert_eq!(before[..start], after[..start]);
                assert_eq!(before[end..], after[new_end..]);
                assert!(piece.contains(&after[start..new_end]));
            }
            more => panic!("{} edits were applied instead of one", more.len()),
        }
    }
    let snapshot = document.snapshot();
    let text = snapshot.text();
    for (byte, _) in text.char_indices() {
        let byte = u32::try_from(byte).expect("short");
        let position = snapshot.to_position(byte, encoding);
        let back = plimsoll_syntax::position_to_byte(snapshot.rope(), position, encoding);
        // The two halves of a line break are one place.
        assert!(back == byte || text.as_bytes()[back as usize..byte as usize] == *b"\r", "{byte} is {position:?}");
    }
    // How a parser recovers from an error depends on what it has kept; of text without one there is one tree.
    if let (Some(tree), Ok(fresh)) = (snapshot.tree(), Parsed::parse(&text, language))
        && !fresh.root().has_error()
    {
        assert_eq!(tree.root_node().to_sexp(), fresh.root().to_sexp());
    }
});
