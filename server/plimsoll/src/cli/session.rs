//! One run over many files: the engine, the view of files, and the configuration of each file.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use plimsoll_engine::{
    Baseline, Config, Engine, Finding, Fix, Outcome, Request, RuleInfo, RuleNames, Skipped,
};
use plimsoll_project::Files;
use plimsoll_syntax::limits::MAX_FILE_BYTES;

use super::{Selection, walk};
use crate::files::{DiskFiles, to_files_path};
use crate::report::relative;

/// What stands in the folder of a project that is reviewed: its configuration, and its baseline.
const SETTINGS: &[&str] = &["plimsoll.toml", Baseline::FILE];

/// The engine and the files it sees.
pub struct Session {
    engine: Engine,
    current_dir: String,
    /// By folder, each with a hash of what it was read from.
    configs: BTreeMap<String, (Arc<Config>, u64)>,
    only: Vec<String>,
    preview: bool,
    cancel: AtomicBool,
    now: u64,
}

impl Session {
    /// A session for what was selected.
    ///
    /// # Errors
    /// If a rule that was asked for does not exist, or the current folder cannot be told.
    pub fn new(selection: &Selection) -> anyhow::Result<Self> {
        let engine = Engine::new();
        let current_dir = std::env::current_dir().context("cannot tell the current folder")?;
        let Some(current_dir) = current_dir.to_str().map(str::to_owned) else {
            bail!("the path of the current folder is not UTF-8");
        };
        let names = RuleNames::new(engine.rules());
        let mut only = Vec::new();
        let mut preview = selection.preview;
        for asked in &selection.rules {
            let Some(id) = names.resolve(asked) else {
                return Err(unknown_rule(&names, asked));
            };
            // Whoever names a preview rule asks for it.
            preview |= engine.rules().iter().any(|rule| rule.id == id && rule.is_preview);
            only.push(id.to_owned());
        }
        Ok(Self {
            engine,
            current_dir,
            configs: BTreeMap::new(),
            only,
            preview,
            cancel: AtomicBool::new(false),
            now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        })
    }

    /// Where the process runs: absolute, with `/`.
    pub fn current_dir(&self) -> &str {
        &self.current_dir
    }

    /// The files on disk. What is asked about outside of the current folder is seen from there as if it had been asked
    /// about in it.
    pub fn disk(&self, asked: &[PathBuf]) -> DiskFiles {
        let absolute = |path: &PathBuf| walk::absolute(Path::new(&self.current_dir), path);
        let is_outside = |path: &PathBuf| !path.starts_with(&self.current_dir) && path.is_dir();
        let folders = asked.iter().map(absolute).filter(is_outside);
        let mut roots: Vec<String> = vec![self.current_dir.trim_end_matches('/').to_owned()];
        // What a project has written down for its reviews may stand above.
        let has_settings = |folder: &&Path| SETTINGS.iter().any(|name| folder.join(name).exists());
        let root = |path: PathBuf| {
            path.ancestors().filter(has_settings).last().map_or(path.clone(), Path::to_path_buf)
        };
        roots.extend(folders.filter_map(|path| to_files_path(&root(path))));
        // What lies in another one is a part of it.
        let all = roots.clone();
        let is_below =
            |path: &str, root: &str| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        roots.retain(|path| !all.iter().any(|root| is_below(path, root)));
        DiskFiles::with_roots(roots)
    }

    /// Reads the configuration of every folder that holds one of the files.
    ///
    /// # Errors
    /// One line for each thing that is wrong, by file and line.
    pub fn configure(&mut self, view: &dyn Files, files: &[String]) -> Result<(), Vec<String>> {
        let mut by_source: BTreeMap<String, (Arc<Config>, u64)> = BTreeMap::new();
        let mut configs = BTreeMap::new();
        let mut errors = Vec::new();
        let names = RuleNames::new(self.engine.rules());
        for path in files {
            let folder = folder_of(path);
            if configs.contains_key(folder) {
                continue;
            }
            let source = Config::find(view, path);
            let known = source.as_ref().and_then(|source| by_source.get(source));
            let config = match (known, &source) {
                (Some(config), _) => config.clone(),
                (None, None) => (self.adjusted(Config::default()), 0),
                (None, Some(source)) => {
                    let read = ReadOnce { view, texts: Mutex::default() };
                    let loaded = Config::load_from(&read, source, &Config::default(), &names);
                    errors.extend(loaded.errors);
                    let config = (self.adjusted(Arc::unwrap_or_clone(loaded.config)), read.hash());
                    by_source.insert(source.clone(), config.clone());
                    config
                }
            };
            configs.insert(folder.to_owned(), config);
        }
        self.configs = configs;
        // Several files may extend one that is wrong.
        errors.sort_by(|a, b| (&a.path, a.line, &a.message).cmp(&(&b.path, b.line, &b.message)));
        errors.dedup();
        if errors.is_empty() {
            return Ok(());
        }
        let told = errors.iter().map(|error| {
            let path = relative(&self.current_dir, &error.path);
            format!("{path}:{}: {}", error.line, error.message)
        });
        Err(told.collect())
    }

    /// Reviews a file. What goes wrong is in the outcome.
    pub fn review(&self, files: &dyn Files, path: &str) -> Outcome {
        self.review_as(files, path, path)
    }

    /// The same with the configuration of another path, for a file that has moved since.
    pub fn review_as(&self, files: &dyn Files, path: &str, configured_as: &str) -> Outcome {
        let config = self.config_of(configured_as);
        if config.is_excluded(path) {
            return skipped(path, "excluded".to_owned(), false);
        }
        if let Some(reason) = why_unreadable(files, path) {
            return skipped(path, reason, true);
        }
        let request = self.request(files, path, &config);
        // The engine catches what a rule does; this is for all that lies outside of rules.
        catch_unwind(AssertUnwindSafe(|| self.engine.review(&request)))
            .unwrap_or_else(|_| skipped(path, "the review panicked".to_owned(), true))
    }

    /// The proven fixes of a finding.
    pub fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix> {
        if !finding.may_have_fixes {
            return Vec::new();
        }
        let config = self.config_of(&finding.path);
        let request = self.request(files, &finding.path, &config);
        catch_unwind(AssertUnwindSafe(|| self.engine.fixes(&request, finding))).unwrap_or_default()
    }

    fn request<'a>(&'a self, files: &'a dyn Files, path: &'a str, config: &'a Config) -> Request<'a> {
        Request { files, path, document: None, config, cancel: &self.cancel, now: self.now }
    }

    fn config_of(&self, path: &str) -> Arc<Config> {
        let known = self.configs.get(folder_of(path));
        known.map_or_else(|| self.adjusted(Config::default()), |(config, _)| Arc::clone(config))
    }

    /// A value that differs where the configuration files of a path do.
    pub fn config_key(&self, path: &str) -> u64 {
        self.configs.get(folder_of(path)).map_or(0, |(_, key)| *key)
    }

    /// Whether a review of the file looks for what a rule finds; a rule that is no more finds nothing.
    pub fn asks_for(&self, rule: &str, path: &str) -> bool {
        let config = self.config_of(path);
        self.rules().iter().find(|known| known.id == rule).is_none_or(|known| {
            let is_on = config.severity_of(known.id, path, known.severity).is_some();
            is_on && (!known.is_preview || config.preview())
        })
    }

    /// What was asked of all reviews on the command line.
    pub fn selection(&self) -> Vec<&str> {
        let preview = if self.preview { "preview" } else { "stable" };
        std::iter::once(preview).chain(self.only.iter().map(String::as_str)).collect()
    }

    /// All rules.
    pub fn rules(&self) -> &'static [RuleInfo] {
        self.engine.rules()
    }

    /// The configuration with what the command line says.
    fn adjusted(&self, mut config: Config) -> Arc<Config> {
        if self.preview {
            config = config.with_preview();
        }
        if !self.only.is_empty() {
            config = config.with_only(&self.only);
        }
        Arc::new(config)
    }
}

/// A view that keeps what is read of configuration files, which is all that a configuration comes from.
struct ReadOnce<'a> {
    view: &'a dyn Files,
    texts: Mutex<Vec<(String, Option<Arc<str>>)>>,
}

impl ReadOnce<'_> {
    /// A hash of the paths and texts; not 0, which stands for no configuration.
    fn hash(&self) -> u64 {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = String::new();
        for (path, text) in texts.iter() {
            let text = text.as_deref().unwrap_or("\0absent");
            all.push_str(&format!("{path}\0{}\0{text}\0", text.len()));
        }
        xxhash_rust::xxh3::xxh3_64(all.as_bytes()).max(1)
    }
}

impl Files for ReadOnce<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let text = self.view.read(path);
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), text.clone()));
        text
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        self.view.stamp(path)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.view.list(folder)
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.view.root_of(path)
    }
}

/// The text of standard input, or why it cannot be reviewed.
///
/// # Errors
/// If it cannot be read at all.
pub fn read_stdin(input: impl io::Read) -> anyhow::Result<Result<String, String>> {
    use io::Read;
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64;
    input.take(limit + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > limit {
        return Ok(Err(format!("too large (over {} MiB)", limit >> 20)));
    }
    Ok(String::from_utf8(bytes).map_err(|_| "undecodable (not UTF-8)".to_owned()))
}

/// What went wrong, without the number that the system gives it.
pub fn io_reason(error: &io::Error) -> String {
    // What walks folders wraps an error in one that names the path again.
    let wrapped = error.get_ref().and_then(|wrapped| wrapped.source());
    let inner = wrapped.and_then(|inner| inner.downcast_ref::<io::Error>()).unwrap_or(error);
    let said = inner.to_string();
    let plain = said.split(" (os error").next().unwrap_or(&said);
    plain.to_lowercase()
}

/// The error that names a rule which may be meant.
pub fn unknown_rule(names: &RuleNames<'_>, id: &str) -> anyhow::Error {
    match names.suggest(id) {
        Some(near) => anyhow::anyhow!("unknown rule `{id}`; did you mean `{near}`?"),
        None => anyhow::anyhow!("unknown rule `{id}`; `plimsoll rules` lists them all"),
    }
}

/// An outcome that says only why there is none.
pub fn skipped(path: &str, reason: String, is_failure: bool) -> Outcome {
    Outcome { skipped: vec![Skipped { path: path.to_owned(), reason, is_failure }], ..Outcome::default() }
}

/// Why a file has no text; `None` if it has.
fn why_unreadable(files: &dyn Files, path: &str) -> Option<String> {
    if files.read(path).is_some() {
        return None;
    }
    Some(match std::fs::metadata(path) {
        // Opening a pipe would wait for its writer.
        Ok(metadata) if !metadata.is_file() => "unreadable (no regular file)".to_owned(),
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES as u64 => too_large(metadata.len()),
        Ok(_) => match std::fs::read(path) {
            Ok(_) => "undecodable (not UTF-8)".to_owned(),
            Err(error) => format!("unreadable ({})", io_reason(&error)),
        },
        Err(error) => format!("unreadable ({})", io_reason(&error)),
    })
}

fn too_large(bytes: u64) -> String {
    format!("too large ({:.1} MB)", bytes as f64 / 1e6)
}

/// The folder that a file lies in.
pub fn folder_of(path: &str) -> &str {
    Path::new(path).parent().and_then(Path::to_str).unwrap_or_default()
}
