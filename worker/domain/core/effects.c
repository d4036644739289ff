/* effects.c -- see effects.h. */
#include "effects.h"

#include <stdarg.h>

#include "base/log.h"
#include "base/trace_ring.h"
#include "link/redis.h"
#include "outbox.h"
#include "room_outbox.h"

struct item {
	struct item	*next;
	enum { SET, DEL, PUBLISH, HASH, ROOM, OUTBOX, COMMAND, CALL } kind;
	const char	*key;		/* key, channel or room */
	struct str	 value;
	int64_t		 ttl_s;
	const char	*event, *alias;
	const char	*const *fields;
	enum room_class	 class;
	bool		 keep;
	const char	*trace;		/* of a room event */
	const struct trace *span;	/* what brings it about, where that is recorded; NULL */
	const char	*words[EFFECTS_WORDS];	/* of a Redis command */
	int		 n_words;
	void		(*fn)(void *arg);
	void		*arg;
};

struct effects {
	struct arena	*mem;
	struct item	*first, **end;
	const char	*skipped_channel;		/* the channel that effects_channel skips; NULL: none */
};

struct effects *
effects_new(struct arena *mem)
{
	struct effects *effects = arena_zalloc(mem, sizeof(*effects));

	effects->mem = mem;
	effects->end = &effects->first;
	return effects;
}

struct arena *
effects_arena(struct effects *effects)
{
	return effects->mem;
}

static void
add_item(struct effects *effects, struct item item)
{
	struct item *i = arena_alloc(effects->mem, sizeof(*i));

	*i = item;
	i->span = trace_now();
	*effects->end = i;
	effects->end = &i->next;
}

void
effects_set(struct effects *effects, const char *key, struct str value, int64_t ttl_s)
{
	add_item(effects, (struct item){ .kind = SET, .key = key, .value = value, .ttl_s = ttl_s });
}

void
effects_del(struct effects *effects, const char *key)
{
	add_item(effects, (struct item){ .kind = DEL, .key = key });
}

void
effects_hash(struct effects *effects, const char *key, const char *const *fields, int64_t ttl_s)
{
	add_item(effects, (struct item){ .kind = HASH, .key = key, .fields = fields, .ttl_s = ttl_s });
}

void
effects_room(struct effects *effects, const char *room, enum room_class class, const char *event, const char *alias,
    struct str payload, bool keep)
{
	add_item(effects, (struct item){ .kind = ROOM, .key = room, .class = class, .event = event, .alias = alias,
	    .value = payload, .keep = keep, .trace = room_trace() });
}

static void
add_words(struct effects *effects, const char *word, va_list more)
{
	struct item i = { .kind = COMMAND };

	for (; word != NULL; word = va_arg(more, const char *)) {
		if (i.n_words == EFFECTS_WORDS)
			bug("a command with too many words");
		i.words[i.n_words++] = word;
	}
	add_item(effects, i);
}

void
effects_command(struct effects *effects, const char *word, ...)
{
	va_list more;

	va_start(more, word);
	add_words(effects, word, more);
	va_end(more);
}

void
effects_push(struct effects *effects, const char *key, const char *value, int64_t max, int64_t ttl_s)
{
	effects_command(effects, "LPUSH", key, value, NULL);
	effects_command(effects, "LTRIM", key, "0", arena_printf(effects->mem, "%lld", (long long)max - 1), NULL);
	effects_command(effects, "EXPIRE", key, arena_printf(effects->mem, "%lld", (long long)ttl_s), NULL);
}

void
effects_channel(struct effects *effects, const char *channel, struct str value)
{
	const char *text;

	if (effects->skipped_channel != NULL && strcmp(effects->skipped_channel, channel) == 0)
		return;
	text = arena_printf(effects->mem, "%.*s%s", (int)value.n - 1, value.p, value.n > 2
	    ? EFFECTS_OWN : &EFFECTS_OWN[1]);
	add_item(effects, (struct item){ .kind = PUBLISH, .key = channel, .value = str_of(text) });
}

void
effects_skip_channel(struct effects *effects, const char *channel)
{
	effects->skipped_channel = channel;
}

void
effects_call(struct effects *effects, void (*fn)(void *arg), void *arg)
{
	add_item(effects, (struct item){ .kind = CALL, .fn = fn, .arg = arg });
}

void
effects_outbox(struct effects *effects)
{
	add_item(effects, (struct item){ .kind = OUTBOX });
}

static void
apply_hash(const struct item *i)
{
	const char *const *f;

	for (f = i->fields; *f != NULL; f += 2)
		redis_send("HSET %s %s %s", i->key, f[0], f[1]);
	redis_send("EXPIRE %s %lld", i->key, (long long)i->ttl_s);
}

static void
apply_command(const struct item *i)
{
	static const char format[] = "%s %s %s %s %s %s";
	const char *const *v = i->words;

	redis_send(format + 3 * (EFFECTS_WORDS - i->n_words), v[0], v[1], v[2], v[3], v[4], v[5]);
}

static void
apply_item(const struct item *i)
{
	switch (i->kind) {
	case SET:     redis_send("SET %s %b EX %lld", i->key, i->value.p, i->value.n, (long long)i->ttl_s); break;
	case DEL:     redis_send("DEL %s", i->key); break;
	case PUBLISH: redis_send("PUBLISH %s %b", i->key, i->value.p, i->value.n); break;
	case HASH:    apply_hash(i); break;
	case ROOM:    room_publish_traced(i->key, i->class, i->event, i->alias, i->value, i->keep, i->trace); break;
	case OUTBOX:  outbox_announce(); break;
	case COMMAND: apply_command(i); break;
	case CALL:    i->fn(i->arg); break;
	}
}

static const char *
kind_name(int kind)
{
	static const char *const names[] = {
		[SET] = "set", [DEL] = "delete", [PUBLISH] = "publish", [HASH] = "hash", [ROOM] = "room",
		[OUTBOX] = "outbox", [COMMAND] = "command", [CALL] = "call",
	};

	return names[kind];
}

/* Apply the items of one recorded cause, below a span of their own. Returns the first item after them. */
static const struct item *
apply_recorded(const struct item *first)
{
	const struct log_work *outer = log_work_now();
	struct trace t;
	struct log_work work = { .request = outer != NULL ? outer->request : NULL, .traceparent = t.text, .trace = &t };
	struct trace_span span = { .trace = &t, .kind = TRACE_INTERNAL, .step = TRACE_EFFECT, .name = "apply effects",
	    .start_us = mono_us() };
	const struct item *i;
	struct buf kinds = { 0 };

	trace_child(&t, first->span);
	log_work(&work);
	for (i = first; i != NULL && i->span == first->span; i = i->next) {
		apply_item(i);
		buf_str(&kinds, i != first ? "," : "");
		buf_str(&kinds, kind_name((int)i->kind));
	}
	log_work(outer);
	span.end_us = mono_us();
	trace_record(&span, JS("db.system.name", "redis"), JN("dure.effects", ((struct str){ kinds.p, kinds.n })));
	buf_fini(&kinds);
	return i;
}

static void
apply_one(struct effects *effects)
{
	const struct item *i = effects->first;

	while (i != NULL) {
		if (i->span != NULL) {
			i = apply_recorded(i);
		} else {
			apply_item(i);
			i = i->next;
		}
	}
	effects->first = NULL;
	effects->end = &effects->first;
}

void
effects_apply_all(struct effects *const *effects, size_t n)
{
	size_t i;

	room_outbox_hold();
	for (i = 0; i < n; i++)
		apply_one(effects[i]);
	room_outbox_release();
}

void
effects_apply(struct effects *effects)
{
	effects_apply_all(&effects, 1);
}
