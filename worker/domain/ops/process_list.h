/* process_list.h -- the processes of this host, from the scoreboard. */
#ifndef OPS_PROCESS_LIST_H
#define OPS_PROCESS_LIST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "proc/scoreboard.h"

/* [{"kind","index","pid","state","startedAt","restarts","rssBytes","cpu","connections","loopLagMs"}] in `mem`: `cpu` in
 * percent of one core over the last second. What a kind has not is null. Does not yield. */
struct str process_list(struct arena *mem);
/* Whether this process is there and ready. Does not yield. */
bool	 process_ready(enum proc_kind kind, int index);

#endif
