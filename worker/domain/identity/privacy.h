/* privacy.h -- a person's stored data: export, erasure and anonymisation.
 *
 * privacy_tables[] has a row for every table with a column that names a user; a test finds missing ones. Erasure is
 * one transaction over all of them; keys in Redis are deleted after it, or expire.
 */
#ifndef IDENTITY_PRIVACY_H
#define IDENTITY_PRIVACY_H

#include "base/arena.h"
#include "base/buf.h"
#include "link/pg.h"

enum privacy_how { PRIVACY_ERASE, PRIVACY_ANONYMISE };
struct privacy_table {
	const char		*table, *column;	/* the column that names the user */
	enum privacy_how	 how;
	const char		*what;			/* what it holds of the user, and what erasure does to it */
	struct pg_stmt		 export;		/* opens the cursor "export"; $1 the user */
	struct pg_stmt		 forget;		/* $1 the user */
};
extern struct privacy_table privacy_tables[];		/* in the order of erasure; ends with a NULL table */

/* Hands everything stored of the user to `put`, piece by piece, as NDJSON: {"store":"users","row":{…}} a line, without
 * hashes of secrets. Memory use does not grow with the data. Yields. Errors as pg_query and redis_cmd, or as `put`. */
typedef int	 privacy_put(void *arg, struct str text);
int	 privacy_export(struct arena *mem, const char *user, privacy_put *put, void *arg);

struct privacy_outcome {
	int64_t	 erased, anonymised;	/* rows */
};
/* Ends the user's sessions, tokens and keys, then erases or anonymises every row, and records it, in one transaction.
 * Idempotent. Yields. Errors as pg_query and redis_cmd: then nothing was erased. */
int	 privacy_forget(struct arena *mem, const char *user, const char *ip, struct privacy_outcome *out);

#endif
