/* analysis_request.c -- one analysis, from the request to the acknowledged result. See request.h.
 *
 * A request that is repeated after a crash sends the same messages again (cards have ids derived from the task's), so
 * that they take effect once. Memory is bounded by two pages of reviews and one tally.
 */
#include "request.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "languages.h"
#include "pages.h"
#include "report.h"
#include "run/co.h"
#include "worker/child.h"
#include "worker/domain/analysis/analysis_pace.h"
#include "worker/domain/catalog/review.h"

enum { WANTED_MAX = 50, HELD_MAX = SENTIMENTS * CARDS_EACH, TRIES = 5, RETRY_MS = 300 };

struct analysis_in {
	const char	*request, *product, *url, *language, *option;
	struct strs	 keywords;
};
static const struct param analysis_params[] = {
	P_ID(FROM_JSON, struct analysis_in, request, "requestId", REQUIRED),
	P_ID(FROM_JSON, struct analysis_in, product, "productId", REQUIRED),
	P_STR(FROM_JSON, struct analysis_in, url, "url", OPTIONAL, 0, 2048),
	P_STRS(FROM_JSON, struct analysis_in, keywords, "keywords", OPTIONAL, 0, WANTED_MAX),
	P_STR(FROM_JSON, struct analysis_in, language, "language", OPTIONAL, 0, 16),
	P_STR(FROM_JSON, struct analysis_in, option, "options.language", OPTIONAL, 0, 16),
	PARAM_END
};

struct analysis {
	const struct request	*rq;
	const struct model	*model;
	struct report		 report;
	struct tally		 tally;
	struct wanted		 wanted;
	struct languages	 languages;
	enum language		 asked;		/* requested for the summary */
	const char		*url;		/* of the request; NULL: none */
	int			 in_flight;	/* progress and cards not yet acknowledged */
	struct co_gate		 landed;
	int64_t			 began_ms, reported_ms;
	int			 n_cards, cards_by[SENTIMENTS];
	uint64_t		*shown;		/* hashes of the texts on the cards, n_cards of them */
	struct arena		 message;	/* of one message, reset after it */
};

static void
on_acknowledged(void *arg, int rc)
{
	struct analysis *a = arg;

	(void)rc;	/* lost progress is superseded by the next message; a lost card is one card less */
	if (--a->in_flight == 0)
		co_gate_wake_all(&a->landed);
}

/* Sends on realtime-status without waiting for the acknowledgement; yields only while the local queue is full. */
static void
send_event(struct analysis *a, const char *id, const char *type, struct str value)
{
	char time[TIME_TEXT_BYTES];
	const struct kafka_header h[] = { { "messageId", id }, { "type", type },
	    { "timestamp", time_text(time, now_ms()) },
	    { "traceparent", a->rq->traceparent } };
	int rc;

	a->in_flight++;
	while ((rc = kafka_send("realtime-status", str_of(a->report.product_id), value, h, NELEM(h), on_acknowledged,
	    a)) == E_BUSY)
		if (co_sleep(5) < 0)
			break;
	if (rc < 0)
		a->in_flight--;
	arena_reset(&a->message);
}

static void
send_progress(struct analysis *a)
{
	int64_t now = mono_ms(), done = (int64_t)a->tally.reviews;

	a->reported_ms = now;
	if (done > 0 && a->report.total > done)
		a->report.estimated_s = (now - a->began_ms) * (a->report.total - done) / done / 1000 + 1;
	else if (a->report.total >= 0)
		a->report.estimated_s = a->report.step < STEP_SUMMARISE;
	send_event(a, arena_printf(&a->message, "%s-p%d-%lld", a->report.task_id, (int)a->report.step,
	    (long long)done), "progress", report_progress(&a->message, &a->report, &a->tally));
}

static bool
is_shown(const struct analysis *a, const struct card *card)
{
	int i;

	for (i = 0; i < a->n_cards; i++)
		if (a->shown[i] == card->hash)
			return true;
	return false;
}

static void
show_card(struct analysis *a, const struct card *card)
{
	const char *id = arena_printf(&a->message, "%s-%d", a->report.task_id, a->n_cards + 1);

	a->shown[a->n_cards++] = card->hash;
	a->cards_by[card->sentiment]++;
	send_event(a, id, "sentiment-card", report_card(&a->message, &a->report, card, id));
}

/* Shows a card while the reviews are read: of each sentiment few enough to leave room for the best ones at the end. */
static void
consider_card(struct analysis *a, const struct card *card)
{
	int64_t room = conf.analyzer_cards >= 2 * HELD_MAX ? conf.analyzer_cards - HELD_MAX : conf.analyzer_cards;

	if (a->cards_by[card->sentiment] < (room + SENTIMENTS - 1) / SENTIMENTS && a->n_cards < room &&
	    !is_shown(a, card))
		show_card(a, card);
}

static void
classify_page(struct analysis *a, const struct str *texts, int n)
{
	const struct card *card;
	struct verdict v;
	int i;

	for (i = 0; i < n; i++) {
		model_classify(a->model, texts[i].p, texts[i].n, &v);
		languages_add(&a->languages, texts[i].p, texts[i].n);
		wanted_add(&a->wanted, texts[i].p, texts[i].n, v.label);
		if ((card = tally_add(&a->tally, texts[i].p, texts[i].n, &v)) != NULL)
			consider_card(a, card);
		metric_add(M_ANALYZER_REVIEWS, v.label, 1);
	}
}

static int
count_reviews(struct analysis *a)
{
	int rc, tries = 0;

	while ((rc = review_count(a->report.product_id, &a->report.total)) < 0) {
		if (rc == E_CANCELED || child_stopping() || co_sleep(RETRY_MS) < 0)
			return E_CANCELED;
		if (rc != E_DOWN && rc != E_BUSY && ++tries == TRIES)
			return rc;
	}
	return 0;
}

static int
read_all(struct analysis *a)
{
	struct pages *pages = pages_open(a->report.product_id, (int)conf.analyzer_chunk);
	struct str *texts;
	int rc, n;

	while ((rc = pages_next(pages, &texts, &n)) == 0 && n > 0) {
		classify_page(a, texts, n);
		if (mono_ms() - a->reported_ms >= conf.analyzer_progress_ms)
			send_progress(a);
	}
	pages_close(&pages);
	return rc;
}

static void
show_best(struct analysis *a)
{
	struct card *best = calloc(HELD_MAX, sizeof(*best));
	size_t i, n;

	if (best == NULL)
		bug("out of memory");
	n = tally_cards(&a->tally, best);
	for (i = 0; i < n && a->n_cards < conf.analyzer_cards; i++)
		if (!is_shown(a, &best[i]))
			show_card(a, &best[i]);
	free(best);
}

/* Waits until the cards are acknowledged before the outcome is sent, so that readers receive them in this order. */
static void
await_acknowledged(struct analysis *a)
{
	while (a->in_flight > 0)
		co_gate_wait(&a->landed, -1);
}

static int
answer_request(struct analysis *a, struct str value)
{
	return request_answer(a->rq, "analysis-results", a->report.product_id, a->report.task_id, "result", value);
}

/* Reviews come by the API alone: the analyzer visits no shop, whatever `url` says. */
static const char *
no_reviews_text(struct analysis *a)
{
	const char *send = arena_printf(&a->message, "POST /api/products/%s/reviews", a->report.product_id);
	bool en = a->report.english;
	const char *crawl = a->url == NULL ? "" : en ? " or connect a pipeline that crawls the url,"
	    : " 또는 url을 크롤링하는 파이프라인을 연결한 뒤";

	return arena_printf(&a->message, en ? "NO_REVIEWS: No reviews of this product are held. Send some with %s, "
	    "a JSON array of {\"text\":\"…\"},%s and ask again."
	    : "NO_REVIEWS: 이 상품의 리뷰가 없습니다. %s 로 리뷰({\"text\":\"…\"}의 JSON 배열)를 보낸 뒤%s "
	    "다시 요청해 주세요.", send, crawl);
}

static int
conclude_request(struct analysis *a, int rc)
{
	enum language in = a->asked != LANGUAGE_NONE ? a->asked : languages_most(&a->languages);

	if (rc < 0)
		return answer_request(a, report_failure(&a->message, &a->report,
		    "INTERNAL_ERROR: the reviews could not be read"));
	if (a->tally.reviews == 0) {
		a->report.step = STEP_CRAWL;
		return answer_request(a, report_failure(&a->message, &a->report, no_reviews_text(a)));
	}
	a->report.step = STEP_KEYWORDS;
	a->report.total = (int64_t)a->tally.reviews;
	send_progress(a);
	show_best(a);
	a->report.step = STEP_SUMMARISE;
	send_progress(a);
	await_acknowledged(a);
	if ((rc = answer_request(a, report_result(&a->message, &a->report, &a->tally, &a->wanted, in))) == E_TOO_LARGE)
		rc = answer_request(a, report_failure(&a->message, &a->report,
		    "TOO_LARGE: the result does not fit into a message"));
	return rc;
}

static int
analyse(struct analysis *a)
{
	int rc;

	a->report.step = STEP_CRAWL;
	a->report.total = -1;
	a->report.estimated_s = analysis_pace_s();
	send_progress(a);
	if ((rc = count_reviews(a)) == 0) {
		a->report.step = STEP_CLASSIFY;
		if (a->report.total > 0)
			send_progress(a);
		rc = read_all(a);
	}
	if (rc != E_CANCELED)
		rc = conclude_request(a, rc);
	await_acknowledged(a);
	return rc;
}

int
analysis_request_run(const struct request *rq, const struct model *model)
{
	struct analysis *a = arena_zalloc(co_arena(), sizeof(*a));
	struct param_input in = { 0 };
	struct param_faults faults;
	struct analysis_in args = { 0 };
	int rc;

	if (json_parse(co_arena(), rq->value.p, rq->value.n, &in.body) < 0 ||
	    param_bind(co_arena(), analysis_params, &in, &args, &faults) < 0) {
		log_warn("malformed analysis request");
		return 0;
	}
	a->rq = rq;
	a->model = model;
	a->url = args.url;
	a->asked = language_find(args.language != NULL ? args.language : args.option);
	a->report = (struct report){ .task_id = args.request, .product_id = args.product,
	    .english = language_english(a->asked) };
	a->shown = arena_alloc(co_arena(), (size_t)(conf.analyzer_cards + 1) * sizeof(*a->shown));
	a->began_ms = mono_ms();
	arena_init(&a->message, 4096);
	tally_init(&a->tally);
	wanted_init(&a->wanted, co_arena(), args.keywords);
	rc = analyse(a);
	log_info("analysis", JS("taskId", args.request), JS("productId", args.product),
	    JI("reviews", (int64_t)a->tally.reviews), JI("ms", mono_ms() - a->began_ms), JB("done", rc == 0));
	wanted_fini(&a->wanted);
	tally_fini(&a->tally);
	arena_fini(&a->message);
	return rc == E_CANCELED ? rc : 0;
}
