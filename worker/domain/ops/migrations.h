/* migrations.h -- the migrations of sql/, as built into the binary. */
#ifndef OPS_MIGRATIONS_H
#define OPS_MIGRATIONS_H

#include <stdint.h>

struct migration {
	int		 version;
	const char	*name;
	const char	*up, *down;	/* scripts */
};
/* In order of version; ends with a NULL name. */
extern const struct migration migrations[];

#endif
