/* jws.h -- signed texts in the compact form of RFC 7515, taken apart strictly: base64url as its encoder writes it,
 * header and claims JSON objects. Nothing is verified here. Pure.
 */
#ifndef IDENTITY_JWS_H
#define IDENTITY_JWS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"

struct jws {
	const struct json	*header, *claims;
	const char		*alg, *kid;	/* of the header; kid NULL: none */
	struct str		 input;		/* what is signed: header and claims as they were sent */
	struct str		 signature;
};

/* Takes `text` apart, in `mem`. False when it is malformed, has no alg, a kid or typ that is no string, a typ other
 * than JWT and at+jwt, or a `crit`: no extension is understood (RFC 7515 section 4.1.11). */
bool	 jws_parse(struct arena *mem, const char *text, struct jws *out);
/* No member twice in header or claims: parsers differ in which one they take. Quadratic: for signed texts only. */
bool	 jws_names_differ(const struct jws *t);
/* The bytes of a base64url text in `mem`; p NULL when it is not exactly what its encoder writes (no padding, no space,
 * unused bits zero), or empty. */
struct str jws_decode(struct arena *mem, struct str text);
/* "<header>.<claims>" in base64url, to be signed; in `mem`. jws_signed appends the signature. */
const char *jws_input(struct arena *mem, struct str header, struct str claims);
const char *jws_signed(struct arena *mem, const char *input, const void *signature, size_t n);

#endif
