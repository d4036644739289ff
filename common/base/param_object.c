/* param_object.c -- see param_object.h. */
#include "param_object.h"

#include <stdio.h>
#include <string.h>

/* The members of an object: those named "<prefix>x", an inner object's below its own name. */
static void
put_members(struct buf *out, const struct param *params, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *comma = "", *name;
	const struct param *p;

	buf_str(out, "{\"type\":\"object\",\"properties\":{");
	for (p = params; p->name != NULL; p++) {
		name = p->name + n;
		if (p->from != FROM_JSON || strncmp(p->name, prefix, n) != 0 || strchr(name, '.') != NULL)
			continue;
		buf_printf(out, "%s\"%s\":", comma, name);
		if (p->kind == PARAM_OBJ && n == 0) {
			char inner[64];

			snprintf(inner, sizeof(inner), "%s.", name);
			put_members(out, params, inner);
		} else {
			param_schema(out, p);
		}
		comma = ",";
	}
	buf_str(out, "},\"required\":[");
	for (comma = "", p = params; p->name != NULL; p++) {
		name = p->name + n;
		if (p->from == FROM_JSON && p->required && strncmp(p->name, prefix, n) == 0 &&
		    strchr(name, '.') == NULL) {
			buf_printf(out, "%s\"%s\"", comma, name);
			comma = ",";
		}
	}
	buf_str(out, "]}");
}

void
param_object_schema(struct buf *out, const struct param *params)
{
	put_members(out, params, "");
}
