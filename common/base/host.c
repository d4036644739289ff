/* host.c -- see host.h. */
#include "host.h"

#include <unistd.h>

enum { HOST_BYTES = 256 };

const char *
host_name(void)
{
	static char name[HOST_BYTES];

	if (*name == '\0')
		(void)gethostname(name, sizeof(name) - 1);
	return name;
}
