/* openapi_area.c -- operations by their area and their name. See openapi_impl.h. */
#include <ctype.h>
#include <string.h>

#include "openapi_impl.h"

static const struct area {
	const char	*name, *segments, *ko, *en;
} areas[] = {
#define AREA(name, segments, ko, en) { name, segments, ko, en },
#include "openapi_area.def"
#undef AREA
};

/* Behind /api/v1/, /api/ or /. */
static const char *
local_part(const char *path)
{
	static const char *const roots[] = { "/api/v1/", "/api/", "/" };
	size_t i;

	for (i = 0; strncmp(path, roots[i], strlen(roots[i])) != 0; i++)
		;
	return path + strlen(roots[i]);
}

/* Whether the list "a|b" has the segment. */
static bool
lists_segment(const char *list, struct str segment)
{
	for (; *list != '\0'; list += strcspn(list, "|"), list += *list == '|')
		if (str_eq((struct str){ list, strcspn(list, "|") }, segment))
			return true;
	return false;
}

static const char *
area_of(const char *path)
{
	struct str segment = { local_part(path), strcspn(local_part(path), "/") };
	size_t i;

	for (i = 0; i < NELEM(areas); i++)
		if (lists_segment(areas[i].segments, segment))
			return areas[i].name;
	return "other";
}

/* "/api/v1/orders/{id}/ship" as OrdersByIdShip. */
static void
put_path_words(struct buf *out, const char *path)
{
	bool starts = true;

	if (strncmp(path, "/api/", 5) != 0)
		buf_str(out, "Root");
	for (path = local_part(path); *path != '\0'; path++) {
		if (*path == '{')
			buf_str(out, "By");
		if (!isalnum((unsigned char)*path)) {
			starts = true;
			continue;
		}
		buf_byte(out, starts ? (char)toupper((unsigned char)*path) : *path);
		starts = false;
	}
}

void
openapi_put_name(struct buf *out, const struct endpoint *e)
{
	const char *m = method_name(e->method);

	buf_printf(out, ",\"tags\":[\"%s\"],\"operationId\":\"", area_of(e->route->path));
	for (; *m != '\0'; m++)
		buf_byte(out, (char)tolower((unsigned char)*m));
	put_path_words(out, e->route->path);
	buf_byte(out, '"');
}

void
openapi_put_areas(struct buf *out)
{
	size_t i;

	buf_str(out, "\"tags\":[");
	for (i = 0; i < NELEM(areas); i++)
		buf_printf(out, "%s{\"name\":\"%s\",\"description\":\"%s / %s\"}", i == 0 ? "" : ",", areas[i].name,
		    areas[i].en, areas[i].ko);
	buf_byte(out, ']');
}
