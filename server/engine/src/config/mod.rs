//! `plimsoll.toml`: what a project asks of its reviews.
//!
//! The format is told in [`read`]; here is what a review asks of it. Configuration is a value: where it stands on a
//! disk, and when it changes, is known to the front doors only.

mod keys;
mod mistakes;
mod models;
mod names;
mod pattern;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_project::Files;
use plimsoll_project::link::OwnModels;

pub use keys::{CONFIG_KEYS, ConfigKey, Takes};
pub use names::RuleNames;
pub(crate) use names::{did_you_mean, nearest};
use pattern::Patterns;
pub use read::{ConfigError, Loaded, MAX_EXTENDS};

use crate::{Severity, policy};

/// What a project asks of its reviews. The default reviews with every stable rule.
#[derive(Clone, Debug, Default)]
pub struct Config {
    rules: BTreeMap<String, RuleSetting>,
    exclude: Vec<Patterns>,
    tests: Vec<Patterns>,
    overrides: Vec<Override>,
    models: Vec<Model>,
    understood: Option<Arc<OwnModels>>,
    preview: bool,
    only: Option<Vec<String>>,
}

/// What is set for one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleSetting {
    pub(crate) level: Option<Level>,
    pub(crate) options: BTreeMap<String, u32>,
}

/// A severity, or that a rule is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Off,
    At(Severity),
}

/// Settings for some paths.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Override {
    pub(crate) paths: Patterns,
    pub(crate) rules: BTreeMap<String, RuleSetting>,
}

/// What an in-house library does, as it is written in `[[model]]`. One that does not fit the format is no part of the
/// configuration, and an error of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The configuration file that holds it.
    pub path: String,
    /// The line of its header, from 1.
    pub line: u32,
    /// Its content.
    pub table: toml::Table,
}

impl PartialEq for Config {
    /// What the models are put together to follows from what is written.
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
            && self.exclude == other.exclude
            && self.tests == other.tests
            && self.overrides == other.overrides
            && self.models == other.models
            && self.preview == other.preview
            && self.only == other.only
    }
}

impl Config {
    /// The configuration in force for a file: that of the nearest `plimsoll.toml` above it, or the default. Errors do
    /// not make it useless: what could be read is in it.
    #[must_use]
    pub fn load(files: &dyn Files, path: &str, names: &RuleNames<'_>) -> Loaded {
        match Self::find(files, path) {
            Some(source) => Self::load_from(files, &source, &Self::default(), names),
            None => Loaded::default(),
        }
    }

    /// The nearest `plimsoll.toml` above a file. Files of one folder share it, so that it can be kept by folder.
    #[must_use]
    pub fn find(files: &dyn Files, path: &str) -> Option<String> {
        let root = files.root_of(path);
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            let candidate = format!("{parent}/plimsoll.toml");
            if files.stamp(&candidate).is_some() {
                return Some(candidate);
            }
            if root.as_deref() == Some(parent) {
                return None;
            }
            folder = parent;
        }
        None
    }

    /// The configuration that a file of it holds, with what it extends. What they do not say is as `base` has it.
    #[must_use]
    pub fn load_from(files: &dyn Files, source: &str, base: &Self, names: &RuleNames<'_>) -> Loaded {
        read::load(files, source, base, names)
    }

    /// The configuration that settings of an editor make, which have the keys of the file and are written as TOML here.
    #[must_use]
    pub fn of_settings(text: &str, names: &RuleNames<'_>) -> Loaded {
        read::settings(text, names)
    }

    /// How severe a finding of `rule` in the file is that would be `default` without configuration; `None` if the
    /// rule is off there. It does not know which rules are preview.
    #[must_use]
    pub fn severity_of(&self, rule: &str, path: &str, default: Severity) -> Option<Severity> {
        if self.only.as_ref().is_some_and(|only| !only.iter().any(|id| id == rule)) {
            return None;
        }
        let level = self.settings_of(rule, path).find_map(|setting| setting.level);
        match level {
            Some(Level::Off) => None,
            Some(Level::At(severity)) => Some(severity),
            None => Some(default),
        }
    }

    /// A rule's option for a file, such as `max_rows`.
    #[must_use]
    pub fn option(&self, rule: &str, path: &str, key: &str) -> Option<u32> {
        self.settings_of(rule, path).find_map(|setting| setting.options.get(key).copied())
    }

    /// All that is set for the rules of a file beside their severities: what rules find there depends on it.
    #[must_use]
    pub(crate) fn options_for(&self, path: &str) -> Vec<(&str, &str, u32)> {
        let overrides = self.overrides.iter().filter(|over| over.paths.matches(path));
        let settings = overrides.flat_map(|over| &over.rules).chain(&self.rules);
        settings
            .flat_map(|(rule, setting)| {
                setting.options.iter().map(|(key, value)| (rule.as_str(), key.as_str(), *value))
            })
            .collect()
    }

    /// Whether the file is excluded.
    #[must_use]
    pub fn is_excluded(&self, path: &str) -> bool {
        self.exclude.iter().any(|patterns| patterns.matches(path))
    }

    /// Whether the file is a test: by `[files] tests`, or by its path below the nearest manifest.
    #[must_use]
    pub fn is_test(&self, path: &str, below_manifest: &str) -> bool {
        policy::is_test_path(below_manifest) || self.tests.iter().any(|patterns| patterns.matches(path))
    }

    /// Whether preview rules are asked for.
    #[must_use]
    pub fn preview(&self) -> bool {
        self.preview
    }

    /// The library models of the project, in the order in which they are written; those of extended files first.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The same, put together with the models that come with Plimsoll; none where the project has none.
    #[must_use]
    pub fn own_models(&self) -> Option<&Arc<OwnModels>> {
        self.understood.as_ref()
    }

    /// This configuration with preview rules on.
    #[must_use]
    pub fn with_preview(mut self) -> Self {
        self.preview = true;
        self
    }

    /// This configuration with all rules off but these.
    #[must_use]
    pub fn with_only(mut self, rules: &[String]) -> Self {
        self.only = Some(rules.to_vec());
        self
    }

    /// What is set for a rule in a file, what counts most first.
    fn settings_of<'a, 'b: 'a>(
        &'b self,
        rule: &'a str,
        path: &'a str,
    ) -> impl Iterator<Item = &'b RuleSetting> + use<'a, 'b> {
        self.overrides
            .iter()
            .rev()
            .filter(move |over| over.paths.matches(path))
            .filter_map(move |over| over.rules.get(rule))
            .chain(self.rules.get(rule))
    }
}

#[cfg(test)]
mod tests;
