/* demo_curation.c -- seeds videos, and users of known taste. See demo_curation.h. Yields: demo_curation_seed. */
#include "demo_curation.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/param.h"
#include "demo_users.h"
#include "link/pg.h"
#include "link/redis.h"
#include "worker/domain/catalog/import.h"
#include "worker/domain/curation/trend.h"
#include "worker/domain/curation/video.h"

__asm__(".pushsection .rodata\ndemo_tastes:\n.incbin \"etc/demo/tastes.ndjson\"\n.byte 0\n.popsection\n");
extern const char demo_tastes[];

/* Subjects, forms and leads of a taste make its titles, each once. */
enum { SUBJECTS = 10, FORMS = 5, LEADS = 4, OF_TASTE = SUBJECTS * FORMS * LEADS };
enum { DAY_MS = 86400000, OLDEST_DAYS = 540 };

static const char *
word_at(const struct json *taste, const char *member, size_t i)
{
	const struct json *list = json_get(taste, member), *v = json_first(list);

	for (i %= json_count(list); i > 0; i--)
		v = json_next(v);
	return json_str(v);
}

/* The same number for the same arguments, evenly from 0 to 1. */
static double
chance_of(struct arena *mem, const char *what, const char *id)
{
	const char *text = arena_printf(mem, "%s %s", what, id);

	return (double)(hash_bytes(text, strlen(text)) >> 11) * 0x1p-53;
}

static struct str
emotions_of(struct arena *mem, const struct json *taste, const char *id)
{
	return json_obj(mem, JD(word_at(taste, "emotions", 0), 0.6 + 0.4 * chance_of(mem, "mood", id)),
	    JD(word_at(taste, "emotions", 1), 0.2 + 0.4 * chance_of(mem, "second mood", id)));
}

/* Video number i of a taste, as an import takes it. The first ones of a taste are the most viewed. */
static struct str
video_text(struct arena *mem, const struct json *taste, int64_t number, size_t i)
{
	const char *id = arena_printf(mem, "demo-%lld-%zu", (long long)number, i);
	const char *subject = word_at(taste, "subjects", i), *name = json_str(json_get(taste, "taste"));
	const char *title = arena_printf(mem, "%s %s %s", word_at(taste, "leads", i / (SUBJECTS * FORMS)), subject,
	    word_at(taste, "forms", i / SUBJECTS));
	const char *channel = word_at(taste, "channels", i);
	const char *first = word_at(taste, "keywords", i), *second = word_at(taste, "keywords", i / 5 + 1);
	const char *keywords[] = { name, subject, first, second };
	double fame = 1 - (double)i / OF_TASTE, age = chance_of(mem, "age", id);
	int64_t views = (int64_t)exp2(8 + 8 * fame + 4 * chance_of(mem, "views", id));
	int64_t likes = (int64_t)((double)views * (0.01 + 0.05 * chance_of(mem, "likes", id)));

	return json_obj(mem, JS("videoId", id), JS("title", title),
	    JS("description", arena_printf(mem, "%s 채널에서 전하는 %s 이야기입니다.", channel, subject)),
	    JS("channelId", arena_printf(mem, "demo-channel-%lld-%zu", (long long)number, i % 2)),
	    JS("channelTitle", channel),
	    JT("publishedAt", now_ms() - (int64_t)(age * age * OLDEST_DAYS * DAY_MS)),
	    JI("durationSeconds", 60 + (int64_t)(1500 * chance_of(mem, "length", id))), JI("viewCount", views),
	    JI("likeCount", likes), JI("commentCount", likes / 9),
	    JR("keywords", strs_json(mem, (struct strs){ keywords, NELEM(keywords) })),
	    JR("emotions", emotions_of(mem, taste, id)), JS("language", "ko"), JS("source", "demo"));
}

static int
seed_taste(struct arena *mem, struct import *im, const char *line, size_t n, int64_t number)
{
	const struct json *taste;
	size_t i;
	int rc = json_parse(mem, line, n, &taste);

	for (i = 0; rc == 0 && i < OF_TASTE; i++) {
		struct str video = video_text(mem, taste, number, i);

		rc = import_add(im, number * OF_TASTE + (int64_t)i + 1, video.p, video.n);
	}
	return rc;
}

static int
seed_videos(struct arena *mem)
{
	struct import *im = video_import();
	const char *p, *end;
	int64_t number = 0;
	struct str report;
	int rc = 0;

	for (p = demo_tastes; rc == 0 && (end = strchr(p, '\n')) != NULL; p = end + 1)
		rc = seed_taste(mem, im, p, (size_t)(end - p), number++);
	if (rc < 0 || (rc = import_end(im, mem, &report)) < 0 || im->rejected == 0)
		return rc;
	log_error("the demo's videos are refused", JR("report", report));
	return E_INTERNAL;
}

int
demo_curation_seed(struct arena *mem, const char *buyer)
{
	int64_t n;
	int rc;

	if ((rc = seed_videos(mem)) < 0 || (rc = demo_users_seed(buyer)) < 0 ||
	    (rc = redis_cmd(NULL, "DEL trends:intact")) < 0)
		return rc;
	return trend_snapshot(&n);
}
