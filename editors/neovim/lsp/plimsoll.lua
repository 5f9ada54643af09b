-- What `vim.lsp.enable("plimsoll")` starts, from Neovim 0.11 on. `vim.lsp.config("plimsoll", …)` is merged over it.
return require("plimsoll").client()
