//! Emacs with eglot, which it brings, and with lsp-mode.

use std::path::PathBuf;

use crate::readme;
use crate::skip::skip;
use crate::stage::{FILE, FIX, MESSAGE, Stage, have, here, succeeds};

#[test]
fn emacs_fixes_a_file_with_eglot() {
    fix_a_file("eglot");
}

#[test]
fn emacs_fixes_a_file_with_lsp_mode() {
    fix_a_file("lsp-mode");
}

fn fix_a_file(client: &str) {
    let (emacs, grammar) = match have("get.sh", &["emacs"]).and_then(|it| Ok((it, grammar()?))) {
        Ok(both) => both,
        Err(reason) => return skip("emacs", &reason),
    };
    let stage = Stage::new();
    stage.write(
        ".emacs.d/init.el",
        &[readme::code("Emacs", "elisp"), readme::code(&format!("With {client}"), "elisp")].concat(),
    );
    // What `treesit-install-language-grammar` makes.
    let grammars = stage.home().join(".emacs.d/tree-sitter");
    std::fs::create_dir_all(&grammars).expect("it is writable");
    std::fs::copy(grammar, grammars.join("libtree-sitter-typescript.so")).expect("it is writable");

    let mut editor = stage.command(emacs);
    // In batch mode nobody loads it unasked.
    editor.arg("--batch").arg("-l").arg(stage.home().join(".emacs.d/init.el"));
    editor.arg("-l").arg(here().join("emacs/fix.el"));
    succeeds(editor.env("CLIENT", client).env("FILE", FILE).env("MESSAGE", MESSAGE).env("FIX", FIX));
    stage.is_fixed();
}

/// The grammar of TypeScript as a library, of the same sources as the server's.
fn grammar() -> Result<PathBuf, String> {
    have("emacs/grammar.sh", &[])
}
