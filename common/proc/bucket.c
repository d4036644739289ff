/* bucket.c -- token buckets in shared memory. See bucket.h.
 *
 * A word is a tag of 20 bits above a time of 44 bits: when the bucket will be full (GCRA, the "theoretical arrival
 * time"). Taking a token moves that time on by what one token takes to refill. Times count units of 32 us since the
 * table was made, so they last for 17 years. A word whose time has passed is free, whatever its tag.
 */
#include "bucket.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/str.h"

enum { SETS = 1 << 15, WAYS = 8, TAG_BITS = 20, TIME_BITS = 64 - TAG_BITS, UNIT_US = 32, TRIES = 16 };
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

struct table {
	uint64_t	 seed;
	int64_t		 began_us;
	uint64_t	 words[SETS][WAYS] __attribute__((aligned(64)));
};

static struct table *table;

void
bucket_create(void)
{
	void *p = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("cannot map the token buckets", JS("error", strerror(errno)));
	table = p;
	random_bytes(&table->seed, sizeof(table->seed));
	table->began_us = mono_us();
}

static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

/* A seeded hash, so that colliding names cannot be chosen. */
uint64_t
bucket_key(const void *p, size_t n, unsigned salt)
{
	uint64_t seed = table != NULL ? table->seed : 0, h = mix(seed ^ n ^ (uint64_t)salt << 32), w;
	const char *c = p;

	for (; n > 0; c += sizeof(w), n -= n < sizeof(w) ? n : sizeof(w)) {
		w = 0;
		memcpy(&w, c, n < sizeof(w) ? n : sizeof(w));
		h = mix(h ^ w) + seed;
	}
	return h;
}

static uint64_t
now_units(void)
{
	return (uint64_t)(mono_us() - table->began_us) / UNIT_US + 1;
}

static uint64_t
units_of_ms(int64_t ms)
{
	return (uint64_t)ms * 1000 / UNIT_US;
}

static int64_t
ms_of_units(uint64_t units)
{
	return (int64_t)((units * UNIT_US + 999) / 1000);
}

/* The word of this tag, else the one to take over: a full bucket's, or the nearest to being full. *seen: what it held.
 */
static uint64_t *
find_word(uint64_t key, uint64_t *seen)
{
	uint64_t *set = table->words[key % SETS], tag = key >> TIME_BITS, *best = NULL, w;
	int i;

	for (i = 0; i < WAYS; i++) {
		w = __atomic_load_n(&set[i], __ATOMIC_RELAXED);
		if (w >> TIME_BITS == tag && w != 0) {
			*seen = w;
			return &set[i];
		}
		if (best == NULL || (w & TIME_MASK) < (*seen & TIME_MASK)) {
			best = &set[i];
			*seen = w;
		}
	}
	return best;
}

static uint64_t
time_in(uint64_t word, uint64_t key)
{
	return word >> TIME_BITS == key >> TIME_BITS ? word & TIME_MASK : 0;
}

static bool
replace(uint64_t *word, uint64_t seen, uint64_t key, uint64_t time)
{
	return __atomic_compare_exchange_n(word, &seen, (key >> TIME_BITS) << TIME_BITS | (time & TIME_MASK), false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void
bucket_take(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out)
{
	uint64_t per = units_of_ms(rate->per_ms), each = per / (uint64_t)rate->tokens, now, full, seen, *word;
	int i;

	*out = (struct bucket_level){ .taken = true, .left = rate->tokens - 1, .retry_ms = 0, .full_ms = 0 };
	if (table == NULL)
		return;
	each = each > 0 ? each : 1;
	now = now_units();
	for (i = 0; i < TRIES; i++) {
		word = find_word(key, &seen);
		full = time_in(seen, key);
		full = full > now ? full : now;
		out->taken = full + each <= now + per;
		if (!out->taken || replace(word, seen, key, full + each))
			break;
	}
	full += out->taken ? each : 0;
	out->left = full >= now + per ? 0 : (int64_t)((now + per - full) / each);
	out->retry_ms = out->taken ? 0 : ms_of_units(full + each - now - per);
	out->full_ms = ms_of_units(full - now);
}

void
bucket_look(uint64_t key, const struct bucket_rate *rate, struct bucket_level *out)
{
	uint64_t per = units_of_ms(rate->per_ms), each = per / (uint64_t)rate->tokens, now, full, seen;

	*out = (struct bucket_level){ .taken = true, .left = rate->tokens, .retry_ms = 0, .full_ms = 0 };
	if (table == NULL)
		return;
	each = each > 0 ? each : 1;
	now = now_units();
	(void)find_word(key, &seen);
	full = time_in(seen, key);
	full = full > now ? full : now;
	out->taken = full + each <= now + per;
	out->left = full >= now + per ? 0 : (int64_t)((now + per - full) / each);
	out->retry_ms = out->taken ? 0 : ms_of_units(full + each - now - per);
	out->full_ms = ms_of_units(full - now);
}

void
bucket_drain(uint64_t key, const struct bucket_rate *rate, int64_t ms)
{
	uint64_t full, seen, *word;
	int i;

	if (table == NULL)
		return;
	full = now_units() + units_of_ms(rate->per_ms) + units_of_ms(ms);
	for (i = 0; i < TRIES; i++) {
		word = find_word(key, &seen);
		if (time_in(seen, key) >= full || replace(word, seen, key, full))
			break;
	}
}
