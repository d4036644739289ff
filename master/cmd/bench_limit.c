/* bench_limit.c -- a process a connection or a core, each in a loop until the slice ends; what it has begun then it
 * finishes. See bench_limit.h. */
#include "bench_limit.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/libsodium.h"
#include "base/str.h"
#include "link/pg_script.h"

enum { PROCESSES_MAX = 64 };

struct start {
	int ready;
};

struct work {
	const char *database_url;
	struct pg_script *db;
	/* Once; false: it failed. */
	bool (*open)(struct work *w);
	bool (*once)(struct work *w);
};

static bool
connect_once(struct work *w)
{
	const char *why;

	return (w->db = pg_script_open(w->database_url, &why)) != NULL;
}

static bool
commit_once(struct work *w)
{
	return pg_script_run(
	    w->db, "INSERT INTO bench_commits (note) VALUES ('one row, as small as they come')", NULL, NULL);
}

static bool
hash_once(struct work *w)
{
	char hash[crypto_pwhash_STRBYTES];

	(void)w;
	return crypto_pwhash_str_alg(hash, "Aa1-password", 12, (unsigned long long)conf.argon2_opslimit,
		   (size_t)conf.argon2_memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* All begin when all are ready. */
static void
await_others(struct start *s, int processes)
{
	__atomic_add_fetch(&s->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&s->ready, __ATOMIC_SEQ_CST) < processes)
		usleep(200);
}

static _Noreturn void
toil(struct work *w, struct start *s, int processes, int64_t ms, struct bench_count *c)
{
	bool open = w->open == NULL || w->open(w);
	int64_t at_us, end_us;

	await_others(s, processes);
	end_us = mono_us() + ms * 1000;
	if (!open) {
		c->failed++;
		_exit(1);
	}
	c->us = -mono_us();
	while ((at_us = mono_us()) < end_us) {
		bool good = w->once(w);
		int64_t took_us = mono_us() - at_us;

		if (good)
			bench_took(c, took_us);
		c->n += good;
		c->failed += !good;
	}
	c->us += mono_us();
	_exit(0);
}

static void
share(struct work *w, int processes, int64_t ms, struct bench_count *c)
{
	struct {
		struct start start;
		struct bench_count each[];
	} * all;
	size_t bytes;
	pid_t parent = getpid(), pids[PROCESSES_MAX];
	int i;

	*c = (struct bench_count){ 0 };
	processes = processes < PROCESSES_MAX ? processes : PROCESSES_MAX;
	bytes = sizeof(*all) + (size_t)processes * sizeof(all->each[0]);
	all = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED) {
		c->failed = 1;
		return;
	}
	for (i = 0; i < processes; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			toil(w, &all->start, processes, ms, &all->each[i]);
		_exit(0);
	}
	for (i = 0; i < processes; i++) {
		if (pids[i] > 0)
			waitpid(pids[i], NULL, 0);
		bench_add(c, &all->each[i]);
		c->us = all->each[i].us > c->us ? all->each[i].us : c->us;
	}
	munmap(all, bytes);
}

void
bench_commits(const char *database_url, int connections, int64_t ms, struct bench_count *c)
{
	struct work w = { .database_url = database_url, .open = connect_once, .once = commit_once };

	share(&w, connections, ms, c);
}

void
bench_hashes(int processes, int64_t ms, struct bench_count *c)
{
	struct work w = { .once = hash_once };

	share(&w, processes, ms, c);
}
