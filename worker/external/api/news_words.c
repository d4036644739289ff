/* news_words.c -- see news_words.h. */
#include "news_words.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/err.h"
#include "worker/domain/curation/video.h"

enum { WORDS_MAX = 4096, TITLE_BYTES_MAX = 1024, ASCII_MIN = 3, OTHER_MIN = 2 };

static const char *const stop_words[] = {"the", "and", "for", "with", "from", "that", "this", "are", "was", "has",
    "have", "will", "after", "over", "into", "says", "new", "his", "her", "its", "how", "why", "what", "who", "not",
    "but", "you", "your", "more", "about", "amid", "than", "their", "they", "out", "off", "could", "can"};

struct counting {
	struct arena	 *mem;
	struct news_word *v;
	const char	**last;		/* the title that a word was last counted in */
	size_t		  n;
};

static bool
is_letter(unsigned char c)
{
	return c >= 0x80 || isalnum(c) || c == '\'';
}

static void
count_word(struct counting *c, const char *title, const char *p, size_t n)
{
	const char *word = video_keyword(c->mem, arena_copy(c->mem, p, n));
	size_t i;

	if (word == NULL || utf8_len(word, strlen(word)) < ((unsigned char)*word < 0x80 ? ASCII_MIN : OTHER_MIN))
		return;
	for (i = 0; i < NELEM(stop_words); i++)
		if (strcmp(stop_words[i], word) == 0)
			return;
	for (i = 0; i < c->n && strcmp(c->v[i].word, word) != 0; i++)
		;
	if (i == WORDS_MAX)
		return;
	if (i == c->n)
		c->v[c->n++] = (struct news_word){ .word = word };
	else if (c->last[i] == title)
		return;
	c->v[i].titles++;
	c->last[i] = title;
}

/* A title ends with " - " and the name of its source. */
static void
count_title(struct counting *c, const char *title)
{
	const char *end = title + strlen(title), *p, *from;

	for (p = title; (p = strstr(p, " - ")) != NULL; p++)
		end = p;
	if (end - title > TITLE_BYTES_MAX)
		return;
	for (p = title; p < end;) {
		while (p < end && !is_letter((unsigned char)*p))
			p++;
		for (from = p; p < end && is_letter((unsigned char)*p); p++)
			;
		if (p > from)
			count_word(c, title, from, (size_t)(p - from));
	}
}

static int
by_titles(const void *a, const void *b)
{
	const struct news_word *x = a, *y = b;

	return x->titles != y->titles ? (x->titles < y->titles ? 1 : -1) : strcmp(x->word, y->word);
}

int
news_words(struct arena *mem, struct str body, struct news_word **out, size_t *n)
{
	struct counting c = { .mem = mem };
	const struct json *j, *list;
	const char *status, *title;
	int rc, titles = 0;

	*n = 0;
	if ((rc = json_parse(mem, body.p, body.n, &j)) < 0)
		return rc;
	if ((status = json_str(json_get(j, "status"))) == NULL || strcmp(status, "ok") != 0 ||
	    (list = json_get(j, "articles")) == NULL || json_type(list) != JSON_ARRAY)
		return E_VALIDATION;
	c.v = arena_alloc(mem, WORDS_MAX * sizeof(*c.v));
	c.last = arena_alloc(mem, WORDS_MAX * sizeof(*c.last));
	for (j = json_first(list); j != NULL && titles < NEWS_TITLES_MAX; j = json_next(j), titles++)
		if ((title = json_str(json_get(j, "title"))) != NULL)
			count_title(&c, title);
	qsort(c.v, c.n, sizeof(*c.v), by_titles);
	*out = c.v;
	*n = c.n < NEWS_WORDS_MAX ? c.n : NEWS_WORDS_MAX;
	return 0;
}
