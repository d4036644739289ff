/* youtube_parse.c -- see youtube_parse.h. */
#include "youtube_parse.h"

#include <ctype.h>

#include "base/err.h"
#include "worker/domain/curation/video.h"

enum { ID_MAX = 64, NAME_MAX_CHARS = 255, TAGS_MAX = 64, DURATION_MAX_S = 31536000 };

bool
youtube_id_ok(const char *id)
{
	const char *p;

	if (id == NULL)
		return false;
	for (p = id; isalnum((unsigned char)*p) || *p == '-' || *p == '_'; p++)
		;
	return *p == '\0' && p > id && p - id <= ID_MAX;
}

/* Seconds of an ISO 8601 duration, "PT1H2M3S"; -1: it is none. */
static int64_t
duration_s(const char *text)
{
	static const struct { char unit; int64_t s; } days[] = { { 'D', 86400 } },
	    times[] = { { 'H', 3600 }, { 'M', 60 }, { 'S', 1 } };
	int64_t sum = 0, n;
	bool time = false;
	size_t i;

	if (text == NULL || *text++ != 'P')
		return -1;
	while (*text != '\0') {
		if (*text == 'T' && !time) {
			time = true;
			text++;
			continue;
		}
		for (n = 0; isdigit((unsigned char)*text) && n <= DURATION_MAX_S; text++)
			n = n * 10 + (*text - '0');
		for (i = 0; i < (time ? NELEM(times) : NELEM(days)) && (time ? times : days)[i].unit != *text; i++)
			;
		if (i == (time ? NELEM(times) : NELEM(days)) || n > DURATION_MAX_S)
			return -1;
		sum += n * (time ? times : days)[i].s;
		text++;
	}
	return sum <= DURATION_MAX_S ? sum : -1;
}

static const char *
clipped(struct arena *mem, const struct json *j, size_t chars)
{
	const char *s = json_str(j);

	return s == NULL ? "" : arena_copy(mem, s, utf8_clip(s, strlen(s), chars));
}

/* Counts come as strings, and are missing where the channel hides them. */
static int64_t
count_of(const struct json *j)
{
	int64_t n;

	return json_str(j) != NULL && parse_int(json_str(j), 0, VIDEO_COUNT_MAX, &n) ? n : 0;
}

static struct strs
tags_of(struct arena *mem, const struct json *tags)
{
	struct strs out = { arena_alloc(mem, TAGS_MAX * sizeof(char *)), 0 };
	const struct json *j;

	if (tags == NULL || json_type(tags) != JSON_ARRAY)
		return out;
	for (j = json_first(tags); j != NULL && out.n < TAGS_MAX; j = json_next(j))
		if (json_str(j) != NULL)
			out.v[out.n++] = json_str(j);
	return out;
}

static bool
read_video(struct arena *mem, const struct json *j, struct external_video *v)
{
	const struct json *snippet = json_get(j, "snippet"), *counts = json_get(j, "statistics");
	const char *published = json_str(json_get(snippet, "publishedAt"));
	int64_t at_ms;

	*v = (struct external_video){
		.id = json_str(json_get(j, "id")),
		.title = clipped(mem, json_get(snippet, "title"), VIDEO_TITLE_MAX),
		.description = clipped(mem, json_get(snippet, "description"), VIDEO_TEXT_MAX),
		.channel = clipped(mem, json_get(snippet, "channelId"), NAME_MAX_CHARS),
		.channel_title = clipped(mem, json_get(snippet, "channelTitle"), NAME_MAX_CHARS),
		.published = published != NULL && time_parse(published, &at_ms) ? published : NULL,
		.language = json_str(json_get(snippet, "defaultLanguage")),
		.duration_s = duration_s(json_str(json_get(json_get(j, "contentDetails"), "duration"))),
		.views = count_of(json_get(counts, "viewCount")), .likes = count_of(json_get(counts, "likeCount")),
		.comments = count_of(json_get(counts, "commentCount")),
		.keywords = tags_of(mem, json_get(snippet, "tags")),
	};
	if (v->language != NULL && strlen(v->language) > 35)
		v->language = NULL;
	return youtube_id_ok(v->id) && *v->title != '\0';
}

/* The array "items" of an answer of this kind, of at most `max` objects. */
static int
read_items(struct arena *mem, struct str body, size_t max, const struct json **items)
{
	const struct json *j;
	int rc;

	if ((rc = json_parse(mem, body.p, body.n, &j)) < 0)
		return rc;
	*items = json_get(j, "items");
	if (*items == NULL || json_type(*items) != JSON_ARRAY || json_count(*items) > max)
		return E_VALIDATION;
	return 0;
}

int
youtube_parse_videos(struct arena *mem, struct str body, struct external_video **out, size_t *n)
{
	const struct json *items, *j;
	int rc;

	*n = 0;
	if ((rc = read_items(mem, body, YOUTUBE_IDS_MAX, &items)) < 0)
		return rc;
	*out = arena_alloc(mem, (json_count(items) + 1) * sizeof(**out));
	for (j = json_first(items); j != NULL; j = json_next(j))
		if (read_video(mem, j, &(*out)[*n]))
			(*n)++;
	return 0;
}

int
youtube_parse_search(struct arena *mem, struct str body, struct strs *ids)
{
	const struct json *items, *j;
	const char *id;
	int rc;

	*ids = (struct strs){ 0 };
	if ((rc = read_items(mem, body, YOUTUBE_IDS_MAX, &items)) < 0)
		return rc;
	ids->v = arena_alloc(mem, (json_count(items) + 1) * sizeof(*ids->v));
	for (j = json_first(items); j != NULL; j = json_next(j))
		if (youtube_id_ok(id = json_str(json_get(json_get(j, "id"), "videoId"))))
			ids->v[ids->n++] = id;
	return 0;
}

const char *
youtube_error_reason(struct arena *mem, struct str body)
{
	const struct json *j;
	const char *reason = NULL;

	if (body.p != NULL && json_parse(mem, body.p, body.n, &j) == 0 &&
	    (j = json_get(json_get(j, "error"), "errors")) != NULL && json_type(j) == JSON_ARRAY)
		reason = json_str(json_get(json_first(j), "reason"));
	return reason != NULL ? reason : "";
}
