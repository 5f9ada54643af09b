//! The steps of `editors/README.md`, read out of it, so that what is tested is what is written there.

use std::path::{Path, PathBuf};

/// The folder of the checkout.
pub fn checkout() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    checkout.canonicalize().expect("the checkout is there")
}

/// The first block of code in a language below a heading.
pub fn code(heading: &str, language: &str) -> String {
    let blocks = blocks(heading, language);
    blocks.into_iter().next().unwrap_or_else(|| panic!("no {language} below {heading}"))
}

/// All blocks of code in a language below a heading of any level, up to the next one of its level.
pub fn blocks(heading: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(checkout().join("editors/README.md")).expect("it is there");
    let mut blocks = Vec::new();
    // The level of the heading while below it; the block that is open, and whether it is one of those that are wanted.
    let mut inside = None;
    let mut open: Option<(String, bool)> = None;
    for line in text.lines() {
        if let Some((block, is_wanted)) = &mut open {
            if line.trim_start().starts_with("```") {
                blocks.extend(is_wanted.then(|| std::mem::take(block)));
                open = None;
            } else {
                block.push_str(line);
                block.push('\n');
            }
        } else if let Some(fence) = line.strip_prefix("```") {
            open = Some((String::new(), inside.is_some() && fence == language));
        } else if let Some(title) = line.strip_prefix('#') {
            let level = line.len() - line.trim_start_matches('#').len();
            if title.trim_start_matches('#').trim() == heading {
                inside = Some(level);
            } else if inside.is_some_and(|inside| level <= inside) {
                inside = None;
            }
        }
    }
    blocks
}
