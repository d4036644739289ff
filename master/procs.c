/* procs.c -- which processes there are. See procs.h. */
#include "procs.h"

#include <string.h>
#include <unistd.h>

static int
want_one(const struct conf *c)
{
	(void)c;
	return 1;
}

static int
count_http(const struct conf *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->http_workers > 0)
		return (int)c->http_workers;
	return cores < 1 ? 1 : cores > SEATS_MAX ? SEATS_MAX : (int)cores;
}

static int
count_ws(const struct conf *c)
{
	return (int)c->ws_workers;
}

static int
count_analyzer(const struct conf *c)
{
	return strcmp(c->analyzer, "embedded") == 0;
}

static int
count_broker(const struct conf *c)
{
	return strcmp(c->kafka_brokers, "embedded") == 0;
}

static int
count_external(const struct conf *c)
{
	return *c->youtube_api_key != '\0' || *c->anthropic_api_key != '\0' || *c->news_api_key != '\0';
}

/* A new broker has lost every topic and listens elsewhere, so the processes that use it are restarted with it. */
const struct proc_row procs[] = {
	{ PROC_BROKER, &broker_role, count_broker, .keep = true, .reload_turn = 9, .stop_turn = 4, .oom_score = 400,
	    .when = "KAFKA_BROKERS=embedded", .help = "Kafka broker in memory, for trying out" },
	{ PROC_HTTP, &http_role, count_http, .numbered = true, .listens = true, .reload_turn = 1, .stop_turn = 0,
	    .oom_score = 200, .when = "HTTP_WORKERS (0: one a core)", .help = "REST, pages, metrics" },
	{ PROC_WS, &ws_role, count_ws, .numbered = true, .heir = true, .reload_turn = 5, .stop_turn = 0,
	    .oom_score = 100, .when = "WS_WORKERS", .help = "Socket.IO and WebSocket fanout" },
	{ PROC_KAFKA, &kafka_role, want_one, .follows = PROC_BROKER, .reload_turn = 2, .stop_turn = 2, .oom_score = 200,
	    .when = "always", .help = "outbox to topics, topics to database, cache and fanout" },
	{ PROC_CRON, &cron_role, want_one, .reload_turn = 3, .stop_turn = 3, .oom_score = 300,
	    .when = "always", .help = "timed work" },
	{ PROC_ANALYZER, &analyzer_role, count_analyzer, .follows = PROC_BROKER, .reload_turn = 4, .stop_turn = 1,
	    .oom_score = 500, .when = "ANALYZER=embedded", .help = "analysis pipeline on the topics" },
	{ PROC_EXTERNAL, &external_role, count_external, .reload_turn = 6, .stop_turn = 1, .oom_score = 500,
	    .when = "YOUTUBE_API_KEY, ANTHROPIC_API_KEY or NEWS_API_KEY", .help = "calls to external services" },
	{ 0 }
};
