/* model_file.c -- maps, verifies and writes the classifier's file. See model.h.
 *
 * Any wrong byte makes the file invalid: length and header are checked first, so that nothing beyond the mapping is
 * read, then the checksum over all of it.
 */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "features.h"

static const char magic[8] = "DUREKOSM";

_Static_assert(sizeof(struct model_header) == 56, "the header's layout is the file's");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is little-endian");

static uint64_t
checksum_of(const struct model_header *head, const int8_t *weights)
{
	struct model_header h = *head;

	h.checksum = 0;
	return hash_bytes(weights, (size_t)1 << h.bits) ^ hash_bytes(&h, sizeof(h));
}

/* Why these `n` bytes are not a model; NULL when they are. */
static const char *
find_fault(const struct model_header *h, size_t n)
{
	if (n < sizeof(*h) || memcmp(h->magic, magic, sizeof(magic)) != 0)
		return "not a model file";
	if (h->version != FEATURE_VERSION || h->gram_max != GRAM_MAX)
		return "model of another version: train it again";
	if (h->bits < 10 || h->bits > 26 || h->zero != 0)
		return "damaged model header";
	if (n != sizeof(*h) + ((size_t)1 << h->bits))
		return "model file has the wrong length";
	if (checksum_of(h, (const int8_t *)(h + 1)) != h->checksum)
		return "model file is damaged (checksum)";
	if (!isfinite(h->scale) || !isfinite(h->offset) || !(h->neutral_low >= 0 && h->neutral_low <= 0.5f) ||
	    !(h->neutral_high >= 0.5f && h->neutral_high <= 1))
		return "damaged model header";
	return NULL;
}

/* The whole file in memory, its length in *n; NULL with the reason. */
static void *
map_file(const char *path, size_t *n, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0) {
		*why = errno == ENOENT ? "no such model file" : "model file cannot be opened";
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct model_header)) {
		*why = "not a model file";
		close(fd);
		return NULL;
	}
	*n = (size_t)st.st_size;
	p = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		*why = "model file cannot be mapped";
		return NULL;
	}
	return p;
}

struct model *
model_open(const char *path, const char **why)
{
	struct model *m;
	size_t n;
	void *p = map_file(path, &n, why);

	if (p == NULL)
		return NULL;
	if ((*why = find_fault(p, n)) != NULL) {
		munmap(p, n);
		return NULL;
	}
	if ((m = malloc(sizeof(*m))) == NULL)
		abort();
	*m = (struct model){ p, (const int8_t *)((const struct model_header *)p + 1), n };
	return m;
}

void
model_close(struct model **m)
{
	if (*m == NULL)
		return;
	munmap((void *)(uintptr_t)(*m)->head, (*m)->bytes);
	free(*m);
	*m = NULL;
}

int
model_save(const char *path, struct model_header *head, const int8_t *weights)
{
	size_t n = (size_t)1 << head->bits;
	char tmp[4096];
	bool written;
	int saved;
	FILE *f;

	memcpy(head->magic, magic, sizeof(magic));
	head->version = FEATURE_VERSION;
	head->gram_max = GRAM_MAX;
	head->checksum = checksum_of(head, weights);
	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((f = fopen(tmp, "w")) == NULL)
		return -1;
	written = fwrite(head, sizeof(*head), 1, f) == 1 && fwrite(weights, n, 1, f) == 1 && fflush(f) == 0 &&
	    fsync(fileno(f)) == 0;
	saved = errno;
	if (fclose(f) == 0 && written)
		return rename(tmp, path);
	unlink(tmp);
	errno = saved;
	return -1;
}
