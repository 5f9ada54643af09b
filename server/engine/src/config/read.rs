//! Reading `plimsoll.toml`: all errors at once, each with its line.
//!
//! The tables are walked by hand and not deserialised, because a reader is owed every error with its place, and the
//! rest of the file still counts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use plimsoll_project::Files;
use plimsoll_syntax::TextRange;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{is_known, names_within};
use super::names::{did_you_mean, nearest};
use super::pattern::Patterns;
use super::{Config, Level, Model, Override, RuleNames, RuleSetting, mistakes, models};
use crate::Severity;

/// How many files one may extend in a row.
pub const MAX_EXTENDS: usize = 16;

/// A configuration that was looked for.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What it says; what is wrong in it is left out.
    pub config: Arc<Config>,
    /// The file it was read from, if there is one.
    pub source: Option<String>,
    /// What is wrong in it and in the files it extends, by file and place.
    pub errors: Vec<ConfigError>,
}

/// Something wrong in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {message}")]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// Bytes of the file; none where the whole file is meant.
    pub range: Option<TextRange>,
    /// The line, from 1.
    pub line: u32,
    /// One line: what is wrong, and what may be meant.
    pub message: String,
}

/// Reads a file and what it extends, the furthest first, so that the nearest wins.
pub(super) fn load(files: &dyn Files, source: &str, base: &Config, names: &RuleNames<'_>) -> Loaded {
    let mut config = base.clone();
    let mut errors = Vec::new();
    let mut chain: Vec<(String, Arc<str>)> = Vec::new();
    let mut next = Some(source.to_owned());
    let mut named_by: Option<(String, Range<usize>, Arc<str>)> = None;
    while let Some(path) = next.take() {
        let problem = if chain.iter().any(|(seen, _)| *seen == path) {
            Some("`extends` leads back to a file that is read already".to_owned())
        } else if chain.len() > MAX_EXTENDS {
            Some(format!("more than {MAX_EXTENDS} files extend each other"))
        } else {
            None
        };
        let text = if problem.is_none() { files.read(&path) } else { None };
        let Some(text) = text else {
            let message = problem.unwrap_or_else(|| format!("`{path}` cannot be read"));
            errors.push(match &named_by {
                Some((path, range, text)) => error_at(path, text, range.clone(), message),
                None => ConfigError { path, range: None, line: 1, message: "cannot be read".to_owned() },
            });
            break;
        };
        if let Some((range, target)) = extended(&path, &text) {
            named_by = Some((path.clone(), range, Arc::clone(&text)));
            next = Some(target);
        }
        chain.push((path, text));
    }
    for (path, text) in chain.iter().rev() {
        let mut reader = Reader { path, text, names, config: &mut config, errors: &mut errors };
        reader.file();
    }
    config.understood = models::understood(&config.models);
    errors.sort_by(|a, b| (&a.path, a.range, &a.message).cmp(&(&b.path, b.range, &b.message)));
    errors.dedup();
    Loaded { config: Arc::new(config), source: Some(source.to_owned()), errors }
}

/// Reads settings that stand in no file, as an editor hands them over: the same keys, written as TOML.
pub(super) fn settings(text: &str, names: &RuleNames<'_>) -> Loaded {
    let (mut config, mut errors) = (Config::default(), Vec::new());
    Reader { path: "", text, names, config: &mut config, errors: &mut errors }.file();
    config.understood = models::understood(&config.models);
    Loaded { config: Arc::new(config), source: None, errors }
}

/// What a file extends, if it says so and can be read: where it says it, and the path.
fn extended(path: &str, text: &str) -> Option<(Range<usize>, String)> {
    let table = DeTable::parse(text).ok()?;
    let (_, value) = table.get_ref().iter().find(|(key, _)| key.get_ref() == "extends")?;
    Some((value.span(), resolve(folder_of(path), value.get_ref().as_str()?)))
}

/// A path as written in a file of `folder`, without `.` and `..` parts.
fn resolve(folder: &str, written: &str) -> String {
    let mut parts: Vec<&str> =
        if written.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() > 1 => {
                parts.pop();
            }
            ".." => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if joined.starts_with('/') || !folder.starts_with('/') { joined } else { format!("/{joined}") }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn error_at(path: &str, text: &str, range: Range<usize>, message: String) -> ConfigError {
    let start = range.start.min(text.len());
    let breaks = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    ConfigError {
        path: path.to_owned(),
        range: Some(TextRange::from_usize(range.start, range.end)),
        line: u32::try_from(breaks).unwrap_or(u32::MAX - 1) + 1,
        message,
    }
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// Reads one file into a configuration.
struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    names: &'a RuleNames<'a>,
    config: &'a mut Config,
    errors: &'a mut Vec<ConfigError>,
}

impl Reader<'_> {
    fn file(&mut self) {
        let text = self.text;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                return self.error(error.span().unwrap_or(0..0), message);
            }
        };
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                // What is no key of the table is refused, so that its schema and reference tell all.
                name if !is_known("", name) => self.unknown_key_of_file(key),
                "extends" => {
                    self.expect(value, "a path", DeValue::as_str);
                }
                "preview" => {
                    if let Some(preview) = self.expect(value, "`true` or `false`", DeValue::as_bool) {
                        self.config.preview = preview;
                    }
                }
                "rules" => {
                    for (rule, setting) in self.rules(value) {
                        let known = self.config.rules.entry(rule).or_default();
                        known.level = setting.level.or(known.level);
                        known.options.extend(setting.options);
                    }
                }
                "files" => self.files(value),
                "overrides" => self.overrides(value),
                "model" => self.models(value),
                _ => self.unknown_key_of_file(key),
            }
        }
    }

    fn unknown_key_of_file(&mut self, key: &Key<'_>) {
        let name = key.get_ref();
        if self.names.resolve(name).is_some() {
            return self.error(key.span(), format!("`{name}` is a rule: it belongs under `[rules]`"));
        }
        self.unknown_key(key, &names_within(""));
    }

    fn rules(&mut self, value: &Value<'_>) -> Vec<(String, RuleSetting)> {
        let mut settings = Vec::new();
        let Some(table) = self.expect(value, "a table of rules", DeValue::as_table) else {
            return settings;
        };
        for (key, value) in table {
            let Some(rule) = self.names.resolve(key.get_ref()) else {
                let near = self.names.suggest(key.get_ref());
                let hint = near.map_or_else(|| LISTED.to_owned(), |near| did_you_mean(Some(near)));
                self.error(key.span(), format!("unknown rule `{}`{hint}", key.get_ref()));
                continue;
            };
            if let Some(setting) = self.setting(rule, value) {
                settings.push((rule.to_owned(), setting));
            }
        }
        settings
    }

    /// `"warning"`, or `{ severity = "warning", max_rows = 500 }`.
    fn setting(&mut self, rule: &str, value: &Value<'_>) -> Option<RuleSetting> {
        let Some(table) = value.get_ref().as_table() else {
            let level = self.level(value)?;
            return Some(RuleSetting { level: Some(level), options: BTreeMap::new() });
        };
        let options =
            self.names.rules.iter().find(|known| known.id == rule).map_or(&[][..], |known| known.options);
        let mut setting = RuleSetting::default();
        for (key, value) in table {
            if key.get_ref() == "severity" && is_known("setting", "severity") {
                setting.level = self.level(value);
            } else if options.iter().any(|option| option.key == key.get_ref()) {
                let number = self.whole_number(value);
                setting.options.extend(number.map(|number| (key.get_ref().to_string(), number)));
            } else {
                let known: Vec<&str> =
                    options.iter().map(|option| option.key).chain(names_within("setting")).collect();
                self.unknown_key(key, &known);
            }
        }
        Some(setting)
    }

    fn whole_number(&mut self, value: &Value<'_>) -> Option<u32> {
        let number = self.expect(value, "a whole number", DeValue::as_integer)?;
        let parsed = u32::from_str_radix(number.as_str(), number.radix()).ok();
        if parsed.is_none() {
            self.error(value.span(), format!("`{number}` is no whole number between 0 and {}", u32::MAX));
        }
        parsed
    }

    fn level(&mut self, value: &Value<'_>) -> Option<Level> {
        const LEVELS: [&str; 4] = ["off", "info", "warning", "error"];
        let word = self.expect(value, "`off`, `info`, `warning`, `error` or a table", DeValue::as_str)?;
        match word {
            "off" => Some(Level::Off),
            "info" => Some(Level::At(Severity::Info)),
            "warning" => Some(Level::At(Severity::Warning)),
            "error" => Some(Level::At(Severity::Error)),
            _ => {
                let hint = hint(word, &LEVELS);
                self.error(value.span(), format!("unknown severity `{word}`{hint}"));
                None
            }
        }
    }

    fn files(&mut self, value: &Value<'_>) {
        let Some(table) = self.expect(value, "a table", DeValue::as_table) else {
            return;
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                name if !is_known("files", name) => self.unknown_key(key, &names_within("files")),
                "exclude" => {
                    let patterns = self.patterns(value);
                    self.config.exclude.extend(patterns);
                }
                "tests" => {
                    let patterns = self.patterns(value);
                    self.config.tests.extend(patterns);
                }
                _ => self.unknown_key(key, &names_within("files")),
            }
        }
    }

    fn overrides(&mut self, value: &Value<'_>) {
        let Some(list) = self.expect(value, "tables under `[[overrides]]`", DeValue::as_array) else {
            return;
        };
        for entry in list {
            let Some(table) = self.expect(entry, "a table", DeValue::as_table) else {
                continue;
            };
            let (mut paths, mut rules) = (None, Vec::new());
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    name if !is_known("overrides", name) => self.unknown_key(key, &names_within("overrides")),
                    "paths" => paths = Some(self.patterns(value)),
                    "rules" => rules = self.rules(value),
                    _ => self.unknown_key(key, &names_within("overrides")),
                }
            }
            match paths {
                None => self.error(entry.span(), "`[[overrides]]` needs `paths`".to_owned()),
                Some(None) => {}
                Some(Some(paths)) => {
                    let rules = rules.into_iter().collect();
                    self.config.overrides.push(Override { paths, rules });
                }
            }
        }
    }

    fn models(&mut self, value: &Value<'_>) {
        let Some(list) = self.expect(value, "tables under `[[model]]`", DeValue::as_array) else {
            return;
        };
        for entry in list {
            if self.expect(entry, "a table", DeValue::as_table).is_none() {
                continue;
            }
            if let Some(problems) = mistakes::of_model(entry, self.text) {
                problems.into_iter().for_each(|(range, message)| self.error(range, message));
                continue;
            }
            if let Some(toml::Value::Table(table)) = owned(entry) {
                let line = error_at(self.path, self.text, entry.span(), String::new()).line;
                self.config.models.push(Model { path: self.path.to_owned(), line, table });
            }
        }
    }

    fn patterns(&mut self, value: &Value<'_>) -> Option<Patterns> {
        let list = self.expect(value, "a list of patterns", DeValue::as_array)?;
        let mut globs = Vec::new();
        for entry in list {
            let Some(pattern) = self.expect(entry, "a pattern", DeValue::as_str) else {
                continue;
            };
            match Patterns::compile(pattern) {
                Ok(both) => globs.extend(both),
                Err(why) => self.error(entry.span(), format!("`{pattern}` is no path pattern: {why}")),
            }
        }
        let patterns = Patterns::new(folder_of(self.path), globs);
        if patterns.is_none() {
            self.error(value.span(), "these patterns are too large together".to_owned());
        }
        patterns
    }

    /// The value as what it must be, or an error.
    fn expect<'v, 'i, T>(
        &mut self,
        value: &'v Value<'i>,
        what: &str,
        as_what: impl FnOnce(&'v DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let found = as_what(value.get_ref());
        if found.is_none() {
            let kind = value.get_ref().type_str();
            self.error(value.span(), format!("expected {what}, found {} {kind}", article(kind)));
        }
        found
    }

    fn unknown_key(&mut self, key: &Key<'_>, known: &[&str]) {
        let hint = hint(key.get_ref(), known);
        self.error(key.span(), format!("unknown key `{}`{hint}", key.get_ref()));
    }

    fn error(&mut self, range: Range<usize>, message: String) {
        self.errors.push(error_at(self.path, self.text, range, message));
    }
}

/// What follows the name of a rule that is like none.
const LISTED: &str = "; `plimsoll rules` lists them all";

/// What may be meant by a word, or else what is allowed in its place.
fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => did_you_mean(Some(near)),
        None => format!("; allowed here: {}", known.join(", ")),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// The value without its spans.
fn owned(value: &Value<'_>) -> Option<toml::Value> {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    toml::Value::deserialize(value.clone().into_deserializer()).ok()
}
