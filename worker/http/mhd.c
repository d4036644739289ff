/* mhd.c -- libmicrohttpd on Dure's loop. See mhd.h.
 *
 * What the library demands (0.9.75, external epoll): call MHD_run when its epoll descriptor is ready, when a
 * connection was resumed, and as long as its time-out is 0; consume the whole upload before suspending; never suspend
 * twice; have nothing suspended when it stops. It builds a reply's header in the call that queues it. Of a chunked
 * upload it passes on all chunks of one read, even after the first made Dure suspend. It cannot send an answer while a
 * body is arriving: such answers are written to the socket directly, and the connection lingers (linger.h). It treats
 * the half close of a suspended client as its end. Connections: conn.c. Responses: response.c.
 */
#include "mhd.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "gate.h"
#include "libmicrohttpd.h"
#include "linger.h"
#include "req_pool.h"
#include "response.h"
#include "run/loop.h"
#include "serve.h"
#include "spool.h"
#include "transport.h"
#include "ws_upgrade.h"

enum {
	VALUE_BYTES		= 64,		/* of the library's, for a header, a cookie, an argument of the query */
	ANSWER_BYTES		= 2048,		/* the header of an answer, with room to spare */
	LAST_LIMIT_MS		= 5000,		/* of a body that is received while stopping */
	RUNS_A_TURN		= 4,
	TICK_MS			= 1000,
};

static struct MHD_Daemon *daemon_;
static struct loop_io epoll_io;
static struct loop_timer tick, again;
static bool must_run, closing;
static unsigned calls;			/* of on_request: whether a run started work */

static enum MHD_Result
take_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	enum header h = header_find(name, name_n);

	if (kind == MHD_HEADER_KIND && h != HDR_COUNT && value != NULL)
		serve_header(cls, h, value, value_n);
	if (kind == MHD_HEADER_KIND && header_forwards(name, name_n))
		((struct req *)cls)->forwarded = true;
	return MHD_YES;
}

static size_t
head_bytes(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
}

/* Whether the head leaves too little of the connection's memory for the header of an answer: the handler would run and
 * its answer could not be sent. The library stores cookies twice, and a list entry for each value. */
static bool
is_crowded(const struct req *rq, struct MHD_Connection *c, int values)
{
	const char *cookie = rq->header[HDR_COOKIE];
	size_t used = head_bytes(c);

	used += (size_t)values * VALUE_BYTES + (cookie != NULL ? strlen(cookie) : 0);
	return used + ANSWER_BYTES > (size_t)conf.http_connection_bytes;
}

/* --- Answers --- */

static void
build_response(struct req *rq)
{
	if (rq->conn == NULL) {		/* the client has disconnected */
		if (rq->reply.spool != NULL)
			spool_close(rq->reply.spool);
		return;
	}
	rq->close_after = rq->close_after || closing || !rq->eof;
	response_build(rq);
}

static enum MHD_Result
send_response(struct req *rq)
{
	enum MHD_Result ok = MHD_queue_response(rq->transport, (unsigned)rq->reply.status, response_named(rq));

	response_return(rq);
	return ok;
}

/* Write the reply, which fits the empty socket buffer. */
static void
send_now(struct req *rq)
{
	if (rq->state == REQ_CLOSING)
		return;
	req_enter(rq, REQ_CLOSING);
	if (send(rq->conn->fd, rq->out.p, rq->out.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)rq->out.n)
		linger_start(rq->conn->fd);
}

static void
resume_request(struct req *rq)
{
	rq->suspended = false;
	must_run = true;
	if (rq->conn != NULL)
		pace_resume(&rq->conn->pace, loop_now_ms() * 1000);
	MHD_resume_connection(rq->transport);
}

static void
refuse_now(struct req *rq)
{
	send_now(rq);
	shutdown(rq->conn->fd, SHUT_RD);	/* the library finds the end of the upload and closes */
	if (rq->suspended)
		resume_request(rq);
}

static const struct transport mhd_transport = { .build = build_response, .resume = resume_request, .send_now = send_now,
    .refuse_now = refuse_now };

/* --- Upgrades --- */

static void
on_upgraded(void *cls, struct MHD_Connection *c, void *req_cls, const char *extra, size_t n, MHD_socket fd,
    struct MHD_UpgradeResponseHandle *urh)
{
	struct req *rq = cls;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), on = 1;

	(void)c;
	(void)req_cls;
	/* the library has just switched it off */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (own >= 0)
		ws_upgrade_hand_over(rq, own, (struct str){ extra, n });
	MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
	must_run = true;	/* its copy of the descriptor is closed then */
}

static enum MHD_Result
send_upgrade(struct req *rq)
{
	struct MHD_Response *r = MHD_create_response_for_upgrade(on_upgraded, rq);
	struct reply_header h[REPLY_ALL_HEADERS];
	int i, n;

	if (r == NULL)
		return MHD_NO;
	metric_add(M_HTTP_REQUESTS, (size_t)rq->endpoint->id * METRIC_STATUSES_MAX + metric_status_cell(101), 1);
	n = reply_finish(rq, h);
	for (i = 0; i < n; i++)
		MHD_add_response_header(r, h[i].name, h[i].value);
	rq->response = r;
	return send_response(rq);
}

/* --- What the library calls --- */

static void *
on_request_line(void *cls, const char *uri, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	(void)cls;
	return serve_begin(info->socket_context, uri, c);
}

static enum MHD_Result
take_step(struct req *rq, enum step step)
{
	switch (step) {
	case STEP_READ:
		return MHD_YES;
	case STEP_WAIT:
		if (!rq->suspended)
			MHD_suspend_connection(rq->transport);
		rq->suspended = true;
		pace_pause(&rq->conn->pace, loop_now_ms() * 1000);
		return MHD_YES;
	case STEP_ANSWER:
		return send_response(rq);
	case STEP_UPGRADE:
		return send_upgrade(rq);
	case STEP_REFUSE:
		send_now(rq);
		if (rq->suspended)
			resume_request(rq);		/* only then it is closed */
		return MHD_NO;
	}
	return MHD_NO;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_n, void **req_cls)
{
	const enum MHD_ValueKind all_kinds = MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND;
	struct req *rq = *req_cls;
	size_t n = *upload_n;
	int values;

	(void)cls;
	(void)url;
	(void)version;
	calls++;
	if (rq->state == REQ_HEADERS) {
		serve_expect_headers(rq, head_bytes(c));
		values = MHD_get_connection_values_n(c, all_kinds, take_header, rq);
		if (is_crowded(rq, c, values))
			rq->head_error = E_HEADERS;
		return take_step(rq, serve_headers(rq, method));
	}
	*upload_n = 0;
	return take_step(rq, n > 0 ? serve_body(rq, upload, n) : serve_whole(rq));
}

static void
on_completed(void *cls, struct MHD_Connection *c, void **req_cls, enum MHD_RequestTerminationCode code)
{
	struct req *rq = *req_cls;

	(void)cls;
	(void)c;
	*req_cls = NULL;
	if (rq == NULL)
		return;
	response_return(rq);
	if (rq->conn != NULL)
		gate_answered(rq->conn);
	serve_end(rq, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

static void
on_connection(void *cls, struct MHD_Connection *mc, void **context, enum MHD_ConnectionNotificationCode code)
{
	(void)cls;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = conn_open(MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
		    MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
	} else if (*context != NULL) {
		conn_close(*context);
		*context = NULL;
	}
}

static void
on_library_log(void *cls, const char *fmt, va_list ap)
{
	char line[512];

	(void)cls;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libmicrohttpd", JS("says", line));
}

/* --- On the loop --- */

static void
run_daemon(void)
{
	MHD_UNSIGNED_LONG_LONG ms;

	must_run = false;
	MHD_run(daemon_);
	if (MHD_get_timeout(daemon_, &ms) == MHD_YES && ms == 0)
		must_run = true;
}

static void
on_epoll(struct loop_io *io, int events)
{
	(void)io;
	(void)events;
	run_daemon();
}

/* Run the library for resumed connections and for what its last run left. Work started here may queue commands after
 * their own hook has run, so the loop turns once more. */
static void
before_sleep(void *arg)
{
	unsigned before = calls;
	int i;

	(void)arg;
	if (daemon_ == NULL)
		return;
	for (i = 0; must_run && i < RUNS_A_TURN; i++)
		run_daemon();
	if ((must_run || calls != before) && !loop_timer_active(&again))
		loop_timer_start(&again, 0, 0);
}

static void
on_turn_again(struct loop_timer *t)
{
	(void)t;
}

static void
on_connection_tick(struct loop_timer *t)
{
	(void)t;
	conn_check(closing ? LAST_LIMIT_MS : 1000 * conf.http_body_timeout_s);
	must_run = true;
}

int
mhd_start(void (*on_room)(void))
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_NO_LISTEN_SOCKET |
	    MHD_USE_ERROR_LOG;

	transport = &mhd_transport;
	conn_start(on_room);
	gate_init(serve_malformed);
	daemon_ = MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL,
	    MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
	    MHD_OPTION_URI_LOG_CALLBACK, on_request_line, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
	    /* The bound is accept.c's. The library's own count holds, for a moment, those too that are closed already.
	     */
	    MHD_OPTION_CONNECTION_LIMIT, 2 * (unsigned)conf.http_connections_max,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)conf.http_idle_timeout_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)conf.http_connection_bytes,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
	if (daemon_ == NULL) {
		log_error("libmicrohttpd does not start");
		return E_INTERNAL;
	}
	loop_io_init(&epoll_io, MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, on_epoll, NULL);
	loop_io_watch(&epoll_io, LOOP_READ);
	loop_timer_init(&again, on_turn_again, NULL);
	loop_timer_init(&tick, on_connection_tick, NULL);
	loop_timer_start(&tick, TICK_MS, TICK_MS);
	loop_before_sleep(before_sleep, NULL);
	return 0;
}

void
mhd_stop(void)
{
	loop_io_watch(&epoll_io, 0);
	loop_timer_stop(&tick);
	loop_timer_stop(&again);
	req_resume_all();
	MHD_stop_daemon(daemon_);
	daemon_ = NULL;
	linger_stop();
}

void
mhd_add(int fd, const struct sockaddr *peer, socklen_t n)
{
	int before = conn_count();

	if (MHD_add_connection(daemon_, fd, peer, n) != MHD_YES)
		return;
	must_run = true;
	if (conn_count() == before)	/* libmicrohttpd 1.0 reports it with its next run only */
		run_daemon();
}

void
mhd_close_idle(void)
{
	conn_close_idle();
	must_run = true;
}

void
mhd_close_connections(void)
{
	closing = true;
}
