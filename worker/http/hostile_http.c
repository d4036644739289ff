/* hostile_http.c -- the client of a request that waits leaves. See hostile_http.h. */
#include "hostile_http.h"

#ifdef HOSTILE
#include <sys/socket.h>

#include "run/hostile.h"
#include "req_pool.h"

/* As the library sees a reset: nothing can be read or sent any more. */
static bool
reset_client(struct co *victim)
{
	struct req *rq = req_of_co(victim);

	return rq != NULL && rq->conn != NULL && shutdown(rq->conn->fd, SHUT_RDWR) == 0;
}

static const struct calamity calamities[] = {
	{ "HTTP client resets", 12, reset_client },
	{ NULL, 0, NULL },
};

void
hostile_http(void)
{
	hostile_enlist(calamities);
}
#endif
