//! The configuration in force for each document, read once as long as nothing changes that it was read from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plimsoll_engine::{Baseline, Confidence, Config, ConfigError, Finding, RuleInfo, RuleNames, Severity};
use plimsoll_project::Files;
use plimsoll_syntax::{Rope, TextRange};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::baselines;

/// What stands in the place of a rule's id where a configuration is wrong.
pub const CONFIGURATION: &str = "configuration";

/// Configurations by the file they were read from. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Configurations {
    known: Arc<Mutex<FxHashMap<String, Known>>>,
    /// What the editor's settings say: what a file says wins.
    editor: Arc<Config>,
    /// By the folder that each stands in.
    baselines: Arc<Mutex<FxHashMap<String, KnownBaseline>>>,
    /// Whether what a baseline holds is not shown at all.
    pub hides_baselined: bool,
}

#[derive(Debug)]
struct Known {
    stamp: Option<u64>,
    config: Arc<Config>,
    /// What is wrong in it and in what it extends.
    wrong: Vec<Wrong>,
}

#[derive(Debug)]
struct KnownBaseline {
    stamp: Option<u64>,
    /// Empty where it cannot be used.
    baseline: Arc<Baseline>,
    wrong: Option<Wrong>,
}

/// A configuration file, or a baseline, with mistakes.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The file.
    pub path: String,
    /// Its text, as it was read.
    pub rope: Rope,
    /// The mistakes, as findings in it.
    pub findings: Vec<Finding>,
}

impl Configurations {
    /// The configuration in force for a file.
    #[must_use]
    pub fn of(&self, files: &dyn Files, path: &str, rules: &[RuleInfo]) -> Arc<Config> {
        let Some(source) = Config::find(files, path) else {
            return Arc::clone(&self.editor);
        };
        let stamp = files.stamp(&source);
        if let Some(known) = self.lock().get(&source).filter(|known| known.stamp == stamp) {
            return Arc::clone(&known.config);
        }
        let loaded = Config::load_from(files, &source, &self.editor, &RuleNames::new(rules));
        for error in &loaded.errors {
            tracing::warn!("{error}");
        }
        let config = loaded.config;
        let wrong = wrong_files(files, loaded.errors);
        self.lock().insert(source, Known { stamp, config: Arc::clone(&config), wrong });
        config
    }

    /// Takes over the settings of the editor, and tells what is wrong in them.
    #[must_use]
    pub fn set_editor(&mut self, settings: &Value, rules: &[RuleInfo]) -> Vec<String> {
        let loaded = Config::of_settings(&as_toml(settings), &RuleNames::new(rules));
        self.editor = loaded.config;
        // Clones that were handed out keep what they have read with the former settings.
        self.known = Arc::default();
        let mut wrong: Vec<String> = loaded.errors.into_iter().map(|error| error.message).collect();
        self.hides_baselined = match own(settings).get("baseline").and_then(Value::as_str) {
            Some("hide") => true,
            Some("hint") => false,
            other => {
                let is_set = own(settings).get("baseline").is_some_and(|value| !value.is_null());
                let found = other.map_or_else(String::new, |word| format!(", not `{word}`"));
                wrong.extend(is_set.then(|| format!("`baseline` is `hint` or `hide`{found}")));
                false
            }
        };
        wrong
    }

    /// Marks the findings of a file that its baseline holds.
    pub fn mark(&self, files: &dyn Files, path: &str, findings: &mut [Finding]) {
        if findings.is_empty() {
            return;
        }
        let Some(folder) = Baseline::find(files, path) else { return };
        self.baseline(files, &folder).mark(&folder, findings);
    }

    fn baseline(&self, files: &dyn Files, folder: &str) -> Arc<Baseline> {
        let stamp = files.stamp(&baselines::file_below(folder));
        if let Some(known) = self.lock_baselines().get(folder).filter(|known| known.stamp == stamp) {
            return Arc::clone(&known.baseline);
        }
        let (baseline, wrong) = match baselines::read(files, folder) {
            Ok(baseline) => (Arc::new(baseline), None),
            Err(unusable) => {
                tracing::warn!("{}:{}: {}", unusable.path, unusable.line, unusable.message);
                (Arc::default(), Some(wrong_baseline(files, unusable)))
            }
        };
        let known = KnownBaseline { stamp, baseline: Arc::clone(&baseline), wrong };
        self.lock_baselines().insert(folder.to_owned(), known);
        baseline
    }

    /// Every configuration file with mistakes that a configuration was read from, and every baseline that cannot be
    /// used, by path.
    #[must_use]
    pub fn wrong(&self) -> Vec<Wrong> {
        let known = self.lock();
        let mut wrong: Vec<Wrong> = known.values().flat_map(|known| known.wrong.iter().cloned()).collect();
        wrong.extend(self.lock_baselines().values().filter_map(|known| known.wrong.clone()));
        // Several may extend one.
        wrong.sort_by(|a, b| a.path.cmp(&b.path));
        wrong.dedup_by(|a, b| a.path == b.path);
        wrong
    }

    /// What is wrong in a configuration file, as findings in it.
    #[must_use]
    pub fn findings(files: &dyn Files, path: &str, rules: &[RuleInfo]) -> Vec<Finding> {
        let errors = Config::load_from(files, path, &Config::default(), &RuleNames::new(rules)).errors;
        // What it extends is wrong there.
        as_findings(errors.into_iter().filter(|error| error.path == path))
    }

    /// Forgets all: what a configuration extends may have changed, which its own stamp does not tell.
    pub fn forget(&self) {
        self.lock().clear();
        self.lock_baselines().clear();
    }

    fn lock_baselines(&self) -> MutexGuard<'_, FxHashMap<String, KnownBaseline>> {
        self.baselines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mistakes of each file, with its text.
fn wrong_files(files: &dyn Files, errors: Vec<ConfigError>) -> Vec<Wrong> {
    let mut paths: Vec<String> = errors.iter().map(|error| error.path.clone()).collect();
    paths.dedup();
    let of = |path: String| {
        let findings = as_findings(errors.iter().filter(|error| error.path == path).cloned());
        let rope = Rope::from_str(&files.read(&path).unwrap_or_default());
        Wrong { path, rope, findings }
    };
    paths.into_iter().map(of).collect()
}

fn wrong_baseline(files: &dyn Files, unusable: baselines::Unusable) -> Wrong {
    let rope = Rope::from_str(&files.read(&unusable.path).unwrap_or_default());
    let line = (unusable.line as usize - 1).min(rope.len_lines() - 1);
    let end = rope.line_to_byte((line + 1).min(rope.len_lines()));
    let error = ConfigError {
        path: unusable.path.clone(),
        range: Some(TextRange::from_usize(rope.line_to_byte(line), end)),
        line: unusable.line,
        message: unusable.message,
    };
    Wrong { path: unusable.path, rope, findings: as_findings(std::iter::once(error)) }
}

fn as_findings(errors: impl Iterator<Item = ConfigError>) -> Vec<Finding> {
    let finding = |(ordinal, error): (usize, ConfigError)| Finding {
        rule: CONFIGURATION,
        category: CONFIGURATION,
        severity: Severity::Error,
        confidence: Confidence::High,
        path: error.path,
        range: error.range.unwrap_or_default(),
        fingerprint: format!("{CONFIGURATION}:{ordinal}:{}", error.message),
        message: error.message,
        function: None,
        language: "toml",
        related: Vec::new(),
        about: Vec::new(),
        may_have_fixes: false,
        is_baselined: false,
    };
    errors.enumerate().map(finding).collect()
}

/// The settings as TOML: those of an extension that have nothing to do with reviews are left out.
fn as_toml(settings: &Value) -> String {
    const KEYS: &[&str] = &["preview", "rules", "files", "overrides", "model"];
    let known = own(settings).as_object().into_iter().flatten();
    let known = known.filter(|(key, value)| KEYS.contains(&key.as_str()) && !value.is_null());
    let known: serde_json::Map<String, Value> =
        known.map(|(key, value)| (key.clone(), value.clone())).collect();
    toml::to_string(&known).unwrap_or_default()
}

/// The server's settings: they stand below its name, or by themselves.
fn own(settings: &Value) -> &Value {
    settings.get("plimsoll").unwrap_or(settings)
}

#[cfg(test)]
mod tests {
    use super::Configurations;
    use plimsoll_project::MemoryFiles;

    #[test]
    fn a_configuration_is_read_again_when_it_changes() {
        let configurations = Configurations::default();
        let mut files = MemoryFiles::default();
        let is_excluded =
            |files: &MemoryFiles| configurations.of(files, "/p/src/a.ts", &[]).is_excluded("/p/src/a.ts");
        assert!(!is_excluded(&files));
        files.insert("/p/plimsoll.toml", "[files]\nexclude = [\"src/**\"]\n");
        assert!(is_excluded(&files));
        files.insert("/p/plimsoll.toml", "extends = \"base.toml\"\n");
        files.insert("/p/base.toml", "");
        assert!(!is_excluded(&files));
        files.insert("/p/base.toml", "[files]\nexclude = [\"src/**\"]\n");
        configurations.forget();
        assert!(is_excluded(&files));
    }
}
