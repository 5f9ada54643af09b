//! Files that are written whole.

/// Sourced by Neovim when it starts.
pub const NEOVIM: &str = r#"-- Plimsoll reviews what assistants write: written by `plimsoll init neovim`.
local filetypes = { 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'rust', 'prisma', 'sql' }
local root_markers = { '.git', 'plimsoll.toml', 'package.json', 'Cargo.toml' }

if vim.fn.has('nvim-0.11') == 1 then
  vim.lsp.config('plimsoll', { cmd = { 'plimsoll', 'lsp' }, filetypes = filetypes, root_markers = root_markers })
  vim.lsp.enable('plimsoll')
else
  vim.api.nvim_create_autocmd('FileType', {
    pattern = filetypes,
    callback = function(event)
      local root = vim.fs.root(event.buf, root_markers)
      vim.lsp.start({ name = 'plimsoll', cmd = { 'plimsoll', 'lsp' }, root_dir = root })
    end,
  })
end
"#;

/// What Cursor's agent is told.
pub const CURSOR: &str = "---
description: Review what was written with Plimsoll
alwaysApply: true
---

After writing or changing TypeScript, JavaScript, Rust, Prisma or SQL, run

```sh
plimsoll check --diff=HEAD --format agent
```

It tells what will break in production: queries in loops, requests without a time limit, filters without an index. Mend
each finding at its cause, and run it again until nothing is found. A finding that is right but wanted is suppressed on
its line, with its reason: `// plimsoll-ignore RULE: the reason`. Never write a suppression without asking first.
";

/// Reviews what a pull request changes. What it is compared with is handed over in the environment, so that no name of a
/// branch becomes a part of the command. No cache of the branch that is judged is trusted.
pub const GITHUB_ACTIONS: &str = r#"# Reviews what a pull request changes: written by `plimsoll init github-actions`.
name: Plimsoll

on:
  pull_request:

permissions:
  contents: read

jobs:
  review:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          # What has changed is told from the history.
          fetch-depth: 0
          persist-credentials: false
      - name: Install Plimsoll
        run: cargo install --locked plimsoll
      - name: Review
        env:
          BASE: origin/${{ github.base_ref }}
        run: plimsoll check --diff="$BASE" --format github --no-cache
"#;
