//! Neovim: with the plugin, and with nothing but what stands in the README.

use std::path::Path;

use crate::readme;
use crate::skip::skip;
use crate::stage::{FILE, FIX, MESSAGE, RULE, Stage, have, here, succeeds};

/// Where the setup of somebody's Neovim stands.
const INIT: &str = ".config/nvim/init.lua";

/// The oldest that the plugin supports: a client is started by `vim.lsp.start`.
#[test]
fn the_plugin_fixes_a_file_in_the_neovim_of_debian_trixie() {
    with_neovim("neovim-trixie", the_plugin_fixes_a_file);
}

/// The present: a client is set up by `vim.lsp.config`.
#[test]
fn the_plugin_fixes_a_file_in_the_neovim_of_debian_forky() {
    with_neovim("neovim-forky", the_plugin_fixes_a_file);
}

#[test]
fn without_a_plugin_the_neovim_of_debian_trixie_fixes_a_file() {
    with_neovim("neovim-trixie", |neovim| a_snippet_fixes_a_file(neovim, "Before 0.11"));
}

#[test]
fn without_a_plugin_the_neovim_of_debian_forky_fixes_a_file() {
    with_neovim("neovim-forky", |neovim| a_snippet_fixes_a_file(neovim, "0.11 and newer"));
}

#[test]
fn the_commands_of_the_plugin_work_in_the_neovim_of_debian_trixie() {
    with_neovim("neovim-trixie", the_commands_work);
}

#[test]
fn the_commands_of_the_plugin_work_in_the_neovim_of_debian_forky() {
    with_neovim("neovim-forky", the_commands_work);
}

#[test]
fn settings_reach_the_server_from_both_neovims() {
    for which in ["neovim-trixie", "neovim-forky"] {
        with_neovim(which, |neovim| {
            let stage = with_plugin();
            std::fs::remove_file(stage.project().join("plimsoll.toml")).expect("it is there");
            stage.write(INIT, &readme::code("The plugin", "lua"));
            run(&stage, neovim, "settings.lua", "src/web/components/OrderStatus.tsx", &[]);
        });
    }
}

#[test]
fn both_neovims_say_that_there_is_no_program() {
    for which in ["neovim-trixie", "neovim-forky"] {
        with_neovim(which, |neovim| {
            let stage = with_plugin();
            stage.write(INIT, "require('plimsoll').setup({ cmd = { '/no/such/plimsoll', 'lsp' } })\n");
            run(&stage, neovim, "missing.lua", FILE, &[]);
        });
    }
}

#[test]
fn what_init_writes_is_all_that_both_neovims_need() {
    for which in ["neovim-trixie", "neovim-forky"] {
        with_neovim(which, |neovim| {
            let stage = Stage::new();
            stage.shell("plimsoll init neovim");
            fix_a_file(&stage, neovim);
        });
    }
}

#[test]
fn what_init_writes_starts_no_second_server_beside_the_plugin() {
    for which in ["neovim-trixie", "neovim-forky"] {
        with_neovim(which, |neovim| {
            let stage = with_plugin();
            stage.shell("plimsoll init neovim");
            // A project within the project: another root, for who looks for the nearest one.
            stage.write("shop/src/server/integrations/package.json", "{}\n");
            stage.shell("mkdir -p \"$HOME/shop/.git\"");
            run(&stage, neovim, "once.lua", FILE, &[]);
        });
    }
}

fn with_neovim(which: &str, test: impl Fn(&Path)) {
    match have("get.sh", &[which]) {
        Ok(neovim) => test(&neovim),
        Err(reason) => skip("neovim", &reason),
    }
}

fn with_plugin() -> Stage {
    let stage = Stage::new();
    stage.shell(&readme::code("The plugin", "sh"));
    stage
}

fn the_plugin_fixes_a_file(neovim: &Path) {
    fix_a_file(&with_plugin(), neovim);
}

fn a_snippet_fixes_a_file(neovim: &Path, heading: &str) {
    let stage = Stage::new();
    stage.write(INIT, &readme::code(heading, "lua"));
    fix_a_file(&stage, neovim);
}

fn fix_a_file(stage: &Stage, neovim: &Path) {
    run(stage, neovim, "fix.lua", FILE, &[("RULE", RULE), ("MESSAGE", MESSAGE), ("FIX", FIX)]);
    stage.is_fixed();
}

fn the_commands_work(neovim: &Path) {
    const FILE: &str = "src/web/components/OrderStatus.tsx";
    let stage = with_plugin();
    let before = stage.read(FILE);
    run(&stage, neovim, "commands.lua", FILE, &[]);
    let leak = "    setInterval(() => void refresh(), 5000)\n";
    let cure = "    const interval = setInterval(() => void refresh(), 5000)\n    return () => clearInterval(interval)\n";
    assert_eq!(stage.read(FILE), before.replacen(leak, cure, 1));
}

/// Opens a file in a Neovim, and runs a script in it that ends it.
fn run(stage: &Stage, neovim: &Path, script: &str, file: &str, variables: &[(&str, &str)]) {
    let script = here().join("neovim").join(script);
    let mut editor = stage.command(neovim);
    // Once all is as its user sees it.
    let then = "autocmd VimEnter * lua vim.schedule(function() dofile(vim.env.SCRIPT) end)";
    editor.args(["--headless", "-i", "NONE", "-c", then]).arg(file);
    editor.env("SCRIPT", script).envs(variables.iter().copied());
    succeeds(&mut editor);
}
