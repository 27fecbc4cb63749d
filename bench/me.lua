-- The same address for one worker after the other. Arguments: the file of their tokens.
dofile("bench/summary.lua")
local requests, position = {}, 0

function init(arguments)
  for token in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end
