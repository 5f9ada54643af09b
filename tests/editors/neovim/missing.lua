-- What is said where there is no program, once for all files and again when a restart is asked for.
local function said()
  local all = vim.api.nvim_exec2("messages", { output = true }).output
  local _, count = all:gsub("there is no program `/no/such/plimsoll` to start; `:checkhealth plimsoll`", "")
  return count, all
end

local function check(count)
  local found, all = said()
  if found ~= count then
    io.stderr:write(("said %d times, not %d: %s\n"):format(found, count, all))
    os.exit(1)
  end
end

check(1)
vim.cmd.edit("src/server/blog/posts.ts")
check(1)
vim.cmd("Plimsoll restart")
check(2)
os.exit(0)
