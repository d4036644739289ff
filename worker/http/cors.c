/* cors.c -- CORS: exact origins of the configuration, or any. See cors.h.
 *
 * "*" cannot carry cookies (Fetch, 3.2.5). Where it is configured, which production refuses, the caller's origin is
 * named and may send cookies, so that a front end under development can log in from any host. An opaque origin
 * ("null") has no name and reads without cookies.
 */
#include "cors.h"

#include <string.h>

#include "base/conf.h"

/* The origin itself where it is listed or any is allowed, "*" for an opaque one of those, else NULL. */
static const char *
allowed_origin(const char *origin)
{
	size_t n = strlen(origin), part;
	const char *p;

	for (p = conf.cors_origins; *p != '\0'; p += part + (p[part] == ',')) {
		p += strspn(p, " ");
		part = strcspn(p, ",");
		if (part == 1 && *p == '*')
			return strcmp(origin, "null") != 0 ? origin : "*";
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
