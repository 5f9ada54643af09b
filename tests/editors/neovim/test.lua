-- Opens a file in a real Neovim, waits for the diagnostic, applies its code action and writes the file. The test that
-- starts this compares the file on disk.
--   nvim --headless -u NONE -i NONE -l test.lua SERVER FILE RULE TITLE
local server, file, rule, title = arg[1], arg[2], arg[3], arg[4]
local root = vim.fs.dirname(file)
local patience = 20000

local function fail(what)
  io.stderr:write(what .. "\n")
  for _, client in ipairs(vim.lsp.get_clients()) do
    io.stderr:write("client " .. client.name .. (client.initialized and " is" or " is not") .. " initialized\n")
  end
  io.stderr:write("diagnostics: " .. vim.inspect(vim.diagnostic.get(0)) .. "\n")
  os.exit(1)
end

local settings = {
  cmd = { server, "lsp" },
  filetypes = { "typescript", "typescriptreact", "javascript", "javascriptreact", "rust", "prisma", "sql" },
}

vim.cmd("filetype on")
if vim.lsp.config then
  settings.root_markers = { "package.json" }
  vim.lsp.config("plimsoll", settings)
  vim.lsp.enable("plimsoll")
else
  -- Before 0.11.
  vim.api.nvim_create_autocmd("FileType", {
    pattern = settings.filetypes,
    callback = function()
      vim.lsp.start({ name = "plimsoll", cmd = settings.cmd, root_dir = root })
    end,
  })
end
vim.cmd.edit(vim.fn.fnameescape(file))

local function of_rule()
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == "plimsoll" and diagnostic.code == rule
  end, vim.diagnostic.get(0))
end
if not vim.wait(patience, function() return #of_rule() > 0 end, 10) then
  fail("no diagnostic of the rule " .. rule)
end

local diagnostic = of_rule()[1]
vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col })
local before = vim.api.nvim_buf_get_changedtick(0)
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action) return action.title:find(title, 1, true) ~= nil end,
})
local function is_applied() return vim.api.nvim_buf_get_changedtick(0) ~= before end
if not vim.wait(patience, is_applied, 10) then
  fail("no code action with the title " .. title .. " was applied")
end
if not vim.wait(patience, function() return #of_rule() == 0 end, 10) then
  fail("the diagnostic stays after its fix")
end
vim.cmd.write()

-- The server leaves with its editor, by itself.
local clients = vim.lsp.get_clients()
for _, client in ipairs(clients) do vim.lsp.stop_client(client.id) end
if not vim.wait(patience, function() return #vim.lsp.get_clients() == 0 end, 10) then
  fail("the server does not leave")
end
os.exit(0)
