/* weight.h -- the lists of weighted tokens in request headers: Accept and its kin (RFC 9110 12.4.2). Pure. */
#ifndef BASE_WEIGHT_H
#define BASE_WEIGHT_H

/* The weight that a list gives to `token` (any case), by itself or as a prefix before '-': 0 to 1, 1 where none is
 * written; -1: not named. */
double	 weight_in_list(const char *list, const char *token);

#endif
