/* conf_value.c -- the value of a configuration key: parsed from text, checked by its row, compared, copied.
 *
 * See conf.h and conf_reading.h. */
#include "conf_reading.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"

int
conf_refuse(struct conf_reading *s, const char *key, const char *reason)
{
	if (s->why != NULL)	/* the first fault is reported */
		return E_VALIDATION;
	if (s->file != NULL)
		s->why = arena_printf(s->mem, "%s:%d: %s: %s", s->file, s->line, key, reason);
	else
		s->why = arena_printf(s->mem, "environment: %s: %s", key, reason);
	return E_VALIDATION;
}

/* "900", "15m", "12h", "7d" in seconds. */
static bool
parse_span(const char *text, int64_t *out)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	int64_t unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : *end == 's' || *end == '\0' ? 1
	    : 0;

	if (end == text || unit == 0 || (*end != '\0' && end[1] != '\0') || n < 0 || n > INT64_MAX / 86400)
		return false;
	*out = n * unit;
	return true;
}

static bool
parse_flag(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "yes") == 0;
	return *out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 || strcmp(text, "no") == 0;
}

bool
conf_is_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);
	const char *c;

	for (c = choices; c != NULL; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
		if (n > 0 && strncmp(c, text, n) == 0 && (c[n] == '|' || c[n] == '\0'))
			return true;
	return false;
}

static int
set_number(struct conf_reading *s, const struct conf_key *k, const char *text)
{
	bool read;
	int64_t n;

	read = k->kind == CONF_SPAN ? parse_span(text, &n) : parse_int(text, INT64_MIN, INT64_MAX, &n);
	if (!read)
		return conf_refuse(s, k->name, arena_printf(s->mem, "\"%s\" is not a %s", text,
		    k->kind == CONF_SPAN ? "duration (900, 15m, 12h, 7d)" : "whole number"));
	if (n < k->min || n > k->max)
		return conf_refuse(s, k->name, arena_printf(s->mem, "%s is not within %lld and %lld", text,
		    (long long)k->min, (long long)k->max));
	*(int64_t *)((char *)s->c + k->offset) = n;
	return 0;
}

int
conf_set_value(struct conf_reading *s, const struct conf_key *k, const char *text)
{
	void *to = (char *)s->c + k->offset;
	bool flag;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:
		return set_number(s, k, text);
	case CONF_FLAG:
		if (!parse_flag(text, &flag))
			return conf_refuse(s, k->name, "must be true or false");
		*(bool *)to = flag;
		return 0;
	case CONF_PICK:
		if (!conf_is_choice(k->choices, text))
			return conf_refuse(s, k->name,
			    arena_printf(s->mem, "\"%s\" is not one of %s", text, k->choices));
		break;
	case CONF_SECRET:
		if (s->source != NULL && *text != '\0' && s->source->secret == NULL) {
			s->source->secret = k;
			s->source->line = s->line;
		}
		break;
	case CONF_TEXT:
		break;
	}
	*(const char **)to = arena_strdup(s->mem, text);
	return 0;
}

bool
conf_differs(const struct conf_key *k, const struct conf *a, const struct conf *b)
{
	const void *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:	return *(const int64_t *)x != *(const int64_t *)y;
	case CONF_FLAG:	return *(const bool *)x != *(const bool *)y;
	default:	return strcmp(*(const char *const *)x, *(const char *const *)y) != 0;
	}
}

void
conf_copy(const struct conf_key *k, struct conf *to, struct arena *mem, const struct conf *from)
{
	const void *x = (const char *)from + k->offset;
	void *y = (char *)to + k->offset;

	switch (k->kind) {
	case CONF_INT:
	case CONF_SPAN:	*(int64_t *)y = *(const int64_t *)x; break;
	case CONF_FLAG:	*(bool *)y = *(const bool *)x; break;
	default:	*(const char **)y = arena_strdup(mem, *(const char *const *)x); break;
	}
}
