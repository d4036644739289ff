/* waiting.c -- polling requests that wait. See waiting.h. Yields: waiting_park. */
#include "waiting.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/json.h"
#include "run/co.h"

static void
on_client(struct loop_io *io, int events)
{
	struct waiting *w = io->arg;
	char byte;
	ssize_t n = recv(io->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_io_watch(io, 0);
	w->left = n <= 0;	/* else the next request is here already */
	if (w->left)
		co_wake(w->co);
}

struct waiting *
waiting_new(struct req *rq, uint32_t id)
{
	struct waiting *w = arena_alloc(rq->mem, sizeof(*w));

	*w = (struct waiting){ .rq = rq, .co = co_self(), .id = id, .rc = 1 };
	loop_io_init(&w->client, rq->conn != NULL ? rq->conn->fd : -1, on_client, w);
	w->left = rq->conn == NULL;	/* while something else was waited for */
	if (!w->left)
		loop_io_watch(&w->client, LOOP_READ);
	return w;
}

void
waiting_fini(struct waiting *w)
{
	loop_io_watch(&w->client, 0);
}

int
waiting_park(struct waiting *w, int64_t ms)
{
	int64_t until = mono_ms() + ms, left;
	int rc = 0;

	while (w->rc == 1 && rc == 0 && !w->left)
		rc = co_park(ms < 0 ? -1 : (left = until - mono_ms()) > 0 ? left : 0);
	return w->rc <= 0 ? w->rc : w->left ? E_CANCELED : rc;
}

struct waiting *
waiting_take(struct waiting **list, uint32_t id)
{
	struct waiting **at, *w;

	for (at = list; (w = *at) != NULL; at = &w->next) {
		if (w->id == id) {
			*at = w->next;
			return w;
		}
	}
	return NULL;
}

/* Answer the request with the fanout's frame. Its header is JSON, parsed in the waiting coroutine's arena. */
static int
take_answer(struct req *rq, const struct relay_frame *f)
{
	const struct json *head, *extra;
	int64_t status;

	if (json_parse(rq->mem, f->header.p, f->header.n, &head) < 0 || !json_int(json_get(head, "status"), &status))
		return E_DOWN;
	reply_text(rq, (int)status, arena_strdup(rq->mem, json_str(json_get(head, "contentType"))), f->body);
	for (extra = json_first(json_get(head, "headers")); extra != NULL; extra = json_next(extra))
		if (json_str(extra) != NULL)
			reply_header(rq, json_name(extra), json_str(extra));
	return 0;
}

void
waiting_answer(struct waiting *w, const struct relay_frame *f)
{
	waiting_fail(w, take_answer(w->rq, f));
}

void
waiting_fail(struct waiting *w, int rc)
{
	w->rc = rc;
	co_wake(w->co);
}

struct str
waiting_describe(struct arena *mem, const struct req *rq)
{
	static const enum header told[] = { HDR_HOST, HDR_ORIGIN, HDR_AUTHORIZATION, HDR_ACCEPT_LANGUAGE, HDR_COOKIE,
	    HDR_USER_AGENT, HDR_WS_PROTOCOL, HDR_WS_EXTENSIONS, HDR_CONTENT_TYPE };
	struct json_field f[NELEM(told)];
	size_t i;

	for (i = 0; i < NELEM(told); i++)
		f[i] = JIF(rq->header[told[i]] != NULL, JS(header_name(told[i]), rq->header[told[i]]));
	return json_obj(mem, JS("method", method_name(rq->method)), JS("path", rq->route->path),
	    JS("query", rq->uri.query != NULL ? rq->uri.query : ""), JS("ip", rq->ip), JS("requestId", rq->id),
	    JIF(rq->traceparent != NULL, JS("traceparent", rq->traceparent)), JB("deflate", rq->deflate),
	    JB("narrow", rq->narrow),
	    JR("headers", json_obj_n(mem, f, NELEM(f))));
}
