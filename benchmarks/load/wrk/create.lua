-- A new task of a caller at random.
dofile("common.lua")

function init(args)
  start(args, { [201] = true })
end

function request()
  return create(any(callers))
end
