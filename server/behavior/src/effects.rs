//! Effects: what a call does to the world.

use bitflags::bitflags;

bitflags! {
    /// A set of effects.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Effects: u64 {
        /// Reads rows of a database.
        const DB_READ = 1;
        /// Writes rows of a database.
        const DB_WRITE = 1 << 1;
        /// Opens a connection or a pool.
        const DB_CONNECT = 1 << 2;
        /// Runs its callback in a transaction, or begins one.
        const DB_TRANSACTION = 1 << 3;
        /// Sends a request to another service.
        const HTTP_REQUEST = 1 << 4;
        /// Makes a client that sends requests later.
        const HTTP_CLIENT = 1 << 5;
        /// Reads the body of a response.
        const RESPONSE_BODY = 1 << 6;
        /// Looks at the status of a response.
        const RESPONSE_CHECK = 1 << 7;
        /// Reads or writes files.
        const FILE = 1 << 8;
        /// Starts a process.
        const PROCESS = 1 << 9;
        /// Subscribes to events until released.
        const SUBSCRIBE = 1 << 10;
        /// Starts a timer that repeats until released.
        const TIMER_REPEATING = 1 << 11;
        /// Starts a timer that fires once.
        const TIMER_ONCE = 1 << 12;
        /// Releases what a timer or a subscription holds.
        const RELEASE = 1 << 13;
        /// Waits for a time.
        const SLEEP = 1 << 14;
        /// Starts a task that runs beside its caller.
        const TASK_SPAWN = 1 << 15;
        /// Takes a lock.
        const LOCK = 1 << 16;
        /// Blocks the thread, however shortly. What does so for long has one of the effects below as well, for what it does
        /// then; those that only ask for the name or the size of a file have none.
        const BLOCK = 1 << 17;
        /// Writes a log line.
        const LOG = 1 << 18;
        /// Ends the process.
        const EXIT = 1 << 19;
        /// Answers the request of a handler.
        const RESPOND = 1 << 20;
        /// Repeats what it is given until it succeeds.
        const RETRY = 1 << 21;
        /// Bounds the time of what it is given.
        const DEADLINE = 1 << 22;
        /// Hands a value to a queue that redelivers.
        const ENQUEUE = 1 << 23;
        /// Registers a request handler.
        const ROUTE = 1 << 24;
        /// Registers a job that runs on a schedule, or a consumer of a queue.
        const SCHEDULE = 1 << 25;
        /// Sends mail, messages or notifications.
        const NOTIFY = 1 << 26;
        /// Makes a queue in memory that has no bound, or puts something into one.
        const QUEUE = 1 << 27;
        /// Waits with what it is given for as long as many others run.
        const LIMIT = 1 << 33;
        /// Takes the body of a response piece by piece, for as long as it lasts.
        const RESPONSE_STREAM = 1 << 40;
        /// Blocks the thread until files are read, written, copied, listed or removed.
        const BLOCK_DISK = 1 << 44;
        /// Blocks the thread for a time that it is given.
        const BLOCK_SLEEP = 1 << 45;
        /// Blocks the thread until another machine or process answers.
        const BLOCK_REMOTE = 1 << 46;
        /// Blocks the thread by computing for long, as who hashes passwords does on purpose.
        const BLOCK_COMPUTE = 1 << 47;
        /// Blocks the thread by a runtime of its own, which panics on the thread of another one.
        const BLOCK_RUNTIME = 1 << 48;
        /// Moves money: charges, refunds, transfers or pays out.
        const MONEY = 1 << 52;
        /// Makes something that stays until whoever made it ends it: an open file, a stream, a URL of what is in memory.
        const HANDLE = 1 << 56;
        /// Takes an event from a service that tells of it again until it is answered, and checks that it comes from there.
        const EVENT = 1 << 53;
    }
}

impl Effects {
    /// Reads or writes a database.
    pub const DB: Effects = Effects::DB_READ.union(Effects::DB_WRITE);

    /// Blocks the thread for long.
    pub const BLOCKS_FOR_LONG: Effects = Effects::BLOCK_DISK
        .union(Effects::BLOCK_SLEEP)
        .union(Effects::BLOCK_REMOTE)
        .union(Effects::BLOCK_COMPUTE)
        .union(Effects::BLOCK_RUNTIME);

    /// The effects with names as models write them, in the order of the bits.
    pub const NAMES: &'static [(&'static str, Effects)] = &[
        ("db.read", Effects::DB_READ),
        ("db.write", Effects::DB_WRITE),
        ("db.connect", Effects::DB_CONNECT),
        ("db.transaction", Effects::DB_TRANSACTION),
        ("http.request", Effects::HTTP_REQUEST),
        ("http.client", Effects::HTTP_CLIENT),
        ("response.body", Effects::RESPONSE_BODY),
        ("response.check", Effects::RESPONSE_CHECK),
        ("fs", Effects::FILE),
        ("process.spawn", Effects::PROCESS),
        ("subscribe", Effects::SUBSCRIBE),
        ("timer.repeating", Effects::TIMER_REPEATING),
        ("timer.once", Effects::TIMER_ONCE),
        ("release", Effects::RELEASE),
        ("sleep", Effects::SLEEP),
        ("task.spawn", Effects::TASK_SPAWN),
        ("lock.acquire", Effects::LOCK),
        ("block", Effects::BLOCK),
        ("log", Effects::LOG),
        ("process.exit", Effects::EXIT),
        ("respond", Effects::RESPOND),
        ("retry", Effects::RETRY),
        ("deadline", Effects::DEADLINE),
        ("enqueue", Effects::ENQUEUE),
        ("route", Effects::ROUTE),
        ("schedule", Effects::SCHEDULE),
        ("notify", Effects::NOTIFY),
        ("queue", Effects::QUEUE),
        ("limit", Effects::LIMIT),
        ("response.stream", Effects::RESPONSE_STREAM),
        ("block.disk", Effects::BLOCK_DISK),
        ("block.sleep", Effects::BLOCK_SLEEP),
        ("block.remote", Effects::BLOCK_REMOTE),
        ("block.compute", Effects::BLOCK_COMPUTE),
        ("block.runtime", Effects::BLOCK_RUNTIME),
        ("money", Effects::MONEY),
        ("handle", Effects::HANDLE),
        ("event", Effects::EVENT),
    ];

    /// The effect with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Effects> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, e)| *e)
    }
}
