/* external_answer.c -- see external_answer.h. A value is "<fresh until, ms> <etag>\n<body>". */
#include "external_answer.h"

#include <stdlib.h>

#include "link/redis.h"

enum { KEPT_S = 29 * 86400 };		/* policies of services allow 30 days */

static const char *
redis_key(struct arena *mem, const char *key)
{
	return arena_key(mem, "external:answer", key);
}

void
external_answer_find(struct arena *mem, const char *key, struct external_answer *out)
{
	struct str v = { 0 };
	const char *end, *space;

	*out = (struct external_answer){ .etag = "" };
	if (redis_get(redis_key(mem, key), &v) < 0 || v.p == NULL || (end = memchr(v.p, '\n', v.n)) == NULL ||
	    (space = memchr(v.p, ' ', (size_t)(end - v.p))) == NULL)
		return;
	out->fresh = strtoll(v.p, NULL, 10) > now_ms();
	out->etag = arena_copy(mem, space + 1, (size_t)(end - space) - 1);
	out->body = (struct str){ end + 1, v.n - (size_t)(end + 1 - v.p) };
}

void
external_answer_keep(struct arena *mem, const char *key, const char *etag, struct str body, int64_t fresh_s)
{
	const char *head = arena_printf(mem, "%lld %s\n", (long long)(now_ms() + fresh_s * 1000), etag);
	size_t n = strlen(head);
	char *value = arena_alloc(mem, n + body.n);

	memcpy(value, head, n);
	memcpy(value + n, body.p, body.n);
	redis_send("SET %s %b EX %lld", redis_key(mem, key), value, n + body.n,
	    (long long)(*etag != '\0' ? KEPT_S : fresh_s > 0 ? fresh_s : 1));
}
