-- One line that bench/load.py reads: requests, microseconds, p50, p99, answers of 400 and above, broken connections.
function done(summary, latency, requests)
  local broken = summary.errors
  print(string.format("SUMMARY %d %d %.0f %.0f %d %d", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), broken.status, broken.connect + broken.read + broken.write + broken.timeout))
end
