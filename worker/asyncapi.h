/* asyncapi.h -- the AsyncAPI 3.0 document: the events of the sockets and the messages on the topics. In worker/ws,
 * which has the tables; made from them and from etc/schemas. Nothing here yields. */
#ifndef WORKER_ASYNCAPI_H
#define WORKER_ASYNCAPI_H

#include "base/buf.h"

/* Append the document; it depends on the build alone. */
void	 asyncapi_put(struct buf *out);
/* Append its events as TypeScript interfaces, ServerToClientEvents and ClientToServerEvents of each namespace. */
void	 asyncapi_types_put(struct buf *out);

#endif
