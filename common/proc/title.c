/* title.c -- process titles, written over the arguments and the environment. See title.h.
 *
 * The kernel shows the memory where the arguments were at exec; arguments and environment lie there in one piece.
 */
#include "title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char *room;
static size_t room_bytes;
/* Kept, so that no leak checker misses what main drops of the one, and setenv() exchanges of the other. */
static char **volatile arguments, **volatile environment;

/* The end of the strings that follow each other without a gap, from `end`. */
static char *
adjacent_end(char *end, char **strings)
{
	for (; *strings != NULL; strings++)
		if (*strings == end)
			end += strlen(end) + 1;
	return end;
}

/* A copy of the vector and its strings, for as long as the process lives. */
static char **
copy_strings(char **strings)
{
	size_t i, n = 0;
	char **copy;

	while (strings[n] != NULL)
		n++;
	if ((copy = calloc(n + 1, sizeof(*copy))) == NULL)
		abort();
	for (i = 0; i < n; i++)
		if ((copy[i] = strdup(strings[i])) == NULL)
			abort();
	return copy;
}

void
title_init(int argc, char **argv)
{
	int i;

	room = argv[0];
	room_bytes = (size_t)(adjacent_end(adjacent_end(room, argv), environ) - room);
	environ = environment = copy_strings(environ);
	arguments = copy_strings(argv);
	for (i = 0; i < argc; i++)
		argv[i] = arguments[i];
}

void
title_set(const char *name)
{
	char title[64];

	if (room == NULL)
		return;
	snprintf(title, sizeof(title), "dure: %s", name);
	prctl(PR_SET_NAME, title);
	memset(room, 0, room_bytes);
	memcpy(room, title, strnlen(title, room_bytes - 1));
}
