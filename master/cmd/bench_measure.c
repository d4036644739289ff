/* bench_measure.c -- the stage's data, the requests on it, and the table of what is measured. See bench_measure.h. */
#include "bench_measure.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "bench_fan.h"
#include "bench_limit.h"
#include "bench_load.h"
#include "bench_peer.h"
#include "link/pg_script.h"

enum { CONNECTIONS = 32, LISTENERS = 100, WRITERS = 16, PRODUCTS = 32, WARM_MS = 50 };

static struct {
	struct bench_stage *stage;
	struct arena *mem;
	int cores;
	pid_t peers[2];		/* as many processes as cores for requests; one for the sockets */
	struct bench_ask read, bare, login, order, get;
	struct bench_fan *fan, *bare_fan;
	struct str publish;
	const char *why;
} it;

static bool
fan_out(int64_t ms, struct bench_count *c)
{
	return bench_fan_load(it.fan, it.publish, ms, c);
}

static bool
tell_barely(int64_t ms, struct bench_count *c)
{
	return bench_fan_load(it.bare_fan, it.publish, ms, c);
}

static bool
hash(int64_t ms, struct bench_count *c)
{
	bench_hashes(it.login.connections, ms, c);
	return true;
}

static bool
commit(int64_t ms, struct bench_count *c)
{
	bench_commits(it.stage->database_url, WRITERS, ms, c);
	return true;
}

const struct bench_measure bench_measures[BENCH_MEASURES] = {
	[BENCH_READ] = { "cached read", "requests/s", "a stored result, 32 connections",
	    BENCH_BARE_HTTP, -1, &it.read, NULL },
	[BENCH_READ_REDIS] = { "cached read", "requests/s", "the same, beside Redis",
	    BENCH_REDIS_GET, BENCH_READ, NULL, NULL },
	[BENCH_FANOUT] = { "fanout", "deliveries/s", "4 events at once to 100 sockets",
	    BENCH_BARE_SOCKETS, -1, NULL, fan_out },
	[BENCH_LOGIN] = { "login", "logins/s", "a password, and a session",
	    BENCH_HASHES, -1, &it.login, NULL },
	[BENCH_ORDER] = { "order", "orders/s", "32 buyers' orders of 32 products",
	    BENCH_COMMITS, -1, &it.order, NULL },
	[BENCH_BARE_HTTP] = { "bare HTTP", "requests/s", "the same bytes, a loop of read and write",
	    -1, -1, &it.bare, NULL },
	[BENCH_REDIS_GET] = { "Redis GET", "commands/s", "the same body, 32 connections",
	    -1, -1, &it.get, NULL },
	[BENCH_BARE_SOCKETS] = { "bare sockets", "deliveries/s", "the same frames, a loop of writes",
	    -1, -1, NULL, tell_barely },
	[BENCH_HASHES] = { "Argon2", "hashes/s", "the password's hash, as many at once",
	    -1, -1, NULL, hash },
	[BENCH_COMMITS] = { "PostgreSQL commit", "commits/s", "one small row each, 16 connections",
	    -1, -1, NULL, commit },
};

bool
bench_measure_slice(const struct bench_measure *m, int64_t ms, struct bench_count *c)
{
	return m->ask != NULL ? bench_load(m->ask, ms, c) : m->slice(ms, c);
}

static bool
fail(const char *why)
{
	if (it.why == NULL)
		it.why = why;
	return false;
}

static struct str
http_get(const char *path)
{
	return str_of(arena_printf(it.mem, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
}

static struct str
http_post(const char *path, const char *token, const char *body)
{
	const char *bearer = token == NULL ? "" : arena_printf(it.mem, "Authorization: Bearer %s\r\n", token);

	return str_of(arena_printf(it.mem,
	    "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    path, bearer, strlen(body), body));
}

/* The answer of the stage's Dure; an empty one where it refuses. */
static struct str
ask(struct str question)
{
	struct buf answer = { 0 };
	bool good = bench_ask_once(it.stage->port, question, bench_http_length, &answer);
	struct str text = buf_to_arena(it.mem, &answer);

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
	return (struct bench_ask){ .port = port, .connections = CONNECTIONS, .length = bench_http_length,
	    .texts = { text }, .n_texts = 1 };
}

/* An analysed product, and things to sell. */
static bool
fill_database(void)
{
	const char *why;
	struct pg_script *db = pg_script_open(it.stage->database_url, &why);
	bool good;

	if (db == NULL)
		return fail(arena_strdup(it.mem, why));
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
		fail(arena_strdup(it.mem, pg_script_why(db)));
	pg_script_close(&db);
	return good;
}

static bool
prepare_account(void)
{
	const char *word = it.stage->password, *body, *token;
	const struct json *answer;
	struct str text;
	int i;

	if (bench_stage_command(it.stage, arena_printf(it.mem, "%s\n", word),
		(const char *[]){ "user", "create", "bench@example.com", NULL }) != 0)
		return fail("no account can be made");
	body = arena_printf(it.mem, "{\"email\":\"bench@example.com\",\"password\":\"%s\"}", word);
	it.login = http_ask(it.stage->port, http_post("/api/auth/login", NULL, body));
	it.login.connections = 2 * it.cores < BENCH_TEXTS_MAX ? 2 * it.cores : BENCH_TEXTS_MAX;
	text = str_of(body_of(ask(it.login.texts[0])));
	if (json_parse(it.mem, text.p, text.n, &answer) < 0 ||
	    (token = json_str(json_get(json_get(answer, "data"), "accessToken"))) == NULL)
		return fail("nobody can log in");
	it.order = http_ask(it.stage->port, STR(""));
	for (i = 0; i < PRODUCTS; i++)
		it.order.texts[i] = http_post("/api/v1/orders", token,
		    arena_printf(it.mem, "{\"items\":[{\"productId\":\"bench-%d\",\"quantity\":1}]}", i));
	it.order.n_texts = PRODUCTS;
	return ask(it.order.texts[0]).n > 0 || fail("no order can be placed");
}

/* Redis holds the same body under a key of the benchmark's own. */
static bool
prepare_redis(const char *body)
{
	struct bench_count stored;

	it.get = (struct bench_ask){ .port = it.stage->redis_port,
	    .connections = CONNECTIONS,
	    .length = bench_redis_length,
	    .n_texts = 1,
	    .hello = str_of(arena_printf(it.mem, "AUTH %s\r\n", it.stage->password)) };
	it.get.texts[0] =
	    str_of(arena_printf(it.mem, "*3\r\n$3\r\nSET\r\n$5\r\nbench\r\n$%zu\r\n%s\r\n", strlen(body), body));
	if (!bench_load(&it.get, 1, &stored) || stored.timed == 0)
		return fail("Redis does not store");
	it.get.texts[0] = str_of("*2\r\n$3\r\nGET\r\n$5\r\nbench\r\n");
	return true;
}

/* The listeners of Dure first: the bare server tells the frame that they get. */
static bool
prepare_peers(struct str answer)
{
	struct bench_count warm;
	int http_port, socket_port;

	it.publish = http_post("/api/websocket/test/analysis-status", NULL,
	    "{\"requestId\":\"bench\",\"status\":\"processing\",\"progress\":50,\"message\":\"half of the reviews are "
	    "classified\"}");
	if ((it.fan = bench_fan_open(it.stage->port, LISTENERS, "bench")) == NULL)
		return fail("no socket can be connected");
	if (!bench_fan_load(it.fan, it.publish, WARM_MS, &warm))
		return fail("events do not reach the sockets");
	if ((it.peers[0] = bench_peer_start(answer, STR(""), it.cores, &http_port)) < 0 ||
	    (it.peers[1] = bench_peer_start(answer, bench_fan_frame(it.fan), 1, &socket_port)) < 0 ||
	    (it.bare_fan = bench_fan_open(socket_port, LISTENERS, NULL)) == NULL)
		return fail("the bare server does not start");
	it.bare = http_ask(http_port, http_get("/"));
	return true;
}

static bool
prepare_all(void)
{
	struct str answer;

	if (!fill_database())
		return false;
	it.read = http_ask(it.stage->port, http_get("/api/analyze/result/bench"));
	ask(it.read.texts[0]); /* the first is not from the cache */
	if ((answer = ask(it.read.texts[0])).n == 0)
		return fail("the stored result is not answered");
	return prepare_account() && prepare_redis(body_of(answer)) && prepare_peers(answer);
}

const char *
bench_measures_prepare(struct bench_stage *stage, int cores)
{
	it.stage = stage;
	it.mem = stage->mem;
	it.cores = cores;
	return prepare_all() ? NULL : it.why;
}

void
bench_measures_end(void)
{
	size_t i;

	bench_fan_close(&it.fan);
	bench_fan_close(&it.bare_fan);
	for (i = 0; i < NELEM(it.peers); i++) {
		if (it.peers[i] <= 0)
			continue;
		kill(it.peers[i], SIGKILL);
		waitpid(it.peers[i], NULL, 0);
	}
}
