//! What holds for every text.

use super::{Kind, Language, Outline, Parsed, TextRange, Unit, extract, outline};

/// Lowers a text and asserts what holds for every text; returns the units.
pub fn check(text: &str, language: Language) -> Vec<Unit> {
    let parsed = Parsed::parse(text, language).expect("it is within the limits");
    let reread = super::reread(parsed.tree(), text, language);
    let outline = outline(reread.as_ref().unwrap_or(parsed.tree()), text, language);
    check_outline(&outline, text);
    let units: Vec<Unit> =
        (0..outline.sites.len()).map(|site| extract(&outline, site, text, language)).collect();
    for (site, unit) in outline.sites.iter().zip(&units) {
        check_unit(unit, site, text);
    }
    units
}

fn check_outline(outline: &Outline<'_>, text: &str) {
    let whole = TextRange::from_usize(0, text.len());
    assert_eq!(outline.sites[0].place.range, whole);
    for (at, site) in outline.sites.iter().enumerate() {
        let range = site.place.range;
        let nested: Vec<TextRange> = site.nested.iter().map(|&n| outline.sites[n].place.range).collect();
        assert_eq!(nested, site.place.holes);
        assert!(
            site.place.holes.iter().all(|&h| range.contains_range(h) && (at == 0 || h.len() < range.len()))
        );
        assert!(site.place.holes.is_sorted_by(|a, b| a.end <= b.start), "{:?}", site.place.holes);
        for (index, &nested) in site.nested.iter().enumerate() {
            assert!(nested > at);
            assert_eq!(outline.sites[nested].parent, Some(at));
            assert_eq!(outline.sites[nested].index_in_parent as usize, index);
        }
    }
}

fn check_unit(unit: &Unit, site: &super::UnitSite<'_>, text: &str) {
    let place = &site.place;
    assert_eq!(unit.nested.len(), site.nested.len());
    for node in &unit.nodes {
        assert!(node.range.start <= node.range.end);
        let file = place.to_file(node.range);
        assert!(place.range.contains_range(file), "{node:?} {file:?}");
        match &node.kind {
            Kind::Name { name, .. } => check_written(name, file, site, text),
            Kind::Member { name, name_range, .. } => {
                check_written(name, place.to_file(*name_range), site, text)
            }
            _ => {}
        }
        node.kind.each_part(&mut |part| {
            assert!(unit.parent(part).is_some(), "{part:?} of {node:?}");
        });
    }
    for binding in &unit.bindings {
        let file = place.to_file(binding.range);
        // The name of a nested unit stands in that unit: its place is the unit's.
        let is_nested =
            binding.range.start == binding.range.end && place.holes.iter().any(|h| file.contains_range(*h));
        assert!(is_nested || text[file.as_usize()] == *binding.name, "{binding:?}");
    }
    for comment in &unit.comments {
        let written = &text[place.to_file(comment.range).as_usize()];
        assert!(written.contains(comment.text.as_str()), "{comment:?} {written:?}");
    }
    for (index, nested) in unit.nested.iter().enumerate() {
        assert_eq!(unit.kind(nested.node), &Kind::Nested(u32::try_from(index).expect("few")));
        // Two units with nothing between them, as in `class A{a(){}b(){}}`, have the same place.
        assert!(place.to_file(unit.range(nested.node)).contains_range(place.holes[index]));
    }
    // The tree below the body holds each node once.
    if let Some(body) = unit.own().body {
        let mut inside = unit.descendants(body);
        let count = inside.len();
        inside.sort();
        inside.dedup();
        assert_eq!(inside.len(), count, "a node has two parents");
    }
}

/// A name is written where it says. A range that touches a hole contains it: one beside the name without a space
/// between, as in `function f(){}g()`, comes along.
fn check_written(name: &str, file: TextRange, site: &super::UnitSite<'_>, text: &str) {
    let holes = site.place.holes.iter().filter(|hole| file.contains_range(**hole));
    let nested: u32 = holes.clone().map(|hole| hole.len()).sum();
    let from = holes.clone().find(|hole| hole.start == file.start).map_or(file.start, |hole| hole.end);
    let own = TextRange::at(from, file.len() - nested);
    assert_eq!(&text[own.as_usize()], name);
}
