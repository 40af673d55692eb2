/**
 * Decides messages of one key by Redis' clock, whole: windows and verdicts change together or not at all.
 *
 * KEYS: log of the second, buckets of the minute, count of the day when that is limited, then the verdict of each
 * message.
 * ARGV: limits of the second, of the minute and of the UTC day (0: none), then how long each verdict is kept in
 * milliseconds.
 * Returns for each message `<refused by>:<left of the second>:<left of the minute>:<retry after>`, refused by being
 * `-`, `sec`, `min` or `day`.
 *
 * Both windows are lists of `<time>:<count>:<total>`: microseconds or the bucket's number, requests admitted then, and
 * all requests ever entered with this one. What a window holds is total of its tail less total before its head, so
 * entering and leaving touch the ends of the list alone. The day is `<day>:<count>`, days being those since 1970.
 */
export const DECIDE_SCRIPT = `
local SECOND, BUCKET, MINUTE, DAY = 1000000, 100000, 60000000, 86400000000
local perSecond, perMinute, perDay = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local keysAhead = perDay > 0 and 3 or 2
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local function read(key, index)
  local text = redis.call('LINDEX', key, index)
  if not text then return nil end
  local time, count, total = string.match(text, '^(%d+):(%d+):(%d+)$')
  return tonumber(time), tonumber(count), tonumber(total)
end

local function format(time, count, total)
  return string.format('%.0f:%.0f:%.0f', time, count, total)
end

-- A clock that was set back a little stands still until it has caught up; set back far, the windows begin anew.
local newest = read(KEYS[1], -1)
if newest and newest > now + SECOND then
  redis.call('DEL', KEYS[1], KEYS[2])
elseif newest and newest > now then
  now = newest
end
local bucket = math.floor(now / BUCKET)

local function held(key, hasLeft)
  local time, count, total = read(key, 0)
  while time and hasLeft(time) do
    redis.call('LPOP', key)
    time, count, total = read(key, 0)
  end
  if not time then return 0, nil, 0, 0 end
  local lastTime, lastCount, lastTotal = read(key, -1)
  return lastTotal - total + count, lastTime, lastCount, lastTotal
end

local second, _, _, secondTotal = held(KEYS[1], function(time) return now - time >= SECOND end)
local minute, lastBucket, lastCount, minuteTotal = held(KEYS[2], function(time)
  return now - (time + 1) * BUCKET >= MINUTE
end)

local function minuteRetry()
  local left, index = minute, 0
  local time, count = read(KEYS[2], 0)
  while time do
    left = left - count
    if left < perMinute then
      return math.max(1, math.min(60, math.ceil(((time + 1) * BUCKET + MINUTE - now) / SECOND)))
    end
    index = index + 1
    time, count = read(KEYS[2], index)
  end
  return 60
end

local today, countOfDay, dayRetry = math.floor(now / DAY), 0, 0
if perDay > 0 then
  local day, count = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+):(%d+)$')
  if day and tonumber(day) == today then countOfDay = tonumber(count) end
  dayRetry = math.ceil(((today + 1) * DAY - now) / SECOND)
end

local known = redis.call('MGET', unpack(KEYS, keysAhead + 1))
local decided, verdicts, admitted, retry = {}, {}, 0, nil
for index = 1, #known do
  local key = KEYS[index + keysAhead]
  local verdict = known[index] or decided[key]
  if not verdict then
    local isMinuteFull = minute >= perMinute
    local refusedBy, retryAfter = '-', 0
    if isMinuteFull then
      retry = retry or minuteRetry()
      refusedBy, retryAfter = 'min', retry
    elseif second >= perSecond then
      refusedBy, retryAfter = 'sec', 1
    end
    -- The limit is named whose room comes last.
    if perDay > 0 and countOfDay >= perDay and dayRetry >= retryAfter then
      refusedBy, retryAfter = 'day', dayRetry
    end
    if refusedBy == '-' then
      second, minute, countOfDay = second + 1, minute + 1, countOfDay + 1
      admitted = admitted + 1
    end
    verdict = string.format('%s:%.0f:%.0f:%.0f', refusedBy,
      math.max(0, perSecond - second), math.max(0, perMinute - minute), retryAfter)
    decided[key] = verdict
    redis.call('SET', key, verdict, 'PX', ARGV[index + 3])
  end
  verdicts[index] = verdict
end

if admitted > 0 then
  redis.call('RPUSH', KEYS[1], format(now, admitted, secondTotal + admitted))
  if lastBucket == bucket then
    redis.call('LSET', KEYS[2], -1, format(bucket, lastCount + admitted, minuteTotal + admitted))
  else
    redis.call('RPUSH', KEYS[2], format(bucket, admitted, minuteTotal + admitted))
  end
  redis.call('PEXPIRE', KEYS[1], 61000)
  redis.call('PEXPIRE', KEYS[2], 61000)
  if perDay > 0 then
    -- A second longer than the day, which a clock that stands still may last longer.
    local keepMs = dayRetry * 1000 + 1000
    redis.call('SET', KEYS[3], string.format('%.0f:%.0f', today, countOfDay), 'PX', keepMs)
  end
end
return verdicts
`;
