//! How much of a text its tree makes nothing of.

use tree_sitter::{Node, Tree};

use crate::range::saturate;
use crate::walk::preorder;

/// What could not be parsed of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// How much it is, blanks left out; at least 1.
    pub percent: u8,
    /// The first byte of it.
    pub first: u32,
}

impl Unread {
    /// `unread` of `all` bytes; none where that is nothing.
    #[must_use]
    pub fn of(unread: usize, all: usize, first: u32) -> Option<Self> {
        let percent = unread.checked_mul(100)?.checked_div(all)?.clamp(1, 100);
        (unread > 0).then_some(Self { percent: u8::try_from(percent).unwrap_or(100), first })
    }
}

/// What a tree makes nothing of in its text; none where it holds no error. An error may reach over all that follows it,
/// with whole functions in it that are read like any other: only what is no part of one of these counts.
#[must_use]
pub fn unread(tree: &Tree, text: &str) -> Option<Unread> {
    let mut lost = Lost { text: text.as_bytes(), bytes: 0, first: None };
    let mut walk = preorder(tree.root_node());
    while let Some((node, _)) = walk.next() {
        if !node.has_error() {
            walk.skip_children();
        } else if node.is_error() {
            lost.add_error(node);
        }
    }
    let all = count_of(lost.text);
    Unread::of(lost.bytes, all, saturate(lost.first?))
}

struct Lost<'a> {
    text: &'a [u8],
    /// Blanks left out.
    bytes: usize,
    first: Option<usize>,
}

impl Lost<'_> {
    /// Counts what stands directly in an error. What holds another error in it is walked to later.
    fn add_error(&mut self, error: Node<'_>) {
        let mut at = error.start_byte();
        let mut cursor = error.walk();
        for child in error.children(&mut cursor) {
            self.add(at, child.start_byte());
            at = child.end_byte();
            if !child.has_error() && !self.stands_alone(child) {
                self.add(child.start_byte(), child.end_byte());
            }
        }
        self.add(at, error.end_byte());
    }

    fn add(&mut self, start: usize, end: usize) {
        let Some(part) = self.text.get(start..end) else { return };
        let count = count_of(part);
        if count > 0 {
            self.bytes += count;
            let blank = part.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.first = Some(self.first.map_or(start + blank, |first| first.min(start + blank)));
        }
    }

    /// Whether a part of an error is whole by itself: a comment, a statement, a body.
    fn stands_alone(&self, node: Node<'_>) -> bool {
        let lasts = node.end_position().row > node.start_position().row;
        let last = node.end_byte().checked_sub(1).and_then(|at| self.text.get(at));
        node.is_extra() || node.is_named() && (lasts || matches!(last, Some(b';' | b'}')))
    }
}

fn count_of(text: &[u8]) -> usize {
    text.iter().filter(|byte| !byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::unread;
    use crate::{Language, Parsed};

    fn percent(text: &str, language: Language) -> Option<u8> {
        let parsed = Parsed::parse(text, language).expect("it is small");
        unread(parsed.tree(), text).map(|unread| unread.percent)
    }

    /// Enough of a module that one mistake in it is little.
    fn module() -> String {
        let function = |n| {
            format!("export function f{n}(a: number) {{\n  const b = a + {n}\n  return g(b, [a])\n}}\n\n")
        };
        (0..20).map(function).collect()
    }

    #[test]
    fn what_is_no_code_is_hardly_read() {
        let prose = "This was saved under the wrong name. It has sentences, and\nthey go on for a while.\n\nA list, too:\n- one item\n- another one\n";
        for language in [Language::TypeScript, Language::Tsx, Language::Rust] {
            let percent = percent(prose, language).expect("it is no code");
            assert!(percent > 50, "{language:?}: {percent}");
        }
    }

    #[test]
    fn one_mistake_in_a_module_is_little_wherever_it_stands() {
        let module = module();
        assert_eq!(percent(&module, Language::TypeScript), None);
        let broken = [
            module.replacen("g(b", "g(((b", 1),
            module.replacen("(a: number)", "(a: number", 1),
            format!("<<<<<<< one\n{module}=======\n{module}>>>>>>> two\n"),
            module[..module.len() / 2].to_owned(),
            format!("{{\n{module}"),
        ];
        for text in broken {
            let percent = percent(&text, Language::TypeScript).unwrap_or(0);
            assert!(percent < 25, "{percent}: {:.80}", text);
        }
    }

    #[test]
    fn the_first_of_it_is_told() {
        let text = "const a = 1;\n\n  this is no code at all , is it ) ( ]\n";
        let parsed = Parsed::parse(text, Language::TypeScript).expect("it is small");
        let first = unread(parsed.tree(), text).expect("it is broken").first;
        assert_eq!(text[..first as usize].matches('\n').count(), 2, "{first}");
    }
}
