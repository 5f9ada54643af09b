-- What `:checkhealth plimsoll` says.
local M = {}

local health = vim.health

local function check_program(program)
  local path = vim.fn.exepath(program)
  if path == "" then
    return health.error("`" .. program .. "` is not on the PATH", {
      "run `cargo install --path server/plimsoll` in a checkout of Plimsoll, and start Neovim again",
      "or name the program: `require('plimsoll').setup({ cmd = { '/path/to/plimsoll', 'lsp' } })`",
    })
  end
  local started, result = pcall(function()
    return vim.system({ path, "--version" }, { text = true }):wait(5000)
  end)
  if not started or result.code ~= 0 then
    return health.error("`" .. path .. " --version` fails: " .. (started and result.stderr or result))
  end
  health.ok(vim.trim(result.stdout) .. " at " .. path)
end

function M.check()
  local plimsoll = require("plimsoll")
  local options = plimsoll.options()

  health.start("plimsoll: the program")
  local version = vim.version()
  health.ok(("Neovim %d.%d.%d"):format(version.major, version.minor, version.patch))
  if type(options.cmd) == "table" then
    check_program(options.cmd[1])
  else
    health.info("the server is started by a function")
  end

  health.start("plimsoll: the server")
  local clients = plimsoll.clients()
  if #clients == 0 then
    health.warn("no server runs", {
      "open a file of one of these types: " .. table.concat(options.filetypes, ", "),
      "`:Plimsoll log` shows what it said last",
    })
  end
  for _, client in ipairs(clients) do
    local root = client.root_dir or (client.config or {}).root_dir
    local buffers = #vim.tbl_keys(client.attached_buffers)
    health.ok(("reads %d buffer(s) of %s"):format(buffers, root or "no project"))
    local file = root and vim.fs.joinpath(root, "plimsoll.toml")
    if file and vim.uv.fs_stat(file) then
      health.info("configured by " .. file)
    end
  end
  if next(options.settings) then
    health.info("settings: " .. vim.inspect(options.settings))
  end
end

return M
