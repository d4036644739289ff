/* issuer_keys.c -- fetches and holds the keys of another issuer. See issuer_keys.h. Yields: issuer_keys_wait. */
#include "issuer_keys.h"

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "jwk.h"
#include "link/redis.h"
#include "link/web.h"
#include "run/co.h"
#include "run/loop.h"

enum { ANSWER_MAX = 262144, WAITING_MAX = 256, FIRST_RETRY_MS = 1000, STORED_S = 7 * 86400 };

static struct {
	struct jwk_set	 set;
	uint64_t	 hash;			/* of the text that the set was read from */
	unsigned	 generation;
	bool		 fetching;
	int64_t		 begun_ms, retry_ms;	/* of the last fetch; before the next one after a failure */
	int		 waiting;
	struct co_gate	 done;
	struct loop_timer timer;
} self;

static bool
use_answer(struct str text)
{
	uint64_t hash = hash_bytes(text.p, text.n);
	struct jwk_set set;

	if (self.set.n > 0 && hash == self.hash)
		return true;
	if (!jwk_read(text, &set))
		return false;
	jwk_clear(&self.set);
	self.set = set;
	self.hash = hash;
	self.generation++;
	log_info("keys of the other issuer of tokens", JI("keys", set.n));
	return true;
}

static const char *
store_name(struct arena *mem)
{
	char name[DIGEST_TEXT_BYTES];

	digest_text(name, STR("auth:jwks"), "url", conf.auth_jwks_url, strlen(conf.auth_jwks_url));
	return arena_printf(mem, "auth:jwks:%s", name);
}

/* 0, or why there is no answer. */
static int
ask_issuer(struct str *text)
{
	static const char *const headers[] = { "Accept: application/json, application/jwk-set+json", NULL };
	struct web_call call = { .method = "GET", .url = conf.auth_jwks_url, .headers = headers,
	    .timeout_ms = conf.auth_jwks_timeout_ms, .answer_max = ANSWER_MAX };
	struct web_answer a;
	int rc = web_call(&call, &a);

	if (rc < 0)
		return rc;
	*text = a.body;
	return a.status == 200 ? 0 : E_DOWN;
}

static void
fetch_keys(void *arg)
{
	struct arena *mem = co_arena();
	struct str text;
	bool good;

	(void)arg;
	good = ask_issuer(&text) == 0 && use_answer(text);
	if (good) {
		redis_send("SET %s %b EX %d", store_name(mem), text.p, text.n, STORED_S);
	} else {
		log_warn("the keys of AUTH_JWKS_URL could not be fetched", JI("known", self.set.n));
		if (self.set.n == 0 && redis_get(store_name(mem), &text) == 0 && text.p != NULL)
			(void)use_answer(text);
	}
	self.retry_ms = good ? FIRST_RETRY_MS : 2 * self.retry_ms;
	self.fetching = false;
	/* not all processes at once */
	loop_timer_start(&self.timer, good ? conf.auth_jwks_refresh_s * (900 + (int64_t)(hash_keyed(&good, 1) % 200))
	    : self.retry_ms < conf.auth_jwks_cooldown_s * 1000 ? self.retry_ms
	    : conf.auth_jwks_cooldown_s * 1000, 0);
	co_gate_wake_all(&self.done);
}

static void
begin_fetch(void)
{
	if (self.fetching)
		return;
	self.fetching = true;
	self.begun_ms = loop_now_ms();
	co_spawn(fetch_keys, NULL, 0);
}

static void
on_timer(struct loop_timer *t)
{
	(void)t;
	begin_fetch();
}

void
issuer_keys_start(void)
{
	if (*conf.auth_jwks_url == '\0')
		return;
	self.retry_ms = FIRST_RETRY_MS;
	loop_timer_init(&self.timer, on_timer, NULL);
	loop_timer_start(&self.timer, 0, 0);
}

const struct signature_key *
issuer_keys_find(enum signature_alg alg, const char *kid)
{
	return jwk_find(&self.set, alg, kid);
}

unsigned
issuer_keys_generation(void)
{
	return self.generation;
}

int
issuer_keys_wait(void)
{
	int rc = 0;

	if (!self.fetching && loop_now_ms() - self.begun_ms < conf.auth_jwks_cooldown_s * 1000)
		return self.set.n > 0 ? E_TOKEN : E_DOWN;
	if (self.waiting >= WAITING_MAX)
		return E_BUSY;
	begin_fetch();
	self.waiting++;
	while (self.fetching && rc == 0)
		rc = co_gate_wait(&self.done, -1);
	self.waiting--;
	return rc < 0 ? rc : self.set.n > 0 ? 0 : E_DOWN;
}
