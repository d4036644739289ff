/* head.c -- the head of a request to upgrade. See head.h. */
#include "head.h"

#include <string.h>

/* A line without its CR LF, which becomes a NUL; NULL: it is in doubt. */
static char *
take_line(struct head *h)
{
	char *line = h->p, *cr = memchr(line, '\r', (size_t)(h->end - line)), *p;

	if (cr == NULL || cr[1] != '\n')
		return NULL;
	for (p = line; p < cr; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return NULL;
	*cr = '\0';
	h->p = cr + 2;
	return line;
}

/* "GET /target HTTP/1.1" */
static bool
take_request_line(struct head *h)
{
	char *line = take_line(h), *space;

	if (line == NULL || strncmp(line, "GET /", 5) != 0)
		return false;
	h->target = line + 4;
	space = strchr(h->target, ' ');
	if (space == NULL || strcmp(space, " HTTP/1.1") != 0)
		return false;
	*space = '\0';
	return strpbrk(h->target, "\t#") == NULL;
}

bool
head_begin(struct head *h, char *p, size_t n)
{
	static const char upgrade[] = "\r\nUpgrade: websocket\r\n";
	char *empty = memmem(p, n, "\r\n\r\n", 4);

	if (empty == NULL)
		return false;
	*h = (struct head){ .p = p, .end = empty + 2, .bytes = (size_t)(empty - p) + 4 };
	return memmem(p, h->bytes, upgrade, sizeof(upgrade) - 1) != NULL && take_request_line(h);
}

int
head_next(struct head *h, const char **name, size_t *name_n, const char **value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *line;

	if (h->p == h->end)
		return 0;
	if ((line = take_line(h)) == NULL || (*name_n = strspn(line, token)) == 0 || line[*name_n] != ':')
		return -1;
	*name = line;
	*value = line + *name_n + 1 + strspn(line + *name_n + 1, " \t");
	return 1;
}
