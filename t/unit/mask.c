/* mask.c -- secrets by name and by looks; what is none stays; the log lines. */
#include "base/mask.h"

#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "tap.h"

static const struct { const char *name; bool secret; } names[] = {
	{ "password", true }, { "newPassword", true }, { "PASSWORD", true }, { "db_password", true },
	    { "api_key", true },
	{ "x-api-key", true }, { "apiKey", true }, { "credit_card", true }, { "creditCardNumber", true },
	    { "ssn", true },
	{ "accessToken", true }, { "refresh_token", true }, { "Authorization", true }, { "cookie", true },
	{ "user", false }, { "key", false }, { "productId", false }, { "pass", false }, { "", false },
};

static const struct { const char *in, *out; } texts[] = {
	{ "nothing here", "nothing here" },
	{ "password=hunter2 user=bob", "password=*** user=bob" },
	{ "{\"password\":\"a\\\"b\",\"user\":\"bob\"}", "{\"password\":\"***\",\"user\":\"bob\"}" },
	{ "{\"password\" : \"a b\"}", "{\"password\" : \"***\"}" },
	{ "host=x password='a b' port=1", "host=x password='***' port=1" },
	{ "/cb?api_key=abc&x=1&token=def", "/cb?api_key=***&x=1&token=***" },
	{ "Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***" },
	{ "sent bearer abc, then left", "sent bearer ***, then left" },
	{ "Basic dXNlcjpwYXNz rest", "Basic *** rest" },
	{ "got eyJhbGciOiJIUzI1NiJ9.e30.abc_- here", "got *** here" },
	{ "redis://:s3cret@host:6379/0", "redis://:***@host:6379/0" },
	{ "postgresql://dure:pw@db/dure and more", "postgresql://dure:***@db/dure and more" },
	{ "http://host:80/a@b", "http://host:80/a@b" },
	{ "ssn: 123-45-6789, name: x", "ssn: ***, name: x" },
	{ "invalid password", "invalid password" },
	{ "the token expired: try again", "the token expired: try again" },
	{ "password=", "password=" },
	{ "비밀번호 password=암호 다음", "비밀번호 password=*** 다음" },
};

static void
test_log(void)
{
	char line[2048] = "";
	int fd[2];
	ssize_t n;

	if (pipe(fd) < 0)
		return;
	log_to(fd[1]);
	log_error("failed: password=hunter2", JS("apiKey", "abc"), JS("why", "redis://:pw@h"), JS("user", "bob"),
	    JR("doc", STR("{\"ssn\":\"1\",\"a\":2}")), JI("token", 12345));
	log_to(2);
	n = read(fd[0], line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	ok(strstr(line, "hunter2") == NULL && strstr(line, "password=***") != NULL,
	    "a secret in a message is masked");
	ok(strstr(line, "\"apiKey\":\"***\"") != NULL, "a field is masked by its name");
	ok(strstr(line, "redis://:***@h") != NULL, "a field is masked by its value");
	ok(strstr(line, "{\"ssn\":\"***\",\"a\":2}") != NULL, "a secret inside JSON text is masked");
	ok(strstr(line, "12345") == NULL, "a secret number is masked");
	ok(strstr(line, "\"user\":\"bob\"") != NULL, "everything else is logged");
}

int
main(void)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < NELEM(names); i++)
		ok(mask_name(names[i].name, strlen(names[i].name)) == names[i].secret, "\"%s\" is %s secret",
		    names[i].name, names[i].secret ? "a" : "no");
	for (i = 0; i < NELEM(texts); i++) {
		buf_reset(&b);
		mask_text(&b, texts[i].in, strlen(texts[i].in));
		buf_byte(&b, '\0');
		is_str(b.p, texts[i].out, "%s", texts[i].in);
		ok(mask_needed(texts[i].in, strlen(texts[i].in)) == (strcmp(texts[i].in, texts[i].out) != 0),
		    "the log knows a masked name before its value");
	}
	buf_fini(&b);
	test_log();
	return done_testing();
}
