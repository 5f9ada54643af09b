//! What is wrong with a model although it has the form of one: names without a type, paths that lead nowhere.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Behavior, Model, ModelError};
use crate::Name;

/// The mistakes of a model, in the order of its parts. `types` are the names that it gives to types.
pub(super) fn mistakes(name: &str, model: &Model, types: &FxHashMap<Name, u16>) -> Vec<ModelError> {
    let mut check = Check { name, types, errors: Vec::new() };
    let mut listed: FxHashSet<&Name> = FxHashSet::default();
    for function in &model.functions {
        for name in function.name.iter().filter(|name| !listed.insert(name)) {
            check.error(&format!("function `{name}`"), "it stands twice: only the first would count");
        }
        let place = format!("function `{}`", function.name.join("`, `"));
        check.behavior(&place, &function.behavior);
    }
    for ty in &model.types {
        for (method, behavior) in &ty.methods {
            check.behavior(&format!("`{}.{method}`", ty.name), behavior);
        }
        if let Some(behavior) = &ty.construct {
            check.behavior(&format!("`new {}`", ty.name), behavior);
        }
        for (member, m) in &ty.members {
            let place = format!("`{}.{member}`", ty.name);
            if let Some(ty) = &m.ty {
                check.ty(&place, ty);
            }
            check.paths(&place, m.slots.values());
        }
        if let Some(row) = &ty.row {
            check.ty(&format!("`{}`", ty.name), row);
        }
        if let Some(like) = &ty.like {
            check.ty(&format!("`{}`", ty.name), like);
        }
    }
    for value in &model.values {
        let place = format!("value `{}`", value.name.join("`, `"));
        check.ty(&place, &value.ty);
        check.paths(&place, value.slots.values());
    }
    for convention in &model.conventions {
        check.ty("convention", &convention.ty);
    }
    for helper in &model.retry_helpers {
        for name in helper.names.iter().filter(|name| !helper.text.contains(&format!(" {name}"))) {
            check.error("retry_helper", &format!("its text declares no `{name}`"));
        }
        if helper.names.is_empty() {
            check.error("retry_helper", "it names no function to call");
        }
    }
    for limiter in &model.limiters {
        let texts = || limiter.made.iter().chain(&limiter.all);
        if texts().next().is_none() || texts().any(|text| !text.contains("{n}")) {
            check.error("limiter", "it does not say how many may run at the same time: `{n}`");
        }
    }
    for service in &model.slow_services {
        let all = || service.urls.iter().chain(&service.hosts);
        if all().any(|text| text.is_empty() || **text != *text.to_lowercase()) {
            check.error("slow_service", "what its URLs hold is told in small letters");
        }
    }
    for service in &model.money_services {
        let all = || service.urls.iter().chain(&service.keys).chain(&service.demand);
        if service.keys.is_empty() || all().any(|text| text.is_empty() || **text != *text.to_lowercase()) {
            check.error("money_service", "what its URLs, keys and demand hold is told in small letters");
        }
    }
    check.errors
}

struct Check<'a> {
    name: &'a str,
    types: &'a FxHashMap<Name, u16>,
    errors: Vec<ModelError>,
}

impl Check<'_> {
    fn behavior(&mut self, place: &str, behavior: &Behavior) {
        for ty in behavior.yields.iter().chain(&behavior.provides) {
            let inner = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']'));
            let inner = inner.unwrap_or(ty);
            if !stands_for_a_value(inner) {
                self.ty(place, inner);
            }
        }
        self.paths(place, behavior.slots.values());
        self.paths(place, behavior.timeout.iter().chain(&behavior.retry).chain(&behavior.brings));
        for carried in &behavior.carries {
            let source = carried.split_once(':').map_or(carried.as_str(), |(_, source)| source);
            if !is_path(source) {
                self.error(place, &format!("`{carried}` is no part of a result"));
            }
        }
        self.paths(place, behavior.callbacks.iter());
        for release in &behavior.release {
            if !is_release(release) {
                self.error(place, &format!("`{release}` is no way to release"));
            }
        }
        let has_callback = behavior.callback.is_some() || !behavior.callbacks.is_empty();
        if has_callback != behavior.run.is_some() {
            self.error(place, "`run` and `callback` go together");
        }
    }

    fn ty(&mut self, place: &str, ty: &str) {
        if !self.types.contains_key(ty) {
            self.error(place, &format!("the model has no type `{ty}`"));
        }
    }

    fn paths<'p>(&mut self, place: &str, paths: impl Iterator<Item = &'p Name>) {
        for path in paths.filter(|path| !is_path(path)) {
            self.error(place, &format!("`{path}` is no path to an argument"));
        }
    }

    fn error(&mut self, place: &str, what: &str) {
        self.errors.push(ModelError {
            name: self.name.to_owned(),
            message: format!("{place}: {what}"),
            range: None,
        });
    }
}

fn stands_for_a_value(ty: &str) -> bool {
    matches!(ty, "self" | "receiver" | "callback" | "element" | "text" | "package" | "_")
        || ty.starts_with("arg.")
        || ty.starts_with("context.")
}

/// `0`, `0.where`, `*`, `receiver`, `=GET`, `{member}`
fn is_path(path: &str) -> bool {
    if matches!(path, "*" | "receiver" | "{member}" | "<0>") || path.starts_with('=') {
        return true;
    }
    let mut segments = path.split('.');
    let argument = segments.next().unwrap_or_default();
    argument.parse::<u8>().is_ok() && segments.all(|segment| !segment.is_empty())
}

fn is_release(release: &str) -> bool {
    match release.split_once(':') {
        None => release == "call",
        Some(("call" | "method" | "twin", name)) => !name.is_empty(),
        Some(("option", path)) => is_path(path),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::models::{ModelLanguage, Models};

    fn mistakes(function: &str) -> Vec<String> {
        let text = format!("package = 'a'\n[[function]]\nname = 'f'\n{function}\n");
        let (_, errors) = Models::read([("a", text.as_str())].into_iter(), ModelLanguage::Typescript);
        errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn what_leads_nowhere_is_reported() {
        for (function, message) in [
            ("yields = 'Nothing'", "function `f`: the model has no type `Nothing`"),
            ("yields = '[Nothing]'", "function `f`: the model has no type `Nothing`"),
            ("slots = { url = 'first' }", "function `f`: `first` is no path to an argument"),
            ("timeout = '1..signal'", "function `f`: `1..signal` is no path to an argument"),
            ("carries = 'data:first'", "function `f`: `data:first` is no part of a result"),
            ("brings = 'input'", "function `f`: `input` is no path to an argument"),
            ("release = 'clear'", "function `f`: `clear` is no way to release"),
            ("release = 'option:signal'", "function `f`: `option:signal` is no way to release"),
            ("callback = 0", "function `f`: `run` and `callback` go together"),
            ("run = 'each'", "function `f`: `run` and `callback` go together"),
        ] {
            assert_eq!(mistakes(function), [message]);
        }
    }

    #[test]
    fn a_helper_declares_what_it_names() {
        for (names, message) in [
            ("['again']", "retry_helper: its text declares no `again`"),
            ("[]", "retry_helper: it names no function to call"),
        ] {
            let helper = format!(
                "[[retry_helper]]\ntakes = 'call'\nnames = {names}\ntext = 'function twice() {{}}'\n"
            );
            assert_eq!(mistakes(&helper), [message]);
        }
    }

    #[test]
    fn every_form_that_the_format_describes_is_accepted() {
        for function in [
            "yields = 'arg.0'",
            "yields = '[callback]'\ncallbacks = 'receiver'\nrun = 'retry'",
            "provides = 'context.ctx'\nslots = { context = '<0>' }",
            "slots = { parsed = 'receiver', url = '0', filter = '0.where', params = '*', method = '=GET', table = '{member}' }",
            "carries = ['receiver', '*', 'data:0']\nguarantees = ['number', 'bounded']\nbrings = '0.input'",
            "release = ['call', 'call:clear', 'method:close', 'twin:off', 'option:2.signal']",
        ] {
            assert_eq!(mistakes(function), Vec::<String>::new(), "{function}");
        }
    }
}
