/* id.h -- request ids: random UUIDs without a system call each. */
#ifndef HTTP_ID_H
#define HTTP_ID_H

#include "base/str.h"

/* A random version 4 UUID into `out`. Unique, not secret: the bytes come in bulk from the kernel's generator. */
void	 id_make(char out[UUID_TEXT_BYTES]);

#endif
