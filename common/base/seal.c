/* seal.c -- sealed values. See seal.h.
 *
 * The context is the associated data: the three names with their lengths, so that no two places look alike.
 */
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "err.h"
#include "libsodium.h"
#include "seal_hex.h"

enum {
	KEYS_MAX = 16, KID_BYTES = 33,
	KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};
static const char version[] = "v1.", unnamed[] = "main";

static struct key {
	char		 kid[KID_BYTES];
	unsigned char	 bytes[KEY_BYTES];
} keys[KEYS_MAX];
static int n_keys;

static bool
kid_ok(const char *p, size_t n)
{
	return n > 0 && n < KID_BYTES &&
	    strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") >= n;
}

static bool
read_hex(const char *p, size_t n, struct key *out)
{
	size_t got;

	n -= n > 0 && p[n - 1] == ' ';
	return n == 2 * KEY_BYTES && sodium_hex2bin(out->bytes, KEY_BYTES, p, n, NULL, &got, NULL) == 0 &&
	    got == KEY_BYTES;
}

static bool
read_base64(const char *p, size_t n, struct key *out)
{
	size_t got;

	return (sodium_base642bin(out->bytes, KEY_BYTES, p, n, " ", &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 ||
	    sodium_base642bin(out->bytes, KEY_BYTES, p, n, " ", &got, NULL, BASE64) == 0) && got == KEY_BYTES;
}

static bool
read_key(const char *p, size_t n, struct key *out)
{
	const char *colon = memchr(p, ':', n);
	size_t kid_n = colon != NULL ? (size_t)(colon - p) : 0;

	if (colon == NULL) {
		memcpy(out->kid, unnamed, sizeof(unnamed));
		return read_hex(p, n, out);
	}
	if (!kid_ok(p, kid_n))
		return false;
	memcpy(out->kid, p, kid_n);
	out->kid[kid_n] = '\0';
	n -= kid_n + 1;
	return read_hex(colon + 1, n, out) || read_base64(colon + 1, n, out);
}

int
seal_keys(const char *setting)
{
	const char *p;
	size_t n;

	if (sodium_init() < 0)
		return E_INTERNAL;
	sodium_memzero(keys, sizeof(keys));
	n_keys = 0;
	for (p = setting; *p != '\0'; p += n + (p[n] == ',')) {
		p += strspn(p, " ");
		n = strcspn(p, ",");
		if (n_keys == KEYS_MAX || !read_key(p, n, &keys[n_keys])) {
			n_keys = 0;
			return E_VALIDATION;
		}
		n_keys++;
	}
	return 0;
}

bool
seal_ready(void)
{
	return n_keys > 0;
}

const char *
seal_prefix(void)
{
	static char text[sizeof(version) + KID_BYTES + 1];

	snprintf(text, sizeof(text), "%s%s.", n_keys > 0 ? version : "", keys[0].kid);
	return n_keys > 0 ? text : "";
}

static void
put_context(struct buf *b, const struct seal_place *at, const char *kid)
{
	buf_printf(b, "%s%s:%zu:%s:%zu:%s:%zu:%s", version, kid, strlen(at->table), at->table, strlen(at->column),
	    at->column, strlen(at->row), at->row);
}

int
seal_value(struct arena *mem, const struct seal_place *at, struct str plain, struct str *sealed)
{
	size_t n = NONCE_BYTES + plain.n + TAG_BYTES, room = sodium_base64_encoded_len(n, BASE64);
	unsigned char *raw = arena_alloc(mem, n);
	struct buf context = { 0 };
	char *text;

	if (n_keys == 0)
		return E_INTERNAL;
	put_context(&context, at, keys[0].kid);
	randombytes_buf(raw, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(raw + NONCE_BYTES, NULL, (const unsigned char *)plain.p, plain.n,
	    (const unsigned char *)context.p, context.n, NULL, raw, keys[0].bytes);
	buf_fini(&context);
	text = arena_alloc(mem, room);
	sodium_bin2base64(text, room, raw, n, BASE64);
	*sealed = str_of(arena_printf(mem, "%s%s.%s", version, keys[0].kid, text));
	return 0;
}

/* The parts of a sealed value: its key (NULL: unknown) and its base64 text. */
static bool
split_sealed(struct str s, const struct key **key, struct str *text)
{
	const char *dot;
	size_t n;
	int i;

	if (s.n < sizeof(version) || memcmp(s.p, version, sizeof(version) - 1) != 0)
		return false;
	s = (struct str){ s.p + sizeof(version) - 1, s.n - (sizeof(version) - 1) };
	if ((dot = memchr(s.p, '.', s.n)) == NULL || !kid_ok(s.p, n = (size_t)(dot - s.p)))
		return false;
	*text = (struct str){ dot + 1, s.n - n - 1 };
	*key = NULL;
	for (i = 0; i < n_keys; i++)
		if (strlen(keys[i].kid) == n && memcmp(keys[i].kid, s.p, n) == 0)
			*key = &keys[i];
	return true;
}

/* With whichever key opens it: this form names none. */
static int
open_hex(struct arena *mem, struct str sealed, struct str *plain)
{
	int i;

	for (i = 0; i < n_keys; i++)
		if (seal_hex_open(mem, keys[i].bytes, sealed, plain))
			return 0;
	return E_INTERNAL;
}

int
seal_open(struct arena *mem, const struct seal_place *at, struct str sealed, struct str *plain)
{
	unsigned char *raw = arena_alloc(mem, sealed.n + 1), *out;
	struct buf context = { 0 };
	const struct key *key;
	struct str text;
	size_t n;
	int rc;

	if (seal_hex_is(sealed))
		return open_hex(mem, sealed, plain);
	if (!split_sealed(sealed, &key, &text) || key == NULL ||
	    sodium_base642bin(raw, sealed.n, text.p, text.n, NULL, &n, NULL, BASE64) != 0 ||
	    n < NONCE_BYTES + TAG_BYTES)
		return E_INTERNAL;
	out = arena_alloc(mem, n);
	put_context(&context, at, key->kid);
	rc = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, raw + NONCE_BYTES, n - NONCE_BYTES,
	    (const unsigned char *)context.p, context.n, raw, key->bytes);
	buf_fini(&context);
	if (rc != 0)
		return E_INTERNAL;
	n -= NONCE_BYTES + TAG_BYTES;
	out[n] = '\0';
	*plain = (struct str){ (const char *)out, n };
	return 0;
}

bool
seal_is(struct str text)
{
	const struct key *key;
	struct str rest;

	return split_sealed(text, &key, &rest) || seal_hex_is(text);
}
