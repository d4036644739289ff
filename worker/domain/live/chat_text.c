/* chat_text.c -- checks and cleans message texts: length, links, unwanted words. See chat.h. Does not yield. */
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "chat.h"
#include "profanity.h"

enum { LIST_BYTES_MAX = 4 << 20 };

static struct profanity *unwanted;

void
chat_text_start(void)
{
	const char *file = conf.chat_profanity_file;
	struct buf list = { 0 };
	char part[4096];
	size_t n;
	FILE *f;

	if (*file == '\0')
		return;
	if ((f = fopen(file, "re")) == NULL) {
		log_error("cannot read CHAT_PROFANITY_FILE", JS("file", file));
		return;
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0 && list.n < LIST_BYTES_MAX)
		buf_add(&list, part, n);
	fclose(f);
	unwanted = profanity_new((struct str){ list.p, list.n });
	log_info("chat word list loaded", JS("file", file), JI("words", (int64_t)profanity_words(unwanted)));
	buf_fini(&list);
}

/* --- Clean text --- */

/* Characters that are invisible or change the writing direction; the joiner of emoji is kept. */
static bool
is_hidden(uint32_t c)
{
	return (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x200b || c == 0x200e ||
	    c == 0x200f ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x3164 || c == 0x115f ||
	    c == 0x1160;
}

static bool
is_space(uint32_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029;
}

/* Removes hidden characters and merges runs of spaces. */
static struct str
clean_text(struct arena *mem, struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *was;
	struct buf b = { 0 };
	bool gap = false;
	uint32_t c;

	while (p < end) {
		was = p;
		if ((c = utf8_next(&p, end)) == 0)
			break;
		if (is_hidden(c))
			continue;
		if (is_space(c)) {
			gap = b.n > 0;
			continue;
		}
		if (gap)
			buf_byte(&b, ' ');
		gap = false;
		buf_add(&b, was, (size_t)(p - was));
	}
	return buf_to_arena(mem, &b);
}

/* --- Links --- */

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* Whether a dot is preceded and followed by what looks like a host name: "shop.example/…". */
static bool
ends_like_host(const char *dot, const char *begin, const char *end)
{
	static const char *const tops[] = {
		"com", "net", "org", "info", "biz", "xyz", "site", "online", "top", "app", "dev", "shop", "store", "link",
		"club", "kr", "co", "io", "me", "ly", "gg", "tv", "ru", "cn", "jp", "us", "eu", "uk", "to", "cc", "gl",
		"be", "ai",
	};
	const char *p = dot + 1;
	size_t i, n;

	if (dot == begin || (!is_host_char(dot[-1]) && (unsigned char)dot[-1] < 0x80))
		return false;
	while (p < end && is_host_char(*p))
		p++;
	n = (size_t)(p - dot - 1);
	for (i = 0; i < NELEM(tops); i++)
		if (strlen(tops[i]) == n && strncasecmp(tops[i], dot + 1, n) == 0)
			return true;
	return false;
}

static bool
has_link(struct str text)
{
	const char *p = text.p, *end = text.p + text.n;

	for (; p < end; p++) {
		if (*p == ':' && end - p > 2 && p[1] == '/' && p[2] == '/')
			return true;
		if ((end - p > 4 && strncasecmp(p, "www.", 4) == 0) || (*p == '.' && ends_like_host(p, text.p, end)))
			return true;
	}
	return false;
}

static bool
may_link(bool keeper)
{
	return strcmp(conf.chat_links, "everybody") == 0 || (keeper && strcmp(conf.chat_links, "moderators") == 0);
}

int
chat_text(struct arena *mem, const char *text, bool keeper, struct str *out)
{
	struct str masked;

	*out = clean_text(mem, str_of(text));
	if (out->n == 0 || utf8_len(out->p, out->n) > (size_t)conf.chat_message_max)
		return E_VALIDATION;
	if (!may_link(keeper) && has_link(*out))
		return E_CHAT_LINK;
	if (unwanted == NULL || !profanity_find(unwanted, mem, *out, &masked))
		return 0;
	if (strcmp(conf.chat_profanity, "refuse") == 0)
		return E_CHAT_WORD;
	*out = masked;
	return 0;
}
