//! The house has walls: a crate imports only crates above it, and what knows the outside stands at the front door.

use std::path::{Path, PathBuf};

/// Ground floor first: a crate may import only those before it.
const FLOORS: [&str; 6] = ["syntax", "behavior", "project", "rules", "engine", "plimsoll"];

/// What may not appear in the sources below `plimsoll/`: the protocol, the terminal, the disk, the clock, the current
/// directory.
const OUTSIDE: &[&str] = &[
    "tower_lsp",
    "lsp_types",
    "ls_types",
    "std::fs",
    "std::env",
    "SystemTime::",
    "Instant::",
    "std::process",
    "std::net",
    "println!",
    "eprintln!",
];

fn server() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{} holds sources", folder.display());
    found
}

/// The code of a source: without comments, and without what follows its unit tests' mark.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_crate_imports_only_crates_above_it() {
    for (floor, name) in FLOORS.iter().enumerate() {
        let manifest = std::fs::read_to_string(server().join(name).join("Cargo.toml")).expect("a manifest");
        for forbidden in &FLOORS[floor..] {
            let dependency = if *forbidden == "plimsoll" {
                "plimsoll.workspace".into()
            } else {
                format!("plimsoll-{forbidden}.")
            };
            assert!(!manifest.contains(&dependency), "{name} may not depend on {forbidden}");
        }
    }
}

#[test]
fn nothing_below_the_front_doors_knows_the_outside() {
    for name in &FLOORS[..5] {
        let manifest = std::fs::read_to_string(server().join(name).join("Cargo.toml")).expect("a manifest");
        for outside in ["tokio", "tower-lsp", "clap", "anstream", "indicatif", "ignore"] {
            assert!(!manifest.contains(&format!("\n{outside}.")), "{name} may not depend on {outside}");
        }
        for (path, text) in sources(&server().join(name).join("src")) {
            if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
                continue;
            }
            let code = code(&text);
            for word in OUTSIDE {
                assert!(!code.contains(word), "{}: `{word}`", path.display());
            }
        }
    }
}

#[test]
fn no_rule_knows_syntax_or_a_library() {
    // Names of libraries as models know them; those that are words of their own are left out.
    let libraries = [
        "prisma",
        "drizzle",
        "supabase",
        "axios",
        "sqlx",
        "reqwest",
        "mysql2",
        "typeorm",
        "mongoose",
        "express",
        "fastify",
        "node_fetch",
        "p-retry",
        "backon",
    ];
    for (path, text) in sources(&server().join("rules/src")) {
        let code = code(&text);
        assert!(!code.contains("tree_sitter"), "{}: rules match no syntax", path.display());
        let mut in_documentation = false;
        for line in code.lines() {
            // The documentation of a rule shows code of libraries.
            in_documentation |= line.contains("declare_rule! {");
            let quoted = line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
            for library in libraries {
                assert!(in_documentation || !quoted.contains(library), "{}: {line}", path.display());
            }
            in_documentation &= line != "}";
        }
    }
}

#[test]
fn protocol_types_stay_in_their_room() {
    for (path, text) in sources(&server().join("plimsoll/src")) {
        if path.components().any(|part| part.as_os_str() == "lsp") {
            continue;
        }
        let code = code(&text);
        for word in ["tower_lsp", "ls_types"] {
            assert!(!code.contains(word), "{}: `{word}`", path.display());
        }
    }
}
