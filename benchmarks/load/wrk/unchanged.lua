-- A list that the caller has already.
dofile("common.lua")

function init(args)
  start(args, { [304] = true })
end

function request()
  return unchanged(any(callers))
end
