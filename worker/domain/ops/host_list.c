/* host_list.c -- see host_list.h. Yields: host_list_read. */
#include "host_list.h"

#include <stdlib.h>

#include "base/host.h"
#include "base/json.h"
#include "link/redis.h"

enum { FORGET_MS = 24 * 3600 * 1000, HOSTS_MAX = 1000 };

void
host_list_beat(void)
{
	redis_send("ZADD hosts %lld %s", (long long)now_ms(), host_name());
	redis_send("ZREMRANGEBYSCORE hosts -inf %lld", (long long)now_ms() - FORGET_MS);
}

int
host_list_read(struct arena *mem, struct str *list)
{
	struct redis_reply r;
	struct buf out = { 0 };
	size_t i;
	int rc;

	if ((rc = redis_cmd(&r, "ZREVRANGE hosts 0 %d WITHSCORES", HOSTS_MAX - 1)) < 0)
		return rc;
	buf_byte(&out, '[');
	for (i = 0; i + 1 < r.n; i += 2) {
		struct json_field f[] = { JS("host", r.v[i].s.p), JT("seenAt", strtoll(r.v[i + 1].s.p, NULL, 10)) };

		buf_str(&out, i > 0 ? "," : "");
		json_put_obj(&out, f, NELEM(f));
	}
	buf_byte(&out, ']');
	*list = buf_to_arena(mem, &out);
	return 0;
}
