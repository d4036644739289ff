/* topics_in.c -- etc/schemas against the parameter tables that the bridge binds incoming messages by: what neighbours
 * are told is what is accepted.
 */
#include "tap.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "worker/kafka/topics_in.h"

static struct arena mem;

static const struct json *
read_schema(const char *topic)
{
	char path[256], *text = arena_alloc(&mem, 65536);
	const struct json *j = NULL;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "etc/schemas/%s.json", topic);
	if ((f = fopen(path, "r")) == NULL)
		return NULL;
	n = fread(text, 1, 65536, f);
	fclose(f);
	return json_parse(&mem, text, n, &j) == 0 ? j : NULL;
}

/* The object that a dotted name lies in, and its last part. */
static const struct json *
descend(const struct json *schema, const char *name, const char **last)
{
	const char *dot;

	while ((dot = strchr(name, '.')) != NULL) {
		schema = json_get(json_get(schema, "properties"), arena_copy(&mem, name, (size_t)(dot - name)));
		name = dot + 1;
	}
	*last = name;
	return schema;
}

static bool
is_required(const struct json *object, const char *name)
{
	const struct json *v;

	for (v = json_first(json_get(object, "required")); v != NULL; v = json_next(v))
		if (strcmp(json_str(v), name) == 0)
			return true;
	return false;
}

static const char *
type_of(enum param_kind kind)
{
	switch (kind) {
	case PARAM_INT: return "integer";
	case PARAM_NUM: return "number";
	case PARAM_BOOL: return "boolean";
	case PARAM_IDS: case PARAM_STRS: return "array";
	case PARAM_OBJ: return "object";
	case PARAM_ANY: return "any";
	default: return "string";
	}
}

static bool
same_bounds(const struct param *p, const struct json *property)
{
	bool text = p->kind == PARAM_STR, number = p->kind == PARAM_INT || p->kind == PARAM_NUM;
	double min = json_num(json_get(property, text ? "minLength" : "minimum"), 0);
	double max = json_num(json_get(property, text ? "maxLength" : "maximum"), -1);

	return !(text || number) || ((double)p->min == min && (double)p->max == max);
}

static size_t
count_required(const struct param *p)
{
	size_t n = 0;

	for (; p->name != NULL; p++)
		n += p->required && strchr(p->name, '.') == NULL;
	return n;
}

static void
check_row(const struct topic_in *row, const struct json *schema)
{
	const struct json *object, *property;
	const struct param *p;
	const char *last;

	for (p = row->params; p->name != NULL; p++) {
		object = descend(schema, p->name, &last);
		property = json_get(json_get(object, "properties"), last);
		if (!ok(property != NULL, "%s %s: the schema describes %s", row->topic, row->type, p->name))
			continue;
		is_str(json_str(json_get(property, "type")), type_of(p->kind),
		    "%s %s: the schema has the type of %s", row->topic, row->type, p->name);
		ok(same_bounds(p, property),
		    "%s %s: the schema has the bounds of %s", row->topic, row->type, p->name);
		is_int(is_required(object, last), p->required,
		    "%s %s: the schema says that %s is %s", row->topic, row->type, p->name,
		    p->required ? "required" : "optional");
	}
	is_int(json_count(json_get(schema, "required")), count_required(row->params),
	    "%s %s: the schema requires nothing else", row->topic, row->type);
}

/* Every example of the type (`typed`: there are others) binds; without its first required member it does not. */
static void
check_examples(const struct topic_in *row, const struct json *root, bool typed)
{
	const struct json *e, *type;
	struct param_faults faults;
	struct param_input in = { 0 };
	int n = 0;

	for (e = json_first(json_get(root, "examples")); e != NULL; e = json_next(e)) {
		type = json_get(e, "type");
		if (typed && type != NULL && strcmp(json_str(type), row->type) != 0)
			continue;
		in.body = e;
		is_int(param_bind(&mem, row->params, &in, arena_zalloc(&mem, row->args_bytes), &faults), 0,
		    "%s %s: the example of the schema is accepted",
		    row->topic, row->type);
		n++;
	}
	ok(n > 0, "%s %s: the schema has an example", row->topic, row->type);
	json_parse(&mem, "{}", 2, &in.body);
	is_int(param_bind(&mem, row->params, &in, arena_zalloc(&mem, row->args_bytes), &faults), E_VALIDATION,
	    "%s %s: an empty message is refused", row->topic, row->type);
}

int
main(void)
{
	const struct topic_in *const *t, *row;
	const struct kafka_topic *k;

	arena_init(&mem, 65536);
	for (k = kafka_topics; k->name != NULL; k++)
		ok(read_schema(k->name) != NULL, "%s has a schema", k->name);
	for (t = topics_in; *t != NULL; t++) {
		for (row = *t; row->topic != NULL; row++) {
			const struct json *root = read_schema(row->topic),
			    *def = json_get(json_get(root, "$defs"), row->type);

			check_row(row, def != NULL ? def : root);
			check_examples(row, root, (*t)[1].topic != NULL);
		}
	}
	arena_fini(&mem);
	return done_testing();
}
