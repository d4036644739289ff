/* hello.c -- the limit that the cached read is measured against: libmicrohttpd alone, answering fixed bytes.
 *
 * hello PORT HEADERS BODY: one thread, epoll; every answer is one prepared response with the header lines of the file
 * HEADERS ("Name: value") and the bytes of the file BODY. Runs until it is killed. A connection has the memory that
 * Dure gives it.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTION_BYTES = 16 * 1024 };

static struct MHD_Response *answer;

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **req)
{
	(void)cls, (void)url, (void)method, (void)version, (void)data, (void)size;
	if (*req == NULL) {
		*req = answer;
		return MHD_YES;
	}
	return MHD_queue_response(c, MHD_HTTP_OK, answer);
}

static char *
read_file(const char *path, size_t *n)
{
	char *text = malloc(1 << 20);
	FILE *f = fopen(path, "r");

	if (f == NULL || text == NULL)
		exit(1);
	*n = fread(text, 1, (1 << 20) - 1, f);
	text[*n] = '\0';
	fclose(f);
	return text;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char *line, *body;
	size_t n;

	if (argc != 4)
		return 2;
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	line = strtok(read_file(argv[2], &n), "\r\n");
	body = read_file(argv[3], &n);
	answer = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_PERSISTENT);
	for (; line != NULL; line = strtok(NULL, "\r\n")) {
		char *colon = strstr(line, ": ");

		if (colon == NULL)
			return 2;
		*colon = '\0';
		MHD_add_response_header(answer, line, colon + 2);
	}
	if (MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &at,
	    MHD_OPTION_CONNECTION_LIMIT, 1000U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_END) == NULL)
		return 1;
	pause();
	return 0;
}
