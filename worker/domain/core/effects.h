/* effects.h -- what is to be told once a transaction is committed: cache keys to write or drop, rooms and channels to
 * tell.
 *
 * Collected while the transaction runs, told after its commit, forgotten when it rolls back. In the unit of work's
 * arena.
 */
#ifndef CORE_EFFECTS_H
#define CORE_EFFECTS_H

#include "base/str.h"
#include "room.h"

struct news;
struct news	*news_new(struct arena *mem);
struct arena	*news_arena(struct news *w);
/* SET key value EX ttl_s; DEL key. Texts are borrowed from the same arena. */
void	 news_set(struct news *w, const char *key, struct str value, int64_t ttl_s);
void	 news_del(struct news *w, const char *key);
/* HSET key with the fields (name, value, name, value …, NULL), then EXPIRE. */
void	 news_hash(struct news *w, const char *key, const char *const *fields, int64_t ttl_s);
/* A Redis command of at most NEWS_WORDS words, the last followed by NULL: news_do(w, "ZREM", key, member, NULL). */
enum { NEWS_WORDS = 6 };
void	 news_do(struct news *w, const char *word, ...);
/* LPUSH key value, of which the newest `max` stay for ttl_s after the last one. */
void	 news_push(struct news *w, const char *key, const char *value, int64_t max, int64_t ttl_s);
/* PUBLISH channel value, for channels on which outside servers publish too: `value` is an object and gets the member
 * NEWS_OWN, by which Dure knows its own messages when they come back. What came on such a channel is not published on
 * it again (news_heard). */
#define NEWS_OWN ",\"source\":\"dure\"}"
void	 news_channel(struct news *w, const char *channel, struct str value);
void	 news_heard(struct news *w, const char *channel);
/* room_publish. */
void	 news_room(struct news *w, const char *room, enum room_class class, const char *event, const char *alias,
	    struct str payload, bool keep);
/* The outbox got rows: wake the bridges. */
void	 news_outbox(struct news *w);
/* Tell everything, in order, then forget it. Does not yield; failures only delay what caches show. */
void	 news_tell(struct news *w);

#endif
