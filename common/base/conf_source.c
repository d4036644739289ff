/* conf_source.c -- reads one source of the configuration after another: files, .env files, the environment.
 *
 * See conf_reading.h. */
#include "conf_reading.h"

#include <string.h>
#include <unistd.h>

#include "conf_file.h"
#include "conf_scan.h"
#include "err.h"
#include "log.h"

enum { FILE_BYTES = 1 << 20, KAFKA_PROP_N = sizeof(CONF_KAFKA_PROP) - 1 };

/* KAFKA_PROP_queue_buffering_max_ms=5 -> "queue.buffering.max.ms=5\n" */
static void
add_kafka_prop(struct conf_reading *s, const char *name, size_t n, const char *value)
{
	char *prop = arena_copy(s->mem, name, n), *c;

	for (c = prop; *c != '\0'; c++)
		*c = *c == '_' ? '.' : *c;
	s->c->kafka_props = arena_printf(s->mem, "%s%s=%s\n", s->c->kafka_props, prop, value);
}

/* KEY_FILE=path: the secret is what the file holds. */
static int
set_secret(struct conf_reading *s, const struct conf_key *k, const char *path)
{
	const char *why, *text, *name = arena_printf(s->mem, "%s%s", k->name, CONF_SECRET_SUFFIX);

	if (*path == '\0')
		return 0;
	if (s->given[k - conf_keys].plain)
		return conf_refuse(s, k->name, arena_printf(s->mem, "given twice, by %s too", name));
	s->given[k - conf_keys].file = true;
	if ((text = conf_file_secret(s->mem, path, &why)) == NULL)
		return conf_refuse(s, name, arena_printf(s->mem, "%s: %s", path, why));
	*(const char **)((char *)s->c + k->offset) = text;
	return 0;
}

/* KEY=value of one source, where a secret may be given by KEY_FILE instead: then KEY itself is empty. */
static int
set_key(struct conf_reading *s, const struct conf_key *k, const char *value)
{
	if (k->kind == CONF_SECRET && s->given[k - conf_keys].file)
		return *value == '\0' ? 0 : conf_refuse(s, k->name, arena_printf(s->mem, "given twice, by %s%s too",
		    k->name, CONF_SECRET_SUFFIX));
	s->given[k - conf_keys].plain = *value != '\0';
	if (k->offset == offsetof(struct conf, env))
		s->env_line = s->line;
	return conf_set_value(s, k, value);
}

/* A .env file has keys of the whole team: those without advice are logged in one line. */
static void
warn_unknown(struct conf_reading *s, const char *name, size_t n)
{
	const char *advice = conf_advice(name, n);

	if (s->dotenv && advice == NULL) {
		s->unknown = arena_printf(s->mem, "%s%s%.*s", s->unknown, *s->unknown != '\0' ? ", " : "", (int)n,
		    name);
		return;
	}
	log_warn("unknown configuration key", JS("file", s->file), JI("line", s->line),
	    JN("key", ((struct str){ name, n })), JIF(advice != NULL, JS("advice", advice)));
}

static int
set_pair(struct conf_reading *s, const char *name, size_t n, const char *value)
{
	const struct conf_key *k;

	if ((k = conf_find_key(name, n)) != NULL)
		return set_key(s, k, value);
	if ((k = conf_find_secret(name, n)) != NULL)
		return set_secret(s, k, value);
	if (n > KAFKA_PROP_N && memcmp(name, CONF_KAFKA_PROP, KAFKA_PROP_N) == 0)
		add_kafka_prop(s, name + KAFKA_PROP_N, n - (KAFKA_PROP_N), value);
	else if (s->file != NULL)
		warn_unknown(s, name, n);
	return 0;
}

static void
begin_source(struct conf_reading *s, const char *file)
{
	s->file = file;
	s->line = s->env_line = 0;
	s->source = NULL;
	memset(s->given, 0, sizeof(s->given));
	if (file == NULL)
		return;
	s->source = &s->sources[s->n_sources++];
	s->source->file = file;
	s->c->files = arena_printf(s->mem, "%s%s%s", s->c->files, *s->c->files != '\0' ? ", " : "", file);
}

void
conf_read_file(struct conf_reading *s, const char *file, bool dotenv)
{
	struct conf_scan scan;
	const char *text, *why;
	int rc;

	begin_source(s, file);
	s->dotenv = dotenv;
	s->unknown = "";
	if ((text = conf_file_text(s->mem, file, FILE_BYTES, &why)) == NULL) {
		conf_refuse(s, "file", why);
		return;
	}
	conf_scan_init(&scan, text, dotenv);
	while ((rc = conf_scan_next(&scan, s->mem)) != 0) {
		s->line = scan.at;
		if (rc < 0)
			conf_refuse(s, arena_copy(s->mem, scan.name.p, scan.name.n), "expected KEY=value");
		else
			set_pair(s, scan.name.p, scan.name.n, scan.value);
	}
	if (*s->unknown != '\0')
		log_warn("keys that Dure does not know", JS("file", file), JS("keys", s->unknown));
}

/* A .env file is looked for in the directory where Dure is started, which may be anybody's. */
static bool
may_read(const char *file)
{
	if (access(file, R_OK) < 0)
		return false;
	if (!conf_file_trusted(file))
		log_warn("this file is not read: it belongs to somebody else, or anybody may write it",
		    JS("file", file));
	return conf_file_trusted(file);
}

/* The last NODE_ENV of the environment, else what the files said. */
static const char *
find_env(const struct conf_reading *s, char **env)
{
	const char *found = s->c->env;

	for (; *env != NULL; env++) {
		const size_t n = strcspn(*env, "=");
		const struct conf_key *k = conf_find_key(*env, n);

		if (k != NULL && k->offset == offsetof(struct conf, env) && conf_is_choice(k->choices, *env + n + 1))
			found = *env + n + 1;
	}
	return found;
}

/* `.env`, then `.env.{NODE_ENV}`, which wins. */
void
conf_read_dotenv(struct conf_reading *s, const char *dir, char **env)
{
	const char *in = strcmp(dir, ".") == 0 ? "" : arena_printf(s->mem, "%s/", dir), *file, *kind;

	file = arena_printf(s->mem, "%s.env", in);
	if (may_read(file))
		conf_read_file(s, file, true);
	kind = find_env(s, env);
	file = arena_printf(s->mem, "%s.env.%s", in, kind);
	if (!may_read(file))
		return;
	s->c->env = kind;
	conf_read_file(s, file, true);
	s->line = s->env_line;
	if (strcmp(s->c->env, kind) != 0)
		conf_refuse(s, "NODE_ENV", arena_printf(s->mem,
		    "this file is read where NODE_ENV is %s, and says otherwise", kind));
}

void
conf_read_environment(struct conf_reading *s, char **env)
{
	begin_source(s, NULL);
	for (; *env != NULL; env++) {
		const char *eq = strchr(*env, '=');

		if (eq != NULL)
			set_pair(s, *env, (size_t)(eq - *env), eq + 1);
	}
}
