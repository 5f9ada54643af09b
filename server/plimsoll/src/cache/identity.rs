//! Telling that a file was not written without reading it.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Which file stands at a path, and when it was last written. Equal before and after: not written in between, if it
/// had been left alone for a moment before ([`Identity::is_settled`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    /// The same of the last change of any kind: setting the time of the last write back does not set this one.
    changed: i64,
    /// The number that the system has for it: another file that is moved to the path has another one.
    number: (u64, u64),
}

impl Identity {
    /// Of what was found at a path.
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let modified = nanoseconds(metadata.modified().ok()?)?;
        let (changed, number) = beyond_times(metadata, modified)?;
        Some(Self { bytes: metadata.len(), modified, changed, number })
    }

    /// Whether it was last written before `moment`, told by the same clock. A file that is written again within one
    /// tick of the clock keeps its times, so that only a write before the run began can be told from a later one.
    pub fn is_settled(&self, moment: i64) -> bool {
        self.modified < moment && self.changed < moment
    }
}

/// Nanoseconds since 1970.
pub fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|nanos| -nanos),
    }
}

#[cfg(unix)]
fn beyond_times(metadata: &Metadata, _: i64) -> Option<(i64, (u64, u64))> {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime().checked_mul(1_000_000_000)?.checked_add(metadata.ctime_nsec())?;
    Some((changed, (metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn beyond_times(_: &Metadata, modified: i64) -> Option<(i64, (u64, u64))> {
    Some((modified, (0, 0)))
}
