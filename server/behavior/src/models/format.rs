//! The format of a library model: one TOML file per library, and `[[model]]` in a user's `plimsoll.toml`.
//!
//! ```toml
//! packages = ["@prisma/client"]        # module specifiers; a crate's name in Rust; "<global>" for what needs no import
//! language = "typescript"              # or "rust"
//! source   = "https://…"               # where its facts come from
//!
//! [[function]]                         # what the package exports, by its path in it
//! name   = "PrismaClient.create"
//! yields = "PrismaClient"
//!
//! [[type]]
//! name      = "PrismaClient"
//! construct = { effect = "db.connect" }
//! [type.members]
//! "*" = { type = "Delegate", slots = { table = "{member}" } }
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Effects, Guarantees, Name};

/// One library.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Module specifiers that mean the library; `x/*` means every module below `x`. In Rust the crate's name.
    /// `<global>` stands for what is there without an import.
    #[serde(alias = "package", deserialize_with = "one_or_many")]
    pub packages: Vec<Name>,
    /// `typescript` (all of TypeScript and JavaScript) or `rust`. Users may leave it out: typescript.
    #[serde(default)]
    pub language: ModelLanguage,
    /// Where its facts come from.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether it does its work in this process, so that many calls cost no round trips.
    #[serde(default)]
    pub in_process: bool,
    /// Whether what it runs are commands of a server of keys and values, and no statements: findings call them so.
    #[serde(default)]
    pub runs_commands: bool,
    /// Whether it leaves a condition out of a filter, an object, when its value is `undefined`.
    #[serde(default)]
    pub ignores_undefined: bool,
    /// The most rows that its server hands over for one query, without a word of those that it leaves out.
    #[serde(default)]
    pub cuts_off_at: Option<u32>,
    /// Packages in whose programs a rejection that nobody handles ends nothing: their server listens for it.
    #[serde(default, deserialize_with = "one_or_many")]
    pub outlives_rejections: Vec<Name>,
    /// What makes one transaction of several statements, where it has no call for it: completes "use …".
    #[serde(default)]
    pub transaction_by: Option<String>,
    /// What describes the tables that it works with, where a project's files do; none for clients without a schema, and
    /// for those whose schema is code.
    #[serde(default)]
    pub schema: Option<SchemaKind>,
    /// What it exports as functions.
    #[serde(default, rename = "function")]
    pub functions: Vec<FunctionModel>,
    /// What it exports as types, and types that only its own calls yield.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeModel>,
    /// Exported values: `z`, `process`, `window`.
    #[serde(default, rename = "value")]
    pub values: Vec<ValueModel>,
    /// What a value of unknown origin may be taken for.
    #[serde(default, rename = "convention")]
    pub conventions: Vec<Convention>,
    /// Code that a fix adds to a file so that its requests are sent again after a transient failure.
    #[serde(default, rename = "retry_helper")]
    pub retry_helpers: Vec<RetryHelper>,
    /// How a fix lets no more than some of many calls run at the same time.
    #[serde(default, rename = "limiter")]
    pub limiters: Vec<Limiter>,
    /// Services that take longer to answer than others do.
    #[serde(default, rename = "slow_service")]
    pub slow_services: Vec<SlowService>,
    /// Requests that move money, by where they go.
    #[serde(default, rename = "money_service")]
    pub money_services: Vec<MoneyService>,
    /// Functions, by their dotted paths, that only compute, and of which nothing else is said; `*` for all others that
    /// it has. Of the values that every language has, `<any>`, methods.
    #[serde(default)]
    pub plain: Vec<Name>,
}

/// Where a request goes that moves money, whatever client sends it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyService {
    /// What stands in the URL of such a request, in small letters; `*` stands for anything, `$` for the end of its path:
    /// `api.stripe.com*/refunds$`.
    pub urls: Vec<Name>,
    /// What it does, as a message says it: `refunds`.
    pub moves: Name,
    /// A part of what is sent without which a second request moves nothing.
    #[serde(default)]
    pub demand: Option<Name>,
    /// What an idempotency key is called there, or a part of that, in small letters.
    pub keys: Vec<Name>,
}

impl MoneyService {
    /// Whether a URL, or what is written in its place, is one of the service's. In small letters.
    #[must_use]
    pub fn is_at(&self, url: &str) -> bool {
        stands_in(&self.urls, url)
    }
}

/// Whether a text has the pieces of one of the patterns, in their order; after one with `$` at its end, an address ends.
fn stands_in(patterns: &[Name], text: &str) -> bool {
    patterns.iter().any(|wanted| {
        let mut rest = text;
        wanted.split('*').all(|part| {
            let (part, is_last) = part.strip_suffix('$').map_or((part, false), |part| (part, true));
            let ends = |at: usize| !is_last || ends_an_address(&rest[at + part.len()..]);
            match rest.match_indices(part).map(|(at, _)| at).find(|&at| ends(at)) {
                Some(at) => {
                    rest = &rest[at + part.len()..];
                    true
                }
                None => false,
            }
        })
    })
}

/// Whether an address ends before this text.
fn ends_an_address(rest: &str) -> bool {
    rest.chars().next().is_none_or(|next| next.is_whitespace() || matches!(next, '?' | '"' | '\'' | '`'))
}

/// A service whose answer takes longer than that of others: a time limit that is right for these cuts it off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowService {
    /// What stands in the URL of such a request, in small letters; `*` stands for anything: `anthropic*/v1/messages`.
    pub urls: Vec<Name>,
    /// Its hosts, in small letters: what tells of a client whose requests are not seen.
    #[serde(default)]
    pub hosts: Vec<Name>,
    /// The seconds that its callers wait for an answer.
    pub seconds: u32,
}

impl SlowService {
    /// Whether a URL, or what is written in its place, is one of the service's. In small letters.
    #[must_use]
    pub fn is_at(&self, url: &str) -> bool {
        stands_in(&self.urls, url)
    }

    /// Whether a text in small letters names one of its hosts.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        self.hosts.iter().any(|host| text.contains(host.as_str()))
    }
}

/// Code that sends a request again after a transient failure: added to a file by a fix that needs it. It keeps
/// `Retry-After`, has a cap, jitter and a last attempt, and can be aborted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryHelper {
    /// How a request is handed to it.
    pub takes: RetryEdit,
    /// The package whose requests it sends; any by default.
    #[serde(default)]
    pub client: Option<Name>,
    /// The package that a manifest must declare for it, with the first major version that it is written for:
    /// `{ package = "p-retry", major = 6 }`. One that needs no package is added where none is declared.
    #[serde(default)]
    pub needs: Option<Needed>,
    /// Whether it has the types of TypeScript; always false in Rust, whose types are no choice.
    #[serde(default)]
    pub typed: bool,
    /// The import that it needs, as a statement with single quotes and a semicolon.
    #[serde(default)]
    pub import: Option<Name>,
    /// The functions that it declares, the one to call first. They are renamed where the file has such a name already.
    pub names: Vec<Name>,
    /// The code, indented by two spaces (in Rust by four), with single quotes and semicolons.
    pub text: String,
}

/// How a library lets no more than some of many calls run at the same time. In its texts `{n}` stands for how many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limiter {
    /// The package that a manifest must declare for it, with the first major version that it is written for.
    pub needs: Needed,
    /// The import that it needs, as a statement with single quotes and a semicolon.
    pub import: Name,
    /// The name that the import brings in.
    pub name: Name,
    /// What makes a function that is handed each call as a function: `pLimit({n})`.
    #[serde(default)]
    pub made: Option<Name>,
    /// What stands in the place of a call that waits for all, `{items}` being what it goes over and `{callback}` what is
    /// done for each: `pMap({items}, {callback}, { concurrency: {n} })`.
    #[serde(default)]
    pub all: Option<Name>,
}

/// A package that must be declared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    /// Its name.
    pub package: Name,
    /// The first major version that does.
    pub major: u32,
}

/// Where the promise that a callback hands out is looked at by nobody, so that its rejection is handled by nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropsPromises {
    /// The package whose version decides it; without one, it is always so.
    #[serde(default)]
    pub package: Option<Name>,
    /// The first major version of it that looks at them.
    #[serde(default)]
    pub before: Option<u32>,
    /// Packages that make it look at them wherever they are declared.
    #[serde(default)]
    pub unless: Vec<Name>,
}

/// Which languages a model is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelLanguage {
    /// TypeScript and JavaScript.
    #[default]
    Typescript,
    /// Rust.
    Rust,
}

/// What describes the tables of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchemaKind {
    /// A Prisma schema, with the migrations beside it.
    Prisma,
    /// Tables that are declared in TypeScript or JavaScript, with the migrations that are generated from them.
    Drizzle,
    /// Migrations or whole schemas in SQL.
    Sql,
}

/// An exported function, or a type's associated one (`Client.new`).
#[derive(Clone, Debug, Deserialize)]
pub struct FunctionModel {
    /// Its path in the package, with dots; `default` is the default export, `` (empty) the package itself when called.
    /// A Rust macro's path ends with `!`: `query_as!` stands beside `query_as`.
    #[serde(deserialize_with = "one_or_many")]
    pub name: Vec<Name>,
    /// What it does.
    #[serde(flatten, deserialize_with = "nothing_else")]
    pub behavior: Behavior,
}

/// An exported value that is no function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueModel {
    /// Its path in the package, with dots; `default` and `` (empty) as for functions. What follows the path (`get` of
    /// `axios.get`) is a member or method of its type.
    #[serde(deserialize_with = "one_or_many")]
    pub name: Vec<Name>,
    /// Its type, in the same model.
    #[serde(rename = "type")]
    pub ty: Name,
    /// Slots it starts with.
    #[serde(default)]
    pub slots: BTreeMap<Slot, Name>,
}

/// A type: what its construction, its members and its methods do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeModel {
    /// Its name in the package.
    pub name: Name,
    /// Further names that mean the same.
    #[serde(default)]
    pub aliases: Vec<Name>,
    /// Rust: the derive that makes a type of this name in the module of the type that it stands on:
    /// `DeriveEntityModel` makes `Entity` beside `Model`.
    #[serde(default)]
    pub made_by: Option<Name>,
    /// What `new T(…)` does. Without it, `new T` yields the type and does nothing.
    #[serde(default)]
    pub construct: Option<Arc<Behavior>>,
    /// Its methods; `*` for any other, `` (empty) for a call of the value itself: `api(url)`. Two backticks stand for the
    /// value as the tag of a template (`` sql`…` ``); without such an entry, a tag is a call like any other.
    #[serde(default)]
    pub methods: BTreeMap<Name, Arc<Behavior>>,
    /// Its members; `*` for any other.
    #[serde(default)]
    pub members: BTreeMap<Name, MemberModel>,
    /// A builder that runs when it is awaited or passed on: the effect of the outermost call of its chain. Its methods
    /// yield the builder again unless they say otherwise.
    #[serde(default)]
    pub runs: Option<EffectList>,
    /// Where the promises that its callbacks hand out are looked at by nobody.
    #[serde(default)]
    pub drops_promises: Option<DropsPromises>,
    /// The event with which a value of it ends, as its `on` names it: `close` of a connection.
    #[serde(default)]
    pub ends_with: Option<Name>,
    /// The member of what `runs` yields that tells a failure, which is never thrown and no rejection of its promise.
    #[serde(default)]
    pub error_in: Option<Name>,
    /// Of a process: the events by which it is asked to stop, each of which ends it as long as nobody listens.
    #[serde(default)]
    pub stops_at: Vec<Name>,
    /// Of a process: the events that tell of an error which nobody has caught, likewise.
    #[serde(default)]
    pub fails_at: Vec<Name>,
    /// Of a process: the events that tell of a promise whose rejection nobody has handled, likewise.
    #[serde(default)]
    pub rejects_at: Vec<Name>,
    /// Whether what listens to it keeps it, though nothing else does: a media query.
    #[serde(default)]
    pub kept_by_listeners: bool,
    /// Whether it is a server that takes requests until it is closed.
    #[serde(default)]
    pub serves: bool,
    /// Of a process: the call that ends it, `{value}` being the process and `{status}` what it tells its parent.
    #[serde(default)]
    pub exit_edit: Option<Name>,
    /// Of what is only sent once it is awaited or handed to `then`: the methods that send it at once. Of a type whose own
    /// methods yield such promises: an empty list.
    #[serde(default)]
    pub begun_by: Option<Vec<Name>>,
    /// How many rows `runs` reads.
    #[serde(default)]
    pub rows: Option<Rows>,
    /// The type of a row that `runs` reads, in the same model, where rows have methods of their own.
    #[serde(default)]
    pub row: Option<Name>,
    /// How `filter` slots are written.
    #[serde(default)]
    pub filters: Option<FilterForm>,
    /// A type that has the methods and members of another one as well.
    #[serde(default)]
    pub like: Option<Name>,
    /// A wrapper of its type argument with this index: `Arc<T>`, `State<T>`, `Promise<T>`. Looked through.
    #[serde(default)]
    pub wraps: Option<u8>,
    /// Whether all its members are text, which has no properties that could be options: those of an environment.
    #[serde(default)]
    pub holds_text: bool,
    /// A collection of its type argument with this index: `Vec<T>`, `Array<T>`.
    #[serde(default)]
    pub collects: Option<u8>,
    /// Whether a parameter of it is what a user sent: the extractor of a query string or a body.
    #[serde(default)]
    pub outside: bool,
    /// Whether it is the language's type of text.
    #[serde(default)]
    pub is_text: bool,
    /// Of a lock, and of what holds it until it is gone: who waits meanwhile. What it guards is its type argument that
    /// `wraps` or `collects` names.
    #[serde(default)]
    pub holds: Option<Holds>,
    /// Of a lock: the methods whose results hold it, and whether others may hold it at the same time.
    #[serde(default)]
    pub locks: BTreeMap<Name, Share>,
    /// Those of them whose results are in an `Option` or a `Result`.
    #[serde(default)]
    pub maybe: Vec<Name>,
    /// Whether it is a connection, or one half of it: whoever is at its other end sends what they like, and reads as
    /// slowly as they like.
    #[serde(default)]
    pub connection: bool,
    /// Whether it is one end of a queue in memory: what a function does with it is asked of by whoever makes the queue.
    #[serde(default)]
    pub queue_end: bool,
}

/// Who waits for a lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The thread, with all tasks that run on it.
    Thread,
    /// The task that wants it.
    Task,
}

/// Whether a lock may be held by several at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// By one.
    Alone,
    /// By all who only read.
    Shared,
}

/// What becomes of a value that a method takes, and does not only borrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// The result is what it holds: `unwrap`.
    Opens,
    /// The result is it again, or holds the same: `ok`.
    HandsOn,
    /// It is gone once the method has returned: `map`.
    Ends,
}

/// A member that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberModel {
    /// Its type, in the same model; none for a plain value.
    #[serde(default, rename = "type")]
    pub ty: Option<Name>,
    /// Slots it adds; `{member}` stands for its name.
    #[serde(default)]
    pub slots: BTreeMap<Slot, Name>,
    /// What reading it does: `response.check` for `ok`.
    #[serde(default)]
    pub effect: EffectList,
    /// Whether it is what a user sent: `req.query`.
    #[serde(default)]
    pub outside: bool,
    /// The slot that assigning it fills, for the value at the head of the path: `axios.defaults.timeout = 5000` gives
    /// `axios` a timeout.
    #[serde(default)]
    pub sets: Option<Slot>,
}

/// What a call does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behavior {
    /// Its effects.
    #[serde(default)]
    pub effect: EffectList,
    /// The type of its result, in the same model (awaited, where it is a promise; unwrapped, where it is a result).
    /// `self`: the receiver's again. `receiver`: the receiver itself. `arg.0`: the argument. `callback`: what the
    /// callback returns. `element`: an element of the receiver. `text`: text. `[…]` around any of these: a collection
    /// of it.
    #[serde(default)]
    pub yields: Option<Name>,
    /// Where its parts stand: `0.where` is the property `where` of the first argument, `0` the first argument, `*` all
    /// arguments, `receiver` what it is called on, `=GET` the constant `GET`, `{member}` the method's name, `<0>` the first type argument.
    #[serde(default)]
    pub slots: BTreeMap<Slot, Name>,
    /// Of what moves money: what it does, as a message says it: `refunds`.
    #[serde(default)]
    pub moves: Option<Name>,
    /// Of what sends something to people: what, as a message says it: `mail`.
    #[serde(default)]
    pub sends: Option<Name>,
    /// How many rows it touches.
    #[serde(default)]
    pub rows: Option<Rows>,
    /// Whether it hands over its rows one by one, as they are asked for.
    #[serde(default)]
    pub streams: bool,
    /// Whether its filter is a unique key by construction.
    #[serde(default)]
    pub unique: bool,
    /// Whether it yields a promise or a future.
    #[serde(default, rename = "async")]
    pub is_async: bool,
    /// Whether it can throw, reject or return an error.
    #[serde(default)]
    pub throws: bool,
    /// The member of its result that tells a failure, which it does not throw: `error`.
    #[serde(default)]
    pub error_in: Option<Name>,
    /// The parameter of its callback by which that makes the promise fail: `reject` of `new Promise`.
    #[serde(default)]
    pub rejects_by: Option<u8>,
    /// Whether it panics where what it is called on holds nothing to hand out: `unwrap`.
    #[serde(default)]
    pub panics: bool,
    /// Whether its result is what whoever starts the program has set: a variable of the environment.
    #[serde(default)]
    pub environment: bool,
    /// Whether it only fails when what it is given does: `Promise.all`.
    #[serde(default)]
    pub hands_failures_on: bool,
    /// Of what waits for many: the argument that holds them all, which are under way at the same time.
    #[serde(default)]
    pub gathers: Option<u8>,
    /// What must be written in the place of what waits for many, so that only some are under way at a time.
    #[serde(default)]
    pub limited_edit: Option<LimitedEdit>,
    /// Functions that undo what it does, and cannot fail when they do: `parse` of `JSON.stringify`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub undone_by: Vec<Name>,
    /// Where the promises that its callbacks hand out are looked at by nobody; else, where its type says so.
    #[serde(default)]
    pub drops_promises: Option<DropsPromises>,
    /// Whether somebody is told of a failure that it is given, beyond a line in a log: a tracker of errors.
    #[serde(default)]
    pub alerts: bool,
    /// Whether its result can be nothing.
    #[serde(default)]
    pub nullable: bool,
    /// Of a hook: whether what it yields is the same for as long as its component is shown.
    #[serde(default)]
    pub stays: bool,
    /// The argument that is a callback.
    #[serde(default)]
    pub callback: Option<u8>,
    /// Further callbacks by argument path, as in `slots`: `0.handler`; `*` for every argument that is a function;
    /// `receiver` for a function that the method is called on: `fetch.retry(policy)`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub callbacks: Vec<Name>,
    /// When the callback runs.
    #[serde(default)]
    pub run: Option<Run>,
    /// The types of the callback's parameters, in the same model, or `receiver`, `element`, `_`, `package` for all that
    /// the package exports. `context.ctx` is an object whose property `ctx` is what the slot `context` says.
    #[serde(default, deserialize_with = "one_or_many")]
    pub provides: Vec<Name>,
    /// The method that does it for many at once.
    #[serde(default)]
    pub batch: Option<Name>,
    /// What must be written to ask that method for many; without it nothing is written.
    #[serde(default)]
    pub batch_edit: Option<BatchEdit>,
    /// What must be written as the value of a column so that the database computes it from the old one.
    #[serde(default)]
    pub change_edit: Option<ChangeEdit>,
    /// What must be written in the slot `columns` so that it hands over only some columns. Without a slot that is filled it
    /// hands over all.
    #[serde(default)]
    pub columns_edit: Option<ColumnsEdit>,
    /// What each row is made into, whose fields say which columns are taken: a type argument, `<1>`, or what an argument
    /// names, `0`.
    #[serde(default)]
    pub record: Option<Name>,
    /// The method that creates a row or leaves the one that is there; its argument has the filter as `where`, the data as
    /// `create`, and `update`.
    #[serde(default)]
    pub upsert: Option<Name>,
    /// Whether the library itself makes one query of the calls that are started at the same time.
    #[serde(default)]
    pub coalesces: bool,
    /// What it makes is meant to be made once, because it holds connections.
    #[serde(default)]
    pub shared: Option<Shared>,
    /// Of what makes a queue in memory that has no bound, and yields its two ends: how they are used.
    #[serde(default)]
    pub ends: Option<QueueEnds>,
    /// Packages of the model of which that does not hold: they speak HTTP, or have to be made anew where they run.
    #[serde(default)]
    pub unshared: Vec<Name>,
    /// What releases the result: `clearInterval(handle)` is `call:clearInterval`, `handle.close()` is `method:close`,
    /// calling the result is `call`, the twin method on the receiver with the same arguments is `twin:removeListener`,
    /// an option by which it ends on its own or by an `AbortSignal` is `option:2.signal`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub release: Vec<Name>,
    /// The event by which what it makes tells a failure, which ends the process as long as nobody listens for it.
    #[serde(default)]
    pub fails_by: Option<Name>,
    /// Of what can be piped: what must be written so that somebody hears of the failure.
    #[serde(default)]
    pub heard_edit: Option<HeardEdit>,
    /// What it says of a column, for functions and builder methods that filter.
    #[serde(default)]
    pub predicate: Option<Predicate>,
    /// Options that bound its time: argument paths; any one of them suffices.
    #[serde(default, deserialize_with = "one_or_many")]
    pub timeout: Vec<Name>,
    /// A time bound that holds without any option, and where that is documented.
    #[serde(default)]
    pub default_timeout: Option<String>,
    /// What `default_timeout` leaves without a limit, in a word of what a client has many of: `commands`.
    #[serde(default)]
    pub unbounded: Option<Name>,
    /// What it adds to the table of routes of its receiver, at the path in `url`.
    #[serde(default)]
    pub registers: Option<Registers>,
    /// Whether its result is a router of its own: `app` where it may serve by itself, `part` where it must be put into another.
    /// What stands in its `url` is then the path below which all is that is registered there.
    #[serde(default)]
    pub makes_router: Option<RouterKind>,
    /// How long it waits for an answer where nobody says, as a part of a sentence: `for minutes`. Where it is not told, for ever.
    #[serde(default)]
    pub patience: Option<Name>,
    /// Of a method that takes its receiver as it is, and does not borrow it: what becomes of that.
    #[serde(default)]
    pub takes: Option<Taken>,
    /// What must be written to bound its time.
    #[serde(default)]
    pub timeout_edit: Option<TimeoutEdit>,
    /// What must be written in its place so that it does not block its thread.
    #[serde(default)]
    pub unblock_edit: Option<UnblockEdit>,
    /// Of what runs a closure on a thread for what blocks: how a call is handed to it and awaited, `{call}` being the call, so
    /// that it yields what the call does: `tokio::task::spawn_blocking(move || {call}).await.expect("it does not panic")`.
    #[serde(default)]
    pub aside_edit: Option<Name>,
    /// Of what waits for several futures: how they are handed to it, `{all}` being the futures with commas between them,
    /// so that the first failure is handed on: `tokio::try_join!({all})?`.
    #[serde(default)]
    pub together_edit: Option<Name>,
    /// How values are bound to the SQL text that it is given, in place of being put into it.
    #[serde(default)]
    pub bind_edit: Option<BindEdit>,
    /// Options that make it retry.
    #[serde(default, deserialize_with = "one_or_many")]
    pub retry: Vec<Name>,
    /// Whether it runs its callback again after a failure: the consumer of a queue that redelivers.
    #[serde(default)]
    pub redelivers: bool,
    /// How it is handed to code that sends it again; without it nothing is written in Rust, and the call in scripts.
    #[serde(default)]
    pub retry_edit: Option<RetryEdit>,
    /// How the transaction that it begins is handed to a statement, `{tx}` being its name: `&mut *{tx}`. Without it, no
    /// statement is moved into one.
    #[serde(default)]
    pub handle_edit: Option<Name>,
    /// Whether it reports a failed status by throwing (axios, got, ky) so that nobody has to look.
    #[serde(default)]
    pub checks_status: bool,
    /// Whether its result is what a user sent: `c.req.query('limit')`. Of a decorator: whether what it stands at is.
    #[serde(default)]
    pub outside: bool,
    /// What its callbacks are given that a user sent, by parameter and property: `0.input`. The slot `schema` says what
    /// it may be.
    #[serde(default, deserialize_with = "one_or_many")]
    pub brings: Vec<Name>,
    /// What its result is made of: `receiver`, an argument, `*` for all of them; `data:0` where the argument is the
    /// property `data` of the result. Where nothing is said, what `yields` says of it.
    #[serde(default, deserialize_with = "one_or_many")]
    pub carries: Vec<Name>,
    /// What holds of the result whatever it is made of; of a decorator, of what it stands at.
    #[serde(default)]
    pub guarantees: GuaranteeList,
}

/// How a request is handed to code that sends it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryEdit {
    /// In a function that makes the call: `withRetry(() => fetch(url))`.
    Call,
    /// As the builder that the call sends, and that is copied for every attempt: `reqwest::RequestBuilder`.
    Builder,
}

/// What must be written to bound the time of a call. In its texts `{ms}` stands for milliseconds, `{duration}` for a Rust
/// `Duration`, `{head}` for the path before the last name of the callee, `{args}` for the arguments as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeoutEdit {
    /// An option: `{ option = "1.signal", value = "AbortSignal.timeout({ms})" }`.
    Option {
        /// The argument and the property in it; `last.` is the last argument where that is an object, else one more.
        option: Name,
        /// What it is set to.
        value: Name,
    },
    /// A method called before this one: `{ before = ".timeout({duration})" }`.
    Before {
        /// The call, from its dot on.
        before: Name,
    },
    /// Another call in place of this one, which can fail: `{ replace = "{head}.timeout({duration}).build()" }`.
    Replace {
        /// The other call.
        replace: Name,
        /// What follows where the failure is handed on: all but `?`.
        then: Name,
        /// The message of `expect` where this call could fail in the same way but without saying so; without it, nothing
        /// is written where the failure cannot be handed on.
        expect: Option<Name>,
    },
}

/// What must be written in the place of what pipes one thing into another, so that the failure of both is heard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardEdit {
    /// The name of the function that takes both and a callback.
    pub name: Name,
    /// The import that it needs, as a statement with single quotes and a semicolon.
    pub import: Name,
    /// The modules that offer it under that name.
    pub modules: Vec<Name>,
}

/// What must be written in the place of a call that blocks its thread, where that can be awaited:
/// `{ replace = "tokio::time::sleep({args}).await", needs = "tokio" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnblockEdit {
    /// The other call, awaited; `{head}` stands for the path before the last name of the callee, `{args}` for the arguments
    /// as they stand.
    pub replace: Name,
    /// Rust: the crate that must be declared for it.
    #[serde(default)]
    pub needs: Option<Name>,
}

/// What must be written in the place of a call that waits for many at once, so that only some are under way at a time:
/// `{ replace = "futures::stream::iter({all}).buffered({n}).collect::<Vec<_>>()", needs = "futures", … }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitedEdit {
    /// The other call, whose results are those of this one in the same order; `{all}` stands for the argument, `{n}` for
    /// how many.
    pub replace: Name,
    /// What the file must have imported for it, as a statement.
    pub imports: Vec<Name>,
    /// The crate that must be declared for it.
    pub needs: Name,
}

/// The two ends of a queue, in the order in which they are yielded:
/// `{ fed_by = ["send"], taken_by = ["recv"], bounded_edit = { name = "channel", waits = true } }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueEnds {
    /// The methods of the first that put something in.
    pub fed_by: Vec<Name>,
    /// The methods of the second that wait for something and take it out.
    pub taken_by: Vec<Name>,
    /// How one with a bound is made in its place, which has the same methods.
    #[serde(default)]
    pub bounded_edit: Option<BoundedEdit>,
}

/// How a queue with a bound is made in the place of one without.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundedEdit {
    /// The function beside the other one that takes the bound as its only argument.
    pub name: Name,
    /// Whether what puts something in has to be awaited then, and had not to be before.
    pub waits: bool,
}

/// How what a call makes is meant to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shared {
    /// By all at once: a pool, a client that has one.
    Client,
    /// Through a pool: it is a single connection.
    Connection,
}

/// What must be written to ask for many at once instead of once for every key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BatchEdit {
    /// The same argument, in whose filter, an object, the key is compared with a list:
    /// `{ form = "object-in", value = "{ in: {keys} }" }`. The rows come as a list, in which the property that the filter
    /// names holds the key.
    ObjectIn {
        /// What the key is compared with; `{keys}` stands for an array of all keys.
        value: Name,
    },
    /// The same argument, in which a list stands for the object that is written: `{ form = "object-list" }`. What
    /// the objects hold are columns; other tables are not written with them.
    ObjectList {},
    /// Of a comparison: the method of `batch` in its place, with a list in the place of the key: `{ form = "list" }`.
    List {},
    /// Of a builder's step: a list in the place of the object that it takes. An empty list is refused:
    /// `{ form = "filled-list" }`.
    FilledList {},
    /// The same SQL text with `= ANY($1)` in the place of `= $1`, and a list in the place of the key: PostgreSQL's.
    SqlAny {
        /// The member of the result that holds the rows; none where the result of `batch` is the rows.
        #[serde(default)]
        rows: Option<Name>,
        /// Rust: the error for a row that must be there and is not.
        #[serde(default)]
        missing: Option<Name>,
        /// Rust: the trait that a type derives whose fields are the columns.
        #[serde(default)]
        row: Option<Name>,
    },
}

/// What must be written as the value of a column so that the database computes it from the old one. `{n}` stands for the
/// number, `{column}` for the column, `{table}` for what stands in the slot `table`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeEdit {
    /// For a sum: `{ increment: {n} }`.
    pub add: Name,
    /// For a difference.
    pub subtract: Name,
    /// A name that must be imported for it, and its module.
    #[serde(default)]
    pub import: Option<(Name, Name)>,
}

/// How the columns are written that a query hands over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ColumnsEdit {
    /// As the properties of an object: `{ form = "object", value = "true" }` is `{ id: true }`. In the value, `{column}`
    /// stands for the column, `{table}` for what stands in the slot `table`.
    Object {
        /// The value of each property.
        value: Name,
    },
    /// As one text with commas: `'id, name'`.
    Text {},
    /// As an argument each: `'id', 'name'`.
    Names {},
    /// As a list, which another method takes: `{ form = "list", method = "select" }` is `select(['id', 'name'])`.
    List {
        /// The method.
        method: Name,
    },
}

/// Effects by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EffectList(pub Effects);

/// Guarantees by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuaranteeList(pub Guarantees);

/// What a router is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouterKind {
    /// It may serve by itself.
    App,
    /// It answers only where another one puts it.
    Part,
}

/// What a call of a router does to its table of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registers {
    /// Adds a route: the last function that it is handed answers, those before it run before.
    Route,
    /// Lets functions run before what follows at the router, below a path if it says one; puts another router there where it is
    /// handed one.
    Before,
    /// Lets something run before what was registered at the router so far.
    Around,
    /// Lets something run before all that is registered at the router, earlier or later.
    Throughout,
    /// Puts another router below a path: it is handed that, or a function that is given it.
    Part,
    /// Is a route by itself, which no router need know: what its chain lets run before it, with `before`, runs before.
    Alone,
}

/// How many rows a call touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    /// At most one.
    One,
    /// Any number.
    Many,
    /// A number, a sum: what is computed by the database.
    Aggregate,
}

/// How a filter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterForm {
    /// `{ authorId: 1, OR: [{…}], title: { contains: … } }`
    Object,
    /// `and(eq(posts.authorId, id), gt(…))`: functions with a `predicate`.
    Expression,
    /// `.eq('author_id', id)`: builder methods with a `predicate`.
    Builder,
    /// SQL text.
    Sql,
}

/// When a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// Once for every element of the receiver.
    Each,
    /// Once, as part of the call.
    Once,
    /// Once, when the receiver's promise is settled.
    Then,
    /// Once for every element, but never more at a time than a limit.
    Limited,
    /// In a transaction.
    Transaction,
    /// Until it succeeds.
    Retry,
    /// When a component is shown; what it returns runs when it goes.
    Effect,
    /// For every request.
    Handler,
    /// For every event.
    Listener,
    /// Again and again after a time.
    Interval,
    /// Once after a time.
    Timeout,
    /// On a schedule, or for each message of a queue.
    Job,
    /// Beside the caller.
    Task,
    /// As a test.
    Test,
    /// Once, and its result is kept.
    Memo,
}

/// What a call says of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicate {
    /// `=`
    Equal,
    /// `IN`
    In,
    /// `<`, `>`, `BETWEEN`
    Range,
    /// `LIKE 'x%'`
    Prefix,
    /// `LIKE '%x%'`, full text
    Search,
    /// `<>`, `NOT IN`, `IS NOT NULL`
    Not,
    /// `IS NULL`
    IsNull,
    /// Conjunction of its arguments.
    And,
    /// Disjunction of its arguments.
    Or,
    /// Equality of every property of an object: Supabase's `match`.
    EqualAll,
}

/// A part of a call that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The table: a name, or an object that stands for it.
    Table,
    /// The filter.
    Filter,
    /// The order.
    Order,
    /// The most rows.
    Bound,
    /// Where the rows begin; beside it, `bound` is the last of them.
    Offset,
    /// What describes the values that are let through, or an object of such descriptions.
    Schema,
    /// The selected columns; `*` for all.
    Columns,
    /// The columns that are left out.
    LeftOut,
    /// Tells that no rows are handed over, only what is said of them: their number.
    NoRows,
    /// The one column that a value stands for; its table is in `table`.
    Column,
    /// SQL text.
    Sql,
    /// Values bound to the SQL text.
    Params,
    /// What is written.
    Data,
    /// The URL, or its host.
    Url,
    /// The HTTP method.
    Method,
    /// Options of the request.
    Options,
    /// The program that is run, or the line that a shell is given.
    Command,
    /// The path of a file.
    Path,
    /// The body of a request.
    Body,
    /// What bounds the time.
    Timeout,
    /// The base of all URLs of a client.
    BaseUrl,
    /// The delay of a timer.
    Delay,
    /// The dependencies of an effect.
    Dependencies,
    /// The event that is listened to.
    Event,
    /// The connection or transaction it runs on.
    Handle,
    /// What a join adds.
    Join,
    /// What it does to rows, in constants: `=insert`, `=update`, `=delete`, `=upsert`, and `=save` for what inserts or
    /// updates.
    Action,
    /// The condition of a join.
    JoinOn,
    /// Tells that a lock is taken with the rows.
    Lock,
    /// An idempotency key.
    Key,
    /// The call that made the router which it belongs to; not for models to say, see `makes_router`.
    #[serde(skip)]
    Maker,
    /// Of what moves money: a part without which a second call moves nothing.
    Demand,
    /// An object that says what it is done for, with ids of that.
    Purpose,
    /// How much of it moves.
    Amount,
    /// Tells that no two rows share the column.
    Unique,
    /// What makes it retry.
    Retry,
    /// What it says of the context that handlers are given: a type argument.
    Context,
    /// Where it cuts the text that it is called on, in bytes from its start.
    Cut,
    /// What it compares with the places between two characters of the text that it is called on.
    CharBoundary,
    /// What the text that it is called on is seen to begin or end with.
    Affix,
    /// The text that it reads, which must have a form for that; it fails where it has not.
    Parsed,
    /// Of an error that is made: the one that it comes of.
    Cause,
    /// Tells that what a schema lets through has a form that holds no text of anybody's own.
    Form,
    /// A condition that the service reads out of a text in a language of its own.
    Expression,
    /// SQL text that becomes a part of the query as it is.
    Fragment,
    /// What only whoever runs the program may know: by it tokens and sessions are signed, or contents encrypted.
    Secret,
    /// The key of a code that tells whether a text is genuine. A constant may be meant: it keeps two uses apart, or two
    /// texts are compared by their codes.
    MacKey,
}

/// How values are bound to an SQL text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, tag = "form", rename_all = "kebab-case")]
pub enum BindEdit {
    /// `$1`, with the values in a list that is the next argument.
    Numbered,
    /// `?`, with the values in a list that is the next argument.
    Marks,
    /// The text becomes a tagged template, which binds what is put into it.
    Tag {
        /// The tag, as a member of what the call is a method of; none where that is the tag itself.
        #[serde(default)]
        tag: Option<Name>,
    },
}

/// What a value of unknown origin may be taken for: the receiver's name, the method and the arguments' shape must all
/// fit. Findings that rest on it have medium confidence.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// Names of the receiver: a variable, or the last member of a path (`this.prisma`, `ctx.db`).
    pub receiver: Vec<Name>,
    /// The type it is taken for, in the same model.
    #[serde(rename = "type")]
    pub ty: Name,
    /// The way from the receiver to the call: `*.findMany` is any member, then the method. Alternatives.
    #[serde(default)]
    pub calls: Vec<Name>,
    /// A property that the first argument must have, if it is an object: any one of them. Empty: no demand.
    #[serde(default)]
    pub first_argument_has: Vec<Name>,
    /// The first argument must be text that begins like SQL.
    #[serde(default)]
    pub first_argument_is_sql: bool,
    /// Instead of what is called on it: it is the first parameter of a function, and the second has one of these names,
    /// as `res` in `(req, res)`.
    #[serde(default)]
    pub beside: Vec<Name>,
}

/// A flattened behavior. serde cannot deny unknown fields beside `flatten`, but it can of a table that is read on its own.
/// What is wrong in that is told with its key, since it has no place any more: `in `slots.nonsense`: …`.
fn nothing_else<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Behavior, D::Error> {
    let table = toml::Table::deserialize(deserializer)?;
    Behavior::deserialize(table).map_err(|error| {
        let told = error.to_string();
        let key = told.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let key = key.map_or_else(String::new, |key| format!("in `{key}`: "));
        serde::de::Error::custom(format!("{key}{}", error.message()))
    })
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
    struct Names;

    impl<'de> Visitor<'de> for Names {
        type Value = Vec<Name>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name or a list of names")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Vec<Name>, E> {
            Ok(vec![Name::new(name)])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Vec<Name>, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = all.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    deserializer.deserialize_any(Names)
}

impl<'de> Deserialize<'de> for TimeoutEdit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Keys {
            option: Option<Name>,
            value: Option<Name>,
            before: Option<Name>,
            replace: Option<Name>,
            then: Option<Name>,
            expect: Option<Name>,
        }
        let Keys { option, value, before, replace, then, expect } = Keys::deserialize(deserializer)?;
        match (option, value, before, replace) {
            (Some(option), Some(value), None, None) if then.is_none() && expect.is_none() => {
                Ok(Self::Option { option, value })
            }
            (None, None, Some(before), None) if then.is_none() && expect.is_none() => {
                Ok(Self::Before { before })
            }
            (None, None, None, Some(replace)) => {
                Ok(Self::Replace { replace, then: then.unwrap_or_default(), expect })
            }
            _ => Err(serde::de::Error::custom(
                "a time limit is written as `{ option = …, value = … }`, `{ before = … }` or `{ replace = … }`",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for EffectList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut effects = Effects::empty();
        for name in one_or_many(deserializer)? {
            let known = Effects::NAMES.iter().map(|(name, _)| *name);
            effects |= Effects::named(&name).ok_or_else(|| unknown("effect", &name, known))?;
        }
        Ok(EffectList(effects))
    }
}

impl<'de> Deserialize<'de> for GuaranteeList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut guarantees = Guarantees::empty();
        for name in one_or_many(deserializer)? {
            let known = Guarantees::NAMES.iter().map(|(name, _)| *name);
            guarantees |= Guarantees::named(&name).ok_or_else(|| unknown("guarantee", &name, known))?;
        }
        Ok(GuaranteeList(guarantees))
    }
}

/// In the words that serde has for an unknown variant.
fn unknown<E: serde::de::Error>(what: &str, name: &str, known: impl Iterator<Item = &'static str>) -> E {
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    E::custom(format!("unknown {what} `{name}`, expected one of {}", known.join(", ")))
}
