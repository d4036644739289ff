/* mail_text.c -- texts of mails. See mail_text.h. */
#include "mail_text.h"

#include <string.h>

#include "base/buf.h"

/* $1 in a text stands for the link, $2 for its life. */
static const struct {
	const char	*subject, *text;
} texts[][2] = {
	[MAIL_RESET] = {
		{ "비밀번호 재설정",
		    "비밀번호를 다시 정하려면 아래 링크를 여세요.\n\n$1\n\n링크는 $2 동안 한 번만 쓸 수 있습니다.\n"
		    "요청하지 않았다면 이 메일을 무시하세요. 비밀번호는 바뀌지 않습니다.\n" },
		{ "Reset your password",
		    "Open this link to choose a new password:\n\n$1\n\nIt works once, for $2.\n"
		    "If you did not ask for it, ignore this mail: your password stays as it is.\n" },
	},
	[MAIL_VERIFY] = {
		{ "회원가입을 완료해 주세요",
		    "아래 링크를 열고 확인을 누르면 회원가입이 완료됩니다.\n\n$1\n\n링크는 $2 동안 한 번만 쓸 수 있습니다.\n"
		    "가입하지 않았다면 링크를 열지 말고 이 메일을 무시하세요. 계정은 만들어지지 않습니다.\n" },
		{ "Complete your registration",
		    "Open this link and confirm to complete your registration:\n\n$1\n\nIt works once, for $2.\n"
		    "If you did not register, do not open it and ignore this mail: no account is made.\n" },
	},
	[MAIL_TAKEN] = {
		{ "이미 가입된 이메일입니다",
		    "이 이메일로 회원가입이 요청되었지만, 이미 계정이 있습니다. 그대로 로그인하시면 됩니다.\n\n"
		    "비밀번호를 잊었다면 여기에서 재설정할 수 있습니다.\n\n$1\n\n요청하지 않았다면 이 메일을 무시하세요.\n" },
		{ "You already have an account",
		    "Somebody asked to register this address, which already has an account: just log in.\n\n"
		    "If you forgot the password, reset it here:\n\n$1\n\nIf it was not you, ignore this mail.\n" },
	},
};

const char *
mail_subject(enum mail_kind kind, bool english)
{
	return texts[kind][english].subject;
}

static const char *
life_text(struct arena *mem, bool english, int64_t minutes)
{
	bool hours = minutes >= 120 && minutes % 60 == 0;

	return arena_printf(mem, "%lld%s", (long long)(hours ? minutes / 60 : minutes),
	    english ? (hours ? " hours" : " minutes") : hours ? "시간" : "분");
}

const char *
mail_body(struct arena *mem, enum mail_kind kind, bool english, const char *link, int64_t minutes)
{
	const char *p, *part;
	struct buf b = { 0 };

	for (p = texts[kind][english].text; *p != '\0';) {
		if (*p != '$') {
			part = p;
			p += strcspn(p, "$");
			buf_add(&b, part, (size_t)(p - part));
			continue;
		}
		buf_str(&b, p[1] == '1' ? link : life_text(mem, english, minutes));
		p += 2;
	}
	return buf_to_arena(mem, &b).p;
}
