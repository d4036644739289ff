/* serve.c -- the states of a request: every step from one to another is made or aborts the process. */
#include "worker/http/serve.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "tap.h"

enum { STATES = REQ_CLOSING + 1 };

static const char *const names[STATES] = { "headers", "body", "handler", "answered", "closing" };

/* Which steps there are: a letter a state, in the order of the enum. */
static const char *const legal[STATES] = {
	[REQ_HEADERS]	= ".b.a.",
	[REQ_BODY]	= "..ha.",
	[REQ_HANDLER]	= ".b.a.",
	[REQ_ANSWERED]	= "....c",
	[REQ_CLOSING]	= ".....",
};

/* In a child of its own, whose core nobody wants. */
static bool
survives(enum req_state from, enum req_state to)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct req rq = { .state = from };

		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		signal(SIGABRT, SIG_DFL);
		log_to(-1);
		req_enter(&rq, to);
		_exit(rq.state == to ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(void)
{
	int from, to;

	for (from = 0; from < STATES; from++)
		for (to = 0; to < STATES; to++)
			ok(survives((enum req_state)from, (enum req_state)to) == (legal[from][to] != '.'),
			    "from %s to %s: %s",
			    names[from], names[to], legal[from][to] != '.' ? "a step" : "aborts");
	return done_testing();
}
