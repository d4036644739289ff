/* json_number.c -- numbers in JSON text. See json_number.h. */
#include "json_number.h"

enum { PLAIN_DIGITS = 15 };

bool
json_number_plain(struct str number)
{
	bool minus = number.p[0] == '-';
	size_t i = minus;

	if (number.n - i > PLAIN_DIGITS || (minus && number.p[i] == '0'))
		return false;
	for (; i < number.n; i++)
		if (number.p[i] < '0' || number.p[i] > '9')
			return false;
	return true;
}

static const char *
skip_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\')
			s++;
	return s;
}

static bool
starts_number(char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

static bool
within_number(char c)
{
	return starts_number(c) || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool
json_number_next(struct str *text, struct str *number)
{
	const char *s = text->p, *end = s + text->n, *from;

	while (s < end && !starts_number(*s))
		s = (*s == '"' ? skip_string(s, end) : s) + 1;
	if (s >= end)
		return false;
	for (from = s; s < end && within_number(*s); s++)
		;
	*number = (struct str){ from, (size_t)(s - from) };
	*text = (struct str){ s, (size_t)(end - s) };
	return true;
}
