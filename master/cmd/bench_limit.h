/* bench_limit.h -- the limits that are measured by processes of their own: commits of PostgreSQL, hashes of passwords.
 * Blocks. */
#ifndef CMD_BENCH_LIMIT_H
#define CMD_BENCH_LIMIT_H

#include "bench_count.h"

/* Commits of one small row each over so many connections, into the table bench_commits. */
void bench_commits(const char *database_url, int connections, int64_t ms, struct bench_count *c);
/* Password hashes with the settings in `conf`, in so many processes. */
void bench_hashes(int processes, int64_t ms, struct bench_count *c);

#endif
