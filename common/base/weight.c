/* weight.c -- see weight.h. */
#include "weight.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The weight of the item at `p`, which ends before `end`: 1 where none is given. */
static double
weight_of(const char *p, const char *end)
{
	const char *q;

	for (q = memchr(p, ';', (size_t)(end - p)); q != NULL; q = memchr(q, ';', (size_t)(end - q))) {
		q += 1 + strspn(q + 1, " \t");
		if (q < end && (*q == 'q' || *q == 'Q') && q[1] == '=')
			return strtod(q + 2, NULL);
	}
	return 1;
}

double
weight_in_list(const char *list, const char *token)
{
	size_t n = strlen(token);
	const char *p, *end;

	for (p = list; p != NULL && *p != '\0'; p = *end == ',' ? end + 1 : end) {
		p += strspn(p, " \t");
		end = p + strcspn(p, ",");
		if (strncasecmp(p, token, n) == 0 && strchr(";, \t-", p[n]) != NULL)	/* the NUL counts as found */
			return weight_of(p, end);
	}
	return -1;
}
