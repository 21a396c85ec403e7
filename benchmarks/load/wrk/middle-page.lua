-- The 50 tasks behind the one in the middle of a caller's list.
dofile("common.lua")

function init(args)
  start(args, { [200] = true })
end

function request()
  return middle_page(any(callers))
end
