/* mail.c -- mails over SMTP or a webhook. See mail.h. Yields: mail_send. */
#include "mail.h"

#include <time.h>

#include "base/base64.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "run/co.h"
#include "web.h"

enum { ANSWER_MAX = 1024, LINE_CHARS = 76, WORD_BYTES = 45 };

bool
mail_on(void)
{
	return *conf.smtp_url != '\0' || *conf.mail_webhook_url != '\0';
}

static int
send_webhook(const struct mail *m)
{
	struct arena *mem = co_arena();
	const char *const headers[] = { "Content-Type: application/json",
	    arena_printf(mem, "Idempotency-Key: %s", m->id), NULL };
	struct web_call call = { .method = "POST", .url = conf.mail_webhook_url, .headers = headers,
	    .body = json_obj(mem, JS("id", m->id), JS("to", m->to), JS("from", conf.mail_from),
	    JS("language", m->language), JS("kind", m->kind), JS("subject", m->subject), JS("text", m->text),
	    JS("link", m->link)),
	    .timeout_ms = conf.mail_timeout_ms, .answer_max = ANSWER_MAX };
	struct web_answer a;
	int rc;

	if ((rc = web_call(&call, &a)) < 0)
		return rc == E_VALIDATION ? E_DOWN : rc;	/* the setting is at fault, not the mail */
	if (a.status >= 200 && a.status < 300)
		return 0;
	log_warn("the mail service refused a mail", JI("status", a.status));
	return a.status == 400 || a.status == 422 ? E_VALIDATION : E_DOWN;
}

/* A header's text as encoded words (RFC 2047), which end between characters. */
static void
put_words(struct buf *b, const char *text)
{
	size_t n = strlen(text), part;

	for (; n > 0; text += part, n -= part) {
		part = n < WORD_BYTES ? n : WORD_BYTES;
		while (part < n && ((unsigned char)text[part] & 0xc0) == 0x80)
			part--;
		buf_str(b, "=?UTF-8?B?");
		base64_put(b, text, part);
		buf_str(b, part < n ? "?=\r\n " : "?=");
	}
}

/* The text in base64, in lines, its own ends of lines as mail has them. */
static void
put_body(struct buf *b, const char *text)
{
	struct buf plain = { 0 }, code = { 0 };
	size_t i;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_byte(&plain, '\r');
		buf_byte(&plain, *text);
	}
	base64_put(&code, plain.p, plain.n);
	for (i = 0; i < code.n; i += LINE_CHARS) {
		buf_add(b, code.p + i, code.n - i < LINE_CHARS ? code.n - i : LINE_CHARS);
		buf_str(b, "\r\n");
	}
	buf_fini(&plain);
	buf_fini(&code);
}

static struct str
mail_text(struct arena *mem, const struct mail *m)
{
	const char *at = strchr(conf.mail_from, '@');
	time_t now = (time_t)(now_ms() / 1000);
	struct buf b = { 0 };
	char date[64];
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
	buf_printf(&b, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s%s>\r\nSubject: ", conf.mail_from, m->to,
	    date, m->id, at != NULL ? at : "@dure");
	put_words(&b, m->subject);
	buf_printf(&b, "\r\nAuto-Submitted: auto-generated\r\nContent-Language: %s\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", m->language);
	put_body(&b, m->text);
	return buf_to_arena(mem, &b);
}

static int
send_smtp(const struct mail *m)
{
	struct web_mail mail = { .url = conf.smtp_url, .from = conf.mail_from, .to = m->to,
	    .tls = strcmp(conf.smtp_tls, "auto") == 0 ? (conf.strict ? WEB_TLS_NEEDED : WEB_TLS_IF_OFFERED)
	    : strcmp(conf.smtp_tls, "required") == 0 ? WEB_TLS_NEEDED : WEB_TLS_IF_OFFERED,
	    .text = mail_text(co_arena(), m), .timeout_ms = conf.mail_timeout_ms };
	int status, rc = web_send_mail(&mail, &status);

	if (rc == 0)
		return 0;
	log_warn("the mail server took no mail", JI("status", status), JS("error", err_row(rc)->code));
	/* RFC 5321 section 4.2.3: no such mailbox, not local, over quota, not allowed, failed for good */
	return status >= 550 && status <= 554 ? E_VALIDATION : rc == E_VALIDATION ? E_DOWN : rc;
}

int
mail_send(const struct mail *m)
{
	return *conf.mail_webhook_url != '\0' ? send_webhook(m) : send_smtp(m);
}
