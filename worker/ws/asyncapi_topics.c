/* asyncapi_topics.c -- the topics of kafka_topics[], each with its schema of etc/schemas,
    which the assembler includes.
 * See asyncapi_topics.h. */
#include "asyncapi_topics.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "link/kafka.h"

/* Name as a C word, name. */
#define TOPIC_SCHEMAS(X) \
	X(product_search_requests, "product-search-requests") \
	X(product_search_results, "product-search-results") \
	X(analysis_requests, "analysis-requests") \
	X(realtime_status, "realtime-status") \
	X(analysis_results, "analysis-results") \
	X(watchlist_requests, "watchlist-requests") \
	X(watchlist_updates, "watchlist-updates") \
	X(batch_jobs, "batch-jobs") \
	X(batch_job_status, "batch-job-status") \
	X(order_events, "order-events") \
	X(error_notifications, "error-notifications")

#define EMBED(word, name) \
	__asm__(".pushsection .rodata\ntopic_" #word ":\n.incbin \"etc/schemas/" name ".json\"\n.byte " \
	"0\n.popsection\n"); \
	extern const char topic_##word[];
TOPIC_SCHEMAS(EMBED)

static const struct {
	const char	*topic, *schema;
} schemas[] = {
#define ROW(word, name) { name, topic_##word },
	TOPIC_SCHEMAS(ROW)
#undef ROW
};

static const char *
schema_of(const char *topic)
{
	size_t i;

	for (i = 0; i < NELEM(schemas); i++)
		if (strcmp(schemas[i].topic, topic) == 0)
			return schemas[i].schema;
	bug("a topic without its schema");
}

static const struct json *
parse_schema(struct arena *mem, const char *topic)
{
	const char *text = schema_of(topic);
	const struct json *j;

	if (json_parse(mem, text, strlen(text), &j) < 0)
		bug("the schema of a topic is not JSON");
	return j;
}

static const char *
member_text(const struct json *schema, const char *name)
{
	const char *text = json_str(json_get(schema, name));

	return text != NULL ? text : "";
}

/* --- Channels --- */

/* As every message carries them. */
#define HEADERS "{\"type\":\"object\",\"properties\":{\"messageId\":{\"type\":\"string\"}," \
	"\"type\":{\"type\":\"string\"},\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"traceparent\":{\"type\":\"string\"}}}"

static void
put_message(struct buf *out, const struct kafka_topic *k, const struct json *schema)
{
	struct arena mem;

	arena_init(&mem, 1024);
	json_put_obj(out, (const struct json_field[]){ JS("name", k->name), JS("title", member_text(schema, "title")),
	    JS("summary", member_text(schema, "description")), JR("headers", STR(HEADERS)),
	    JR("payload", json_obj(&mem, JS("$ref", arena_printf(&mem, "#/components/schemas/%s", k->name)))),
	    JR("bindings", json_obj(&mem, JR("kafka", json_obj(&mem, JR("key", json_obj(&mem, JS("type", "string"),
		JS("description", k->key))), JS("bindingVersion", "0.5.0"))))) }, 6);
	arena_fini(&mem);
}

void
asyncapi_topic_channels(struct buf *out)
{
	const struct kafka_topic *k;
	struct arena mem;

	arena_init(&mem, 16384);
	for (k = kafka_topics; k->name != NULL; k++) {
		const struct json *schema = parse_schema(&mem, k->name);

		buf_printf(out, ",\"%s\":{\"address\":\"%s\",\"title\":", k->name, k->name);
		json_put_str(out, member_text(schema, "title"), strlen(member_text(schema, "title")));
		buf_printf(out, ",\"servers\":[{\"$ref\":\"#/servers/kafka\"}],\"messages\":{\"%s\":", k->name);
		put_message(out, k, schema);
		buf_printf(out, "},\"bindings\":{\"kafka\":{\"topic\":\"%s\",\"partitions\":%d,\"replicas\":%d,"
		    "\"topicConfiguration\":{\"retention.ms\":%lld},\"bindingVersion\":\"0.5.0\"}}}", k->name,
		    k->partitions,
		    k->replication, (long long)k->retention_ms);
		arena_reset(&mem);
	}
	arena_fini(&mem);
}

/* --- Operations --- */

static void
put_operation(struct buf *out, const struct kafka_topic *k, const char *action)
{
	buf_printf(out, ",\"%s.%s\":{\"action\":\"%s\",\"channel\":{\"$ref\":\"#/channels/%s\"},\"summary\":",
	    k->name, action,
	    action, k->name);
	buf_printf(out, "\"%s\",\"tags\":[{\"name\":\"topics\"}],"
	    "\"messages\":[{\"$ref\":\"#/channels/%s/messages/%s\"}]}",
	    strcmp(action, "send") == 0 ? "Dure writes it" : "Dure reads it", k->name, k->name);
}

void
asyncapi_topic_operations(struct buf *out)
{
	const struct kafka_topic *k;

	for (k = kafka_topics; k->name != NULL; k++) {
		if (strstr(k->direction, "out") != NULL)
			put_operation(out, k, "send");
		if (strncmp(k->direction, "in", 2) == 0)
			put_operation(out, k, "receive");
	}
}

/* --- Schemas --- */

/* A schema whose own definitions are found from the document's root. */
static void
put_rebased(struct buf *out, const char *topic, struct str text)
{
	static const char here[] = "\"#/$defs/";
	const char *at = text.p, *end = text.p + text.n, *hit;

	for (; (hit = memmem(at, (size_t)(end - at), here, sizeof(here) - 1)) != NULL; at = hit + sizeof(here) - 1) {
		buf_add(out, at, (size_t)(hit - at));
		buf_printf(out, "\"#/components/schemas/%s/$defs/", topic);
	}
	buf_add(out, at, (size_t)(end - at));
}

void
asyncapi_topic_schemas(struct buf *out)
{
	static const char *const own[] = { "$schema", "$id", NULL };
	const struct kafka_topic *k;
	struct arena mem;

	arena_init(&mem, 16384);
	for (k = kafka_topics; k->name != NULL; k++) {
		struct buf members = { 0 };

		json_put_others(&members, parse_schema(&mem, k->name), NULL, 0, own);
		buf_printf(out, ",\"%s\":{", k->name);
		put_rebased(out, k->name, (struct str){ members.p + 1, members.n - 1 });
		buf_byte(out, '}');
		buf_fini(&members);
		arena_reset(&mem);
	}
	arena_fini(&mem);
}
