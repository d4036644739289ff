/* asyncapi_topics.h -- the topics' part of the AsyncAPI document. */
#ifndef WS_ASYNCAPI_TOPICS_H
#define WS_ASYNCAPI_TOPICS_H

#include "base/buf.h"

/* Append members of `channels`, `operations` and `components.schemas`, each behind a comma. */
void	 asyncapi_topic_channels(struct buf *out);
void	 asyncapi_topic_operations(struct buf *out);
void	 asyncapi_topic_schemas(struct buf *out);

#endif
