/* anthropic_text.h -- what is sent to the Anthropic Messages API and what is read from it. Pure.
 *
 * Titles are written by strangers. They are sent as JSON data in the user's message, never in the instructions; and
 * whatever the model makes of them, an answer counts only in the exact shape of the schema, with labels of the list.
 */
#ifndef API_ANTHROPIC_TEXT_H
#define API_ANTHROPIC_TEXT_H

#include "worker/domain/curation/classification.h"

#define ANTHROPIC_PROMPT_VERSION "1"
enum { ANTHROPIC_ANSWER_TOKENS = 300, ANTHROPIC_TAG_CHARS = 16 };

/* The parameters of a message that asks about a video; JSON in `mem`. */
struct str	 anthropic_params(struct arena *mem, const char *model, const struct unclassified *v);
/* More tokens than such a message costs with its answer. */
int64_t		 anthropic_tokens_most(struct str params);

/* Reads a message. 0: *c is the classification, or not valid; *tokens: what it cost. E_VALIDATION: it is no message at
 * all; else as json_parse. */
int		 anthropic_read_message(struct arena *mem, struct str body, struct classification *c, int64_t *tokens);

/* A batch, as created, retrieved or listed. */
struct anthropic_batch {
	const char	*id, *results_url;	/* NULL: none */
	bool		 ended;
	int64_t		 created_ms, requests;
};
int		 anthropic_read_batch(struct arena *mem, struct str body, struct anthropic_batch *b);
int		 anthropic_read_batches(struct arena *mem, struct str body, struct anthropic_batch **v, size_t *n);

/* One line of results. *index: of the request, by its custom id "{tag}_{index}"; E_NOT_FOUND: of another batch.
 * *answered: the request succeeded; else it failed or expired, and may be sent again. */
int anthropic_read_result(struct arena *mem, struct str line, const char *tag, size_t *index, bool *answered,
    struct classification *c, int64_t *tokens);

#endif
