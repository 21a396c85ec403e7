-- What the workloads share. Each line of a callers file: user, token, and the ids of the user's tasks, separated by tabs.

callers = {}

-- args: the callers file, and "check" to look at every status; that costs too much where wrk itself must not be the limit.
function start(args, expects)
  for line in io.lines(args[1]) do
    local fields = {}
    for field in line:gmatch("[^\t]+") do
      fields[#fields + 1] = field
    end

    local bearer = "Bearer " .. fields[2]
    local ids = {}
    for i = 3, #fields do
      ids[#ids + 1] = fields[i]
    end

    callers[#callers + 1] = {
      tasks = "/api/" .. fields[1] .. "/tasks",
      changes = "/api/" .. fields[1] .. "/changes",
      headers = { ["Authorization"] = bearer },
      json_headers = { ["Authorization"] = bearer, ["Content-Type"] = "application/json" },
      ids = ids,
      texts = {},
    }
  end

  if args[2] == "check" then
    response = function(status)
      if not expects[status] then
        io.stderr:write("An answer has the status " .. status .. ".\n")
        os.exit(1)
      end
    end
  end
end

function any(list)
  return list[math.random(#list)]
end

-- A request is formatted once for each caller, and split where the id goes: one CPU has to feed 32 connections.
function on_one(caller, method, suffix, headers, body)
  local key = method .. suffix
  local text = caller.texts[key]
  if not text then
    local before, behind = wrk.format(method, caller.tasks .. "/@" .. suffix, headers, body):match("^(.-)@(.*)$")
    text = { before, behind }
    caller.texts[key] = text
  end

  return text[1] .. any(caller.ids) .. text[2]
end

function on_all(caller, method, query, headers, body)
  local key = method .. query
  local text = caller.texts[key] or wrk.format(method, caller.tasks .. query, headers, body)
  caller.texts[key] = text

  return text
end

function get_one(caller)
  return on_one(caller, "GET", "", caller.headers)
end

function first_page(caller)
  return on_all(caller, "GET", "?limit=50", caller.headers)
end

function middle_page(caller)
  return on_all(caller, "GET", "?limit=50&after=" .. caller.ids[math.ceil(#caller.ids / 2)], caller.headers)
end

-- The seed numbers a user's tasks from 1.
function changes(caller)
  local text = caller.texts.changes
    or wrk.format("GET", caller.changes .. "?limit=100&since=" .. math.ceil(#caller.ids / 2), caller.headers)
  caller.texts.changes = text

  return text
end

function unchanged(caller)
  local headers = { ["Authorization"] = caller.headers["Authorization"], ["If-None-Match"] = '"' .. #caller.ids .. '"' }

  return on_all(caller, "GET", "?limit=49", headers)
end

function create(caller)
  return on_all(caller, "POST", "", caller.json_headers,
    '{"title":"Water the plants on the balcony","description":"Not the cactus, it had some last week."}')
end

function complete(caller)
  return on_one(caller, "PATCH", "/complete", caller.headers)
end

function update(caller)
  return on_one(caller, "PUT", "", caller.json_headers,
    '{"title":"Water the plants, all of them","description":"The cactus too.","completed":true}')
end

-- One line for the driver: counts, and times in microseconds.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
