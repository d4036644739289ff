/* phrases.c -- reads phrases and draws sentences from them. See phrases.h.
 *
 * Half of the sentences stand alone; half follow a sentence of the previous line, if that has the same label. As in a
 * real review, the learner then spreads the credit over several statements.
 */
#include "phrases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SENTENCE_BYTES	1024	/* longer lines are refused, so no choice can outgrow it */
/* lines of = are drawn so many times less often: films are seldom called ordinary in praise */
#define NEITHER_PART	4
#define SEED		0x53484f50u

static uint32_t
next_random(uint32_t *state)
{
	uint32_t r = *state;

	r ^= r << 13;
	r ^= r >> 17;
	r ^= r << 5;
	return *state = r;
}

/* Whether every { is closed before the next, there is no | or } outside, and it is valid, non-empty UTF-8. */
static bool
is_phrase(const char *p, size_t n)
{
	bool open = false;
	size_t i;

	if (n < 3 || n >= SENTENCE_BYTES || strchr("+-=", *p) == NULL || p[1] != ' ' || !utf8_valid(p, n))
		return false;
	for (i = 0; i < n; i++) {
		if (open ? p[i] == '{' : p[i] == '}' || p[i] == '|')
			return false;
		if (p[i] == '{' || p[i] == '}')
			open = !open;
	}
	return !open;
}

/* One of the alternatives at `p`, just past the {; *end is the place past the }. */
static struct str
choose_alternative(const char *p, const char **end, uint32_t *random)
{
	struct str chosen = { p, 0 };
	uint32_t count = 1, pick;
	const char *q;

	for (q = p; *q != '}'; q++)
		count += *q == '|';
	*end = q + 1;
	for (pick = next_random(random) % count; pick > 0; pick--)
		chosen.p = strchr(chosen.p, '|') + 1;
	chosen.n = strcspn(chosen.p, "|}");
	return chosen;
}

/* Draws a sentence of the phrase `p` (NUL-terminated, checked) into `out`; returns its bytes. */
static size_t
draw_sentence(const char *p, char out[SENTENCE_BYTES], uint32_t *random)
{
	size_t n = 0;

	while (*p != '\0')
		if (*p == '{') {
			struct str s = choose_alternative(p + 1, &p, random);

			memcpy(out + n, s.p, s.n);
			n += s.n;
		} else {
			out[n++] = *p++;
		}
	return n;
}

/* Adds `draws` sentences of one phrase; every second one follows a sentence of `before`, unless that is NULL. */
static void
add_sentences(struct examples *x, const char *phrase, const char *before, int draws, uint32_t *random)
{
	char text[2 * SENTENCE_BYTES + 2];
	int i;

	for (i = 0; i < draws; i++) {
		size_t n = 0;

		if (before != NULL && i % 2 == 1) {
			n = draw_sentence(before + 2, text, random);
			if (next_random(random) % 2 == 0)
				text[n++] = '.';
			text[n++] = ' ';
		}
		n += draw_sentence(phrase + 2, text + n, random);
		if (*phrase != '-')
			examples_add(x, text, n, 1);
		if (*phrase != '+')
			examples_add(x, text, n, 0);
	}
}

int
phrases_load(struct examples *x, const char *path, int draws)
{
	char *line = NULL, before[SENTENCE_BYTES] = "";
	FILE *f = fopen(path, "r");
	uint32_t random = SEED;
	int number = 0, rc = 0;
	size_t cap = 0;
	ssize_t n;

	if (f == NULL) {
		fprintf(stderr, "analyzer: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (rc == 0 && (n = getline(&line, &cap, f)) > 0) {
		number++;
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (n == 0 || *line == '#')
			continue;
		if (!is_phrase(line, (size_t)n)) {
			fprintf(stderr, "analyzer: %s:%d: not a phrase\n", path, number);
			rc = -1;
			continue;
		}
		add_sentences(x, line, *before == *line ? before : NULL, *line == '=' ? draws / NEITHER_PART
		    : draws, &random);
		memcpy(before, line, (size_t)n + 1);
	}
	free(line);
	fclose(f);
	return rc;
}
