//! Text that was written to break a parser neither crashes nor holds up a
//! thread, on a stack far smaller than any thread of the program has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plimsoll_syntax::{
    Document, Edit, Language, Parsed, Position, PositionEncoding, TextRange, Unparsed, limits, preorder,
};

const STACK_BYTES: usize = 256 * 1024;

/// Generous, because tests run unoptimised beside each other: what must not
/// happen takes minutes.
const LONGEST: Duration = Duration::from_secs(40);

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(test);
    thread.expect("a thread starts").join().expect("the test passes on a small stack");
}

#[test]
fn repeated_openings_end_in_a_tree_or_a_refusal() {
    on_a_small_stack(|| {
        let brackets = ["(", "[", "{", "<", "`${", "<a>"].map(|opening| (opening, 100_000));
        let others =
            ["(a,", "a<", "async (", "f(", "a=>", "/*", "'", "r#\"", "m!{", "if(a)", "type A=", "a+"]
                .map(|opening| (opening, 20_000));
        for (opening, times) in brackets.into_iter().chain(others) {
            let text = opening.repeat(times);
            for language in [Language::TypeScript, Language::Tsx, Language::Rust] {
                let started = Instant::now();
                let parsed = Parsed::parse(&text, language);
                assert!(started.elapsed() < LONGEST, "{opening:?} {language:?}");
                match parsed {
                    Ok(parsed) => assert_eq!(parsed.root().end_byte(), text.len()),
                    Err(reason) => assert_eq!(reason, Unparsed::TooComplex),
                }
            }
        }
    });
}

#[test]
fn a_deep_tree_is_walked_edited_and_dropped_without_recursion() {
    on_a_small_stack(|| {
        let depth = 20_000;
        let mut trees = 0;
        for (open, close, language) in [
            ("[", "]", Language::TypeScript),
            ("(", ")", Language::Rust),
            ("{", "}", Language::JavaScript),
            ("<a>", "</a>", Language::Tsx),
            ("`${", "}`", Language::TypeScript),
            ("f(", ")", Language::Rust),
        ] {
            let text = format!("{}x{}", open.repeat(depth), close.repeat(depth));
            let mut document = Document::open(&text, language, 1);
            let Some(tree) = document.current().tree() else {
                assert_eq!(document.current().unparsed(), Some(Unparsed::TooComplex));
                continue;
            };
            trees += 1;
            let deepest = preorder(tree.root_node()).map(|(_, depth)| depth).max();
            assert!(deepest >= Some(depth), "{open} {deepest:?}");
            let middle = (open.len() * depth) as u32;
            let kept = document.snapshot();
            let (from, to) = (Position::new(0, middle), Position::new(0, middle + 1));
            document.apply(&[Edit::replace(from, to, "yz")], PositionEncoding::Utf8, 2);
            assert_eq!(document.current().text_of(TextRange::at(middle, 2)), "yz");
            assert_eq!(kept.text_of(TextRange::at(middle, 1)), "x");
        }
        assert!(trees >= 3, "only {trees} of the texts were parsed at all");
    });
}

#[test]
fn a_parse_that_is_given_up_leaves_the_parser_as_new() {
    let hostile = "r#\"".repeat(100_000);
    let valid = "fn main() { f(1); }\n";
    assert_eq!(Parsed::parse(&hostile, Language::Rust).err(), Some(Unparsed::TooComplex));
    let parsed = Parsed::parse(valid, Language::Rust).expect("it is small");
    assert!(!parsed.root().has_error());
    assert_eq!(parsed.root().end_byte(), valid.len());
}

#[test]
fn a_running_parse_is_cancelled_from_another_thread() {
    let text = "let a = { b: [1, 2, 3] };\n".repeat(limits::MAX_FILE_BYTES / 26);
    let cancel = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let parse = scope.spawn(|| Parsed::parse_unless(&text, Language::Tsx, Some(&cancel)).err());
        thread::sleep(Duration::from_millis(5));
        cancel.store(true, Ordering::Relaxed);
        parse.join().expect("parsing does not panic")
    });
    assert_eq!(outcome, Some(Unparsed::Cancelled));
    assert!(Parsed::parse("let a = 1;", Language::Tsx).is_ok_and(|parsed| !parsed.root().has_error()));
}

#[test]
fn a_line_of_twenty_megabytes_is_text_without_a_tree() {
    let line = "é".repeat(10 * 1024 * 1024);
    assert_eq!(Parsed::parse(&line, Language::TypeScript).err(), Some(Unparsed::TooLarge));
    let mut document = Document::open(&line, Language::TypeScript, 1);
    assert_eq!(document.current().unparsed(), Some(Unparsed::TooLarge));
    let middle = Position::new(0, 5 * 1024 * 1024);
    for encoding in [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32] {
        let byte = document.current().to_byte(middle, encoding);
        assert_eq!(document.current().to_position(byte, encoding), middle);
    }
    document.apply(&[Edit::replace(middle, middle, "x")], PositionEncoding::Utf16, 2);
    assert_eq!(document.current().text_of(TextRange::at(10 * 1024 * 1024, 1)), "x");
}

#[test]
fn an_ordinary_file_just_below_the_limit_is_parsed() {
    let line = "export const handler = async (id) => { await db.user.find({ id, take: 10 }) }\n";
    for (language, line) in [
        (Language::Tsx, line),
        (Language::TypeScript, line),
        (Language::Rust, "pub async fn handler(id: u64) -> Result<User, Error> { db::find(id, 10).await }\n"),
    ] {
        let text = line.repeat(limits::MAX_FILE_BYTES / line.len());
        let parsed = Parsed::parse(&text, language).expect("an ordinary file is granted enough");
        assert!(!parsed.root().has_error());
    }
}
