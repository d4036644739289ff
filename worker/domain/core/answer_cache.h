/* answer_cache.h -- a read-through cache of answers: this process (link/near.h), then Redis, then the database.
 *
 * Misses of one key make one query. Within a process, concurrent callers share one flight; between processes and
 * hosts, the first puts a mark under the key and the others wait for the value that replaces it. A writer sets or
 * deletes the key after its commit, which removes the mark too: an answer read before the change is still handed to
 * the callers that wait for it, but never cached. An unknown id is cached too, as `null`, for CACHE_NEGATIVE_TTL.
 * Without Redis every process queries for itself.
 */
#ifndef CORE_ANSWER_CACHE_H
#define CORE_ANSWER_CACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct answer {
	struct str	 value;
	/* HTTP status; an answer other than 200 goes to all waiting callers but is not cached */
	int		 status;
	bool		 passing;	/* set by `make`: do not cache this answer, whatever its status */
	bool		 cached;	/* a cache held it: the database was not queried */
};
/* Makes the answer about `id` from the database, in `mem`. Yields. E_NOT_FOUND: the id is unknown, which is cached. */
typedef int answer_fn(struct arena *mem, const char *id, struct answer *out);

/* Finds the answer cached under `key`, or makes it and caches it for at most `ttl_s`. Does not yield when this process
 * holds it: `out->value` is then valid until the caller yields; otherwise it is in `mem`. Errors as `make`, and
 * E_NOT_FOUND; a failure of Redis is none. */
int	 answer_find(struct arena *mem, const char *key, int64_t ttl_s, answer_fn *make, const char *id,
    struct answer *out);
/* The cached half of answer_find: false when nothing is cached; else *rc is 0 or E_NOT_FOUND, and *out as above. */
bool	 answer_kept(const char *key, struct answer *out, int *rc);
/* The value cached under `key`, never made: p NULL when there is none, or only a mark or `null`. Yields as above. */
struct str answer_peek(const char *key);

/* Whether a cached value is a mark, or the `null` of an unknown id. */
bool	 answer_is_mark(struct str value);
bool	 answer_is_absence(struct str value);
/* A time to live of at most `ttl_s` seconds, at least 1, shortened at random by up to CACHE_TTL_JITTER, so that keys
 * cached together do not expire together. */
int64_t	 answer_ttl(int64_t ttl_s);

#endif
