//! What a review has asked of other files, so that a change there counts only where an answer may have changed.
//!
//! Another file is asked through its evaluator, which remembers which units it looked into. A unit that nobody looked
//! into may change as it likes, and so may one that does nothing that anybody follows, as long as what it tells of itself
//! ([`UnitFacts::outward`]) stays the same. All else, and whatever cannot be told apart, is a change.

use std::sync::Arc;

use plimsoll_behavior::{Effects, FunctionId, Kind, Unit};
use rustc_hash::FxHashMap;

#[cfg(doc)]
use super::UnitFacts;
use super::linked::unit_facts;
use super::{FileUnits, Linker, SlotValue, Value, World};

/// Another file, as a review has seen it.
#[derive(Clone, Debug)]
pub struct Other {
    /// The file.
    pub path: Arc<str>,
    stamp: Option<u64>,
    units: Arc<FileUnits>,
    /// Whether it was looked at as a whole.
    is_whole: bool,
    /// The units that were looked into, beside the module; what each tells of itself, if it does nothing else that could
    /// have been looked at.
    looked: FxHashMap<usize, Option<u64>>,
}

impl Linker<'_> {
    /// The other files that were asked since the linker was made, with what is known of them from `before`, which must
    /// still hold.
    #[must_use]
    pub fn others(&self, own: &str, before: Vec<Other>) -> Vec<Other> {
        let mut all: FxHashMap<Arc<str>, Other> =
            before.into_iter().map(|other| (Arc::clone(&other.path), other)).collect();
        for (path, units, looked) in self.asked_of() {
            if &*path == own {
                continue;
            }
            let (stamp, is_whole) = (self.peeked(&path), self.was_whole(&path));
            let other = all.entry(Arc::clone(&path)).or_insert_with(|| Other {
                path: Arc::clone(&path),
                stamp,
                units: Arc::clone(&units),
                is_whole: false,
                looked: FxHashMap::default(),
            });
            (other.stamp, other.units) = (stamp, units);
            other.is_whole |= is_whole;
            if other.is_whole {
                continue;
            }
            for unit in looked {
                if unit != 0 && !other.looked.contains_key(&unit) {
                    other.looked.insert(unit, self.told(&path, unit));
                }
            }
        }
        let mut all: Vec<Other> = all.into_values().collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    /// What a unit of another file tells of itself, unless it does more than that: what has effects is followed into, and
    /// so is a value that was made in it.
    fn told(&self, path: &str, unit: usize) -> Option<u64> {
        let mut told = None;
        self.in_file(path, &mut |there| {
            let facts = unit_facts(there, unit);
            let is_plain = facts.locals.iter().enumerate().all(|(f, local)| {
                let function = there.file.fn_ref(unit, FunctionId(u32::try_from(f).expect("few functions")));
                let effects = self.summary(&function).map_or(Effects::all(), |summary| summary.effects);
                Effects::LOG.contains(effects)
                    && local.role.is_none()
                    && local.alternatives.is_empty()
                    && !holds_nodes(&local.returns)
            });
            told = facts.outward.filter(|_| is_plain);
        });
        told
    }
}

impl Other {
    /// Whether the file still answers as it did. `shows` tells whether a finding shows a place in a unit of it.
    #[must_use]
    pub fn still_answers(&self, linker: &Linker<'_>, shows: &dyn Fn(&FileUnits, usize) -> bool) -> bool {
        let stamp = linker.peeked(&self.path);
        if stamp == self.stamp {
            return true;
        }
        let Some(now) = linker.units(&self.path).filter(|_| !self.is_whole) else { return false };
        let Some(changed) = now.changed_since(&self.units) else { return false };
        changed.iter().all(|&unit| {
            let is_private = |file: &FileUnits| tells_nothing_by_name(&file.units[unit].unit);
            let told = self.looked.get(&unit);
            unit != 0
                && is_private(&self.units)
                && is_private(&now)
                && !shows(&self.units, unit)
                && told.is_none_or(|told| told.is_some() && *told == linker.told(&self.path, unit))
        })
    }
}

/// Whether a value refers to nodes of the unit that makes it, whose text others may read.
fn holds_nodes(value: &Value) -> bool {
    match value {
        Value::Syntax(_) => true,
        Value::Instance(instance) => {
            instance.slots.iter().any(|(_, slot)| matches!(slot, SlotValue::Node(_)))
        }
        Value::List(inner) => holds_nodes(inner),
        Value::Shape(members) => members.iter().any(|(_, value)| holds_nodes(value)),
        _ => false,
    }
}

/// Whether a unit offers nothing that is looked for by a name in the whole file: types, exports, fields that it sets.
fn tells_nothing_by_name(u: &Unit) -> bool {
    u.types.is_empty()
        && u.exports.is_empty()
        && u.imports.is_empty()
        && u.nodes.iter().all(|node| match &node.kind {
            Kind::Assign { target, .. } => matches!(u.kind(*target), Kind::Name { binding: Some(_), .. }),
            Kind::Object { ty, .. } => ty.is_none(),
            _ => true,
        })
}
