/* answer_cache.h -- answers that are kept: in this process (link/near.h), in Redis, and made from the database when
 * neither has them.
 *
 * Misses of one key make one query. Within a process the first asks for all; between processes and hosts it first puts
 * its mark under the key, and the others wait for what replaces it. Whoever changes the row writes or deletes the key
 * after his commit, and so takes the mark away: what was read before the change is still given to those who asked, but
 * never kept. That nothing is known of an id is kept too, as `null`, for CACHE_NEGATIVE_TTL. Without Redis every
 * process asks for itself.
 */
#ifndef CORE_ANSWER_CACHE_H
#define CORE_ANSWER_CACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct answer {
	struct str	 value;
	int		 status;	/* HTTP status; not 200: `value` is passed on to all who asked but not kept */
	bool		 passing;	/* what `make` sets so as not to have it kept, whatever the status */
	bool		 cached;	/* it was there: no database was asked for it */
};
/* Make the answer about `id` from the database, in `mem`. Yields. E_NOT_FOUND: nothing is known of it, which is kept.
 */
typedef int answer_fn(struct arena *mem, const char *id, struct answer *out);

/* Find the answer kept under `key` for at most `ttl_s`, or have it made. Does not yield when this process holds it;
 * then `out->value` is valid until the caller yields, else it is in `mem`. Errors as `make`, and E_NOT_FOUND; never
 * Redis' own. */
int	 answer_find(struct arena *mem, const char *key, int64_t ttl_s, answer_fn *make, const char *id,
    struct answer *out);
/* The first half of it: whether an answer is kept; then *rc is 0 or E_NOT_FOUND, and *out as above. */
bool	 answer_kept(const char *key, struct answer *out, int *rc);
/* What is kept under `key`, without making it: p NULL when there is nothing, or nothing but a mark or `null`. Yields as
 * above. */
struct str answer_peek(const char *key);

/* Whether what is under a key is no answer but a mark, or says that nothing is known of the id. */
bool	 answer_is_mark(struct str value);
bool	 answer_is_absence(struct str value);
/* A life of at most `ttl_s` seconds, somewhat shorter by chance (CACHE_TTL_JITTER), so that what was kept together does
 * not go together. At least 1. */
int64_t	 answer_ttl(int64_t ttl_s);

#endif
