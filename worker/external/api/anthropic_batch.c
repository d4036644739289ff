/* anthropic_batch.c -- batches of messages: created, found again, polled, their results stored.
 *
 * The row of a batch comes first, then the call, then its id. If the process dies in between, or the answer is lost,
 * the batch is looked for among those that the service lists: one that Dure does not know, of the same size and made
 * since. Whether it is the right one shows in its results, whose custom ids begin with the tag of the row. Yields: all.
 */
#include <stdio.h>

#include "anthropic_client.h"
#include "anthropic_results.h"
#include "base/err.h"
#include "base/log.h"
#include "worker/domain/external/quota.h"

#define BATCHES "/v1/messages/batches"
enum { CLOCK_SKEW_MS = 300000, GIVEN_UP_MS = 26 * 3600 * 1000, SURE_MS = 1000, OVERLOADED = 529 };

static struct str
requests_json(struct arena *mem, const char *tag, const struct unclassified *v, size_t n, int64_t *tokens)
{
	struct buf b = { 0 };
	struct str params;
	size_t i;

	*tokens = 0;
	buf_str(&b, "{\"requests\":[");
	for (i = 0; i < n; i++) {
		params = anthropic_params(mem, conf.anthropic_model, &v[i]);
		*tokens += anthropic_tokens_most(params);
		buf_str(&b, i > 0 ? "," : "");
		json_put_obj(&b, (struct json_field[]){ JS("custom_id", arena_printf(mem, "%s_%zu", tag, i)),
		    JR("params", params) }, 2);
	}
	buf_str(&b, "]}");
	return buf_to_arena(mem, &b);
}

static int
give_up(const struct classification_batch *b, const char *outcome, bool refunded)
{
	if (refunded)
		(void)quota_settle(BUCKET_ANTHROPIC_TOKENS, -b->reserved);
	return classification_batch_end(b->tag, outcome, 0);
}

/* That nothing was created is known only of a refusal, for which nothing stays reserved. */
static int
end_create(const struct classification_batch *b, int rc, const struct fetch_answer *got)
{
	bool unknown = rc == E_CANCELED || rc == E_TIMEOUT || (rc == E_DOWN && got->status != OVERLOADED);

	if (rc < 0 && !unknown)
		(void)classification_batch_end(b->tag, "refused", 0);
	return rc;
}

int
anthropic_batch_create(struct arena *mem, const struct unclassified *v, size_t n, int64_t *sent)
{
	struct classification_batch b = { .model = conf.anthropic_model, .version = ANTHROPIC_PROMPT_VERSION,
	    .videos = arena_alloc(mem, n * sizeof(*b.videos)), .n = n };
	char tag[ANTHROPIC_TAG_CHARS + 1];
	struct anthropic_batch made;
	struct fetch_answer got;
	struct fetch_ask a;
	uint64_t chance;
	size_t i;
	int rc;

	random_bytes(&chance, sizeof(chance));
	snprintf(tag, sizeof(tag), "%016llx", (unsigned long long)chance);
	b.tag = arena_strdup(mem, tag);
	for (i = 0; i < n; i++)
		b.videos[i] = v[i].id;
	a = (struct fetch_ask){ .endpoint = ANTHROPIC_BATCHES, .method = "POST", .path = BATCHES, .once = true,
	    .body = requests_json(mem, b.tag, v, n, &b.reserved) };
	a.units = b.reserved;
	if ((rc = classification_batch_begin(mem, &b)) < 0 ||
	    (rc = end_create(&b, fetch(&anthropic_api, &a, &got), &got)) < 0 ||
	    (rc = anthropic_read_batch(mem, got.body, &made)) < 0)
		return rc;
	*sent += (int64_t)n;
	log_info("classification batch", JS("batch", made.id), JI("videos", (int64_t)n));
	return classification_batch_created(b.tag, made.id);
}

/* --- Finding again --- */

static int
find_created(struct arena *mem, const struct classification_batch *b)
{
	struct fetch_ask a = { .endpoint = ANTHROPIC_BATCHES, .method = "GET", .path = BATCHES "?limit=100" };
	struct anthropic_batch *list;
	struct fetch_answer got;
	bool known;
	size_t n, i;
	int rc;

	if (b->age_ms < conf.external_timeout_ms + SURE_MS)
		return 0;
	if ((rc = fetch(&anthropic_api, &a, &got)) < 0 || (rc = anthropic_read_batches(mem, got.body, &list, &n)) < 0)
		return rc;
	for (i = 0; i < n; i++) {
		if (list[i].requests != (int64_t)b->n || list[i].created_ms < b->created_ms - CLOCK_SKEW_MS)
			continue;
		if ((rc = classification_batch_known(list[i].id, &known)) < 0)
			return rc;
		if (!known) {
			log_info("classification batch found again", JS("batch", list[i].id));
			return classification_batch_created(b->tag, list[i].id);
		}
	}
	return give_up(b, "lost", true);
}

/* --- Results --- */

static int
take_results(void *arg, const char *p, size_t n)
{
	return anthropic_results_take(arg, p, n);
}

static int
store_results(struct arena *mem, const struct classification_batch *b, const struct anthropic_results *r, int64_t *n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < r->n && rc == 0; i++)
		if (r->v[i].answered &&
		    (rc = classification_store(mem, b->videos[i], b->model, b->version, &r->v[i].c)) == 0)
			++*n;
	return rc;
}

/* The key goes to no other address than the configured one. */
static const char *
results_path(struct arena *mem, const struct anthropic_batch *made)
{
	size_t n = strlen(conf.anthropic_base_url);

	if (made->results_url != NULL && strncmp(made->results_url, conf.anthropic_base_url, n) == 0 &&
	    made->results_url[n] == '/')
		return made->results_url + n;
	return arena_printf(mem, BATCHES "/%s/results", made->id);
}

static int
read_results(struct arena *mem, const struct classification_batch *b, const struct anthropic_batch *made, int64_t *n)
{
	struct anthropic_results r = { .tag = b->tag, .n = b->n, .v = arena_zalloc(mem, b->n * sizeof(*r.v)) };
	struct fetch_ask a = { .endpoint = ANTHROPIC_BATCHES, .method = "GET", .path = results_path(mem, made),
	    .once = true, .take = take_results, .arg = &r };
	struct fetch_answer got;
	int rc = fetch(&anthropic_api, &a, &got), ended = anthropic_results_end(&r);

	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	if ((rc = store_results(mem, b, &r, n)) < 0)
		return rc;
	(void)quota_settle(BUCKET_ANTHROPIC_TOKENS, r.tokens - b->reserved);
	return classification_batch_end(b->tag, r.foreign > 0 && r.foreign == r.lines ? "foreign" : "done", r.tokens);
}

static int
poll_batch(struct arena *mem, const struct classification_batch *b, int64_t *n)
{
	struct fetch_ask a = { .endpoint = ANTHROPIC_BATCHES, .method = "GET",
	    .path = arena_printf(mem, BATCHES "/%s", b->batch) };
	struct anthropic_batch made;
	struct fetch_answer got;
	int rc;

	if ((rc = fetch(&anthropic_api, &a, &got)) == E_NOT_FOUND)
		return give_up(b, "gone", true);
	if (rc < 0 || (rc = anthropic_read_batch(mem, got.body, &made)) < 0)
		return rc;
	if (made.ended)
		return read_results(mem, b, &made, n);
	return b->age_ms > GIVEN_UP_MS ? give_up(b, "expired", false) : 0;
}

int
anthropic_batches_advance(struct arena *mem, int64_t *n)
{
	struct classification_batch *v;
	size_t open, i;
	int rc;

	if ((rc = classification_batches(mem, &v, &open)) < 0)
		return rc;
	for (i = 0; i < open && rc == 0; i++)
		rc = v[i].batch == NULL ? find_created(mem, &v[i]) : poll_batch(mem, &v[i], n);
	return rc;
}
