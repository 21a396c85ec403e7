-- 100 changes from the middle of a caller's history.
dofile("common.lua")

function init(args)
  start(args, { [200] = true })
end

function request()
  return changes(any(callers))
end
