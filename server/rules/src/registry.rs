//! All rules.

use crate::Rule;
use crate::concurrency::{
    BlockingInAsync, DoubleSubmit, LockAcrossAwait, OverlappingInterval, SequentialAwait, StaleResponse,
    UnboundedConcurrency,
};
use crate::database::{
    CheckThenAct, ConnectionPerCall, InMemoryAggregation, LeadingWildcard, LostUpdate,
    MissingConnectionRelease, MissingIndex, MissingTransaction, NPlusOne, OverFetching, UnboundedQuery,
    UnclampedLimit, UnfilteredWrite, UnindexedForeignKey,
};
use crate::dependencies::UndeclaredDependency;
use crate::errors::{
    ByteSliceOfStr, FloatingPromise, IgnoredResult, LeakedErrorDetail, LostCause, PanicInService,
    ProcessKeepsRunning, SwallowedError, UncheckedLookup, UnguardedParse, UnhandledAsyncHandler,
};
use crate::resilience::{
    MissingIdempotencyKey, MissingRetry, MissingTimeout, RetryWithoutBackoff, UncheckedResponse, UnsafeRetry,
};
use crate::resources::{
    DetachedTask, LeakedHandle, LeakedListener, LeakedSubscription, LeakedTimer, SharedRequestState,
    UnboundedChannel, UnboundedGrowth,
};
use crate::security::{HardcodedSecret, MissingAuth, SqlInjection};

/// All rules, by category and id.
#[rustfmt::skip] // one a line, so that two new rules do not meet in one
pub const RULES: &[&dyn Rule] = &[
    &BlockingInAsync,
    &DoubleSubmit,
    &LockAcrossAwait,
    &OverlappingInterval,
    &SequentialAwait,
    &StaleResponse,
    &UnboundedConcurrency,
    &CheckThenAct,
    &ConnectionPerCall,
    &InMemoryAggregation,
    &LeadingWildcard,
    &LostUpdate,
    &MissingConnectionRelease,
    &MissingIndex,
    &MissingTransaction,
    &NPlusOne,
    &OverFetching,
    &UnboundedQuery,
    &UnclampedLimit,
    &UnfilteredWrite,
    &UnindexedForeignKey,
    &UndeclaredDependency,
    &ByteSliceOfStr,
    &FloatingPromise,
    &IgnoredResult,
    &LeakedErrorDetail,
    &LostCause,
    &PanicInService,
    &ProcessKeepsRunning,
    &SwallowedError,
    &UncheckedLookup,
    &UnguardedParse,
    &UnhandledAsyncHandler,
    &MissingIdempotencyKey,
    &MissingRetry,
    &MissingTimeout,
    &RetryWithoutBackoff,
    &UncheckedResponse,
    &UnsafeRetry,
    &DetachedTask,
    &LeakedHandle,
    &LeakedListener,
    &LeakedSubscription,
    &LeakedTimer,
    &SharedRequestState,
    &UnboundedChannel,
    &UnboundedGrowth,
    &HardcodedSecret,
    &MissingAuth,
    &SqlInjection,
];

/// The rule with this id.
#[must_use]
pub fn rule_named(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().id == id)
}
