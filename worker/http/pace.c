/* pace.c -- how slow a client may be. See pace.h. */
#include "pace.h"

#include "base/conf.h"

/* The bytes buy time at this rate. */
static int64_t
extend_due(int64_t due_us, uint64_t bytes, int64_t rate, int64_t now_us)
{
	int64_t latest = now_us + PACE_SAVED_US, seconds;

	if (rate == 0)
		return latest;
	seconds = (int64_t)(bytes / (uint64_t)rate);
	if (seconds >= PACE_SAVED_US / 1000000)
		return latest;
	due_us += seconds * 1000000 + (int64_t)(bytes % (uint64_t)rate) * 1000000 / rate;
	return due_us < latest ? due_us : latest;
}

void
pace_received(struct pace *p, bool in_head, bool in_body, size_t n, int64_t now_us)
{
	if (!in_head)
		p->head_due_us = 0;
	else if (p->head_due_us == 0)
		p->head_due_us = now_us + conf.http_head_timeout_s * 1000000;
	if (!in_body)
		p->body_due_us = 0;
	else if (p->body_due_us == 0)
		p->body_due_us = now_us + PACE_GRACE_US;
	else
		p->body_due_us = extend_due(p->body_due_us, n, conf.http_body_rate_min, now_us);
}

void
pace_pause(struct pace *p, int64_t now_us)
{
	if (p->paused_us == 0)
		p->paused_us = now_us;
}

void
pace_resume(struct pace *p, int64_t now_us)
{
	int64_t paused = p->paused_us > 0 ? now_us - p->paused_us : 0;

	p->paused_us = 0;
	if (p->head_due_us > 0)
		p->head_due_us += paused;
	if (p->body_due_us > 0)
		p->body_due_us += paused;
}

void
pace_answering(struct pace *p, uint64_t taken, int64_t now_us)
{
	pace_pause(p, now_us);	/* nothing is read while an answer waits */
	if (p->answer_due_us == 0)
		p->answer_due_us = now_us + PACE_GRACE_US;
	else
		p->answer_due_us = extend_due(p->answer_due_us, taken - p->taken, conf.http_answer_rate_min, now_us);
	p->taken = taken;
}

void
pace_answered(struct pace *p, int64_t now_us)
{
	if (p->answer_due_us > 0)
		pace_resume(p, now_us);
	p->answer_due_us = 0;
}

enum pace_fault
pace_check(const struct pace *p, int64_t now_us)
{
	if (p->answer_due_us > 0 && conf.http_answer_rate_min > 0 && now_us > p->answer_due_us)
		return PACE_ANSWER;
	if (p->paused_us > 0)
		return PACE_OK;
	if (p->head_due_us > 0 && now_us > p->head_due_us)
		return PACE_HEAD;
	return p->body_due_us > 0 && conf.http_body_rate_min > 0 && now_us > p->body_due_us ? PACE_BODY : PACE_OK;
}
