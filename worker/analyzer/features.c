/* features.c -- normalises a review and hashes its character sequences. See features.h.
 *
 * This is the classifier's inner loop: one pass to decode, one to hash, no allocation.
 * See: model.c (weights by feature), learn.c (where weights come from)
 */
#include "features.h"

#include <stdbool.h>
#include <string.h>

#include "negation_ko.h"

/* utf8_next of base/str.h, inlined: the text is valid, so continuation bytes need no check. */
static inline uint32_t
next_char(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c = s[0];

	if (c < 0x80) {
		*p += 1;
	} else if (c < 0xe0) {
		c = (c & 0x1fu) << 6 | (s[1] & 0x3fu);
		*p += 2;
	} else if (c < 0xf0) {
		c = (c & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
		*p += 3;
	} else {
		c = (c & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
		*p += 4;
	}
	return c;
}

static inline uint32_t
normal_char(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	if (c <= ' ' || c == 0x7f || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200f) || c == 0xfeff)
		return MARK;
	return c;
}

static inline void
count_script(struct symbols *s, uint32_t c)
{
	if ((c >= 0xac00 && c <= 0xd7a3) || (c >= 0x3131 && c <= 0x318e))
		s->hangul++;
	else if ((c >= 'a' && c <= 'z') || (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7))
		s->latin++;
	else if (c >= 0x1f300 || (c >= 0x2600 && c <= 0x27bf))
		s->emoji++;
}

const char *
symbols_read(struct symbols *s, const char *p, const char *end)
{
	uint32_t c, last = MARK;
	unsigned repeats = 0, n = 0;

	s->hangul = s->latin = s->emoji = 0;
	s->c[n++] = MARK;
	while (p < end && n < SYMBOLS_MAX - 1) {
		c = normal_char(next_char(&p));
		if (c == last) {
			if (c == MARK)
				continue;
			count_script(s, c);
			if (++repeats > 2)
				continue;
		} else {
			count_script(s, c);
			repeats = 1;
		}
		s->c[n++] = last = c;
	}
	if (last != MARK)
		s->c[n++] = MARK;
	s->n = n;
	return p;
}

static inline uint32_t
hash_add(uint32_t h, uint32_t c)
{
	h = (h ^ c) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static inline uint32_t
hash_index(uint32_t h, unsigned bits)
{
	return h * 0x85ebca6bu >> (32 - bits);
}

#define HASH_START 0x811c9dc5u

/* The output: plain features upwards from the start, those under negation downwards from the end. */
struct sink {
	uint32_t	*up, *down;
	const uint8_t	*negated;	/* by symbol: 0, or the number of the negated predicate it belongs to */
};

static inline void
put_feature(struct sink *to, unsigned first, unsigned last, uint32_t index)
{
	if (to->negated != NULL && to->negated[first] != 0 && to->negated[first] == to->negated[last])
		*--to->down = index;
	else
		*to->up++ = index;
}

/* Sequences as written; a boundary mark alone is no feature. */
static void
add_grams(const struct symbols *s, unsigned bits, struct sink *to)
{
	struct sink out = *to;
	unsigned i, k;

	for (i = 0; i < s->n; i++) {
		uint32_t h = HASH_START;

		for (k = 0; k < GRAM_MAX && i + k < s->n; k++) {
			h = hash_add(h, s->c[i + k]);
			if (k > 0 || s->c[i] != MARK)
				put_feature(&out, i, i + k, hash_index(h, bits));
		}
	}
	*to = out;
}

/* Sequences that cross a boundary, as if it were not there. */
static void
add_joined_grams(const struct symbols *s, unsigned bits, struct sink *to)
{
	uint32_t c[SYMBOLS_MAX];
	uint16_t at[SYMBOLS_MAX];
	struct sink out = *to;
	unsigned i, k, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->c[i] != MARK) {
			at[n] = (uint16_t)i;
			c[n++] = s->c[i];
		}
	for (i = 0; i + 1 < n; i++) {
		unsigned last = i + GRAM_MAX <= n ? GRAM_MAX - 1 : n - 1 - i;
		uint32_t h;

		if (at[i + last] - at[i] == (int)last)
			continue;	/* no boundary within reach */
		h = hash_add(HASH_START, c[i]);
		for (k = 1; k <= last; k++) {
			h = hash_add(h, c[i + k]);
			if (at[i + k] - at[i] != (int)k)
				put_feature(&out, at[i], at[i + k], hash_index(h, bits));
		}
	}
	*to = out;
}

void
features_of(const struct symbols *s, unsigned bits, struct features *out)
{
	struct sink to = { out->at, out->at + FEATURES_MAX, NULL };
	uint8_t negated[SYMBOLS_MAX];
	size_t turned;

	if (find_negated(s, negated))
		to.negated = negated;
	add_grams(s, bits, &to);
	add_joined_grams(s, bits, &to);
	out->plain = (size_t)(to.up - out->at);
	turned = (size_t)(out->at + FEATURES_MAX - to.down);
	memmove(to.up, to.down, turned * sizeof(*to.up));
	out->n = out->plain + turned;
}
