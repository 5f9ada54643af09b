//! What is taken over from an outline before is what a walk through all of the file finds.

use plimsoll_syntax::{Language, Parsed};
use proptest::prelude::*;

use super::OutlineMemo;
use crate::lower::{extract, outline, outline_again};

/// Parts long enough to be kept, with units in units, names from outside, attributes, and one part twice.
fn script() -> String {
    let filler = "    await step(1234567, 'text', `a${b}`)\n".repeat(20);
    let component = format!(
        "export function Page({{ rows }}) {{\n  const pick = async (id) => {{\n{filler}  }}\n  return rows.map((row) => {{\n{filler}    return <li onClick={{() => pick(row.id)}}>{{row.title}}</li>\n  }})\n}}\n"
    );
    format!(
        "import {{ a }} from './a'\n{component}class Users {{\n  @Get(':id') async find(id) {{\n{filler}  }}\n  list = async () => {{\n{filler}  }}\n}}\napp.get('/', async (req, res) => {{\n{filler}}})\n{component}module.exports.run = function () {{\n{filler}}}\n"
    )
}

fn rust() -> String {
    let filler = "        step(1_234_567, \"text\", &format!(\"{a} {b}\")).await?;\n".repeat(12);
    let inner = format!(
        "impl Users {{\n    pub async fn find(&self) {{\n{filler}        let each = |id: i64| {{\n{filler}{filler}        }};\n    }}\n    fn short(&self) {{}}\n}}\n"
    );
    format!(
        "use a::b;\n{inner}#[cfg(test)]\nmod tests {{\n{inner}}}\n#[tokio::main]\nasync fn main() {{\n{filler}    tokio::spawn(async move {{\n{filler}    }});\n}}\n{inner}"
    )
}

/// Applies the edits one after the other and compares after each.
fn check(mut text: String, language: Language, edits: &[(prop::sample::Index, usize, String)]) {
    let mut memo = OutlineMemo::default();
    for (at, len, new) in edits {
        let start = (0..=at.index(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let end = (start + len..=text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(text.len());
        text.replace_range(start..end, new);
        let parsed = Parsed::parse(&text, language).expect("it is small");
        let fresh = outline(parsed.tree(), &text, language);
        let again = outline_again(parsed.tree(), &text, language, &[&memo]);
        assert_eq!(fresh.sites.len(), again.sites.len());
        for (at, (a, b)) in fresh.sites.iter().zip(&again.sites).enumerate() {
            assert_eq!(
                (&a.place, a.parent, a.index_in_parent, &a.nested, &a.interface, a.key, a.kind, a.is_async),
                (&b.place, b.parent, b.index_in_parent, &b.nested, &b.interface, b.key, b.kind, b.is_async),
            );
            assert_eq!(fresh.node(at).id(), again.node(at).id());
        }
        let last = again.sites.len() - 1;
        assert_eq!(extract(&fresh, last, &text, language), extract(&again, last, &text, language));
        memo = again.memo;
    }
}

#[test]
fn most_of_a_file_is_taken_over() {
    for (text, language) in [(script(), Language::Tsx), (rust(), Language::Rust)] {
        let parsed = Parsed::parse(&text, language).expect("it is small");
        let memo = outline_again(parsed.tree(), &text, language, &[]).memo;
        let moved = format!("// a line more\n{text}");
        let parsed = Parsed::parse(&moved, language).expect("it is small");
        let again = outline_again(parsed.tree(), &moved, language, &[&memo]);
        let walked = again.sites.iter().filter(|site| site.node.is_some()).count();
        assert_eq!(walked, 1, "only the module is");
        assert!(again.sites.len() > 8);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_outline_after_edits_equals_a_fresh_one(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, "[-{}()<>=;,.`'\"/a-c1 \n✓]{0,5}|async |fn |function |=> |class |export |#\\[test\\] "), 1..8),
    ) {
        check(script(), Language::Tsx, &edits);
        check(rust(), Language::Rust, &edits);
    }
}
