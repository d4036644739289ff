/* effects.c -- after-commit messages. See effects.h. */
#include "effects.h"

#include <stdarg.h>

#include "base/log.h"
#include "link/redis.h"
#include "outbox.h"

struct item {
	struct item	*next;
	enum { SET, DEL, PUBLISH, HASH, ROOM, OUTBOX, COMMAND } kind;
	const char	*key;		/* key, channel or room */
	struct str	 value;
	int64_t		 ttl_s;
	const char	*event, *alias;
	const char	*const *fields;
	enum room_class	 class;
	bool		 keep;
	const char	*words[NEWS_WORDS];	/* of a command */
	int		 n_words;
};

struct news {
	struct arena	*mem;
	struct item	*first, **end;
	const char	*heard;		/* the channel that what is applied came on; NULL: none */
};

struct news *
news_new(struct arena *mem)
{
	struct news *w = arena_zalloc(mem, sizeof(*w));

	w->mem = mem;
	w->end = &w->first;
	return w;
}

struct arena *
news_arena(struct news *w)
{
	return w->mem;
}

static void
add(struct news *w, struct item item)
{
	struct item *i = arena_alloc(w->mem, sizeof(*i));

	*i = item;
	*w->end = i;
	w->end = &i->next;
}

void
news_set(struct news *w, const char *key, struct str value, int64_t ttl_s)
{
	add(w, (struct item){ .kind = SET, .key = key, .value = value, .ttl_s = ttl_s });
}

void
news_del(struct news *w, const char *key)
{
	add(w, (struct item){ .kind = DEL, .key = key });
}

void
news_hash(struct news *w, const char *key, const char *const *fields, int64_t ttl_s)
{
	add(w, (struct item){ .kind = HASH, .key = key, .fields = fields, .ttl_s = ttl_s });
}

void
news_room(struct news *w, const char *room, enum room_class class, const char *event, const char *alias,
    struct str payload, bool keep)
{
	add(w, (struct item){ .kind = ROOM, .key = room, .class = class, .event = event, .alias = alias,
	    .value = payload, .keep = keep });
}

static void
add_words(struct news *w, const char *word, va_list more)
{
	struct item i = { .kind = COMMAND };

	for (; word != NULL; word = va_arg(more, const char *)) {
		if (i.n_words == NEWS_WORDS)
			bug("a command with too many words");
		i.words[i.n_words++] = word;
	}
	add(w, i);
}

void
news_do(struct news *w, const char *word, ...)
{
	va_list more;

	va_start(more, word);
	add_words(w, word, more);
	va_end(more);
}

void
news_push(struct news *w, const char *key, const char *value, int64_t max, int64_t ttl_s)
{
	news_do(w, "LPUSH", key, value, NULL);
	news_do(w, "LTRIM", key, "0", arena_printf(w->mem, "%lld", (long long)max - 1), NULL);
	news_do(w, "EXPIRE", key, arena_printf(w->mem, "%lld", (long long)ttl_s), NULL);
}

void
news_channel(struct news *w, const char *channel, struct str value)
{
	const char *text;

	if (w->heard != NULL && strcmp(w->heard, channel) == 0)
		return;
	text = arena_printf(w->mem, "%.*s%s", (int)value.n - 1, value.p, value.n > 2 ? NEWS_OWN : &NEWS_OWN[1]);
	add(w, (struct item){ .kind = PUBLISH, .key = channel, .value = str_of(text) });
}

void
news_heard(struct news *w, const char *channel)
{
	w->heard = channel;
}

void
news_outbox(struct news *w)
{
	add(w, (struct item){ .kind = OUTBOX });
}

static void
tell_hash(const struct item *i)
{
	const char *const *f;

	for (f = i->fields; *f != NULL; f += 2)
		redis_send("HSET %s %s %s", i->key, f[0], f[1]);
	redis_send("EXPIRE %s %lld", i->key, (long long)i->ttl_s);
}

static void
tell_command(const struct item *i)
{
	static const char format[] = "%s %s %s %s %s %s";
	const char *const *v = i->words;

	redis_send(format + 3 * (NEWS_WORDS - i->n_words), v[0], v[1], v[2], v[3], v[4], v[5]);
}

static void
tell(const struct item *i)
{
	switch (i->kind) {
	case SET:     redis_send("SET %s %b EX %lld", i->key, i->value.p, i->value.n, (long long)i->ttl_s); break;
	case DEL:     redis_send("DEL %s", i->key); break;
	case PUBLISH: redis_send("PUBLISH %s %b", i->key, i->value.p, i->value.n); break;
	case HASH:    tell_hash(i); break;
	case ROOM:    room_publish(i->key, i->class, i->event, i->alias, i->value, i->keep); break;
	case OUTBOX:  outbox_announce(); break;
	case COMMAND: tell_command(i); break;
	}
}

void
news_tell(struct news *w)
{
	const struct item *i;

	for (i = w->first; i != NULL; i = i->next)
		tell(i);
	w->first = NULL;
	w->end = &w->first;
}
