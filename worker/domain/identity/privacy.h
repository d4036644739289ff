/* privacy.h -- what is stored of a person: handed out, and erased or made anonymous.
 *
 * privacy_tables[] has a row for every table with a column that names a user; a test finds tables that are missing.
 * Forgetting is one transaction over all of them; Redis follows, and forgets the rest by itself.
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
	const char		*what;			/* of it is held, and what becomes of it */
	struct pg_stmt		 export;		/* opens the cursor "export"; $1 the user */
	struct pg_stmt		 forget;		/* $1 the user */
};
extern struct privacy_table privacy_tables[];		/* in the order of forgetting; ends with a NULL table */

/* Hand everything stored of the user to `put`, a piece at a time, as NDJSON: {"store":"users","row":{…}} a line,
 * without hashes of secrets, in memory that does not grow with it. Yields. Errors as pg_query and redis_cmd, or what
 * `put` says. */
typedef int	 privacy_put(void *arg, struct str text);
int	 privacy_export(struct arena *mem, const char *user, privacy_put *put, void *arg);

struct privacy_outcome {
	int64_t	 erased, anonymised;	/* rows */
};
/* End the user's sessions, tokens and keys, then erase or anonymise every row in one transaction with its security log.
 * Once more changes nothing. Yields. Errors as pg_query and redis_cmd: then nothing was erased. */
int	 privacy_forget(struct arena *mem, const char *user, const char *ip, struct privacy_outcome *out);

#endif
