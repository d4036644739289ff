/* conf_file.c -- reads files of the configuration. See conf_file.h. */
#include "conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_FILE_BYTES = 65536 };

/* All of an open file. -1 with *why. */
static ssize_t
read_all(int fd, char *to, size_t most, const char **why)
{
	size_t got = 0;
	ssize_t n;

	while ((n = read(fd, to + got, most + 1 - got)) > 0)
		got += (size_t)n;
	*why = n < 0 ? strerror(errno) : got > most ? "is too large" : memchr(to, '\0', got) != NULL
	    ? "holds a NUL byte" : NULL;
	return *why == NULL ? (ssize_t)got : -1;
}

/* Why this file cannot be a secret's; NULL: it can. */
static const char *
why_no_secret(const struct stat *st)
{
	return !S_ISREG(st->st_mode) ? "is not a regular file" : (st->st_mode & S_IWOTH) != 0 ? "anybody may write it"
	    : NULL;
}

static const char *
read_file(struct arena *mem, const char *path, size_t most, bool secret, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (secret ? O_NONBLOCK : 0));
	struct stat st;
	ssize_t n = -1;
	char *text = NULL;

	*why = fd < 0 || fstat(fd, &st) < 0 ? strerror(errno) : secret ? why_no_secret(&st) : NULL;
	if (*why == NULL) {
		if (S_ISREG(st.st_mode) && (size_t)st.st_size + 4096 < most)
			most = (size_t)st.st_size + 4096;	/* it may grow meanwhile */
		text = arena_alloc(mem, most + 2);
		n = read_all(fd, text, most, why);
	}
	if (n >= 0)
		text[n] = '\0';
	if (fd >= 0)
		close(fd);
	return n >= 0 ? text : NULL;
}

const char *
conf_file_text(struct arena *mem, const char *path, size_t most, const char **why)
{
	return read_file(mem, path, most, false, why);
}

const char *
conf_file_secret(struct arena *mem, const char *path, const char **why)
{
	const char *text = read_file(mem, path, SECRET_FILE_BYTES, true, why);
	size_t n = text != NULL ? strlen(text) : 0;

	if (text == NULL)
		return NULL;
	if (n > 0 && text[n - 1] == '\n')
		n -= n > 1 && text[n - 2] == '\r' ? 2 : 1;
	if (n == 0) {
		*why = "is empty";
		return NULL;
	}
	return arena_copy(mem, text, n);
}

bool
conf_file_trusted(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & S_IWOTH) == 0;
}

bool
conf_file_public(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}
