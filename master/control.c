/* control.c -- the master tells who runs. See control.h.
 *
 * The answer is some twenty kilobytes and fits the buffer of a fresh socket, so it is one write and nobody is waited
 * for.
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "base/version.h"
#include "privilege.h"
#include "proc/scoreboard.h"
#include "proc/unixsock.h"
#include "reload.h"
#include "run/listener.h"
#include "supervise.h"
#include "upgrade.h"

#define SOCKET_NAME "master.sock"

enum { ANSWER_MS = 5000 };

static struct listener listener;

/* What this process, and those before it in its place, have answered, sent or applied. */
static int64_t
requests_of(int i)
{
	static const enum metric_id counted[PROC_KINDS] = {
		[PROC_HTTP] = M_HTTP_REQUESTS, [PROC_WS] = M_WS_EVENTS_IN, [PROC_KAFKA] = M_KAFKA_CONSUMED,
	};
	int kind = scoreboard_slot(i)->kind;
	const struct metric_row *row = metric_row(counted[kind]);
	const uint64_t *m = scoreboard_metrics(i);
	int64_t sum = 0;
	size_t k;

	if (kind != PROC_HTTP && kind != PROC_WS && kind != PROC_KAFKA)
		return 0;
	for (k = 0; k < row->cells; k++)
		sum += (int64_t)m[row->first + k];
	return sum;
}

static void
put_process(struct buf *b, int i)
{
	const struct slot *s = scoreboard_slot(i);
	bool quarantined = s->state == SLOT_DEAD;
	const uint64_t *m = scoreboard_metrics(i);
	struct json_field f[] = {
		JI("pid", s->pid), JS("kind", proc_kind_names[s->kind]), JI("index", s->index), JS("title", s->title),
		JI("generation", s->generation), JS("state", quarantined ? "quarantined" : slot_state_names[s->state]),
		JI("restarts", s->restarts),
		JT("startedAt", s->started_ms), JI("uptimeMs", now_ms() - s->started_ms),
		JI("heartbeatAgeMs", mono_ms() - s->heartbeat_ms),
		JI("requests", requests_of(i)), JI("rssBytes", (int64_t)m[metric_row(M_RSS)->first]),
		JI("cpuMs", (int64_t)m[metric_row(M_CPU)->first]),
		JB("postgres", s->links_up & LINK_PG), JB("redis", s->links_up & LINK_REDIS),
		JB("kafka", s->links_up & LINK_KAFKA), JI("dbConnections", s->db_held),
	};

	json_put_obj(b, f, NELEM(f));
}

/* The values in effect, each as text; secrets as ***. */
static void
put_configuration(struct buf *b)
{
	const struct conf_key *k;
	struct buf value = { 0 };

	buf_str(b, ",\"configuration\":{");
	for (k = conf_keys; k->name != NULL; k++) {
		struct json_field f;

		buf_reset(&value);
		conf_put_value(&conf, k, &value);
		f = JN(k->name, ((struct str){ value.p, value.n }));
		if (k != conf_keys)
			buf_byte(b, ',');
		json_put_fields(b, &f, 1);
	}
	buf_byte(b, '}');
	buf_fini(&value);
}

static void
put_status(struct buf *b)
{
	char address[BROKER_ADDRESS_BYTES];
	int64_t broker;
	int i, n = 0;

	scoreboard_broker(address, &broker);
	struct json_field head[] = {
		JI("pid", getpid()), JS("version", dure_version), JS("state", supervise_state()),
		    JI("generation", reload_generation()),
		JI("reloads", reload_count()), JS("reloadError", reload_error()),
		JI("upgradeFailures", upgrade_failures()), JS("upgradeError", upgrade_error()), JI("port", conf.port),
		JI("dbBudget", scoreboard_db_budget()),
		JI("dbUsed", scoreboard_db_used()), JS("broker", *address != '\0' ? address : NULL),
	};
	buf_byte(b, '{');
	json_put_fields(b, head, NELEM(head));
	buf_str(b, ",\"processes\":[");
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (scoreboard_slot(i)->state == SLOT_FREE ||
		    (scoreboard_slot(i)->state == SLOT_DEAD && scoreboard_slot(i)->quarantined_ms == 0))
			continue;
		if (n++ > 0)
			buf_byte(b, ',');
		put_process(b, i);
	}
	buf_byte(b, ']');
	put_configuration(b);
	buf_str(b, "}\n");
}

static void
take_caller(int fd, const struct sockaddr *peer, socklen_t n)
{
	struct buf answer = { 0 };
	int room = 1 << 18;

	(void)peer;
	(void)n;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	put_status(&answer);
	if (send(fd, answer.p, answer.n, MSG_NOSIGNAL) != (ssize_t)answer.n)
		log_warn("status not sent", JS("error", strerror(errno)));
	buf_fini(&answer);
	close(fd);
}

void
control_open(void)
{
	int fd = unixsock_listen(conf.run_dir, SOCKET_NAME);

	if (fd < 0)
		die("cannot listen", JS("directory", conf.run_dir), JS("socket", SOCKET_NAME),
		    JS("error", strerror(errno)));
	listener_init(&listener, fd, "who asks for the status", take_caller);
	listener_watch(&listener, true);
}

void
control_close(void)
{
	char path[4096];

	listener_watch(&listener, false);
	close(listener.io.fd);
	snprintf(path, sizeof(path), "%s/%s", conf.run_dir, SOCKET_NAME);
	if (!upgrade_retired())
		unlink(path);
}

int
control_ask(struct buf *json)
{
	int fd = unixsock_connect(conf.run_dir, SOCKET_NAME);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = -1;

	if (fd < 0)
		return E_DOWN;
	while (poll(&p, 1, ANSWER_MS) > 0 && (n = read(fd, buf_reserve(json, 4096), 4096)) > 0)
		buf_grow(json, (size_t)n);
	close(fd);
	return n == 0 && json->n > 0 ? 0 : E_DOWN;
}
