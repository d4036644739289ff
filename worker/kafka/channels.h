/* channels.h -- accepts messages that analysis servers publish on Redis channels instead of topics.
 *
 *   analysis_updates:{taskId}     progress, a card, or the outcome
 *   analysis_stats:{taskId}       counts: positive, negative, neutral
 *   user_notifications:{userId}   a notification: type or message, title, data, priority, id
 *
 * An update is a card if its `type` is sentiment-card or it has a `card`; its status completed or failed is the
 * outcome. Names may be camelCase or snake_case, a step a name or a number; other members are passed on. A message
 * takes the path of a topic message: the same validation, rows, caches and rooms, once however many bridges receive it.
 * Dure ignores its own messages on these channels (effects_channel). Redis keeps nothing for a bridge that is down: a
 * server that must not lose messages uses the topics.
 */
#ifndef KAFKA_CHANNELS_H
#define KAFKA_CHANNELS_H

/* Subscribes and applies until channels_stop. Yields. */
void	 channels_run(void);
/* Stops; messages already received are applied first. */
void	 channels_stop(void);

#endif
