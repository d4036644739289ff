/* news.c -- after-commit messages. See news.h. */
#include "news.h"

#include "link/redis.h"
#include "outbox.h"

struct item {
	struct item	*next;
	enum { SET, DEL, PUBLISH, HASH, ROOM, OUTBOX } kind;
	const char	*key;		/* key, channel or room */
	struct str	 value;
	int64_t		 ttl_s;
	const char	*event, *alias;
	const char	*const *fields;
	enum room_class	 class;
	bool		 keep;
};

struct news {
	struct arena	*mem;
	struct item	*first, **end;
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
news_publish(struct news *w, const char *channel, struct str value)
{
	add(w, (struct item){ .kind = PUBLISH, .key = channel, .value = value });
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
	add(w, (struct item){ .kind = ROOM, .key = room, .class = class, .event = event, .alias = alias, .value = payload,
	    .keep = keep });
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
tell(const struct item *i)
{
	switch (i->kind) {
	case SET:     redis_send("SET %s %b EX %lld", i->key, i->value.p, i->value.n, (long long)i->ttl_s); break;
	case DEL:     redis_send("DEL %s", i->key); break;
	case PUBLISH: redis_send("PUBLISH %s %b", i->key, i->value.p, i->value.n); break;
	case HASH:    tell_hash(i); break;
	case ROOM:    room_publish(i->key, i->class, i->event, i->alias, i->value, i->keep); break;
	case OUTBOX:  outbox_announce(); break;
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
