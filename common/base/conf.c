/* conf.c -- reads the configuration by the table of conf.def. See conf.h. */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "err.h"
#include "log.h"
#include "origins.h"
#include "seal.h"
#include "secret.h"

struct conf conf;

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

static const char kafka_prop[] = "KAFKA_PROP_";

struct setting {		/* where a value came from, for the complaint */
	struct arena	*mem;
	struct conf	*c;
	const char	*file;	/* NULL: the environment */
	int		 line;
	const char	*why;
	const struct conf_key *secret;	/* the first that a file gave, */
	int		 secret_line;	/* and where */
};

static const struct conf_key *
find_key(const char *name, size_t n)
{
	const struct alias *a;
	const struct conf_key *k;

	for (a = aliases; a->alias != NULL; a++)
		if (strlen(a->alias) == n && memcmp(a->alias, name, n) == 0)
			return find_key(a->name, strlen(a->name));
	for (k = conf_keys; k->name != NULL; k++)
		if (strlen(k->name) == n && memcmp(k->name, name, n) == 0)
			return k;
	return NULL;
}

static int
refuse(struct setting *s, const char *key, const char *reason)
{
	if (s->why != NULL)	/* the first fault is reported */
		return E_VALIDATION;
	if (s->file != NULL)
		s->why = arena_printf(s->mem, "%s:%d: %s: %s", s->file, s->line, key, reason);
	else
		s->why = arena_printf(s->mem, "environment: %s: %s", key, reason);
	return E_VALIDATION;
}

/* "900", "15m", "12h", "7d" in seconds. */
static bool
parse_span(const char *text, int64_t *out)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	int64_t unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : *end == 's' || *end == '\0' ? 1
	    : 0;

	if (end == text || unit == 0 || (*end != '\0' && end[1] != '\0') || n < 0 || n > INT64_MAX / 86400)
		return false;
	*out = n * unit;
	return true;
}

static bool
parse_flag(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
	return *out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 || strcmp(text, "no") == 0;
}

static bool
is_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);
	const char *c;

	for (c = choices; c != NULL; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
		if (n > 0 && strncmp(c, text, n) == 0 && (c[n] == '|' || c[n] == '\0'))
			return true;
	return false;
}

static int
set_number(struct setting *s, const struct conf_key *k, const char *text)
{
	bool read;
	int64_t n;

	read = k->kind == CONF_SPAN ? parse_span(text, &n) : parse_int(text, INT64_MIN, INT64_MAX, &n);
	if (!read)
		return refuse(s, k->name, arena_printf(s->mem, "\"%s\" is not a %s", text,
		    k->kind == CONF_SPAN ? "duration (900, 15m, 12h, 7d)" : "whole number"));
	if (n < k->min || n > k->max)
		return refuse(s, k->name, arena_printf(s->mem, "%s is not within %lld and %lld", text,
		    (long long)k->min, (long long)k->max));
	*(int64_t *)((char *)s->c + k->offset) = n;
	return 0;
}

static int
set_value(struct setting *s, const struct conf_key *k, const char *text)
{
	void *to = (char *)s->c + k->offset;
	bool flag;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:
		return set_number(s, k, text);
	case CONF_FLAG:
		if (!parse_flag(text, &flag))
			return refuse(s, k->name, "must be true or false");
		*(bool *)to = flag;
		return 0;
	case CONF_PICK:
		if (!is_choice(k->choices, text))
			return refuse(s, k->name, arena_printf(s->mem, "\"%s\" is not one of %s", text, k->choices));
		break;
	case CONF_SECRET:
		if (s->file != NULL && s->line > 0 && *text != '\0' && s->secret == NULL) {
			s->secret = k;
			s->secret_line = s->line;
		}
		break;
	case CONF_TEXT:
		break;
	}
	*(const char **)to = arena_strdup(s->mem, text);
	return 0;
}

/* KAFKA_PROP_queue_buffering_max_ms=5 -> "queue.buffering.max.ms=5\n" */
static void
add_kafka_prop(struct setting *s, const char *name, size_t n, const char *value)
{
	char *prop = arena_copy(s->mem, name, n), *c;

	for (c = prop; *c != '\0'; c++)
		*c = *c == '_' ? '.' : *c;
	s->c->kafka_props = arena_printf(s->mem, "%s%s=%s\n", s->c->kafka_props, prop, value);
}

static int
set_pair(struct setting *s, const char *name, size_t n, const char *value)
{
	const struct conf_key *k = find_key(name, n);

	if (k != NULL)
		return set_value(s, k, value);
	if (n > sizeof(kafka_prop) - 1 && memcmp(name, kafka_prop, sizeof(kafka_prop) - 1) == 0)
		add_kafka_prop(s, name + sizeof(kafka_prop) - 1, n - (sizeof(kafka_prop) - 1), value);
	else if (s->file != NULL)
		log_warn("unknown configuration key", JS("file", s->file), JI("line", s->line),
		    JN("key", ((struct str){ name, n })));
	return 0;
}

/* One line of the file: blank, # comment, or KEY=value with optional quotes. */
static int
read_line(struct setting *s, char *line)
{
	char *eq, *end = line + strlen(line);
	size_t n;

	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	if ((eq = strchr(line, '=')) == NULL)
		return refuse(s, line, "expected KEY=value");
	n = strcspn(line, " \t=");
	eq++;
	eq += strspn(eq, " \t");
	if (*eq == '"' && end > eq + 1 && end[-1] == '"') {
		eq++;
		end[-1] = '\0';
	}
	return set_pair(s, line, n, eq);
}

static void
read_file(struct setting *s)
{
	FILE *f = fopen(s->file, "re");
	char *line = NULL;
	size_t cap = 0;

	if (f == NULL) {
		refuse(s, "file", strerror(errno));
		return;
	}
	for (s->line = 1; getline(&line, &cap, f) >= 0; s->line++)
		read_line(s, line);
	free(line);
	fclose(f);
}

static void
read_environment(struct setting *s, char **env)
{
	s->file = NULL;
	for (; *env != NULL; env++) {
		const char *eq = strchr(*env, '=');

		if (eq != NULL)
			set_pair(s, *env, (size_t)(eq - *env), eq + 1);
	}
}

/* A secret in a file that every user of the host may read is refused. */
static int
check_file(struct setting *s, const char *file)
{
	struct stat st;

	if (s->secret == NULL || stat(file, &st) < 0 || (st.st_mode & S_IROTH) == 0)
		return 0;
	if (!s->c->production) {
		log_warn("everybody may read this file, which holds secrets", JS("file", file),
		    JS("key", s->secret->name));
		return 0;
	}
	s->file = file;
	s->line = s->secret_line;
	return refuse(s, s->secret->name, "everybody may read this file: chmod 600, or 640");
}

static bool
has_weak_secret(const char *setting)
{
	struct str kid, secret;
	bool any = false;

	while (secret_next(&setting, &kid, &secret)) {
		any = true;
		if (secret.n < SECRET_BYTES_MIN)
			return true;
	}
	return !any;
}

/* What may stand in the policy of a page. */
static int
check_media(struct setting *s, const char *list)
{
	struct str origin;

	while (origins_next(&list, &origin))
		if (!origin_valid(origin))
			return refuse(s, "MEDIA_ORIGINS", arena_printf(s->mem,
			    "\"%.*s\" is not an origin (https://host, https://*.domain, with :port or without)",
			    (int)origin.n, origin.p));
	return 0;
}

/* Of any scheme, an app's too, unlike those that media come from. */
static bool
is_origin(struct str o)
{
	size_t scheme = strspn(o.p, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	return scheme > 0 && o.n > scheme + 3 && strncmp(o.p + scheme, "://", 3) == 0 &&
	    strcspn(o.p + scheme + 3, "/?#@* ,") == o.n - scheme - 3;
}

/* A list of origins, or * alone: beside "*" the other origins would have no meaning. */
static int
check_origins(struct setting *s, const char *list)
{
	struct str origin;

	while (origins_next(&list, &origin)) {
		bool any = str_eq(origin, STR("*"));

		if (any && s->c->production)
			return refuse(s, "CORS_ORIGINS", "* is not allowed in production: name the origins");
		if (!any && !is_origin(origin))
			return refuse(s, "CORS_ORIGINS", arena_printf(s->mem,
			    "\"%.*s\" is no origin: a scheme, a host and perhaps a port, as https://shop.example or "
			    "http://localhost:5173", (int)origin.n, origin.p));
	}
	return 0;
}

/* What only the whole shows. */
static int
check_whole(struct setting *s)
{
	struct conf *c = s->c;

	c->production = strcmp(c->env, "production") == 0;
	if (strcmp(c->log_level, "auto") == 0)
		c->log_level = c->production ? "warn" : "info";
	if (c->rate_default_max == 0)
		c->rate_default_max = c->production ? 100 : 1000;
	if (strcmp(c->cors_origins, "auto") == 0)
		c->cors_origins = c->production ? "" : "*";
	if (seal_keys(c->encryption_key) < 0)
		return refuse(s, "ENCRYPTION_KEY", "expected kid:base64 of 32 bytes, several of them comma-separated");
	if (check_origins(s, c->cors_origins) < 0 || check_media(s, c->media_origins) < 0)
		return E_VALIDATION;
	if (c->production && has_weak_secret(c->jwt_secret))
		return refuse(s, "JWT_SECRET", arena_printf(s->mem, "production wants secrets of at least %d bytes",
		    SECRET_BYTES_MIN));
	if (c->production && *c->jwt_refresh_secret != '\0' && has_weak_secret(c->jwt_refresh_secret))
		return refuse(s, "JWT_REFRESH_SECRET", arena_printf(s->mem,
		    "production wants secrets of at least %d bytes", SECRET_BYTES_MIN));
	if (c->production && *c->api_key_secret != '\0' && has_weak_secret(c->api_key_secret))
		return refuse(s, "API_KEY_SECRET", arena_printf(s->mem, "production wants secrets of at least %d bytes",
		    SECRET_BYTES_MIN));
	if (c->production && c->ws_protocol_test)
		return refuse(s, "WS_PROTOCOL_TEST", "is not for production");
	return 0;
}

int
conf_load(struct conf *c, struct arena *mem, const char *file, char **env, const char **why)
{
	struct setting s = { .mem = mem, .c = c, .file = "defaults" };
	const struct conf_key *k;

	*c = (struct conf){ .kafka_props = "" };
	for (k = conf_keys; k->name != NULL; k++)
		set_value(&s, k, k->def);
	s.file = file;
	if (file != NULL)
		read_file(&s);
	read_environment(&s, env);
	check_whole(&s);
	if (file != NULL)
		check_file(&s, file);
	*why = s.why;
	return s.why != NULL ? E_VALIDATION : 0;
}

bool
conf_auto(const char *choice)
{
	return *choice == 'a' ? conf.production : *choice == 't';
}

bool
conf_differs(const struct conf_key *k, const struct conf *a, const struct conf *b)
{
	const void *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:	return *(const int64_t *)x != *(const int64_t *)y;
	case CONF_FLAG:	return *(const bool *)x != *(const bool *)y;
	default:	return strcmp(*(const char *const *)x, *(const char *const *)y) != 0;
	}
}

void
conf_copy(const struct conf_key *k, struct conf *to, struct arena *mem, const struct conf *from)
{
	const void *x = (const char *)from + k->offset;
	void *y = (char *)to + k->offset;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:	*(int64_t *)y = *(const int64_t *)x; break;
	case CONF_FLAG:	*(bool *)y = *(const bool *)x; break;
	default:	*(const char **)y = arena_strdup(mem, *(const char *const *)x); break;
	}
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

		if ((find_key(*env, n) != NULL || strncmp(*env, kafka_prop, sizeof(kafka_prop) - 1) == 0) &&
		    strchr(*env, '\n') == NULL)
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
	buf_printf(out, "%s\n#%s=%s\n\n", k->when == RESTART ? " (restart)" : "", k->name, k->def);
}

void
conf_dump_defaults(struct buf *out)
{
	const struct conf_key *k;

	buf_str(out, "# Dure's configuration: every key with its default. The environment wins over this file.\n"
	    "# Keys marked (restart) need a new master; the others take effect on HUP (dure reload).\n\n");
	for (k = conf_keys; k->name != NULL; k++)
		dump_help(k, out);
}
