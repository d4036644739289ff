/* model_place.c -- see model_place.h. */
#include "model_place.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/str.h"
#include "model.h"

const char *
model_place(struct arena *mem)
{
	static const char *const beside[] = { "../share/dure/ko-reviews.model", "../" MODEL_PATH };
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *path;
	size_t i;

	if (*conf.analyzer_model != '\0')
		return conf.analyzer_model;
	program[n < 0 ? 0 : n] = '\0';
	if (strrchr(program, '/') != NULL)
		*strrchr(program, '/') = '\0';
	for (i = 0; i < NELEM(beside); i++) {
		path = arena_printf(mem, "%s/%s", program, beside[i]);
		if (access(path, R_OK) == 0)
			return path;
	}
	return MODEL_PATH;
}
