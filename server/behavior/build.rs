//! Lists the library models, so that adding a file is all it takes to add a library.
//!
//! They are written as TOML, and built in as JSON, language by language: the first review waits for those of its
//! language, and JSON is read in a fraction of the time.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=models");
    let mut list = String::new();
    for language in ["rust", "typescript"] {
        let folder = Path::new("models").join(language);
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = std::fs::read_dir(&folder).expect("the models stand beside the sources");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("a readable folder").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        files.sort();
        writeln!(list, "const {}: &[(&str, &str)] = &[", language.to_uppercase())
            .expect("writing to a string");
        for file in &files {
            let json = json(file);
            let name = file.strip_prefix("models").expect("a model").display().to_string();
            writeln!(list, "    ({name:?}, {json:?}),").expect("writing to a string");
        }
        list.push_str("];\n");
    }
    writeln!(list, "pub(crate) const SECRETS: &str = {:?};", json(Path::new("models/secrets.toml")))
        .expect("writing to a string");
    let out = Path::new(&std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("models.rs");
    std::fs::write(out, list).expect("OUT_DIR is writable");
}

/// What a file of TOML says, as JSON.
fn json(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::to_string(&table).expect("what TOML says can be said in JSON")
}
