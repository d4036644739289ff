/* peer.c -- addresses, trusted proxies, operators. See peer.h.
 *
 * IPv4 is kept as IPv4-mapped IPv6, so that one comparison of prefixes serves both.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"

enum { PREFIXES_MAX = 64 };

struct prefix {
	struct in6_addr	 net;
	int		 bits;
};
struct prefixes {
	struct prefix	 v[PREFIXES_MAX];
	int		 n;
};
static struct prefixes trusted, operators;

static void
map_v4(struct in6_addr *out, const struct in_addr *v4)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(out->s6_addr + 12, v4, 4);
}

/* Parse an address of either family; *bits is the length of a whole one as written. */
static bool
parse_address(const char *text, struct in6_addr *out, int *bits)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_v4(out, &v4);
		*bits = 32;
		return true;
	}
	*bits = 128;
	return inet_pton(AF_INET6, text, out) == 1;
}

static bool
parse_prefix(char *text, struct prefix *out)
{
	char *slash = strchr(text, '/'), *end;
	int whole, bits;

	if (slash != NULL)
		*slash = '\0';
	if (!parse_address(text, &out->net, &whole))
		return false;
	bits = slash != NULL ? (int)strtol(slash + 1, &end, 10) : whole;
	if (bits < 0 || bits > whole || (slash != NULL && (end == slash + 1 || *end != '\0')))
		return false;
	out->bits = bits + (whole == 32 ? 96 : 0);
	return true;
}

static void
read_list(struct prefixes *out, const char *key, const char *text)
{
	char *list = strdup(text), *save, *item;

	if (list == NULL)
		abort();
	out->n = 0;
	for (item = strtok_r(list, ", ", &save); item != NULL; item = strtok_r(NULL, ", ", &save)) {
		if (out->n < PREFIXES_MAX && parse_prefix(item, &out->v[out->n]))
			out->n++;
		else
			log_warn("not an address or prefix", JS("key", key), JS("entry", item));
	}
	free(list);
}

void
peer_init(void)
{
	read_list(&trusted, "TRUSTED_PROXIES", conf.trusted_proxies);
	read_list(&operators, "OPS_ALLOW", conf.ops_allow);
}

static bool
in_prefix(const struct in6_addr *a, const struct prefix *p)
{
	int bytes = p->bits / 8, rest = p->bits % 8;

	if (memcmp(a->s6_addr, p->net.s6_addr, (size_t)bytes) != 0)
		return false;
	return rest == 0 || ((a->s6_addr[bytes] ^ p->net.s6_addr[bytes]) >> (8 - rest)) == 0;
}

static bool
is_listed(const struct prefixes *list, const struct in6_addr *a)
{
	int i;

	for (i = 0; i < list->n; i++)
		if (in_prefix(a, &list->v[i]))
			return true;
	return false;
}

bool
peer_is_operator(const char *ip)
{
	struct in6_addr a;
	int bits;

	return parse_address(ip, &a, &bits) && is_listed(&operators, &a);
}

/* One spelling for each address, and IPv4 for an IPv4-mapped one: clients are distinguished and counted by it. */
static void
print_address(const struct in6_addr *a, char out[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, a->s6_addr + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a, out, INET6_ADDRSTRLEN);
}

void
peer_learn(struct conn *c, const struct sockaddr *peer)
{
	static const struct in_addr none;
	struct in6_addr a;

	if (peer->sa_family == AF_INET6)
		a = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	else
		map_v4(&a, peer->sa_family == AF_INET
		    ? &((const struct sockaddr_in *)(const void *)peer)->sin_addr : &none);
	print_address(&a, c->ip);
	c->loopback = IN6_IS_ADDR_LOOPBACK(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && a.s6_addr[12] == 127);
	c->trusted = is_listed(&trusted, &a);
}

bool
peer_came_raw(int fd)
{
	struct sockaddr_in6 own = { .sin6_port = 0 };	/* the port lies where sockaddr_in has it */
	socklen_t n = sizeof(own);

	return conf.ws_raw_port != 0 && getsockname(fd, (struct sockaddr *)&own, &n) == 0 &&
	    ntohs(own.sin6_port) == conf.ws_raw_port;
}

const char *
peer_client(const char *peer_ip, const char *forwarded_for, char *out)
{
	const char *end = forwarded_for + strlen(forwarded_for), *start, *p;
	struct in6_addr a;
	size_t n;
	int bits;

	for (;; end = start - 1) {		/* from the last entry, the nearest hop's, to the first */
		for (start = end; start > forwarded_for && start[-1] != ','; start--)
			;
		p = start + strspn(start, " ");
		for (n = p < end ? (size_t)(end - p) : 0; n > 0 && p[n - 1] == ' '; n--)
			;
		if (n == 0 || n >= INET6_ADDRSTRLEN)
			return peer_ip;
		memcpy(out, p, n);
		out[n] = '\0';
		if (!parse_address(out, &a, &bits))
			return peer_ip;		/* nothing before a broken entry can be believed */
		if (!is_listed(&trusted, &a) || start == forwarded_for) {
			print_address(&a, out);
			return out;
		}
	}
}
