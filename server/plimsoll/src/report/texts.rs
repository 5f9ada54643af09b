//! The source that findings point into: byte ranges become lines and columns here and nowhere else in reports.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plimsoll_project::Files;
use plimsoll_syntax::{Position, PositionEncoding, Rope, byte_to_position};

/// The texts of files, each read once.
pub struct Texts<'a> {
    files: &'a dyn Files,
    current_dir: &'a str,
    known: RefCell<BTreeMap<String, Option<Rope>>>,
}

impl<'a> Texts<'a> {
    /// The texts of a view, with paths told from the current folder.
    pub fn new(files: &'a dyn Files, current_dir: &'a str) -> Self {
        Self { files, current_dir, known: RefCell::default() }
    }

    /// The path from the current folder, with `/`.
    pub fn relative(&self, path: &str) -> String {
        relative(self.current_dir, path)
    }

    /// The text of a file; `None` if it cannot be read.
    pub fn rope(&self, path: &str) -> Option<Rope> {
        let mut known = self.known.borrow_mut();
        if let Some(rope) = known.get(path) {
            return rope.clone();
        }
        let rope = self.files.read(path).map(|text| Rope::from_str(&text));
        known.insert(path.to_owned(), rope.clone());
        rope
    }

    /// The line and column of a byte, both from 1; columns count Unicode scalar values. A file that cannot be read
    /// has one place.
    pub fn line_and_column(&self, path: &str, byte: u32) -> (u32, u32) {
        let position = self
            .rope(path)
            .map_or(Position::default(), |rope| byte_to_position(&rope, byte, PositionEncoding::Utf32));
        (position.line.saturating_add(1), position.character.saturating_add(1))
    }
}

/// A path told from a folder, both absolute: `src/a.ts`, `../other/b.ts`, `.`.
pub fn relative(folder: &str, path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let parts = |path: &'_ str| {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (parts(folder), parts(path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let relative = up.chain(to[common..].iter().cloned()).collect::<Vec<_>>().join("/");
    if relative.is_empty() { ".".to_owned() } else { relative }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn paths_are_told_from_the_current_folder() {
        assert_eq!(relative("/p", "/p/src/a.ts"), "src/a.ts");
        assert_eq!(relative("/p/src", "/p/lib/b.ts"), "../lib/b.ts");
        assert_eq!(relative("/p", "/pq/a.ts"), "../pq/a.ts");
        assert_eq!(relative("/", "/a.ts"), "a.ts");
        assert_eq!(relative("/p", "/p"), ".");
        assert_eq!(relative("/p", "untitled:Untitled-1"), "untitled:Untitled-1");
    }
}
