/* fetch.c -- see fetch.h. Yields: fetch. */
#include "fetch.h"

#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/web.h"
#include "retry_delay.h"
#include "worker/domain/external/external_answer.h"
#include "worker/domain/external/quota.h"

enum { DELAY_MAX_MS = 60000, HEADERS_MAX = 6, NOT_MODIFIED = 304, OVERLOADED = 529 };

/* What an answer means for the call. */
enum verdict { ANSWERED, AGAIN, ENDED, FAILED };

static const struct {
	int		 from, to;	/* statuses */
	enum verdict	 verdict;
	int		 rc;
} judgements[] = {
	{ 200, 299, ANSWERED, 0 },
	{ 304, 304, ANSWERED, 0 },
	{ 401, 401, ENDED, E_FORBIDDEN },
	{ 403, 403, ENDED, E_FORBIDDEN },
	{ 404, 404, FAILED, E_NOT_FOUND },
	{ 408, 408, AGAIN, E_DOWN },
	{ 429, 429, AGAIN, E_RATE },
	{ 400, 499, FAILED, E_VALIDATION },
	{ 500, 599, AGAIN, E_DOWN },
	{ 0, 999, FAILED, E_DOWN },
};

/* A call under way, in its coroutine's arena. */
struct fetching {
	struct fetch_api	 *api;
	const struct fetch_ask	 *ask;
	const char		 *key;		/* of the cache; NULL: none */
	struct external_answer	  cached;
	struct web_answer	  answer;
};

static struct breaker_limit
breaker_limit(void)
{
	return (struct breaker_limit){ (int)conf.external_breaker_failures, conf.external_breaker_ms };
}

static void
tell_breaker(struct fetch_api *api, enum breaker_event event)
{
	struct breaker_limit limit = breaker_limit();
	enum breaker_state before = api->breaker.state;

	breaker_on(&api->breaker, event, &limit, mono_ms());
	metric_set(M_EXTERNAL_BREAKER, api->api, (int64_t)api->breaker.state);
	if (api->breaker.state == BREAKER_OPEN && before != BREAKER_OPEN)
		log_warn("external service is left alone", JS("api", external_api_name(api->api)),
		    JI("ms", limit.pause_ms));
	else if (api->breaker.state == BREAKER_CLOSED && before != BREAKER_CLOSED)
		log_info("external service answers again", JS("api", external_api_name(api->api)));
}

static bool
is_paused(const struct fetch_api *api)
{
	return mono_ms() < api->not_before_ms || !breaker_lets(&api->breaker, mono_ms());
}

static int
take_slot(struct fetch_api *api)
{
	int rc = 0;

	while (api->busy >= conf.external_parallel && rc == 0)
		rc = co_gate_wait(&api->slots, -1);
	if (rc < 0)
		return rc == E_TIMEOUT ? E_BUSY : rc;
	api->busy++;
	return 0;
}

static void
give_slot(struct fetch_api *api)
{
	api->busy--;
	co_gate_wake_one(&api->slots);
}

static const char *const *
headers_of(struct fetching *f)
{
	struct arena *mem = co_arena();
	const char **h = arena_alloc(mem, HEADERS_MAX * sizeof(*h));
	int n = 0;

	h[n++] = arena_printf(mem, "%s: %s", f->api->key_header, *f->api->key);
	if (f->api->more_header != NULL)
		h[n++] = f->api->more_header;
	if (f->ask->body.p != NULL)
		h[n++] = "Content-Type: application/json";
	if (*f->cached.etag != '\0')
		h[n++] = arena_printf(mem, "If-None-Match: %s", f->cached.etag);
	h[n] = NULL;
	return h;
}

static int64_t
attempt_ms(void)
{
	int64_t left = co_time_left();

	return left < conf.external_timeout_ms ? (left > 1 ? left : 1) : conf.external_timeout_ms;
}

static int
call_once(struct fetching *f)
{
	bool whole = strncmp(f->ask->path, "http", 4) == 0;
	struct web_call call = { .method = f->ask->method, .headers = headers_of(f), .body = f->ask->body,
	    .url = whole ? f->ask->path : arena_printf(co_arena(), "%s%s", *f->api->base, f->ask->path),
	    .timeout_ms = attempt_ms(), .answer_max = (size_t)conf.external_answer_bytes, .whole = true,
	    .take = f->ask->take, .arg = f->ask->arg };
	int rc;

	metric_add(M_API_USAGE, f->ask->endpoint, 1);
	tell_breaker(f->api, BREAKER_CALL);
	rc = web_call(&call, &f->answer);
	tell_breaker(f->api, rc == E_CANCELED                                                        ? BREAKER_GIVEN_UP
			     : (rc < 0 && rc != E_TOO_LARGE) || (rc == 0 && f->answer.status >= 500) ? BREAKER_FAILURE
												     : BREAKER_SUCCESS);
	return rc;
}

/* What to do after an attempt; *rc becomes the error of the call if it is not tried again. */
static enum verdict
judge(struct fetching *f, int *rc)
{
	size_t i;

	if (*rc == E_DOWN || *rc == E_TIMEOUT)
		return AGAIN;
	if (*rc < 0)
		return FAILED;
	for (i = 0; f->answer.status < judgements[i].from || f->answer.status > judgements[i].to; i++)
		;
	*rc = judgements[i].rc;
	if (f->answer.status == NOT_MODIFIED && f->cached.body.p == NULL)
		return *rc = E_DOWN, FAILED;
	if (f->answer.status == 429 && f->api->on_end != NULL && f->answer.retry_after == NULL)
		return *rc = E_FORBIDDEN, ENDED;
	return judgements[i].verdict;
}

/* Waits before the next attempt. A pause that the service asks for holds for all calls to it. Yields. */
static int
wait_turn(struct fetching *f, int attempt, int rc)
{
	int64_t asked_ms = rc == E_DOWN || rc == E_RATE ? retry_after_ms(f->answer.retry_after, now_ms())
	    : RETRY_AFTER_NONE, ms = asked_ms;
	uint64_t chance;

	random_bytes(&chance, sizeof(chance));
	if (asked_ms == RETRY_AFTER_NONE)
		ms = retry_delay_ms(attempt, conf.external_backoff_ms, DELAY_MAX_MS, chance);
	else if (f->api->not_before_ms < mono_ms() + asked_ms)
		f->api->not_before_ms = mono_ms() + asked_ms;
	if (ms >= co_time_left() || (ms > 0 && co_sleep(ms) < 0))
		return rc;
	return 0;
}

/* What was reserved for an attempt that the service surely did nothing for. */
static void
refund(struct fetching *f)
{
	int status = f->answer.status;

	if (f->api->free_refusals && f->ask->units > 0 && ((status >= 400 && status < 500) || status == OVERLOADED))
		(void)quota_settle(external_endpoints[f->ask->endpoint].bucket, -f->ask->units);
}

static int
attempt(struct fetching *f)
{
	int rc;

	f->answer = (struct web_answer){ 0 };
	if (is_paused(f->api)) {
		external_count(f->api->api, EXTERNAL_REFUSED);
		return E_BUSY;
	}
	if (f->ask->units > 0 &&
	    (rc = quota_reserve(external_endpoints[f->ask->endpoint].bucket, f->ask->units)) < 0) {
		external_count(f->api->api, EXTERNAL_REFUSED);
		return rc;
	}
	rc = call_once(f);
	refund(f);
	return rc;
}

static int
end_fetch(struct fetching *f, enum verdict verdict, int rc, struct fetch_answer *out)
{
	out->status = f->answer.status;
	out->body = f->answer.body;
	if (verdict == ENDED && f->api->on_end != NULL)
		f->api->on_end(arena_printf(co_arena(), "%d", f->answer.status));
	if (rc < 0) {
		external_count(f->api->api, EXTERNAL_FAILED);
		log_warn("external call failed", JS("api", external_api_name(f->api->api)),
		    JS("endpoint", external_endpoints[f->ask->endpoint].name), JI("status", f->answer.status),
		    JS("error", err_row(rc)->code));
		return rc;
	}
	external_count(f->api->api, EXTERNAL_OK);
	if (f->answer.status == NOT_MODIFIED) {
		out->status = 200;
		out->body = f->cached.body;
		out->cached = true;
	}
	if (f->key != NULL)
		external_answer_keep(co_arena(), f->key, f->answer.status != NOT_MODIFIED && f->answer.etag != NULL
		    ? f->answer.etag : f->answer.status == NOT_MODIFIED ? f->cached.etag : "", out->body,
		    f->ask->fresh_s);
	return 0;
}

static int
try_until_done(struct fetching *f, struct fetch_answer *out)
{
	enum verdict verdict;
	int n, rc;

	for (n = 0;; n++) {
		if ((rc = attempt(f)) < 0 && f->answer.status == 0 && (rc == E_BUSY || rc == E_RATE))
			return rc;
		verdict = judge(f, &rc);
		if (verdict != AGAIN || f->ask->once || n + 1 >= conf.external_attempts)
			break;
		external_count(f->api->api, EXTERNAL_RETRIED);
		if (wait_turn(f, n, rc) < 0)
			break;
	}
	return end_fetch(f, verdict, rc, out);
}

static int
fetch_within(struct fetch_api *api, const struct fetch_ask *ask, struct fetch_answer *out)
{
	struct fetching *f = arena_zalloc(co_arena(), sizeof(*f));
	int rc;

	*f = (struct fetching){ .api = api, .ask = ask, .cached = { .etag = "" } };
	*out = (struct fetch_answer){ 0 };
	if (ask->fresh_s > 0) {
		f->key = arena_printf(co_arena(), "%s%s", external_api_name(api->api), ask->path);
		external_answer_find(co_arena(), f->key, &f->cached);
		if (f->cached.fresh) {
			external_count(api->api, EXTERNAL_CACHED);
			*out = (struct fetch_answer){ .status = 200, .body = f->cached.body, .cached = true };
			return 0;
		}
	}
	if ((rc = take_slot(api)) < 0)
		return rc;
	rc = try_until_done(f, out);
	give_slot(api);
	return rc;
}

int
fetch(struct fetch_api *api, const struct fetch_ask *ask, struct fetch_answer *out)
{
	int64_t before;
	int rc;

	if (ask->limit_ms == 0)
		return fetch_within(api, ask, out);
	before = co_narrow(ask->limit_ms);
	rc = fetch_within(api, ask, out);
	co_widen(before);
	return rc;
}
