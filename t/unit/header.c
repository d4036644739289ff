/* header.c -- request headers by name; lists with qualities; addresses behind proxies. */
#include "tap.h"

#include "base/conf.h"
#include "base/str.h"
#include "worker/http/header.h"
#include "worker/http/peer.h"

static void
names(void)
{
	int h;

	for (h = 0; h < HDR_COUNT; h++)
		if (header_find(header_name((enum header)h), strlen(header_name((enum header)h))) != (enum header)h)
			break;
	is_int(h, HDR_COUNT, "every known header is found by its name");
	is_int(header_find("X-REQUEST-id", 12), HDR_X_REQUEST_ID, "header names match in any case");
	is_int(header_find("x-request-i", 11), HDR_COUNT, "a part of a header's name does not match");
	is_int(header_find("", 0), HDR_COUNT, "an empty name does not match");
}

static void
lists(void)
{
	static const struct { const char *list; bool gzip; } cases[] = {
		{ "gzip", true }, { "deflate, gzip;q=0.5, br", true }, { "gzip;q=0", false }, { "GZIP ; q=1", true },
		    { "xgzip", false },
		{ "br,gzip;q=0.000", false }, { "", false }, { NULL, false }, { ", ,,gzip", true },
		    { "gzipped", false },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		is_int(header_lists(cases[i].list, "gzip"), cases[i].gzip, "%s", cases[i].list != NULL
		    ? cases[i].list : "(none)");
	ok(header_is_type("application/JSON; charset=utf-8", "application/json"),
	    "a media type with parameters matches");
	ok(!header_is_type("application/jsonx", "application/json"), "a longer media type does not match");
	ok(header_request_id_ok("a-B_c.9") && !header_request_id_ok("") && !header_request_id_ok("a b") &&
	    !header_request_id_ok("a\n"), "well-formed request ids are accepted");
}

static void
forwards(void)
{
	static const char *const yes[] = { "Forwarded", "via", "X-Forwarded-Host", "x-forwarded-x", "CF-Connecting-IP",
	    "cf-ray", "True-Client-IP", "X-Real-IP" };
	static const char *const no[] = { "Host", "X-Forwarded-", "cf-", "Vi", "Viaduct", "CFX", "X-Request-Id" };
	size_t i;

	for (i = 0; i < NELEM(yes); i++)
		ok(header_forwards(yes[i], strlen(yes[i])), "a proxy adds %s", yes[i]);
	for (i = 0; i < NELEM(no); i++)
		ok(!header_forwards(no[i], strlen(no[i])), "no proxy adds %s", no[i]);
}

static void
peers(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char out[INET6_ADDRSTRLEN];
	struct conn c;

	conf.trusted_proxies = "10.0.0.0/8, 192.168.1.7, 2001:db8::/33, nonsense, 1.2.3.4/40";
	conf.ops_allow = "10.0.0.0/8";
	peer_init();
	ok(peer_is_operator("10.9.9.9") && !peer_is_operator("11.0.0.1") && !peer_is_operator("x"),
	    "operators are recognised by their addresses");
	v4.sin_addr.s_addr = htonl(0x0a010203);
	peer_learn(&c, (struct sockaddr *)&v4);
	is_str(c.ip, "10.1.2.3", "without a proxy the client is the peer");
	ok(c.trusted && !c.loopback, "an address inside a trusted prefix is trusted");
	v4.sin_addr.s_addr = htonl(0x0b010203);
	peer_learn(&c, (struct sockaddr *)&v4);
	ok(!c.trusted, "an address outside of a trusted prefix is not trusted");
	peer_learn(&c, (struct sockaddr *)&v6);
	ok(c.loopback && strcmp(c.ip, "::1") == 0, "an IPv6 loopback address is recognised");
	is_str(peer_client("10.1.2.3", "1.2.3.4", out), "1.2.3.4", "the single forwarded address is the client");
	is_str(peer_client("10.1.2.3", "6.6.6.6, 1.2.3.4, 10.9.9.9", out), "1.2.3.4",
	    "the last forwarded address that is not a proxy is the client");
	is_str(peer_client("10.1.2.3", "6.6.6.6,2001:db8::1", out), "6.6.6.6", "a trusted IPv6 proxy is recognised");
	is_str(peer_client("10.1.2.3", "2001:db8:8000::1", out), "2001:db8:8000::1",
	    "a prefix may end within a byte");
	is_str(peer_client("10.1.2.3", "evil, 10.0.0.1", out), "10.1.2.3",
	    "a malformed entry and those before it are ignored");
	is_str(peer_client("10.1.2.3", "", out), "10.1.2.3", "an empty list leaves the peer as the client");
	is_str(peer_client("10.1.2.3", "10.0.0.1, 10.0.0.2", out), "10.0.0.1",
	    "a list of proxies only leaves its first as the client");
}

int
main(void)
{
	names();
	lists();
	forwards();
	peers();
	return done_testing();
}
