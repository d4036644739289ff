/* idempotency.h -- requests that must not happen twice: the answers given under an Idempotency-Key, kept in a table.
 *
 * Whoever puts the row in works on it; others wait for its answer. A row whose worker is gone is taken over once its
 * time is up. A handler with a transaction of its own stores the answer in it: then it has happened exactly when the
 * answer is there.
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
	const char	*hash;		/* of what was asked */
	const char	*owner;		/* this request: unique */
	int64_t		 work_ms;	/* the longest it may take */
};
struct idempotency_answer {
	int		 status;
	const char	*type;
	struct str	 body;
};

/* The hash of a method, a path and a body into `out`; returns `out`. Pure. */
char	*idempotency_hash(char out[IDEMPOTENCY_HASH_BYTES], const char *method, struct str path, struct str body);
/* A UUID that follows from the key, its scope and what was asked, into `out`; returns `out`. What is made under such an
 * id is made once, whoever takes the request over. Pure. */
char	*idempotency_uuid(char out[UUID_TEXT_BYTES], const struct idempotency *i);
/* Ask for the right to do it. *mine: do it, then store or drop; else *out is the answer given before. Yields while
 * another works on it. 0, E_IDEMPOTENCY (the key was used for something else), E_IN_PROGRESS (it takes too long), or as
 * pg_query. */
int	 idempotency_begin(struct arena *mem, const struct idempotency *i, bool *mine, struct idempotency_answer *out);
/* Store the answer, in a transaction or alone. Yields. Errors as pg_query; E_CONFLICT when somebody else has taken it
 * over. */
int	 idempotency_store(struct pg *pg, struct arena *mem, const struct idempotency *i,
    const struct idempotency_answer *a);
/* It did not happen: whoever asks again may do it. Yields. Errors as pg_query. */
int	 idempotency_drop(const struct idempotency *i);

#endif
