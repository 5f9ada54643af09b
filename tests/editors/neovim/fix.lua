-- Sees the finding of the file that is open, goes there, applies the fix and writes the file. Whoever starts this
-- compares the file on the disk.
local steps = dofile(vim.fs.dirname(vim.env.SCRIPT) .. "/steps.lua")
local rule = vim.env.RULE

steps.run(function()
  steps.wait("no diagnostic of the rule " .. rule, function() return #steps.of_rule(rule) > 0 end)
  local found = steps.of_rule(rule)[1]
  if not found.message:find(vim.env.MESSAGE, 1, true) then
    steps.fail("the finding does not say " .. vim.env.MESSAGE)
  end

  vim.cmd.normal({ "gg]d" })
  if vim.api.nvim_win_get_cursor(0)[1] ~= found.lnum + 1 then
    steps.fail("the cursor is not at the finding")
  end
  steps.choose(vim.env.FIX)
  local before = vim.api.nvim_buf_get_changedtick(0)
  if vim.fn.has("nvim-0.11") == 1 then
    vim.cmd.normal({ "gra" })
  else
    vim.lsp.buf.code_action()
  end
  steps.wait("the fix is not applied", function() return vim.api.nvim_buf_get_changedtick(0) ~= before end)
  steps.wait("the diagnostic stays after its fix", function() return #steps.of_rule(rule) == 0 end)
  vim.cmd.write()
  steps.leave()
end)
