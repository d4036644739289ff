/* redis_server.c -- where Redis is, of the configuration: REDIS_URL or REDIS_*, and TLS. See redis_conn.h, redis.h. */
#include "base/conf.h"
#include "base/err.h"
#include "redis_conn.h"
#include "redis_tls.h"

static bool
wants_sentinel_tls(const struct conf *c, const struct redis_server *s)
{
	return s->primary != NULL && (*c->redis_sentinel_tls == 'a' ? s->tls : *c->redis_sentinel_tls == 't');
}

int
redis_server_of(const struct conf *c, struct arena *mem, struct redis_server *out, const char **why)
{
	if (*c->redis_url == '\0') {
		*out = (struct redis_server){ .at = { c->redis_host, (int)c->redis_port }, .user = "",
			.password = c->redis_password, .db = (int)c->redis_db };
	} else if (redis_server_parse(mem, c->redis_url, out) < 0) {
		*why = "REDIS_URL must be redis[s]://[[user]:password@]host[:port][/db] or "
		    "redis[s]-sentinel://[[user]:password@]host[:port],…/primary[/db]";
		return E_VALIDATION;
	}
	out->tls = out->tls || c->redis_tls;
	out->sentinel_tls = wants_sentinel_tls(c, out);
	return out->tls || out->sentinel_tls ? redis_tls_open(c, why) : 0;
}

int
redis_conf_check(const struct conf *c, struct arena *mem, const char **why)
{
	struct redis_server s;
	int rc = redis_server_of(c, mem, &s, why);

	redis_tls_close();
	return rc;
}
