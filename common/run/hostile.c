/* hostile.c -- draws victims and calamities. See hostile.h. */
#include "hostile.h"

#ifdef HOSTILE
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

enum { LISTS_MAX = 8, PENDING_MAX = 64, ALL_MAX = 32, DELAY_MAX = 3, REPORT_EVERY = 500, TRIES = 2 };

struct pending {
	struct co	*victim;
	uint64_t	 wait;
	int		 turns;		/* until it strikes */
};

static struct {
	const struct calamity	*lists[LISTS_MAX];
	struct pending		 pending[PENDING_MAX];
	uint64_t		 state, waits, struck[ALL_MAX];
	int64_t			 until_ms, per_mille;
	uint32_t		 weight;
	int			 n_lists, n_pending;
	bool			 on;
} self;

static uint64_t
next_random(void)
{
	uint64_t z = self.state += 0x9e3779b97f4a7c15u;		/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t
hostile_below(uint32_t n)
{
	return n > 0 ? (uint32_t)(next_random() % n) : 0;
}

void
hostile_enlist(const struct calamity *list)
{
	if (self.n_lists == LISTS_MAX)
		bug("too many lists of calamities");
	self.lists[self.n_lists++] = list;
	for (; list->name != NULL; list++)
		self.weight += (uint32_t)list->weight;
}

static void
log_struck(void)
{
	const struct calamity *c;
	struct buf b = { 0 };
	int i, n = 0;

	buf_byte(&b, '{');
	for (i = 0; i < self.n_lists; i++)
		for (c = self.lists[i]; c->name != NULL; c++, n++)
			buf_printf(&b, "%s\"%s\":%llu", n > 0 ? "," : "", c->name, (unsigned long long)self.struck[n]);
	buf_byte(&b, '}');
	log_info("hostile", JI("waits", (int64_t)self.waits), JR("struck", ((struct str){ b.p, b.n })));
	buf_fini(&b);
}

static int64_t
number_of(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

void
hostile_start(const char *process)
{
	self.on = getenv("HOSTILE_SEED") != NULL;
	if (!self.on)
		return;
	self.state = (uint64_t)number_of("HOSTILE_SEED", 0) ^ hash_fast(process, strlen(process));
	self.per_mille = number_of("HOSTILE_PER_MILLE", 120);
	self.until_ms = number_of("HOSTILE_UNTIL", INT64_MAX);
	log_info("hostile scheduler", JI("seed", number_of("HOSTILE_SEED", 0)), JI("perMille", self.per_mille));
	atexit(log_struck);
}

bool
hostile_on(void)
{
	if (self.on && now_ms() > self.until_ms)
		self.on = false;
	return self.on;
}

void
hostile_wait(struct co *c, uint64_t wait)
{
	if (!hostile_on())
		return;
	if (++self.waits % REPORT_EVERY == 0)
		log_struck();
	if (hostile_below(1000) >= self.per_mille || self.n_pending == PENDING_MAX)
		return;
	self.pending[self.n_pending++] = (struct pending){ c, wait, (int)hostile_below(DELAY_MAX) };
}

/* Draw by weight; *n is the number among all. */
static const struct calamity *
draw_calamity(int *n)
{
	uint32_t at = hostile_below(self.weight);
	const struct calamity *c;
	int i;

	for (*n = i = 0; i < self.n_lists; i++) {
		for (c = self.lists[i]; c->name != NULL; c++, ++*n) {
			if (at < (uint32_t)c->weight)
				return c;
			at -= (uint32_t)c->weight;
		}
	}
	bug("calamities weigh less than all of them");
}

/* Try until one can strike, TRIES times at most. */
static void
strike_one(struct co *victim)
{
	int tries, n;

	for (tries = 0; tries < TRIES; tries++) {
		if (draw_calamity(&n)->strike(victim)) {
			self.struck[n]++;
			return;
		}
	}
}

void
hostile_strike(bool (*waits)(const struct co *c, uint64_t wait))
{
	int i, n = self.n_pending;

	self.n_pending = 0;
	for (i = 0; i < n; i++) {
		struct pending p = self.pending[i];

		if (!waits(p.victim, p.wait))
			continue;
		if (p.turns-- > 0)
			self.pending[self.n_pending++] = p;
		else
			strike_one(p.victim);
	}
}

bool
hostile_pending(void)
{
	return self.n_pending > 0;
}
#endif
