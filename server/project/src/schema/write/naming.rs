//! How a project names its indexes.

use smol_str::SmolStr;

use crate::schema::{Index, Schema, Table};

/// PostgreSQL cuts longer names, MySQL refuses them.
const LENGTH_LIMIT: usize = 63;

/// Patterns of names: `{t}` is the table, `{c}` its columns. The last one is the databases' own.
const PATTERNS: [&str; 8] = [
    "idx_{t}_{c}",
    "ix_{t}_{c}",
    "{t}_{c}_index",
    "index_{t}_on_{c}",
    "{t}_idx_{c}",
    "idx_{c}",
    "{t}_{c}_ix",
    "{t}_{c}_idx",
];

/// What the names of a project's indexes have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) struct IndexNames {
    pattern: &'static str,
    /// Whether most indexes are given a name at all.
    pub are_given: bool,
}

impl IndexNames {
    /// Reads the names of all indexes that are no keys.
    pub fn of(schema: &Schema) -> Self {
        let mut votes = [0_u32; PATTERNS.len()];
        let (mut named, mut unnamed) = (0_u32, 0_u32);
        for table in &schema.tables {
            for index in table.indexes.iter().filter(|index| !index.unique && !index.implicit) {
                let Some(name) = &index.name else {
                    // Only what stands where indexes are declared says whether names are given.
                    unnamed += u32::from(index.file == table.file);
                    continue;
                };
                named += u32::from(index.file == table.file);
                if let Some(at) = matching_pattern(table, index, name) {
                    votes[at] += 1;
                }
            }
        }
        // The first of the most frequent ones.
        let most = votes.iter().max().copied().filter(|most| *most > 0);
        let at = most.and_then(|most| votes.iter().position(|own| *own == most));
        Self { pattern: at.map_or("{t}_{c}_idx", |at| PATTERNS[at]), are_given: named > unnamed }
    }

    /// The name of an index of these columns.
    pub fn name(self, table: &Table, columns: &[SmolStr]) -> String {
        let name = spelled(self.pattern, &table.name, &columns.join("_"));
        if name.len() <= LENGTH_LIMIT {
            return name;
        }
        let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes()) >> 32;
        let kept: String = name.chars().take_while(char::is_ascii).take(LENGTH_LIMIT - 9).collect();
        format!("{kept}_{hash:08x}")
    }
}

/// The name, with a number where the schema has it already.
pub(in crate::schema) fn unused_name(schema: &Schema, name: String) -> String {
    let is_used = |name: &str| {
        let names = schema.tables.iter().flat_map(|table| &table.indexes);
        names.filter_map(|index| index.name.as_ref()).any(|own| own.eq_ignore_ascii_case(name))
    };
    if !is_used(&name) {
        return name;
    }
    let numbered = (2_u32..).map(|number| format!("{name}_{number}"));
    numbered.into_iter().find(|name| !is_used(name)).unwrap_or(name)
}

fn matching_pattern(table: &Table, index: &Index, name: &str) -> Option<usize> {
    let columns = index.columns.join("_");
    if columns.is_empty() {
        return None;
    }
    // Many projects shorten one of the two: `idx_posts_author` for `author_id`.
    let spellings = [columns.as_str(), columns.trim_end_matches("_id")];
    let is_spelled = |pattern: &str| {
        spellings.iter().any(|own| spelled(pattern, &table.name, own).eq_ignore_ascii_case(name))
    };
    let exact = PATTERNS.iter().position(|pattern| is_spelled(pattern));
    exact.or_else(|| {
        let starts = |start: &str| name.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
        let position = |pattern: &str| PATTERNS.iter().position(|own| *own == pattern);
        match () {
            () if starts("idx_") => position("idx_{t}_{c}"),
            () if starts("ix_") => position("ix_{t}_{c}"),
            () => None,
        }
    })
}

fn spelled(pattern: &str, table: &str, columns: &str) -> String {
    pattern.replace("{t}", table).replace("{c}", columns)
}
