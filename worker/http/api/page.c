/* page.c -- the pages, embedded in the binary, and the one for unknown addresses. See page.h. Does not yield.
 *
 * The assembler includes the files (.incbin); each is compressed once, on its first request.
 */
#include <stdio.h>

#include "page.h"

#include "../media.h"
#include "../req.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/zip.h"
#include "routes.h"

/* One page: name as a C word, its path below page/, its type. Each begins with head.html. */
#define PAGES(X) \
	X(index_html, "index.html", HTML_TYPE) \
	X(live_html, "live.html", HTML_TYPE) \
	X(seller_html, "seller.html", HTML_TYPE) \
	X(curate_html, "curate.html", HTML_TYPE) \
	X(account_html, "account.html", HTML_TYPE) \
	X(admin_html, "admin.html", HTML_TYPE) \
	X(api_html, "api.html", HTML_TYPE) \
	X(docs_html, "docs.html", HTML_TYPE) \
	X(reset_html, "reset.html", HTML_TYPE) \
	X(missing_html, "missing.html", HTML_TYPE)
#define HTML_TYPE "text/html; charset=utf-8"
/* One other file, the same. */
#define PAGE_FILES(X) \
	X(style_css, "style.css", "text/css; charset=utf-8") \
	X(shell_css, "shell.css", "text/css; charset=utf-8") \
	X(favicon_svg, "favicon.svg", "image/svg+xml") \
	X(live_css, "live.css", "text/css; charset=utf-8") \
	X(account_css, "account.css", "text/css; charset=utf-8") \
	X(admin_css, "admin.css", "text/css; charset=utf-8") \
	X(adminparts_css, "adminparts.css", "text/css; charset=utf-8") \
	X(curate_css, "curate.css", "text/css; charset=utf-8") \
	X(curateparts_css, "curateparts.css", "text/css; charset=utf-8") \
	X(reference_css, "reference.css", "text/css; charset=utf-8") \
	X(docs_css, "docs.css", "text/css; charset=utf-8") \
	X(missing_css, "missing.css", "text/css; charset=utf-8") \
	X(account_js, "account.js", JS_TYPE) \
	X(accountwords_js, "accountwords.js", JS_TYPE) \
	X(admin_js, "admin.js", JS_TYPE) \
	X(adminalerts_js, "adminalerts.js", JS_TYPE) \
	X(adminanalysis_js, "adminanalysis.js", JS_TYPE) \
	X(admincache_js, "admincache.js", JS_TYPE) \
	X(admincuration_js, "admincuration.js", JS_TYPE) \
	X(admindead_js, "admindead.js", JS_TYPE) \
	X(adminevents_js, "adminevents.js", JS_TYPE) \
	X(adminjobs_js, "adminjobs.js", JS_TYPE) \
	X(adminkeys_js, "adminkeys.js", JS_TYPE) \
	X(adminkit_js, "adminkit.js", JS_TYPE) \
	X(adminkpi_js, "adminkpi.js", JS_TYPE) \
	X(adminlive_js, "adminlive.js", JS_TYPE) \
	X(adminlogs_js, "adminlogs.js", JS_TYPE) \
	X(adminnav_js, "adminnav.js", JS_TYPE) \
	X(adminoverview_js, "adminoverview.js", JS_TYPE) \
	X(adminplot_js, "adminplot.js", JS_TYPE) \
	X(adminprocesses_js, "adminprocesses.js", JS_TYPE) \
	X(adminqueries_js, "adminqueries.js", JS_TYPE) \
	X(adminsections_js, "adminsections.js", JS_TYPE) \
	X(adminsectionwords_js, "adminsectionwords.js", JS_TYPE) \
	X(adminsettings_js, "adminsettings.js", JS_TYPE) \
	X(adminsockets_js, "adminsockets.js", JS_TYPE) \
	X(admintopics_js, "admintopics.js", JS_TYPE) \
	X(admintraces_js, "admintraces.js", JS_TYPE) \
	X(adminuser_js, "adminuser.js", JS_TYPE) \
	X(adminusers_js, "adminusers.js", JS_TYPE) \
	X(adminwaterfall_js, "adminwaterfall.js", JS_TYPE) \
	X(adminwords_js, "adminwords.js", JS_TYPE) \
	X(analysis_js, "analysis.js", JS_TYPE) \
	X(api_js, "api.js", JS_TYPE) \
	X(app_js, "app.js", JS_TYPE) \
	X(asyncapi_js, "asyncapi.js", JS_TYPE) \
	X(buybox_js, "buybox.js", JS_TYPE) \
	X(cards_js, "cards.js", JS_TYPE) \
	X(channels_js, "channels.js", JS_TYPE) \
	X(chatbox_js, "chatbox.js", JS_TYPE) \
	X(curate_js, "curate.js", JS_TYPE) \
	X(curateacts_js, "curateacts.js", JS_TYPE) \
	X(curatecard_js, "curatecard.js", JS_TYPE) \
	X(curatedesk_js, "curatedesk.js", JS_TYPE) \
	X(curatetaste_js, "curatetaste.js", JS_TYPE) \
	X(curatetrends_js, "curatetrends.js", JS_TYPE) \
	X(curatevideo_js, "curatevideo.js", JS_TYPE) \
	X(curatewords_js, "curatewords.js", JS_TYPE) \
	X(disclosure_js, "disclosure.js", JS_TYPE) \
	X(docs_js, "docs.js", JS_TYPE) \
	X(docsevents_js, "docsevents.js", JS_TYPE) \
	X(docswords_js, "docswords.js", JS_TYPE) \
	X(dom_js, "dom.js", JS_TYPE) \
	X(engine_js, "engine.js", JS_TYPE) \
	X(i18n_js, "i18n.js", JS_TYPE) \
	X(live_js, "live.js", JS_TYPE) \
	X(livewords_js, "livewords.js", JS_TYPE) \
	X(login_js, "login.js", JS_TYPE) \
	X(missing_js, "missing.js", JS_TYPE) \
	X(notices_js, "notices.js", JS_TYPE) \
	X(openapi_js, "openapi.js", JS_TYPE) \
	X(operation_js, "operation.js", JS_TYPE) \
	X(orders_js, "orders.js", JS_TYPE) \
	X(outcome_js, "outcome.js", JS_TYPE) \
	X(picker_js, "picker.js", JS_TYPE) \
	X(planbox_js, "planbox.js", JS_TYPE) \
	X(player_js, "player.js", JS_TYPE) \
	X(poll_js, "poll.js", JS_TYPE) \
	X(poster_js, "poster.js", JS_TYPE) \
	X(reference_js, "reference.js", JS_TYPE) \
	X(referencewords_js, "referencewords.js", JS_TYPE) \
	X(reset_js, "reset.js", JS_TYPE) \
	X(resetwords_js, "resetwords.js", JS_TYPE) \
	X(reviews_js, "reviews.js", JS_TYPE) \
	X(samples_js, "samples.js", JS_TYPE) \
	X(seller_js, "seller.js", JS_TYPE) \
	X(sellerorders_js, "sellerorders.js", JS_TYPE) \
	X(sellershelf_js, "sellershelf.js", JS_TYPE) \
	X(sellerwords_js, "sellerwords.js", JS_TYPE) \
	X(session_js, "session.js", JS_TYPE) \
	X(sessions_js, "sessions.js", JS_TYPE) \
	X(shelf_js, "shelf.js", JS_TYPE) \
	X(shell_js, "shell.js", JS_TYPE) \
	X(shellwords_js, "shellwords.js", JS_TYPE) \
	X(snippets_js, "snippets.js", JS_TYPE) \
	X(socket_js, "socket.js", JS_TYPE) \
	X(socketpath_js, "socketpath.js", JS_TYPE) \
	X(stage_js, "stage.js", JS_TYPE) \
	X(streamlist_js, "streamlist.js", JS_TYPE) \
	X(sure_js, "sure.js", JS_TYPE) \
	X(tabs_js, "tabs.js", JS_TYPE) \
	X(theme_js, "theme.js", JS_TYPE) \
	X(upload_js, "upload.js", JS_TYPE) \
	X(view_js, "view.js", JS_TYPE)
#define JS_TYPE "text/javascript; charset=utf-8"

#define INCLUDE(file) ".incbin \"worker/http/page/" file "\"\n"
#define EMBED_TEXT(word, text) \
	__asm__(".section .rodata\n" \
	    "page_" #word ":\n" text \
	    "page_" #word "_end:\n.byte 0\n.previous\n"); \
	extern const char page_##word[], page_##word##_end[];
#define EMBED_PAGE(word, file, type) EMBED_TEXT(word, INCLUDE("head.html") INCLUDE(file))
#define EMBED_FILE(word, file, type) EMBED_TEXT(word, INCLUDE(file))
PAGES(EMBED_PAGE)
PAGE_FILES(EMBED_FILE)

static struct page {
	const char	*name, *type, *start, *end;
	struct buf	 packed;
	char		 etag[24];
} pages[] = {
#define ROW(word, file, type) { file, type, page_##word, page_##word##_end, { 0 }, "" },
	PAGES(ROW)
	PAGE_FILES(ROW)
#undef ROW
};

/* Whether the page has a video player. */
static bool
has_player(const char *name)
{
	return strcmp(name, "live.html") == 0 || strcmp(name, "seller.html") == 0;
}

/* The Content-Security-Policy of a page; NULL: everything from this server alone. The viewer of docs.html has its icons
 * as data: in its style sheet. */
static const char *
policy_of(const char *name)
{
	if (strcmp(name, "docs.html") == 0)
		return "default-src 'self'; img-src 'self' data:";
	return has_player(name) ? media_policy() : NULL;
}

/* The one file that depends on the configuration: SOCKET_IO_PATH in the place of its default. Made once. */
static struct str
socket_path_body(const struct page *p)
{
	static const char usual[] = "/socket.io/";
	static struct buf made;
	const char *at = strstr(p->start, usual);

	if (at == NULL)
		bug("socketpath.js without its path");
	if (made.n == 0) {
		buf_add(&made, p->start, (size_t)(at - p->start));
		buf_str(&made, conf.socket_io_path);
		buf_str(&made, at + sizeof(usual) - 1);
	}
	return (struct str){ made.p, made.n };
}

static struct str
page_body(const struct page *p)
{
	return p->start == page_socketpath_js ? socket_path_body(p) :
	    (struct str){ p->start, (size_t)(p->end - p->start) };
}

static int
send_page(struct req *rq, struct page *p)
{
	struct str body = page_body(p);

	if (*p->etag == '\0') {
		snprintf(p->etag, sizeof(p->etag), "W/\"%016llx\"", (unsigned long long)hash_bytes(body.p, body.n));
		zip_gzip(&p->packed, body);
	}
	reply_static(rq, p->type, body, (struct str){ p->packed.p, p->packed.n }, p->etag);
	rq->reply.policy = policy_of(p->name);
	return 0;
}

static struct page *
need_page(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(pages); i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	bug("a page without its file");
}

/* Whether a browser navigates to it; a script that fetches, and a client that accepts problem+json, does not. */
static bool
is_navigation(const struct req *rq)
{
	const char *mode = rq->header[HDR_SEC_FETCH_MODE], *accept = rq->header[HDR_ACCEPT];

	return (rq->method == METHOD_GET || rq->method == METHOD_HEAD) &&
	    (mode == NULL || strcmp(mode, "navigate") == 0) &&
	    header_lists(accept, "text/html") && !header_lists(accept, "application/problem+json");
}

bool
page_missing(struct req *rq)
{
	if (!is_navigation(rq))
		return false;
	send_page(rq, need_page("missing.html"));
	rq->reply.status = 404;
	return true;
}

/* GET / and every file: the name is the route's own path. */
static int
page_read(struct req *rq, const void *args)
{
	(void)args;
	return send_page(rq, need_page(rq->route->path[1] != '\0' ? rq->route->path + 1 : "index.html"));
}

/* GET /admin, /docs: what is typed by hand. */
static int
short_read(struct req *rq, const void *args)
{
	(void)args;
	return send_page(rq, need_page(arena_printf(rq->mem, "%s.html", rq->route->path + 1)));
}

const struct route page_routes[] = {
	{ "GET", "/", page_read, NULL, AUTH_NONE, RATE_NONE, 1000, "The demo page", "text/html",
	    ROUTE_CACHEABLE | ROUTE_HIDDEN },
	{ "GET", "/admin", short_read, NULL, AUTH_NONE, RATE_NONE, 1000, "The operators' page", "text/html",
	    ROUTE_CACHEABLE | ROUTE_HIDDEN },
	{ "GET", "/docs", short_read, NULL, AUTH_NONE, RATE_NONE, 1000, "The page of documents", "text/html",
	    ROUTE_CACHEABLE | ROUTE_HIDDEN },
#define ROUTE(word, file, type) \
	{ "GET", "/" file, page_read, NULL, AUTH_NONE, RATE_NONE, 1000, "A page, or a file of one", type, \
	    ROUTE_CACHEABLE | ROUTE_HIDDEN },
	PAGES(ROUTE)
	PAGE_FILES(ROUTE)
#undef ROUTE
	{ 0 }
};
