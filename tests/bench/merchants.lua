-- merchants.lua: what wrk's clients ask the merchant API, and how it went as one line of JSON. tests/bench/api.py runs it with
--   BENCH_ASK     create, create_with_sms, charge, read, list
--   BENCH_KEY     the merchant's API key        BENCH_SALT    new for each run: no id, order or Idempotency-Key comes again
--   BENCH_BILLING_KEY  what is charged          BENCH_REQUESTS  how many of each kind are in the store, read at random
local ask, salt = os.getenv("BENCH_ASK"), os.getenv("BENCH_SALT")
local billing_key, requests = os.getenv("BENCH_BILLING_KEY"), tonumber(os.getenv("BENCH_REQUESTS"))
local count = 0
local headers = { ["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY") }
local sending = { ["Authorization"] = headers["Authorization"], ["Content-Type"] = "application/json" }

local function create(sms)
	local body = string.format('{"customer_ref":"bench-%d","phone":"010%08d","product_name":"월간 구독","cycle":"monthly",'
	                           .. '"amount":{"total":53000,"currency":"KRW"},"expires_in_s":86400,"sms":"%s"}',
	                           count, (count + tonumber(salt)) % 100000000, sms)
	return wrk.format("POST", "/v1/registrations", sending, body)
end

local asks = {
	create = function() return create("skip") end,
	create_with_sms = function() return create("send") end,
	charge = function()
		local body = string.format('{"order_id":"bench-%s-%d","billing_key":"%s","order_name":"월간 구독","consent":"skip",'
		                           .. '"amount":{"total":53000,"currency":"KRW"}}', salt, count, billing_key)
		return wrk.format("POST", "/v1/payments", sending, body)
	end,
	read = function()
		local kind = count % 2 == 0 and "/v1/registrations/reg_" or "/v1/payments/pay_"
		return wrk.format("GET", string.format("%s%026d", kind, math.random(0, requests - 1)), headers)
	end,
	list = function() return wrk.format("GET", "/v1/payments?limit=20&status=approved", headers) end,
}

function init(args)
	math.randomseed(tonumber(salt))
end

function request()
	count = count + 1
	sending["Idempotency-Key"] = salt .. "-" .. ask .. "-" .. count
	return asks[ask]()
end

local told = false
-- Kept in the thread; the first refusal says what is wrong with the bench.
function response(status, _, body)
	if status >= 300 and not told then
		told = true
		io.stderr:write(status, " ", body, "\n")
	end
end

function done(summary, latency)
	print(string.format('{"requests": %d, "seconds": %.3f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}',
	                    summary.requests, summary.duration / 1e6, summary.errors.status,
	                    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
	                    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
