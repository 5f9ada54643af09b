//! Settings of editors, assistants and pipelines: written, merged, and never over what somebody else wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use crate::project::{Project, git};

const TARGETS: [&str; 8] =
    ["vscode", "neovim", "helix", "zed", "claude-code", "cursor", "github-actions", "pre-commit"];

fn files_below(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("it is readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("it is text");
                files.insert(path, text);
            }
        }
    }
    files
}

fn yaml(text: &str) -> Yaml<'_> {
    let mut documents = Yaml::load_from_str(text).expect("it is YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

#[test]
fn each_target_is_written_once_and_shown_before() {
    for target in TARGETS {
        let project = Project::new(&[("src/a.rs", "fn a() {}\n")]);
        let before = files_below(project.path());
        let shown = project.run(&["init", target, "--dry-run"]);
        assert_eq!(shown.status, 0, "{shown}");
        assert!(shown.stdout.starts_with("--- /dev/null\n+++ b/"), "{shown}");
        let is_told = |line: &str| line.starts_with("would write ") || line.starts_with("next: ");
        assert!(shown.stderr.lines().all(is_told), "{shown}");
        assert_eq!(files_below(project.path()), before, "{target} writes nothing yet");
        let written = project.run(&["init", target]);
        assert_eq!((written.status, &written.stdout), (0, &shown.stdout));
        let after = files_below(project.path());
        assert!(after.len() > before.len(), "{target}");
        let again = project.run(&["init", target]);
        assert_eq!((again.status, again.stdout.as_str()), (0, ""), "{again}");
        assert!(again.stderr.lines().all(|line| line.ends_with(" has it already")), "{again}");
        assert_eq!(files_below(project.path()), after, "{target} twice is once");
    }
}

#[test]
fn what_is_there_stays_and_what_cannot_be_merged_is_said() {
    let project = Project::new(&[
        (".vscode/settings.json", "{\n  // Ours.\n  \"editor.tabSize\": 2,\n}\n"),
        (".vscode/extensions.json", "[]\n"),
        (".github/workflows/plimsoll.yml", "on: push\n"),
    ]);
    insta::assert_snapshot!(project.run(&["init", "vscode"]), @r#"
    status: 2
    --- stdout
    --- a/.vscode/settings.json
    +++ b/.vscode/settings.json
    @@ -1,4 +1,5 @@
     {
       // Ours.
       "editor.tabSize": 2,
    +  "plimsoll.enable": true,
     }
    {
      "recommendations": ["plimsoll.plimsoll"]
    }
    --- stderr
    wrote .vscode/settings.json
    error: cannot add to `.vscode/extensions.json`: it holds no object; what it needs is on standard output
    "#);
    let theirs = std::fs::read_to_string(project.path().join(".vscode/extensions.json"));
    assert_eq!(theirs.expect("it is there"), "[]\n");
    let run = project.run(&["init", "github-actions"]);
    assert_eq!(run.status, 2);
    assert!(run.stdout.starts_with("# Reviews what a pull request changes"), "{run}");
    assert_eq!(
        run.stderr,
        "error: cannot add to `.github/workflows/plimsoll.yml`: it is there, and holds something else; what it needs is on standard output\n"
    );
    project.write_bytes(".zed/settings.json", b"\xff");
    assert_eq!(project.run(&["init", "zed"]).stderr, "error: `.zed/settings.json` is not UTF-8\n");
    assert_eq!(project.run(&["init", "emacs"]).status, 2);
}

#[test]
fn it_is_written_at_the_root_of_the_repository() {
    let project = Project::new(&[("src/a.rs", "fn a() {}\n")]);
    git(project.path(), &["init", "--quiet"]);
    let run = project.run_in("src", &["init", "helix"]);
    assert_eq!(run.stderr, "wrote ../.helix/languages.toml\n");
    assert!(project.path().join(".helix/languages.toml").exists());
}

#[test]
fn neovim_is_set_up_where_it_looks() {
    let project = Project::new(&[]);
    let run = project.run_with_env(&["init", "neovim"], &[("XDG_CONFIG_HOME", ""), ("NVIM_APPNAME", "mine")]);
    assert_eq!(run.stderr, "wrote home/.config/mine/plugin/plimsoll.lua\n", "{run}");
}

#[test]
fn the_workflow_holds_what_a_runner_reads() {
    let project = Project::new(&[]);
    project.run(&["init", "github-actions"]);
    let text = std::fs::read_to_string(project.path().join(".github/workflows/plimsoll.yml"));
    let text = text.expect("it was written");
    let workflow = yaml(&text);
    // `on` must not become `true`, as it does in YAML 1.1: GitHub reads it as a name either way.
    let keys: Vec<&str> =
        workflow.as_mapping().expect("a mapping").keys().map(|key| key.as_str().expect("a name")).collect();
    assert_eq!(keys, ["name", "on", "permissions", "jobs"]);
    assert!(
        workflow["on"]
            .as_mapping()
            .expect("a mapping")
            .keys()
            .any(|key| key.as_str() == Some("pull_request"))
    );
    assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"));
    let job = &workflow["jobs"]["review"];
    assert_eq!(job["runs-on"].as_str(), Some("ubuntu-latest"));
    let steps = job["steps"].as_sequence().expect("a list");
    assert!(steps[0]["uses"].as_str().expect("a name").starts_with("actions/checkout@"));
    assert_eq!(steps[0]["with"]["fetch-depth"].as_integer(), Some(0));
    // No registry has it: it is built from its repository, whose address is no part of the command.
    assert_eq!(steps[1]["env"]["SOURCE"].as_str(), Some("${{ vars.PLIMSOLL_SOURCE }}"));
    let install = steps[1]["run"].as_str().expect("a command");
    assert!(install.contains("cargo install --locked --git \"$SOURCE\" plimsoll"), "{install}");
    let last = steps.last().expect("there are some");
    assert_eq!(last["env"]["BASE"].as_str(), Some("origin/${{ github.base_ref }}"));
    let command = last["run"].as_str().expect("a command");
    assert!(command.starts_with("plimsoll check ") && !command.contains("${{"), "{command}");
}

#[test]
fn the_hook_stops_a_commit_that_holds_a_finding() {
    let note = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";
    let project = Project::new(&[("old.rs", note)]);
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "--message", "before the hook"]);
    project.run(&["init", "pre-commit"]);
    let text = std::fs::read_to_string(project.path().join(".pre-commit-config.yaml"));
    let text = text.expect("it was written");
    let config = yaml(&text);
    let hook = &config["repos"][0]["hooks"][0];
    let entry = hook["entry"].as_str().expect("a command");
    assert_eq!(hook["id"].as_str(), Some("plimsoll"));
    assert_eq!(hook["pass_filenames"].as_bool(), Some(false));

    // Git runs the command of the hook as it would run that of any other.
    let binary = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("it lies in a folder");
    let script = format!("#!/bin/sh\nPATH=\"{}:$PATH\"\nexec {entry}\n", binary.display());
    let path = project.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("there is room");
    std::fs::write(&path, script).expect("there is room");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, executable).expect("it is ours");
    }
    let commit = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--message", "a"]);
        command.args(arguments).current_dir(project.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().expect("git is installed")
    };
    project.write_bytes("new.rs", note.as_bytes());
    git(project.path(), &["add", "new.rs"]);
    // Mended on the disk, but not for the commit.
    project.write_bytes("new.rs", b"fn a() {}\n");
    let refused = commit(&[]);
    let said =
        String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("--> new.rs:1:1"), "{said}");
    assert!(!said.contains("old.rs"), "{said}");
    // Git hands over an index of its own where a file is named, or all that has changed is meant.
    assert!(commit(&["new.rs"]).status.success());
    project.write_bytes("old.rs", format!("{note}{note}").as_bytes());
    let refused = commit(&["--all"]);
    // What a hook prints goes to standard error.
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("--> old.rs:3:1") && !said.contains("old.rs:1:1"),
        "{said}"
    );
}

#[test]
fn the_hook_that_pre_commit_finds_in_this_repository_is_the_one_that_is_written() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.pre-commit-hooks.yaml");
    let text = std::fs::read_to_string(here).expect("it is committed");
    let hooks = yaml(&text);
    let project = Project::new(&[]);
    project.run(&["init", "pre-commit"]);
    let written = std::fs::read_to_string(project.path().join(".pre-commit-config.yaml"));
    let written = written.expect("it was written");
    let config = yaml(&written);
    for key in ["id", "entry", "language", "files", "pass_filenames"] {
        assert_eq!(hooks[0][key], config["repos"][0]["hooks"][0][key], "{key}");
    }
}
