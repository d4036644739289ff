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

struct effects;
struct effects	*effects_new(struct arena *mem);
struct arena	*effects_arena(struct effects *effects);
/* SET key value EX ttl_s; DEL key. Texts are borrowed from the same arena. */
void	 effects_set(struct effects *effects, const char *key, struct str value, int64_t ttl_s);
void	 effects_del(struct effects *effects, const char *key);
/* HSET key with the fields (name, value, name, value …, NULL), then EXPIRE. */
void	 effects_hash(struct effects *effects, const char *key, const char *const *fields, int64_t ttl_s);
/* A Redis command of at most EFFECTS_WORDS words, the last followed by NULL: effects_command(w, "ZREM", key, member,
 * NULL). */
enum { EFFECTS_WORDS = 6 };
void	 effects_command(struct effects *effects, const char *word, ...);
/* LPUSH key value, of which the newest `max` stay for ttl_s after the last one. */
void	 effects_push(struct effects *effects, const char *key, const char *value, int64_t max, int64_t ttl_s);
/* PUBLISH channel value, for channels on which outside servers publish too: `value` is an object and gets the member
 * EFFECTS_OWN, by which Dure knows its own messages when they come back. What came on such a channel is not published
 * on it again (effects_came_on). */
#define EFFECTS_OWN ",\"source\":\"dure\"}"
void	 effects_channel(struct effects *effects, const char *channel, struct str value);
void	 effects_came_on(struct effects *effects, const char *channel);
/* room_publish. */
void	 effects_room(struct effects *effects, const char *room, enum room_class class, const char *event,
    const char *alias,
	    struct str payload, bool keep);
/* The outbox got rows: wake the bridges. */
void	 effects_outbox(struct effects *effects);
/* Tell everything, in order, then forget it. Does not yield; failures only delay what caches show. */
void	 effects_apply(struct effects *effects);

#endif
