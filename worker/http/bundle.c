/* bundle.c -- reads the bundles. See bundle.h. */
#include "bundle.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

/* Types and cache rules of socket.io's own server; the others are as the pages' own files. */
#define SOURCE	"application/javascript; charset=utf-8", "public, max-age=0", "socket.io-client", false
#define MAP	"application/json; charset=utf-8", "public, max-age=0", "socket.io-client", false
#define HLS	"text/javascript; charset=utf-8", "no-cache", "hls.js", false
#define VIEWER	"text/javascript; charset=utf-8", "no-cache", "swagger-ui-dist", true
#define VIEWER_STYLE "text/css; charset=utf-8", "no-cache", "swagger-ui-dist", true

static struct bundle bundles[] = {
#define ROW(file, path, type) { path, file, type, { 0 }, { 0 }, "" },
	BUNDLES(ROW)
#undef ROW
};

/* A whole file and a NUL behind it; p NULL: not there, empty, or too large. */
static struct buf
read_file(const char *dir, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	struct buf b = { 0 };
	char part[65536];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	if ((f = fopen(path, "re")) == NULL)
		return b;
	while (b.n <= FILE_BYTES_MAX && (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	if (ferror(f) || b.n == 0 || b.n > FILE_BYTES_MAX)
		buf_fini(&b);
	fclose(f);
	if (b.p != NULL) {
		buf_byte(&b, '\0');
		b.n--;
	}
	return b;
}

static struct str
read_bytes(const char *dir, const char *name, const char *suffix)
{
	struct buf b = read_file(dir, name, suffix);

	return (struct str){ b.p, b.n };
}

/* VENDOR_DIR where it is set; else beside the program: installed PREFIX/bin/dure has PREFIX/share/dure/vendor,
 * build/dure has build/vendor. */
static const char *
find_dir(char out[PATH_MAX])
{
	static const char *const beside[] = { "../share/dure/vendor", "vendor" };
	char program[PATH_MAX / 2];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	size_t i;

	if (*conf.vendor_dir != '\0')
		return conf.vendor_dir;
	program[n < 0 ? 0 : n] = '\0';
	if (strrchr(program, '/') != NULL)
		*strrchr(program, '/') = '\0';
	for (i = 0; i < NELEM(beside); i++) {
		snprintf(out, PATH_MAX, "%s/%s", program, beside[i]);
		if (access(out, R_OK | X_OK) == 0)
			break;
	}
	return out;
}

/* A line of `versions` is "package version". */
static void
name_version(struct bundle *b, const char *versions)
{
	size_t n = strlen(b->package), len;
	const char *line;

	for (line = versions; line != NULL && *line != '\0'; line = strchr(line, '\n') != NULL
	    ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, b->package, n) != 0 || line[n] != ' ')
			continue;
		len = strspn(line + n + 1, "0123456789abcdefghijklmnopqrstuvwxyz.-");
		if (len > 0 && len < sizeof(b->etag) - 2)
			snprintf(b->etag, sizeof(b->etag), "\"%.*s\"", (int)len, line + n + 1);
		return;
	}
}

static void
read_bundle(struct bundle *b, const char *dir, const char *versions)
{
	b->body = read_bytes(dir, b->file, "");
	if (b->body.p == NULL)
		return;
	b->gzipped = read_bytes(dir, b->file, ".gz");
	snprintf(b->etag, sizeof(b->etag), "\"%016llx\"", (unsigned long long)hash_bytes(b->body.p, b->body.n));
	name_version(b, versions);
}

static bool
is_there(const char *dir, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return access(path, R_OK) == 0;
}

void
bundle_load(bool say)
{
	char place[PATH_MAX];
	const char *dir = find_dir(place);
	struct buf versions = read_file(dir, "versions", ""), missing = { 0 };
	struct bundle *b;

	for (b = bundles; b < bundles + NELEM(bundles); b++) {
		if (!b->late)
			read_bundle(b, dir, versions.p);
		if (b->late ? !is_there(dir, b->file) : b->body.p == NULL)
			buf_printf(&missing, "%s%s", missing.n > 0 ? ", " : "", b->file);
	}
	if (say && missing.n > 0)
		log_warn("browser bundles are missing and answer 404", JS("directory", dir), JS("missing", missing.p),
		    JS("remedy", "make vendor (fetches them with npm), make install where installed,"
		    " then dure reload"));
	buf_fini(&missing);
	buf_fini(&versions);
}

static void
read_late(struct bundle *b)
{
	char place[PATH_MAX];
	const char *dir = find_dir(place);
	struct buf versions = read_file(dir, "versions", "");

	read_bundle(b, dir, versions.p);
	buf_fini(&versions);
}

const struct bundle *
bundle_find(const char *path)
{
	struct bundle *b;

	for (b = bundles; b < bundles + NELEM(bundles); b++) {
		if (strcmp(b->path, path) != 0)
			continue;
		if (b->late && b->body.p == NULL)
			read_late(b);
		return b;
	}
	bug("a bundle without its row");
}
