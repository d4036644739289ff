/* redis_tls.c -- all that redis.c tests, over TLS with a certificate on both sides; and which certificates are refused.
 */
#define OVER_TLS
#include "redis.c"

#include <fcntl.h>

static char directory[] = "/tmp/dure-tls-XXXXXX";

/* Two authorities; the first signs a server that is called redis.test and 127.0.0.1, and a client, whose key has a
 * password. */
static bool
make_certificates(void)
{
	char script[2048];

	tls_dir = mkdtemp(directory);
	snprintf(script, sizeof(script), "cd %s && exec >/dev/null 2>&1 && "
	    "new() { n=$1; shift; openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=$n -keyout $n.key \"$@\"; }"
	    " && sign() { openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names"
	    " -out $1.pem; } && echo subjectAltName=DNS:redis.test,IP:127.0.0.1 >names"
	    " && for a in ca other; do new $a -x509 -nodes -days 2 -out $a.pem || exit; done"
	    " && new server -nodes -out server.csr && sign server"
	    " && new client -passout pass:door -out client.csr && sign client", tls_dir);
	return system(script) == 0;
}

static const char *
variable(struct arena *mem, const char *key, const char *file)
{
	return arena_printf(mem, "%s_FILE=%s/%s", key, tls_dir, file);
}

static int written;

static void
try_once(void *arg)
{
	struct redis_reply r;
	int rc;

	(void)arg;
	redis_open();
	rc = redis_cmd(&r, "PING");
	redis_close();
	dprintf(written, "%d\n", rc);
	loop_stop();
}

/* What a process with these variables hears of Redis: the result of a command, then what it has logged. */
static const char *
hear(struct arena *mem, char **env)
{
	char *text = arena_zalloc(mem, 8192), *line;
	const char *why = "";
	int pipes[2];
	size_t got = 0;
	ssize_t n;

	if (pipe(pipes) < 0)
		abort();
	if (fork() == 0) {
		close(pipes[0]);
		log_to(written = pipes[1]);
		if (conf_load(&conf, mem, NULL, NULL, env, &why) < 0 || redis_conf_check(&conf, mem, &why) < 0) {
			dprintf(pipes[1], "%s\n", why);
			_exit(0);
		}
		scoreboard_create(10);
		scoreboard_self(scoreboard_take(PROC_HTTP, 1, 1));
		loop_init();
		co_spawn(try_once, NULL, 0);
		loop_run();
		_exit(0);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], text + got, 8191 - got)) > 0)
		got += (size_t)n;
	close(pipes[0]);
	wait(NULL);
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
	while ((line = strchr(text, '\n')) != NULL)
		*line = ' ';
	return text;
}

static void
test_certificates(char *url, char *other_url)
{
	struct arena mem;
	char *ca, *cert, *key, *wrong;
	const char *t;
	char door[] = "REDIS_TLS_KEY_PASSWORD=door", soon[] = "REDIS_TIMEOUT_MS=600";

	arena_init(&mem, 16384);
	ca = arena_strdup(&mem, variable(&mem, "REDIS_TLS_CA", "ca.pem"));
	wrong = arena_strdup(&mem, variable(&mem, "REDIS_TLS_CA", "other.pem"));
	cert = arena_strdup(&mem, variable(&mem, "REDIS_TLS_CERT", "client.pem"));
	key = arena_strdup(&mem, variable(&mem, "REDIS_TLS_KEY", "client.key"));
	start_server("se cret");
	t = hear(&mem, (char *[]){ url, soon, ca, cert, key, door, NULL });
	ok(t[strlen(t) - 1] == '0', "all is well: %s", t);
	t = hear(&mem, (char *[]){ url, soon, wrong, cert, key, door, NULL });
	ok(strstr(t, "its certificate is refused: self-signed certificate") != NULL,
	    "a server of another authority is refused: %s", t);
	t = hear(&mem, (char *[]){ url, soon, cert, key, door, NULL });
	ok(strstr(t, "its certificate is refused: ") != NULL, "without one, the system's do not fit: %s", t);
	t = hear(&mem, (char *[]){ url, soon, wrong, cert, key, door, "REDIS_TLS_REJECT_UNAUTHORIZED=false", NULL });
	ok(t[strlen(t) - 1] == '0', "where that is asked for, any certificate will do: %s", t);
	t = hear(&mem, (char *[]){ url, soon, ca, cert, key, door, "REDIS_TLS_SERVER_NAME=other.test", NULL });
	ok(strstr(t, "its certificate is refused: hostname mismatch") != NULL, "another name is refused: %s", t);
	t = hear(&mem, (char *[]){ url, soon, ca, cert, key, door, "REDIS_TLS_SERVER_NAME=redis.test", NULL });
	ok(t[strlen(t) - 1] == '0', "its own is taken: %s", t);
	t = hear(&mem, (char *[]){ other_url, soon, ca, cert, key, door, NULL });
	ok(strstr(t, "its certificate is refused: hostname mismatch") != NULL, "localhost is another name too: %s", t);
	t = hear(&mem, (char *[]){ url, soon, ca, NULL });
	ok(strstr(t, "it may want REDIS_TLS_CERT") != NULL, "the server asks for the client's: %s", t);
	t = hear(&mem, (char *[]){ url, soon, ca, cert, NULL });
	ok(strstr(t, "REDIS_TLS_CERT and REDIS_TLS_KEY belong together") != NULL, "refused: %s", t);
	t = hear(&mem, (char *[]){ url, soon, ca, cert, key, NULL });
	ok(strstr(t, "REDIS_TLS_KEY_PASSWORD does not open") != NULL, "refused: %s", t);
	key = arena_strdup(&mem, variable(&mem, "REDIS_TLS_KEY", "server.key"));
	t = hear(&mem, (char *[]){ url, soon, ca, cert, key, NULL });
	ok(strstr(t, "REDIS_TLS_KEY is not the key of REDIS_TLS_CERT") != NULL, "refused: %s", t);
	t = hear(&mem, (char *[]){ url, soon, "REDIS_TLS_CA=/etc/ca.pem", NULL });
	ok(strstr(t, "REDIS_TLS_CA holds no certificate in PEM") != NULL, "refused: %s", t);
	kill_server();
	arena_fini(&mem);
}

int
main(void)
{
	struct arena mem;
	char url[64], other[64], command[64];
	int rc;

	if (system("command -v redis-server >/dev/null && command -v openssl >/dev/null") != 0)
		skip_all("redis-server or openssl is not installed");
	if (!make_certificates())
		return 1;
	arena_init(&mem, 1024);
	port = free_port();
	snprintf(url, sizeof(url), "REDIS_URL=rediss://:se%%20cret@127.0.0.1:%d/3", port);
	snprintf(other, sizeof(other), "REDIS_URL=rediss://:se%%20cret@localhost:%d/3", port);
	test_certificates(url, other);
	rc = run_all((char *[]){ url, "REDIS_TIMEOUT_MS=1000", (char *)(size_t)variable(&mem, "REDIS_TLS_CA", "ca.pem"),
	    (char *)(size_t)variable(&mem, "REDIS_TLS_CERT", "client.pem"),
	    (char *)(size_t)variable(&mem, "REDIS_TLS_KEY", "client.key"), "REDIS_TLS_KEY_PASSWORD=door", NULL });
	snprintf(command, sizeof(command), "rm -r %s", directory);
	arena_fini(&mem);
	return system(command) == 0 ? rc : 1;
}
