/* route.c -- which row a method and a path mean. The rows are this test's own. */
#include "tap.h"

#include "worker/http/route.h"
#include "worker/http/uri.h"

static int
nothing(struct req *rq, const void *args)
{
	(void)rq;
	(void)args;
	return 0;
}

struct in { const char *id; int64_t n; };
static const struct param params[] = {
	P_ID(FROM_PATH, struct in, id, "productId", REQUIRED),
	P_INT(FROM_QUERY, struct in, n, "n", OPTIONAL, 0, 9, "1"),
	PARAM_END
};

#define ROW(method, path) { method, path, nothing, NULL, AUTH_NONE, RATE_NONE, 1, "", "", 0 }
static const struct route some[] = {
	ROW("GET", "/"), ROW("GET", "/health"), ROW("POST", "/api/analyze"),
	ROW("GET", "/api/analyze/cache/stats"), ROW("DELETE", "/api/analyze/cache/batch"),
	ROW("DELETE", "/api/analyze/cache/{productId}"), ROW("GET", "/socket.io/"),
	{ "GET", "/api/v1/things/{productId}", nothing, params, AUTH_NONE, RATE_NONE, 1, "", "", 0 },
	ROW("POST", "/api/v1/things/{thing}/parts/{part}"),
	{ 0 }
};
static const struct route *const some_routes[] = { some, NULL };

/* "path of the row [values]", or the allowed methods in brackets. */
static const char *
find(const char *method, const char *path)
{
	static char out[256], text[256];
	struct route_match m;
	struct uri u;
	int n, i;

	snprintf(text, sizeof(text), "%s", path);
	if (uri_split(&u, text, strlen(text)) < 0)
		return "bad";
	route_find(u.segments, u.n_segments, method_find(method), &m);
	if (m.endpoint == NULL) {
		n = snprintf(out, sizeof(out), "[");
		for (i = 0; i < METHOD_OTHER; i++)
			if (m.allowed & 1u << i)
				n += snprintf(out + n, sizeof(out) - (size_t)n, "%s ", method_name((enum method)i));
		snprintf(out + n, sizeof(out) - (size_t)n, "]");
		return out;
	}
	n = snprintf(out, sizeof(out), "%s", m.endpoint->route->path);
	for (i = 0; i < (int)m.n_values; i++)
		n += snprintf(out + n, sizeof(out) - (size_t)n, " %s=%s", m.endpoint->names[i], m.values[i]);
	return out;
}

static const char *const cases[][3] = {
	{ "GET", "/", "/" },
	{ "GET", "", "bad" },
	{ "GET", "/health", "/health" },
	{ "HEAD", "/health", "/health" },
	{ "GET", "/health/", "/health" },
	{ "GET", "//health", "[]" },
	{ "GET", "/health/x", "[]" },
	{ "GET", "/HEALTH", "[]" },
	{ "POST", "/health", "[GET HEAD OPTIONS ]" },
	{ "BREW", "/health", "[GET HEAD OPTIONS ]" },
	{ "POST", "/api/v1/analyze", "/api/analyze" },
	{ "POST", "/api/v2/analyze", "[]" },
	{ "DELETE", "/api/analyze/cache/batch", "/api/analyze/cache/batch" },
	{ "DELETE", "/api/v1/analyze/cache/batch", "/api/analyze/cache/batch" },
	{ "DELETE", "/api/analyze/cache/p1", "/api/analyze/cache/{productId} productId=p1" },
	{ "DELETE", "/api/analyze/cache/stats", "/api/analyze/cache/{productId} productId=stats" },
	{ "PUT", "/api/analyze/cache/stats", "[GET HEAD DELETE OPTIONS ]" },
	{ "DELETE", "/api/analyze/cache/", "[]" },
	{ "DELETE", "/api/analyze/cache/a%2Fb%20c", "/api/analyze/cache/{productId} productId=a/b c" },
	{ "GET", "/api/v1/things/%EA%B0%80", "/api/v1/things/{productId} productId=가" },
	{ "GET", "/api/v1/v1/things/1", "[]" },
	{ "POST", "/api/v1/things/1/parts/2", "/api/v1/things/{thing}/parts/{part} thing=1 part=2" },
	{ "GET", "/socket.io/", "/socket.io/" },
	{ "GET", "/socket.io?EIO=4", "/socket.io/" },
	{ "GET", "http://host:1/health?x", "/health" },
	{ "GET", "*", "bad" },
	{ "GET", "/a/%zz", "bad" },
	{ "GET", "/a/%00", "bad" },
	{ "GET", "/a/%ff", "bad" },
	{ "GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "bad" },
};

static void
queries(void)
{
	char text[] = "?a=1&b=%20x+y&&c&=d&e=f=g", many[200] = "", bad[] = "a=%f";
	struct pair pairs[URI_PAIRS_MAX];
	size_t n;
	int i;

	is_int(uri_pairs(text + 1, pairs, &n), 0, "a query is parsed");
	is_int((int64_t)n, 5, "a query has its pairs");
	is_str(pairs[1].value, " x y", "names and values are decoded");
	is_str(pairs[2].value, "", "a name without a value is accepted");
	is_str(pairs[4].value, "f=g", "a value may contain '='");
	ok(uri_pairs(bad, pairs, &n) < 0, "a bad escape is refused");
	for (i = 0; i < URI_PAIRS_MAX + 1; i++)
		strcat(many, "a&");
	ok(uri_pairs(many, pairs, &n) < 0, "too many pairs are refused");
}

int
main(void)
{
	struct route_match m;
	struct str segments[] = { STR("api"), STR("v1"), STR("things"), STR("x") };
	size_t i;

	route_init(some_routes);
	is_int(route_count(), 9, "every row of the routes has an endpoint");
	for (i = 0; i < NELEM(cases); i++)
		is_str(find(cases[i][0], cases[i][1]), cases[i][2], "%s %s", cases[i][0], cases[i][1]);
	route_find(segments, 4, METHOD_GET, &m);
	is_int((int64_t)m.endpoint->args_bytes, sizeof(struct in), "the row has the size of its handler's struct");
	ok(m.endpoint->takes_query && !m.endpoint->takes_json, "the row of a handler with a struct has parameters");
	queries();
	return done_testing();
}
