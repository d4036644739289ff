/* anthropic.c -- see anthropic.h. Yields: all. */
#include "anthropic.h"

#include "anthropic_client.h"
#include "base/err.h"
#include "worker/domain/core/settings.h"
#include "worker/domain/external/quota.h"

enum { FAILURES_MAX = 3 };

static int
classify_one(struct arena *mem, const struct unclassified *v)
{
	struct str params = anthropic_params(mem, conf.anthropic_model, v);
	int64_t most = anthropic_tokens_most(params), used = 0;
	struct fetch_ask a = {
	    .endpoint = ANTHROPIC_MESSAGES, .method = "POST", .path = "/v1/messages", .body = params, .units = most};
	struct classification c;
	struct fetch_answer got;
	int rc;

	if ((rc = fetch(&anthropic_api, &a, &got)) < 0)
		return rc;
	if ((rc = anthropic_read_message(mem, got.body, &c, &used)) < 0)
		return rc;
	(void)quota_settle(BUCKET_ANTHROPIC_TOKENS, used - most);
	return classification_store(mem, v->id, conf.anthropic_model, ANTHROPIC_PROMPT_VERSION, &c);
}

/* A video that is refused does not keep the others waiting; a service that refuses all does. */
static int
classify_each(struct arena *mem, const struct unclassified *v, size_t n, int64_t *done)
{
	int rc = 0, failures = 0;
	size_t i;

	for (i = 0; i < n && failures < FAILURES_MAX && settings_now()->classification_open; i++) {
		rc = classify_one(mem, &v[i]);
		if (rc == E_RATE || rc == E_BUSY || rc == E_FORBIDDEN || rc == E_CANCELED)
			return rc;
		failures = rc < 0 ? failures + 1 : 0;
		*done += rc == 0;
	}
	return failures > 0 ? rc : 0;
}

int
anthropic_round(struct arena *mem, int64_t *n)
{
	struct unclassified *v;
	size_t due;
	int rc;

	if (!settings_now()->classification_open)
		return 0;
	if ((rc = anthropic_batches_advance(mem, n)) < 0 || !settings_now()->classification_open)
		return rc;
	rc =
	    classification_due(mem, conf.anthropic_model, ANTHROPIC_PROMPT_VERSION, conf.anthropic_batch_max, &v, &due);
	if (rc < 0 || due == 0)
		return rc;
	return due >= (size_t)conf.anthropic_batch_from ? anthropic_batch_create(mem, v, due, n)
	    : classify_each(mem, v, due, n);
}
