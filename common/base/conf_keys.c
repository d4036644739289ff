/* conf_keys.c -- the table of configuration keys, and finding one by its name or alias. See conf.h, conf_reading.h. */
#include "conf_reading.h"

#include <string.h>

const struct conf_key conf_keys[] = {
#define INT(key, field, def, min, max, when, help) \
	{ key, CONF_INT, offsetof(struct conf, field), def, min, max, NULL, when, help },
#define SPAN(key, field, def, min, max, when, help) \
	{ key, CONF_SPAN, offsetof(struct conf, field), def, min, max, NULL, when, help },
#define TEXT(key, field, def, when, help) { key, CONF_TEXT, offsetof(struct conf, field), def, 0, 0, NULL, when, help },
#define SECRET(key, field, def, when, help) { key, CONF_SECRET, offsetof(struct conf, field), def, 0, 0, NULL, when, \
help },
#define PICK(key, field, def, choices, when, help) \
	{ key, CONF_PICK, offsetof(struct conf, field), def, 0, 0, choices, when, help },
#define FLAG(key, field, def, when, help) { key, CONF_FLAG, offsetof(struct conf, field), def, 0, 0, NULL, when, help },
#include "conf.def"
#undef INT
#undef SPAN
#undef TEXT
#undef SECRET
#undef PICK
#undef FLAG
	{ 0 }
};

static const struct alias {
	const char	*alias, *name;
} aliases[] = {
	{ "DURE_ENV", "NODE_ENV" },
	{ "JWT_EXPIRATION", "JWT_EXPIRES_IN" },
	{ "JWT_REFRESH_EXPIRATION", "JWT_REFRESH_EXPIRES_IN" },
	{ "ALLOWED_ORIGINS", "CORS_ORIGINS" },
	{ 0 }
};

const struct conf_key *
conf_find_key(const char *name, size_t n)
{
	const struct alias *a;
	const struct conf_key *k;

	for (a = aliases; a->alias != NULL; a++)
		if (strlen(a->alias) == n && memcmp(a->alias, name, n) == 0)
			return conf_find_key(a->name, strlen(a->name));
	for (k = conf_keys; k->name != NULL; k++)
		if (strlen(k->name) == n && memcmp(k->name, name, n) == 0)
			return k;
	return NULL;
}

/* The secret that a variable KEY_FILE gives. */
const struct conf_key *
conf_find_secret(const char *name, size_t n)
{
	const size_t suffix = sizeof(CONF_SECRET_SUFFIX) - 1;
	const struct conf_key *k;

	if (n <= suffix || memcmp(name + n - suffix, CONF_SECRET_SUFFIX, suffix) != 0)
		return NULL;
	k = conf_find_key(name, n - suffix);
	return k != NULL && k->kind == CONF_SECRET ? k : NULL;
}

bool
conf_is_key(const char *name, size_t n)
{
	return conf_find_key(name, n) != NULL || conf_find_secret(name, n) != NULL ||
	    strncmp(name, CONF_KAFKA_PROP, sizeof(CONF_KAFKA_PROP) - 1) == 0;
}
