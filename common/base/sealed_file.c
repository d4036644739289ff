/* sealed_file.c -- encrypted streams. See sealed_file.h. */
#include "sealed_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "libsodium.h"

enum {
	KEY_BYTES	= crypto_secretstream_xchacha20poly1305_KEYBYTES,
	HEADER_BYTES	= crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	TAG_BYTES	= crypto_secretstream_xchacha20poly1305_ABYTES,
	PIECE_BYTES	= 65536,
	KEYS_MAX	= 16,
};
static const char magic[] = "dure backup 1\n";
enum { MAGIC_BYTES = sizeof(magic) - 1 };

struct key {
	unsigned char	 bytes[KEY_BYTES];
};

static bool
read_key(const char *p, size_t n, struct key *key)
{
	size_t got = 0;

	if (n == 2 * KEY_BYTES)
		return sodium_hex2bin(key->bytes, KEY_BYTES, p, n, NULL, &got, NULL) == 0 && got == KEY_BYTES;
	return sodium_base642bin(key->bytes, KEY_BYTES, p, n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    got == KEY_BYTES;
}

/* How many keys there are; -1 when one is malformed. */
static int
read_keys(const char *text, struct key keys[KEYS_MAX])
{
	size_t n;
	int i = 0;

	for (; *text != '\0'; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (i == KEYS_MAX || !read_key(text, n, &keys[i++]))
			return -1;
	}
	return i;
}

bool
sealed_file_keys_valid(const char *keys)
{
	struct key v[KEYS_MAX];
	bool valid = read_keys(keys, v) >= 0;

	sodium_memzero(v, sizeof(v));
	return valid;
}

/* Up to `n` bytes, fewer only at the end; -1 with errno. */
static ssize_t
read_all(int fd, void *p, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		if ((r = read(fd, (char *)p + got, n - got)) == 0)
			break;
		if (r > 0)
			got += (size_t)r;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)got;
}

static bool
write_all(int fd, const void *p, size_t n)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		if ((r = write(fd, (const char *)p + done, n - done)) >= 0)
			done += (size_t)r;
		else if (errno != EINTR)
			return false;
	}
	return true;
}

static bool
failed(const char **why)
{
	*why = strerror(errno);
	return false;
}

static bool
copy_rest(int from, int to, const char **why)
{
	static unsigned char piece[PIECE_BYTES];
	ssize_t n;

	while ((n = read_all(from, piece, sizeof(piece))) > 0)
		if (!write_all(to, piece, (size_t)n))
			return failed(why);
	return n == 0 || failed(why);
}

static bool
encrypt(int from, int to, const struct key *key, const char **why)
{
	static unsigned char piece[PIECE_BYTES], sealed[PIECE_BYTES + TAG_BYTES];
	crypto_secretstream_xchacha20poly1305_state state;
	unsigned char header[HEADER_BYTES];
	unsigned long long bytes;
	ssize_t n = PIECE_BYTES;

	crypto_secretstream_xchacha20poly1305_init_push(&state, header, key->bytes);
	if (!write_all(to, magic, MAGIC_BYTES) || !write_all(to, header, sizeof(header)))
		return failed(why);
	while (n == PIECE_BYTES) {		/* a shorter one, which may be empty, is the last */
		if ((n = read_all(from, piece, sizeof(piece))) < 0)
			return failed(why);
		crypto_secretstream_xchacha20poly1305_push(&state, sealed, &bytes, piece, (unsigned long long)n,
		    NULL, 0, n == PIECE_BYTES ? crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
		    : crypto_secretstream_xchacha20poly1305_TAG_FINAL);
		if (!write_all(to, sealed, (size_t)bytes))
			return failed(why);
	}
	sodium_memzero(&state, sizeof(state));
	return true;
}

bool
sealed_file_write(int from, int to, const char *keys, const char **why)
{
	struct key v[KEYS_MAX];
	int n = sodium_init() < 0 ? -1 : read_keys(keys, v);
	bool written;

	if (n < 0) {
		*why = "the key is malformed";
		return false;
	}
	written = n == 0 ? copy_rest(from, to, why) : encrypt(from, to, &v[0], why);
	sodium_memzero(v, sizeof(v));
	return written;
}

struct opening {
	crypto_secretstream_xchacha20poly1305_state state;
	unsigned char	 header[HEADER_BYTES];
	unsigned char	 sealed[PIECE_BYTES + TAG_BYTES], piece[PIECE_BYTES];
	ssize_t		 n;		/* bytes of `sealed` */
	unsigned long long bytes;	/* of `piece` */
	unsigned char	 tag;
};

static bool
open_piece(struct opening *o)
{
	return o->n >= TAG_BYTES && crypto_secretstream_xchacha20poly1305_pull(&o->state, o->piece, &o->bytes, &o->tag,
	    o->sealed, (unsigned long long)o->n, NULL, 0) == 0;
}

/* Which key opens the first piece; it is opened with it. */
static bool
find_key(struct opening *o, const struct key *keys, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (crypto_secretstream_xchacha20poly1305_init_pull(&o->state, o->header, keys[i].bytes) == 0 &&
		    open_piece(o))
			return true;
	return false;
}

static bool
decrypt(int from, int to, const struct key *keys, int n, const char **why)
{
	static struct opening o;
	bool first = true;

	*why = "it was altered or cut off";
	if (read_all(from, o.header, sizeof(o.header)) != HEADER_BYTES)
		return false;
	do {
		if ((o.n = read_all(from, o.sealed, sizeof(o.sealed))) < 0)
			return failed(why);
		if (first && !find_key(&o, keys, n)) {
			*why = n == 0 ? "it is encrypted, and there is no key" : "no key opens it, or it was altered";
			return false;
		}
		if (!first && !open_piece(&o))
			return false;
		if (!write_all(to, o.piece, (size_t)o.bytes))
			return failed(why);
		first = false;
	} while (o.tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	return read_all(from, o.sealed, 1) == 0;
}

bool
sealed_file_read(int from, int to, const char *keys, const char **why)
{
	struct key v[KEYS_MAX];
	char first[MAGIC_BYTES];
	ssize_t got = read_all(from, first, sizeof(first));
	int n = sodium_init() < 0 ? -1 : read_keys(keys, v);
	bool good;

	if (got < 0)
		return failed(why);
	if (n < 0) {
		*why = "the key is malformed";
		return false;
	}
	if (got == MAGIC_BYTES && memcmp(first, magic, MAGIC_BYTES) == 0)
		good = decrypt(from, to, v, n, why);
	else
		good = (write_all(to, first, (size_t)got) || failed(why)) && copy_rest(from, to, why);
	sodium_memzero(v, sizeof(v));
	return good;
}
