/* settings.c -- see settings.h. Yields: settings_list settings_change, the loader. */
#include "settings.h"

#include "audit.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "link/pg.h"
#include "link/redis.h"
#include "replicated_set.h"
#include "run/co.h"

#define CHANNEL "system_config"
enum { READ_LIMIT_MS = 10000 };

const struct param settings_params[] = {
	P_PICK(FROM_JSON, struct settings, maintenance, "maintenance", OPTIONAL, "off|read-only|full", "off"),
	P_STR(FROM_JSON, struct settings, maintenance_message, "maintenanceMessage", OPTIONAL, 1, 500),
	P_INT(FROM_JSON, struct settings, maintenance_retry_s, "maintenanceRetryAfter", OPTIONAL, 1, 86400, "60"),
	P_BOOL(FROM_JSON, struct settings, registration_open, "registrationOpen", OPTIONAL, "true"),
	P_BOOL(FROM_JSON, struct settings, analysis_open, "analysisOpen", OPTIONAL, "true"),
	P_BOOL(FROM_JSON, struct settings, classification_open, "classificationOpen", OPTIONAL, "true"),
	PARAM_END
};

static struct {
	struct settings	  now;
	struct arena	  mem;		/* holds the texts */
} self = { .now = { .maintenance = "off", .maintenance_retry_s = 60, .registration_open = true,
    .analysis_open = true, .classification_open = true } };

const struct settings *settings_now(void) { return &self.now; }
int settings_registration(bool admin) { return admin || self.now.registration_open ? 0 : E_REGISTRATION_CLOSED; }
int settings_analysis(void) { return self.now.analysis_open ? 0 : E_ANALYSIS_PAUSED; }

/* --- Reading --- */

static struct pg_stmt read_all = PG_STMT("select", "system_config",
    "SELECT coalesce(json_object_agg(key, value), '{}')::text FROM system_config");

/* Logs once per unreadable state of the table. */
static void
log_bad_table(struct arena *mem, struct str text, int rc, const struct param_faults *faults)
{
	static uint64_t logged;
	uint64_t hash = hash_bytes(text.p, text.n);

	if (hash != logged)
		log_warn("system_config is not understood", JS("why", rc == E_VALIDATION
		    ? param_faults_text(mem, faults, true) : err_row(rc)->code));
	logged = hash;
}

/* A table that this version cannot read changes nothing. */
static int
apply_values(struct str text)
{
	struct param_faults faults;
	struct param_input in = { 0 };
	struct settings next = { 0 };
	struct arena mem;
	int rc;

	arena_init(&mem, 1024);
	if ((rc = json_parse(&mem, text.p, text.n, &in.body)) < 0 ||
	    (rc = param_bind(&mem, settings_params, &in, &next, &faults)) < 0) {
		log_bad_table(&mem, text, rc, &faults);
		arena_fini(&mem);
		return rc;
	}
	arena_fini(&self.mem);
	self.mem = mem;
	self.now = next;
	return 0;
}

static int
read_values(void)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &read_all);

	return rc < 0 ? rc : apply_values(pg_value(&r, 0, 0));
}

static struct replicated_set set = { .channel = CHANNEL, .load = read_values, .load_limit_ms = READ_LIMIT_MS };

void
settings_start(void)
{
	replicated_set_start(&set, conf.settings_poll_ms);
}

void
settings_stop(void)
{
	replicated_set_stop(&set);
}

/* --- Listing and changing --- */

static struct pg_stmt list_all = PG_STMT("select", "system_config",
    "SELECT key, value::text, updated_by, iso(updated_at) FROM system_config");
enum { KEY, VALUE, UPDATED_BY, UPDATED_AT };

/* The default as JSON. */
static struct str
default_json(struct arena *mem, const struct param *row)
{
	if (row->def == NULL)
		return STR("null");
	return row->kind == PARAM_INT || row->kind == PARAM_BOOL ? str_of(row->def) : json_value(mem, row->def);
}

int
settings_list(struct arena *mem, struct str *list)
{
	const struct param *row;
	struct buf b = { 0 };
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &r, &list_all)) < 0)
		return rc;
	for (row = settings_params; row->name != NULL; row++) {
		for (i = 0; i < r.n && strcmp(pg_string(&r, i, KEY), row->name) != 0; i++)
			;
		buf_byte(&b, b.n == 0 ? '[' : ',');
		json_put_obj(&b, (struct json_field[]){ JS("key", row->name), JR("value", i < r.n
		    ? pg_value(&r, i, VALUE) : default_json(mem, row)),
		    JR("default", default_json(mem, row)), JIF(i < r.n, JN("updatedAt", pg_value(&r, i, UPDATED_AT))),
		    JIF(i < r.n && pg_string(&r, i, UPDATED_BY) != NULL,
		    JN("updatedBy", pg_value(&r, i, UPDATED_BY))) }, 5);
	}
	buf_byte(&b, ']');
	*list = buf_to_arena(mem, &b);
	return 0;
}

static struct pg_stmt put_value = PG_STMT("insert", "system_config",
    "INSERT INTO system_config (key, value, updated_by)"
    " VALUES ($1, $2::jsonb, $3)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by, updated_at = now()");
static struct pg_stmt drop_value = PG_STMT("delete", "system_config", "DELETE FROM system_config WHERE key = $1");

static int
change_in(struct pg *pg, const struct json *changes, const char *user, const char *ip)
{
	const struct param *row;
	const struct json *v;
	int rc = 0;

	for (row = settings_params; row->name != NULL && rc == 0; row++) {
		struct str text;

		if ((v = json_get(changes, row->name)) == NULL)
			continue;
		text = json_text(co_arena(), v);
		rc = json_type(v) == JSON_NULL ? pg_query(pg, NULL, &drop_value, pg_text(row->name))
		    : pg_query(pg, NULL, &put_value, pg_text(row->name), pg_text(text.p), pg_text(user));
		if (rc == 0)
			rc = AUDIT_IN(pg, "setting_changed", user, ip, JS("setting", row->name), JR("value", text));
	}
	return rc;
}

int
settings_change(const struct json *changes, const char *user, const char *ip)
{
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0 || (rc = pg_end(&pg, change_in(pg, changes, user, ip))) < 0)
		return rc;
	redis_send("PUBLISH " CHANNEL " changed");
	return read_values();
}
