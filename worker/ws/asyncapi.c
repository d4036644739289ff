/* asyncapi.c -- the AsyncAPI document from the tables of events. See worker/asyncapi.h.
 *
 * A namespace of Socket.IO is a channel. Its messages are named client.EVENT, ack.EVENT and server.EVENT; an event of
 * a client is an operation with the acknowledgement as its reply. Events that exist for tests only are left out.
 */
#include "worker/asyncapi.h"

#include <string.h>

#include "asyncapi_topics.h"
#include "base/json.h"
#include "base/param_object.h"
#include "base/version.h"
#include "on/event_tables.h"
#include "session/event_out.h"

static const struct space {
	const char	*nsp, *channel, *help;
} spaces[] = {
	{ "/", "root", "Analyses, searches, batches, watched products, notifications, streams; open to everybody "
	    "unless WS_ROOT_AUTH=required" },
	{ "/chat", "chat", "The chats of streams, for users" },
	{ "/streaming", "streaming", "Watching streams, for users" },
};

static void
put_text(struct buf *out, const char *s)
{
	json_put_str(out, s, strlen(s));
}

static void
put_shape(struct buf *out, const char *text)
{
	struct arena mem;

	arena_init(&mem, 4096);
	shape_schema(out, shape_parse(&mem, event_shapes, &text));
	arena_fini(&mem);
}

/* --- The events of a namespace --- */

typedef void put_in(struct buf *out, const struct space *s, const struct event *e);
typedef void put_out(struct buf *out, const struct space *s, const struct event_out *e);

static bool
is_in(const struct space *s, const char *nsp)
{
	return strcmp(nsp, s->nsp) == 0 || strcmp(nsp, "*") == 0;
}

static void
each_in(struct buf *out, const struct space *s, put_in *put)
{
	const struct event *const *table, *e;

	for (table = event_tables; *table != NULL; table++)
		for (e = *table; e->name != NULL; e++)
			if (e->help != NULL && is_in(s, e->nsp))
				put(out, s, e);
}

/* Whether the namespace has a row of its own for what others have from a row for all. */
static bool
has_own_row(const struct space *s, const char *name)
{
	const struct event_out *e;

	for (e = events_out; e->name != NULL; e++)
		if (strcmp(e->nsp, s->nsp) == 0 && strcmp(e->name, name) == 0)
			return true;
	return false;
}

static void
each_out(struct buf *out, const struct space *s, put_out *put)
{
	const struct event_out *e;

	for (e = events_out; e->name != NULL; e++)
		if (!e->test && is_in(s, e->nsp) && (*e->nsp != '*' || !has_own_row(s, e->name)))
			put(out, s, e);
}

/* --- Messages --- */

static bool
takes_value_alone(const struct param *params)
{
	const struct param *p;

	for (p = params + 1; p->name != NULL; p++)
		if (p->required)
			return false;
	return true;
}

/* The argument: an object, or in its place the first parameter's value; an id may be a number. */
static void
put_argument(struct buf *out, const struct event *e)
{
	if (e->arg != NULL) {
		put_shape(out, e->arg);
	} else if (e->params->name == NULL) {
		buf_str(out, "{\"type\":\"null\",\"description\":\"No argument\"}");
	} else if (takes_value_alone(e->params)) {
		buf_str(out, "{\"anyOf\":[");
		param_object_schema(out, e->params);
		buf_byte(out, ',');
		param_schema(out, e->params);
		if (e->params->kind == PARAM_ID)
			buf_str(out, ",{\"type\":\"number\"}");
		buf_str(out, "]}");
	} else {
		param_object_schema(out, e->params);
	}
}

static void
put_client_message(struct buf *out, const struct space *s, const struct event *e)
{
	(void)s;
	buf_printf(out, ",\"client.%s\":{\"name\":\"%s\",\"summary\":", e->name, e->name);
	put_text(out, e->help);
	buf_str(out, ",\"payload\":");
	put_argument(out, e);
	buf_printf(out, "},\"ack.%s\":{\"name\":\"%s\",\"summary\":\"The acknowledgement of %s\","
	    "\"payload\":{\"anyOf\":[", e->name, e->name, e->name);
	put_shape(out, e->ack);
	buf_str(out, ",{\"$ref\":\"#/components/schemas/EventFailure\"}]}}");
}

static void
put_server_message(struct buf *out, const struct space *s, const struct event_out *e)
{
	(void)s;
	buf_printf(out, ",\"server.%s\":{\"name\":\"%s\",\"summary\":", e->name, e->name);
	put_text(out, e->help);
	if (e->alias != NULL)
		buf_printf(out, ",\"x-alias\":\"%s\"", e->alias);
	buf_str(out, ",\"payload\":");
	put_shape(out, e->shape);
	buf_byte(out, '}');
}

static void
put_channel(struct buf *out, const struct space *s)
{
	size_t from;

	buf_printf(out, "\"%s\":{\"address\":\"%s\",\"title\":\"Socket.IO namespace %s\",\"description\":",
	    s->channel, s->nsp, s->nsp);
	put_text(out, s->help);
	buf_str(out, ",\"servers\":[{\"$ref\":\"#/servers/sockets\"}],\"messages\":{");
	from = out->n;
	each_in(out, s, put_client_message);
	each_out(out, s, put_server_message);
	out->p[from] = ' ';	/* was the first comma */
	buf_str(out, "}}");
}

/* --- Operations --- */

static void
put_who(struct buf *out, const struct event *e)
{
	buf_str(out, ",\"x-who\":");
	put_text(out, e->who != NULL ? e->who : e->auth == AUTH_USER ? "users" : "everybody");
	if (e->auth == AUTH_USER)
		buf_str(out, ",\"security\":[{\"$ref\":\"#/components/securitySchemes/token\"}]");
}

static void
put_client_operation(struct buf *out, const struct space *s, const struct event *e)
{
	buf_printf(out, ",\"%s.client.%s\":{\"action\":\"receive\",\"channel\":{\"$ref\":\"#/channels/%s\"},"
	    "\"summary\":", s->channel, e->name, s->channel);
	put_text(out, e->help);
	put_who(out, e);
	if (e->room != NULL)
		buf_printf(out, ",\"x-room\":\"%s\"", e->room);
	buf_printf(out, ",\"tags\":[{\"name\":\"%s\"}],"
	    "\"messages\":[{\"$ref\":\"#/channels/%s/messages/client.%s\"}]", s->nsp, s->channel, e->name);
	buf_printf(out, ",\"reply\":{\"channel\":{\"$ref\":\"#/channels/%s\"},"
	    "\"messages\":[{\"$ref\":\"#/channels/%s/messages/ack.%s\"}]}}", s->channel, s->channel, e->name);
}

static void
put_server_operation(struct buf *out, const struct space *s, const struct event_out *e)
{
	buf_printf(out, ",\"%s.server.%s\":{\"action\":\"send\",\"channel\":{\"$ref\":\"#/channels/%s\"},"
	    "\"summary\":", s->channel, e->name, s->channel);
	put_text(out, e->help);
	buf_printf(out, ",\"x-to\":\"%s\",\"tags\":[{\"name\":\"%s\"}],"
	    "\"messages\":[{\"$ref\":\"#/channels/%s/messages/server.%s\"}]}",
	    e->to, s->nsp, s->channel, e->name);
}

/* --- The document --- */

#define ABOUT \
	"The events of the sockets and the messages on the topics of Kafka, as Dure sees them: it receives what " \
	"clients emit and sends what they listen to. Sockets: Socket.IO 3 and 4 (Engine.IO 4) over websocket " \
	"and polling; a token is given as auth.token. Every event of a client can be acknowledged, and a " \
	"failure is told there. A subscription enters a room; events to a room reach all its members, and " \
	"events missed during a short disconnection are sent on reconnection. Members that are not listed may " \
	"be added at any time."

static void
put_head(struct buf *out)
{
	buf_str(out, "{\"asyncapi\":\"3.0.0\",\"info\":{\"title\":\"Dure\",\"version\":");
	put_text(out, dure_version);
	buf_str(out, ",\"description\":");
	put_text(out, ABOUT);
	buf_str(out, ","
	    "\"tags\":[{\"name\":\"/\"},{\"name\":\"/chat\"},{\"name\":\"/streaming\"},{\"name\":\"topics\"}]},"
	    "\"defaultContentType\":\"application/json\",\"servers\":{\"sockets\":{\"host\":\"{host}\","
	    "\"pathname\":\"/socket.io/\",\"protocol\":\"socketio\",\"protocolVersion\":\"5\","
	    "\"variables\":{\"host\":{\"default\":\"localhost:3001\"}}},\"kafka\":{\"host\":\"{brokers}\","
	    "\"protocol\":\"kafka\",\"variables\":{\"brokers\":{\"default\":\"localhost:9092\"}}}}");
}

static void
put_parts(struct buf *out)
{
	const struct shape_name *s;

	for (s = event_shapes; s->name != NULL; s++) {
		buf_printf(out, "%s\"%s\":", s > event_shapes ? "," : "", s->name);
		put_shape(out, s->text);
	}
}

void
asyncapi_put(struct buf *out)
{
	size_t i, from;

	put_head(out);
	buf_str(out, ",\"channels\":{");
	for (i = 0; i < NELEM(spaces); i++) {
		buf_str(out, i > 0 ? "," : "");
		put_channel(out, &spaces[i]);
	}
	asyncapi_topic_channels(out);
	buf_str(out, "},\"operations\":{");
	from = out->n;
	for (i = 0; i < NELEM(spaces); i++) {
		each_in(out, &spaces[i], put_client_operation);
		each_out(out, &spaces[i], put_server_operation);
	}
	asyncapi_topic_operations(out);
	out->p[from] = ' ';	/* was the first comma */
	buf_str(out, "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"httpApiKey\","
	    "\"name\":\"token\",\"in\":\"query\",\"description\":\"auth.token of the handshake: an access token of "
	    "POST /api/auth/login\"}},\"schemas\":{");
	put_parts(out);
	asyncapi_topic_schemas(out);
	buf_str(out, "}}}");
}
