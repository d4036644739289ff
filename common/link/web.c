/* web.c -- libcurl's multi interface on our loop. See web.h.
 *
 * libcurl names the descriptors and the time-out it waits for; the loop reports events to it and wakes the coroutines
 * of finished transfers. A cancelled coroutine removes its transfer itself. Names are resolved by libcurl's own
 * thread.
 */
#include "web.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "run/loop.h"

struct transfer {
	struct co	*co;
	CURL		*easy;
	struct curl_slist *headers;
	struct buf	 body;
	struct str	 unsent;		/* of a mail */
	size_t		 max;
	bool		 done, quiet, whole, overflow;
	int		(*take)(void *arg, const char *p, size_t n);
	void		*arg;
	CURLcode	 result;
	char		 why[CURL_ERROR_SIZE];
};

static CURLM *multi;
static struct loop_timer timer;

static void
finish_transfers(void)
{
	struct transfer *t;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		t->done = true;
		t->result = m->data.result;
		co_wake(t->co);
	}
}

static void
run_curl(curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(multi, fd, events, &running);
	finish_transfers();
}

static void
on_socket(struct loop_io *io, int events)
{
	run_curl(io->fd, (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
on_time(struct loop_timer *t)
{
	(void)t;
	run_curl(CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl sets, changes or ends its interest in `fd`. */
static int
on_interest(CURL *easy, curl_socket_t fd, int what, void *arg, void *mine)
{
	struct loop_io *io = mine;

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		if (io != NULL)
			loop_io_watch(io, 0);
		free(io);
		return 0;
	}
	if (io == NULL) {
		if ((io = calloc(1, sizeof(*io))) == NULL)
			abort();
		loop_io_init(io, fd, on_socket, NULL);
		curl_multi_assign(multi, fd, io);
	}
	loop_io_watch(io, (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
	return 0;
}

static int
on_timeout_wish(CURLM *m, long ms, void *arg)
{
	(void)m;
	(void)arg;
	if (ms < 0)
		loop_timer_stop(&timer);
	else
		loop_timer_start(&timer, ms, 0);
	return 0;
}

static void
open_multi(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if ((multi = curl_multi_init()) == NULL)
		abort();
	loop_timer_init(&timer, on_time, NULL);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_interest);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = t->max - t->body.n, bytes = size * n;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->take != NULL && status >= 200 && status < 300)
		t->overflow = t->take(t->arg, p, bytes) < 0;
	else if (t->whole && bytes > room)
		t->overflow = true;
	if (t->overflow)
		return 0;	/* ends the transfer */
	if (t->take != NULL && status >= 200 && status < 300)
		return bytes;
	buf_add(&t->body, p, bytes < room ? bytes : room);
	return bytes;
}

static bool
prepare_transfer(struct transfer *t, const struct web_call *c)
{
	const char *const *h;

	if ((t->easy = curl_easy_init()) == NULL)
		abort();
	for (h = c->headers; h != NULL && *h != NULL; h++)
		t->headers = curl_slist_append(t->headers, *h);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)c->timeout_ms);
	if (c->body.p != NULL) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n);
		curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, c->body.p);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, c->method);
	return curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    curl_easy_setopt(t->easy, CURLOPT_URL, c->url) == CURLE_OK;
}

static void
free_transfer(void *p)
{
	struct transfer *t = p;

	curl_multi_remove_handle(multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	buf_fini(&t->body);
	free(t);
}

static int
transfer_error(const struct transfer *t)
{
	if (t->overflow)
		return E_TOO_LARGE;
	switch (t->result) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return E_TIMEOUT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return E_VALIDATION;
	default:
		if (!t->quiet)
			log_warn("web call failed", JS("error", curl_easy_strerror(t->result)));
		return E_DOWN;
	}
}

static const char *
header_of(const struct transfer *t, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK
	    ? arena_strdup(co_arena(), h->value) : NULL;
}

static void
read_answer(const struct transfer *t, struct web_answer *out)
{
	curl_off_t retry_s = 0;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_s);
	out->status = (int)status;
	out->retry_after_s = (int64_t)retry_s;
	out->retry_after = header_of(t, "Retry-After");
	out->etag = header_of(t, "ETag");
	out->body = (struct str){ arena_copy(co_arena(), t->body.p != NULL ? t->body.p : "", t->body.n), t->body.n };
}

static struct transfer *
new_transfer(void)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	if (multi == NULL)
		open_multi();
	t->co = co_self();
	return t;
}

/* Until it is done, or the coroutine gives up. Yields. */
static int
run_transfer(struct transfer *t)
{
	int rc = 0;

	curl_multi_add_handle(multi, t->easy);
	while (!t->done && rc == 0)
		rc = co_park(-1);
	return t->done ? transfer_error(t) : rc;
}

int
web_call(const struct web_call *call, struct web_answer *out)
{
	struct transfer *t = new_transfer();
	int rc;

	t->max = call->answer_max;
	t->whole = call->whole;
	t->take = call->take;
	t->arg = call->arg;
	t->quiet = call->quiet;
	if (!prepare_transfer(t, call)) {
		free_transfer(t);
		return E_VALIDATION;
	}
	if ((rc = run_transfer(t)) == 0)
		read_answer(t, out);
	free_transfer(t);
	return rc;
}

static size_t
give_mail(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t bytes = t->unsent.n < size * n ? t->unsent.n : size * n;

	memcpy(p, t->unsent.p, bytes);
	t->unsent = (struct str){ t->unsent.p + bytes, t->unsent.n - bytes };
	return bytes;
}

static bool
prepare_mail(struct transfer *t, const struct web_mail *m)
{
	if ((t->easy = curl_easy_init()) == NULL)
		abort();
	t->unsent = m->text;
	t->headers = curl_slist_append(NULL, m->to);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_USE_SSL, (long)(m->tls == WEB_TLS_NEEDED ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)m->timeout_ms);
	return curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	    curl_easy_setopt(t->easy, CURLOPT_URL, m->url) == CURLE_OK;
}

int
web_send_mail(const struct web_mail *mail, int *status)
{
	struct transfer *t = new_transfer();
	int rc = E_VALIDATION;
	long code = 0;

	if (prepare_mail(t, mail)) {
		rc = run_transfer(t);
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	}
	*status = (int)code;
	free_transfer(t);
	return rc;
}
