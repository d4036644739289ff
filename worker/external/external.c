/* external.c -- dure: external. Calls the external services of curation, apart from all that serves users.
 *
 * Rounds of background work are claimed, so that each is made on one host; questions of HTTP workers (domain/external/
 * external_ask.h) are answered beside them. A service that hangs holds coroutines of this process, nothing else.
 */
#include "api/anthropic.h"
#include "api/news.h"
#include "api/youtube.h"
#include "base/err.h"
#include "base/log.h"
#include "base/param.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/child.h"
#include "worker/domain/core/settings.h"
#include "worker/domain/external/external_api.h"
#include "worker/domain/external/external_ask.h"
#include "worker/domain/external/external_round.h"
#include "worker/domain/external/quota.h"

enum { ROUND_LIMIT_MS = 600000, REPORT_MS = 30000, ANSWER_MORE_MS = 5000 };

static int64_t by_every(void) { return conf.external_every_s * 1000; }
static int64_t by_news(void) { return conf.news_every_s * 1000; }

static struct round {
	const char		*name;
	enum external_api	 api;
	int			(*run)(struct arena *mem, int64_t *n);
	int64_t			(*every_ms)(void);
	struct loop_timer	 timer;
	bool			 running;
} rounds[] = {
	{ .name = "external-youtube", .api = API_YOUTUBE, .run = youtube_refresh, .every_ms = by_every },
	{ .name = "external-anthropic", .api = API_ANTHROPIC, .run = anthropic_round, .every_ms = by_every },
	{ .name = "external-news", .api = API_NEWS, .run = news_round, .every_ms = by_news },
};
static struct co_group under_way;
static struct co *running[NELEM(rounds)];
static struct loop_timer report;

static void
run_round(void *arg)
{
	struct round *r = arg;
	int64_t n = 0;
	bool mine;
	int rc;

	running[r - rounds] = co_self();
	/* A little less than the interval, which the timer keeps. */
	if ((rc = external_round_claim(r->name, r->every_ms() * 9 / 10, &mine)) == 0 && mine)
		rc = r->run(co_arena(), &n);
	if (rc < 0 && rc != E_CANCELED)
		log_warn("external round failed", JS("round", r->name), JS("error", err_row(rc)->code));
	else if (n > 0)
		log_info("external round", JS("round", r->name), JI("videos", n));
	running[r - rounds] = NULL;
	r->running = false;
}

static void
on_round_timer(struct loop_timer *t)
{
	struct round *r = t->arg;

	if (r->running)
		return;
	r->running = true;
	co_group_spawn(&under_way, run_round, r, ROUND_LIMIT_MS);
}

static void
run_report(void *arg)
{
	(void)arg;
	(void)quota_report();
}

static void
on_report_timer(struct loop_timer *t)
{
	(void)t;
	co_group_spawn(&under_way, run_report, NULL, REPORT_MS);
}

/* The worker waits for `wait_ms`; what comes later is cached, for the next one who asks. */
static int
answer_question(struct arena *mem, const char *what, const char *text, int64_t wait_ms, struct str *json)
{
	struct strs ids = { 0 };
	int rc;

	if (strcmp(what, "videos") != 0 || !external_on(&conf, API_YOUTUBE))
		return E_VALIDATION;
	if ((rc = youtube_search(mem, text, wait_ms + ANSWER_MORE_MS, &ids)) < 0)
		return rc;
	*json = json_obj(mem, JR("ids", strs_json(mem, ids)));
	return 0;
}

static int
external_start(const struct child_sockets *s, int index)
{
	size_t i;

	(void)s;
	(void)index;
	settings_start();
	for (i = 0; i < NELEM(rounds); i++) {
		loop_timer_init(&rounds[i].timer, on_round_timer, &rounds[i]);
		if (external_on(&conf, rounds[i].api))
			loop_timer_start(&rounds[i].timer, rounds[i].every_ms() / 10, rounds[i].every_ms());
	}
	loop_timer_init(&report, on_report_timer, NULL);
	loop_timer_start(&report, 0, REPORT_MS);
	external_ask_listen(answer_question);
	return 0;
}

static void
external_drain(void)
{
	size_t i;

	loop_timer_stop(&report);
	for (i = 0; i < NELEM(rounds); i++) {
		loop_timer_stop(&rounds[i].timer);
		if (running[i] != NULL)
			co_cancel(running[i]);
	}
	external_ask_stop();
	co_group_wait(&under_way);
	settings_stop();
}

const struct child_role external_role = { .name = "external", .links = LINK_PG | LINK_REDIS, .start = external_start,
    .drain = external_drain };
