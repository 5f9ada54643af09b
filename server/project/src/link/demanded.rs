//! Which secrets a program refuses to go on without: what it looks at before it fails.
//!
//! `if (!process.env.JWT_SECRET) throw …`, a list of names that are all asked for, a schema of the environment. A text that
//! stands in the place of such a secret elsewhere is never taken for it.

use plimsoll_behavior::secrets::protected_by;
use plimsoll_behavior::{Exported, Key, Kind, Literal, Name, NodeId, PathStep, Unit};

use super::roles::entries;
use super::{FileUnits, World, resolve_module};

/// How many files are looked at for one.
const MAX_FILES: usize = 48;

/// Last names of calls that end what they are in: the process, or the way that the code was going.
const ENDS: &[&str] = &["exit", "panic", "bail", "abort", "fatal", "unreachable", "Err"];
/// Words of what a mistake is put into, to be told of later.
const MISTAKES: &[&str] =
    &["error", "errors", "failures", "insecure", "issues", "missing", "problems", "violations", "weak"];
/// Words of functions that fail without what they are given.
#[rustfmt::skip] // a list of words
const DEMANDING: &[&str] = &[
    "assert", "demand", "ensure", "expect", "invariant", "mandatory", "must", "require", "required", "throw",
];
/// Words of what tells a program that serves from one that somebody tries out.
#[rustfmt::skip] // a list of words
const MODES: &[&str] = &[
    "assertions", "debug", "dev", "development", "local", "prod", "production", "staging", "test", "testing",
];
/// What a schema makes of a text.
const TEXTS: &[&str] = &["string", "str", "nonEmptyString", "coerce"];
/// What lets a schema do without it.
const LETS_GO: &[&str] =
    &["default", "optional", "nullish", "nullable", "catch", "exactOptional", "prefault"];

/// What a unit demands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demanded {
    /// Names of variables, and of what was read from them.
    pub names: Vec<Name>,
    /// Texts that are refused in their place.
    pub texts: Vec<Name>,
    /// Names in lists, which somebody may go through.
    listed: Vec<Name>,
    /// Whether it ends anything.
    ends: bool,
}

impl dyn World + '_ {
    /// What the files that a file imports, those by which its program starts, and those that these import demand, through
    /// two imports.
    #[must_use]
    pub fn demanded_around(&self, file: &FileUnits) -> Demanded {
        let mut open = imported(self, file);
        open.extend(entries(self.files(), &file.path));
        let mut seen = vec![file.path.to_string()];
        let mut all = Demanded::default();
        for _ in 0..3 {
            let mut next = Vec::new();
            for path in std::mem::take(&mut open) {
                if seen.contains(&path) || seen.len() > MAX_FILES {
                    continue;
                }
                self.all_of(&path);
                self.in_file(&path, &mut |there| {
                    all.add(demanded_in(there.file));
                    next.extend(imported(self, there.file));
                });
                seen.push(path);
            }
            open = next;
        }
        all
    }
}

fn imported(world: &dyn World, file: &FileUnits) -> Vec<String> {
    let module = &file.units[0].unit;
    let imports = module.imports.iter().filter(|import| !import.is_type_only).map(|i| &i.module);
    let handed_on = module.exports.iter().filter_map(|export| match &export.local {
        Exported::From(module, _) => Some(module),
        _ => None,
    });
    let files = world.files();
    let all = imports.chain(handed_on);
    all.filter_map(|module| resolve_module(files, &file.path, module, file.language)).collect()
}

/// What a file demands by itself.
#[must_use]
pub fn demanded_in(file: &FileUnits) -> Demanded {
    let mut all = Demanded::default();
    file.units.iter().for_each(|entry| all.add(demanded(&entry.unit)));
    let listed = std::mem::take(&mut all.listed);
    if all.ends {
        all.names.extend(listed);
    }
    // `if (secret === DEFAULT_SECRET) throw …`
    let module = &file.units[0].unit;
    let of_names = module.bindings.iter().filter(|binding| all.names.contains(&binding.name));
    let texts: Vec<Name> = of_names
        .filter_map(|binding| match module.kind(binding.value?) {
            Kind::Literal(Literal::String(text)) => Some(text.clone()),
            _ => None,
        })
        .collect();
    all.texts.extend(texts);
    all
}

impl Demanded {
    fn add(&mut self, other: Demanded) {
        self.names.extend(other.names);
        self.texts.extend(other.texts);
        self.listed.extend(other.listed);
        self.ends |= other.ends;
    }

    /// Whether nothing of it speaks of a secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.listed.is_empty()
    }
}

/// What a unit demands by itself.
#[must_use]
pub fn demanded(u: &Unit) -> Demanded {
    let mut found = Demanded::default();
    for node in &u.nodes {
        match &node.kind {
            Kind::If { condition, then, otherwise, .. }
                if ends(u, *then) || otherwise.is_some_and(|otherwise| ends(u, otherwise)) =>
            {
                in_condition(u, *condition, &mut found);
            }
            Kind::Array(items) => {
                let names = items.iter().filter_map(|&item| match u.kind(item) {
                    Kind::Literal(Literal::String(name)) if is_variable(name) => Some(name.clone()),
                    _ => None,
                });
                found.listed.extend(names);
            }
            Kind::Call { callee, args, .. } => {
                let (Kind::Name { name, .. } | Kind::Member { name, .. }) = u.kind(*callee) else { continue };
                found.ends |= ENDS.contains(&name.as_str());
                let words = plimsoll_behavior::words(name);
                if words.iter().any(|word| DEMANDING.contains(&word.as_str())) {
                    let on = match u.kind(*callee) {
                        Kind::Member { object, .. } => Some(*object),
                        _ => None,
                    };
                    for part in args.iter().copied().chain(on).flat_map(|part| u.descendants(part)) {
                        found.names.extend(named(u, part).filter(|name| is_variable(name)));
                    }
                }
            }
            Kind::Object { entries, .. } => {
                let demanded = entries.iter().filter_map(|entry| match &entry.key {
                    Key::Name(name) if is_variable(name) && is_whole_schema(u, entry.value) => {
                        Some(name.clone())
                    }
                    _ => None,
                });
                found.names.extend(demanded);
            }
            Kind::Throw(_) => found.ends = true,
            _ => {}
        }
    }
    found
}

/// What a condition looks at before something ends.
fn in_condition(u: &Unit, condition: NodeId, found: &mut Demanded) {
    let parts = u.descendants(condition);
    let asks_for_the_mode = asks_for_mode(u, condition);
    let mut is_of_a_secret = false;
    for &part in &parts {
        if let Some(name) = named(u, part).filter(|name| protected_by(name).is_some()) {
            is_of_a_secret = true;
            if is_variable(&name) || asks_for_the_mode {
                found.names.push(name);
            }
        }
        // `const secret = process.env.JWT_SECRET; if (!secret) throw …`
        if let Some(name) = kept_from(u, part).filter(|name| is_variable(name)) {
            is_of_a_secret = true;
            found.names.push(name);
        }
    }
    if is_of_a_secret {
        found.texts.extend(parts.iter().filter_map(|&part| match u.kind(part) {
            Kind::Literal(Literal::String(text)) => Some(text.clone()),
            _ => None,
        }));
    }
}

/// The variable that a name was read from, and from nothing else.
fn kept_from(u: &Unit, node: NodeId) -> Option<Name> {
    let Kind::Name { binding: Some(binding), .. } = u.kind(node) else { return None };
    let binding = u.binding(*binding);
    if let Some(PathStep::Member(name)) = binding.path.last() {
        return Some(name.clone());
    }
    let mut value = binding.value?;
    // `process.env.JWT_SECRET || ''`
    if let Kind::Binary { op, left, right } = u.kind(value)
        && matches!(op.as_str(), "||" | "??")
        && matches!(u.kind(*right), Kind::Literal(Literal::String(text)) if text.is_empty())
    {
        value = *left;
    }
    // `process.env.JWT_SECRET?.trim()`
    while let Kind::Call { callee, args, .. } = u.kind(value) {
        let Kind::Member { object, .. } = u.kind(*callee) else { return None };
        if !args.is_empty() {
            return None;
        }
        value = *object;
    }
    named(u, value)
}

/// Whether a condition tells a program that serves from one that somebody tries out.
#[must_use]
pub fn asks_for_mode(u: &Unit, condition: NodeId) -> bool {
    let is_one =
        |name: &str| plimsoll_behavior::words(name).iter().any(|word| MODES.contains(&word.as_str()));
    // `pattern.test(text)` asks for nothing of that.
    let is_called = |part: NodeId| {
        u.parent(part)
            .is_some_and(|call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == part))
    };
    u.descendants(condition).into_iter().any(|part| match u.kind(part) {
        Kind::Name { name, .. } => is_one(name),
        Kind::Member { name, .. } => is_one(name) && !(name == "test" && is_called(part)),
        Kind::Literal(Literal::String(text)) => is_one(text),
        _ => false,
    })
}

/// Whether what runs here ends the process, fails, or says that it will.
#[must_use]
pub fn ends(u: &Unit, root: NodeId) -> bool {
    u.descendants(root).into_iter().any(|part| match u.kind(part) {
        Kind::Throw(_) => true,
        Kind::Call { callee, .. } => match u.kind(*callee) {
            Kind::Name { name, .. } => ENDS.contains(&name.as_str()),
            Kind::Member { object, name, .. } if name == "push" => {
                let list = named(u, *object).map(|name| plimsoll_behavior::words(&name));
                list.is_some_and(|words| words.iter().any(|word| MISTAKES.contains(&word.as_str())))
            }
            Kind::Member { name, .. } => ENDS.contains(&name.as_str()),
            _ => false,
        },
        _ => false,
    })
}

/// What a node says: the name that it reads, or the text that it is.
fn named(u: &Unit, node: NodeId) -> Option<Name> {
    match u.kind(node) {
        Kind::Name { name, .. } | Kind::Member { name, .. } | Kind::Literal(Literal::String(name)) => {
            Some(name.clone())
        }
        Kind::NonNull(value) => named(u, *value),
        Kind::Cast { value, .. } => named(u, *value),
        _ => None,
    }
}

/// Whether it is the name of a variable of the environment that holds a secret.
fn is_variable(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && protected_by(name).is_some()
}

/// Whether a value is a schema of a text that must be there: `z.string().min(32)`.
fn is_whole_schema(u: &Unit, value: NodeId) -> bool {
    let mut at = value;
    let mut is_of_text = false;
    while let Kind::Call { callee, .. } = u.kind(at) {
        let name = match u.kind(*callee) {
            Kind::Member { object, name, .. } => {
                at = *object;
                name
            }
            Kind::Name { name, .. } => {
                at = *callee;
                name
            }
            _ => return false,
        };
        if LETS_GO.contains(&name.as_str()) {
            return false;
        }
        is_of_text |= TEXTS.contains(&name.as_str());
    }
    is_of_text
}
