//! What developers run themselves and watch: seeds, scripts, examples, trials beside the sources.

use plimsoll_behavior::{BindingKind, Kind, LoopKind, Unit};

use crate::below_manifest;
use crate::link::{FileUnits, World};
use crate::manifests::PackageJson;

/// Folders of what is run by hand.
const FOLDERS: &[&str] = &[
    "scripts",
    "cli",
    "benchmarks",
    "benchmark",
    "bench",
    "seed",
    "seeds",
    "seeders",
    "examples",
    "example",
];

/// Why a module of TypeScript or JavaScript is believed to be run by hand. `below` is its path below the folder
/// `package` of its manifest, and `in_root` below the workspace's root. What uses the framework of a server is a part of it wherever it stands, unless it is an
/// example.
pub(super) fn script(
    below: &str,
    package: &str,
    in_root: &str,
    file: &FileUnits,
    manifest: Option<&PackageJson>,
    uses_framework: bool,
) -> Option<String> {
    let module = &file.units[0].unit;
    let (folder, name) = below.rsplit_once('/').unwrap_or(("", below));
    let words = words(name);
    if is_put_aside(in_root) {
        return Some("is put aside".into());
    }
    if is_example(folder, &words) {
        return Some(format!("is an example: {name}"));
    }
    if uses_framework {
        return None;
    }
    let own = package.rsplit('/').next();
    let own = own.filter(|name| {
        matches!(*name, "scripts" | "cli" | "benchmarks" | "benchmark" | "bench") || holds_scripts(name)
    });
    let is_by_hand = |part: &&str| FOLDERS.contains(part) || holds_scripts(part);
    // Further in, one script is also what a film is made from.
    let outermost = folder.split('/').next().filter(|part| *part == "script");
    if let Some(part) = folder.split('/').find(is_by_hand).or(outermost).or(own) {
        return Some(format!("stands in {part}/"));
    }
    if let Some(task) = manifest.and_then(|manifest| manifest.task_that_starts(below)) {
        return Some(format!("is started by the script `{task}`"));
    }
    if is_seed(&words) {
        return Some(format!("is a seed: {name}"));
    }
    if !module.exports.is_empty() && !starts_itself(module) {
        return None;
    }
    if reads_arguments(file) && !serves(file) {
        return Some("reads the arguments of a command line".into());
    }
    if is_trial(name, module) {
        return Some(format!("a trial that nothing imports: {name}"));
    }
    if let Some(seed) = fills_a_database(module) {
        return Some(format!("a seed that nothing imports: it calls {seed}"));
    }
    (folder.is_empty() && manifest.is_some_and(|m| !starts(m, name)))
        .then(|| "run by hand: nothing imports or starts it".into())
}

/// Why a file of Rust is believed to be run by hand: an example, or a part of a small program beside the one that serves.
pub(super) fn rust(world: &dyn World, file: &FileUnits) -> Option<String> {
    let files = world.files();
    let below = below_manifest(files, &file.path);
    if below.starts_with("examples/") || below.starts_with("benches/") {
        return Some("is an example or a benchmark".into());
    }
    let rest = below.strip_prefix("src/bin/")?;
    let name = rest.split_once('/').map_or_else(|| rest.strip_suffix(".rs"), |(folder, _)| Some(folder))?;
    if stays_up_by_its_name(name) || stays_up(file) {
        return None;
    }
    let root = file.path.strip_suffix(below.as_str())?;
    let mut does_main_stay_up = false;
    if !matches!(rest.split_once('/'), None | Some((_, "main.rs"))) {
        world.in_file(&format!("{root}src/bin/{name}/main.rs"), &mut |main| {
            does_main_stay_up = stays_up(main.file);
        });
    }
    let is_other = |other: &String| other.ends_with(".rs") && other.strip_suffix(".rs") != Some(name);
    let has_main = files.exists(&format!("{root}src/main.rs"));
    let has_other = || files.list(&format!("{root}src/bin")).iter().any(is_other);
    (!does_main_stay_up && (has_main || has_other())).then(|| format!("a program beside the service: {name}"))
}

/// Whether a program goes on until it is stopped: it serves, waits for messages, or never leaves a loop.
fn stays_up(file: &FileUnits) -> bool {
    const SERVES: &[&str] =
        &["serve", "listen", "launch", "run_forever", "start", "run", "subscribe", "consume"];
    file.units.iter().any(|entry| {
        let u = &entry.unit;
        u.nodes.iter().any(|node| match &node.kind {
            Kind::Loop(l) => matches!(l.kind, LoopKind::Forever) && sleeps(u, l.body),
            Kind::Call { callee, .. } => match u.kind(*callee) {
                Kind::Member { name, .. } | Kind::Name { name, .. } => SERVES.contains(&name.as_str()),
                _ => false,
            },
            _ => false,
        })
    })
}

/// Whether a loop never ends and waits in each turn.
pub(super) fn waits_for_ever(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| {
        let u: &Unit = &entry.unit;
        u.nodes.iter().any(|node| match &node.kind {
            Kind::Loop(l) => matches!(l.kind, LoopKind::Forever) && sleeps(u, l.body),
            _ => false,
        })
    })
}

/// Whether a loop pauses or waits for what comes next; one that does neither reads pages until there are no more.
fn sleeps(u: &Unit, body: plimsoll_behavior::NodeId) -> bool {
    u.descendants(body).into_iter().any(|node| {
        let (Kind::Name { name, .. } | Kind::Member { name, .. }) = u.kind(node) else { return false };
        matches!(name.as_str(), "sleep" | "tick" | "recv" | "next" | "accept" | "select" | "changed")
    })
}

fn stays_up_by_its_name(name: &str) -> bool {
    const LAST: &[&str] = &[
        "server",
        "service",
        "worker",
        "daemon",
        "scheduler",
        "consumer",
        "listener",
        "api",
        "gateway",
        "bot",
        "indexer",
        "keeper",
        "relayer",
    ];
    words(name).last().is_some_and(|last| LAST.contains(&last.as_str()))
}

/// The words of a file's name, its ending left out: `example-usage.js` is `example` and `usage`.
fn words(name: &str) -> Vec<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.split(['-', '_', '.']).filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Whether a file is named as a trial and nothing can import it: `test-webhook.js`.
pub(super) fn is_trial(name: &str, module: &Unit) -> bool {
    let words = words(name);
    (module.exports.is_empty() || starts_itself(module))
        && words.len() > 1
        && matches!(words[0].as_str(), "test" | "try" | "debug")
}

/// Whether a module asks whether it is what was started: `require.main === module`.
fn starts_itself(module: &Unit) -> bool {
    names_member(module, "require", "main")
}

/// Whether a program that nothing imports looks at what whoever starts it has written behind its name.
fn reads_arguments(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| names_member(&entry.unit, "process", "argv"))
}

fn names_member(u: &Unit, of: &str, member: &str) -> bool {
    u.nodes.iter().any(|node| {
        let Kind::Member { object, name, .. } = &node.kind else { return false };
        name == member && matches!(u.kind(*object), Kind::Name { name, .. } if name == of)
    })
}

/// Whether a file begins to take connections.
fn serves(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| {
        let u: &Unit = &entry.unit;
        u.nodes.iter().any(|node| {
            let Kind::Call { callee, .. } = &node.kind else { return false };
            matches!(u.kind(*callee), Kind::Member { name, .. } if matches!(name.as_str(), "listen" | "serve" | "createServer"))
        })
    })
}

/// Whether a folder is named as one of scripts for something: `deploy-scripts`.
fn holds_scripts(folder: &str) -> bool {
    folder.rsplit_once(['-', '_', '.']).is_some_and(|(of, last)| last == "scripts" && !of.is_empty())
}

/// Whether a folder is named as one whose code is no longer used: `deprecated-2025`.
fn is_put_aside(folder: &str) -> bool {
    let is_so = |word: &str| matches!(word, "deprecated" | "archived" | "unused");
    folder.split('/').any(|part| part.split(['-', '_']).next().is_some_and(is_so))
}

/// A function that a module of its own declares to fill an empty database: `seedProducts`.
fn fills_a_database(module: &Unit) -> Option<&str> {
    let functions = module.bindings.iter().filter(|b| b.kind == BindingKind::Function);
    functions.map(|b| b.name.as_str()).find(|name| {
        let rest = name.strip_prefix("seed");
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        })
    })
}

fn is_example(folder: &str, words: &[String]) -> bool {
    let is_word = |word: Option<&String>| word.is_some_and(|w| matches!(w.as_str(), "example" | "examples"));
    folder.split('/').any(|part| matches!(part, "example" | "examples"))
        || is_word(words.first())
        || is_word(words.last())
}

fn is_seed(words: &[String]) -> bool {
    let is_word = |word: Option<&String>| {
        word.is_some_and(|w| matches!(w.as_str(), "seed" | "seeds" | "seeder" | "seeders"))
    };
    is_word(words.last()) || words.len() > 1 && is_word(words.first()) && words[1] != "phrase"
}

/// Names of files that a package is started by without saying so.
const ENTRY_NAMES: &[&str] =
    &["index", "main", "server", "app", "worker", "instrumentation", "middleware", "proxy"];

/// Whether a file beside the manifest is one that the package is started by, or the configuration of a tool.
fn starts(manifest: &PackageJson, file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or(file);
    ENTRY_NAMES.contains(&stem) || file.contains("config") || manifest.entries.contains(stem)
}
