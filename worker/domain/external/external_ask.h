/* external_ask.h -- questions of HTTP workers to the process `external`, with a bounded wait.
 *
 * A question goes to the processes of all hosts (core/ask.h), which claim it; the one that wins answers. A worker that
 * has waited long enough continues without; the answer, when it comes, is cached for the next one. Nothing of a worker
 * waits for the service itself.
 */
#ifndef EXTERNAL_EXTERNAL_ASK_H
#define EXTERNAL_EXTERNAL_ASK_H

#include "base/json.h"

enum { EXTERNAL_ASKERS_MAX = 64, EXTERNAL_QUESTIONS_MAX = 32 };	/* waiting in a worker; being answered in a process */

/* Asks, and waits for `wait_ms` at most. The answer is in `mem`, which is the coroutine's arena. Yields. E_BUSY: nobody
 * listens, too many wait, no answer in time, or the answer is a refusal; E_DOWN: no Redis; E_CANCELED, E_TIMEOUT. */
int external_ask(struct arena *mem, const char *what, const char *text, int64_t wait_ms, const struct json **answer);

/* Answers the questions in this process from now on, each in a coroutine of its own. `answer` makes an object in `mem`;
 * yields; an error is told as a refusal. */
void	 external_ask_listen(int (*answer)(struct arena *mem, const char *what, const char *text, int64_t wait_ms,
    struct str *json));
/* Listens no more, and waits until the answers under way are given. Yields. */
void	 external_ask_stop(void);

#endif
