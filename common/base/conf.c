/* conf.c -- reads the configuration by the table of conf.def. See conf.h. */
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_file.h"
#include "conf_identity.h"
#include "conf_scan.h"
#include "err.h"
#include "log.h"
#include "origins.h"
#include "seal.h"
#include "sealed_file.h"
#include "secret.h"
#include "trace.h"

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

static const char kafka_prop[] = "KAFKA_PROP_", secret_suffix[] = "_FILE";

enum { FILES_MAX = 3, FILE_BYTES = 1 << 20 };

struct setting {		/* where a value came from, for the complaint */
	struct arena	*mem;
	struct conf	*c;
	const char	*file;	/* NULL: the environment */
	int		 line, env_line;	/* env_line: of NODE_ENV */
	const char	*why;
	/* How this source has given each key: itself, or by KEY_FILE. */
	struct { bool plain, file; } given[NELEM(conf_keys)];
	struct source {
		const char		*file;
		const struct conf_key	*secret;	/* the first that it gave; NULL: none */
		int			 line;		/* and where */
	} sources[FILES_MAX], *source;	/* `source`: the one being read, or NULL */
	int		 n_sources;
	bool		 dotenv;	/* this source is a .env file */
	const char	*unknown;	/* its keys that Dure does not know; "" for none */
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

/* The secret that a variable KEY_FILE gives. */
static const struct conf_key *
find_secret(const char *name, size_t n)
{
	const size_t suffix = sizeof(secret_suffix) - 1;
	const struct conf_key *k;

	if (n <= suffix || memcmp(name + n - suffix, secret_suffix, suffix) != 0)
		return NULL;
	k = find_key(name, n - suffix);
	return k != NULL && k->kind == CONF_SECRET ? k : NULL;
}

bool
conf_is_key(const char *name, size_t n)
{
	return find_key(name, n) != NULL || find_secret(name, n) != NULL ||
	    strncmp(name, kafka_prop, sizeof(kafka_prop) - 1) == 0;
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
		if (s->source != NULL && *text != '\0' && s->source->secret == NULL) {
			s->source->secret = k;
			s->source->line = s->line;
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

/* KEY_FILE=path: the secret is what the file holds. */
static int
set_secret(struct setting *s, const struct conf_key *k, const char *path)
{
	const char *why, *text, *name = arena_printf(s->mem, "%s%s", k->name, secret_suffix);

	if (*path == '\0')
		return 0;
	if (s->given[k - conf_keys].plain)
		return refuse(s, k->name, arena_printf(s->mem, "given twice, by %s too", name));
	s->given[k - conf_keys].file = true;
	if ((text = conf_file_secret(s->mem, path, &why)) == NULL)
		return refuse(s, name, arena_printf(s->mem, "%s: %s", path, why));
	*(const char **)((char *)s->c + k->offset) = text;
	return 0;
}

/* KEY=value of one source, where a secret may be given by KEY_FILE instead: then KEY itself is empty. */
static int
set_key(struct setting *s, const struct conf_key *k, const char *value)
{
	if (k->kind == CONF_SECRET && s->given[k - conf_keys].file)
		return *value == '\0' ? 0 : refuse(s, k->name, arena_printf(s->mem, "given twice, by %s%s too",
		    k->name, secret_suffix));
	s->given[k - conf_keys].plain = *value != '\0';
	if (k->offset == offsetof(struct conf, env))
		s->env_line = s->line;
	return set_value(s, k, value);
}

/* A .env file has keys of the whole team: those that have no advice are told in one line. */
static void
warn_unknown(struct setting *s, const char *name, size_t n)
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
set_pair(struct setting *s, const char *name, size_t n, const char *value)
{
	const struct conf_key *k;

	if ((k = find_key(name, n)) != NULL)
		return set_key(s, k, value);
	if ((k = find_secret(name, n)) != NULL)
		return set_secret(s, k, value);
	if (n > sizeof(kafka_prop) - 1 && memcmp(name, kafka_prop, sizeof(kafka_prop) - 1) == 0)
		add_kafka_prop(s, name + sizeof(kafka_prop) - 1, n - (sizeof(kafka_prop) - 1), value);
	else if (s->file != NULL)
		warn_unknown(s, name, n);
	return 0;
}

static void
begin_source(struct setting *s, const char *file)
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

static void
read_file(struct setting *s, const char *file, bool dotenv)
{
	struct conf_scan scan;
	const char *text, *why;
	int rc;

	begin_source(s, file);
	s->dotenv = dotenv;
	s->unknown = "";
	if ((text = conf_file_text(s->mem, file, FILE_BYTES, &why)) == NULL) {
		refuse(s, "file", why);
		return;
	}
	conf_scan_init(&scan, text, dotenv);
	while ((rc = conf_scan_next(&scan, s->mem)) != 0) {
		s->line = scan.at;
		if (rc < 0)
			refuse(s, arena_copy(s->mem, scan.name.p, scan.name.n), "expected KEY=value");
		else
			set_pair(s, scan.name.p, scan.name.n, scan.value);
	}
	if (*s->unknown != '\0')
		log_warn("keys that Dure does not know", JS("file", file), JS("keys", s->unknown));
}

/* A .env file lies wherever Dure happens to be started. */
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
find_env(const struct setting *s, char **env)
{
	const char *found = s->c->env;

	for (; *env != NULL; env++) {
		const size_t n = strcspn(*env, "=");
		const struct conf_key *k = find_key(*env, n);

		if (k != NULL && k->offset == offsetof(struct conf, env) && is_choice(k->choices, *env + n + 1))
			found = *env + n + 1;
	}
	return found;
}

/* `.env`, then `.env.{NODE_ENV}`, which wins. */
static void
read_dotenv(struct setting *s, const char *dir, char **env)
{
	const char *in = strcmp(dir, ".") == 0 ? "" : arena_printf(s->mem, "%s/", dir), *file, *kind;

	file = arena_printf(s->mem, "%s.env", in);
	if (may_read(file))
		read_file(s, file, true);
	kind = find_env(s, env);
	file = arena_printf(s->mem, "%s.env.%s", in, kind);
	if (!may_read(file))
		return;
	s->c->env = kind;
	read_file(s, file, true);
	s->line = s->env_line;
	if (strcmp(s->c->env, kind) != 0)
		refuse(s, "NODE_ENV", arena_printf(s->mem,
		    "this file is read where NODE_ENV is %s, and says otherwise", kind));
}

static void
read_environment(struct setting *s, char **env)
{
	begin_source(s, NULL);
	for (; *env != NULL; env++) {
		const char *eq = strchr(*env, '=');

		if (eq != NULL)
			set_pair(s, *env, (size_t)(eq - *env), eq + 1);
	}
}

/* A secret in a file that every user of the host may read is refused. */
static int
check_source(struct setting *s, const struct source *from)
{
	if (from->secret == NULL || !conf_file_public(from->file))
		return 0;
	if (!s->c->strict) {
		log_warn("everybody may read this file, which holds secrets", JS("file", from->file),
		    JS("key", from->secret->name));
		return 0;
	}
	s->file = from->file;
	s->line = from->line;
	return refuse(s, from->secret->name, "everybody may read this file: chmod 600, or 640");
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

		if (any && s->c->strict)
			return refuse(s, "CORS_ORIGINS", arena_printf(s->mem,
			    "* is not allowed in %s: name the origins", s->c->env));
		if (!any && !is_origin(origin))
			return refuse(s, "CORS_ORIGINS", arena_printf(s->mem,
			    "\"%.*s\" is no origin: a scheme, a host and perhaps a port, as https://shop.example or "
			    "http://localhost:5173", (int)origin.n, origin.p));
	}
	return 0;
}

/* NestJS calls its levels fatal, error, warn, log, debug, verbose. */
static const char *
own_level(const char *name)
{
	static const struct { const char *theirs, *ours; } levels[] = {
		{ "log", "info" }, { "verbose", "debug" }, { "fatal", "error" },
	};
	size_t i;

	for (i = 0; i < NELEM(levels) && strcmp(levels[i].theirs, name) != 0; i++)
		;
	return i < NELEM(levels) ? levels[i].ours : name;
}

/* What only the whole shows. */
static int
check_whole(struct setting *s)
{
	const char *why, *key;
	struct conf *c = s->c;
	const char *path;
	double ratio;

	conf_env_apply(c);
	if (strcmp(c->log_level, "auto") == 0)
		c->log_level = c->capped ? "warn" : "info";
	c->log_level = own_level(c->log_level);
	if (c->rate_default_max == 0)
		c->rate_default_max = c->capped ? 100 : 1000;
	if (strcmp(c->cors_origins, "auto") == 0)
		c->cors_origins = c->strict ? "" : "*";
	if (seal_keys(c->encryption_key) < 0)
		return refuse(s, "ENCRYPTION_KEY",
		    "expected kid:base64 of 32 bytes, several of them comma-separated, or 64 hex digits");
	if (!sealed_file_keys_valid(c->backup_encryption_key))
		return refuse(s, "BACKUP_ENCRYPTION_KEY",
		    "expected 32 bytes in base64 or 64 hex digits, several comma-separated");
	if ((path = conf_socket_path(s->mem, c->socket_io_path)) == NULL)
		return refuse(s, "SOCKET_IO_PATH", arena_printf(s->mem,
		    "\"%s\" is not a path of its own, as /socket.io/ or /live/updates: segments of letters, digits and "
		    "-._~, not below /api/", c->socket_io_path));
	c->socket_io_path = path;
	if (!trace_ratio_parse(c->trace_sample_ratio, &ratio))
		return refuse(s, "TRACE_SAMPLE_RATIO", arena_printf(s->mem,
		    "\"%s\" is neither off nor a share from 0 to 1, as 0.01", c->trace_sample_ratio));
	if (check_origins(s, c->cors_origins) < 0 || check_media(s, c->media_origins) < 0)
		return E_VALIDATION;
	if (c->strict && has_weak_secret(c->jwt_secret))
		return refuse(s, "JWT_SECRET", arena_printf(s->mem, "%s wants secrets of at least %d bytes", c->env,
		    SECRET_BYTES_MIN));
	if (c->strict && *c->jwt_refresh_secret != '\0' && has_weak_secret(c->jwt_refresh_secret))
		return refuse(s, "JWT_REFRESH_SECRET", arena_printf(s->mem,
		    "%s wants secrets of at least %d bytes", c->env, SECRET_BYTES_MIN));
	if (c->strict && *c->api_key_secret != '\0' && has_weak_secret(c->api_key_secret))
		return refuse(s, "API_KEY_SECRET", arena_printf(s->mem, "%s wants secrets of at least %d bytes", c->env,
		    SECRET_BYTES_MIN));
	if ((why = conf_identity_fault(c, &key)) != NULL)
		return refuse(s, key, why);
	if (c->strict && c->ws_protocol_test)
		return refuse(s, "WS_PROTOCOL_TEST", arena_printf(s->mem, "is not for %s", c->env));
	return 0;
}

int
conf_load(struct conf *c, struct arena *mem, const char *file, const char *dir, char **env, const char **why)
{
	struct setting s = { .mem = mem, .c = c, .file = "defaults" };
	const struct conf_key *k;
	int i;

	*c = (struct conf){ .kafka_props = "", .files = "" };
	for (k = conf_keys; k->name != NULL; k++)
		set_value(&s, k, k->def);
	if (file != NULL)
		read_file(&s, file, false);
	if (dir != NULL)
		read_dotenv(&s, dir, env);
	read_environment(&s, env);
	check_whole(&s);
	for (i = 0; i < s.n_sources; i++)
		check_source(&s, &s.sources[i]);
	*why = s.why;
	return s.why != NULL ? E_VALIDATION : 0;
}

bool
conf_auto(const char *choice)
{
	return *choice == 'a' ? conf.strict : *choice == 't';
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
