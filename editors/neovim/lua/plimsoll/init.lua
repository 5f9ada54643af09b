-- Starts the server for the files that it reads.
local M = {}

local NAME = "plimsoll"

---@class plimsoll.Options
local defaults = {
  -- How the server is started.
  cmd = { "plimsoll", "lsp" },
  -- The files it is started for.
  filetypes = { "typescript", "typescriptreact", "javascript", "javascriptreact", "rust", "prisma", "sql" },
  -- What the root of a project holds. The first one that is found wins, then the nearest folder.
  root_markers = { ".git", "plimsoll.toml", "package.json", "Cargo.toml" },
  -- The keys of plimsoll.toml; what a plimsoll.toml says wins.
  settings = {},
  -- Whether a line above each function with findings says so.
  code_lens = false,
}

local options = vim.deepcopy(defaults)
local has_config = vim.fn.has("nvim-0.11") == 1
local is_enabled = false

--- Plimsoll's clients, or that of one buffer.
---@param bufnr? integer
function M.clients(bufnr)
  return vim.lsp.get_clients({ name = NAME, bufnr = bufnr })
end

--- The options in force.
function M.options()
  return options
end

--- Requests go through here: up to 0.10 a client's methods take no `self`.
function M.request(client, method, params, handler, bufnr)
  if has_config then
    return client:request(method, params, handler, bufnr)
  end
  return client.request(method, params, handler, bufnr)
end

--- Has the server run one of its commands.
function M.execute(client, command, arguments, handler)
  local params = { command = command, arguments = arguments }
  local sent = M.request(client, "workspace/executeCommand", params, function(failure, result)
    if failure then
      vim.notify("plimsoll: " .. failure.message, vim.log.levels.ERROR)
    end
    handler(result)
  end, vim.api.nvim_get_current_buf())
  if not sent then
    handler(nil)
  end
end

--- Shows the page of a rule in a window of its own.
function M.explain(client, rule)
  M.execute(client, "plimsoll.explainRule", { rule }, function(page)
    if type(page) ~= "string" then
      return
    end
    vim.cmd("botright new")
    local buffer = vim.api.nvim_get_current_buf()
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(page, "\n"))
    vim.bo[buffer].buftype = "nofile"
    vim.bo[buffer].bufhidden = "wipe"
    vim.bo[buffer].swapfile = false
    vim.bo[buffer].modifiable = false
    vim.bo[buffer].filetype = "markdown"
    vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, desc = "Close" })
  end)
end

local function client_of(context)
  return vim.lsp.get_client_by_id(context.client_id)
end

local commands = {
  ["plimsoll.explainRule"] = function(command, context)
    M.explain(client_of(context), command.arguments[1])
  end,
  -- The server moves the cursor to the first of them; what they say is shown there.
  ["plimsoll.showFindings"] = function(command, context)
    M.execute(client_of(context), command.command, command.arguments, function()
      vim.schedule(vim.diagnostic.open_float)
    end)
  end,
}

local function refresh_lenses(bufnr)
  if vim.fn.has("nvim-0.12") == 1 then
    return vim.lsp.codelens.enable(true, { bufnr = bufnr })
  end
  local refresh = function()
    vim.lsp.codelens.refresh({ bufnr = bufnr })
  end
  local group = vim.api.nvim_create_augroup("plimsoll_lenses_" .. bufnr, {})
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "TextChanged" }, {
    group = group,
    buffer = bufnr,
    callback = refresh,
  })
  refresh()
end

local function on_attach(_, bufnr)
  if options.code_lens then
    refresh_lenses(bufnr)
  end
end

--- The client's configuration, of the options in force.
---@return vim.lsp.ClientConfig
function M.client()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  -- 0.10 shows lenses and does not say so.
  capabilities.textDocument.codeLens = capabilities.textDocument.codeLens or { dynamicRegistration = false }
  -- The page of a rule is shown here; the server need not tell what stands on it in short.
  capabilities.experimental = { plimsoll = { rulePages = true } }
  return {
    name = NAME,
    cmd = options.cmd,
    filetypes = options.filetypes,
    root_markers = options.root_markers,
    -- Given at the start, and whenever the server asks.
    init_options = next(options.settings) and options.settings or nil,
    settings = next(options.settings) and { [NAME] = options.settings } or nil,
    commands = commands,
    on_attach = on_attach,
    capabilities = capabilities,
  }
end

local has_told = false

-- Says once that there is no program to start, which Neovim says raw or not at all. Returns whether that is so.
local function tell_if_missing()
  local program = type(options.cmd) == "table" and options.cmd[1]
  if not program or vim.fn.executable(program) == 1 then
    has_told = false
    return false
  end
  if not has_told then
    has_told = true
    local what = "plimsoll: there is no program `" .. program .. "` to start; `:checkhealth plimsoll` says what to do"
    vim.notify(what, vim.log.levels.WARN)
  end
  return true
end

--- The root of the project that a buffer's file is of.
function M.root(bufnr)
  for _, marker in ipairs(options.root_markers) do
    local root = vim.fs.root(bufnr, marker)
    if root then
      return root
    end
  end
end

-- Up to 0.10 clients are started one by one.
local function start(bufnr)
  local is_file = vim.bo[bufnr].buftype == "" and vim.api.nvim_buf_is_loaded(bufnr)
  if is_file and vim.tbl_contains(options.filetypes, vim.bo[bufnr].filetype) and not tell_if_missing() then
    local client = M.client()
    client.root_dir = M.root(bufnr)
    vim.lsp.start(client, { bufnr = bufnr })
  end
end

local function start_all()
  if has_config then
    vim.api.nvim_create_autocmd("FileType", {
      group = vim.api.nvim_create_augroup("plimsoll", {}),
      pattern = options.filetypes,
      callback = function()
        tell_if_missing()
      end,
    })
    -- Drops what was read with earlier options.
    vim.lsp.config(NAME, {})
    return vim.lsp.enable(NAME)
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("plimsoll", {}),
    callback = function(event)
      start(event.buf)
    end,
  })
  vim.tbl_map(start, vim.api.nvim_list_bufs())
end

--- Starts the server for every file that it reads.
function M.enable()
  is_enabled = true
  start_all()
end

local function stop(client, by_force)
  if has_config then
    return client:stop(by_force)
  end
  client.stop(by_force)
end

--- Stops every server and starts it again for the files that are open.
function M.restart()
  for _, by_force in ipairs({ false, true }) do
    for _, client in ipairs(M.clients()) do
      stop(client, by_force)
    end
    vim.wait(2000, function()
      return #M.clients() == 0
    end, 10)
  end
  has_told = false
  tell_if_missing()
  start_all()
end

--- Merges options over the defaults. May be called any time: a server that runs is started again.
---@param given? plimsoll.Options
function M.setup(given)
  options = vim.tbl_deep_extend("force", vim.deepcopy(defaults), given or {})
  if #M.clients() > 0 then
    M.restart()
  elseif is_enabled then
    start_all()
  end
end

return M
