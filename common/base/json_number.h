/* json_number.h -- numbers in JSON text, for the check and the parser. Pure. */
#ifndef BASE_JSON_NUMBER_H
#define BASE_JSON_NUMBER_H

#include <stdbool.h>

#include "str.h"

/* Whether a number of JSON is plain: an integer of at most 15 digits and not -0, which a double holds and which has
 * one text only. */
bool	 json_number_plain(struct str number);
/* The next number in *text, which moves behind it; false when there is none. *text is checked JSON and starts outside
 * a string. */
bool	 json_number_next(struct str *text, struct str *number);

#endif
