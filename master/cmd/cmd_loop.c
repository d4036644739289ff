/* cmd_loop.c -- runs a command whose work yields: a process of its own with a loop, one coroutine and a share of the
 * connection budget; no server need run. Yields: nothing itself.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "cmd.h"
#include "link/pg.h"
#include "link/pg_script.h"
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
cmd_complain(const char *what, const char *why)
{
	fprintf(stderr, "dure: %s: %s\n", what, why);
	return -1;
}

int
cmd_no_database(const char *why)
{
	fprintf(stderr, "dure: cannot reach the database: %s\n", why);
	if (*conf.database_url == '\0' && *conf.db_password == '\0')
		fprintf(stderr, "dure: neither DATABASE_URL nor DB_PASSWORD is set; beside `make run` say ./dure, "
		    "which knows its database\n");
	return 1;
}

/* libpq's own message, as the pool would only report that the database is down. */
static bool
reach_database(void)
{
	struct pg_script *db;
	struct arena mem;
	const char *why;

	arena_init(&mem, 1024);
	if ((db = pg_script_open(conf_database(&conf, &mem), &why)) == NULL)
		cmd_no_database(why);
	arena_fini(&mem);
	if (db == NULL)
		return false;
	pg_script_close(&db);
	return true;
}

const char *
cmd_why(int rc)
{
	if (rc == E_DOWN)
		return "PostgreSQL (DATABASE_URL) or Redis (REDIS_URL) cannot be reached";
	return err_row(rc)->en;
}

int
cmd_in_loop(int links, int (*work)(struct arena *mem))
{
	if (links & LINK_PG && !reach_database())
		return 1;
	run.work = work;
	scoreboard_create((int)conf.db_pool_max);
	loop_init();
	if (links & LINK_PG)
		pg_open();
	if (links & LINK_REDIS)
		redis_open();
	co_spawn(run_work, NULL, 0);
	if (!run.finished)
		loop_run();
	offload_close();
	if (links & LINK_REDIS)
		redis_close();
	if (links & LINK_PG)
		pg_close();
	loop_fini();
	return run.status;
}
