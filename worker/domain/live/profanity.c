/* profanity.c -- finds unwanted words by how a text reads. See profanity.h.
 *
 * A text is split into units: letters in lower case, and Hangul syllables as their jamo. A unit knows the bytes it
 * came from and its token, a run without spaces or punctuation.
 */
#include "profanity.h"

#include <stdlib.h>

#include "base/buf.h"

enum { WORD_UNITS_MAX = 96, BUCKETS = 256 };

struct unit {
	uint32_t	 c;
	uint32_t	 from, to;	/* bytes of its character */
	uint32_t	 token;
	bool		 ends;		/* the last of its character */
};
struct token {
	uint32_t	 first, n_units, n_chars;
	bool		 latin, hangul;
};
struct reading {
	struct unit	*u;
	struct token	*t;
	size_t		 n, n_tokens;
};

struct word {
	struct word	*next;
	uint32_t	 n;
	bool		 open_start, open_end;
	uint32_t	 c[];
};
struct profanity {
	struct word	*buckets[BUCKETS];
	size_t		 n;
};

/* --- Reading --- */

#define SYLLABLES 0xAC00
enum { N_SYLLABLES = 11172, N_V = 21, N_T = 28 };
/* Jamo as compatibility letters; compound vowels and finals as their parts (0: none). */
static const uint16_t leads[] = { 0x3131, 0x3132, 0x3134, 0x3137, 0x3138, 0x3139, 0x3141, 0x3142, 0x3143, 0x3145,
    0x3146, 0x3147,
	0x3148, 0x3149, 0x314a, 0x314b, 0x314c, 0x314d, 0x314e };
static const uint16_t vowels[][2] = { { 0x314f, 0 }, { 0x3150, 0 }, { 0x3151, 0 }, { 0x3152, 0 }, { 0x3153, 0 },
    { 0x3154, 0 },
	{ 0x3155, 0 }, { 0x3156, 0 }, { 0x3157, 0 }, { 0x3157, 0x314f }, { 0x3157, 0x3150 }, { 0x3157, 0x3163 },
	    { 0x315b, 0 },
	{ 0x315c, 0 }, { 0x315c, 0x3153 }, { 0x315c, 0x3154 }, { 0x315c, 0x3163 }, { 0x3160, 0 }, { 0x3161, 0 },
	    { 0x3161, 0x3163 },
	{ 0x3163, 0 } };
static const uint16_t finals[][2] = { { 0, 0 }, { 0x3131, 0 }, { 0x3132, 0 }, { 0x3131, 0x3145 }, { 0x3134, 0 },
    { 0x3134, 0x3148 },
	{ 0x3134, 0x314e }, { 0x3137, 0 }, { 0x3139, 0 }, { 0x3139, 0x3131 }, { 0x3139, 0x3141 }, { 0x3139, 0x3142 },
	{ 0x3139, 0x3145 }, { 0x3139, 0x314c }, { 0x3139, 0x314d }, { 0x3139, 0x314e }, { 0x3141, 0 }, { 0x3142, 0 },
	{ 0x3142, 0x3145 }, { 0x3145, 0 }, { 0x3146, 0 }, { 0x3147, 0 }, { 0x3148, 0 }, { 0x314a, 0 }, { 0x314b, 0 },
	    { 0x314c, 0 },
	{ 0x314d, 0 }, { 0x314e, 0 } };

/* Latin-1 letters from U+00C0 on without diacritics; a space for what is no letter. */
static const char bare[] = "aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy";

static int
put_pair(uint32_t out[5], int n, const uint16_t pair[2])
{
	if (pair[0] != 0)
		out[n++] = pair[0];
	if (pair[1] != 0)
		out[n++] = pair[1];
	return n;
}

static int
put_compound(uint32_t out[5], uint32_t c)
{
	size_t i;

	for (i = 0; i < NELEM(vowels); i++)
		if (c == 0x314f + i)
			return put_pair(out, 0, vowels[i]);
	out[0] = c;
	return 1;
}

/* The jamo of a Hangul character; returns how many, 0: not Hangul. */
static int
read_hangul(uint32_t c, uint32_t out[5])
{
	uint32_t s = c - SYLLABLES;
	int n = 0;

	if (c >= SYLLABLES && s < N_SYLLABLES) {
		out[n++] = leads[s / (N_V * N_T)];
		n = put_pair(out, n, vowels[s / N_T % N_V]);
		return put_pair(out, n, finals[s % N_T]);
	}
	if (c >= 0x3131 && c <= 0x3163)
		return put_compound(out, c);
	if (c >= 0x1100 && c <= 0x1112) {
		out[0] = leads[c - 0x1100];
		return 1;
	}
	if (c >= 0x1161 && c <= 0x1175)
		return put_pair(out, 0, vowels[c - 0x1161]);
	if (c >= 0x11a8 && c <= 0x11c2)
		return put_pair(out, 0, finals[c - 0x11a8 + 1]);
	return 0;
}

/* Characters without a visible form. */
static bool
is_invisible(uint32_t c)
{
	return c == 0xad || (c >= 0x300 && c <= 0x36f) || c == 0x115f || c == 0x1160 || c == 0x3164 ||
	    (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

/* A letter or figure of the Latin script; else 0. */
static uint32_t
read_latin(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if (c >= 0xc0 && c <= 0xff)
		c = (uint32_t)bare[c - 0xc0];
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '$' ? c : 0;
}

static uint32_t
letter_for(uint32_t c)
{
	static const char figures[] = "0134578@$", letters[] = "oieastbas";
	const char *hit = c < 0x80 ? strchr(figures, (int)c) : NULL;

	return hit != NULL ? (uint32_t)letters[hit - figures] : c;
}

static void
add_units(struct reading *r, const uint32_t *c, int n, size_t from, size_t to)
{
	struct token *t = &r->t[r->n_tokens - 1];
	int i;

	for (i = 0; i < n; i++)
		r->u[r->n++] = (struct unit){ .c = c[i], .from = (uint32_t)from, .to = (uint32_t)to,
		    .token = (uint32_t)r->n_tokens - 1, .ends = i == n - 1 };
	t->n_units += (uint32_t)n;
	t->n_chars++;
}

static bool
is_figure(uint32_t c)
{
	return c < 'a';
}

/* Figures count as letters within Latin text and are ignored within Hangul. */
static void
close_token(struct reading *r)
{
	struct token *t = &r->t[r->n_tokens - 1];
	uint32_t i, kept = t->first;

	for (i = t->first; i < r->n; i++) {
		if (t->hangul && is_figure(r->u[i].c)) {
			t->n_chars--;
			continue;
		}
		r->u[kept] = r->u[i];
		if (t->latin && !t->hangul)
			r->u[kept].c = letter_for(r->u[kept].c);
		kept++;
	}
	r->n = kept;
	t->n_units = kept - t->first;
	if (t->n_units == 0)
		r->n_tokens--;
}

static void
read_text(struct arena *mem, struct str text, struct reading *r)
{
	const char *p = text.p, *end = text.p + text.n;
	uint32_t c, latin, jamo[5];
	bool open = false;
	int n;

	*r = (struct reading){ .u = arena_alloc(mem, (text.n * 2 + 8) * sizeof(struct unit)),
	    .t = arena_alloc(mem, (text.n + 1) * sizeof(struct token)), .n = 0, .n_tokens = 0 };
	while (p < end) {
		size_t from = (size_t)(p - text.p);

		if ((c = utf8_next(&p, end)) == 0)
			break;
		if (is_invisible(c))
			continue;
		n = read_hangul(c, jamo);
		if (n == 0 && (latin = read_latin(c)) != 0) {
			jamo[0] = latin;
			n = -1;
		}
		if (n == 0) {
			if (open)
				close_token(r);
			open = false;
			continue;
		}
		if (!open)
			r->t[r->n_tokens++] = (struct token){ .first = (uint32_t)r->n };
		open = true;
		r->t[r->n_tokens - 1].hangul |= n > 0;
		r->t[r->n_tokens - 1].latin |= n < 0 && !is_figure(jamo[0]);
		add_units(r, jamo, n > 0 ? n : 1, from, (size_t)(p - text.p));
	}
	if (open)
		close_token(r);
}

/* --- The list --- */

static void
add_word(struct profanity *p, struct arena *mem, struct str line)
{
	bool open_start = line.n > 0 && line.p[0] == '*', open_end;
	struct reading r;
	struct word *w;
	size_t i;

	line.p += open_start;
	line.n -= open_start;
	if ((open_end = line.n > 0 && line.p[line.n - 1] == '*'))
		line.n--;
	if (!utf8_valid(line.p, line.n))
		return;
	read_text(mem, line, &r);
	if (r.n == 0 || r.n > WORD_UNITS_MAX)
		return;
	if ((w = malloc(sizeof(*w) + r.n * sizeof(w->c[0]))) == NULL)
		abort();
	*w = (struct word){ .next = p->buckets[r.u[0].c % BUCKETS], .n = (uint32_t)r.n, .open_start = open_start,
	    .open_end = open_end || r.t[0].hangul };
	for (i = 0; i < r.n; i++)
		w->c[i] = r.u[i].c;
	p->buckets[w->c[0] % BUCKETS] = w;
	p->n++;
}

static struct str
trim_line(struct str s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s.p++, s.n--;
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

struct profanity *
profanity_new(struct str list)
{
	struct profanity *p = calloc(1, sizeof(*p));
	const char *at = list.p, *end = list.p + list.n, *eol;
	struct arena mem;
	struct str line;

	if (p == NULL)
		abort();
	arena_init(&mem, 4096);
	for (; at < end; at = eol + 1) {
		if ((eol = memchr(at, '\n', (size_t)(end - at))) == NULL)
			eol = end;
		line = trim_line((struct str){ at, (size_t)(eol - at) });
		if (line.n > 0 && line.p[0] != '#')
			add_word(p, &mem, line);
		arena_reset(&mem);
	}
	arena_fini(&mem);
	return p;
}

void
profanity_free(struct profanity **p)
{
	struct word *w;
	size_t i;

	if (*p == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while ((w = (*p)->buckets[i]) != NULL) {
			(*p)->buckets[i] = w->next;
			free(w);
		}
	free(*p);
	*p = NULL;
}

size_t
profanity_words(const struct profanity *p)
{
	return p->n;
}

/* --- Finding --- */

/* Tokens are only joined if each is a single character. */
static bool
are_single(const struct reading *r, uint32_t first, uint32_t last)
{
	for (; first <= last; first++)
		if (r->t[first].n_chars != 1)
			return false;
	return true;
}

/* Unit `j` repeats its predecessor, as a character of its own. */
static bool
repeats_letter(const struct reading *r, size_t j)
{
	return j < r->n && r->u[j].c == r->u[j - 1].c && r->u[j].ends && r->u[j].from != r->u[j - 1].from;
}

/* Whether the word begins at unit `i`; *end is behind it. Drawn-out letters count once. */
static bool
match_word(const struct reading *r, size_t i, const struct word *w, size_t *end)
{
	const struct token *t = &r->t[r->u[i].token], *last;
	size_t j = i;
	uint32_t k;

	if (!w->open_start && i != t->first)
		return false;
	for (k = 0; k < w->n; k++) {
		if (j >= r->n || r->u[j].c != w->c[k])
			return false;
		j++;
		while (repeats_letter(r, j) && (k + 1 == w->n || w->c[k + 1] != w->c[k]))
			j++;
	}
	*end = j;
	if (r->u[j - 1].token != r->u[i].token)
		return i == t->first && are_single(r, r->u[i].token, r->u[j - 1].token);
	last = &r->t[r->u[j - 1].token];
	return r->u[j - 1].ends && (w->open_end || j == last->first + last->n_units);
}

static void
mark_hidden(const struct reading *r, size_t from, size_t to, char *hidden)
{
	size_t i;

	for (i = from; i < to; i++) {
		bool joined = i > from && r->u[i].token == r->u[i - 1].token;
		uint32_t at = joined ? r->u[i - 1].to : r->u[i].from;

		if (at < r->u[i].to)
			memset(hidden + at, 1, r->u[i].to - at);
	}
}

static struct str
mask_text(struct arena *mem, struct str text, const char *hidden)
{
	const char *p = text.p, *end = text.p + text.n, *was;
	struct buf b = { 0 };

	while (p < end) {
		was = p;
		(void)utf8_next(&p, end);
		if (p == was)
			break;
		if (hidden[was - text.p])
			buf_byte(&b, '*');
		else
			buf_add(&b, was, (size_t)(p - was));
	}
	return buf_to_arena(mem, &b);
}

bool
profanity_find(const struct profanity *p, struct arena *mem, struct str text, struct str *masked)
{
	char *hidden = arena_zalloc(mem, text.n + 1);
	const struct word *w;
	struct reading r;
	bool found = false;
	size_t i, end;

	read_text(mem, text, &r);
	for (i = 0; i < r.n; i++)
		for (w = p->buckets[r.u[i].c % BUCKETS]; w != NULL; w = w->next) {
			end = i + w->n;
			if (!match_word(&r, i, w, &end))
				continue;
			found = true;
			mark_hidden(&r, i, end < r.n ? end : r.n, hidden);
		}
	if (found && masked != NULL)
		*masked = mask_text(mem, text, hidden);
	return found;
}
