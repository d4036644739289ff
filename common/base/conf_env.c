/* conf_env.c -- what each NODE_ENV means: the one place where environments are told apart. See conf.h. */
#include "conf.h"

#include <string.h>

#include "str.h"

static const struct {
	const char	*name;
	bool		 strict, capped, development;
} kinds[] = {
	{ .name = "development", .development = true },
	{ .name = "test" },
	{ .name = "staging", .strict = true },
	{ .name = "production", .strict = true, .capped = true },
};

void
conf_env_apply(struct conf *c)
{
	size_t i;

	for (i = 0; i < NELEM(kinds); i++)
		if (strcmp(kinds[i].name, c->env) == 0) {
			c->strict = kinds[i].strict;
			c->capped = kinds[i].capped;
			c->development = kinds[i].development;
		}
}
