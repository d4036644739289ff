/* err.h -- the errors of Dure: a fallible function returns 0 or one of these, all negative.
 *
 * The rows are in err.def. Only the dispatchers (HTTP, Socket.IO, Kafka) turn an error into an answer.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_verdict { PARK, RETRY };

enum err_ordinal {
#define X(name, status, code, verdict, ko, en) ORDINAL_##name,
#include "err.def"
#undef X
	ERR_COUNT
};

enum err {
	E_OK = 0,
#define X(name, status, code, verdict, ko, en) name = -1 - ORDINAL_##name,
#include "err.def"
#undef X
};

struct err_row {
	const char	*name;		/* "E_VALIDATION" */
	int		 status;	/* HTTP */
	const char	*code;		/* stable, for clients */
	enum err_verdict verdict;	/* Kafka */
	const char	*ko, *en;
};

/* The row of a negative error; anything unknown is E_INTERNAL. */
const struct err_row	*err_row(int rc);
/* All rows, ERR_COUNT of them. */
extern const struct err_row err_rows[];

#endif
