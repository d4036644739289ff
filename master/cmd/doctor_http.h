/* doctor_http.h -- one request to the server on this host. */
#ifndef CMD_DOCTOR_HTTP_H
#define CMD_DOCTOR_HTTP_H

enum { HTTP_BODY_BYTES = 600 };

struct http_probe {
	int	 status;
	double	 ms;			/* from the connect to the whole answer */
	char	 body[HTTP_BODY_BYTES];	/* its beginning */
};
/* GET `path` of the server that listens on `hosts` (as HOST has it, comma-separated; the first counts). NULL, or why
 * there was no answer: a static text. Blocks for `limit_ms` at most for each step. */
const char	*doctor_http(struct http_probe *p, const char *hosts, int port, const char *path, int limit_ms);

#endif
