/* json_check.c -- a strict check of one JSON text (RFC 8259) before it is parsed.
 *
 * The parser behind json_parse is lenient (numbers such as 01, control characters, bad UTF-8); this is the gate before
 * it. Iterative, so that depth costs a bit an level and no stack: `kinds` remembers whether a level is an object.
 */
#include "json.h"

#include "err.h"
#include "json_number.h"

struct check {
	const char	*p, *s, *end;	/* start, cursor, end */
	const char	*odd;		/* behind the first escape that no string here may hold; NULL: none */
	bool		 number_texts;	/* a number is not plain */
};

static void
skip_space(struct check *c)
{
	while (c->s < c->end && (*c->s == ' ' || *c->s == '\t' || *c->s == '\n' || *c->s == '\r'))
		c->s++;
}

static bool
take(struct check *c, char want)
{
	if (c->s == c->end || *c->s != want)
		return false;
	c->s++;
	return true;
}

static bool
take_digits(struct check *c)
{
	const char *from = c->s;

	while (c->s < c->end && *c->s >= '0' && *c->s <= '9')
		c->s++;
	return c->s > from;
}

static bool
scan_number(struct check *c)
{
	(void)take(c, '-');
	if (!take(c, '0') && !take_digits(c))
		return false;
	if (take(c, '.') && !take_digits(c))
		return false;
	if (c->s < c->end && (*c->s == 'e' || *c->s == 'E')) {
		c->s++;
		if (!take(c, '+'))
			(void)take(c, '-');
		return take_digits(c);
	}
	return true;
}

static bool
check_number(struct check *c)
{
	const char *from = c->s;

	if (!scan_number(c))
		return false;
	if (!json_number_plain((struct str){ from, (size_t)(c->s - from) }))
		c->number_texts = true;
	return true;
}

/* Four hexadecimal digits; -1 when they are not. */
static int
take_hex4(struct check *c)
{
	int v = 0, i;

	if (c->end - c->s < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		char d = *c->s++;

		if (d >= '0' && d <= '9')
			v = v << 4 | (d - '0');
		else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f')
			v = v << 4 | ((d | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* RFC 8259 lets it through (8.2 warns of it), no text of ours can hold it. */
static bool
note_odd(struct check *c)
{
	if (c->odd == NULL)
		c->odd = c->s;
	return true;
}

/* The second half of a surrogate pair. */
static bool
take_low_surrogate(struct check *c)
{
	const char *before = c->s;
	int u = take(c, '\\') && take(c, 'u') ? take_hex4(c) : -1;

	if (u >= 0xdc00 && u <= 0xdfff)
		return true;
	c->s = before;
	return false;
}

/* What follows a backslash. NUL, and half a surrogate pair, are noted. */
static bool
check_escape(struct check *c)
{
	int u;

	if (c->s == c->end)
		return false;
	if (*c->s != 'u')		/* a NUL would match the end of the list */
		return *c->s != '\0' && strchr("\"\\/bfnrt", *c->s++) != NULL;
	c->s++;
	u = take_hex4(c);
	if (u >= 0xd800 && u <= 0xdbff)
		return take_low_surrogate(c) || note_odd(c);
	return u == 0 || (u >= 0xdc00 && u <= 0xdfff) ? note_odd(c) : u > 0;
}

static bool
check_string(struct check *c)
{
	if (!take(c, '"'))
		return false;
	while (c->s < c->end) {
		unsigned char ch = (unsigned char)*c->s++;

		if (ch == '"')
			return true;
		if (ch < 0x20 || (ch == '\\' && !check_escape(c)))
			return false;
	}
	return false;
}

static bool
check_word(struct check *c, struct str word)
{
	if ((size_t)(c->end - c->s) < word.n || memcmp(c->s, word.p, word.n) != 0)
		return false;
	c->s += word.n;
	return true;
}

static bool
check_scalar(struct check *c)
{
	switch (c->s == c->end ? '\0' : *c->s) {
	case '"': return check_string(c);
	case 't': return check_word(c, STR("true"));
	case 'f': return check_word(c, STR("false"));
	case 'n': return check_word(c, STR("null"));
	default:  return check_number(c);
	}
}

static bool
check_name(struct check *c)
{
	skip_space(c);
	if (!check_string(c))
		return false;
	skip_space(c);
	return take(c, ':');
}

/* Arrays and objects without recursion: each turn reads one value, then closes what ends there. */
static int
check_value(struct check *c, int depth_max)
{
	uint64_t objects[4] = { 0 };	/* a bit a level */
	int depth = 0;

	if (depth_max > 256)
		depth_max = 256;
	for (;;) {
		bool open = false;

		skip_space(c);
		if (c->s < c->end && (*c->s == '{' || *c->s == '[')) {
			bool object = *c->s++ == '{';

			if (depth == depth_max)
				return E_JSON_DEPTH;
			if (object)
				objects[depth / 64] |= 1ull << depth % 64;
			else
				objects[depth / 64] &= ~(1ull << depth % 64);
			depth++;
			skip_space(c);
			open = c->s == c->end || *c->s != (object ? '}' : ']');
			if (open && object && !check_name(c))
				return E_JSON;
		} else if (!check_scalar(c)) {
			return E_JSON;
		}
		if (open)
			continue;
		for (;;) {
			bool object;

			if (depth == 0)
				return 0;
			object = objects[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
			skip_space(c);
			if (take(c, object ? '}' : ']')) {
				depth--;
				continue;
			}
			if (!take(c, ',') || (object && !check_name(c)))
				return E_JSON;
			break;
		}
	}
}

static int
check_text(struct check *c, int depth_max)
{
	int rc;

	if (!utf8_valid(c->p, (size_t)(c->end - c->p)))
		return E_UTF8;
	rc = check_value(c, depth_max);
	skip_space(c);
	if (rc == 0 && c->s != c->end)
		rc = E_JSON;
	if (rc == 0 && c->odd != NULL) {
		rc = E_JSON_STRING;
		c->s = c->odd;
	}
	return rc;
}

int
json_check(const char *p, size_t n, int depth_max, size_t *at)
{
	struct check c = { .p = p, .s = p, .end = p + n };
	int rc = check_text(&c, depth_max);

	if (at != NULL)
		*at = (size_t)(c.s - c.p);
	return rc;
}

int
json_check_numbers(const char *p, size_t n, bool *plain)
{
	struct check c = { .p = p, .s = p, .end = p + n };
	int rc = check_text(&c, JSON_DEPTH_MAX);

	*plain = !c.number_texts;
	return rc;
}
