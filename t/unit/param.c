/* param.c -- binding by tables: every kind, every reason, both languages. */
#include "base/param.h"

#include "base/err.h"
#include "tap.h"

struct in {
	const char *id, *name, *mode, *url, *day;
	int64_t limit, deep;
	double score;
	bool flag;
	struct strs ids;
	const struct json *options;
};
static const struct param rows[] = {
	P_ID(FROM_PATH, struct in, id, "id", REQUIRED),
	P_INT(FROM_QUERY, struct in, limit, "limit", OPTIONAL, 1, 100, "20"),
	P_STR(FROM_JSON, struct in, name, "name", REQUIRED, 1, 4),
	P_PICK(FROM_JSON, struct in, mode, "mode", OPTIONAL, "fast|slow", "fast"),
	P_URL(FROM_JSON, struct in, url, "url", OPTIONAL, 2048),
	P_TIME(FROM_JSON, struct in, day, "day", OPTIONAL),
	P_NUM(FROM_JSON, struct in, score, "score", OPTIONAL, 0, 10),
	P_BOOL(FROM_JSON, struct in, flag, "flag", OPTIONAL, "true"),
	P_IDS(FROM_JSON, struct in, ids, "ids", OPTIONAL, 1, 3),
	P_INT(FROM_JSON, struct in, deep, "options.limit", OPTIONAL, 1, 9, NULL),
	P_OBJ(FROM_JSON, struct in, options, "options", OPTIONAL),
	PARAM_END
};

static struct arena mem;
static struct param_faults faults;

static int
bind(struct in *out, const char *limit, const char *body)
{
	struct pair path[] = { { "id", "p-1" } }, query[] = { { "limit", limit } };
	struct param_input input = { path, query, 1, limit != NULL, NULL };

	*out = (struct in){ 0 };
	if (json_parse(&mem, body, strlen(body), &input.body) < 0)
		return E_JSON;
	return param_bind(&mem, rows, &input, out, &faults);
}

static void
test_good(void)
{
	struct in in;

	is_int(bind(&in, NULL, "{\"name\":\"한글이름\",\"extra\":1}"), 0, "the required parameters alone are accepted");
	is_str(in.id, "p-1", "a parameter of the path is bound"), is_int(in.limit, 20, "an integer has its default"),
	    is_str(in.mode, "fast", "a choice has its default");
	ok(in.flag, "a flag has its default");
	is_str(in.name, "한글이름", "lengths are in characters, not bytes");
	is_int(bind(&in, "100",
	    "{\"name\":\"a\",\"mode\":\"slow\",\"url\":\"https://a.b/c?d\",\"day\":\"2026-01-02T03:04:05Z\","
	    "\"score\":9.5,\"flag\":false,\"ids\":[\"x\",\"y\"],\"options\":{\"limit\":3}}"), 0, "all parameters together are accepted");
	is_int(in.limit, 100, "a parameter of the query is bound"), is_int((int64_t)in.ids.n, 2, "a list is bound"),
	    is_int(in.deep, 3, "a nested member is bound");
	ok(in.score > 9.4 && !in.flag && in.options != NULL, "the other parameters are bound");
	is_int(bind(&in, NULL, "{\"name\":\"a\",\"url\":null,\"options\":null}"), 0, "null counts as absent");
}

static const struct { const char *limit, *body, *field; enum param_reason reason; } bad[] = {
	{ NULL, "{}", "name", REASON_REQUIRED }, { NULL, "{\"name\":null}", "name", REASON_TYPE },
	{ NULL, "{\"name\":5}", "name", REASON_TYPE }, { NULL, "{\"name\":\"\"}", "name", REASON_LENGTH },
	{ NULL, "{\"name\":\"다섯글자다\"}", "name", REASON_LENGTH }, { "0", "{\"name\":\"a\"}", "limit", REASON_RANGE },
	{ "1x", "{\"name\":\"a\"}", "limit", REASON_TYPE }, { "", "{\"name\":\"a\"}", "limit", REASON_TYPE },
	{ NULL, "{\"name\":\"a\",\"mode\":\"fas\"}", "mode", REASON_CHOICE },
	{ NULL, "{\"name\":\"a\",\"url\":\"ftp://x\"}", "url", REASON_URL },
	{ NULL, "{\"name\":\"a\",\"url\":\"http://\"}", "url", REASON_URL },
	{ NULL, "{\"name\":\"a\",\"url\":\"javascript:alert(1)\"}", "url", REASON_URL },
	{ NULL, "{\"name\":\"a\",\"day\":\"2026-13-01\"}", "day", REASON_TIME },
	{ NULL, "{\"name\":\"a\",\"day\":\"yesterday!\"}", "day", REASON_TIME },
	{ NULL, "{\"name\":\"a\",\"score\":11}", "score", REASON_RANGE },
	    { NULL, "{\"name\":\"a\",\"score\":\"1\"}", "score", REASON_TYPE },
	{ NULL, "{\"name\":\"a\",\"flag\":1}", "flag", REASON_TYPE },
	    { NULL, "{\"name\":\"a\",\"ids\":\"x\"}", "ids", REASON_TYPE },
	{ NULL, "{\"name\":\"a\",\"ids\":[]}", "ids", REASON_COUNT },
	    { NULL, "{\"name\":\"a\",\"ids\":[\"x\",1]}", "ids[1]", REASON_TYPE },
	{ NULL, "{\"name\":\"a\",\"ids\":[\"x\\n\"]}", "ids[0]", REASON_CHARS },
	{ NULL, "{\"name\":\"a\",\"options\":3}", "options.limit", REASON_TYPE },
	{ NULL, "{\"name\":\"a\",\"options\":{\"limit\":1.5}}", "options.limit", REASON_TYPE },
};

static void
test_bad(void)
{
	struct in in;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		is_int(bind(&in, bad[i].limit, bad[i].body), E_VALIDATION,
		    "a malformed value is refused: %s %s", bad[i].body, bad[i].limit ? bad[i].limit : "");
		is_str(faults.v[0].field, bad[i].field, "the fault names the field");
		is_int(faults.v[0].reason, bad[i].reason, "the fault gives the reason");
	}
	bind(&in, "0", "{\"mode\":3}");
	is_int(faults.n, 3, "every fault is listed");
	is_str(param_faults_json(&mem, &faults, true).p,
	    "[{\"field\":\"limit\",\"reason\":\"must be within 1 and 100\"},"
	    "{\"field\":\"name\",\"reason\":\"is required\"},{\"field\":\"mode\",\"reason\":\"must be a string\"}]",
	    "faults are worded in English");
	ok(strstr(param_faults_json(&mem, &faults, false).p, "필수 항목입니다") != NULL, "faults are worded in Korean");
	bind(&in, NULL, "{\"name\":\"a\",\"ids\":[1,\"x\",\"\"]}");
	is_int(faults.n, 2, "every faulty element of a list is listed");
	is_str(faults.v[0].field, "ids[0]", "the first by its place");
	is_str(faults.v[1].field, "ids[2]", "the second too, whatever was wrong before it");
}

int
main(void)
{
	struct buf b = { 0 };

	arena_init(&mem, 4096);
	test_good();
	test_bad();
	param_schema(&b, &rows[1]);
	buf_byte(&b, '\0');
	is_str(b.p, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20}",
	    "the schema of a row is printed");
	buf_fini(&b);
	arena_fini(&mem);
	return done_testing();
}
