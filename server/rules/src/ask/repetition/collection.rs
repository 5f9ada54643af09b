//! How many elements a loop goes over, as far as the code says, and whether each of them is many already.

use plimsoll_behavior::models::Predicate;
use plimsoll_behavior::{
    Access, Binding, BindingId, BindingKind, Effects, Key, Kind, Literal, Name, NodeId, TypeKind, Unit,
};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, effects_of, receiver, unit_of};
use plimsoll_behavior::words;

/// The most elements of a list that is written out in the code.
const MAX_SMALL: u64 = 24;
/// The most elements of a list of constants that is named as a constant: columns, countries.
const MAX_CONSTANT: usize = 100;
/// How far a collection is followed through names and calls.
const MAX_DEPTH: u8 = 8;

/// Methods whose result has as many elements as what they are called on, or fewer.
const KEEPS_LENGTH: &[&str] = &[
    "map",
    "filter",
    "entries",
    "keys",
    "values",
    "iter",
    "iter_mut",
    "into_iter",
    "enumerate",
    "rev",
    "reverse",
    "toReversed",
    "sort",
    "toSorted",
    "slice",
    "copied",
    "cloned",
    "to_vec",
    "filter_map",
    "skip",
    "collect",
    "as_slice",
    "into_values",
    "into_keys",
    "as_ref",
    "clone",
    "peekable",
    "concat",
    "zip",
];
const GROWS: &[&str] =
    &["push", "unshift", "splice", "insert", "extend", "append", "push_back", "push_front", "set", "add"];
/// Methods that only a collection has.
const OF_COLLECTIONS: &[&str] = &[
    "map",
    "forEach",
    "filter",
    "flatMap",
    "reduce",
    "some",
    "every",
    "iter",
    "into_iter",
    "iter_mut",
    "join",
    "chunks",
];
/// Words in the names of collections of several elements at once.
const BATCH_WORDS: &[&str] = &["chunk", "batch", "page", "slice", "partition", "bucket"];

/// What there is a handful of everywhere, whoever counts them.
const FEW: &[&str] = &["role", "roles", "locale", "locales", "language", "languages", "weekday", "weekdays"];
/// Words beside them in the names of lists that say nothing of how many there are.
#[rustfmt::skip] // a list of words
const BESIDE_FEW: &[&str] = &[
    "row", "rows", "id", "ids", "name", "names", "key", "keys", "code", "codes", "list", "all", "new", "old", "default",
    "selected", "wanted", "required", "missing", "valid", "supported", "available", "enabled", "target", "to", "add",
    "remove",
];

/// Whether a collection is a short list that the code writes out, or one of what there is a handful of everywhere.
pub(crate) fn is_small(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    small(view, unit, node, MAX_DEPTH) || is_of_few(unit_of(view, unit), node)
}

/// `roles`, `roleIds`, `user.roles`; not `userRoles`, which may be those of all users.
fn is_of_few(u: &Unit, node: NodeId) -> bool {
    let (Kind::Name { name, .. } | Kind::Member { name, .. }) = u.kind(bare(u, node)) else { return false };
    let words = words(name);
    words.iter().any(|word| FEW.contains(&word.as_str()))
        && words.iter().all(|word| FEW.contains(&word.as_str()) || BESIDE_FEW.contains(&word.as_str()))
}

fn small(view: &UnitView<'_>, unit: usize, node: NodeId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let u = unit_of(view, unit);
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Array(items) => {
            let spreads = items.iter().filter_map(|&i| match u.kind(i) {
                Kind::Spread(of) => Some(*of),
                _ => None,
            });
            !items.is_empty()
                && items.len() as u64 <= MAX_SMALL
                && spreads.into_iter().all(|of| small(view, unit, of, depth))
        }
        Kind::Object { entries, .. } if entries.iter().any(|e| is_length(&e.key)) => {
            has_small_length(u, node)
        }
        Kind::Object { entries, .. } => {
            !entries.is_empty()
                && entries.len() as u64 <= MAX_SMALL
                && entries.iter().all(|e| e.key != Key::Spread)
        }
        Kind::Repeat { count, .. } => number(u, *count).is_some_and(|n| n <= MAX_SMALL),
        Kind::Range { start, end } => {
            let start = start.map_or(Some(0), |s| number(u, s));
            let end = end.and_then(|e| number(u, e));
            matches!((start, end), (Some(a), Some(b)) if b.saturating_sub(a) <= MAX_SMALL)
        }
        Kind::Call { callee, args, .. } => small_call(view, unit, node, *callee, args, depth),
        Kind::If { then, otherwise: Some(otherwise), .. } => {
            let is_short = |arm: NodeId| is_empty(u, arm) || small(view, unit, arm, depth);
            is_short(*then) && is_short(*otherwise) && !(is_empty(u, *then) && is_empty(u, *otherwise))
        }
        Kind::Binary { op, left, right } if matches!(op.as_str(), "??" | "||") => {
            small(view, unit, *left, depth) && small(view, unit, *right, depth)
        }
        Kind::Index { object, .. } => has_small_parts(view, unit, *object),
        Kind::Member { name, object, .. } => is_constant_name(name) || has_small_parts(view, unit, *object),
        Kind::Name { name, .. } => match declaration(view, unit, node) {
            Some((unit, binding)) => small_binding(view, unit, binding, depth),
            None => is_constant_name(name),
        },
        _ => false,
    }
}

/// Whether all that an object holds are short lists that the code writes out: `STEPS[kind]`.
fn has_small_parts(view: &UnitView<'_>, unit: usize, object: NodeId) -> bool {
    let u = unit_of(view, unit);
    let object = bare(u, object);
    match u.kind(object) {
        Kind::Object { entries, .. } => {
            !entries.is_empty()
                && entries.iter().all(|entry| match u.kind(bare(u, entry.value)) {
                    Kind::Array(items) => items.len() as u64 <= MAX_SMALL,
                    _ => false,
                })
        }
        Kind::Name { name, .. } => match declaration(view, unit, object) {
            Some((there, binding)) => {
                let b = unit_of(view, there).binding(binding);
                match b.kind {
                    BindingKind::Variable if b.path.is_empty() && b.assignments.is_empty() => b
                        .value
                        .filter(|&value| {
                            matches!(
                                unit_of(view, there).kind(bare(unit_of(view, there), value)),
                                Kind::Object { .. }
                            )
                        })
                        .is_some_and(|value| has_small_parts(view, there, value)),
                    BindingKind::Import(_) => is_constant_name(name),
                    _ => false,
                }
            }
            None => false,
        },
        Kind::Member { name, .. } => is_constant_name(name),
        _ => false,
    }
}

fn small_call(
    view: &UnitView<'_>,
    unit: usize,
    call: NodeId,
    callee: NodeId,
    args: &[NodeId],
    depth: u8,
) -> bool {
    let u = unit_of(view, unit);
    let first = args.first().copied();
    let Some(name) = callee_name(u, call) else { return false };
    let few =
        |argument: Option<&NodeId>| argument.and_then(|&a| number(u, a)).is_some_and(|n| n <= MAX_SMALL);
    match (u.kind(callee), name.as_str()) {
        (Kind::Member { access: Access::Dot | Access::Optional, .. }, "take") if few(args.first()) => true,
        (Kind::Member { access: Access::Dot | Access::Optional, .. }, "slice")
            if args.len() == 2 && few(args.first()) && few(args.get(1)) =>
        {
            true
        }
        // The variants of an enum.
        (Kind::Member { object, access: Access::Path, .. }, "iter" | "values" | "all" | "variants")
            if args.is_empty() =>
        {
            matches!(u.kind(*object), Kind::Name { .. } | Kind::Member { .. })
        }
        (Kind::Member { object, .. }, "keys" | "values" | "entries" | "from" | "freeze" | "of") if matches!(u.kind(*object), Kind::Name { name, binding: None } if name == "Object" || name == "Array") => {
            first.is_some_and(|first| small(view, unit, first, depth))
        }
        (Kind::Name { binding: None, .. }, "Set" | "Map" | "Array") => {
            first.is_some_and(|first| number(u, first).is_some() || small(view, unit, first, depth))
        }
        (Kind::Member { object, access, .. }, method) => {
            *access != Access::Path && KEEPS_LENGTH.contains(&method) && small(view, unit, *object, depth)
        }
        _ => false,
    }
}

/// `Array.from({ length: 3 })`
fn has_small_length(u: &Unit, node: NodeId) -> bool {
    let Kind::Object { entries, .. } = u.kind(node) else { return false };
    entries.iter().any(|e| is_length(&e.key) && number(u, e.value).is_some_and(|n| n <= MAX_SMALL))
}

fn is_length(key: &Key) -> bool {
    matches!(key, Key::Name(name) if name == "length")
}

fn small_binding(view: &UnitView<'_>, unit: usize, id: BindingId, depth: u8) -> bool {
    let u = unit_of(view, unit);
    let b = u.binding(id);
    if is_left_where_it_is_long(u, b) {
        return true;
    }
    match b.kind {
        BindingKind::Import(_) => is_constant_name(&b.name),
        BindingKind::Type => u.types.iter().any(|t| t.kind == TypeKind::Enum && t.name == b.name),
        BindingKind::Variable if b.path.is_empty() && b.assignments.is_empty() => {
            let grows = b.uses.iter().any(|&used| {
                let Some(member) = u.parent(used) else { return false };
                matches!(u.kind(member), Kind::Member { object, name, .. } if *object == used && GROWS.contains(&name.as_str()))
            });
            if grows && has_few_additions(view, unit, b) {
                return true;
            }
            let is_constant_list = |value: NodeId| {
                is_constant_name(&b.name)
                    && matches!(u.kind(bare(u, value)), Kind::Array(items)
                        if items.len() <= MAX_CONSTANT && items.iter().all(|&i| matches!(u.kind(i), Kind::Literal(_))))
            };
            !grows && b.value.is_some_and(|value| is_constant_list(value) || small(view, unit, value, depth))
        }
        _ => false,
    }
}

/// Whether the code leaves where a collection has more than a few elements: `if (fields.length > 3) return`.
fn is_left_where_it_is_long(u: &Unit, b: &Binding) -> bool {
    b.uses.iter().any(|&used| {
        let Some(member) = u.parent(used) else { return false };
        let Kind::Member { object, name, .. } = u.kind(member) else { return false };
        let is_length = *object == used && matches!(name.as_str(), "length" | "size" | "len");
        // `fields.len()`
        let length = match u.parent(member) {
            Some(call) if matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member) => call,
            _ => member,
        };
        let Some(comparison) = u.parent(length).filter(|_| is_length) else { return false };
        let Kind::Binary { op, left, right } = u.kind(comparison) else { return false };
        let is_long =
            *left == length && matches!(op.as_str(), ">" | ">=") && number(u, *right).is_some_and(|n| n <= MAX_SMALL);
        let leaves = |then: NodeId| match u.kind(then) {
            Kind::Block { statements, .. } => statements.last().is_some_and(|&last| is_exit(u, last)),
            _ => is_exit(u, then),
        };
        is_long
            && u.ancestors(comparison).any(|around| {
                matches!(u.kind(around), Kind::If { condition, then, .. }
                    if (*condition == comparison || u.descendants(*condition).contains(&comparison)) && leaves(*then))
            })
    })
}

fn is_exit(u: &Unit, statement: NodeId) -> bool {
    match u.kind(statement) {
        Kind::Discard(inner) => matches!(u.kind(*inner), Kind::Return(_) | Kind::Throw(_)),
        kind => matches!(kind, Kind::Return(_) | Kind::Throw(_)),
    }
}

/// Whether a collection begins empty and gets its few elements one by one, outside of loops: the people whom a comment
/// concerns.
fn has_few_additions(view: &UnitView<'_>, unit: usize, b: &Binding) -> bool {
    const ADDS_ONE: &[&str] = &["push", "unshift", "add", "insert", "push_back", "push_front"];
    let u = unit_of(view, unit);
    let is_seen_inside = view
        .linked
        .file
        .units
        .iter()
        .any(|entry| entry.parent == Some(unit) && entry.unit.free_names.contains(&b.name));
    let Some(value) = b.value.filter(|_| !is_seen_inside) else { return false };
    let declared = u.node(value).function;
    let additions = b.uses.iter().filter_map(|&used| {
        let member = u.parent(used)?;
        let Kind::Member { object, name, .. } = u.kind(member) else { return None };
        (*object == used && GROWS.contains(&name.as_str())).then_some((member, name))
    });
    let mut count = 0;
    let is_one = |(member, name): (NodeId, &Name)| {
        count += 1;
        let call = u.parent(member)?;
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let is_whole = |&arg: &NodeId| !matches!(u.kind(arg), Kind::Spread(_));
        let repeats = u.node(call).function != declared
            || u.ancestors(call)
                .any(|around| matches!(u.kind(around), Kind::Loop(_)) && !holds(u, around, value));
        (ADDS_ONE.contains(&name.as_str()) && args.iter().all(is_whole) && !repeats).then_some(())
    };
    let are_single = additions.map(is_one).all(|one| one.is_some());
    are_single && count <= MAX_SMALL && is_empty(u, value)
}

fn holds(u: &Unit, around: NodeId, node: NodeId) -> bool {
    let (outer, inner) = (u.range(around), u.range(node));
    outer.start <= inner.start && inner.end <= outer.end
}

/// `[]`, `new Set()`, `Vec::new()`
fn is_empty(u: &Unit, node: NodeId) -> bool {
    match u.kind(bare(u, node)) {
        Kind::Array(items) => items.is_empty(),
        Kind::Call { args, .. } => {
            args.is_empty()
                && callee_name(u, bare(u, node))
                    .is_some_and(|name| matches!(name.as_str(), "Set" | "Map" | "Array" | "new" | "vec"))
        }
        _ => false,
    }
}

/// `ORDER_STATES`: what is written so does not grow.
fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|c| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A number in the code that is small.
pub(crate) fn few(u: &Unit, node: NodeId) -> Option<u64> {
    number(u, node).filter(|&n| n <= MAX_SMALL)
}

fn number(u: &Unit, node: NodeId) -> Option<u64> {
    match u.kind(bare(u, node)) {
        Kind::Literal(Literal::Number(text)) => {
            text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()
        }
        _ => None,
    }
}

/// Whether the elements of a collection are collections themselves: what `chunk` and its kin yield.
pub(crate) fn is_of_batches(u: &Unit, over: NodeId) -> bool {
    let mut at = over;
    for _ in 0..32 {
        at = bare(u, at);
        let next = match u.kind(at) {
            Kind::Call { .. } => {
                if callee_name(u, at).is_some_and(|name| has_batch_word(name)) {
                    return true;
                }
                receiver(u, at)
            }
            Kind::Member { name, .. } => return is_batches(name),
            // What the name was made by says more than the name: pages of a book are no batches.
            Kind::Name { name, binding } => match binding.and_then(|b| u.binding(b).value) {
                Some(value) if !u.ancestors(over).any(|a| a == value) => Some(value),
                _ => return is_batches(name),
            },
            Kind::Await(x) | Kind::Try(x) => Some(*x),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    false
}

fn has_batch_word(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    BATCH_WORDS.iter().any(|word| name.contains(word)) || name == "windows"
}

/// Whether a name is that of a list of batches, and of nothing else.
fn is_batches(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("chunks") || name.ends_with("batches")
}

/// Whether a property of an element is read, which a collection does not have: `entry.studentId`.
pub(crate) fn is_one_thing(u: &Unit, element: BindingId) -> bool {
    u.binding(element).uses.iter().any(|used| {
        let Some(member) = u.parent(*used) else { return false };
        let Kind::Member { object, name, .. } = u.kind(member) else { return false };
        let is_called = u
            .parent(member)
            .is_some_and(|call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member));
        *object == *used && !is_called && name != "length" && name != "size"
    })
}

/// Whether an element is a collection of its own that the call takes as a whole.
pub(crate) fn is_batch(view: &UnitView<'_>, unit: usize, element: BindingId, call: NodeId) -> bool {
    let u = unit_of(view, unit);
    let b = u.binding(element);
    // One of whose members something is read, or that is taken apart, is one thing.
    let is_one = !b.path.is_empty()
        || b.uses.iter().any(|used| match u.parent(*used).map(|p| u.kind(p)) {
            Some(Kind::Member { object, name, .. }) => {
                *object == *used
                    && !OF_COLLECTIONS.contains(&name.as_str())
                    && name != "length"
                    && name != "size"
            }
            _ => false,
        });
    // What a pattern matches is many.
    let is_pattern = b.name.to_ascii_lowercase().ends_with("pattern");
    if (has_batch_word(&b.name) || is_pattern) && !is_one {
        return true;
    }
    // What the call is made of, and what the names in it are bound to.
    let mut calls = u.descendants(call);
    let bound: Vec<NodeId> = calls
        .iter()
        .filter_map(|&part| match u.kind(part) {
            Kind::Name { binding: Some(b), .. } => u.binding(*b).value,
            _ => None,
        })
        .collect();
    calls.extend(bound.into_iter().flat_map(|value| u.descendants(value)));
    b.uses.iter().any(|used| {
        let Some(parent) = u.parent(*used) else { return false };
        let in_call = calls.contains(used);
        match u.kind(parent) {
            Kind::Member { object, name, .. } => {
                in_call
                    && *object == *used
                    && OF_COLLECTIONS.contains(&name.as_str())
                    && u.parent(parent)
                        .is_some_and(|p| matches!(u.kind(p), Kind::Call { callee, .. } if *callee == parent))
            }
            Kind::Object { entries, .. } if in_call => entries.iter().any(|e| {
                e.value == *used
                    && matches!(&e.key, Key::Name(k) if matches!(k.as_str(), "in" | "$in" | "_in" | "notIn"))
            }),
            Kind::Call { args, .. } if args.contains(used) => takes_many(view, unit, parent, *used),
            Kind::Unary { .. } => {
                let around = u.parent(parent);
                around.is_some_and(|call| match u.kind(call) {
                    Kind::Call { args, .. } if args.contains(&parent) => takes_many(view, unit, call, parent),
                    _ => false,
                })
            }
            _ => false,
        }
    })
}

/// Whether an argument stands where a call takes a collection: `inArray(id, ids)`, a parameter `ids: string[]`.
fn takes_many(view: &UnitView<'_>, unit: usize, call: NodeId, argument: NodeId) -> bool {
    let facts = view.eval.call(unit, call);
    if facts.behavior.as_ref().is_some_and(|(_, b)| b.predicate == Some(Predicate::In)) {
        return true;
    }
    let Kind::Call { args, .. } = unit_of(view, unit).kind(call) else { return false };
    let Some(index) = args.iter().position(|&a| a == argument) else { return false };
    let Some(target) = &facts.target else { return false };
    let elsewhere;
    let linked = if target.file == view.linked.file.path {
        view.linked
    } else {
        let Some(found) = view.world.linked(&target.file) else { return false };
        elsewhere = found;
        &*elsewhere
    };
    let Some(at) = linked.file.unit_at(&target.unit) else { return false };
    let param = linked.file.units[at].unit.function(target.function).params.get(index);
    let ty = param.and_then(|param| param.ty.as_ref()).and_then(|ty| ty.path.last());
    ty.is_some_and(|ty| matches!(ty.as_str(), "Array" | "ReadonlyArray" | "[]" | "Vec" | "Set" | "HashSet"))
}

/// Whether a value is rows that a database hands over one by one.
pub(crate) fn is_row_stream(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let (mut unit, mut at) = (unit, node);
    for _ in 0..32 {
        at = bare(unit_of(view, unit), at);
        let is_call = matches!(unit_of(view, unit).kind(at), Kind::Call { .. });
        if is_call && effects_of(view, unit, at).intersects(Effects::DB_READ) {
            return true;
        }
        let Some(next) = comes_from(view, unit, at) else { return false };
        (unit, at) = next;
    }
    false
}

/// What a bare value comes from, with its unit: what a method is called on, what is waited for, what a name was given.
fn comes_from(view: &UnitView<'_>, unit: usize, at: NodeId) -> Option<(usize, NodeId)> {
    let u = unit_of(view, unit);
    match u.kind(at) {
        Kind::Call { .. } => Some((unit, receiver(u, at)?)),
        Kind::Await(inner) | Kind::Try(inner) => Some((unit, *inner)),
        Kind::Name { .. } => {
            let (outer, binding) = declaration(view, unit, at)?;
            Some((outer, unit_of(view, outer).binding(binding).value?))
        }
        _ => None,
    }
}

/// Calls after which a chain of Rust's adapters goes over elements, and not into an `Option` or a `Result`.
const ITERATES: &[&str] = &[
    "iter",
    "iter_mut",
    "into_iter",
    "drain",
    "keys",
    "values",
    "values_mut",
    "into_values",
    "into_keys",
    "lines",
    "split",
    "chars",
    "bytes",
    "windows",
    "chunks",
    "enumerate",
    "zip",
    "rev",
    "skip",
    "take",
    "filter",
    "filter_map",
    "flat_map",
    "par_iter",
    "into_par_iter",
    "into_stream",
    "buffered",
    "buffer_unordered",
    "fetch",
    "stream",
    "range",
    "split_whitespace",
    "chain",
    "cloned",
    "copied",
    "step_by",
    "peekable",
    "inspect",
    "flatten",
    "for_each",
];

/// Whether an adapter that is called on this value runs for every element of a collection.
pub(crate) fn is_iterated(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let (mut unit, mut at) = (unit, node);
    for _ in 0..64 {
        if matches!(view.eval.value(unit, at), Value::List(_)) {
            return true;
        }
        let u = unit_of(view, unit);
        at = bare(u, at);
        let iterates = || callee_name(u, at).is_some_and(|name| ITERATES.contains(&name.as_str()));
        if matches!(u.kind(at), Kind::Range { .. } | Kind::Array(_)) || iterates() {
            return true;
        }
        // A name that stands for itself leads nowhere.
        let next = comes_from(view, unit, at)
            .filter(|&(outer, value)| outer != unit || u.range(value) != u.range(at));
        let Some(next) = next else { return false };
        (unit, at) = next;
    }
    false
}
