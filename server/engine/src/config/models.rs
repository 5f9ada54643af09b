//! What `[[model]]` tables mean, put together with the models that come with Plimsoll.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use plimsoll_behavior::models::Model as LibraryModel;
use plimsoll_project::link::OwnModels;
use serde::Deserialize;

use super::Model;

/// How many configurations' models are kept.
const KEPT: usize = 8;

/// What was put together lately, by what it was made of.
type Known = Vec<(u64, Arc<OwnModels>)>;

/// The project's models with those that come with Plimsoll, put together once for equal models.
pub(super) fn understood(models: &[Model]) -> Option<Arc<OwnModels>> {
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    if models.is_empty() {
        return None;
    }
    let written: Vec<String> = models.iter().map(|model| model.table.to_string()).collect();
    let key = xxhash_rust::xxh3::xxh3_64(written.join("\n\0").as_bytes()).max(1);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, models)) = known.iter().find(|(own, _)| *own == key) {
        return Some(Arc::clone(models));
    }
    // Those of the nearest file count first.
    let parsed = models.iter().rev().filter_map(|model| LibraryModel::deserialize(model.table.clone()).ok());
    let made = Arc::new(OwnModels::new(&parsed.collect::<Vec<_>>(), key));
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push((key, Arc::clone(&made)));
    Some(made)
}
