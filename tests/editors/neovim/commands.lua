-- Has `:Plimsoll` do all it can, and `:checkhealth` and `:help` of the plugin.
local steps = dofile(vim.fs.dirname(vim.env.SCRIPT) .. "/steps.lua")
local rule = "leaked-timer"

local function text_of(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false), "\n")
end

local function holds(text, ...)
  for _, part in ipairs({ ... }) do
    if not text:find(part, 1, true) then
      steps.fail("there is no " .. part .. " in:\n" .. text)
    end
  end
end

--- The page of a rule opens in a window of its own, which `q` closes.
local function is_explained(how)
  local windows = #vim.api.nvim_list_wins()
  local messages = vim.fn.execute("messages")
  how()
  steps.wait("no page opens", function() return vim.bo.filetype == "markdown" end)
  holds(text_of(), "# " .. rule, "## Bad")
  if vim.fn.execute("messages") ~= messages then
    steps.fail("the rule is explained twice")
  end
  vim.cmd.normal({ "q" })
  if #vim.api.nvim_list_wins() ~= windows then
    steps.fail("the page stays")
  end
end

steps.run(function()
  local file = vim.api.nvim_get_current_buf()
  steps.wait("no diagnostic", function() return #steps.of_rule(rule) > 0 end)
  local found = steps.of_rule(rule)[1]
  local function go_there()
    vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  end

  vim.cmd.helptags("ALL")
  vim.cmd.help("plimsoll.setup()")
  holds(text_of(), "Plimsoll marks")
  vim.cmd.helpclose()

  vim.cmd.checkhealth("plimsoll")
  local health = text_of()
  holds(health, "plimsoll 0.", "reads 1 buffer", "configured by")
  if health:find("ERROR") or health:find("WARNING") then
    steps.fail(health)
  end
  vim.cmd.bwipeout()
  vim.cmd.buffer(file)

  holds(table.concat(vim.fn.getcompletion("Plimsoll ", "cmdline"), " "), "explain findings fix log restart")
  go_there()
  is_explained(function() vim.cmd("Plimsoll explain") end)
  is_explained(function() vim.cmd("Plimsoll explain " .. rule) end)
  steps.choose("Explain")
  is_explained(function() vim.lsp.buf.code_action() end)

  vim.cmd("Plimsoll findings")
  holds(text_of(), "OrderStatus.tsx", "setInterval")
  vim.cmd.cclose()

  vim.cmd("Plimsoll log")
  holds(vim.api.nvim_buf_get_name(0), "lsp.log")
  vim.cmd.buffer(file)

  local before = vim.lsp.get_clients({ bufnr = file })[1].id
  vim.cmd("Plimsoll restart")
  steps.wait("the server does not start again", function()
    local client = vim.lsp.get_clients({ bufnr = file })[1]
    return client and client.id ~= before and #steps.of_rule(rule) > 0
  end)

  -- A line above the function leads to the finding.
  require("plimsoll").setup({ code_lens = true })
  local function lens()
    return vim.iter(vim.lsp.codelens.get(vim.fn.has("nvim-0.12") == 1 and { bufnr = file } or file)):find(function(lens)
      return (lens.lens or lens).command.title:find(rule, 1, true)
    end)
  end
  steps.wait("there is no lens", lens)
  local shown = lens()
  vim.api.nvim_win_set_cursor(0, { (shown.lens or shown).range.start.line + 1, 0 })
  vim.lsp.codelens.run()
  steps.wait("the lens does not lead to the finding", function()
    return vim.api.nvim_win_get_cursor(0)[1] == found.lnum + 1
  end)
  steps.wait("the finding does not open", function() return #vim.api.nvim_list_wins() == 2 end)

  local tick = vim.api.nvim_buf_get_changedtick(file)
  vim.cmd("Plimsoll fix")
  if vim.api.nvim_buf_get_changedtick(file) == tick then
    steps.fail("no fix is applied")
  end
  vim.cmd.write()
  steps.leave()
end)
