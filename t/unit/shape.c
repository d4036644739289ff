/* shape.c -- the notation of shapes as JSON Schema and as examples. */
#include "base/shape.h"

#include "tap.h"

static const struct shape_name names[] = {
	{ "Tea", "{id:uuid, name:string = \"녹차, {찻잔}\", ?price:int|null}" },
	{ NULL, NULL },
};

static struct arena mem;

static const char *
put(void (*fn)(struct buf *, const struct shape *), const char *text)
{
	struct buf out = { 0 };

	fn(&out, shape_parse(&mem, names, &text));
	is_str(text, "", "the shape is read to its end");
	return buf_to_arena(&mem, &out).p;
}

static void
same(const char *text, const char *schema, const char *example)
{
	is_str(put(shape_schema, text), schema, text);
	is_str(put(shape_example, text), example, text);
}

static void
test_types(void)
{
	same("string", "{\"type\":\"string\"}", "\"…\"");
	same("any", "{}", "{}");
	same("time = \"2026-02-03T04:05:06.000Z\"", "{\"type\":\"string\",\"format\":\"date-time\"}",
	    "\"2026-02-03T04:05:06.000Z\"");
	same("'on'", "{\"const\":\"on\"}", "\"on\"");
	same("[ [int] ]",
	    "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}", "[[1]]");
}

static void
test_objects(void)
{
	same("{ }", "{\"type\":\"object\",\"properties\":{}}", "{}");
	same("{a:int, ?b:bool}",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"boolean\"}},\"required\":[\"a\"]}",
	    "{\"a\":1,\"b\":true}");
	same("{?b:bool}", "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"boolean\"}}}", "{\"b\":true}");
	same("{*:num} = {\"x\":[1,2]}",
	    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":{\"type\":\"number\"}}", "{\"x\":[1,2]}");
}

static void
test_ranges(void)
{
	same("0..100", "{\"type\":\"number\",\"minimum\":0,\"maximum\":100}", "0");
	same("-1..9i", "{\"type\":\"integer\",\"minimum\":-1,\"maximum\":9}", "-1");
	same("id", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}", "\"p-1\"");
}

static void
test_open_objects(void)
{
	same("{?a:num, ...}",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}},\"additionalProperties\":true}", "{\"a\":0.5}");
}

static void
test_descriptions(void)
{
	same("int \"in ms\" = 5", "{\"type\":\"integer\",\"description\":\"in ms\"}", "5");
	same("any \"it\"", "{\"description\":\"it\"}", "{}");
	same("{a:Tea \"the first\"} \"all\"",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"allOf\":[{\"$ref\":\"#/components/schemas/Tea\"}],"
	    "\"description\":\"the first\"}},\"required\":[\"a\"],\"description\":\"all\"}",
	    "{\"a\":{\"id\":\"6f0c4a52-9d0e-4c1b-8f0a-2b7d5e3c9a10\",\"name\":\"녹차, {찻잔}\",\"price\":1}}");
}

static void
test_unions(void)
{
	same("'a'|'b'|null", "{\"enum\":[\"a\",\"b\",null]}", "\"a\"");
	same("|'a'|'a'|'b'", "{\"enum\":[\"a\",\"b\"]}", "\"a\"");
	same("null|string", "{\"type\":[\"null\",\"string\"]}", "null");
	same("null|time", "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"string\",\"format\":\"date-time\"}]}", "null");
}

static void
test_names(void)
{
	same("[Tea]", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Tea\"}}",
	    "[{\"id\":\"6f0c4a52-9d0e-4c1b-8f0a-2b7d5e3c9a10\",\"name\":\"녹차, {찻잔}\",\"price\":1}]");
	same("{...Tea, sold:int = 3}",
	    "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\"},\"name\":{\"type\":\"string\"},"
	    "\"price\":{\"type\":[\"integer\",\"null\"]},\"sold\":{\"type\":\"integer\"}},"
	    "\"required\":[\"id\",\"name\",\"sold\"]}",
	    "{\"id\":\"6f0c4a52-9d0e-4c1b-8f0a-2b7d5e3c9a10\",\"name\":\"녹차, {찻잔}\",\"price\":1,\"sold\":3}");
}

int
main(void)
{
	arena_init(&mem, 4096);
	test_types();
	test_objects();
	test_ranges();
	test_open_objects();
	test_descriptions();
	test_unions();
	test_names();
	arena_fini(&mem);
	return done_testing();
}
