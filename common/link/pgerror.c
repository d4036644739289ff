/* pgerror.c -- maps SQLSTATEs to errors: one row a code or class, the first match wins. See pgconn.h. */
#include "base/err.h"
#include "pgconn.h"

static const struct {
	const char	*prefix;
	int		 rc;
} codes[] = {
	{ "23505", E_CONFLICT },	/* unique */
	{ "23P01", E_CONFLICT },	/* exclusion */
	{ "23502", E_VALIDATION },	/* not null */
	{ "23503", E_VALIDATION },	/* foreign key */
	{ "23514", E_VALIDATION },	/* check */
	{ "22", E_VALIDATION },		/* a value that its type refuses */
	{ "57014", E_TIMEOUT },		/* statement_timeout, or canceled */
	{ "57P", E_DOWN },		/* shutting down, starting up, terminated */
	{ "08", E_DOWN },		/* connection */
	{ "25006", E_DOWN },		/* read-only: a standby */
	{ "40", E_BUSY },		/* serialization, deadlock: try again */
	{ "53", E_BUSY },		/* out of connections, memory, disk */
	{ "55P03", E_BUSY },		/* lock not available */
	{ "26000", E_BUSY },		/* the prepared statement no longer exists; the connection is replaced */
	{ "42P01", E_SCHEMA },		/* no such table, column or function: a migration is missing */
	{ "42703", E_SCHEMA },
	{ "42883", E_SCHEMA },
	{ "0A000", E_BUSY },		/* an outdated cached plan: replaced likewise */
};

int
pg_error(const char *sqlstate)
{
	size_t i;

	if (sqlstate == NULL || *sqlstate == '\0')
		return E_DOWN;
	for (i = 0; i < NELEM(codes); i++)
		if (strncmp(sqlstate, codes[i].prefix, strlen(codes[i].prefix)) == 0)
			return codes[i].rc;
	return E_INTERNAL;
}
