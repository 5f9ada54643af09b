-- A preview is found though no plimsoll.toml asks for it.
local steps = dofile(vim.fs.dirname(vim.env.SCRIPT) .. "/steps.lua")

steps.run(function()
  steps.wait("no preview is found", function() return #steps.of_rule("leaked-timer") > 0 end)
  require("plimsoll").setup({})
  steps.wait("the server does not start again", function() return #vim.lsp.get_clients({ bufnr = 0 }) == 1 end)
  steps.wait("the preview stays without the setting", function() return #steps.of_rule("leaked-timer") == 0 end)
  steps.leave()
end)
