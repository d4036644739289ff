/* account_mail.h -- passwords reset and addresses verified by mail: single-use signed links. The rules and SQL of
 * `account_mails`.
 *
 * A row is a mail to be sent and, once it is, the link that was in it. A request causes the same work whether or not
 * the address has an account: one row. `dure: cron` sends, on its loop, and only then looks the account up; a mail to
 * no account is dropped. A mail server that is down delays mails, for MAIL_RETRY_FOR at most; a mail is sent at least
 * once. A link is "<row>.<mac>" under JWT_SECRET; using it deletes its row and those of the same kind and address. With
 * EMAIL_VERIFICATION the account itself is made by the link, from the hash in the row: until then there is none.
 */
#ifndef IDENTITY_ACCOUNT_MAIL_H
#define IDENTITY_ACCOUNT_MAIL_H

#include "account.h"

/* All yield; errors as pg_query and redis_cmd, and those named. Addresses are normalised ones; `retry_s`: until the
 * address may be written to again. */
/* Ask for a mail. E_MAIL_OFF, E_RATE (MAIL_EMAIL_MAX; whether or not there is an account). */
int	 account_mail_reset(struct arena *mem, const char *email, bool english, int64_t *retry_s);
int	 account_mail_register(struct arena *mem, const char *email, const char *password, bool english,
    int64_t *retry_s);
/* Use a link. E_LINK (malformed, unknown, used, expired, or the account is gone or disabled meanwhile). */
/* Stores the new password, ends the sessions and lockouts. */
int	 account_mail_set_password(struct arena *mem, const char *link, const char *password, const char **user);
int	 account_mail_verify(struct arena *mem, const char *link, struct account *out);

/* Sends what is due; *n: mails sent. An unreachable mail server is no error. */
int	 account_mail_deliver(struct arena *mem, int64_t *n);
/* Deletes rows whose links have expired; *n of them. */
int	 account_mail_expire(int64_t *n);

#endif
