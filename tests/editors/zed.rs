//! Zed's extension: what it decides, on this machine; and the component that Zed loads, called as Zed calls it. The
//! editor itself cannot be had here.

use std::process::Command;

use crate::readme;
use crate::skip::skip;
use crate::stage::{Stage, have, here, succeeds};

#[test]
fn the_extension_decides_how_the_server_is_started() {
    let target = readme::checkout().join("tests/.tools/zed/target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--quiet", "--locked"]).current_dir(readme::checkout().join("editors/zed"));
    let output = cargo.env("CARGO_TARGET_DIR", target).output().expect("cargo starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() && is_out_of_reach(&log) {
        return skip("zed", "the registry of crates cannot be reached");
    }
    assert!(output.status.success(), "{}{log}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_component_says_how_the_server_is_started() {
    let both = have("zed/component.sh", &[]).and_then(|it| Ok((it, have("zed/python.sh", &[])?)));
    let (component, python) = match both {
        Ok(both) => both,
        Err(reason) => return skip("zed", &reason),
    };
    let stage = Stage::new();
    stage.write(".config/zed/settings.json", &readme::code("Zed", "json"));
    let mut call = stage.command(python);
    call.arg(here().join("zed/call.py")).arg(component);
    succeeds(call.arg(stage.home().join(".config/zed/settings.json")));
}

/// Whether Zed starts the server for every language that it is started for elsewhere is told by the manifest.
#[test]
fn the_manifest_names_the_languages() {
    let manifest = readme::checkout().join("editors/zed/extension.toml");
    let manifest = std::fs::read_to_string(manifest).expect("it is there");
    let manifest: toml::Table = toml::from_str(&manifest).expect("it is TOML");
    let server = &manifest["language_servers"]["plimsoll"];
    let languages: Vec<&str> =
        server["languages"].as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
    assert_eq!(languages, ["TypeScript", "TSX", "JavaScript", "Rust", "Prisma", "SQL"]);
    let ids = server["language_ids"].as_table().expect("a table");
    assert!(languages.iter().all(|language| ids.contains_key(*language)), "{ids:?}");
}

fn is_out_of_reach(log: &str) -> bool {
    ["could not resolve host", "failed to download", "spurious network error", "network failure"]
        .iter()
        .any(|sign| log.to_lowercase().contains(sign))
}
