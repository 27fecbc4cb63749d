-- An application of another worker to another job with every request (bench/pairs.py says which).
-- Arguments: the file of the workers' tokens, the first number, the number of jobs, what job ids begin with.
dofile("bench/summary.lua")
local tokens, number, jobs, prefix = {}, 0, 0, ""

function init(arguments)
  for token in io.lines(arguments[1]) do
    tokens[#tokens + 1] = token
  end
  number, jobs, prefix = tonumber(arguments[2]), tonumber(arguments[3]), arguments[4]
end

function request()
  local job = number % jobs
  local worker = (number + math.floor(number / jobs)) % #tokens
  local path = string.format("/v1/jobs/%s%012x/applications", prefix, job)
  local headers = {
    ["Authorization"] = "Bearer " .. tokens[worker + 1],
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = string.format("bench-%d", number),
  }
  number = number + 1
  return wrk.format("POST", path, headers, '{"note":"Tôi có hai năm kinh nghiệm may chuyền."}')
end
