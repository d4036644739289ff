/* conf.c -- loads the configuration from all its sources; what the rest of Dure asks of it. See conf.h. */
#include "conf.h"

#include <string.h>

#include "conf_reading.h"
#include "err.h"

struct conf conf;

int
conf_load(struct conf *c, struct arena *mem, const char *file, const char *dir, char **env, const char **why)
{
	struct conf_reading s = { .mem = mem, .c = c, .file = "defaults" };
	const struct conf_key *k;
	int i;

	*c = (struct conf){ .kafka_props = "", .files = "" };
	for (k = conf_keys; k->name != NULL; k++)
		conf_set_value(&s, k, k->def);
	if (file != NULL)
		conf_read_file(&s, file, false);
	if (dir != NULL)
		conf_read_dotenv(&s, dir, env);
	conf_read_environment(&s, env);
	conf_check_whole(&s);
	for (i = 0; i < s.n_sources; i++)
		conf_check_source(&s, &s.sources[i]);
	*why = s.why;
	return s.why != NULL ? E_VALIDATION : 0;
}

bool
conf_auto(const char *choice)
{
	return *choice == 'a' ? conf.strict : *choice == 't';
}

/* libpq's quoting of a keyword value. */
static const char *
quote_keyword(struct arena *mem, const char *value)
{
	char *out = arena_alloc(mem, 2 * strlen(value) + 3), *o = out;

	*o++ = '\'';
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			*o++ = '\\';
		*o++ = *value;
	}
	*o++ = '\'';
	*o = '\0';
	return out;
}

const char *
conf_database(const struct conf *c, struct arena *mem)
{
	if (*c->database_url != '\0')
		return c->database_url;
	return arena_printf(mem, "host=%s port=%lld dbname=%s user=%s password=%s", quote_keyword(mem, c->db_host),
	    (long long)c->db_port, quote_keyword(mem, c->db_name), quote_keyword(mem, c->db_user),
	    quote_keyword(mem, c->db_password));
}
