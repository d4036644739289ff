/* route.c -- the table of routes as a tree of segments, its edges in one hash table. See route.h. */
#include "route.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"

enum { NODES_MAX = 1024, EDGES = 4096 };
#define METHODS METHOD_OTHER
#define SOCKET_IO_PATH "/socket.io/"	/* in the rows; where it is on this server the configuration says */

struct node {
	const struct endpoint	*at[METHODS];
	int			 parameter;	/* child for any segment; 0: none */
};
struct edge {
	struct str	 segment;
	int		 parent, child;		/* child 0: free */
};

static struct node nodes[NODES_MAX];	/* 0 is the root */
static int n_nodes;
static struct edge edges[EDGES];
static struct endpoint endpoints[METRIC_ROUTES_MAX];
static int n_endpoints;

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

enum method
method_find(const char *name)
{
	int i;

	for (i = 0; i < METHODS; i++)
		if (strcmp(methods[i], name) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

const char *
method_name(enum method m)
{
	return m < METHOD_OTHER ? methods[m] : "OTHER";
}

/* The edge of this segment, or the free place where it belongs. */
static struct edge *
find_edge(int parent, struct str segment)
{
	size_t i = (hash_fast(segment.p, segment.n) + (size_t)parent * 0x9e3779b1u) % EDGES;

	while (edges[i].child != 0 && !(edges[i].parent == parent && str_eq(edges[i].segment, segment)))
		i = (i + 1) % EDGES;
	return &edges[i];
}

static int
add_node(void)
{
	if (n_nodes == NODES_MAX)
		bug("too many path segments in the routes");
	return n_nodes++;
}

static int
child_of(int parent, struct str segment)
{
	struct edge *e;

	if (segment.n > 0 && segment.p[0] == '{') {
		if (nodes[parent].parameter == 0)
			nodes[parent].parameter = add_node();
		return nodes[parent].parameter;
	}
	e = find_edge(parent, segment);
	if (e->child == 0)
		*e = (struct edge){ segment, parent, add_node() };
	return e->child;
}

static struct str
next_segment(const char **path)
{
	struct str s = { *path, strcspn(*path, "/") };

	*path += s.n + ((*path)[s.n] == '/');
	return s;
}

/* Whether SOCKET_IO_PATH stands in the place of the beginning of this path. */
static bool
is_moved(const char *path)
{
	return strncmp(path, SOCKET_IO_PATH, sizeof(SOCKET_IO_PATH) - 1) == 0;
}

static void
insert_path(const char *path, const char *prefix, const struct endpoint *e)
{
	int at = 0;

	while (*prefix != '\0')
		at = child_of(at, next_segment(&prefix));
	for (path++; *path != '\0';)
		at = child_of(at, next_segment(&path));
	if (nodes[at].at[e->method] != NULL && is_moved(e->route->path))
		die("SOCKET_IO_PATH is the path of another route", JS("path", conf.socket_io_path));
	if (nodes[at].at[e->method] != NULL)
		bug("two routes with the same method and path");
	nodes[at].at[e->method] = e;
}

static size_t
kind_bytes(enum param_kind kind)
{
	switch (kind) {
	case PARAM_INT:
		return sizeof(int64_t);
	case PARAM_NUM:
		return sizeof(double);
	case PARAM_BOOL:
		return sizeof(bool);
	case PARAM_IDS:
	case PARAM_STRS:
		return sizeof(struct strs);
	default:
		return sizeof(void *);
	}
}

static void
learn_params(struct endpoint *e)
{
	const struct param *p;

	for (p = e->route->params; p != NULL && p->name != NULL; p++) {
		if (p->offset + kind_bytes(p->kind) > e->args_bytes)
			e->args_bytes = p->offset + kind_bytes(p->kind);
		e->takes_json = e->takes_json || p->from == FROM_JSON;
		e->takes_query = e->takes_query || p->from == FROM_QUERY;
	}
}

static void
learn_names(struct endpoint *e)
{
	const char *p;

	for (p = strchr(e->route->path, '{'); p != NULL; p = strchr(p, '{')) {
		if (e->n_names == ROUTE_NAMES_MAX)
			bug("too many parameters in a path");
		p++;
		if ((e->names[e->n_names++] = strndup(p, strcspn(p, "}"))) == NULL)
			abort();
	}
}

static void
add_route(const struct route *r)
{
	struct endpoint *e = &endpoints[++n_endpoints];

	if (n_endpoints >= METRIC_ROUTES_MAX)
		bug("METRIC_ROUTES_MAX is too small for the routes");
	*e = (struct endpoint){ .route = r, .id = n_endpoints, .method = method_find(r->method) };
	if (e->method == METHOD_OTHER || *r->path != '/' || r->deadline_ms <= 0)
		bug("a route without a known method, a path or a deadline");
	if (route_tier(r) != TIER_FREE && r->auth == AUTH_NONE)
		bug("a route that demands a tier of callers whom it does not look at");
	learn_params(e);
	learn_names(e);
	if (is_moved(r->path) && conf.socket_io_path != NULL)	/* NULL: a command that reads no configuration */
		insert_path(r->path + sizeof(SOCKET_IO_PATH) - 2, conf.socket_io_path + 1, e);
	else
		insert_path(r->path, "", e);
	if (strncmp(r->path, "/api/", 5) == 0 && strncmp(r->path, "/api/v1/", 8) != 0)
		insert_path(r->path + 4, "api/v1", e);
}

void
route_init(const struct route *const *arrays)
{
	const struct route *r;

	n_nodes = 1;
	for (; *arrays != NULL; arrays++)
		for (r = *arrays; r->path != NULL; r++)
			add_route(r);
}

int
route_count(void)
{
	return n_endpoints;
}

const struct endpoint *
route_endpoint(int id)
{
	return &endpoints[id];
}

/* What a path that ends at `node` offers: true when it is the wanted method. */
static bool
take_node(const struct node *node, enum method method, struct route_match *out)
{
	int m;

	for (m = 0; m < METHODS; m++)
		if (node->at[m] != NULL)
			out->allowed |= 1u << m;
	if (method < METHODS && node->at[method] != NULL)
		out->endpoint = node->at[method];
	else if (method == METHOD_HEAD)
		out->endpoint = node->at[METHOD_GET];
	return out->endpoint != NULL;
}

/* Fixed segments first, then the parameter; both when the first does not have the method. */
static bool
walk_tree(int at, const struct str *segments, size_t n, enum method method, struct route_match *out)
{
	const struct edge *e;

	if (n == 0)
		return take_node(&nodes[at], method, out);
	e = find_edge(at, segments[0]);
	if (e->child != 0 && walk_tree(e->child, segments + 1, n - 1, method, out))
		return true;
	if (nodes[at].parameter == 0 || segments[0].n == 0 || out->n_values == ROUTE_NAMES_MAX)
		return false;
	out->values[out->n_values++] = segments[0].p;
	if (walk_tree(nodes[at].parameter, segments + 1, n - 1, method, out))
		return true;
	out->n_values--;
	return false;
}

void
route_find(const struct str *segments, size_t n, enum method method, struct route_match *out)
{
	*out = (struct route_match){ 0 };
	walk_tree(0, segments, n, method, out);
	if (out->allowed & 1u << METHOD_GET)
		out->allowed |= 1u << METHOD_HEAD;
	if (out->allowed != 0)
		out->allowed |= 1u << METHOD_OPTIONS;
}
