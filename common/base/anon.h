/* anon.h -- forms in which two can be told apart, but nobody is recognised; as the functions anon_… of the database. */
#ifndef BASE_ANON_H
#define BASE_ANON_H

#include "buf.h"

/* Append an address with its last parts starred: "10.0.***.***", "2001:db8:***", "***"; nothing for "". */
void	 anon_ip(struct buf *out, const char *ip);

#endif
