/* framing.c -- HTTP/1.1 framing, one state a kind of byte. See framing.h. */
#include "framing.h"

#include <string.h>

enum { EMPTY_LINES_MAX = 1, LENGTH_DIGITS = 18, SIZE_DIGITS = 15, EXTENSION_BYTES = 255 };

enum { TOKEN = 1, TARGET = 2, VALUE = 4, HOST = 8, HEX = 16 };

/* What a byte may stand in. The target may hold raw UTF-8, which RFC 3986 does not have and people type. */
#define T	(TOKEN | TARGET | VALUE | HOST)
#define X	(T | HEX)
#define G	(TARGET | VALUE)
#define H	(TARGET | VALUE | HOST)
static const uint8_t kinds[256] = {
	['\t'] = VALUE, [' '] = VALUE,
	['!'] = T, ['"'] = G, ['#'] = TOKEN | VALUE, ['$'] = T, ['%'] = T, ['&'] = T, ['\''] = T, ['('] = H, [')'] = H,
	['*'] = T, ['+'] = T,
	[','] = G, ['-'] = T, ['.'] = T, ['/'] = G, ['0' ... '9'] = X, [':'] = H, [';'] = H, ['<'] = G, ['='] = H,
	['>'] = G, ['?'] = G, ['@'] = G,
	['A' ... 'F'] = X, ['G' ... 'Z'] = T, ['['] = H, ['\\'] = G, [']'] = H, ['^'] = T, ['_'] = T, ['`'] = T,
	['a' ... 'f'] = X, ['g' ... 'z'] = T, ['{'] = G, ['|'] = T, ['}'] = G, ['~'] = T, [0x80 ... 0xff] = G,
};
#undef T
#undef X
#undef G
#undef H

/* The fields that decide how a request is framed. */
enum field { FIELD_OTHER, FIELD_HOST, FIELD_LENGTH, FIELD_TRANSFER, FIELD_UPGRADE };
static const struct {
	const char	*name;
	uint8_t		 n;
	enum field	 field;
} fields[] = {
	{ "host", 4, FIELD_HOST }, { "content-length", 14, FIELD_LENGTH }, { "transfer-encoding", 17, FIELD_TRANSFER },
	    { "upgrade", 7, FIELD_UPGRADE },
};

static void
enter_framing(struct framing *f, enum framing_state state)
{
	f->state = state;
	f->word_n = 0;
	f->blank = false;
}

static void
break_framing(struct framing *f, enum framing_fault fault)
{
	f->fault = fault;
	f->state = FRAMING_BROKEN;
}

/* Append the byte to `word` in lower case while there is room; word_n records an overflow. */
static void
keep_byte(struct framing *f, char c)
{
	if (f->word_n < sizeof(f->word))
		f->word[f->word_n] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	if (f->word_n <= sizeof(f->word))
		f->word_n++;
}

static bool
word_is(const struct framing *f, const char *text, size_t n)
{
	return f->word_n == n && memcmp(f->word, text, n) == 0;
}

static void
begin_request(struct framing *f)
{
	*f = (struct framing){ .state = FRAMING_START };
}

/* --- Fields --- */

/* A value begins, empty ones too. */
static void
begin_value(struct framing *f)
{
	size_t i;

	f->field = FIELD_OTHER;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (word_is(f, fields[i].name, fields[i].n))
			f->field = fields[i].field;
	enter_framing(f, FRAMING_BEFORE_VALUE);
	if (f->trailer)
		f->field = FIELD_OTHER;		/* a trailer frames nothing (RFC 9110 6.5.1) */
	if (f->field == FIELD_UPGRADE)
		f->upgrade = !f->old;
	if (f->field == FIELD_HOST && f->hosted)
		break_framing(f, FRAMING_HOST);
	if (f->field == FIELD_LENGTH && (f->has_length || f->chunked))
		break_framing(f, FRAMING_LENGTH);
	if (f->field == FIELD_TRANSFER && (f->chunked || f->has_length || f->old))
		break_framing(f, f->has_length ? FRAMING_LENGTH : FRAMING_TRANSFER);
}

/* Whether the byte may stand in the value of a field that frames. None has white space inside: in Transfer-Encoding
 * that makes a list. */
static bool
fits_value(struct framing *f, char c)
{
	switch ((enum field)f->field) {
	case FIELD_HOST:
		return !f->blank && (kinds[(unsigned char)c] & HOST) != 0;
	case FIELD_LENGTH:
		f->length = f->length * 10 + (uint64_t)(c - '0');
		return !f->blank && c >= '0' && c <= '9' && f->word_n < LENGTH_DIGITS;
	case FIELD_TRANSFER:
		return !f->blank;
	case FIELD_UPGRADE:
	case FIELD_OTHER:
		break;
	}
	return true;
}

static void
add_to_value(struct framing *f, char c)
{
	bool blank = c == ' ' || c == '\t';

	if (!blank && !fits_value(f, c))
		break_framing(f, f->field == FIELD_HOST ? FRAMING_HOST : f->field == FIELD_LENGTH ? FRAMING_LENGTH
		    : FRAMING_CODING);
	else if (!blank && f->field != FIELD_OTHER)
		keep_byte(f, c);
	f->blank = blank;
}

static void
end_transfer(struct framing *f)
{
	if (f->word_n == 0 || f->blank)
		break_framing(f, FRAMING_TRANSFER);
	else if (!word_is(f, "chunked", 7))
		break_framing(f, FRAMING_CODING);
	f->chunked = true;
}

/* The CR behind a value. White space may stand before it (RFC 9110 5.5), but the library takes "chunked " for no coding
 * at all: where readers differ about how a request is framed, it is refused. */
static void
end_value(struct framing *f)
{
	switch ((enum field)f->field) {
	case FIELD_HOST:
		f->hosted = true;
		break;
	case FIELD_LENGTH:
		if (f->word_n == 0 || f->blank)
			break_framing(f, FRAMING_LENGTH);
		f->has_length = true;
		break;
	case FIELD_TRANSFER:
		end_transfer(f);
		break;
	case FIELD_UPGRADE:
	case FIELD_OTHER:
		break;
	}
	if (f->fault == FRAMING_OK)
		enter_framing(f, FRAMING_FIELD_LF);
}

/* --- Requests --- */

static void
end_request(struct framing *f)
{
	if (f->upgrade)
		enter_framing(f, FRAMING_OTHER_PROTOCOL);
	else
		begin_request(f);
}

/* The empty line. True: the request is over with it. */
static bool
end_head(struct framing *f)
{
	if (!f->trailer && !f->hosted && !f->old) {
		break_framing(f, FRAMING_HOST);
		return false;
	}
	if (!f->trailer && f->chunked) {
		enter_framing(f, FRAMING_SIZE);
		f->left = 0;
		return false;
	}
	if (!f->trailer && f->length > 0) {
		enter_framing(f, FRAMING_BODY);
		f->left = f->length;
		return false;
	}
	end_request(f);
	return true;
}

static void
end_version(struct framing *f)
{
	if (f->word_n == 8 && memcmp(f->word, "HTTP/1.", 7) == 0 && f->word[7] >= '0' && f->word[7] <= '9') {
		f->old = f->word[7] == '0';
		enter_framing(f, FRAMING_REQUEST_LF);
	} else {
		break_framing(f, f->word_n == 8 && memcmp(f->word, "HTTP/", 5) == 0
		    ? FRAMING_VERSION : FRAMING_REQUEST_LINE);
	}
}

/* --- Chunks --- */

static int
hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void
take_size(struct framing *f, char c)
{
	if ((kinds[(unsigned char)c] & HEX) != 0 && f->word_n < SIZE_DIGITS) {
		f->left = f->left * 16 + (uint64_t)hex_value(c);
		keep_byte(f, c);
	} else if (f->word_n == 0) {
		break_framing(f, FRAMING_CHUNK);
	} else if (c == '\r') {
		f->state = FRAMING_SIZE_LF;
	} else if (c == ';') {
		enter_framing(f, FRAMING_EXTENSION);
	} else {
		break_framing(f, FRAMING_CHUNK);
	}
}

static void
take_extension(struct framing *f, char c)
{
	if (c == '\r')
		f->state = FRAMING_SIZE_LF;
	else if ((kinds[(unsigned char)c] & VALUE) == 0 || f->count++ == EXTENSION_BYTES)
		break_framing(f, FRAMING_CHUNK);
}

static void
end_size(struct framing *f)
{
	f->count = 0;
	f->trailer = f->left == 0;
	enter_framing(f, f->trailer ? FRAMING_FIELD : FRAMING_DATA);
}

/* --- The bytes --- */

static void
expect_byte(struct framing *f, char c, char wanted, enum framing_state next, enum framing_fault fault)
{
	if (c == wanted)
		enter_framing(f, next);
	else
		break_framing(f, fault);
}

static void
start_request(struct framing *f, char c)
{
	if (c == '\r' && f->count++ < EMPTY_LINES_MAX) {
		f->state = FRAMING_START_LF;
	} else if ((kinds[(unsigned char)c] & TOKEN) != 0) {
		enter_framing(f, FRAMING_METHOD);
	} else {
		break_framing(f, c == '\r' || c == '\n' ? FRAMING_LINE_END : FRAMING_REQUEST_LINE);
	}
}

static void
take_method(struct framing *f, char c)
{
	if (c == ' ')
		enter_framing(f, FRAMING_TARGET);
	else if ((kinds[(unsigned char)c] & TOKEN) == 0)
		break_framing(f, FRAMING_REQUEST_LINE);
}

static void
take_target(struct framing *f, char c)
{
	if (c == ' ' && f->word_n > 0)
		enter_framing(f, FRAMING_HTTP);
	else if ((kinds[(unsigned char)c] & TARGET) == 0)
		break_framing(f, FRAMING_REQUEST_LINE);
	else
		f->word_n = 1;
}

static void
take_version(struct framing *f, char c)
{
	if (c == '\r')
		end_version(f);
	else if ((kinds[(unsigned char)c] & TARGET) == 0 || f->word_n > 8)
		break_framing(f, FRAMING_REQUEST_LINE);
	else
		f->word[f->word_n++] = c;
}

static void
take_name(struct framing *f, char c)
{
	if (c == ':')
		begin_value(f);
	else if ((kinds[(unsigned char)c] & TOKEN) == 0)
		break_framing(f, FRAMING_NAME);
	else
		keep_byte(f, c);
}

static void
start_field(struct framing *f, char c)
{
	if (c == '\r')
		f->state = FRAMING_HEAD_LF;
	else if ((kinds[(unsigned char)c] & TOKEN) == 0)
		break_framing(f, c == '\n' ? FRAMING_LINE_END : FRAMING_NAME);
	else {
		enter_framing(f, FRAMING_FIELD_NAME);
		keep_byte(f, c);
	}
}

static void
take_value_byte(struct framing *f, char c)
{
	if (c == '\r')
		end_value(f);
	else if ((kinds[(unsigned char)c] & VALUE) == 0)
		break_framing(f, c == '\n' ? FRAMING_LINE_END : FRAMING_VALUE);
	else if (f->state == FRAMING_FIELD_VALUE || (c != ' ' && c != '\t')) {
		f->state = FRAMING_FIELD_VALUE;
		add_to_value(f, c);
	}
}

/* Whether none of eight bytes is a control character: then all may stand in a value. */
static bool
is_plain(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t w, del;

	memcpy(&w, p, sizeof(w));
	del = w ^ ones * 0x7f;
	return ((((w - ones * ' ') & ~w) | ((del - ones) & ~del)) & high) == 0;
}

/* Runs of bytes that change nothing, the bulk of a head. */
static const char *
skip_run(const struct framing *f, const char *p, const char *end)
{
	uint8_t kind = f->state == FRAMING_TARGET && f->word_n > 0 ? TARGET :
	    f->state == FRAMING_FIELD_VALUE && (f->field == FIELD_OTHER || f->field == FIELD_UPGRADE) ? VALUE : 0;

	if (kind == VALUE)
		while (end - p >= 8 && is_plain(p))
			p += 8;
	if (kind != 0)
		while (p < end && (kinds[(unsigned char)*p] & kind) != 0)
			p++;
	return p;
}

/* Bytes of a body, as many as there are. */
static size_t
take_body(struct framing *f, size_t n)
{
	size_t taken = n < f->left ? n : (size_t)f->left;

	f->left -= taken;
	if (f->left == 0 && f->state == FRAMING_BODY)
		end_request(f);
	else if (f->left == 0)
		enter_framing(f, FRAMING_DATA_CR);
	return taken;
}

/* One byte that no run and no body holds. True: the request ended with it. */
static bool
take_byte(struct framing *f, char c)
{
	switch (f->state) {
	case FRAMING_START:
		start_request(f, c);
		break;
	case FRAMING_START_LF:
		if (c == '\n')
			f->state = FRAMING_START;
		else
			break_framing(f, FRAMING_LINE_END);
		break;
	case FRAMING_METHOD:
		take_method(f, c);
		break;
	case FRAMING_TARGET:
		take_target(f, c);
		break;
	case FRAMING_HTTP:
		take_version(f, c);
		break;
	case FRAMING_REQUEST_LF:
	case FRAMING_FIELD_LF:
		expect_byte(f, c, '\n', FRAMING_FIELD, FRAMING_LINE_END);
		break;
	case FRAMING_FIELD:
		start_field(f, c);
		break;
	case FRAMING_FIELD_NAME:
		take_name(f, c);
		break;
	case FRAMING_BEFORE_VALUE:
	case FRAMING_FIELD_VALUE:
		take_value_byte(f, c);
		break;
	case FRAMING_HEAD_LF:
		if (c == '\n')
			return end_head(f);
		break_framing(f, FRAMING_LINE_END);
		break;
	case FRAMING_SIZE:
		take_size(f, c);
		break;
	case FRAMING_EXTENSION:
		take_extension(f, c);
		break;
	case FRAMING_SIZE_LF:
		if (c == '\n')
			end_size(f);
		else
			break_framing(f, FRAMING_CHUNK);
		break;
	case FRAMING_DATA_CR:
		expect_byte(f, c, '\r', FRAMING_DATA_LF, FRAMING_CHUNK);
		break;
	case FRAMING_DATA_LF:
		expect_byte(f, c, '\n', FRAMING_SIZE, FRAMING_CHUNK);
		break;
	case FRAMING_BODY:
	case FRAMING_DATA:
	case FRAMING_OTHER_PROTOCOL:
	case FRAMING_BROKEN:
		break;
	}
	return false;
}

size_t
framing_read(struct framing *f, const char *p, size_t n)
{
	const char *begin = p, *end = p + n;
	bool extends;

	while (p < end) {
		if (f->state == FRAMING_OTHER_PROTOCOL)
			return n;
		if (f->state == FRAMING_BODY || f->state == FRAMING_DATA) {
			p += take_body(f, (size_t)(end - p));
			if (framing_between(f))
				break;
			continue;
		}
		if ((p = skip_run(f, p, end)) == end)
			break;
		extends = framing_extends(f);
		if (take_byte(f, *p) || f->fault != FRAMING_OK || extends != framing_extends(f))
			return (size_t)(p - begin) + (f->fault == FRAMING_OK);
		p++;
	}
	return (size_t)(p - begin);
}

bool
framing_between(const struct framing *f)
{
	return (f->state == FRAMING_START && f->count == 0) || f->state == FRAMING_OTHER_PROTOCOL;
}

bool
framing_extends(const struct framing *f)
{
	return f->state == FRAMING_EXTENSION;
}

const char *
framing_reason(enum framing_fault fault, bool english)
{
	static const struct {
		const char	*ko, *en;
	} reasons[FRAMING_FAULTS] = {
		[FRAMING_OK] = { "", "" },
		[FRAMING_REQUEST_LINE] = { "요청 줄의 형식이 올바르지 않습니다.", "The request line is malformed." },
		[FRAMING_VERSION] = { "지원하지 않는 HTTP 버전입니다.", "This version of HTTP is not supported." },
		[FRAMING_LINE_END] = { "줄은 CR LF로 끝나야 합니다.", "Lines must end in CR LF." },
		[FRAMING_NAME] = { "헤더 이름이 올바르지 않습니다.", "A header has no valid name." },
		[FRAMING_VALUE] = { "헤더 값에 제어 문자가 있습니다.", "A header value holds a control character." },
		[FRAMING_HOST] = { "Host 헤더가 정확히 하나 필요합니다.", "Exactly one valid Host header is required." },
		[FRAMING_LENGTH] = { "Content-Length가 올바르지 않습니다.", "The Content-Length is not valid." },
		[FRAMING_TRANSFER] = { "Transfer-Encoding이 올바르지 않습니다.", "The Transfer-Encoding is not valid." },
		[FRAMING_CODING] = { "지원하지 않는 Transfer-Encoding입니다.", "This Transfer-Encoding is not supported." },
		[FRAMING_CHUNK] = { "청크 형식이 올바르지 않습니다.", "A chunk is malformed." },
	};

	return english ? reasons[fault].en : reasons[fault].ko;
}
