/* effects.h -- side effects of a transaction: cache keys to set or delete, rooms and channels to publish to.
 *
 * Collected while the transaction runs, applied after its commit, dropped with a rollback. Everything is in the arena
 * of the unit of work; texts, and the span that the coroutine works in, are borrowed, so they must outlive
 * effects_apply.
 */
#ifndef CORE_EFFECTS_H
#define CORE_EFFECTS_H

#include "base/str.h"
#include "room.h"

struct effects;
struct effects	*effects_new(struct arena *mem);
struct arena	*effects_arena(struct effects *effects);
/* SET key value EX ttl_s; DEL key. */
void	 effects_set(struct effects *effects, const char *key, struct str value, int64_t ttl_s);
void	 effects_del(struct effects *effects, const char *key);
/* HSET key with the fields (name, value, name, value …, NULL), then EXPIRE. */
void	 effects_hash(struct effects *effects, const char *key, const char *const *fields, int64_t ttl_s);
/* A Redis command of at most EFFECTS_WORDS words, the last followed by NULL: effects_command(effects, "ZREM", key,
 * member, NULL). */
enum { EFFECTS_WORDS = 6 };
void	 effects_command(struct effects *effects, const char *word, ...);
/* LPUSH key value; LTRIM to the newest `max`; EXPIRE after ttl_s. */
void	 effects_push(struct effects *effects, const char *key, const char *value, int64_t max, int64_t ttl_s);
/* PUBLISH channel value, for channels on which other services publish too. `value` is a JSON object and gets the
 * member EFFECTS_OWN, by which Dure ignores its own messages. A message that was itself received on a channel is not
 * echoed there: effects_skip_channel names that channel. */
#define EFFECTS_OWN ",\"source\":\"dure\"}"
void	 effects_channel(struct effects *effects, const char *channel, struct str value);
void	 effects_skip_channel(struct effects *effects, const char *channel);
/* A room_publish. */
void	 effects_room(struct effects *effects, const char *room, enum room_class class, const char *event,
    const char *alias, struct str payload, bool keep);
/* Calls fn(arg), which does not yield; `arg` is in the arena of the unit of work. */
void	 effects_call(struct effects *effects, void (*fn)(void *arg), void *arg);
/* Rows were added to the outbox: wakes the bridges. */
void	 effects_outbox(struct effects *effects);
/* Applies everything in order, but events for rooms after the rest, then empties the collection. Does not yield. A
 * failure only delays what caches show; events for rooms are published when Redis is back (room_outbox.h). */
void	 effects_apply(struct effects *effects);
/* The same for several, one after the other; the events of all are published together. */
void	 effects_apply_all(struct effects *const *effects, size_t n);

#endif
