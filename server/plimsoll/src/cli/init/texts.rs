//! Files that are written whole.

/// Sourced by Neovim when it starts: before plugins, of which one may be Plimsoll's own.
pub const NEOVIM: &str = r#"-- Plimsoll reviews what assistants write: written by `plimsoll init neovim`.
local filetypes = { 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'rust', 'prisma', 'sql' }
local root_markers = { '.git', 'plimsoll.toml', 'package.json', 'Cargo.toml' }

-- Plimsoll's plugin starts the server by itself.
local function has_plugin()
  return vim.g.loaded_plimsoll ~= nil or #vim.api.nvim_get_runtime_file('lua/plimsoll/init.lua', false) > 0
end

if has_plugin() then
  return
end
if vim.fn.has('nvim-0.11') == 1 then
  vim.lsp.config('plimsoll', { cmd = { 'plimsoll', 'lsp' }, filetypes = filetypes, root_markers = root_markers })
  vim.lsp.enable('plimsoll')
else
  -- The first marker that is found wins, as it does from 0.11 on and in the plugin, which may be loaded later.
  local function root_of(buffer)
    for _, marker in ipairs(root_markers) do
      local root = vim.fs.root(buffer, marker)
      if root then
        return root
      end
    end
  end
  vim.api.nvim_create_autocmd('FileType', {
    pattern = filetypes,
    callback = function(event)
      if not has_plugin() then
        vim.lsp.start({ name = 'plimsoll', cmd = { 'plimsoll', 'lsp' }, root_dir = root_of(event.buf) })
      end
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

It tells what will break in production: requests without a time limit, filters without an index, connections that are not
given back. Mend each finding at its cause, and run it again until nothing is found. A finding that is right but wanted is suppressed on
its line, with its reason: `// plimsoll-ignore RULE: the reason`. Never write a suppression without asking first.
";

/// Reviews what a pull request changes. What it is compared with is handed over in the environment, so that no name of a
/// branch becomes a part of the command. No cache of the branch that is judged is trusted.
///
/// It is built from its repository, for no registry has it. `[source]` stands for the address.
const GITHUB_ACTIONS: &str = r#"# Reviews what a pull request changes: written by `plimsoll init github-actions`.
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
        env:
          # The git repository that it is built from.
          SOURCE: [source]
        run: |
          if [ -z "$SOURCE" ]; then
            echo "::error::set the repository variable PLIMSOLL_SOURCE to the address of Plimsoll's git repository"
            exit 1
          fi
          cargo install --locked --git "$SOURCE" plimsoll
      - name: Review
        env:
          BASE: origin/${{ github.base_ref }}
        run: plimsoll check --diff="$BASE" --format github --no-cache
"#;

/// Where the sources of this program can be had, as its manifest says; nothing where it does not say.
pub const SOURCE: &str = env!("CARGO_PKG_REPOSITORY");

/// The workflow of a pull request.
pub fn github_actions() -> String {
    let asked_for = "${{ vars.PLIMSOLL_SOURCE }}";
    GITHUB_ACTIONS.replace("[source]", if SOURCE.is_empty() { asked_for } else { SOURCE })
}
