/* external.c -- fuzz the readers of what external services answer: the first byte chooses one; batch results come in
 * pieces, and must read as they do in one.
 */
#include <stdint.h>
#include <stdlib.h>

#include "worker/external/api/anthropic_results.h"
#include "worker/external/api/news_words.h"
#include "worker/external/api/youtube_parse.h"
#include "worker/external/call/retry_delay.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { RESULTS = 4 };

static void
check(const struct classification *c)
{
	size_t i;

	for (i = 0; i < EMOTIONS; i++)
		if (!(c->emotions[i] >= 0 && c->emotions[i] <= 1) || (!c->valid && c->emotions[i] != 0))
			abort();
}

static void
read_results(struct str body, size_t step)
{
	struct anthropic_result v[2][RESULTS] = { 0 };
	struct anthropic_results whole = { .tag = "t", .v = v[0], .n = RESULTS },
	    parts = { .tag = "t", .v = v[1], .n = RESULTS };
	int a = anthropic_results_take(&whole, body.p, body.n), b = 0;
	size_t i;

	for (i = 0; i < body.n && b == 0; i += step)
		b = anthropic_results_take(&parts, body.p + i, body.n - i < step ? body.n - i : step);
	a = a < 0 ? a : anthropic_results_end(&whole);
	b = b < 0 ? b : anthropic_results_end(&parts);
	buf_fini(&whole.rest);
	buf_fini(&parts.rest);
	if ((a < 0) != (b < 0) || (a == 0 && (whole.tokens != parts.tokens || whole.foreign != parts.foreign)))
		abort();
	for (i = 0; i < RESULTS; i++)
		check(&v[0][i].c);
}

static void
read_message(struct arena *mem, struct str body)
{
	struct classification c;
	int64_t tokens;

	if (anthropic_read_message(mem, body, &c, &tokens) == 0) {
		check(&c);
		if (tokens < 0)
			abort();
	}
}

static void
read_youtube(struct arena *mem, struct str body)
{
	struct external_video *v;
	struct strs ids;
	size_t n, i;

	if (youtube_parse_videos(mem, body, &v, &n) == 0)
		for (i = 0; i < n; i++)
			if (!youtube_id_ok(v[i].id) || v[i].views < 0 || v[i].duration_s < -1)
				abort();
	if (youtube_parse_search(mem, body, &ids) == 0)
		for (i = 0; i < ids.n; i++)
			if (!youtube_id_ok(ids.v[i]))
				abort();
	(void)youtube_error_reason(mem, body);
}

static void
read_others(struct arena *mem, struct str body)
{
	struct anthropic_batch one, *list;
	struct news_word *words;
	int64_t ms;
	size_t n;

	(void)anthropic_read_batch(mem, body, &one);
	(void)anthropic_read_batches(mem, body, &list, &n);
	(void)news_words(mem, body, &words, &n);
	ms = retry_after_ms(arena_copy(mem, body.p, body.n), 0);
	if (ms < RETRY_AFTER_NONE || ms > RETRY_AFTER_MAX_MS)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str body = { (const char *)p + 1, n - 1 };
	struct arena mem;

	if (n < 2)
		return 0;
	arena_init(&mem, 4096);
	switch (*p % 4) {
	case 0:
		read_youtube(&mem, body);
		break;
	case 1:
		read_message(&mem, body);
		break;
	case 2:
		read_results(body, 1 + *p / 4);
		break;
	default:
		read_others(&mem, body);
	}
	arena_fini(&mem);
	return 0;
}
