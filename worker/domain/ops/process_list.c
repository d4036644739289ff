/* process_list.c -- see process_list.h. */
#include "process_list.h"

#include "base/json.h"
#include "base/metric.h"

static int64_t
cell_of(int slot, enum metric_id id)
{
	return (int64_t)__atomic_load_n(&scoreboard_metrics(slot)[metric_row(id)->first], __ATOMIC_RELAXED);
}

/* Where the connections of a kind are counted; METRIC_COUNT: it has none. */
static enum metric_id
connections_of(enum proc_kind kind)
{
	return kind == PROC_HTTP ? M_HTTP_CONNECTIONS : kind == PROC_WS ? M_WS_CONNECTIONS : METRIC_COUNT;
}

static const char *
state_of(const struct slot *s)
{
	return s->state == SLOT_DEAD ? "quarantined" : slot_state_names[s->state];
}

/* The master does not measure itself. */
static void
put_process(struct buf *out, int i)
{
	const struct slot *s = scoreboard_slot(i);
	enum metric_id connections = connections_of((enum proc_kind)s->kind);
	bool measured = s->kind != PROC_MASTER && s->state != SLOT_DEAD;
	struct json_field f[] = {
		JS("kind", proc_kind_names[s->kind]), JI("index", s->index), JI("pid", s->pid),
		JS("state", state_of(s)),
		JT("startedAt", s->started_ms), JI("restarts", s->restarts),
		measured ? JI("rssBytes", cell_of(i, M_RSS)) : JS("rssBytes", NULL),
		measured ? JD("cpu", s->cpu_permille / 10.0) : JS("cpu", NULL),
		connections != METRIC_COUNT ? JI("connections", cell_of(i, connections)) : JS("connections", NULL),
		measured ? JD("loopLagMs", (double)cell_of(i, M_LOOP_LAG) / 1e3) : JS("loopLagMs", NULL),
	};

	json_put_obj(out, f, NELEM(f));
}

static bool
is_shown(const struct slot *s)
{
	return s->state != SLOT_FREE && s->state != SLOT_HANDED_OVER &&
	    (s->state != SLOT_DEAD || s->quarantined_ms != 0);
}

struct str
process_list(struct arena *mem)
{
	struct buf out = { 0 };
	int i;

	buf_byte(&out, '[');
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (!is_shown(scoreboard_slot(i)))
			continue;
		buf_str(&out, out.n > 1 ? "," : "");
		put_process(&out, i);
	}
	buf_byte(&out, ']');
	return buf_to_arena(mem, &out);
}

bool
process_ready(enum proc_kind kind, int index)
{
	int i;

	for (i = 1; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->kind == (int32_t)kind && s->index == index && s->state == SLOT_READY)
			return true;
	}
	return false;
}
