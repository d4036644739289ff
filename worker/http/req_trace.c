/* req_trace.c -- see req_trace.h. */
#include "req_trace.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/metric.h"
#include "base/trace_ring.h"

enum { NAME_BYTES = 160, PATH_BYTES = 256 };

void
req_trace_begin(struct req *rq)
{
	if (rq->trace != NULL || (rq->route != NULL && rq->route->flags & ROUTE_RELAY))
		return;
	if ((rq->trace = malloc(sizeof(*rq->trace))) == NULL)
		abort();
	trace_begin(rq->trace, rq->traceparent);
	rq->traceparent = rq->trace->text;
}

/* The path as it was asked for, decoded, cut to `size` bytes with a NUL. */
static void
put_path(const struct req *rq, char *out, size_t size)
{
	size_t at = 0, i, n;

	for (i = 0; i < rq->uri.n_segments && at + 2 < size; i++) {
		out[at++] = '/';
		n = rq->uri.segments[i].n < size - at - 1 ? rq->uri.segments[i].n : size - at - 1;
		memcpy(out + at, rq->uri.segments[i].p, n);
		at += n;
	}
	if (at == 0)
		out[at++] = '/';
	out[at] = '\0';
}

void
req_trace_end(const struct req *rq, int64_t took_us)
{
	const char *route = rq->route != NULL ? rq->route->path : NULL, *method = method_name(rq->method);
	char name[NAME_BYTES], path[PATH_BYTES], status[8];
	const struct trace_span span = {
		.trace = rq->trace, .kind = TRACE_SERVER, .step = TRACE_HTTP, .request = rq->id, .name = name,
		.start_us = rq->began_us, .end_us = rq->began_us + took_us,
		.error = rq->reply.status >= 500 ? status : NULL,
	};

	snprintf(name, sizeof(name), "%s %s", method, route != NULL ? route : "");
	snprintf(status, sizeof(status), "%d", rq->reply.status);
	put_path(rq, path, sizeof(path));
	trace_record(&span, JS("http.request.method", method), JS("http.route", route),
	    JI("http.response.status_code", rq->reply.status), JS("url.path", path), JS("client.address", rq->ip),
	    JS("user.id", rq->user), JS("dure.request_id", rq->id), JI("http.request.body.size", rq->received),
	    JIF(span.error != NULL, JS("error.type", span.error)));
}

size_t
req_log_fields(const struct log_work *w, struct json_field *out)
{
	const struct req *rq = (const struct req *)(const void *)((const char *)w - offsetof(struct req, work));
	static char path[PATH_BYTES];

	put_path(rq, path, sizeof(path));
	out[0] = JS("method", method_name(rq->method));
	out[1] = JS("path", path);
	out[2] = JIF(rq->ip != NULL, JS("ip", rq->ip));
	out[3] = JIF(rq->user != NULL, JS("userId", rq->user));
	return 4;
}
