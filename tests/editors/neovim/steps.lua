-- What the scripts of this folder share. They run in a Neovim that was started as its user starts it.
local M = {}

M.patience = 30000

--- Ends Neovim with a failure, saying what the server was seen to do.
function M.fail(what)
  io.stderr:write(what .. "\n")
  for _, client in ipairs(vim.lsp.get_clients()) do
    io.stderr:write("client " .. client.name .. (client.initialized and " is" or " is not") .. " initialized\n")
  end
  io.stderr:write("diagnostics: " .. vim.inspect(vim.diagnostic.get(0)) .. "\n")
  io.stderr:write("messages: " .. vim.fn.execute("messages") .. "\n")
  os.exit(1)
end

--- Waits until something holds.
function M.wait(what, holds)
  if not vim.wait(M.patience, holds, 10) then
    M.fail(what)
  end
end

--- The diagnostics of a rule in the current buffer.
function M.of_rule(rule)
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == "plimsoll" and diagnostic.code == rule
  end, vim.diagnostic.get(0))
end

--- Chooses in every menu what contains a text, as a user does.
function M.choose(text)
  vim.ui.select = function(items, options, on_choice)
    local format = options.format_item or tostring
    for index, item in ipairs(items) do
      if format(item):find(text, 1, true) then
        return on_choice(item, index)
      end
    end
    M.fail("the menu holds no " .. text .. ": " .. table.concat(vim.tbl_map(format, items), "; "))
  end
end

--- Runs a script; an error in it ends Neovim with a failure.
function M.run(script)
  local ran, failure = xpcall(script, debug.traceback)
  if not ran then
    M.fail(failure)
  end
  os.exit(0)
end

--- The server leaves with its editor, by itself.
function M.leave()
  for _, client in ipairs(vim.lsp.get_clients()) do
    if vim.fn.has("nvim-0.11") == 1 then client:stop() else client.stop() end
  end
  M.wait("the server does not leave", function() return #vim.lsp.get_clients() == 0 end)
end

return M
