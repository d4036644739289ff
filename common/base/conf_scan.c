/* conf_scan.c -- KEY=value files, taken apart. See conf_scan.h. */
#include "conf_scan.h"

#include <string.h>

#include "err.h"

static const char blanks[] = " \t\r";

void
conf_scan_init(struct conf_scan *s, const char *text, bool dotenv)
{
	static const char mark[] = "\xef\xbb\xbf";	/* some editors begin a file with it */

	*s = (struct conf_scan){ .p = text, .line = 1, .dotenv = dotenv };
	if (strncmp(text, mark, sizeof(mark) - 1) == 0)
		s->p += sizeof(mark) - 1;
}

static void
skip_line(struct conf_scan *s)
{
	s->p += strcspn(s->p, "\n");
	if (*s->p == '\n') {
		s->p++;
		s->line++;
	}
}

/* Whether nothing but a comment follows on the line. */
static bool
is_line_end(const char *p)
{
	p += strspn(p, blanks);
	return *p == '\0' || *p == '\n' || *p == '#';
}

/* The quote that ends a value which begins with one; NULL: it is no quoted value. */
static const char *
find_quote(const char *p)
{
	const char *end;

	if (*p == '\0' || strchr("\"'`", *p) == NULL)
		return NULL;
	for (end = p + 1; *end != '\0' && *end != *p; end++)
		if (*end == '\\' && end[1] == *p)
			end++;
	return *end == *p && is_line_end(end + 1) ? end : NULL;
}

/* \n and \r, as dotenv has them between double quotes; other escapes stay as they are. */
static void
expand_newlines(char *text)
{
	char *o = text;

	for (; *text != '\0'; text++)
		if (text[0] == '\\' && (text[1] == 'n' || text[1] == 'r'))
			*o++ = *++text == 'n' ? '\n' : '\r';
		else
			*o++ = *text;
	*o = '\0';
}

static void
take_quoted(struct conf_scan *s, struct arena *mem, const char *end)
{
	char *value = arena_copy(mem, s->p + 1, (size_t)(end - s->p - 1)), *c;

	for (c = value; *c != '\0'; c++)
		s->line += *c == '\n';
	if (s->dotenv && *end == '"')
		expand_newlines(value);
	s->value = value;
	s->p = end + 1;
}

/* To the end of the line, or to the comment. */
static void
take_plain(struct conf_scan *s, struct arena *mem)
{
	const char *p = s->p, *end = p + strcspn(p, "\n"), *c;

	for (c = p; c < end; c++)
		if (*c == '#' && (s->dotenv || strchr(blanks, c[-1]) != NULL))
			end = c;
	while (end > p && strchr(blanks, end[-1]) != NULL)
		end--;
	s->value = arena_copy(mem, p, (size_t)(end - p));
	s->p = end;
}

/* Behind the name: the = and the value. False where there is no =. */
static bool
take_value(struct conf_scan *s, struct arena *mem)
{
	const char *end;

	s->p += strspn(s->p, blanks);
	if (*s->p != '=')
		return false;
	s->p++;
	s->p += strspn(s->p, blanks);
	if ((end = find_quote(s->p)) != NULL)
		take_quoted(s, mem, end);
	else
		take_plain(s, mem);
	skip_line(s);
	return true;
}

static void
take_name(struct conf_scan *s)
{
	static const char export[] = "export";
	const size_t n = sizeof(export) - 1;

	if (strncmp(s->p, export, n) == 0 && strchr(" \t", s->p[n]) != NULL && s->p[n] != '\0')
		s->p += n + strspn(s->p + n, " \t");
	s->name = (struct str){ s->p, strcspn(s->p, " \t\r\n=") };
	s->p += s->name.n;
}

int
conf_scan_next(struct conf_scan *s, struct arena *mem)
{
	const char *line;

	for (;;) {
		s->p += strspn(s->p, blanks);
		if (*s->p == '\0')
			return 0;
		if (*s->p != '\n' && *s->p != '#')
			break;
		skip_line(s);
	}
	s->at = s->line;
	line = s->p;
	take_name(s);
	if (take_value(s, mem))
		return 1;
	s->name = (struct str){ line, strcspn(line, "\r\n") };
	skip_line(s);
	return E_VALIDATION;
}
