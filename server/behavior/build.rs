//! Lists the library models, so that adding a file is all it takes to add a library.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let models = Path::new("models");
    println!("cargo::rerun-if-changed=models");
    let mut files = Vec::new();
    for language in ["rust", "typescript"] {
        let folder = models.join(language);
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = std::fs::read_dir(&folder).expect("the models stand beside the sources");
        files.extend(
            entries
                .map(|e| e.expect("a readable folder").path())
                .filter(|p| p.extension().is_some_and(|e| e == "toml")),
        );
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let absolute: PathBuf = std::env::current_dir().expect("a current folder").join(file);
        let name = file.strip_prefix(models).expect("a model").display().to_string();
        writeln!(list, "    ({name:?}, include_str!({:?})),", absolute.display().to_string())
            .expect("writing to a string");
    }
    list.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("models.rs");
    std::fs::write(out, list).expect("OUT_DIR is writable");
}
