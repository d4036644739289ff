/* header.h -- request headers by number, and parsers of the few that need one. Nothing here yields. */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>

enum header {
#define X(id, name) id,
#include "header.def"
#undef X
	HDR_COUNT
};

/* The number of a header by its name of `n` bytes in any case; HDR_COUNT for one that Dure does not use. */
enum header	 header_find(const char *name, size_t n);
const char	*header_name(enum header h);

/* Whether a proxy adds a header of this name: Forwarded, Via, X-Forwarded-*, CF-*, True-Client-IP, X-Real-IP. */
bool		 header_forwards(const char *name, size_t n);

/* The following take a header's value, NULL when it is absent. */
/* Whether a comma-separated list names `token` (any case) and does not give it quality 0. */
bool	 header_lists(const char *value, const char *token);
/* Whether the media type before any ';' is `type`, in any case. */
bool	 header_is_type(const char *content_type, const char *type);
/* Whether a client's request id may be taken over: 1 to 128 of A-Z a-z 0-9 . _ - */
bool	 header_request_id_ok(const char *id);

#endif
