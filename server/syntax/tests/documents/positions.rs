//! Positions of an editor against a model that counts from the beginning.

use plimsoll_syntax::{
    Document, Edit, Language, Position, PositionEncoding, Rope, TextRange, byte_to_position, position_to_byte,
};
use proptest::prelude::*;

use crate::client::ClientText;

fn encoding() -> impl Strategy<Value = PositionEncoding> {
    prop_oneof![Just(PositionEncoding::Utf8), Just(PositionEncoding::Utf16), Just(PositionEncoding::Utf32)]
}

/// Text with every sort of break, and characters of every length.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z(){}]{0,9}",
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\u{2028}\u{85}\u{b}\u{c}\u{2029}".to_owned()),
        Just("é".to_owned()),
        Just("🚢".to_owned()),
        Just("👩‍💻".to_owned()),
        any::<char>().prop_map(String::from),
        Just("x".repeat(400)),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

/// A number near zero, near the length of a line, or anywhere.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0..12_u32, 350..450_u32, any::<u32>(), Just(u32::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_position_round_trips_and_is_what_the_model_counts(text in text(), encoding in encoding()) {
        let rope = Rope::from_str(&text);
        let client = ClientText::new(&text);
        for (index, (byte, _)) in text.char_indices().chain([(text.len(), ' ')]).enumerate() {
            let place = client.place(index);
            let position = byte_to_position(&rope, byte as u32, encoding);
            prop_assert_eq!(position, client.position(place, encoding));
            // A place inside `\r\n` is the one before it.
            let expected = byte - (index - place);
            prop_assert_eq!(position_to_byte(&rope, position, encoding) as usize, expected);
        }
    }

    #[test]
    fn a_garbage_position_is_a_place_of_its_line(
        text in text(), line in number(), character in number(), encoding in encoding(),
    ) {
        let rope = Rope::from_str(&text);
        let asked = Position::new(line, character);
        let byte = position_to_byte(&rope, asked, encoding);
        prop_assert!(text.is_char_boundary(byte as usize));
        let given = byte_to_position(&rope, byte, encoding);
        prop_assert!(given <= asked);
        let last_line = byte_to_position(&rope, u32::MAX, encoding).line;
        prop_assert_eq!(given.line, line.min(last_line));
        // No place between the one that was given and the one asked for.
        let next = text[byte as usize..].chars().next().map_or(0, char::len_utf8) as u32;
        let after = byte_to_position(&rope, byte + next, encoding);
        prop_assert!(next == 0 || after > asked || after.line > given.line || given == asked || after == given);
    }

    #[test]
    fn garbage_offsets_never_fail(text in text(), start in number(), end in number(), encoding in encoding()) {
        let document = Document::open(&text, Language::Tsx, 1);
        let snapshot = document.snapshot();
        let position = snapshot.to_position(start, encoding);
        prop_assert!(text.is_char_boundary(snapshot.to_byte(position, encoding) as usize));
        let range = TextRange::new(start, end);
        let slice = snapshot.text_of(range);
        prop_assert!(slice.len() <= range.len() as usize);
        prop_assert!(text.contains(slice.as_ref()));
        let source = snapshot.source().expect("it is small");
        prop_assert_eq!(source.text_of(range), slice);
    }

    #[test]
    fn garbage_edits_never_fail(
        text in text(),
        places in proptest::collection::vec((number(), number(), number(), number()), 1..5),
        encoding in encoding(),
    ) {
        let mut document = Document::open(&text, Language::TypeScript, 1);
        let edits: Vec<_> = places
            .into_iter()
            .map(|(a, b, c, d)| Edit::replace(Position::new(a, b), Position::new(c, d), "é\r"))
            .collect();
        let applied = document.apply(&edits, encoding, 2);
        let change = |edit: &plimsoll_syntax::AppliedEdit| i64::from(edit.new_len) - i64::from(edit.range.len());
        let grown: i64 = applied.iter().map(change).sum();
        prop_assert_eq!(i64::from(document.current().len()), text.len() as i64 + grown);
        let tree = document.current().tree().expect("it is small");
        prop_assert_eq!(tree.root_node().end_byte() as u32 <= document.current().len(), true);
    }
}
