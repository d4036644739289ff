/* pong.h -- what answers a client's ping. Nothing here yields. */
#ifndef SESSION_PONG_H
#define SESSION_PONG_H

#include "base/json.h"

/* The `timestamp` of the answer to `ping`, a number: the client's own, copied into the arena, where it sent a number;
 * else now, in milliseconds since 1970. `ping` may be NULL. */
struct json_field	 pong_timestamp(struct arena *mem, const struct json *ping);

#endif
