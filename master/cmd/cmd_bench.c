/* cmd_bench.c -- `dure bench [--json] [--seconds S] [--rounds N] [--dir DIR]`: this machine's Dure against the limits
 * of this machine.
 *
 * It measures a Dure of its own with stores of its own (bench_stage.h), never those of the configuration. What a Dure
 * does and the limit that it is compared with are measured in turn, round after round, in changing order, so that what
 * else the machine does falls on all alike. Exit status: 0 all was measured, 1 something was not, or was refused.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/str.h"
#include "bench_measure.h"
#include "bench_report.h"
#include "bench_stage.h"
#include "cmd.h"

enum { SECONDS = 30, SECONDS_MAX = 600, ROUNDS = 5, SLICE_MIN_MS = 50 };

static struct {
	bool json;
	struct arena mem;
	struct bench_stage stage;
	struct bench_report report;
} run = { .report = { .seconds = SECONDS, .rounds = ROUNDS } };

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signal)
{
	interrupted = signal;
}

/* What the stage's Dure works with: the hashes cost as much. NULL, or why it cannot be read. */
static const char *
load_conf(void)
{
	const char *path = arena_printf(&run.mem, "%s/dure.conf", run.stage.dir), *why = "the configuration is refused";

	return conf_load(&conf, &run.mem, path, NULL, (char *[]){ NULL }, &why) == 0 ? NULL : why;
}

static int
slices_a_round(void)
{
	int i, n = 0;

	for (i = 0; i < BENCH_MEASURES; i++)
		n += bench_measures[i].same < 0;
	return n;
}

static bool
take_slice(int row, int round, int64_t ms)
{
	struct bench_result *r = &run.report.results[row];
	struct bench_count c;

	if (!bench_measure_slice(&bench_measures[row], ms, &c))
		r->broken = true;
	r->rates[round] = bench_rate(&c);
	bench_add(&r->all, &c);
	return interrupted == 0;
}

/* All in turn; every other round backwards. False: interrupted. */
static bool
take_round(int round, int64_t ms)
{
	int i;

	for (i = 0; i < BENCH_MEASURES; i++) {
		int row = round % 2 == 0 ? i : BENCH_MEASURES - 1 - i;

		if (bench_measures[row].same < 0 && !take_slice(row, round, ms))
			return false;
	}
	return true;
}

/* Each row's ratio to its limit of the same round; a row without figures of its own takes them over first. */
static void
compare_with_limits(void)
{
	struct bench_result *all = run.report.results;
	int i, round;

	for (i = 0; i < BENCH_MEASURES; i++) {
		const struct bench_measure *m = &bench_measures[i];

		if (m->same >= 0)
			all[i] = all[m->same];
		for (round = 0; round < run.report.rounds; round++) {
			double limit = m->limit < 0 ? 0 : all[m->limit].rates[round];

			all[i].ratios[round] = limit > 0 ? all[i].rates[round] / limit : 0;
		}
	}
}

static void
measure_all(void)
{
	int64_t ms = run.report.seconds * 1000 / (run.report.rounds * slices_a_round());
	int round;

	for (round = 0; round < run.report.rounds && take_round(round, ms); round++)
		;
	compare_with_limits();
}

/* Whether the number behind an option is one, and within its bounds. */
static bool
take_number(const char *name, const char *text)
{
	if (strcmp(name, "--seconds") == 0)
		return parse_int(text, 1, SECONDS_MAX, &run.report.seconds);
	return strcmp(name, "--rounds") == 0 && parse_int(text, 1, BENCH_ROUNDS_MAX, &run.report.rounds);
}

static int
parse_options(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	int i;

	run.report.parent = tmp != NULL && *tmp != '\0' ? tmp : "/tmp";
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			run.json = true;
		else if (i + 1 == argc)
			return -1;
		else if (strcmp(argv[i], "--dir") == 0)
			run.report.parent = argv[++i];
		else if (!take_number(argv[i], argv[i + 1]))
			return -1;
		else
			i++;
	}
	return run.report.seconds * 1000 >= SLICE_MIN_MS * run.report.rounds * slices_a_round() ? 0 : -1;
}

static void
catch_signals(void)
{
	struct sigaction catch = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &catch, NULL);
	sigaction(SIGTERM, &catch, NULL);
	sigaction(SIGHUP, &catch, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool
is_clean(void)
{
	int i;

	for (i = 0; i < BENCH_MEASURES; i++) {
		const struct bench_result *r = &run.report.results[i];

		if (r->broken || r->all.failed > 0 || r->all.n == 0)
			return false;
	}
	return true;
}

/* NULL, or why it was not. */
static const char *
measure(void)
{
	const char *why = NULL;

	if (!bench_stage_start(&run.stage, run.report.parent))
		return run.stage.why;
	if (interrupted == 0 && (why = load_conf()) == NULL &&
	    (why = bench_measures_prepare(&run.stage, run.report.cores)) == NULL)
		measure_all();
	return why;
}

int
cmd_bench(int argc, char **argv)
{
	struct buf out = { 0 };
	const char *why;

	if (parse_options(argc, argv) < 0) {
		fprintf(stderr,
		    "usage: dure bench [--json] [--seconds 1..%d] [--rounds 1..%d] [--dir DIR]; 0.45 s a round at "
		    "least\n",
		    SECONDS_MAX, BENCH_ROUNDS_MAX);
		return EXIT_USAGE;
	}
	arena_init(&run.mem, 65536);
	run.report.mem = &run.mem;
	run.report.cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	run.stage.mem = &run.mem;
	catch_signals();
	why = measure();
	bench_measures_end();
	bench_stage_stop(&run.stage);
	if (interrupted != 0 || why != NULL) {
		fprintf(stderr, "dure: bench: %s\n", interrupted != 0 ? "interrupted" : why);
		return 1;
	}
	(run.json ? bench_report_json : bench_report_text)(&out, &run.report);
	cmd_print(&out);
	return is_clean() ? 0 : 1;
}
