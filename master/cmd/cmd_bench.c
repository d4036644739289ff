/* cmd_bench.c -- `dure bench [--json] [--seconds S] [--rounds N] [--dir DIR]`: this machine's Dure against the limits
 * of this machine.
 *
 * It measures a Dure of its own with stores of its own (bench_stage.h), never those of the configuration. What a Dure
 * does and the limit that it is compared with are measured in turn, round after round, in changing order, so that what
 * else the machine does falls on all alike. Exit status: 0 all was measured, 1 something was not, or was refused.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/grid.h"
#include "base/json.h"
#include "base/str.h"
#include "base/version.h"
#include "bench_fan.h"
#include "bench_limit.h"
#include "bench_load.h"
#include "bench_peer.h"
#include "bench_stage.h"
#include "cmd.h"
#include "link/pg_script.h"

enum { SECONDS = 30, SECONDS_MAX = 600, ROUNDS = 5, ROUNDS_MAX = 20, SLICE_MIN_MS = 50 };
enum { CONNECTIONS = 32, LISTENERS = 100, WRITERS = 16, PRODUCTS = 32 };

static struct {
	bool json;
	int64_t seconds, rounds;
	const char *parent;
	struct arena mem;
	struct bench_stage stage;
	int cores, peer_port;
	pid_t peer;
	struct bench_ask read, bare, login, order, get;
	struct bench_fan *fan, *bare_fan;
	struct str publish;
	const char *why;
} run = {.seconds = SECONDS, .rounds = ROUNDS};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signal)
{
	interrupted = signal;
}

static bool
read_cached(int64_t ms, struct bench_count *c)
{
	return bench_load(&run.read, ms, c);
}

static bool
fan_out(int64_t ms, struct bench_count *c)
{
	return bench_fan_load(run.fan, run.publish, ms, c);
}

static bool
log_in(int64_t ms, struct bench_count *c)
{
	return bench_load(&run.login, ms, c);
}

static bool
place_orders(int64_t ms, struct bench_count *c)
{
	return bench_load(&run.order, ms, c);
}

static bool
answer_barely(int64_t ms, struct bench_count *c)
{
	return bench_load(&run.bare, ms, c);
}

static bool
get_from_redis(int64_t ms, struct bench_count *c)
{
	return bench_load(&run.get, ms, c);
}

static bool
tell_barely(int64_t ms, struct bench_count *c)
{
	return bench_fan_load(run.bare_fan, run.publish, ms, c);
}

static bool
hash(int64_t ms, struct bench_count *c)
{
	bench_hashes(run.cores, ms, c);
	return true;
}

static bool
commit(int64_t ms, struct bench_count *c)
{
	bench_commits(run.stage.database_url, WRITERS, ms, c);
	return true;
}

enum { READ, READ_REDIS, FANOUT, LOGIN, ORDER, BARE_HTTP, REDIS_GET, BARE_SOCKETS, HASHES, COMMITS, MEASURES };

/* What Dure does, each with its limit; then the limits, which have none. READ_REDIS is READ beside another limit. */
static const struct measure {
	const char *name, *unit, *what;
	int limit; /* its row; -1: it is one */
	int same;  /* the row whose figures it has; -1: it is measured */
	bool (*slice)(int64_t ms, struct bench_count *c);
} measures[MEASURES] = {
	[READ] = { "cached read", "requests/s", "a stored result, 32 connections", BARE_HTTP, -1, read_cached },
	[READ_REDIS] = { "cached read", "requests/s", "the same, beside Redis", REDIS_GET, READ, NULL },
	[FANOUT] = { "fanout", "deliveries/s", "4 events at once to 100 sockets", BARE_SOCKETS, -1, fan_out },
	[LOGIN] = { "login", "logins/s", "a password, and a session", HASHES, -1, log_in },
	[ORDER] = { "order", "orders/s", "32 buyers' orders of 32 products", COMMITS, -1, place_orders },
	[BARE_HTTP] = { "bare HTTP", "requests/s", "the same bytes, a loop of read and write", -1, -1, answer_barely },
	[REDIS_GET] = { "Redis GET", "commands/s", "the same body, 32 connections", -1, -1, get_from_redis },
	[BARE_SOCKETS] = { "bare sockets", "deliveries/s", "the same frames, a loop of writes", -1, -1, tell_barely },
	[HASHES] = { "Argon2", "hashes/s", "the password's hash on every core", -1, -1, hash },
	[COMMITS] = { "PostgreSQL commit", "commits/s", "one small row each, 16 connections", -1, -1, commit },
};

static struct result {
	struct bench_count all;
	double rates[ROUNDS_MAX], ratios[ROUNDS_MAX];
	bool broken;
} results[MEASURES];

static bool
fail(const char *why)
{
	if (run.why == NULL)
		run.why = why;
	return false;
}

static struct str
http_get(const char *path)
{
	return str_of(arena_printf(&run.mem, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
}

static struct str
http_post(const char *path, const char *token, const char *body)
{
	const char *bearer = token == NULL ? "" : arena_printf(&run.mem, "Authorization: Bearer %s\r\n", token);

	return str_of(arena_printf(&run.mem,
	    "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    path, bearer, strlen(body), body));
}

/* The answer of the stage's Dure; an empty one where it refuses. */
static struct str
ask(struct str question)
{
	struct buf answer = {0};
	bool good = bench_ask_once(run.stage.port, question, bench_http_length, &answer);
	struct str text = buf_to_arena(&run.mem, &answer);

	return good ? text : STR("");
}

static const char *
body_of(struct str answer)
{
	const char *p = answer.n == 0 ? NULL : strstr(answer.p, "\r\n\r\n");

	return p == NULL ? "" : p + 4;
}

static struct bench_ask
http_ask(int port, struct str text)
{
	return (struct bench_ask){
	    .port = port, .connections = CONNECTIONS, .length = bench_http_length, .texts = {text}, .n_texts = 1};
}

/* An analysed product, and things to sell. */
static bool
fill_database(void)
{
	const char *why;
	struct pg_script *db = pg_script_open(run.stage.database_url, &why);
	bool good;

	if (db == NULL)
		return fail(arena_strdup(&run.mem, why));
	good = pg_script_run(db,
	    "INSERT INTO analysis_requests (task_id, kind, product_id, payload, status, progress, user_count)"
	    " VALUES ('bench', 'analysis', 'bench', '{}', 'completed', 100, 1);"
	    " INSERT INTO analysis_results (product_id, task_id, status, sentiment_positive, sentiment_negative, "
	    "sentiment_neutral,"
	    "  summary, total_reviews) VALUES ('bench', 'bench', 'completed', 60, 30, 10, repeat('All that was said of "
	    "it. ', 12), 5);"
	    " INSERT INTO products (id, name, price, stock, seller_id) SELECT 'bench-' || i, 'bench', 1000, "
	    "1000000000, gen_random_uuid()"
	    "  FROM generate_series(0, 31) i;"
	    " CREATE TABLE bench_commits (id bigserial PRIMARY KEY, note text)",
	    NULL, NULL);
	if (!good)
		fail(arena_strdup(&run.mem, pg_script_why(db)));
	pg_script_close(&db);
	return good;
}

static bool
prepare_account(void)
{
	const char *word = run.stage.password, *body, *token;
	const struct json *answer;
	struct str text;
	int i;

	if (bench_stage_command(&run.stage, arena_printf(&run.mem, "%s\n", word),
		(const char *[]){"user", "create", "bench@example.com", NULL}) != 0)
		return fail("no account can be made");
	body = arena_printf(&run.mem, "{\"email\":\"bench@example.com\",\"password\":\"%s\"}", word);
	run.login = http_ask(run.stage.port, http_post("/api/auth/login", NULL, body));
	run.login.connections = 2 * run.cores < BENCH_TEXTS_MAX ? 2 * run.cores : BENCH_TEXTS_MAX;
	text = str_of(body_of(ask(run.login.texts[0])));
	if (json_parse(&run.mem, text.p, text.n, &answer) < 0 ||
	    (token = json_str(json_get(json_get(answer, "data"), "accessToken"))) == NULL)
		return fail("nobody can log in");
	run.order = http_ask(run.stage.port, STR(""));
	for (i = 0; i < PRODUCTS; i++)
		run.order.texts[i] = http_post("/api/v1/orders", token,
		    arena_printf(&run.mem, "{\"items\":[{\"productId\":\"bench-%d\",\"quantity\":1}]}", i));
	run.order.n_texts = PRODUCTS;
	return ask(run.order.texts[0]).n > 0 || fail("no order can be placed");
}

/* Redis holds the same body under a key of the benchmark's own. */
static bool
prepare_redis(const char *body)
{
	struct bench_count stored;

	run.get = (struct bench_ask){.port = run.stage.redis_port,
	    .connections = CONNECTIONS,
	    .length = bench_redis_length,
	    .n_texts = 1,
	    .hello = str_of(arena_printf(&run.mem, "AUTH %s\r\n", run.stage.password))};
	run.get.texts[0] =
	    str_of(arena_printf(&run.mem, "*3\r\n$3\r\nSET\r\n$5\r\nbench\r\n$%zu\r\n%s\r\n", strlen(body), body));
	if (!bench_load(&run.get, 1, &stored) || stored.timed == 0)
		return fail("Redis does not store");
	run.get.texts[0] = str_of("*2\r\n$3\r\nGET\r\n$5\r\nbench\r\n");
	return true;
}

/* The listeners of Dure first: the bare server tells the frame that they get. */
static bool
prepare_peers(struct str answer)
{
	struct bench_count warm;

	run.publish = http_post("/api/websocket/test/analysis-status", NULL,
	    "{\"requestId\":\"bench\",\"status\":\"processing\",\"progress\":50,\"message\":\"half of the reviews are "
	    "classified\"}");
	if ((run.fan = bench_fan_open(run.stage.port, LISTENERS, "bench")) == NULL)
		return fail("no socket can be connected");
	if (!bench_fan_load(run.fan, run.publish, SLICE_MIN_MS, &warm))
		return fail("events do not reach the sockets");
	if ((run.peer = bench_peer_start(answer, bench_fan_frame(run.fan), &run.peer_port)) < 0 ||
	    (run.bare_fan = bench_fan_open(run.peer_port, LISTENERS, NULL)) == NULL)
		return fail("the bare server does not start");
	run.bare = http_ask(run.peer_port, http_get("/"));
	return true;
}

static bool
prepare(void)
{
	struct str answer;

	if (!fill_database())
		return false;
	run.read = http_ask(run.stage.port, http_get("/api/analyze/result/bench"));
	ask(run.read.texts[0]); /* the first is not from the cache */
	if ((answer = ask(run.read.texts[0])).n == 0)
		return fail("the stored result is not answered");
	return prepare_account() && prepare_redis(body_of(answer)) && prepare_peers(answer);
}

/* What the stage's Dure works with: the hashes cost as much. */
static bool
load_conf(void)
{
	const char *why = "";

	return conf_load(&conf, &run.mem, arena_printf(&run.mem, "%s/dure.conf", run.stage.dir), NULL, (char *[]){NULL},
		   &why) == 0 ||
	       fail(why);
}

static int
slices_a_round(void)
{
	int i, n = 0;

	for (i = 0; i < MEASURES; i++)
		n += measures[i].same < 0;
	return n;
}

static bool
take_slice(int row, int round, int64_t ms)
{
	struct result *r = &results[row];
	struct bench_count c;

	if (!measures[row].slice(ms, &c))
		r->broken = true;
	r->rates[round] = bench_rate(&c);
	bench_add(&r->all, &c);
	return interrupted == 0;
}

/* All in turn; every other round backwards. False: interrupted. */
static bool
measure_all(void)
{
	int64_t ms = run.seconds * 1000 / (run.rounds * slices_a_round());
	int round, i;

	for (round = 0; round < run.rounds; round++) {
		for (i = 0; i < MEASURES; i++) {
			int row = round % 2 == 0 ? i : MEASURES - 1 - i;

			if (measures[row].same < 0 && !take_slice(row, round, ms))
				return false;
		}
		for (i = 0; i < MEASURES; i++) {
			double limit = measures[i].limit < 0 ? 0 : results[measures[i].limit].rates[round];

			if (measures[i].same >= 0)
				results[i] = results[measures[i].same];
			results[i].ratios[round] = limit > 0 ? results[i].rates[round] / limit : 0;
		}
	}
	return true;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread {
	double median, min, max;
};

static struct spread
spread_of(const double *values)
{
	double v[ROUNDS_MAX];

	memcpy(v, values, (size_t)run.rounds * sizeof(*v));
	qsort(v, (size_t)run.rounds, sizeof(*v), compare);
	return (struct spread){v[run.rounds / 2], v[0], v[run.rounds - 1]};
}

static const char *
rate_text(const double *rates)
{
	struct spread s = spread_of(rates);

	return arena_printf(&run.mem, "%.0f (%.0f..%.0f)", s.median, s.min, s.max);
}

static void
put_row(struct grid *t, int i)
{
	const struct result *r = &results[i];
	struct spread s = spread_of(r->ratios);
	int limit = measures[i].limit;

	grid_add(t, measures[i].name, rate_text(r->rates), measures[i].unit,
	    arena_printf(&run.mem, "%.2f", bench_quantile_ms(&r->all, 0.5)),
	    arena_printf(&run.mem, "%.2f", bench_quantile_ms(&r->all, 0.99)),
	    limit < 0 ? "-"
		      : arena_printf(&run.mem, "%.2f (%.2f..%.2f) of %s", s.median, s.min, s.max, measures[limit].name),
	    arena_printf(&run.mem, "%lld", (long long)r->all.failed), measures[i].what, NULL);
}

static void
put_text(struct buf *out)
{
	struct grid t;
	int i;

	buf_printf(out,
	    "Dure %s, %d cores, %lld rounds in %lld s; median (least..most) of the rounds, on a private PostgreSQL, "
	    "Redis and Dure in %s.\n"
	    "The client shares the machine with what it measures.\n\n",
	    dure_version, run.cores, (long long)run.rounds, (long long)run.seconds, run.parent);
	grid_init(&t, &run.mem);
	grid_add(&t, "WHAT", "RATE", "UNIT", "P50_MS", "P99_MS", "RATIO", "FAILED", "HOW", NULL);
	for (i = 0; i < MEASURES; i++)
		put_row(&t, i);
	grid_text(&t, out);
}

static struct str
spread_json(const double *values)
{
	struct spread s = spread_of(values);

	return json_obj(&run.mem, JD("median", s.median), JD("min", s.min), JD("max", s.max));
}

static void
put_json(struct buf *out)
{
	struct buf rows = {0};
	int i;

	for (i = 0; i < MEASURES; i++) {
		const struct result *r = &results[i];
		int limit = measures[i].limit;
		struct json_field f[] = {JS("name", measures[i].name), JS("unit", measures[i].unit),
		    JS("how", measures[i].what), JR("rate", spread_json(r->rates)),
		    JD("p50Ms", bench_quantile_ms(&r->all, 0.5)), JD("p99Ms", bench_quantile_ms(&r->all, 0.99)),
		    JI("failed", r->all.failed), JB("complete", !r->broken),
		    JS("limit", limit < 0 ? NULL : measures[limit].name),
		    JR("ratio", limit < 0 ? STR("null") : spread_json(r->ratios))};

		buf_str(&rows, i > 0 ? "," : "[");
		json_put_obj(&rows, f, NELEM(f));
	}
	buf_byte(&rows, ']');
	{
		struct json_field f[] = {JS("version", dure_version), JI("cores", run.cores),
		    JI("seconds", run.seconds), JI("rounds", run.rounds), JT("measuredAt", now_ms()),
		    JR("measures", buf_to_arena(&run.mem, &rows))};

		json_put_obj(out, f, NELEM(f));
	}
	buf_byte(out, '\n');
}

static int
parse_options(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	int i;

	run.parent = tmp != NULL && *tmp != '\0' ? tmp : "/tmp";
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			run.json = true;
		else if (i + 1 == argc)
			return -1;
		else if (strcmp(argv[i], "--dir") == 0)
			run.parent = argv[++i];
		else if (strcmp(argv[i], "--seconds") == 0
			     ? !parse_int(argv[++i], 1, SECONDS_MAX, &run.seconds)
			     : strcmp(argv[i], "--rounds") != 0 || !parse_int(argv[++i], 1, ROUNDS_MAX, &run.rounds))
			return -1;
	}
	return run.seconds * 1000 >= SLICE_MIN_MS * run.rounds * slices_a_round() ? 0 : -1;
}

static void
catch_signals(void)
{
	struct sigaction catch = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &catch, NULL);
	sigaction(SIGTERM, &catch, NULL);
	sigaction(SIGHUP, &catch, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool
is_clean(void)
{
	int i;

	for (i = 0; i < MEASURES; i++)
		if (results[i].broken || results[i].all.failed > 0 || results[i].all.n == 0)
			return false;
	return true;
}

static void
clean_up(void)
{
	bench_fan_close(&run.fan);
	bench_fan_close(&run.bare_fan);
	if (run.peer > 0) {
		kill(run.peer, SIGKILL);
		waitpid(run.peer, NULL, 0);
	}
	bench_stage_stop(&run.stage);
}

int
cmd_bench(int argc, char **argv)
{
	struct buf out = {0};
	bool measured;

	if (parse_options(argc, argv) < 0) {
		fprintf(stderr,
		    "usage: dure bench [--json] [--seconds 1..%d] [--rounds 1..%d] [--dir DIR]; 0.45 s a round at "
		    "least\n",
		    SECONDS_MAX, ROUNDS_MAX);
		return EXIT_USAGE;
	}
	arena_init(&run.mem, 65536);
	run.cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	run.stage.mem = &run.mem;
	catch_signals();
	if (!bench_stage_start(&run.stage, run.parent))
		fail(run.stage.why);
	measured = run.why == NULL && interrupted == 0 && load_conf() && prepare() && measure_all();
	clean_up();
	if (!measured) {
		fprintf(stderr, "dure: bench: %s\n", interrupted != 0 || run.why == NULL ? "interrupted" : run.why);
		return 1;
	}
	(run.json ? put_json : put_text)(&out);
	cmd_print(&out);
	return is_clean() ? 0 : 1;
}
