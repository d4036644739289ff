/* bench_stage.h -- what `dure bench` measures: a PostgreSQL, a Redis and a Dure of its own, in a directory of its own,
 * that end with it. */
#ifndef CMD_BENCH_STAGE_H
#define CMD_BENCH_STAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"

struct bench_stage {
	struct arena *mem;
	const char *dir;    /* removed at the end */
	const char *binary; /* of this Dure */
	int pg_port, redis_port, port;
	const char *password; /* of PostgreSQL, of Redis and of the account */
	const char *database_url;
	pid_t pg, redis, dure;
	const char *why; /* why there is none */
};

/* Start all in a new directory below `parent`, and wait until Dure is ready; tens of seconds on a slow disk. False:
 * *why. */
bool bench_stage_start(struct bench_stage *s, const char *parent);
/* Run this Dure's command line on the stage, `input` on its standard input. Its exit status. */
int bench_stage_command(const struct bench_stage *s, const char *input, const char *const *words);
/* End all and remove the directory; also what was started half. */
void bench_stage_stop(struct bench_stage *s);

#endif
