/* idempotency.h -- requests that must take effect once: answers stored under their Idempotency-Key.
 *
 * The request that inserts the row does the work; duplicates wait for its answer. A row whose request died is taken
 * over once its time is up. A handler with a transaction of its own stores the answer within it: effect and answer
 * then commit together.
 */
#ifndef CORE_IDEMPOTENCY_H
#define CORE_IDEMPOTENCY_H

#include "base/digest.h"
#include "link/pg.h"

enum { IDEMPOTENCY_HASH_BYTES = DIGEST_TEXT_BYTES, IDEMPOTENCY_ANSWER_MAX = 262144 };

struct idempotency {
	const char	*scope;		/* "user:<id>" or "ip:<client>" */
	const char	*key;
	const char	*user;		/* NULL: anonymous */
	const char	*hash;		/* of method, path and body */
	const char	*owner;		/* this attempt: unique */
	int64_t		 work_ms;	/* the longest that the work may take */
};
struct idempotency_answer {
	int		 status;
	const char	*type;
	struct str	 body;
};

/* The hash of a method, a path and a body into `out`; returns `out`. Pure. */
char	*idempotency_hash(char out[IDEMPOTENCY_HASH_BYTES], const char *method, struct str path, struct str body);
/* A UUID derived from scope, key and hash, into `out`; returns `out`. Rows inserted under this id exist once, even
 * when another request takes the work over. Pure. */
char	*idempotency_uuid(char out[UUID_TEXT_BYTES], const struct idempotency *i);
/* Claims the key. *claimed: the caller does the work, then stores or drops; else *out is the stored answer. Yields,
 * while another request holds the key too. 0, E_IDEMPOTENCY (the key was used for another request), E_IN_PROGRESS (the
 * other takes too long), or as pg_query. */
int	 idempotency_begin(struct arena *mem, const struct idempotency *i, bool *claimed,
    struct idempotency_answer *out);
/* Stores the answer, in a transaction or on its own. Yields. Errors as pg_query; E_CONFLICT when another request has
 * taken the key over. */
int	 idempotency_store(struct pg *pg, struct arena *mem, const struct idempotency *i,
    const struct idempotency_answer *a);
/* Releases the key: the work was not done, the next attempt may do it. Yields. Errors as pg_query. */
int	 idempotency_drop(const struct idempotency *i);

#endif
