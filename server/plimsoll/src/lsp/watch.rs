//! Files of the disk that matter to reviews, and whether the client still lives.

use std::path::Path;
use std::time::Duration;

use plimsoll_engine::Baseline;
use plimsoll_syntax::FileKind;
use serde_json::{Value, json};
use tower_lsp::ls_types::{
    FileOperationFilter, FileOperationPattern, FileOperationPatternKind, FileOperationRegistrationOptions,
    Uri,
};

use super::documents::path_of;

/// What the client is asked to watch: all that [`FileKind::from_path`] knows, and baselines.
const WATCHED: [&str; 4] = [
    "**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,rs,prisma,sql}",
    "**/{plimsoll.toml,package.json,Cargo.toml}",
    "**/{tsconfig,jsconfig}*.json",
    "**/.plimsoll/baseline.json",
];

/// How often the client's process is looked after.
const PULSE: Duration = Duration::from_secs(2);

/// The parameters of `client/registerCapability` that ask for [`WATCHED`].
#[must_use]
pub fn registration() -> Value {
    let watchers: Vec<Value> = WATCHED.iter().map(|glob| json!({ "globPattern": glob })).collect();
    json!({ "registrations": [{
        "id": "plimsoll-files",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": watchers },
    }] })
}

/// The same files, where the client tells of those that its user makes, moves and removes.
#[must_use]
pub fn files_of_interest() -> FileOperationRegistrationOptions {
    let filter = |glob: &str, matches| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern { glob: glob.to_owned(), matches: Some(matches), options: None },
    };
    let files = WATCHED.iter().map(|glob| filter(glob, FileOperationPatternKind::File));
    FileOperationRegistrationOptions { filters: files.collect() }
}

/// The paths among those that have changed which matter.
#[must_use]
pub fn paths_that_matter<'a>(changed: impl IntoIterator<Item = &'a Uri>) -> Vec<String> {
    let paths = changed.into_iter().filter_map(path_of);
    let is_baseline = |path: &String| path.strip_suffix(Baseline::FILE).is_some_and(|it| it.ends_with('/'));
    paths.filter(|path| FileKind::from_path(path).is_some() || is_baseline(path)).collect()
}

/// Returns when the process `id` has ended. Where that cannot be told it never returns; the end of the input, which
/// most often comes with it, must then be enough.
pub fn wait_for_end_of_process(id: u32) {
    let process = format!("/proc/{id}");
    let process = Path::new(&process);
    let can_be_told = cfg!(target_os = "linux") && Path::new("/proc/self").exists();
    while !can_be_told || process.exists() {
        std::thread::sleep(PULSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_plimsoll_reads_matter() {
        let uris = [
            "file:///a/b.ts",
            "file:///a/README.md",
            "git:/a/b.ts",
            "file:///tsconfig.x.json",
            "file:///a/.plimsoll/baseline.json",
            "file:///a/baseline.json",
        ];
        let uris: Vec<Uri> = uris.iter().map(|uri| uri.parse().expect("a URI")).collect();
        assert_eq!(paths_that_matter(&uris), ["/a/b.ts", "/tsconfig.x.json", "/a/.plimsoll/baseline.json"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_end_of_a_process_is_noticed() {
        let mut child = std::process::Command::new("true").spawn().expect("it starts");
        child.wait().expect("it ends");
        wait_for_end_of_process(child.id());
    }
}
