-- One server serves the file, and goes on doing so when another file of the project is opened.
local steps = dofile(vim.fs.dirname(vim.env.SCRIPT) .. "/steps.lua")

steps.run(function()
  local function are_ready()
    local clients = vim.lsp.get_clients({ name = "plimsoll" })
    return #clients > 0 and #vim.tbl_filter(function(client) return client.initialized end, clients) == #clients
  end
  for _, file in ipairs({ vim.fn.expand("%"), "src/server/app.ts" }) do
    vim.cmd.edit(file)
    steps.wait("no server", are_ready)
    -- A second one would start within a moment.
    vim.wait(500)
    local clients = vim.lsp.get_clients({ name = "plimsoll" })
    if #clients ~= 1 then
      local roots = vim.tbl_map(function(client) return client.config.root_dir end, clients)
      steps.fail("there are servers for " .. table.concat(roots, " and "))
    end
  end
  steps.leave()
end)
