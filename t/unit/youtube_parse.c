/* youtube_parse.c -- answers of the YouTube Data API: durations, ids, what is missing or of another shape. */
#include "worker/external/api/youtube_parse.h"

#include "base/err.h"
#include "tap.h"

static struct arena mem;

static int
videos(const char *body, struct external_video **v, size_t *n)
{
	return youtube_parse_videos(&mem, str_of(body), v, n);
}

static const struct { const char *text; int64_t s; } durations[] = {
	{ "PT1H2M3S", 3723 }, { "P1DT1S", 86401 }, { "PT0S", 0 }, { "PT99999999999999999999S", -1 }, { "1H", -1 },
	{ "PTX", -1 }, { "PT1", -1 }, { "", -1 },
};

int
main(void)
{
	struct external_video *v;
	struct strs ids;
	size_t n, i;

	arena_init(&mem, 4096);
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		const char *body = arena_printf(&mem, "{\"items\":[{\"id\":\"a\",\"snippet\":{\"title\":\"T\"},"
		    "\"contentDetails\":{\"duration\":\"%s\"}}]}", durations[i].text);

		ok(videos(body, &v, &n) == 0 && n == 1 && v[0].duration_s == durations[i].s, "the duration %s",
		    durations[i].text);
	}
	ok(youtube_id_ok("dQw4w9WgXcQ") && !youtube_id_ok("") && !youtube_id_ok("a,b") && !youtube_id_ok("a&key=x"),
	    "ids are letters, digits, - and _");

	is_int(videos("{\"items\":[{\"id\":\"a\",\"snippet\":{\"title\":\"T\",\"tags\":[\"x\",1]},\"statistics\":{"
		      "\"viewCount\":\"12\","
		      "\"likeCount\":\"-1\"},\"contentDetails\":{\"duration\":\"PT5S\"}},{\"id\":\"b\"},{\"snippet\":{"
		      "\"title\":\"T\"}},7]}",
		   &v, &n),
	    0, "videos are read");
	ok(n == 1 && v[0].views == 12 && v[0].likes == 0 && v[0].duration_s == 5 && v[0].keywords.n == 1,
	    "those without id or title, and values that are none, are left out");
	is_int(videos("{}", &v, &n), E_VALIDATION, "an answer without items is refused");
	is_int(videos("{\"items\":{}}", &v, &n), E_VALIDATION, "so is one with other items");
	is_int(videos("{\"items\":[", &v, &n), E_JSON, "and one that is cut");
	is_int(youtube_parse_search(&mem,
		   STR("{\"items\":[{\"id\":{\"videoId\":\"a\"}},{\"id\":{\"channelId\":\"c\"}},"
		       "{\"id\":{\"videoId\":\"../x\"}}]}"),
		   &ids),
	    0, "a search is read");
	ok(ids.n == 1 && strcmp(ids.v[0], "a") == 0, "of its results the videos");
	is_str(youtube_error_reason(&mem, STR("{\"error\":{\"errors\":[{\"reason\":\"quotaExceeded\"}]}}")),
	    "quotaExceeded", "the reason of an error");
	is_str(youtube_error_reason(&mem, STR("<html>")), "", "no reason in what is no JSON");
	arena_fini(&mem);
	return done_testing();
}
