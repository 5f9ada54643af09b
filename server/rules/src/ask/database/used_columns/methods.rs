//! What methods of lists, promises, options and results do with rows.

/// What a method does with the rows that it is called on. The numbers are the parameters by which the functions that it is
/// handed see a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// It says nothing of what is in a row.
    SaysNothing,
    /// What it yields are rows still, or one.
    Keeps,
    /// The same, but functions see each row.
    Sifts(&'static [u16]),
    /// Functions make something else of each row.
    Makes(&'static [u16]),
}

/// Methods after which rows are still rows.
#[rustfmt::skip] // a list of words
const KEEP: &[&str] = &[
    "slice", "reverse", "toReversed", "at", "pop", "shift", "values", "catch", "finally",
    "unwrap", "expect", "unwrap_or_default", "unwrap_or_else", "ok_or", "ok_or_else", "map_err", "context",
    "with_context", "as_ref", "as_mut", "as_deref", "iter", "iter_mut", "into_iter", "clone", "cloned", "first", "last",
    "next", "take", "skip", "rev", "flatten", "ok", "collect", "to_vec", "transpose",
];
/// The same, of methods that are handed a function which sees each row.
#[rustfmt::skip] // a list of words
const SIFT: &[&str] = &[
    "filter", "find", "findLast", "sort", "toSorted", "sort_by", "sort_by_key", "sort_unstable_by",
    "sort_unstable_by_key", "max_by_key", "min_by_key", "max_by", "min_by", "inspect",
];
/// Methods that make something else of rows; what they are called with sees each.
#[rustfmt::skip] // a list of words
const MAKE: &[&str] = &[
    "map", "flatMap", "forEach", "some", "every", "findIndex", "findLastIndex", "reduce", "reduceRight",
    "for_each", "any", "all", "position", "filter_map", "flat_map", "find_map", "fold", "and_then", "is_some_and",
];
/// Methods that say nothing of what is in a row.
const NEUTRAL: &[&str] = &["is_some", "is_none", "is_ok", "is_err", "is_empty", "len", "count"];
/// Methods of lists that are changed in place. What is put among rows is none of them.
const CHANGE: &[&str] = &["push", "unshift", "splice"];

/// What the method of this name does with rows; none where that is not known.
pub(super) fn method(name: &str, is_rust: bool) -> Option<Method> {
    let sees: &[u16] = match name {
        "reduce" | "reduceRight" | "fold" => &[1],
        "sort" | "toSorted" | "sort_by" | "sort_unstable_by" | "max_by" | "min_by" => &[0, 1],
        _ => &[0],
    };
    match name {
        _ if is_rust && NEUTRAL.contains(&name) => Some(Method::SaysNothing),
        _ if !is_rust && CHANGE.contains(&name) || KEEP.contains(&name) => Some(Method::Keeps),
        _ if SIFT.contains(&name) => Some(Method::Sifts(sees)),
        _ if MAKE.contains(&name) => Some(Method::Makes(sees)),
        _ => None,
    }
}
