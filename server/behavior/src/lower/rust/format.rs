//! Format strings and the macros that take them.

use std::ops::Range;

use tree_sitter::Node;

use super::Lower;
use super::kinds::{K, field, kind, parts};
use super::literals::{has_escapes, string_content};
use super::reparse::{Group, ReadAs, groups, inside};
use crate::{Entry, Key, Kind, Name, NodeId};

/// What stands in the braces of a format string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// The braces and what is between them, in bytes of the content.
    pub range: Range<usize>,
    /// The argument it names or numbers; empty for the next one.
    pub argument: Range<usize>,
    /// What its width and precision name: `{:width$.precision$}`.
    pub sizes: Vec<Range<usize>>,
    /// Whether the precision is an argument of its own: `{:.*}`.
    pub takes_precision: bool,
    is_number: bool,
}

impl Hole {
    /// The names in it.
    pub fn names(self) -> impl Iterator<Item = Range<usize>> {
        let own = (!self.is_number && !self.argument.is_empty()).then_some(self.argument);
        own.into_iter().chain(self.sizes)
    }
}

/// The holes of a format string; none if it is not one.
pub(super) fn holes(content: &str, has_escapes: bool) -> Option<Vec<Hole>> {
    let bytes = content.as_bytes();
    let mut holes = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            // The braces of `\u{1F6A2}` are no hole.
            b'\\' if has_escapes && bytes.get(at + 1..at + 3) == Some(b"u{") => {
                at += content[at..].find('}')? + 1;
            }
            b'\\' if has_escapes => at += 2,
            b'{' | b'}' if bytes.get(at + 1) == Some(&bytes[at]) => at += 2,
            b'{' => {
                let end = at + content[at..].find('}')?;
                holes.push(hole(content, at, end)?);
                at = end + 1;
            }
            b'}' => return None,
            _ => at += 1,
        }
    }
    Some(holes)
}

/// The hole between two braces.
fn hole(content: &str, open: usize, close: usize) -> Option<Hole> {
    let inner = content.get(open + 1..close)?;
    let (argument, spec) = match inner.split_once(':') {
        Some((argument, spec)) => (argument, Some(spec)),
        None => (inner, None),
    };
    let trimmed = argument.trim();
    let start = open + 1 + argument.find(trimmed)?;
    let is_number = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit());
    if !is_number && !trimmed.is_empty() && !is_name(trimmed) {
        return None;
    }
    let mut sizes = Vec::new();
    if let Some(spec) = spec {
        let base = open + 1 + argument.len() + 1;
        for (dollar, _) in spec.match_indices('$') {
            let name_start = spec[..dollar]
                .char_indices()
                .rev()
                .take_while(|(_, c)| c.is_alphanumeric() || *c == '_')
                .last();
            let name_start = name_start.map_or(dollar, |(at, _)| at);
            if is_name(&spec[name_start..dollar]) {
                sizes.push(base + name_start..base + dollar);
            }
        }
    }
    Some(Hole {
        range: open..close + 1,
        argument: start..start + trimmed.len(),
        sizes,
        takes_precision: spec.is_some_and(|spec| spec.contains(".*")),
        is_number,
    })
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// The arguments that follow a format string, each taken by at most one hole.
struct Formatted {
    positional: Vec<Option<NodeId>>,
    named: Vec<(Name, Option<NodeId>)>,
}

impl Lower<'_, '_> {
    /// `(a, "text {} {b}", c, d = e)`: the arguments before the format string, the [`Kind::Template`], the arguments
    /// that no hole takes.
    pub(super) fn format_arguments(&mut self, tree: Node<'_>, index: usize) -> Option<Vec<NodeId>> {
        self.reparse(inside(tree), ReadAs::Arguments, &[], |lower, list| {
            let list = parts(list);
            let format = list.get(index).copied().filter(|node| is_string(*node));
            let Some(format) = format else {
                return list.into_iter().map(|arg| lower.expr(arg)).collect();
            };
            let mut args: Vec<_> = list[..index].iter().map(|arg| lower.expr(*arg)).collect();
            let mut formatted = Formatted { positional: Vec::new(), named: Vec::new() };
            for &arg in &list[index + 1..] {
                match named_argument(arg) {
                    Some((name, value)) => {
                        let name = lower.name(name);
                        let value = lower.expr(value);
                        formatted.named.push((name, Some(value)));
                    }
                    None => formatted.positional.push(Some(lower.expr(arg))),
                }
            }
            args.push(lower.template(format, &mut formatted));
            args.extend(formatted.positional.into_iter().flatten());
            args.extend(formatted.named.into_iter().filter_map(|(_, value)| value));
            args
        })
    }

    /// `(target: "t", user.id, error = %e, "text {}", a)`: what is no field, then the fields as an [`Kind::Object`],
    /// the [`Kind::Template`], the arguments that no hole takes.
    pub(super) fn field_arguments(&mut self, tree: Node<'_>) -> Option<Vec<NodeId>> {
        let groups = groups(tree);
        let mut blanks = Vec::new();
        let mut keys = Vec::with_capacity(groups.len());
        for group in &groups {
            keys.push(prepare_field(group, &mut blanks));
        }
        let keys: Vec<Option<Name>> = keys.into_iter().map(|key| key.map(|key| self.name(key))).collect();
        self.reparse(inside(tree), ReadAs::Arguments, &blanks, |lower, list| {
            let list = parts(list);
            if list.len() != keys.len() {
                return None;
            }
            let is_field = |i: usize, arg: Node<'_>| keys[i].is_some() || !is_string(arg);
            let format = list.iter().enumerate().find(|(i, arg)| !is_field(*i, **arg)).map(|(i, _)| i);
            let mut args = Vec::new();
            let mut entries = Vec::new();
            let mut formatted = Formatted { positional: Vec::new(), named: Vec::new() };
            for (i, &arg) in list.iter().enumerate() {
                if Some(i) == format {
                    continue;
                }
                let range = lower.own_range(arg);
                let field_of = |key: Name, value: NodeId, is_shorthand: bool| Entry {
                    key: Key::Name(key),
                    value,
                    is_shorthand,
                    range,
                };
                let is_before = format.is_none_or(|format| i < format);
                match (&keys[i], named_argument(arg)) {
                    (Some(key), _) => {
                        let value = lower.expr(arg);
                        entries.push(field_of(key.clone(), value, false));
                    }
                    (None, Some((name, value))) => {
                        let key = match kind(name) {
                            K::String | K::RawString => Name::new(string_content(lower.text_of(name)).1),
                            _ => lower.name(name),
                        };
                        let value = lower.expr(value);
                        entries.push(field_of(key, value, false));
                    }
                    (None, None) if is_before && matches!(kind(arg), K::Identifier | K::Field) => {
                        let value = lower.expr(arg);
                        entries.push(field_of(lower.name(arg), value, true));
                    }
                    (None, None) if is_before => args.push(lower.expr(arg)),
                    (None, None) => formatted.positional.push(Some(lower.expr(arg))),
                }
            }
            let template = format.map(|format| {
                for entry in &entries {
                    if let Key::Name(name) = &entry.key {
                        formatted.named.push((name.clone(), Some(entry.value)));
                    }
                }
                lower.template(list[format], &mut formatted)
            });
            // A hole took the value of the field: `info!("{x}", x = 1)`.
            if template.is_some() {
                let left: Vec<_> = formatted.named.iter().filter_map(|(_, v)| *v).collect();
                entries.retain(|entry| left.contains(&entry.value));
            }
            if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
                let place =
                    crate::OwnRange { start: first.range.start, end: last.range.end.max(first.range.start) };
                let around = lower.cover(list[0], list[list.len() - 1]);
                let object =
                    lower.state.builder.node(Kind::Object { entries: entries.into(), ty: None }, around);
                lower.state.builder.unit.nodes[object.0 as usize].range = place;
                args.push(object);
            }
            args.extend(template);
            args.extend(formatted.positional.into_iter().flatten());
            Some(args)
        })?
    }

    /// A format string with its holes filled from the arguments.
    fn template(&mut self, literal: Node<'_>, formatted: &mut Formatted) -> NodeId {
        let text = self.text_of(literal);
        let (start, content) = string_content(text);
        let Some(found) = holes(content, has_escapes(text)) else {
            return self.literal(literal);
        };
        let content = content.to_owned();
        let base = literal.start_byte() + start;
        let (mut pieces, mut filled) = (Vec::new(), Vec::new());
        let (mut piece_start, mut next) = (0, 0);
        for hole in found {
            // A width that is no argument is a name in scope: used, but no part of the text.
            for size in &hole.sizes {
                let name = Name::new(&content[size.clone()]);
                if formatted.named.iter().all(|(known, _)| *known != name) {
                    let id = self.name_at(base + size.start..base + size.end, name);
                    formatted.positional.push(Some(id));
                }
            }
            next += usize::from(hole.takes_precision);
            let argument = &content[hole.argument.clone()];
            let value = if argument.is_empty() {
                next += 1;
                take_positional(formatted, next - 1)
            } else if hole.is_number {
                argument.parse().ok().and_then(|number| take_positional(formatted, number))
            } else {
                let name = Name::new(argument);
                let bytes = base + hole.argument.start..base + hole.argument.end;
                Some(match take_named(formatted, &name) {
                    Some(value) => value,
                    None => self.name_at(bytes, name),
                })
            };
            // A hole whose argument is missing, or stands in another hole already, stays text.
            let Some(value) = value else { continue };
            pieces.push(Name::new(&content[piece_start..hole.range.start]));
            filled.push(value);
            piece_start = hole.range.end;
        }
        if filled.is_empty() {
            return self.literal(literal);
        }
        pieces.push(Name::new(&content[piece_start..]));
        self.add(Kind::Template { pieces: pieces.into(), holes: filled.into() }, literal)
    }
}

fn take_positional(formatted: &mut Formatted, index: usize) -> Option<NodeId> {
    formatted.positional.get_mut(index)?.take()
}

fn take_named(formatted: &mut Formatted, name: &Name) -> Option<NodeId> {
    let found = formatted.named.iter_mut().find(|(n, _)| n == name)?;
    found.1.take()
}

fn is_string(node: Node<'_>) -> bool {
    matches!(kind(node), K::String | K::RawString)
}

/// `name = value`
fn named_argument(arg: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    if kind(arg) != K::Assignment {
        return None;
    }
    field(arg, |f| f.left).zip(field(arg, |f| f.right))
}

/// Notes what must be blanked for a field to be an expression (`%`, `?`, `target:`); the key of `target: value`.
fn prepare_field<'t>(group: &Group<'t>, blanks: &mut Vec<Range<usize>>) -> Option<Node<'t>> {
    let tokens = &group.tokens;
    let is = |i: usize, wanted: K| tokens.get(i).is_some_and(|token| kind(*token) == wanted);
    if is(0, K::Identifier) && is(1, K::Colon) {
        blanks.push(tokens[0].byte_range());
        blanks.push(tokens[1].byte_range());
        return Some(tokens[0]);
    }
    let after_equals = tokens.iter().position(|token| kind(*token) == K::Equals).map(|equals| equals + 1);
    for at in std::iter::once(0).chain(after_equals) {
        if is(at, K::Percent) || is(at, K::Question) {
            blanks.push(tokens[at].byte_range());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::holes;

    fn names(content: &str) -> Option<Vec<&str>> {
        let found = holes(content, true)?;
        Some(found.into_iter().flat_map(super::Hole::names).map(|range| &content[range]).collect())
    }

    #[test]
    fn names_stand_in_holes_widths_and_precisions() {
        assert_eq!(
            names("{a} {{b}} {0} {} {c:?} {:w$.p$} \\u{41} {self}"),
            Some(vec!["a", "c", "w", "p", "self"])
        );
        assert_eq!(names("select {json: 1}, {a b}"), None);
        assert_eq!(names("} {"), None);
    }
}
