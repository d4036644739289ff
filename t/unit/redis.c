/* redis.c -- commands and subscriptions against a redis-server that this test starts, kills and freezes. */
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "link/redis.h"
#include "link/redis_conn.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "redis_server.h"
#include "tap.h"

enum { MANY = 2000, BIG = 1 << 20 };

/* --- commands --- */

static void
test_values(void)
{
	struct redis_reply r;
	struct str s;
	int64_t us;
	char *big = arena_alloc(co_arena(), BIG);
	size_t i;

	is_int(redis_cmd(&r, "SET %s %b", "bin", "a\0b\r\n", (size_t)5), 0, "a binary value is set");
	ok(r.type == REDIS_STATUS && strcmp(r.s.p, "OK") == 0, "the status reply is OK");
	is_int(redis_get("bin", &s), 0, "a value is read");
	ok(s.n == 5 && memcmp(s.p, "a\0b\r\n", 5) == 0 && s.p[5] == '\0',
	    "a value is binary-safe and NUL-terminated");
	is_int(redis_get("absent", &s), 0, "an absent key is not an error");
	ok(s.p == NULL, "an absent key has no value");
	for (i = 0; i < BIG; i++)
		big[i] = (char)(i * 31);
	is_int(redis_cmd(NULL, "SET big %b", big, (size_t)BIG), 0, "a value of 1 MB is written");
	is_int(redis_get("big", &s), 0, "a value of 1 MB is read");
	ok(s.n == BIG && memcmp(s.p, big, BIG) == 0, "a value of 1 MB is unchanged");
	is_int(redis_cmd(&r, "EVAL %s 0", "return {1,{'two',false},'x'}"), 0, "nested arrays are read");
	ok(r.type == REDIS_ARRAY && r.n == 3 && r.v[0].i == 1 && r.v[1].n == 2 && strcmp(r.v[1].v[0].s.p, "two") == 0 &&
	    r.v[1].v[1].type == REDIS_NIL, "nested arrays are copied to the arena");
	is_int(redis_cmd(&r, "INCR bin"), E_INTERNAL, "an error reply is E_INTERNAL");
	ok(r.type == REDIS_ERR, "the text of an error reply can be read");
	is_int(redis_ping(&us), 0, "redis_ping measures a round trip");
	ok(us > 0 && us < 1000000, "a blocking command takes its time");
	is_int(redis_cmd(&r, "CLIENT LIST"), 0, "CLIENT LIST can be read");
	ok(strstr(r.s.p, "db=3") != NULL, "the database of the URL is selected");
}

static void
test_batch(void)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[4];

	is_int(redis_run(b, r), 0, "an empty batch succeeds");
	redis_add(b, "SET k1 %d", 1);
	redis_add(b, "INCR k1");
	redis_add(b, "LPUSH k1 x");
	redis_add(b, "GET k1");
	is_int(redis_run(b, r), E_INTERNAL, "a batch returns its first error");
	ok(r[0].type == REDIS_STATUS && r[1].i == 2 && r[2].type == REDIS_ERR && strcmp(r[3].s.p, "2") == 0,
	    "a batch has its replies in order");
	redis_add(b, "GET k1");
	is_int(redis_run(b, NULL), 0, "a batch may be filled again");
}

static int n_right;

static void
get_own(void *arg)
{
	char key[32];
	struct str s;

	snprintf(key, sizeof(key), "own%d", (int)(intptr_t)arg);
	if (redis_cmd(NULL, "SET %s %s", key, key) == 0 && redis_get(key, &s) == 0 && s.p != NULL &&
	    strcmp(s.p, key) == 0)
		n_right++;
}

static void
test_many(void)
{
	struct co_group g = { 0 };
	int64_t patience_ms = conf.redis_timeout_ms;
	int i;

	conf.redis_timeout_ms = 20000;		/* a busy machine is slow with so many */
	for (i = 0; i < MANY; i++)
		co_group_spawn(&g, get_own, (void *)(intptr_t)i, 0);
	co_group_wait(&g);
	conf.redis_timeout_ms = patience_ms;
	is_int(n_right, MANY, "each of %d coroutines gets its own answers", MANY);
}

static int slow_rc;
static bool slow_done(void) { return slow_rc <= 0; }

static void
slow_command(void *arg)
{
	slow_rc = redis_cmd(NULL, "BLPOP nothing %s", (const char *)arg);
}

/* The number that the server gave to this connection. */
static int64_t
connection(void)
{
	struct redis_reply r;

	return redis_cmd(&r, "CLIENT ID") == 0 ? r.i : -1;
}

static void
test_patience(void)
{
	struct co *c;
	struct str s;
	int64_t id = connection(), patience_ms = conf.redis_timeout_ms;

	conf.redis_timeout_ms = 20000;		/* not what is looked at here */
	slow_rc = 1;
	co_spawn(slow_command, "0.3", 50);
	ok(wait_until(slow_done, 20000), "the coroutine's deadline ends the wait");
	is_int(slow_rc, E_TIMEOUT, "the caller gets E_TIMEOUT");
	is_int(redis_get("bin", &s), 0, "the late reply is dropped and the next one is right");
	ok(s.n == 5, "the next reply belongs to its own command");
	slow_rc = 1;
	c = co_spawn(slow_command, "0.1", 0);
	co_cancel(c);
	ok(wait_until(slow_done, 20000), "a coroutine is cancelled");
	is_int(slow_rc, E_CANCELED, "the cancelled caller gets E_CANCELED");
	is_int(redis_get("bin", &s), 0, "the connection survives a cancellation");
	ok(s.n == 5, "the next caller gets its own reply");
	is_int(connection(), id, "the connection is the same throughout");
	conf.redis_timeout_ms = patience_ms;
}

static void
test_overload(void)
{
	struct redis_batch *b = redis_batch();
	int64_t was = conf.redis_pending_max;
	int i;

	conf.redis_pending_max = 10;
	for (i = 0; i < 11; i++)
		redis_add(b, "PING");
	is_int(redis_run(b, NULL), E_BUSY, "more than REDIS_PENDING_MAX commands are E_BUSY");
	conf.redis_pending_max = was;
}

/* --- subscriptions --- */

struct ear {
	struct redis_sub *sub;
	int		  messages, ready, gaps;
	char		  last[64];
};

static void
on_message(void *arg, const char *p, size_t n)
{
	struct ear *e = arg;

	if (p == NULL) {
		e->gaps++;
		return;
	}
	e->messages++;
	snprintf(e->last, sizeof(e->last), "%.*s", (int)n, p);
}

static void
on_last_message(void *arg, const char *p, size_t n)
{
	struct ear *e = arg;

	on_message(arg, p, n);
	redis_unsubscribe(&e->sub);
}

static void
on_ready(void *arg)
{
	((struct ear *)arg)->ready++;
}

static struct ear a, b, once;
static bool a_ready(void) { return a.ready > 0; }
static bool b_ready(void) { return b.ready > 0; }
static bool a_heard(void) { return a.messages > 0; }
static bool both_gaps(void) { return a.gaps > 0 && b.gaps > 0; }
static bool is_up(void) { return redis_up(); }
static bool is_down(void) { return !redis_up(); }

static int
receivers(const char *channel)
{
	struct redis_reply r;

	return redis_cmd(&r, "PUBLISH %s hello", channel) == 0 ? (int)r.i : -1;
}

static void
test_subscriptions(void)
{
	struct ear mayfly = { 0 };
	int i;

	a.sub = redis_subscribe("room", on_message, on_ready, &a);
	ok(a.ready == 0, "the ready callback does not run at once");
	ok(wait_until(a_ready, 20000), "the ready callback runs");
	b.sub = redis_subscribe("room", on_message, on_ready, &b);
	once.sub = redis_subscribe("room", on_last_message, NULL, &once);
	ok(wait_until(b_ready, 20000), "the second subscriber of a channel gets its ready callback");
	is_int(receivers("room"), 1, "the server sees one subscription a channel");
	ok(wait_until(a_heard, 20000), "a message arrives");
	ok(b.messages == 1 && once.messages == 1 && strcmp(b.last, "hello") == 0,
	    "a message arrives at every subscriber");
	ok(once.sub == NULL, "a subscriber may leave within its callback");
	receivers("room");
	co_sleep(20);
	ok(a.messages == 2 && once.messages == 1, "a subscriber that left gets no more messages");

	for (i = 0; i < 5; i++) {
		mayfly.sub = redis_subscribe("short", on_message, on_ready, &mayfly);
		redis_unsubscribe(&mayfly.sub);
	}
	is_int(receivers("short"), 0, "a subscriber may leave before its subscription is confirmed");
	co_sleep(20);
	is_int(mayfly.ready, 0, "a subscriber that left early gets no ready callback");
	mayfly.sub = redis_subscribe("short", on_message, on_ready, &mayfly);
	redis_unsubscribe(&mayfly.sub);
	mayfly.sub = redis_subscribe("short", on_message, on_ready, &mayfly);
	co_sleep(30);
	is_int(mayfly.ready, 1, "a subscriber that leaves and joins in one turn gets one ready callback");
	is_int(receivers("short"), 1, "a subscriber that leaves and joins in one turn is subscribed");
	redis_unsubscribe(&mayfly.sub);
	co_sleep(20);
	is_int(receivers("short"), 0, "the last subscriber ends the subscription");
	ok(mayfly.sub == NULL, "leaving clears the pointer");
}

static void
test_many_channels(void)
{
	static struct ear ears[300];
	char name[32];
	int i, ready = 0;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		ears[i].sub = redis_subscribe(name, on_message, on_ready, &ears[i]);
	}
	co_sleep(50);
	for (i = 0; i < 300; i++) {
		ready += ears[i].ready;
		redis_unsubscribe(&ears[i].sub);
	}
	is_int(ready, 300, "300 channels are subscribed");
	co_sleep(30);
}

/* --- scripts --- */

static struct redis_script adder = { .text = "return redis.call('INCRBY', KEYS[1], ARGV[1])" };

/* Each step appends its argument to the key of its name; a call leaves the number of its steps. */
static struct redis_script appender = { .text =
	"local i, n = 1, 0\n"
	"while i <= #ARGV do\n"
	"	redis.call('APPEND', ARGV[i + 1], ARGV[i + 2])\n"
	"	i, n = i + tonumber(ARGV[i]) + 1, n + 1\n"
	"end\n"
	"redis.call('RPUSH', 'calls', n)\n"
};

static void
append_steps(const char *key, int n)
{
	const struct str args[] = { str_of(key), STR("ab\r\n") };

	while (n-- > 0)
		redis_send_step(&appender, args, NELEM(args));
}

static void
test_steps(void)
{
	struct redis_reply r;
	struct str s;

	append_steps("stepped", 3);
	is_int(redis_get("stepped", &s), 0, "a command after steps is sent");
	is_str(s.p, "ab\r\nab\r\nab\r\n", "steps are executed before the command that follows them, binary-safe");
	append_steps("stepped", REDIS_STEPS_MAX + 2);
	ok(redis_cmd(&r, "STRLEN stepped") == 0 && r.i == 4 * (REDIS_STEPS_MAX + 5), "every step is executed once");
	ok(redis_cmd(&r, "LRANGE calls 0 -1") == 0 && r.n == 3 && str_eq(r.v[0].s, STR("3")) &&
	    str_eq(r.v[1].s, STR("32")) && str_eq(r.v[2].s, STR("2")), "steps that follow one another are one call");
	is_int(redis_cmd(NULL, "SCRIPT FLUSH"), 0, "the scripts are lost");
	append_steps("late", 2);
	is_int(redis_cmd(NULL, "PING"), 0, "the server answers");
	ok(redis_get("late", &s) == 0 && s.n == 8, "steps are repeated when the server has lost their script");
}

static void
test_scripts(void)
{
	struct redis_reply r;

	ok(redis_eval(&r, &adder, "1 %s %d", "sum", 3) == 0 && r.i == 3, "a script runs by its text");
	ok(redis_eval(&r, &adder, "1 %s %d", "sum", 3) == 0 && r.i == 6 && strlen(adder.digest) == 40,
	    "a script runs by its digest the second time");
	redis_send_eval(&adder, "1 %s %d", "sum", 1);
	redis_cmd(NULL, "SCRIPT FLUSH");
	redis_send_eval(&adder, "1 %s %d", "sum", 10);
	ok(redis_eval(&r, &adder, "1 %s %d", "sum", 100) == 0 && r.i == 117,
	    "a script runs by its text again when the server has lost it");
	is_int(redis_eval(&r, &adder, "1 %s %s", "sum", "x"), E_INTERNAL, "an error of a script is reported");
	test_steps();
}

/* --- faults --- */

static int turns;

static void
count_turn(void *arg)
{
	(void)arg;
	turns++;
}

static void
test_restart(void)
{
	struct slot *me = scoreboard_me();
	struct co_group g = { 0 };
	int before;

	co_group_spawn(&g, slow_command, "5", 0);
	kill_server();
	co_group_wait(&g);
	is_int(slow_rc, E_DOWN, "a command under way fails");
	ok(wait_until(is_down, 20000), "redis_up reports the loss");
	ok((me->links_up & LINK_REDIS) == 0, "the scoreboard reports the loss");
	before = turns;
	is_int(redis_cmd(NULL, "PING"), E_DOWN, "commands fail while Redis is down");
	is_int(turns, before, "commands fail at once while Redis is down");
	redis_send("SET dropped 1");
	start_server("se cret");
	ok(wait_until(is_up, 20000), "the connection is restored");
	ok((me->links_up & LINK_REDIS) != 0, "the scoreboard reports the restored connection");
	ok(wait_until(both_gaps, 20000), "both subscribers get the gap callback");
	ok(a.gaps == 1 && a.ready == 1, "each subscriber gets the gap callback once");
	a.messages = 0;
	is_int(receivers("room"), 1, "the subscription is renewed");
	ok(wait_until(a_heard, 20000), "the renewed subscription delivers messages");
	is_int(redis_eval(NULL, &adder, "1 %s %d", "sum", 1), 0, "scripts work on the restored connection");
}

static void
test_frozen(void)
{
	int64_t from = mono_ms();

	kill(server_pid, SIGSTOP);
	is_int(redis_cmd(NULL, "PING"), E_TIMEOUT, "a frozen server answers E_TIMEOUT");
	ok(mono_ms() - from >= conf.redis_timeout_ms - 20, "E_TIMEOUT comes after REDIS_TIMEOUT_MS");
	ok(wait_until(is_down, 20000), "the connection of a frozen server is closed");
	is_int(redis_cmd(NULL, "PING"), E_DOWN, "commands fail at once while the server is frozen");
	kill(server_pid, SIGCONT);
	ok(wait_until(is_up, 20000), "commands succeed when the server answers again");
}

static void
run_tests(void *arg)
{
	struct redis_reply r;

	(void)arg;
	start_server("se cret");
	loop_before_sleep(count_turn, NULL);
	redis_open();
	is_int(redis_cmd(&r, "PING"), 0, "a command waits for the first connection");
	test_values();
	test_batch();
	test_many();
	test_patience();
	test_overload();
	test_subscriptions();
	test_many_channels();
	test_scripts();
	test_restart();
	test_frozen();
	redis_close();
	is_int(redis_cmd(NULL, "PING"), E_DOWN, "commands fail after redis_close");
	kill_server();
	loop_stop();
}

static void
test_urls(void)
{
	struct arena mem;
	struct redis_server s;

	arena_init(&mem, 512);
	ok(redis_server_parse(&mem, "redis://h", &s) == 0 && strcmp(s.at.host, "h") == 0 && s.at.port == 6379 &&
	    s.db == 0, "a URL of a host alone is parsed");
	ok(redis_server_parse(&mem, "redis://u%40:p%3a@h:1/2", &s) == 0 && strcmp(s.user, "u@") == 0 &&
	    strcmp(s.password, "p:") == 0 && s.at.port == 1 && s.db == 2, "a URL with every part is parsed");
	ok(redis_server_parse(&mem, "redis://:p@[::1]:7/", &s) == 0 && strcmp(s.at.host, "::1") == 0 &&
	    s.at.port == 7 && *s.user == '\0' && strcmp(s.password, "p") == 0, "an IPv6 address is parsed");
	ok(redis_server_parse(&mem, "redis://h:x", &s) < 0, "a bad port is refused");
	ok(redis_server_parse(&mem, "redis://h/x", &s) < 0, "a bad database is refused");
	ok(redis_server_parse(&mem, "http://h", &s) < 0, "another scheme is refused");
	ok(!s.tls && redis_server_parse(&mem, "rediss://h/1", &s) == 0 && s.tls && s.db == 1 && s.at.port == 6379,
	    "rediss:// asks for TLS");
	ok(redis_server_parse(&mem, "rediss://:p@h:1/2?family=6&maxRetriesPerRequest=0", &s) == 0 && s.db == 2,
	    "parameters of another client are left out");
	ok(redis_server_parse(&mem, "redis://h?a=b", &s) == 0 && s.db == 0,
	    "parameters without a database before them are left out too");
	ok(redis_server_parse(&mem, "redis://[::1", &s) < 0, "an unclosed bracket is refused");
	ok(redis_server_parse(&mem, "redis-sentinel://:p@a:1,[::1],c/mymaster/4", &s) == 0 &&
	    strcmp(s.primary, "mymaster") == 0 && s.at.port == 0 && s.n_sentinels == 3 && s.db == 4,
	    "a URL of sentinels is parsed");
	ok(strcmp(s.sentinels[0].host, "a") == 0 && s.sentinels[0].port == 1 &&
	    strcmp(s.sentinels[1].host, "::1") == 0 &&
	    s.sentinels[2].port == 26379 && strcmp(s.password, "p") == 0, "each sentinel keeps its place");
	ok(!s.tls && !s.sentinel_tls && redis_server_parse(&mem, "redis+sentinel://a/m", &s) == 0 && !s.tls &&
	    redis_server_parse(&mem, "rediss-sentinel://a/m", &s) == 0 && s.tls && s.sentinel_tls &&
	    redis_server_parse(&mem, "rediss+sentinel://a/m", &s) == 0 && s.tls,
	    "sentinels are written with a plus too, and with TLS");
	ok(redis_server_parse(&mem, "redis-sentinel://a,b", &s) < 0,
	    "sentinels without the name of a primary are refused");
	ok(redis_server_parse(&mem, "redis-sentinel:///m", &s) < 0, "a URL without a sentinel is refused");
	arena_fini(&mem);
}

/* As these variables say, REDIS_URL among them. */
static int
run_all(char **env)
{
	struct arena mem;
	const char *why;

	arena_init(&mem, 4096);
	if (conf_load(&conf, &mem, NULL, NULL, env, &why) < 0)
		return 1;
	log_to(getenv("TEST_LOG") != NULL ? 2 : -1);
	scoreboard_create(10);
	scoreboard_self(scoreboard_take(PROC_HTTP, 1, 1));
	test_urls();
	loop_init();
	co_spawn(run_tests, NULL, 0);
	loop_run();
	loop_fini();
	arena_fini(&mem);
	return done_testing();
}

#ifndef OVER_TLS
int
main(void)
{
	char url[64];

	if (system("command -v redis-server >/dev/null") != 0)
		skip_all("redis-server is not installed");
	port = free_port();
	snprintf(url, sizeof(url), "REDIS_URL=redis://:se%%20cret@127.0.0.1:%d/3", port);
	return run_all((char *[]){ url, "REDIS_TIMEOUT_MS=300", NULL });
}
#endif
