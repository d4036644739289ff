/* event_shape.c -- the JSON Schema of every rule of the notation, and malformed shapes. */
#include "tap.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/event_shape.h"

static const struct { const char *shape, *schema; } good[] = {
	{ "str", "{\"type\":\"string\"}" },
	{ "str|null", "{\"type\":[\"string\",\"null\"]}" },
	{ "id", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}" },
	{ "time", "{\"type\":\"string\",\"format\":\"date-time\"}" },
	{ "any", "{\"title\":\"any value\"}" },
	{ "0..100", "{\"type\":\"number\",\"minimum\":0,\"maximum\":100}" },
	{ "-1..9i", "{\"type\":\"integer\",\"minimum\":-1,\"maximum\":9}" },
	{ "'a'|'b c'", "{\"type\":\"string\",\"enum\":[\"a\",\"b c\"]}" },
	{ "'a'|null", "{\"anyOf\":[{\"type\":\"string\",\"enum\":[\"a\"]},{\"type\":\"null\"}]}" },
	{ "true", "{\"const\":true}" },
	{ "[int]", "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}" },
	{ "{}", "{\"type\":\"object\",\"properties\":{}}" },
	{ "{a:str, b-c?:[bool]}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},"
	    "\"b-c\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}},\"required\":[\"a\"]}" },
	{ "{a?:num, ...}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}},"
	    "\"additionalProperties\":true}" },
	{ "{*:int}", "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":{\"type\":\"integer\"}}" },
	{ "@Card", "{\"$ref\":\"#/components/schemas/Card\"}" },
	{ "[@Card]|str", "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"$ref\":"
	    "\"#/components/schemas/Card\"}}]}" },
	{ "int \"in ms\"", "{\"type\":\"integer\",\"description\":\"in ms\"}" },
	{ "@Card \"the first\"", "{\"allOf\":[{\"$ref\":\"#/components/schemas/Card\"}],\"description\":\"the "
	    "first\"}" },
	{ "{a:str \"one\", b:str|null \"two\"}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\","
	    "\"description\":"
	    "\"one\"},\"b\":{\"type\":[\"string\",\"null\"],\"description\":\"two\"}},\"required\":[\"a\",\"b\"]}" },
};

static const char *const bad[] = { "", "strr", "{a:str", "{a}", "{a:str,}", "[str", "'a", "str|", "0..", "@",
    "str str",
	"str \"x", "{..., a:str}", "[[[[[[[[[[[[[[[[[int]]]]]]]]]]]]]]]]]" };

int
main(void)
{
	const struct json *parsed;
	struct buf out = { 0 };
	struct arena mem;
	size_t i;

	arena_init(&mem, 4096);
	for (i = 0; i < NELEM(good); i++) {
		buf_reset(&out);
		ok(event_shape_schema(&out, good[i].shape), "%s is well-formed", good[i].shape);
		ok(json_parse(&mem, out.p, out.n, &parsed) == 0, "the schema of %s is JSON", good[i].shape);
		buf_byte(&out, '\0');
		is_str(out.p, good[i].schema, "the schema of %s", good[i].shape);
	}
	for (i = 0; i < NELEM(bad); i++)
		ok(!event_shape_schema(&out, bad[i]), "'%s' is malformed", bad[i]);
	buf_fini(&out);
	arena_fini(&mem);
	return done_testing();
}
