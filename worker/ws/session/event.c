/* event.c -- dispatching the events of clients. See event.h. */
#include "event.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/ws/wire/encode.h"

static const struct event *const *tables;
static const struct event *test_table;

void
event_start(const struct event *const *all, const struct event *for_tests)
{
	tables = all;
	test_table = for_tests;
}

static const struct event *
find_event(const char *nsp, const char *name)
{
	const struct event *const *table, *e;

	for (table = tables; *table != NULL; table++)
		for (e = *table; e->name != NULL; e++)
			if (strcmp(e->name, name) == 0 && (strcmp(e->nsp, nsp) == 0 || strcmp(e->nsp, "*") == 0))
				return *table != test_table || conf.ws_protocol_test ? e : NULL;
	return NULL;
}

void
call_ack(struct call *c, struct str json)
{
	if (c->ack >= 0 && !c->acked)
		sio_ack(c->s, c->ack, json);
	c->acked = true;
}

/* Tell the client that its event was refused: `details` is JSON, n 0 for none; `wait_s` 0 for none. */
static void
refuse_call(struct sio *s, struct arena *mem, int64_t ack, int rc, const char *event, struct str details,
    int64_t wait_s)
{
	const struct err_row *row = err_row(rc);
	const char *message = s->session->english ? row->en : row->ko;
	struct str error;

	if (ack >= 0) {
		error = json_obj(mem, JS("code", row->code), JS("message", message),
		    JIF(details.n > 0, JR("details", details)), JIF(wait_s > 0, JI("retryAfter", wait_s)));
		sio_ack(s, ack, json_obj(mem, JB("ok", false), JR("error", error),
		    JIF(wait_s > 0, JI("retryAfter", wait_s))));
		return;
	}
	error = json_obj(mem, JS("type", "event-error"), JS("event", event), JS("code", row->code),
	    JS("message", message),
	    JIF(details.n > 0, JR("details", details)), JIF(wait_s > 0, JI("retryAfter", wait_s)),
	    JS("severity", "warning"));
	sio_emit(s, "error", error);
}

void
event_refuse(struct sio *s, int64_t ack, int rc, int64_t wait_s)
{
	struct arena mem;

	arena_init(&mem, 1024);
	refuse_call(s, &mem, ack, rc, NULL, (struct str){ 0 }, wait_s);
	arena_fini(&mem);
}

/* The object to bind from: the argument itself, or {"<first parameter>": argument}. A number there is taken as its
 * text: ids are strings here, but not in every client. */
static const struct json *
find_body(struct arena *mem, const struct param *rows, const struct json *arg)
{
	const struct json *body = NULL;
	struct buf text = { 0 };
	struct str value;

	if (arg == NULL || rows->name == NULL || json_type(arg) == JSON_OBJECT)
		return arg;
	value = json_text(mem, arg);
	buf_byte(&text, '{');
	json_put_str(&text, rows->name, strlen(rows->name));
	buf_byte(&text, ':');
	if (json_type(arg) == JSON_NUMBER && (rows->kind == PARAM_ID || rows->kind == PARAM_STR))
		json_put_str(&text, value.p, value.n);
	else
		buf_add(&text, value.p, value.n);
	buf_byte(&text, '}');
	if (json_parse(mem, text.p, text.n, &body) < 0)
		body = NULL;
	buf_fini(&text);
	return body;
}

static int
bind_and_call(const struct event *e, struct call *c, const struct json *arg)
{
	_Alignas(16) char args[EVENT_ARGS_BYTES] = { 0 };
	struct param_input in = { .body = find_body(c->mem, e->params, arg) };
	struct param_faults faults = { .n = 0 };
	int rc;

	if (e->auth == AUTH_USER && c->s->user == NULL)
		return E_UNAUTHORIZED;
	if ((rc = param_bind(c->mem, e->params, &in, args, &faults)) < 0) {
		c->details = param_faults_json(c->mem, &faults, c->s->session->english);
		return rc;
	}
	c->body = in.body;
	return e->handle(c, args);
}

void
event_handle(struct sio *s, const struct json *args, int64_t ack, const struct attachments *blobs)
{
	const struct json *first = json_first(args);
	const char *name = json_str(first);
	const struct event *e = name != NULL ? find_event(dialect_namespace(s->peer.dialect), name) : NULL;
	struct call c = { .s = s, .mem = co_arena(), .who = sio_caller(s, co_arena()), .first = json_next(first),
	    .blobs = blobs, .ack = ack };
	int rc;

	if (e == NULL) {	/* as the reference server: ignored, but acknowledged if requested */
		if (ack >= 0)
			refuse_call(s, c.mem, ack, E_NOT_FOUND, name, c.details, 0);
		return;
	}
	co_set_deadline(e->deadline_ms);
	rc = bind_and_call(e, &c, c.first);
	if (rc < 0 && !c.acked)
		refuse_call(s, c.mem, ack, rc, name, c.details, c.wait_s);
	else if (rc < 0)
		log_debug("event failed after its acknowledgement", JS("event", name), JS("error", err_row(rc)->code));
}
