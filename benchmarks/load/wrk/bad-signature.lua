-- Well-formed tokens that somebody else signed: a thousand different ones, so that nothing on the way can take one for the one before.
dofile("common.lua")

function init(args)
  start(args, { [401] = true })
end

function request()
  return get_one(any(callers))
end
