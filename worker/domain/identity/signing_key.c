/* signing_key.c -- the private keys of access tokens. See signing_key.h. */
#include "signing_key.h"

#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "jwk.h"

enum { KEYS_MAX = 8 };

static struct {
	const char		*of;		/* the setting that was read: a process never changes it */
	int			 n;
	struct signature_key	*keys[KEYS_MAX];
	const char		*kids[KEYS_MAX];
	struct arena		 mem;
} self;

static void
read_setting(void)
{
	const char *at = conf.jwt_private_key;
	struct signature_key *k;

	if (self.of == conf.jwt_private_key)
		return;
	while (self.n > 0)
		signature_key_free(&self.keys[--self.n]);
	if (self.mem.block_bytes == 0)
		arena_init(&self.mem, 512);
	arena_reset(&self.mem);
	self.of = conf.jwt_private_key;
	while (self.n < KEYS_MAX && (k = signature_key_pem(&at)) != NULL) {
		self.kids[self.n] = jwk_thumbprint(&self.mem, k);
		self.keys[self.n++] = k;
	}
}

bool
signing_key_on(void)
{
	if (*conf.jwt_private_key == '\0')
		return false;
	read_setting();
	return self.n > 0;
}

const struct signature_key *
signing_key_first(const char **kid)
{
	*kid = self.kids[0];
	return self.keys[0];
}

const struct signature_key *
signing_key_find(const char *kid)
{
	int i;

	if (!signing_key_on() || kid == NULL)
		return NULL;
	for (i = 0; i < self.n; i++)
		if (strcmp(self.kids[i], kid) == 0)
			return self.keys[i];
	return NULL;
}

struct str
signing_key_set(struct arena *mem)
{
	struct buf b = { 0 };
	struct str key;
	int i;

	buf_str(&b, "{\"keys\":[");
	for (i = 0; signing_key_on() && i < self.n; i++) {
		key = jwk_json(mem, self.keys[i]);
		buf_str(&b, i > 0 ? "," : "");
		buf_add(&b, key.p, key.n);
	}
	buf_str(&b, "]}");
	return buf_to_arena(mem, &b);
}
