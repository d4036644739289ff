/* asyncapi_types.c -- the TypeScript types of the sockets, made from the AsyncAPI document. See worker/asyncapi.h.
 *
 * An acknowledgement is the last parameter,
     as socket.io-client's emitWithAck wants it; an event of the server is followed
 * by its offset, where recovery is on.
 */
#include <string.h>

#include "base/log.h"
#include "base/schema_ts.h"
#include "base/version.h"
#include "worker/asyncapi.h"

#define HEAD \
	"// The socket events of Dure %s, for TypeScript and socket.io-client 4; made by `dure dump typescript`.\n" \
	"//\n" \
	"//	import { io, type Socket } from 'socket.io-client';\n" \
	"//	const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token } });\n" \
	"//	const answer = await socket.emitWithAck('subscribe-analysis', taskId);\n" \
	"//\n" \
	"// Those of the namespaces /chat and /streaming are called ChatServerToClientEvents and so on.\n\n"

/* The channels that are namespaces, and what the names of their interfaces begin with. */
static const struct {
	const char	*channel, *prefix;
} spaces[] = { { "root", "" }, { "chat", "Chat" }, { "streaming", "Streaming" } };

static const struct json *
payload_of(const struct json *messages, const char *kind, const char *name)
{
	struct arena mem;
	const struct json *m;

	arena_init(&mem, 256);
	m = json_get(messages, arena_printf(&mem, "%s%s", kind, name));
	arena_fini(&mem);
	return json_get(m, "payload");
}

/* The name behind `kind`, "client." and so on; NULL: of another kind. */
static const char *
name_of(const struct json *message, const char *kind)
{
	size_t n = strlen(kind);

	return strncmp(json_name(message), kind, n) == 0 ? json_name(message) + n : NULL;
}

static void
put_client_event(struct buf *out, const struct json *messages, const struct json *m, const char *name)
{
	const struct json *payload = json_get(m, "payload");
	const char *type = json_str(json_get(payload, "type"));

	schema_ts_comment(out, json_str(json_get(m, "summary")), 1);
	buf_printf(out, "\t\"%s\": (", name);
	if (type == NULL || strcmp(type, "null") != 0) {
		buf_str(out, "payload: ");
		schema_ts(out, payload, 1);
		buf_str(out, ", ");
	}
	buf_str(out, "ack: (answer: ");
	schema_ts(out, payload_of(messages, "ack.", name), 1);
	buf_str(out, ") => void) => void;\n");
}

static void
put_listener(struct buf *out, const struct json *payload)
{
	buf_str(out, ": (payload: ");
	schema_ts(out, payload, 1);
	buf_str(out, ", offset?: string) => void;\n");
}

/* "analysis:{id}" stands for all names that begin so. */
static void
put_alias(struct buf *out, const char *alias, const struct json *payload)
{
	const char *brace = strchr(alias, '{');

	if (brace != NULL)
		buf_printf(out, "\t[event: `%.*s${string}`]", (int)(brace - alias), alias);
	else
		buf_printf(out, "\t\"%s\"", alias);
	put_listener(out, payload);
}

static void
put_server_event(struct buf *out, const struct json *m, const char *name)
{
	const char *alias = json_str(json_get(m, "x-alias"));

	schema_ts_comment(out, json_str(json_get(m, "summary")), 1);
	buf_printf(out, "\t\"%s\"", name);
	put_listener(out, json_get(m, "payload"));
	if (alias != NULL)
		put_alias(out, alias, json_get(m, "payload"));
}

static void
put_space(struct buf *out, const struct json *channel, const char *prefix)
{
	const struct json *messages = json_get(channel, "messages"), *m;
	const char *name;

	schema_ts_comment(out, json_str(json_get(channel, "title")), 0);
	buf_printf(out, "export interface %sServerToClientEvents {\n", prefix);
	for (m = json_first(messages); m != NULL; m = json_next(m))
		if ((name = name_of(m, "server.")) != NULL)
			put_server_event(out, m, name);
	buf_printf(out, "}\n\nexport interface %sClientToServerEvents {\n", prefix);
	for (m = json_first(messages); m != NULL; m = json_next(m))
		if ((name = name_of(m, "client.")) != NULL)
			put_client_event(out, messages, m, name);
	buf_str(out, "}\n\n");
}

/* Those of events; the topics' are called as the topics are, in lower case. */
static void
put_parts(struct buf *out, const struct json *schemas)
{
	const struct json *s;

	for (s = json_first(schemas); s != NULL; s = json_next(s)) {
		if (*json_name(s) < 'A' || *json_name(s) > 'Z')
			continue;
		schema_ts_comment(out, json_str(json_get(s, "description")), 0);
		buf_printf(out, "export type %s = ", json_name(s));
		schema_ts(out, s, 0);
		buf_str(out, ";\n\n");
	}
}

void
asyncapi_types_put(struct buf *out)
{
	struct buf text = { 0 };
	const struct json *doc;
	struct arena mem;
	size_t i;

	arena_init(&mem, 65536);
	asyncapi_put(&text);
	if (json_parse(&mem, text.p, text.n, &doc) < 0)
		bug("the AsyncAPI document is not JSON");
	buf_printf(out, HEAD, dure_version);
	for (i = 0; i < NELEM(spaces); i++)
		put_space(out, json_get(json_get(doc, "channels"), spaces[i].channel), spaces[i].prefix);
	put_parts(out, json_get(json_get(doc, "components"), "schemas"));
	out->n--;	/* the last blank line */
	arena_fini(&mem);
	buf_fini(&text);
}
