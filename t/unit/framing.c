/* framing.c -- where requests end and which bytes are refused, for each rule of RFC 9112, in every split of the bytes.
 */
#include "worker/http/framing.h"

#include <string.h>

#include "tap.h"

#define H "Host: x\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\n" H

/* How many whole requests the bytes hold, and the fault behind them. */
static const struct {
	const char		*what, *bytes;
	size_t			 n;
	int			 requests;
	enum framing_fault	 fault;
} cases[] = {
#define ROW(what, bytes, requests, fault) { what, bytes, sizeof(bytes) - 1, requests, fault },
	ROW("a GET", GET H "\r\n", 1, FRAMING_OK)
	ROW("two of them", GET H "\r\n" GET H "\r\n", 2, FRAMING_OK)
	ROW("half of one", GET "Ho", 0, FRAMING_OK)
	ROW("an empty line before", "\r\n" GET H "\r\n", 1, FRAMING_OK)
	ROW("two empty lines before", "\r\n\r\n" GET H "\r\n", 0, FRAMING_LINE_END)
	ROW("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 1, FRAMING_OK)
	ROW("raw UTF-8 in the target", "GET /\xea\xb0\x80 HTTP/1.1\r\n" H "\r\n", 1, FRAMING_OK)
	ROW("a body", POST "Content-Length: 2\r\n\r\nab" GET H "\r\n", 2, FRAMING_OK)
	ROW("a body of nothing", POST "Content-Length: 0\r\n\r\n" GET H "\r\n", 2, FRAMING_OK)
	ROW("half a body", POST "Content-Length: 5\r\n\r\nab", 0, FRAMING_OK)
	ROW("a body that looks like a request", POST "Content-Length: 18\r\n\r\n" GET "\r\n" GET H "\r\n", 2,
	    FRAMING_OK)
	ROW("white space around a value", POST "Content-Length:\t 2\r\nX: a \t\r\n\r\nab", 1, FRAMING_OK)
	ROW("white space behind a length", POST "Content-Length: 2 \r\n\r\nab", 0, FRAMING_LENGTH)
	ROW("white space behind chunked", POST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n", 0, FRAMING_TRANSFER)
	ROW("no white space before a value", "GET / HTTP/1.1\r\nHost:x\r\n\r\n", 1, FRAMING_OK)
	ROW("an empty value", GET H "X:\r\nY: \r\n\r\n", 1, FRAMING_OK)
	ROW("a value in Latin-1", GET H "X: \xe4\r\n\r\n", 1, FRAMING_OK)
	ROW("chunks", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n" GET H
	    "\r\n", 2, FRAMING_OK)
	ROW("Chunked in other letters", POST "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", 1, FRAMING_OK)
	ROW("trailers", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n" GET H "\r\n", 2,
	    FRAMING_OK)
	ROW("another protocol's bytes", GET H "Upgrade: websocket\r\n\r\n\x81\x80\r\n\0anything", 1, FRAMING_OK)

	ROW("TLS", "\x16\x03\x01\x02", 0, FRAMING_REQUEST_LINE)
	ROW("NUL", "\0", 0, FRAMING_REQUEST_LINE)
	ROW("a space first", " GET / HTTP/1.1\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("two spaces before the version", "GET /  HTTP/1.1\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("a space behind the version", "GET / HTTP/1.1 \r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("a tab for a space", "GET\t/ HTTP/1.1\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("no version", "GET /\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("a fragment", "GET /#a HTTP/1.1\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("http in small letters", "GET / http/1.1\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 0, FRAMING_VERSION)
	ROW("HTTP/1.10", "GET / HTTP/1.10\r\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("LF behind the request line", "GET / HTTP/1.1\n" H "\r\n", 0, FRAMING_REQUEST_LINE)
	ROW("CR alone behind it", "GET / HTTP/1.1\r" H "\r\n", 0, FRAMING_LINE_END)
	ROW("LF behind a field", GET "Host: x\n\r\n", 0, FRAMING_LINE_END)
	ROW("CR in a value", GET H "X: a\rb\r\n\r\n", 0, FRAMING_LINE_END)
	ROW("CR that ends a head", GET H "\rGET", 0, FRAMING_LINE_END)
	ROW("LF that ends a head", GET H "\n", 0, FRAMING_LINE_END)
	ROW("NUL in a value", GET H "X: a\0b\r\n\r\n", 0, FRAMING_VALUE)
	ROW("DEL in a value", GET H "X: a\x7f\r\n\r\n", 0, FRAMING_VALUE)
	ROW("a control character first", GET H "X: \x01\r\n\r\n", 0, FRAMING_VALUE)
	ROW("a space before the colon", GET H "Content-Length : 2\r\n\r\nab", 0, FRAMING_NAME)
	ROW("a tab before the colon", GET H "Content-Length\t: 2\r\n\r\nab", 0, FRAMING_NAME)
	ROW("an empty name", GET H ": a\r\n\r\n", 0, FRAMING_NAME)
	ROW("a bracket in a name", GET H "X-Invalid[]: a\r\n\r\n", 0, FRAMING_NAME)
	ROW("a line without a colon", GET H "abc\r\n\r\n", 0, FRAMING_NAME)
	ROW("a folded line", GET H "X: a\r\n b\r\n\r\n", 0, FRAMING_NAME)
	ROW("white space before the first field", GET " " H "\r\n", 0, FRAMING_NAME)
	ROW("no Host", GET "\r\n", 0, FRAMING_HOST)
	ROW("two Hosts", GET H H "\r\n", 0, FRAMING_HOST)
	ROW("two names in Host", GET "Host: a b\r\n\r\n", 0, FRAMING_HOST)
	ROW("a path in Host", GET "Host: a/b\r\n\r\n", 0, FRAMING_HOST)
	ROW("a list as length", POST "Content-Length: 2, 2\r\n\r\nab", 0, FRAMING_LENGTH)
	ROW("two lengths", POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 0, FRAMING_LENGTH)
	ROW("a length with a sign", POST "Content-Length: +2\r\n\r\nab", 0, FRAMING_LENGTH)
	ROW("a negative length", POST "Content-Length: -2\r\n\r\nab", 0, FRAMING_LENGTH)
	ROW("a length in two parts", POST "Content-Length: 1 1\r\n\r\n", 0, FRAMING_LENGTH)
	ROW("an empty length", POST "Content-Length:\r\n\r\n", 0, FRAMING_LENGTH)
	ROW("a length past all numbers", POST "Content-Length: 99999999999999999999\r\n\r\n", 0, FRAMING_LENGTH)
	ROW("a length and chunks", POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 0, FRAMING_LENGTH)
	ROW("chunks and a length", POST "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 0, FRAMING_LENGTH)
	ROW("chunked twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	    FRAMING_TRANSFER)
	ROW("an empty coding", POST "Transfer-Encoding: \r\n\r\n", 0, FRAMING_TRANSFER)
	ROW("chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, FRAMING_TRANSFER)
	ROW("xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", 0, FRAMING_CODING)
	ROW("identity", POST "Transfer-Encoding: identity\r\n\r\n", 0, FRAMING_CODING)
	ROW("gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, FRAMING_CODING)
	ROW("chunked in two parts", POST "Transfer-Encoding: chun ked\r\n\r\n", 0, FRAMING_CODING)
	ROW("chunked with a parameter", POST "Transfer-Encoding: chunked;a=b\r\n\r\n", 0, FRAMING_CODING)
	ROW("an endless coding", POST "Transfer-Encoding: chunkedchunkedchunkedchunkedchunkedchunked\r\n\r\n", 0,
	    FRAMING_CODING)
	ROW("a size that is none", POST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 0, FRAMING_CHUNK)
	ROW("a size with 0x", POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n", 0, FRAMING_CHUNK)
	ROW("a size with a space", POST "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n", 0, FRAMING_CHUNK)
	ROW("no size", POST "Transfer-Encoding: chunked\r\n\r\n\r\n", 0, FRAMING_CHUNK)
	ROW("a size past all numbers", POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 0, FRAMING_CHUNK)
	ROW("LF behind a size", POST "Transfer-Encoding: chunked\r\n\r\n1\na\r\n", 0, FRAMING_CHUNK)
	ROW("CR in an extension", POST "Transfer-Encoding: chunked\r\n\r\n1;a\rb\r\na\r\n", 0, FRAMING_CHUNK)
	ROW("more bytes than the chunk's size", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 0, FRAMING_CHUNK)
	ROW("a fault behind a good request", GET H "\r\n" GET H "X : a\r\n\r\n", 1, FRAMING_NAME)
	ROW("a trailer with a space", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX : y\r\n\r\n", 0, FRAMING_NAME)
};

struct verdict {
	int			 requests;
	size_t			 end;		/* of the last whole request */
	enum framing_fault	 fault;
};

/* Read the bytes in parts of `part`. */
static struct verdict
read_in_parts(const char *p, size_t n, size_t part)
{
	struct framing f = { 0 };
	struct verdict v = { 0 };
	size_t at = 0, stop;

	while (at < n && f.fault == FRAMING_OK) {
		for (stop = at + part < n ? at + part : n; at < stop && f.fault == FRAMING_OK;) {
			bool over = f.state == FRAMING_OTHER_PROTOCOL;

			at += framing_read(&f, p + at, stop - at);
			if (!over && framing_between(&f)) {
				v.requests++;
				v.end = at;
			}
		}
	}
	v.fault = f.fault;
	return v;
}

/* Every byte at every place of a value that is longer than the words it is read in. */
static void
check_value_bytes(void)
{
	static const char head[] = GET H "X: ";
	enum { AT = sizeof(head) - 1, LENGTH = 21 };
	char text[AT + LENGTH + 4];
	int c, at, wrong = 0;

	for (c = 0; c < 256; c++)
		for (at = 0; at < LENGTH; at++) {
			bool control = (c < ' ' && c != '\t') || c == 0x7f;
			struct verdict v;

			memcpy(text, head, AT);
			memset(text + AT, 'a', LENGTH);
			memcpy(text + AT + LENGTH, "\r\n\r\n", 4);
			text[AT + at] = (char)c;
			v = read_in_parts(text, sizeof(text), sizeof(text));
			wrong += v.requests != !control || v.fault != (!control ? FRAMING_OK : c == '\r' || c == '\n'
			    ? FRAMING_LINE_END : FRAMING_VALUE);
		}
	ok(wrong == 0, "control characters are refused at every place of a value, all other bytes are taken");
}

int
main(void)
{
	struct verdict whole, v;
	size_t i, part;
	bool same;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		whole = read_in_parts(cases[i].bytes, cases[i].n, cases[i].n);
		ok(whole.requests == cases[i].requests && whole.fault == cases[i].fault, "%s", cases[i].what);
		if (whole.requests != cases[i].requests || whole.fault != cases[i].fault)
			printf("# %d requests, fault %d: %s\n", whole.requests, whole.fault,
			    framing_reason(whole.fault, true));
		same = true;
		for (part = 1; part < cases[i].n; part++) {
			v = read_in_parts(cases[i].bytes, cases[i].n, part);
			same = same && v.requests == whole.requests && v.end == whole.end && v.fault == whole.fault;
		}
		ok(same, "the verdict is the same wherever the bytes are split");
	}
	check_value_bytes();
	return done_testing();
}
