/* news.c -- see news.h. Yields: all. */
#include "news.h"

#include "../call/fetch.h"
#include "news_words.h"
#include "worker/domain/curation/trend_external.h"

enum { TITLES_MIN = 2 };

static struct fetch_api news = { .api = API_NEWS, .key_header = "X-Api-Key", .base = &conf.news_base_url,
    .key = &conf.news_api_key };

int
news_round(struct arena *mem, int64_t *n)
{
	struct fetch_ask a = { .endpoint = NEWS_HEADLINES, .method = "GET", .units = 1,
	    .fresh_s = conf.news_every_s > 60 ? conf.news_every_s / 2 : 1,
	    .path = arena_printf(mem, "/top-headlines?country=%.2s&pageSize=%d", conf.news_country, NEWS_TITLES_MAX) };
	struct external_trend *trends;
	struct news_word *words;
	struct fetch_answer got;
	size_t n_words, i;
	int rc;

	if ((rc = fetch(&news, &a, &got)) < 0 || (rc = news_words(mem, got.body, &words, &n_words)) < 0)
		return rc;
	trends = arena_alloc(mem, (n_words + 1) * sizeof(*trends));
	for (i = 0; i < n_words && words[i].titles >= TITLES_MIN; i++)
		trends[i] = (struct external_trend){ words[i].word, (double)words[i].titles };
	return trend_external_store(mem, "news", conf.news_every_s, trends, i, n);
}
