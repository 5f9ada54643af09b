//! Reads expressions of a file by their nodes: what a call goes to, what a closure returns, which text stands where.

use plimsoll_behavior::{
    BindingId, BindingKind, CallForm, FunctionId, Imported, Key, Kind, Literal, NodeId, PathStep, ScopeId,
    Unit,
};
use plimsoll_syntax::{Language, Parsed};
use smol_str::SmolStr;

use super::Path;
use crate::link::{FileUnits, package_name};
use crate::schema::TextRange;

/// A node of a unit of the file.
pub(super) type At = (usize, NodeId);

/// How many calls a chain may have.
const MAX_CALLS: usize = 64;

/// One file, extracted.
pub(super) struct Walk {
    pub file: FileUnits,
    /// Where the text does not parse.
    errors: Vec<TextRange>,
}

/// What a name or a path of names goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Something of the library, by its name there.
    Library(SmolStr),
    /// Something that the file declares or imports.
    Own(Path),
    /// A member of the parameter of the closure around it.
    OfParameter(SmolStr),
    Unknown,
}

/// A call in a chain of calls.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The method's name; of the first call, nothing.
    pub name: SmolStr,
    /// The arguments.
    pub args: Vec<At>,
}

/// `head(…).step(…).step(…)`
pub(super) struct Chain {
    pub head: Target,
    /// The call of the head first.
    pub steps: Vec<Step>,
}

impl Walk {
    /// Extracts a file; nothing where it is no script, or too large.
    pub fn of(path: &str, text: &str) -> Option<Self> {
        let language = Language::from_path(path).filter(|language| language.is_script_family())?;
        let parsed = Parsed::parse(text, language).ok()?;
        let file = FileUnits::extract(path.into(), language, parsed.tree(), text);
        let errors = file.units.iter().enumerate().flat_map(|(index, entry)| {
            let file = &file;
            entry.unit.errors.iter().map(move |&range| file.to_file(index, range))
        });
        let errors = errors.collect();
        Some(Self { file, errors })
    }

    pub fn unit(&self, at: At) -> &Unit {
        &self.file.units[at.0].unit
    }

    pub fn kind(&self, at: At) -> &Kind {
        self.unit(at).kind(at.1)
    }

    pub fn range(&self, at: At) -> TextRange {
        self.file.to_file(at.0, self.unit(at).range(at.1))
    }

    pub fn is_broken(&self, range: TextRange) -> bool {
        self.errors.iter().any(|error| error.start <= range.end && error.end >= range.start)
    }

    /// The node without what only concerns its type.
    pub fn plain(&self, mut at: At) -> At {
        while let Kind::Cast { value, .. } | Kind::NonNull(value) = self.kind(at) {
            at.1 = *value;
        }
        at
    }

    /// The text of a string without holes.
    pub fn text(&self, at: At) -> Option<SmolStr> {
        match self.kind(self.plain(at)) {
            Kind::Literal(Literal::String(text)) => Some(text.clone()),
            Kind::Template { pieces, holes } if holes.is_empty() => pieces.first().cloned(),
            _ => None,
        }
    }

    /// A text or a number as it is written.
    pub fn text_or_number(&self, at: At) -> Option<SmolStr> {
        match self.kind(self.plain(at)) {
            Kind::Literal(Literal::Number(number)) => Some(number.clone()),
            _ => self.text(at),
        }
    }

    /// The value of a property of an object.
    pub fn property(&self, at: At, name: &str) -> Option<At> {
        let at = self.plain(at);
        let Kind::Object { entries, .. } = self.kind(at) else { return None };
        let entry = entries.iter().find(|entry| matches!(&entry.key, Key::Name(own) if own == name))?;
        Some((at.0, entry.value))
    }

    /// The items of an array.
    pub fn items(&self, at: At) -> Option<Vec<At>> {
        let at = self.plain(at);
        let Kind::Array(items) = self.kind(at) else { return None };
        Some(items.iter().map(|&item| (at.0, item)).collect())
    }

    /// What a function returns, where it returns in one place only.
    pub fn returned(&self, at: At) -> Option<At> {
        let at = self.plain(at);
        let (unit, function) = match self.kind(at) {
            Kind::Function(function) => (at.0, *function),
            Kind::Nested(index) => (*self.file.units[at.0].nested.get(*index as usize)?, FunctionId(0)),
            _ => return None,
        };
        let u = &self.file.units[unit].unit;
        let body = u.function(function).body?;
        if !matches!(u.kind(body), Kind::Block { .. }) {
            return Some(self.plain((unit, body)));
        }
        let mut returns = u.returns.iter().filter(|&&node| u.node(node).function == function);
        let (only, None) = (returns.next()?, returns.next()) else { return None };
        match u.kind(*only) {
            Kind::Return(Some(value)) => Some(self.plain((unit, *value))),
            _ => None,
        }
    }

    /// What a name, or a member of a name, goes to.
    pub fn target(&self, at: At) -> Target {
        let at = self.plain(at);
        match self.kind(at) {
            Kind::Name { name, binding } => self.named(at.0, name, *binding),
            Kind::Member { object, name, .. } => match self.target((at.0, *object)) {
                Target::Library(path) if path.is_empty() => Target::Library(name.clone()),
                // `pgTable.withRLS(…)`
                Target::Library(path) => Target::Library(path),
                Target::Own(path) if path.is_empty() => Target::OfParameter(name.clone()),
                Target::Own(mut path) if path.len() < 3 => {
                    path.push(name.clone());
                    Target::Own(path)
                }
                _ => Target::Unknown,
            },
            _ => Target::Unknown,
        }
    }

    /// A parameter itself is an empty path.
    fn named(&self, unit: usize, name: &SmolStr, binding: Option<BindingId>) -> Target {
        let module = &self.file.units[0].unit;
        let (unit, binding) = match binding {
            Some(binding) => (unit, binding),
            None => match module.resolve(name, ScopeId(0), u32::MAX) {
                Some(binding) => (0, binding),
                None => return Target::Unknown,
            },
        };
        let u = &self.file.units[unit].unit;
        let own = u.binding(binding);
        match own.kind {
            BindingKind::Parameter(..) => match own.path.as_slice() {
                [] => Target::Own(Vec::new()),
                [PathStep::Member(key)] => Target::OfParameter(key.clone()),
                _ => Target::Unknown,
            },
            BindingKind::Import(index) => {
                let import = &u.imports[index as usize];
                if !is_library(&import.module) {
                    return Target::Own(vec![name.clone()]);
                }
                match &import.what {
                    Imported::Name(name) => Target::Library(name.clone()),
                    _ => Target::Library(SmolStr::default()),
                }
            }
            _ if unit == 0 => Target::Own(vec![name.clone()]),
            _ => Target::Unknown,
        }
    }

    /// The calls that an expression is made of; nothing where it is no call.
    pub fn chain(&self, at: At) -> Option<Chain> {
        let mut steps = Vec::new();
        let mut at = self.plain(at);
        while steps.len() < MAX_CALLS {
            let Kind::Call { callee, args, form: CallForm::Plain, .. } = self.kind(at) else { return None };
            let args: Vec<At> = args.iter().map(|&arg| (at.0, arg)).collect();
            let callee = self.plain((at.0, *callee));
            if let Kind::Member { object, name, .. } = self.kind(callee) {
                let object = self.plain((at.0, *object));
                if matches!(self.kind(object), Kind::Call { .. }) {
                    steps.push(Step { name: name.clone(), args });
                    at = object;
                    continue;
                }
            }
            let head = self.target(callee);
            steps.push(Step { name: SmolStr::default(), args });
            steps.reverse();
            return Some(Chain { head, steps });
        }
        None
    }

    /// The key of the column that an expression names: `t.authorId`, `authorId` of `({ authorId })`, `posts.authorId`.
    pub fn column_key(&self, at: At) -> Option<SmolStr> {
        match self.target(at) {
            Target::OfParameter(key) => Some(key),
            Target::Own(path) if path.len() >= 2 => path.last().cloned(),
            _ => None,
        }
    }
}

/// Whether a module is a part of the library whose tables are read here.
pub(super) fn is_library(module: &str) -> bool {
    let package = package_name(module);
    package == "drizzle-orm" || package.starts_with("drizzle-orm/")
}
