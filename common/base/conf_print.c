/* conf_print.c -- the configuration as text: its values, its part of the environment, its defaults. See conf.h. */
#include <string.h>

#include "conf.h"

void
conf_put_value(const struct conf *c, const struct conf_key *k, struct buf *out)
{
	const void *at = (const char *)c + k->offset;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:	buf_printf(out, "%lld", (long long)*(const int64_t *)at); break;
	case CONF_FLAG:	buf_str(out, *(const bool *)at ? "true" : "false"); break;
	case CONF_SECRET: buf_str(out, **(const char *const *)at ? "***" : ""); break;
	case CONF_TEXT:
	case CONF_PICK:	buf_str(out, *(const char *const *)at); break;
	}
}

void
conf_dump(const struct conf *c, struct buf *out)
{
	const struct conf_key *k;

	for (k = conf_keys; k->name != NULL; k++) {
		buf_printf(out, "%s=", k->name);
		conf_put_value(c, k, out);
		buf_byte(out, '\n');
	}
}

void
conf_dump_environment(char **env, struct buf *out)
{
	for (; *env != NULL; env++) {
		size_t n = strcspn(*env, "=");

		if (conf_is_key(*env, n) && strchr(*env, '\n') == NULL)
			buf_printf(out, "%s\n", *env);
	}
}

static void
dump_help(const struct conf_key *k, struct buf *out)
{
	buf_printf(out, "# %s", k->help);
	if (k->kind == CONF_INT)
		buf_printf(out, " [%lld..%lld]", (long long)k->min, (long long)k->max);
	if (k->kind == CONF_PICK)
		buf_printf(out, " [%s]", k->choices);
	if (k->kind == CONF_SECRET)
		buf_str(out, " (secret)");
	buf_printf(out, "%s\n#%s=%s\n\n", k->when == RESTART ? " (restart)" : "", k->name, k->def);
}

void
conf_dump_defaults(struct buf *out)
{
	const struct conf_key *k;

	buf_str(out, "# Dure's configuration: every key with its default. The environment wins over this file.\n"
	    "# So do .env and .env.{NODE_ENV} in the directory where Dure is started, the latter over the former.\n"
	    "# Keys marked (restart) need a new master; the others take effect on HUP (dure reload).\n"
	    "# Those marked (secret) may be read from a file of their own: JWT_SECRET_FILE=/run/secrets/jwt.\n"
	    "# A # behind a blank begins a comment, also behind a value.\n\n");
	for (k = conf_keys; k->name != NULL; k++)
		dump_help(k, out);
}
