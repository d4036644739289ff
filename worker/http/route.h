/* route.h -- the routes as rows, and which of them a request means.
 *
 * A row says everything about a route: it binds, validates, protects and times out the request, labels its metrics and
 * is what /openapi.json and `dure dump routes` print. Rows live in api/<noun>.c; routes.c lists the arrays. A path
 * written /api/… also answers under /api/v1/…. A fixed segment is preferred to a {parameter}; the method decides among
 * what is left.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>

#include "base/param.h"
#include "worker/domain/identity/tier.h"

struct req;

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS,
    METHOD_OTHER };
enum auth {
	AUTH_NONE,	/* no credential is looked at */
	AUTH_OPTIONAL,	/* optional; but a credential that is sent must be good */
	AUTH_USER,	/* by a token or an API key */
	AUTH_SESSION,	/* by a token: what a key may not do for its owner */
	AUTH_SELLER,	/* a seller or an admin */
	AUTH_ACCOUNT,	/* as AUTH_USER; in development also a direct client from this host without a credential */
	AUTH_ADMIN,	/* an admin; the same */
#define OPERATOR(name, who, what) OPERATOR_##name = AUTH_##who,
#include "operators.def"
#undef OPERATOR
};
enum rate { RATE_NONE, RATE_DEFAULT, RATE_AUTH, RATE_WRITE };
enum route_flags {
	/* the handler reads the body itself (req_read), up to BULK_BODY_LIMIT_BYTES, NDJSON too */
	ROUTE_STREAM	= 1,
	ROUTE_CACHEABLE	= 2,	/* a read with ETag and If-None-Match */
	ROUTE_HIDDEN	= 4,	/* not part of the API: pages, relays */
	ROUTE_RELAY	= 8,	/* belongs to the fanout: relayed, or handed over when upgraded */
	ROUTE_TEST	= 16,	/* is there with WS_PROTOCOL_TEST only */
	ROUTE_TRIAL	= 32,	/* for trying things out: not there in production and staging */
	ROUTE_COOKIE	= 64,	/* the refresh cookie is its credential: double submit (csrf.h) */
	ROUTE_MATCH	= 256,	/* changes something that has an ETag: takes If-Match */
	ROUTE_SHARED	= 512,	/* a page of any origin may embed it (Cross-Origin-Resource-Policy) */
	ROUTE_ONCE	= 128,	/* creates something: honours Idempotency-Key (once.h) */
	ROUTE_LIST	= 2048,	/* the JSON body may also be an array, which the handler binds */
	ROUTE_BRIEF	= 1024,	/* takes BATCH_ANONYMOUS_BYTES of body of an anonymous caller; more is a 401 */
	ROUTE_TIER_SHIFT = 16,	/* the bits of ROUTE_TIER */
};
/* In a row's flags: only for callers of this tier or a higher one, and for admins. TIER_REQUIRED else. */
#define ROUTE_TIER(tier) ((unsigned)(tier) << ROUTE_TIER_SHIFT)

struct route {
	const char		*method, *path;		/* "/api/analyze/status/{productId}"; NULL ends an array */
	int			(*handler)(struct req *rq, const void *args);
	const struct param	*params;		/* NULL: none */
	enum auth		 auth;
	enum rate		 rate;
	int			 deadline_ms;
	const char		*summary;		/* for people, in English */
	/* Successes and the errors beyond those that the columns say: "201 Order !OUT_OF_STOCK", by base/shape.h and
	 * the names of shapes.def, or a media type (openapi_answer.c has the grammar). */
	const char		*answer;
	unsigned		 flags;
};

/* The tier that a route demands; TIER_FREE: none. */
static inline enum tier
route_tier(const struct route *r)
{
	return (enum tier)(r->flags >> ROUTE_TIER_SHIFT & 3);
}

enum { ROUTE_NAMES_MAX = 4 };

/* A row as the server uses it. */
struct endpoint {
	const struct route	*route;
	int			 id;			/* metric cell, 1.. */
	enum method		 method;
	size_t			 args_bytes;		/* of the handler's struct */
	const char		*names[ROUTE_NAMES_MAX];	/* of the {parameters}, in order */
	size_t			 n_names;
	bool			 takes_json;
	bool			 takes_query;
};

/* All arrays of rows; ends with NULL (routes.c). */
extern const struct route *const routes[];

/* Build the table from these arrays (NULL ends); once a process. A row that cannot work is a bug(). */
void	 route_init(const struct route *const *arrays);
/* The endpoints, ids 1 to route_count(). */
int	 route_count(void);
const struct endpoint *route_endpoint(int id);

struct route_match {
	const struct endpoint	*endpoint;		/* NULL: no route, or not with this method */
	unsigned		 allowed;		/* bits of enum method that the path has; 0: unknown path */
	const char		*values[ROUTE_NAMES_MAX];
	size_t			 n_values;
};
/* Find the endpoint; HEAD finds GET's. */
void	 route_find(const struct str *segments, size_t n, enum method method, struct route_match *out);

enum method	 method_find(const char *name);
const char	*method_name(enum method m);

#endif
