/* zip.c -- gzip, deflate and inflate with one state each. See zip.h. Owns: zlib.h. */
#include "zip.h"

#include <stdlib.h>
#include <zlib.h>

#include "err.h"

enum {
	LEVEL		= 4,
	QUICK_LEVEL	= 1,
	QUICK_FROM	= 256 * 1024,	/* the loop must not stand still for a large body */
	BODY_MAX	= 8 * 1024 * 1024,
	GZIP_BITS	= 15 + 16,
	RAW_BITS	= -15,
	MEMORY_LEVEL	= 8,
	INFLATE_STEP	= 16384,
};

struct deflater {
	z_stream	 z;
	int		 level;		/* 0: none yet */
};

/* The stream, as new, at this level. */
static z_stream *
start_deflate(struct deflater *d, int level, int bits)
{
	if (d->level == level)
		return deflateReset(&d->z) == Z_OK ? &d->z : NULL;
	if (d->level != 0)
		deflateEnd(&d->z);
	d->z = (z_stream){ 0 };
	d->level = deflateInit2(&d->z, level, Z_DEFLATED, bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK ? level : 0;
	return d->level != 0 ? &d->z : NULL;
}

bool
zip_gzip(struct buf *out, struct str body)
{
	static struct deflater d;
	size_t room = body.n - body.n / 16;	/* less than a sixteenth saved is not worth it */
	struct buf packed = { 0 };
	z_stream *z;

	if (body.n > BODY_MAX || (z = start_deflate(&d, body.n >= QUICK_FROM ? QUICK_LEVEL : LEVEL, GZIP_BITS)) == NULL)
		return false;
	z->next_in = (Bytef *)(uintptr_t)body.p;
	z->avail_in = (uInt)body.n;
	z->next_out = (Bytef *)buf_reserve(&packed, room);
	z->avail_out = (uInt)room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END) {
		buf_fini(&packed);
		return false;
	}
	buf_grow(&packed, room - z->avail_out);
	buf_fini(out);
	*out = packed;
	return true;
}

/* A sync flush ends with an empty block, which is not sent; a flush that fills its room to the last byte may be
 * unfinished. */
static const unsigned char tail[4] = { 0x00, 0x00, 0xff, 0xff };

bool
zip_deflate(struct buf *out, struct str message)
{
	static struct deflater d;
	size_t n, room = message.n + sizeof(tail);
	z_stream *z;

	if (message.n > BODY_MAX || (z = start_deflate(&d, message.n >= QUICK_FROM
	    ? QUICK_LEVEL : LEVEL, RAW_BITS)) == NULL)
		return false;
	z->next_in = (Bytef *)(uintptr_t)message.p;
	z->avail_in = (uInt)message.n;
	z->next_out = (Bytef *)buf_reserve(out, room);
	z->avail_out = (uInt)room;
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in > 0 || z->avail_out == 0)
		return false;
	n = room - z->avail_out;
	if (n < sizeof(tail) || n - sizeof(tail) >= message.n)
		return false;
	buf_grow(out, n - sizeof(tail));
	return true;
}

/* The stream, as new. */
static z_stream *
start_inflate(void)
{
	static z_stream z;
	static bool ready;

	if (!ready && inflateInit2(&z, RAW_BITS) != Z_OK)
		abort();
	ready = true;
	inflateReset(&z);
	return &z;
}

/* Inflate one run of bytes. At most max + 1 bytes are made in all, `made` of them so far. */
static int
inflate_some(z_stream *z, struct buf *out, struct str in, size_t max, size_t *made)
{
	size_t room;
	int rc;

	z->next_in = (Bytef *)(uintptr_t)in.p;
	z->avail_in = (uInt)in.n;
	do {
		room = max + 1 - *made < INFLATE_STEP ? max + 1 - *made : INFLATE_STEP;
		z->next_out = (Bytef *)buf_reserve(out, room);
		z->avail_out = (uInt)room;
		rc = inflate(z, Z_SYNC_FLUSH);
		buf_grow(out, room - z->avail_out);
		*made += room - z->avail_out;
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return E_BAD_REQUEST;
		if (*made > max)
			return E_TOO_LARGE;
		if (rc == Z_STREAM_END)		/* a final block may be followed by others */
			inflateReset(z);
	} while (z->avail_in > 0 || z->avail_out == 0);
	return 0;
}

int
zip_inflate(struct buf *out, struct str packed, size_t max)
{
	z_stream *z = start_inflate();
	size_t made = 0;
	int rc = 0;

	if (packed.n > 0)
		rc = inflate_some(z, out, packed, max, &made);
	return rc < 0 ? rc : inflate_some(z, out, (struct str){ (const char *)tail, sizeof(tail) }, max, &made);
}
