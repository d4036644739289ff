/* holder.h -- from a member of a struct back to the struct that holds it. */
#ifndef BASE_HOLDER_H
#define BASE_HOLDER_H

#include <stddef.h>

#define HOLDER(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

#endif
