-- `let g:loaded_plimsoll = 1` before this keeps Plimsoll off.
if vim.g.loaded_plimsoll then
  return
end
vim.g.loaded_plimsoll = 1

if vim.fn.has("nvim-0.10") == 0 then
  vim.notify("plimsoll needs Neovim 0.10 or newer", vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command("Plimsoll", function(arguments)
  require("plimsoll.commands").run(arguments.fargs)
end, {
  nargs = "*",
  desc = "Plimsoll: explain, findings, fix, log, restart",
  complete = function(lead, line)
    return require("plimsoll.commands").complete(lead, line)
  end,
})

require("plimsoll").enable()
