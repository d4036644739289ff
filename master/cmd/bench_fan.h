/* bench_fan.h -- one published, many told: the listeners of `dure bench`, of Dure or of the bare server. Blocks. */
#ifndef CMD_BENCH_FAN_H
#define CMD_BENCH_FAN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "bench_count.h"

struct bench_fan;

/* Connect so many listeners, of Socket.IO with the room `analysis:ROOM`, or bare where it is NULL. NULL: it failed. */
struct bench_fan *bench_fan_open(int port, int listeners, const char *room);
/* Publish for so long by this question, several at once, into *c: deliveries, and how long it took until all had
 * each. False: what was published has not arrived. */
bool bench_fan_load(struct bench_fan *f, struct str question, int64_t ms, struct bench_count *c);
/* The frame that a listener got last, header included; "" for none. */
struct str bench_fan_frame(const struct bench_fan *f);
void bench_fan_close(struct bench_fan **f);

#endif
