/* near.c -- the near cache against a redis-server of its own: held values, invalidations, lost connections, bounds. */
#include "base/conf.h"
#include "base/log.h"
#include "link/near.h"
#include "link/redis.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "redis_server.h"
#include "tap.h"

enum { LIMIT = 64 * 1024, READERS = 200 };

static bool is_inactive(void) { return !near_active(); }

static bool
is_forgotten(void)
{
	struct str v;

	return !near_get("k", &v);
}

static int64_t
gets_so_far(void)
{
	struct redis_reply r;
	const char *hit;

	redis_cmd(&r, "INFO commandstats");
	hit = strstr(r.s.p, "cmdstat_get:calls=");
	return hit == NULL ? 0 : atoll(hit + strlen("cmdstat_get:calls="));
}

static void
test_values(void)
{
	struct str v;
	int64_t gets;

	ok(wait_until(near_active, 3000), "Redis tracks the keys");
	redis_cmd(NULL, "SET k one");
	ok(!near_get("k", &v), "the near cache is empty before the first read");
	is_int(near_read("k", &v), 0, "the first read succeeds");
	is_str(v.p, "one", "the first read returns the value");
	gets = gets_so_far();
	ok(near_get("k", &v) && strcmp(v.p, "one") == 0, "the near cache holds the value");
	is_int(near_read("k", &v), 0, "the second read succeeds");
	is_int(gets_so_far(), gets, "the second read sends no command");
	redis_cmd(NULL, "SET k two");
	ok(wait_until(is_forgotten, 1000), "a change drops the value, even one of our own");
	near_read("k", &v);
	is_str(v.p, "two", "the next read returns the new value");
	near_read("none", &v);
	ok(v.p == NULL && near_get("none", &v) && v.p == NULL, "the near cache holds absence too");
	redis_cmd(NULL, "SET none here");
	co_sleep(50);
	near_read("none", &v);
	is_str(v.p, "here", "held absence ends when the key appears");
	near_read("k", &v);
	redis_cmd(NULL, "FLUSHALL");
	ok(wait_until(is_forgotten, 1000), "FLUSHALL drops every value");
	is_int((int64_t)near_count(), 0, "the near cache is empty after FLUSHALL");
}

static void
read_once(void *arg)
{
	struct str v;

	if (near_read("herd", &v) == 0 && v.p != NULL && strcmp(v.p, "grass") == 0)
		++*(int *)arg;
}

static void
test_herd(void)
{
	struct co_group g = { 0 };
	int64_t gets;
	int i, fed = 0;

	redis_cmd(NULL, "SET herd grass");
	gets = gets_so_far();
	for (i = 0; i < READERS; i++)
		co_group_spawn(&g, read_once, &fed, 2000);
	co_group_wait(&g);
	is_int(fed, READERS, "%d concurrent misses are all answered", READERS);
	is_int(gets_so_far(), gets + 1, "concurrent misses send one command");
}

/* A change that Redis announces before we have seen the answer that it makes stale must not leave the old value behind.
 */
static void
change_often(void *arg)
{
	int i;

	for (i = 0; i < 500; i++)
		redis_cmd(NULL, "SET race %d", i);
	*(bool *)arg = true;
}

static void
test_race(void)
{
	bool ended = false;
	struct co_group g = { 0 };
	struct str v;

	co_group_spawn(&g, change_often, &ended, 0);
	while (!ended) {
		near_read("race", &v);
		co_sleep(0);		/* a held value is read without yielding */
	}
	co_group_wait(&g);
	co_sleep(50);
	near_read("race", &v);
	is_str(v.p, "499", "after many changes among many reads the last value is read");
}

static void
test_bounds(void)
{
	char *big = arena_alloc(co_arena(), LIMIT);
	char key[32];
	struct str v;
	int i;

	memset(big, 'x', LIMIT);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "n%d", i);
		redis_cmd(NULL, "SET %s %b", key, big, (size_t)500);
		near_read(key, &v);
	}
	ok(near_bytes() <= LIMIT && near_count() > 20, "the memory is bounded: %zu values, %zu bytes", near_count(),
	    near_bytes());
	ok(near_get("n999", &v) && !near_get("n0", &v), "the least recently used value was dropped");
	redis_cmd(NULL, "SET huge %b", big, (size_t)LIMIT / 2);
	near_read("huge", &v);
	ok(v.n == LIMIT / 2 && !near_get("huge", &v),
	    "a value that would displace all others is returned and not held");
}

static void
test_lost(void)
{
	struct str v;

	redis_cmd(NULL, "SET k three");
	near_read("k", &v);
	redis_cmd(NULL, "CLIENT KILL TYPE pubsub");
	ok(wait_until(is_inactive, 2000), "without the tracking connection nothing is held");
	redis_cmd(NULL, "SET k four");
	near_read("k", &v);
	is_str(v.p, "four", "without the tracking connection reads go to Redis");
	ok(wait_until(near_active, 5000), "the tracking connection is restored");
	near_read("k", &v);
	kill_server();
	ok(wait_until(is_inactive, 2000) && is_forgotten(), "without Redis nothing is held");
	ok(near_read("k", &v) < 0, "without Redis a read fails");
	start_server("");
	ok(wait_until(near_active, 8000), "after a restart of Redis keys are tracked again");
	ok(near_read("k", &v) == 0 && v.p == NULL, "values from before the restart are dropped");
}

static void
run_tests(void *arg)
{
	(void)arg;
	start_server("");
	redis_open();
	near_open(LIMIT);
	test_values();
	test_herd();
	test_race();
	test_bounds();
	test_lost();
	redis_close();
	kill_server();
	loop_stop();
}

int
main(void)
{
	struct arena mem;
	char url[64];
	const char *why;

	if (system("command -v redis-server >/dev/null") != 0)
		skip_all("redis-server is not installed");
	arena_init(&mem, 4096);
	port = free_port();
	snprintf(url, sizeof(url), "REDIS_URL=redis://127.0.0.1:%d/0", port);
	if (conf_load(&conf, &mem, NULL, NULL, (char *[]){ url, NULL }, &why) < 0)
		return 1;
	log_to(getenv("TEST_LOG") != NULL ? 2 : -1);
	scoreboard_create(10);
	scoreboard_self(scoreboard_take(PROC_HTTP, 1, 1));
	loop_init();
	co_spawn(run_tests, NULL, 0);
	loop_run();
	loop_fini();
	arena_fini(&mem);
	return done_testing();
}
