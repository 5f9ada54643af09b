//! Routes of classes whose methods say by decorators what they answer, and by what they are guarded:
//! https://docs.nestjs.com/controllers and https://docs.nestjs.com/guards, read 2026-11, version 11.

use plimsoll_behavior::{Attribute, FunctionId, Name, TypeKind};

use super::by_place::CHANGING;
use super::is_about_who;
use crate::link::resolve::is_test_code;
use crate::link::{Evaluator, FnRef, World};
use crate::runs::below_manifest;

/// How many files of controllers, and how many that put a service together, are looked at.
const MAX_FILES: usize = 48;

/// Endings of the names of files in which a service is put together, as the framework's own generator calls them.
const PUT_TOGETHER: &[&str] = &[".module.ts", "/main.ts", "/bootstrap.ts", "/app.ts"];

/// What such a file says that gives all routes a guard, or lets something run before them.
const FOR_ALL: &[&str] = &["APP_GUARD", "useGlobalGuards", "MiddlewareConsumer"];

/// Decorators of classes and methods that let everybody pass.
#[rustfmt::skip] // a list of words
const INDIFFERENT: &[&str] = &[
    "CacheKey", "CacheTTL", "Controller", "Delete", "Header", "HttpCode", "Injectable", "Patch", "Post", "Put", "Redirect", "Render",
    "SkipThrottle", "Throttle", "UseFilters", "UseInterceptors", "UsePipes", "Version",
];

/// A route that changes something, of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRoute {
    /// The method that answers it.
    pub function: FnRef,
    /// `POST`
    pub method: &'static str,
    /// `/users/:id`, as the decorators say.
    pub path: String,
    /// What they say of who may ask.
    pub guard: ClassGuard,
}

/// What the decorators of a method and its class say of who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassGuard {
    /// Nothing.
    None,
    /// A guard: its name.
    By(Name),
    /// Something of which it is not known what it does.
    Unknown,
}

impl Evaluator<'_> {
    /// The routes of the file's classes that change something, in source order.
    #[must_use]
    pub fn class_routes(&self) -> Vec<ClassRoute> {
        (0..self.file.units.len()).filter_map(|unit| self.class_route(unit)).collect()
    }

    /// The route that changes something and that a unit answers, as a method of a class.
    #[must_use]
    pub fn class_route(&self, unit: usize) -> Option<ClassRoute> {
        let own = self.file.units[unit].unit.own();
        let (method, attribute) = own.attributes.iter().find_map(|attribute| {
            let name = attribute.path.last()?;
            let method = CHANGING.iter().find(|method| name.eq_ignore_ascii_case(method))?;
            Some((*method, attribute))
        })?;
        let mut classes = self.file.types_named(own.owner.as_ref()?).map(|(_, decl)| decl);
        let class = classes.find(|decl| decl.kind == TypeKind::Class)?;
        let is_controller = |own: &&Attribute| own.path.last().is_some_and(|name| name == "Controller");
        let controller = class.attributes.iter().find(is_controller)?;
        // A class that it extends may bring guards along.
        let guard = match guard_of(own.attributes.iter().chain(&class.attributes)) {
            ClassGuard::None if !class.supertypes.is_empty() => ClassGuard::Unknown,
            guard => guard,
        };
        let path = [path_in(&controller.text), path_in(&attribute.text)].concat();
        let function = self.file.fn_ref(unit, FunctionId(0));
        Some(ClassRoute { function, method, path, guard })
    }
}

fn guard_of<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> ClassGuard {
    let mut guard = ClassGuard::None;
    for attribute in attributes {
        let Some(name) = attribute.path.last() else { continue };
        if name == "UseGuards" {
            // What holds somebody back who asks too often asks nobody who they are.
            let mut guards = attribute.text.split(',').map(str::trim);
            let Some(by) = guards.find(|guard| !guard.is_empty() && !guard.contains("Throttle")) else {
                continue;
            };
            let by = by.split('(').next().unwrap_or(by);
            // Not all guards are about who asks: `SsrfGuard`.
            if is_about_who(by.strip_suffix("Guard").unwrap_or(by)) {
                return ClassGuard::By(Name::new(by));
            }
            guard = ClassGuard::Unknown;
            continue;
        }
        let documents = name.starts_with("Api") && !is_about_who(name);
        if !documents && !INDIFFERENT.contains(&name.as_str()) {
            guard = ClassGuard::Unknown;
        }
    }
    guard
}

/// The path that a decorator is given: `'users'`, `{ path: 'users' }`.
fn path_in(text: &str) -> String {
    let path = text.split(['\'', '"', '`']).nth(1).unwrap_or_default().trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

impl dyn World + '_ {
    /// The routes of a file's classes that change something.
    #[must_use]
    pub fn class_routes_in(&self, path: &str) -> Vec<ClassRoute> {
        let mut found = Vec::new();
        self.in_file(path, &mut |eval| found = eval.class_routes());
        self.all_of(path);
        found
    }

    /// The other files of controllers of the package that a file is a part of.
    #[must_use]
    pub fn controllers_beside(&self, path: &str) -> Vec<String> {
        let is_controller = |source: &str| source.ends_with(".controller.ts") && source != path;
        self.of_the_package(path, &is_controller)
    }

    /// Whether something may look at who asks before every route of the package of a file: a guard for all of them,
    /// middleware. What cannot be looked at may.
    #[must_use]
    pub fn may_guard_all(&self, path: &str) -> bool {
        let is_wanted = |source: &str| PUT_TOGETHER.iter().any(|end| source.ends_with(end));
        let files = self.of_the_package(path, &is_wanted);
        files.is_empty()
            || files.len() >= MAX_FILES
            || files.iter().any(|file| {
                let text = self.files().read(file);
                text.is_none_or(|text| {
                    FOR_ALL.iter().any(|word| text.contains(word))
                        || text.lines().any(|line| line.contains(".use(") && is_about_who(line))
                })
            })
    }

    pub(super) fn of_the_package(&self, path: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
        let files = self.files();
        let root = |path: &str| {
            let below = below_manifest(files, path);
            path.strip_suffix(below.as_str()).unwrap_or_default().to_owned()
        };
        let own = root(path);
        let sources = self.sources_around(path);
        let wanted = sources.iter().filter(|source| {
            is_wanted(source)
                && source.starts_with(&own)
                && root(source) == own
                && !is_test_code(files, source)
        });
        wanted.take(MAX_FILES).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_behavior::{Attribute, Name, OwnRange};

    use super::{ClassGuard, guard_of, path_in};

    fn attribute(name: &str, text: &str) -> Attribute {
        Attribute { path: vec![name.into()], text: text.into(), range: OwnRange { start: 0, end: 0 } }
    }

    #[test]
    fn guards_by_decorators() {
        let of = |all: &[(&str, &str)]| {
            let all: Vec<Attribute> = all.iter().map(|(name, text)| attribute(name, text)).collect();
            guard_of(all.iter())
        };
        assert_eq!(of(&[("Post", ""), ("HttpCode", "201"), ("ApiOperation", "")]), ClassGuard::None);
        assert_eq!(of(&[("UseGuards", "ThrottlerGuard")]), ClassGuard::None);
        assert_eq!(
            of(&[("UseGuards", "ThrottlerGuard, AuthGuard('jwt')")]),
            ClassGuard::By(Name::new("AuthGuard"))
        );
        assert_eq!(of(&[("UseGuards", "SsrfGuard")]), ClassGuard::Unknown);
        assert_eq!(of(&[("ApiBearerAuth", "")]), ClassGuard::Unknown);
        assert_eq!(of(&[("Admin", ""), ("UseGuards", "JwtGuard")]), ClassGuard::By(Name::new("JwtGuard")));
        assert_eq!(of(&[("Public", "")]), ClassGuard::Unknown);
    }

    #[test]
    fn paths_of_decorators() {
        assert_eq!(path_in("'users'"), "/users");
        assert_eq!(path_in("{ path: 'users', version: '1' }"), "/users");
        assert_eq!(path_in("':id'"), "/:id");
        assert_eq!(path_in(""), "");
    }
}
