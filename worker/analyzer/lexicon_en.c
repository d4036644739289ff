/* lexicon_en.c -- applies the English lexicon to a text, word by word with one word of look-ahead. See lexicon_en.h.
 *
 * State: a sentence's sum, the words that a negator still covers, the multiplier for the next mood word. Allocates
 * nothing. The constants were tuned by hand against t/unit/analyzer_english.c; no labelled English corpus was used.
 */
#include "lexicon_en.h"

#include <stdbool.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define WORD_BYTES	24	/* longer words are cut, and so found in no list */
#define NEGATOR_REACH	4	/* words */
#define NOT_GOOD	-0.75f	/* what negation leaves of praise ... */
#define NOT_BAD		-0.45f	/* ... and of blame */
#define LOG_ODDS_UNIT	0.9f	/* log-odds of a weight of 1.0 */

enum kind { MOOD_WORD, DEGREE_WORD, NEGATOR_WORD, BUT_WORD, THOUGH_WORD, SKIP_WORD };

struct entry {
	const char	*word;
	int8_t		 tenths;
	uint8_t		 kind;
};

#define MOOD(w, t)	{ w, t, MOOD_WORD },
#define DEGREE(w, t)	{ w, t, DEGREE_WORD },
#define NEGATOR(w)	{ w, 0, NEGATOR_WORD },
#define BUT(w)		{ w, 0, BUT_WORD },
#define THOUGH(w)	{ w, 0, THOUGH_WORD },
#define SKIP(w)		{ w, 0, SKIP_WORD },
static const struct entry entries[] = {
#include "lexicon_en.def"
};

static const struct {
	uint32_t	c;
	int8_t		tenths;
} emoji[] = {
	{ 0x2639, -15 }, { 0x263a, 15 }, { 0x2764, 22 }, { 0x1f389, 15 }, { 0x1f44d, 22 }, { 0x1f44e, -22 },
	{ 0x1f44f, 18 }, { 0x1f494, -18 }, { 0x1f495, 22 }, { 0x1f496, 22 }, { 0x1f4a9, -22 }, { 0x1f4af, 20 },
	{ 0x1f525, 15 }, { 0x1f600, 15 }, { 0x1f601, 15 }, { 0x1f602, 8 }, { 0x1f60a, 18 }, { 0x1f60d, 25 },
	{ 0x1f612, -15 }, { 0x1f618, 20 }, { 0x1f620, -22 }, { 0x1f621, -24 }, { 0x1f622, -13 }, { 0x1f62d, -8 },
	{ 0x1f631, -8 }, { 0x1f634, -16 }, { 0x1f644, -16 }, { 0x1f929, 25 }, { 0x1f92e, -25 }, { 0x1f970, 25 },
};

enum token_kind { TOKEN_WORD, TOKEN_COMMA, TOKEN_STOP, TOKEN_EMOJI, TOKEN_END };

struct token {
	enum token_kind	kind;
	int		tenths;			/* of an emoji */
	char		word[WORD_BYTES + 1];	/* lower case, no apostrophes */
};

struct reader {
	const char	*p, *end;
	struct token	 now, next;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes of an apostrophe at `p`, straight or curly; 0 when there is none. */
static size_t
apostrophe(const char *p, const char *end)
{
	if (*p == '\'')
		return 1;
	return end - p >= 3 && memcmp(p, "\u2019", 3) == 0 ? 3 : 0;
}

static void
read_word(struct reader *r, struct token *t)
{
	size_t n = 0, skip;

	while (r->p < r->end) {
		if (is_letter(*r->p)) {
			if (n < WORD_BYTES)
				t->word[n++] = (char)(*r->p | 0x20);
			r->p++;
		} else if ((skip = apostrophe(r->p, r->end)) > 0) {
			r->p += skip;
		} else {
			break;
		}
	}
	t->word[n] = '\0';
	t->kind = TOKEN_WORD;
}

/* Reads a character that is no letter; true when it is a token of its own. */
static bool
read_mark(struct reader *r, struct token *t)
{
	uint32_t c = utf8_next(&r->p, r->end);
	size_t i;

	if (c == ',' || c == ';' || c == ':' || c == '(' || c == ')') {
		t->kind = TOKEN_COMMA;
		return true;
	}
	if (c == '.' || c == '!' || c == '?' || c == '\n') {
		t->kind = TOKEN_STOP;
		return true;
	}
	for (i = 0; c >= emoji[0].c && i < NELEM(emoji); i++)
		if (emoji[i].c == c) {
			t->kind = TOKEN_EMOJI;
			t->tenths = emoji[i].tenths;
			return true;
		}
	return false;
}

static void
read_token(struct reader *r)
{
	r->now = r->next;
	while (r->p < r->end) {
		if (is_letter(*r->p)) {
			read_word(r, &r->next);
			return;
		}
		if (read_mark(r, &r->next))
			return;
	}
	r->next.kind = TOKEN_END;
}

static int
compare_entry(const void *word, const void *e)
{
	return strcmp(word, ((const struct entry *)e)->word);
}

static const struct entry *
find_exact(const char *word)
{
	return bsearch(word, entries, NELEM(entries), sizeof(entries[0]), compare_entry);
}

/* The mood word that this is a form of: tried without its ending, then with an "e" or "y" instead. */
static const struct entry *
find_by_ending(const char *word)
{
	static const struct {
		const char *ending, *instead;
	} forms[] = { { "s", "" }, { "es", "" }, { "ed", "" }, { "ed", "e" }, { "ing", "" }, { "ing", "e" },
		{ "ly", "" }, { "ily", "y" }, { "ies", "y" }, { "ness", "" }, { "est", "" }, { "iest", "y" },
		    { "er", "" },
		{ "ier", "y" } };
	const struct entry *e;
	size_t n = strlen(word), i;

	for (i = 0; i < NELEM(forms); i++) {
		size_t cut = strlen(forms[i].ending);
		char stem[WORD_BYTES + 2];

		if (n < cut + 3 || strcmp(word + n - cut, forms[i].ending) != 0)
			continue;
		memcpy(stem, word, n - cut);
		strcpy(stem + n - cut, forms[i].instead);
		if ((e = find_exact(stem)) != NULL && e->kind == MOOD_WORD)
			return e;
	}
	return NULL;
}

/* The entry of the current word, or of two adjacent words (then both are consumed). */
static const struct entry *
find_entry(struct reader *r)
{
	char pair[2 * WORD_BYTES + 2];
	const struct entry *e;

	if (r->next.kind == TOKEN_WORD) {
		strcpy(pair, r->now.word);
		strcat(pair, " ");
		strcat(pair, r->next.word);
		if ((e = find_exact(pair)) != NULL) {
			read_token(r);
			return e;
		}
	}
	e = find_exact(r->now.word);
	return e != NULL ? e : find_by_ending(r->now.word);
}

struct scorer {
	float		total, sentence;
	float		degree;		/* for the next mood word */
	float		clause;		/* for every mood word of this clause */
	int		reach;		/* words that the last negator still inverts */
	unsigned	words;		/* of the sentence so far */
	unsigned	hits, emoji;
};

static void
add_mood(struct scorer *s, int tenths)
{
	float w = (float)tenths / 10;

	if (tenths == 0)
		return;
	if (s->reach > 0)
		w *= w > 0 ? NOT_GOOD : NOT_BAD;
	s->sentence += w * s->degree * s->clause;
	s->degree = 1;
	s->hits++;
}

static void
end_sentence(struct scorer *s)
{
	s->total += s->sentence;
	s->sentence = 0;
	s->degree = s->clause = 1;
	s->reach = 0;
	s->words = 0;
}

static void
add_word(struct scorer *s, const struct entry *e)
{
	s->words++;
	if (s->reach > 0)
		s->reach--;
	switch (e == NULL ? SKIP_WORD : (enum kind)e->kind) {
	case MOOD_WORD:
		add_mood(s, e->tenths);
		break;
	case DEGREE_WORD:
		s->degree *= (float)e->tenths / 10;
		if (s->reach > 0)
			s->reach++;
		return;
	case NEGATOR_WORD:
		s->reach = NEGATOR_REACH + 1;
		break;
	case BUT_WORD:
		*(s->words > 1 ? &s->sentence : &s->total) *= 0.5f;
		s->clause = 1.3f;
		s->reach = 0;
		break;
	case THOUGH_WORD:
		s->clause = 0.5f;
		s->reach = 0;
		break;
	case SKIP_WORD:
		break;
	}
	s->degree = 1;
}

static void
end_clause(struct scorer *s)
{
	s->reach = 0;
	s->degree = 1;
	if (s->clause < 1)
		s->clause = 1;
}

void
lexicon_en_score(const char *text, size_t n, struct lexicon_score *out)
{
	struct scorer s = { .degree = 1, .clause = 1 };
	struct reader r = { .p = text, .end = text + n };

	read_token(&r);
	for (read_token(&r); r.now.kind != TOKEN_END; read_token(&r))
		switch (r.now.kind) {
		case TOKEN_WORD:
			add_word(&s, find_entry(&r));
			break;
		case TOKEN_EMOJI:
			s.total += (float)r.now.tenths / 10;
			s.hits++;
			s.emoji++;
			break;
		case TOKEN_COMMA:
			end_clause(&s);
			break;
		default:
			end_sentence(&s);
		}
	end_sentence(&s);
	/* One clear word is worth its weight; many that agree add up slowly. */
	out->log_odds = s.hits == 0 ? 0 : LOG_ODDS_UNIT * s.total / sqrtf((float)s.hits);
	out->hits = s.hits;
	out->emoji = s.emoji;
}
