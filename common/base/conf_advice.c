/* conf_advice.c -- variables of other systems that Dure takes the place of, and what to set instead. See conf.h. */
#include "conf.h"

#include <string.h>

#include "str.h"

/* The first that fits counts: a name, or the beginning of one that ends with *. */
static const struct {
	const char	*name, *advice;
} foreign[] = {
	{ "SUPABASE_URL", "Dure asks PostgreSQL itself: set DATABASE_URL to the project's connection string" },
	{ "SUPABASE_DB_URL", "set DATABASE_URL to it" },
	{ "SUPABASE_DB_PASSWORD", "it belongs into DATABASE_URL, or into DB_PASSWORD" },
	{ "SUPABASE_JWT_SECRET", "set JWT_SECRET: Dure signs its own tokens with it, under its own claims" },
	{ "SUPABASE_ANON_KEY", "not needed: clients log in to Dure, or go without a token" },
	{ "SUPABASE_SERVICE_ROLE_KEY", "not needed: Dure has a role of its own in PostgreSQL, named in DATABASE_URL" },
	{ "SUPABASE_*", "not needed: Dure takes the place of Supabase's API, on the PostgreSQL of DATABASE_URL" },
	{ "DIRECT_URL", "not needed: `dure migrate` uses DATABASE_URL, which should name PostgreSQL itself" },
};

static bool
fits(const char *pattern, const char *name, size_t n)
{
	size_t m = strlen(pattern);

	return pattern[m - 1] == '*' ? n >= m - 1 && memcmp(pattern, name, m - 1) == 0
	    : n == m && memcmp(pattern, name, n) == 0;
}

const char *
conf_advice(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < NELEM(foreign); i++)
		if (fits(foreign[i].name, name, n))
			return foreign[i].advice;
	return NULL;
}
