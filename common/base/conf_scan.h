/* conf_scan.h -- takes KEY=value files apart: our own, and .env files as the dotenv package reads them.
 *
 * A value may stand in ", ' or ` and then hold anything, several lines too. Without quotes it ends at a # behind a
 * blank, in a .env file at any #. In a .env file \n and \r between double quotes are a newline and a carriage return.
 */
#ifndef BASE_CONF_SCAN_H
#define BASE_CONF_SCAN_H

#include <stdbool.h>

#include "arena.h"
#include "str.h"

struct conf_scan {
	const char	*p;		/* what is left of the text, NUL-terminated */
	int		 line;		/* of `p`, from 1 */
	bool		 dotenv;	/* the rules of .env files */
	/* The last pair. */
	struct str	 name;		/* in the text */
	const char	*value;
	int		 at;		/* its first line */
};

/* Begin with `text`, which stays the caller's. */
void	 conf_scan_init(struct conf_scan *s, const char *text, bool dotenv);
/* The next pair, its value in `mem`: 1, or 0 at the end. E_VALIDATION where a line is no pair: name is that line. */
int	 conf_scan_next(struct conf_scan *s, struct arena *mem);

#endif
