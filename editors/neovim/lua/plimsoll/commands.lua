-- What `:Plimsoll` does.
local plimsoll = require("plimsoll")

local M = {}

-- How long the server may take to prove the fixes of a file.
local PATIENCE = 5000

local function say(message, level)
  vim.notify("plimsoll: " .. message, level or vim.log.levels.INFO)
end

--- The client of the current buffer, or nothing, having said so.
local function client_here()
  local client = plimsoll.clients(0)[1]
  if not client then
    say("the server does not read this buffer; `:checkhealth plimsoll` says more", vim.log.levels.WARN)
  end
  return client
end

local function is_ours(diagnostic)
  return diagnostic.source == "plimsoll"
end

--- The rules of what was found in the current line, else in the current buffer.
local function rules_here()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = vim.tbl_filter(is_ours, vim.diagnostic.get(0, { lnum = line }))
  if #found == 0 then
    found = vim.tbl_filter(is_ours, vim.diagnostic.get(0))
  end
  local rules = {}
  for _, diagnostic in ipairs(found) do
    if not vim.tbl_contains(rules, diagnostic.code) then
      table.insert(rules, diagnostic.code)
    end
  end
  return rules
end

local subcommands = {}

--- Says what a rule is about: the one that is named, else that of the finding here.
function subcommands.explain(rule)
  local client = client_here()
  if not client then
    return
  end
  if rule then
    return plimsoll.explain(client, rule)
  end
  local rules = rules_here()
  if #rules == 0 then
    return say("there is no finding here; name a rule: `:Plimsoll explain missing-timeout`")
  elseif #rules == 1 then
    return plimsoll.explain(client, rules[1])
  end
  vim.ui.select(rules, { prompt = "Explain" }, function(chosen)
    if chosen then
      plimsoll.explain(client, chosen)
    end
  end)
end

--- Lists the findings of all files that the server has told of.
function subcommands.findings()
  local found = vim.tbl_filter(is_ours, vim.diagnostic.get())
  if #found == 0 then
    return say("nothing was found in the files that are open")
  end
  vim.fn.setqflist({}, " ", { title = "Plimsoll", items = vim.diagnostic.toqflist(found) })
  vim.cmd("botright copen")
end

--- Applies every safe fix of the current buffer.
function subcommands.fix()
  local client = client_here()
  if not client then
    return
  end
  local bufnr = vim.api.nvim_get_current_buf()
  local function ask(method, params)
    local answer, failure
    if vim.fn.has("nvim-0.11") == 1 then
      answer, failure = client:request_sync(method, params, PATIENCE, bufnr)
    else
      answer, failure = client.request_sync(method, params, PATIENCE, bufnr)
    end
    failure = failure or answer and answer.err and answer.err.message
    if failure then
      say(failure, vim.log.levels.ERROR)
    end
    return not failure and answer.result or nil
  end
  local last = vim.api.nvim_buf_line_count(bufnr)
  local actions = ask("textDocument/codeAction", {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = { start = { line = 0, character = 0 }, ["end"] = { line = last, character = 0 } },
    context = { only = { "source.fixAll.plimsoll" }, diagnostics = {} },
  })
  local action = actions and actions[1]
  if not action then
    return actions and say("no safe fix in this file: the quick fix at a finding may know one to be reviewed")
  end
  if not action.edit then
    action = ask("codeAction/resolve", action)
  end
  if action and action.edit then
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
end

--- Opens the log, which the server's own messages end in.
function subcommands.log()
  vim.cmd.edit(vim.fn.fnameescape(require("vim.lsp.log").get_filename()))
end

--- Stops the server and starts it again.
function subcommands.restart()
  plimsoll.restart()
end

local names = vim.tbl_keys(subcommands)
table.sort(names)

function M.run(arguments)
  local subcommand = subcommands[arguments[1]]
  if not subcommand then
    local asked = arguments[1] and ("there is no `:Plimsoll " .. arguments[1] .. "`: it is one of ") or "say which: "
    return say(asked .. table.concat(names, ", "), vim.log.levels.WARN)
  end
  subcommand(unpack(arguments, 2))
end

function M.complete(lead, line)
  local words = vim.split(line, "%s+", { trimempty = true })
  local is_first = #words < 2 or #words == 2 and lead ~= ""
  local all = is_first and names or words[2] == "explain" and rules_here() or {}
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, all)
end

return M
