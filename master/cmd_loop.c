/* cmd_loop.c -- a command whose work yields: a process of its own with a loop, one coroutine and a share of the connection budget;
 * nobody else need run. Yields: nothing itself.
 */
#include "base/conf.h"
#include "cmd.h"
#include "link/pg.h"
#include "link/redis.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "run/offload.h"

static struct {
	int	(*work)(struct arena *mem);
	int	 status;
	bool	 finished;
} run;

static void
run_work(void *arg)
{
	(void)arg;
	run.status = run.work(co_arena());
	run.finished = true;
	loop_stop();
}

int
cmd_in_loop(int links, int (*work)(struct arena *mem))
{
	run.work = work;
	scoreboard_create((int)conf.db_pool_max);
	loop_init();
	pg_open();
	if (links & LINK_REDIS)
		redis_open();
	co_spawn(run_work, NULL, 0);
	if (!run.finished)
		loop_run();
	offload_close();
	if (links & LINK_REDIS)
		redis_close();
	pg_close();
	loop_fini();
	return run.status;
}
