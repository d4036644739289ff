/* external_answer.h -- answers of external services, cached in Redis for all hosts, with their ETags.
 *
 * An answer is fresh for the time that its caller set; then it is kept for a month at most, to be asked for again by
 * its ETag. Without Redis nothing is cached.
 */
#ifndef EXTERNAL_EXTERNAL_ANSWER_H
#define EXTERNAL_EXTERNAL_ANSWER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct external_answer {
	bool		 fresh;
	const char	*etag;		/* "": none */
	struct str	 body;		/* p NULL: nothing is cached */
};
/* What is cached under `key` (no secret in it), in `mem`. Yields. */
void	 external_answer_find(struct arena *mem, const char *key, struct external_answer *out);
/* Caches it; only with an ETag longer than for `fresh_s`. Does not yield. */
void	 external_answer_keep(struct arena *mem, const char *key, const char *etag, struct str body, int64_t fresh_s);

#endif
