-- 80 reads, 20 writes of a hundred: get one 50, first page 30, create 10, toggle 5, update 5.
dofile("common.lua")

function init(args)
  start(args, { [200] = true, [201] = true })
end

function request()
  local caller = any(callers)
  local dice = math.random(100)

  if dice <= 50 then
    return get_one(caller)
  elseif dice <= 80 then
    return first_page(caller)
  elseif dice <= 90 then
    return create(caller)
  elseif dice <= 95 then
    return complete(caller)
  else
    return update(caller)
  end
end
