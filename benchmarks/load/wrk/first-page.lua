-- The newest 50 tasks of a caller at random.
dofile("common.lua")

function init(args)
  start(args, { [200] = true })
end

function request()
  return first_page(any(callers))
end
