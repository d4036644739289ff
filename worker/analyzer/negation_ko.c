/* negation_ko.c -- finds negated predicates by their few written forms. See negation_ko.h.
 *
 * Symbols are whole syllables, so a form is a few comparisons. A false match costs little: the classifier is trained
 * on texts read by the same rule.
 */
#include "negation_ko.h"

#include <string.h>

#include "base/str.h"

#define AN	0xc548	/* 안 */
#define ANH	0xc54a	/* 않 */
#define MOS	0xbabb	/* 못 */
#define JI	0xc9c0	/* 지 */
#define JIN	0xc9c4	/* 진, short for 지는 */

#define REACH	6	/* syllables of a predicate */

static bool
is_any(uint32_t c, const uint32_t *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == c)
			return true;
	return false;
}

/* Syllables after 안 that begin a predicate even without a space: 좋 재 예 웃 슬 멋 무섭 땡 끌. */
static bool
begins_predicate(uint32_t c)
{
	static const uint32_t list[] = { 0xc88b, 0xc7ac, 0xc608, 0xc6c3, 0xc2ac, 0xba4b, 0xb561, 0xb04c };

	return is_any(c, list, NELEM(list));
}

/* After 않: 나 냐 니 을 ask for agreement. */
static bool
asks_agreement(uint32_t c)
{
	static const uint32_t list[] = { 0xb098, 0xb0d0, 0xb2c8, 0xc744 };

	return is_any(c, list, NELEM(list));
}

/* Between 지 and 않: 는 도 가 를. */
static bool
is_link(uint32_t c)
{
	static const uint32_t list[] = { 0xb294, 0xb3c4, 0xac00, 0xb97c };

	return is_any(c, list, NELEM(list));
}

/* The predicate negated by the 안 or 못 at `i`, which stands before it. */
static bool
find_after(const struct symbols *s, unsigned i, unsigned *from, unsigned *to)
{
	if (s->c[i - 1] != MARK || i + 2 >= s->n)
		return false;
	if (s->c[i + 1] == MARK)
		*from = i + 2;
	else if (s->c[i] == AN && begins_predicate(s->c[i + 1]))
		*from = i + 1;
	else
		return false;
	for (*to = *from; *to < s->n && s->c[*to] != MARK && *to - *from < REACH; ++*to)
		;
	return true;
}

/* The predicate negated by the 않 or 못 at `i`, which stands behind it and 지. */
static bool
find_before(const struct symbols *s, unsigned i, unsigned *from, unsigned *to)
{
	unsigned at = i - 1;

	if (s->c[i] == ANH && i + 1 < s->n && asks_agreement(s->c[i + 1]))
		return false;
	if (s->c[at] == MARK && at > 0)
		at--;
	if (is_link(s->c[at]) && at > 0)
		at--;
	if (s->c[at] != JI && s->c[at] != JIN)
		return false;
	for (*from = *to = at; *from > 0 && s->c[*from - 1] != MARK && *to - *from < REACH; --*from)
		;
	return *from < *to;
}

bool
find_negated(const struct symbols *s, uint8_t negated[SYMBOLS_MAX])
{
	unsigned i, from, to;
	uint8_t number = 0;

	for (i = 1; i < s->n; i++) {
		if (s->c[i] != AN && s->c[i] != ANH && s->c[i] != MOS)
			continue;
		if (!(s->c[i] != AN && find_before(s, i, &from, &to)) &&
		    !(s->c[i] != ANH && find_after(s, i, &from, &to)))
			continue;
		if (number == 0)
			memset(negated, 0, s->n);
		number = number == UINT8_MAX ? 1 : (uint8_t)(number + 1);
		memset(negated + from, number, to - from);
	}
	return number > 0;
}
