-- One of the tasks of a caller, both at random.
dofile("common.lua")

function init(args)
  start(args, { [200] = true })
end

function request()
  return get_one(any(callers))
end
