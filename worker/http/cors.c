/* cors.c -- CORS: exact origins of the configuration, or any. See cors.h.
 *
 * "*" cannot carry cookies (Fetch, 3.2.5). Where it is configured, the origins of this machine, on which front ends
 * are developed, are named nevertheless and may send cookies; all others read without them.
 */
#include "cors.h"

#include <string.h>

#include "base/conf.h"

static bool
is_loopback(const char *origin)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = strstr(origin, "://");
	size_t i, n;

	for (i = 0; host != NULL && i < NELEM(hosts); i++) {
		n = strlen(hosts[i]);
		if (strncmp(host + 3, hosts[i], n) == 0 && (host[3 + n] == '\0' || host[3 + n] == ':'))
			return true;
	}
	return false;
}

/* "*" where any origin may read (without credentials), the origin itself where it is listed, else NULL. */
static const char *
allowed_origin(const char *origin)
{
	size_t n = strlen(origin), part;
	const char *p;

	for (p = conf.cors_origins; *p != '\0'; p += part + (p[part] == ',')) {
		p += strspn(p, " ");
		part = strcspn(p, ",");
		if (part == 1 && *p == '*')
			return is_loopback(origin) ? origin : "*";
		if (part >= n && strncmp(p, origin, n) == 0 && strspn(p + n, " ") == part - n)
			return origin;
	}
	return NULL;
}

bool
cors_allows(const char *origin)
{
	return allowed_origin(origin) != NULL;
}

int
cors_headers(const struct req *rq, struct reply_header *headers)
{
	const char *origin = rq->header[HDR_ORIGIN];
	int n = 0;

	if (origin == NULL || (origin = allowed_origin(origin)) == NULL)
		return 0;
	headers[n++] = (struct reply_header){ "Access-Control-Allow-Origin", origin };
	headers[n++] = (struct reply_header){ "Access-Control-Expose-Headers",
	    "X-Request-Id, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset" };
	if (*origin != '*')
		headers[n++] = (struct reply_header){ "Access-Control-Allow-Credentials", "true" };
	return n;
}

void
cors_options(struct req *rq)
{
	const char *origin = rq->header[HDR_ORIGIN];

	rq->reply = (struct reply){ .status = 204 };
	reply_header(rq, "Allow", rq->allow);
	if (origin == NULL || rq->header[HDR_CORS_METHOD] == NULL || allowed_origin(origin) == NULL)
		return;
	reply_header(rq, "Access-Control-Allow-Methods", rq->allow);
	reply_header(rq, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Accept-Language, Idempotency-Key, "
	    "If-Match, If-None-Match, X-API-Key, X-CSRF-Token, X-Request-Id, traceparent");
	reply_header(rq, "Access-Control-Max-Age", "600");
}
