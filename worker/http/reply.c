/* reply.c -- the answers of handlers: JSON, text, static bytes. See req.h.
 *
 * A body is copied into req.out, which the transport sends from, because it may lie in the coroutine's arena.
 */
#include "req.h"

static const char json_type_name[] = "application/json; charset=utf-8";

int
reply_text(struct req *rq, int status, const char *type, struct str body)
{
	rq->reply.status = status;
	rq->reply.type = type;
	buf_reset(&rq->out);
	buf_add(&rq->out, body.p, body.n);
	rq->reply.body = (struct str){ rq->out.p, rq->out.n };
	return 0;
}

int
reply_json(struct req *rq, int status, struct str body)
{
	return reply_text(rq, status, json_type_name, body);
}

int
reply_nothing(struct req *rq)
{
	rq->reply.status = 204;
	return 0;
}

int
reply_static(struct req *rq, const char *type, struct str body, struct str gzipped, const char *etag)
{
	bool packed = gzipped.p != NULL && header_lists(rq->header[HDR_ACCEPT_ENCODING], "gzip");

	rq->reply = (struct reply){ .status = 200, .type = type, .body = packed ? gzipped : body, .etag = etag,
	    .encoding = packed ? "gzip" : "identity" };
	return 0;
}

/* req.out holds a JSON answer. */
static int
reply_out(struct req *rq, int status, const char *type)
{
	rq->reply.status = status;
	rq->reply.type = type;
	rq->reply.body = (struct str){ rq->out.p, rq->out.n };
	return 0;
}

int
reply_data(struct req *rq, int status, struct str data, enum message message)
{
	struct json_field f[] = {
		JB("success", true), JR("data", data), JIF(message != MSG_NONE,
		    JS("message", message_text(message, rq->english))),
	};

	buf_reset(&rq->out);
	json_put_obj(&rq->out, f, NELEM(f));
	return reply_out(rq, status, json_type_name);
}

int
reply_list(struct req *rq, struct str list, const char *next)
{
	struct json_field f[] = { JB("success", true), JR("data", list), JS("nextCursor", next) };

	buf_reset(&rq->out);
	json_put_obj(&rq->out, f, NELEM(f));
	return reply_out(rq, 200, json_type_name);
}

void
reply_header(struct req *rq, const char *name, const char *value)
{
	if (rq->reply.n_extra < REPLY_HEADERS_MAX)
		rq->reply.extra[rq->reply.n_extra++] = (struct reply_header){ name, value };
}
