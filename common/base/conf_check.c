/* conf_check.c -- checks what only the whole configuration shows, and that files with secrets are private.
 *
 * See conf_reading.h. */
#include "conf_reading.h"

#include <string.h>

#include "conf_file.h"
#include "conf_identity.h"
#include "cronexpr.h"
#include "err.h"
#include "log.h"
#include "origins.h"
#include "seal.h"
#include "sealed_file.h"
#include "secret.h"
#include "trace.h"

/* A secret in a file that every user of the host may read is refused. */
int
conf_check_source(struct conf_reading *s, const struct conf_source *from)
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
	return conf_refuse(s, from->secret->name, "everybody may read this file: chmod 600, or 640");
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
check_media(struct conf_reading *s, const char *list)
{
	struct str origin;

	while (origins_next(&list, &origin))
		if (!origin_valid(origin))
			return conf_refuse(s, "MEDIA_ORIGINS", arena_printf(s->mem,
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
check_origins(struct conf_reading *s, const char *list)
{
	struct str origin;

	while (origins_next(&list, &origin)) {
		bool any = str_eq(origin, STR("*"));

		if (any && s->c->strict)
			return conf_refuse(s, "CORS_ORIGINS", arena_printf(s->mem,
			    "* is not allowed in %s: name the origins", s->c->env));
		if (!any && !is_origin(origin))
			return conf_refuse(s, "CORS_ORIGINS", arena_printf(s->mem,
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

/* Resolve what depends on NODE_ENV. */
static void
complete(struct conf *c)
{
	conf_env_apply(c);
	if (strcmp(c->log_level, "auto") == 0)
		c->log_level = c->capped ? "warn" : "info";
	c->log_level = own_level(c->log_level);
	if (c->rate_default_max == 0)
		c->rate_default_max = c->capped ? 100 : 1000;
	if (c->youtube_quota_daily == 0)
		c->youtube_quota_daily = c->capped ? 10000 : 1000;
	if (strcmp(c->cors_origins, "auto") == 0)
		c->cors_origins = c->strict ? "" : "*";
}

static int
check_forms(struct conf_reading *s)
{
	struct conf *c = s->c;
	struct cronexpr schedule;
	struct cronexpr_fault fault;
	const char *path;
	double ratio;

	if (seal_keys(c->encryption_key) < 0)
		return conf_refuse(s, "ENCRYPTION_KEY",
		    "expected kid:base64 of 32 bytes, several of them comma-separated, or 64 hex digits");
	if (!sealed_file_keys_valid(c->backup_encryption_key))
		return conf_refuse(s, "BACKUP_ENCRYPTION_KEY",
		    "expected 32 bytes in base64 or 64 hex digits, several comma-separated");
	if (*c->backup_schedule != '\0' && cronexpr_parse(&schedule, c->backup_schedule, &fault) < 0)
		return conf_refuse(s, "BACKUP_SCHEDULE", arena_strdup(s->mem, fault.en));
	if ((path = conf_socket_path(s->mem, c->socket_io_path)) == NULL)
		return conf_refuse(s, "SOCKET_IO_PATH", arena_printf(s->mem,
		    "\"%s\" is not a path of its own, as /socket.io/ or /live/updates: segments of letters, digits and "
		    "-._~, not below /api/", c->socket_io_path));
	c->socket_io_path = path;
	if (!trace_ratio_parse(c->trace_sample_ratio, &ratio))
		return conf_refuse(s, "TRACE_SAMPLE_RATIO", arena_printf(s->mem,
		    "\"%s\" is neither off nor a share from 0 to 1, as 0.01", c->trace_sample_ratio));
	if (check_origins(s, c->cors_origins) < 0 || check_media(s, c->media_origins) < 0)
		return E_VALIDATION;
	return 0;
}

/* In a strict environment a secret is long; JWT_SECRET must be given, the others have a default. */
static int
check_secrets(struct conf_reading *s)
{
	const struct {
		const char	*key, *value;
		bool		 required;
	} secrets[] = {
		{ .key = "JWT_SECRET", .value = s->c->jwt_secret, .required = true },
		{ .key = "JWT_REFRESH_SECRET", .value = s->c->jwt_refresh_secret },
		{ .key = "API_KEY_SECRET", .value = s->c->api_key_secret },
	};
	size_t i;

	for (i = 0; i < NELEM(secrets); i++)
		if ((secrets[i].required || *secrets[i].value != '\0') && has_weak_secret(secrets[i].value))
			return conf_refuse(s, secrets[i].key, arena_printf(s->mem,
			    "%s wants secrets of at least %d bytes", s->c->env, SECRET_BYTES_MIN));
	return 0;
}

int
conf_check_whole(struct conf_reading *s)
{
	const char *why, *key;

	complete(s->c);
	if (check_forms(s) < 0 || (s->c->strict && check_secrets(s) < 0))
		return E_VALIDATION;
	if ((why = conf_identity_fault(s->c, &key)) != NULL)
		return conf_refuse(s, key, why);
	if (s->c->strict && s->c->ws_protocol_test)
		return conf_refuse(s, "WS_PROTOCOL_TEST", arena_printf(s->mem, "is not for %s", s->c->env));
	return 0;
}
