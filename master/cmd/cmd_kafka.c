/* cmd_kafka.c -- `dure kafka init-topics|topics|lag|tail`: inspects the cluster from outside. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "link/kafka.h"
#include "link/kafka_admin.h"
#include "master/control.h"

static struct {
	const char	*group, *topic;
	int64_t		 last;
} words = { NULL, NULL, 10 };
static volatile bool stopped;

static void
on_interrupt(int signo)
{
	(void)signo;
	stopped = true;
}

/* Options and, where `wants_topic`, the topic. False for a wrong call. */
static bool
take_words(int argc, char **argv, const char *options, bool wants_topic)
{
	int c;

	optind = 1;
	while ((c = getopt(argc, argv, options)) != -1) {
		switch (c) {
		case 'b': conf.kafka_brokers = optarg; break;
		case 'g': words.group = optarg; break;
		case 'n':
			if (!parse_int(optarg, 0, 1000000, &words.last))
				return false;
			break;
		default: return false;
		}
	}
	if (wants_topic && optind < argc)
		words.topic = argv[optind++];
	return optind == argc && (!wants_topic || words.topic != NULL);
}

/* The embedded broker has another address at each start; the running master knows it. */
bool
cmd_embedded_broker(void)
{
	static char address[BROKER_ADDRESS_BYTES];
	struct buf answer = { 0 };
	const struct json *j;
	const char *broker;
	struct arena mem;

	arena_init(&mem, 65536);
	if (control_ask(&answer) == 0 && json_parse(&mem, answer.p, answer.n, &j) == 0 &&
	    (broker = json_str(json_get(j, "broker"))) != NULL) {
		snprintf(address, sizeof(address), "%s", broker);
		conf.kafka_brokers = address;
	}
	buf_fini(&answer);
	arena_fini(&mem);
	return *address != '\0';
}

int
cmd_kafka(int argc, char **argv)
{
	const char *verb = strchr(argv[0], ' ') + 1;
	bool tail = strcmp(verb, "tail") == 0, lag = strcmp(verb, "lag") == 0, init = strcmp(verb, "init-topics") == 0;

	if (!take_words(argc, argv, tail ? "b:n:" : lag ? "b:g:" : "b:", tail)) {
		fprintf(stderr, "usage: dure kafka %s [-b BROKERS]%s\n", verb, tail ? " [-n LAST] TOPIC" : lag
		    ? " [-g GROUP]" : "");
		return EXIT_USAGE;
	}
	if (kafka_embedded() && !cmd_embedded_broker()) {
		fprintf(stderr, "dure: the embedded broker (KAFKA_BROKERS=embedded) lives as long as the server, and "
		    "none runs in %s; another one "
		    "is named by -b\n", conf.run_dir);
		return init ? 0 : EXIT_NOT_RUNNING;
	}
	if (init)
		return kafka_admin_init(stdout) < 0;
	if (lag)
		return kafka_admin_lag(stdout, words.group != NULL ? words.group : conf.kafka_group_id) < 0;
	if (!tail)
		return kafka_admin_topics(stdout) < 0;
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	return kafka_admin_tail(stdout, words.topic, (int)words.last, &stopped) < 0;
}
