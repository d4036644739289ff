/* bench_load.h -- the client of `dure bench`: prepared questions over connections of loopback, each asked again once it
 * is answered. Blocks. */
#ifndef CMD_BENCH_LOAD_H
#define CMD_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "bench_count.h"

enum { BENCH_TEXTS_MAX = 64 };

struct bench_ask {
	int port;        /* of 127.0.0.1 */
	int connections; /* BENCH_TEXTS_MAX at most */
	/* Bytes of the answer that `p` begins with; 0: not all there, -1: it is none. *good: it is no refusal. */
	long (*length)(const char *p, size_t n, bool *good);
	struct str hello;                  /* said first by each connection, and answered; empty: nothing */
	struct str texts[BENCH_TEXTS_MAX]; /* the questions; connection i asks texts[i % n_texts] */
	int n_texts;
};

/* An answer of HTTP with a Content-Length; good: 2xx. */
long bench_http_length(const char *p, size_t n, bool *good);
/* A bulk string or a status of Redis. */
long bench_redis_length(const char *p, size_t n, bool *good);

/* A blocking connection to a port of 127.0.0.1; -1 with errno. */
int bench_connect(int port);
/* Ask once, of a connection of its own, the whole answer into `answer`. False: no answer, or a refusal. */
bool bench_ask_once(int port, struct str text, long (*length)(const char *, size_t, bool *), struct buf *answer);
/* Ask for so long, into *c (zeroed before). False: no connection. */
bool bench_load(const struct bench_ask *a, int64_t ms, struct bench_count *c);

#endif
