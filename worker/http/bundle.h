/* bundle.h -- third-party browser bundles: the official socket.io-client, hls.js for the live page, Swagger UI.
 *
 * They are not part of the sources: `make vendor` fetches them (etc/dev/vendor). A worker reads them from VENDOR_DIR
 * when it starts, and anew after a reload; large ones that few ask for at their first request. Nothing here yields.
 */
#ifndef HTTP_BUNDLE_H
#define HTTP_BUNDLE_H

#include <stdbool.h>

#include "base/str.h"

struct bundle {
	const char	*path;		/* of the route, "/socket.io/socket.io.js" */
	const char	*file;	/* in VENDOR_DIR; FILE.gz beside it, where there is one, is the same compressed */
	const char	*type, *cache;	/* Content-Type, Cache-Control */
	const char	*package;	/* as VENDOR_DIR/versions names it */
	bool		 late;		/* read when it is first asked for */
	struct str	 body, gzipped;	/* p NULL: not there; for the life of the process */
	/* quoted: the version, as the reference server has it, else made from the body */
	char		 etag[32];
};

/* X(file, path, type): what is served. */
#define BUNDLES(X) \
	X("socket.io.js", "/socket.io/socket.io.js", SOURCE) \
	X("socket.io.js.map", "/socket.io/socket.io.js.map", MAP) \
	X("socket.io.min.js", "/socket.io/socket.io.min.js", SOURCE) \
	X("socket.io.min.js.map", "/socket.io/socket.io.min.js.map", MAP) \
	X("socket.io.msgpack.min.js", "/socket.io/socket.io.msgpack.min.js", SOURCE) \
	X("socket.io.msgpack.min.js.map", "/socket.io/socket.io.msgpack.min.js.map", MAP) \
	X("socket.io.esm.min.js", "/socket.io/socket.io.esm.min.js", SOURCE) \
	X("socket.io.esm.min.js.map", "/socket.io/socket.io.esm.min.js.map", MAP) \
	X("swagger-ui-bundle.js", "/vendor/swagger-ui-bundle.js", VIEWER) \
	X("swagger-ui.css", "/vendor/swagger-ui.css", VIEWER_STYLE) \
	X("hls.min.js", "/vendor/hls.min.js", HLS)

/* Read all bundles; `say`: log once which are missing. Once a process, before requests come. */
void			 bundle_load(bool say);
/* The bundle of a route's path. Reads files where it is a late one. */
const struct bundle	*bundle_find(const char *path);

#endif
