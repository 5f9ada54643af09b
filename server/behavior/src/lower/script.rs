//! TypeScript, TSX, JavaScript and JSX.

use plimsoll_syntax::Language;
use tree_sitter::Tree;

use super::Outline;
use crate::Unit;

pub(super) fn outline<'tree>(_tree: &'tree Tree, _text: &str, _language: Language) -> Outline<'tree> {
    Outline { sites: Vec::new() }
}

pub(super) fn extract(_outline: &Outline<'_>, _site: usize, _text: &str, _language: Language) -> Unit {
    Unit::default()
}
