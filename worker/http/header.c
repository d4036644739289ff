/* header.c -- request headers by number, lists. See header.h and header.def. */
#include "header.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/weight.h"

static const struct {
	const char	*name;
	size_t		 n;
} names[HDR_COUNT] = {
#define X(id, name) { name, sizeof(name) - 1 },
#include "header.def"
#undef X
};

enum { SLOTS = 128 };

static size_t
slot_of(const char *name, size_t n)
{
	return ((size_t)(name[0] | 0x20) * 7 + (size_t)(name[n - 1] | 0x20) * 3 + n * 11) % SLOTS;
}

enum header
header_find(const char *name, size_t n)
{
	static unsigned char table[SLOTS];	/* 1 + the header, open addressing */
	static bool built;
	size_t i, s;

	for (i = 0; !built && i < HDR_COUNT; i++) {
		for (s = slot_of(names[i].name, names[i].n); table[s] != 0; s = (s + 1) % SLOTS)
			;
		table[s] = (unsigned char)(i + 1);
	}
	built = true;
	if (n == 0)
		return HDR_COUNT;
	for (s = slot_of(name, n); table[s] != 0; s = (s + 1) % SLOTS) {
		i = table[s] - 1u;
		if (names[i].n == n && strncasecmp(names[i].name, name, n) == 0)
			return (enum header)i;
	}
	return HDR_COUNT;
}

bool
header_forwards(const char *name, size_t n)
{
	static const struct {
		const char	*text;
		size_t		 n;
		bool		 prefix;
	} added[] = {
#define ROW(text, prefix) { text, sizeof(text) - 1, prefix },
		ROW("forwarded", false) ROW("via", false) ROW("x-real-ip", false) ROW("true-client-ip", false)
		ROW("x-forwarded-", true) ROW("cf-", true)
#undef ROW
	};
	size_t i;

	for (i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		if ((added[i].prefix ? n > added[i].n : n == added[i].n) &&
		    strncasecmp(name, added[i].text, added[i].n) == 0)
			return true;
	return false;
}

const char *
header_name(enum header h)
{
	return names[h].name;
}

bool
header_lists(const char *value, const char *token)
{
	return value != NULL && weight_in_list(value, token) > 0;
}

bool
header_is_type(const char *content_type, const char *type)
{
	size_t n = strlen(type);

	return strncasecmp(content_type, type, n) == 0 && strchr("; \t", content_type[n]) != NULL;
}

bool
header_request_id_ok(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n >= 1 && n <= 128 && id[n] == '\0';
}
