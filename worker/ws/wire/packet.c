/* packet.c -- Socket.IO packets. See packet.h. */
#include "packet.h"

#include "base/err.h"

/* The digits at *p; -1 when there is none or the number is beyond `max`. */
static int64_t
take_number(const char **p, const char *end, int64_t max)
{
	const char *s = *p;
	int64_t v = 0;

	for (; s < end && *s >= '0' && *s <= '9'; s++)
		if ((v = v * 10 + (*s - '0')) > max)
			return -1;
	if (s == *p)
		return -1;
	*p = s;
	return v;
}

static void
take_namespace(const char **p, const char *end, struct str *nsp)
{
	const char *comma, *query;

	*nsp = STR("/");
	if (*p == end || **p != '/')
		return;
	if ((comma = memchr(*p, ',', (size_t)(end - *p))) == NULL)
		comma = end;
	query = memchr(*p, '?', (size_t)(comma - *p));
	*nsp = (struct str){ *p, (size_t)((query != NULL ? query : comma) - *p) };
	*p = comma < end ? comma + 1 : end;
}

static bool
is_binary(enum packet_type t)
{
	return t == PACKET_BINARY_EVENT || t == PACKET_BINARY_ACK;
}

int
packet_decode(const char *p, size_t n, struct packet *out)
{
	const char *end = p + n;

	*out = (struct packet){ .ack = -1 };
	if (n == 0 || *p < '0' || *p > '6')
		return E_BAD_REQUEST;
	out->type = (enum packet_type)(*p++ - '0');
	if (is_binary(out->type)) {
		out->attachments = (int)take_number(&p, end, PACKET_ATTACHMENTS_MAX);
		if (out->attachments < 0 || p == end || *p++ != '-')
			return E_BAD_REQUEST;
	}
	take_namespace(&p, end, &out->nsp);
	if (p < end && *p >= '0' && *p <= '9' && (out->ack = take_number(&p, end, INT64_MAX / 100)) < 0)
		return E_BAD_REQUEST;
	out->data = (struct str){ p, (size_t)(end - p) };
	return 0;
}

void
packet_head(struct buf *out, enum packet_type type, int attachments, const char *nsp, int64_t ack)
{
	buf_byte(out, (char)('0' + type));
	if (is_binary(type))
		buf_printf(out, "%d-", attachments);
	if (strcmp(nsp, "/") != 0) {
		buf_str(out, nsp);
		buf_byte(out, ',');
	}
	if (ack >= 0)
		buf_printf(out, "%lld", (long long)ack);
}
