/* channels.h -- messages of analysis servers that come straight on Redis channels instead of the topics.
 *
 * analysis_updates:{taskId} progress, a card (`type` sentiment-card, or a `card`), or the outcome (status completed or
 * failed)
 * 	analysis_stats:{taskId}		counts: positive, negative, neutral
 * 	user_notifications:{userId}	a notification: type, title, message, data, priority, id
 *
 * Names may be camelCase or snake_case. Each takes the way of a topic message: the same validation, rows, caches and
 * rooms, once however many bridges hear it. Dure's own messages on these channels (effects_channel) are not heard.
 * Redis keeps nothing for who is away: a server that must not lose anything uses the topics.
 */
#ifndef KAFKA_CHANNELS_H
#define KAFKA_CHANNELS_H

/* Listen and apply until channels_stop. Yields. */
void	 channels_run(void);
/* What has come is applied first. */
void	 channels_stop(void);

#endif
