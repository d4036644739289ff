/* param.c -- binds input to a handler's struct by a table. See param.h. */
#include "param.h"

#include <stdio.h>
#include <stdlib.h>

#include "err.h"

struct binding {
	struct arena			*mem;
	const struct param_input	*in;
	char				*out;
	struct param_faults		*faults;
};

/* One value on its way: text from a path or query, or a JSON value. */
struct given {
	const char		*text;
	const struct json	*json;
};

static void
add_fault(struct binding *b, const struct param *row, const char *field, enum param_reason reason)
{
	if (b->faults->n < PARAM_FAULTS_MAX)
		b->faults->v[b->faults->n++] = (struct param_fault){ field, reason, row };
}

static const char *
find_pair(const struct pair *pairs, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	return NULL;
}

/* "options.limit" reaches into the object `options`; *fault says that what is on the way is no object. */
static const struct json *
find_member(const struct json *body, const char *name, bool *fault)
{
	const char *dot = strchr(name, '.');
	const struct json *j;
	char outer[64];

	if (dot == NULL)
		return json_get(body, name);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - name), name);
	j = json_get(body, outer);
	if (j == NULL || json_type(j) == JSON_NULL)
		return NULL;
	if (json_type(j) != JSON_OBJECT) {
		*fault = true;
		return NULL;
	}
	return find_member(j, dot + 1, fault);
}

static bool
check_length(const char *s, int64_t min, int64_t max)
{
	int64_t n = (int64_t)utf8_len(s, strlen(s));

	return n >= min && n <= max;
}

/* No control characters, no space at an end. */
static bool
check_id(const char *s)
{
	size_t i, n = strlen(s);

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n == 0 || (s[0] != ' ' && s[n - 1] != ' ');
}

static bool
check_url(const char *s)
{
	const char *host = strncmp(s, "http://", 7) == 0 ? s + 7 : strncmp(s, "https://", 8) == 0 ? s + 8 : NULL;

	return host != NULL && *host != '\0' && strchr("/?#: ", *host) == NULL && check_id(s) && strchr(s, ' ') == NULL;
}

/* A date, or a date and time of ISO 8601: digits and separators where they belong. */
static bool
check_time(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t i;

	for (i = 0; s[i] != '\0' && shape[i] != '\0'; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i] && !(shape[i] == 'T' && s[i] == ' '))
			return false;
	if (i != 10 && i < 16)
		return false;
	return atoi(s + 5) >= 1 && atoi(s + 5) <= 12 && atoi(s + 8) >= 1 && atoi(s + 8) <= 31 &&
	    strspn(s + i, "0123456789:.Z+-") == strlen(s + i);
}

static bool
check_choice(const char *choices, const char *s)
{
	size_t n = strlen(s);

	for (; choices != NULL; choices = strchr(choices, '|') != NULL ? strchr(choices, '|') + 1 : NULL)
		if (n > 0 && strncmp(choices, s, n) == 0 && (choices[n] == '|' || choices[n] == '\0'))
			return true;
	return false;
}

/* The reason why `s` does not suit the row, or -1. */
static int
judge_text(struct arena *mem, const struct param *row, const char *s)
{
	switch (row->kind) {
	case PARAM_ID:
		return !check_length(s, 1, 255) ? REASON_LENGTH : !check_id(s) ? REASON_CHARS : -1;
	case PARAM_URL:
		return !check_length(s, row->min, row->max) ? REASON_LENGTH : !check_url(s) ? REASON_URL : -1;
	case PARAM_EMAIL:
		return email_normal(mem, s) != NULL ? -1 : REASON_EMAIL;
	case PARAM_PASSWORD:
		return !check_length(s, row->min, row->max) ? REASON_LENGTH : !password_varied(s) ? REASON_PASSWORD
		    : -1;
	case PARAM_TIME:
		return check_time(s) ? -1 : REASON_TIME;
	case PARAM_PICK:
		return check_choice(row->choices, s) ? -1 : REASON_CHOICE;
	default:
		return check_length(s, row->min, row->max) ? -1 : REASON_LENGTH;
	}
}

static int
bind_text(struct binding *b, const struct param *row, const struct given *g)
{
	const char *s = g->text != NULL ? g->text : json_str(g->json);
	int reason = s == NULL ? REASON_TYPE : judge_text(b->mem, row, s);

	if (reason < 0)
		*(const char **)(void *)(b->out + row->offset) = s;
	return reason;
}

static int
bind_same(struct binding *b, const struct param *row, const struct given *g)
{
	const char *other = json_str(json_get(b->in->body, row->choices));
	int reason = bind_text(b, row, g);

	return reason >= 0 ? reason : other != NULL && strcmp(other, json_str(g->json)) != 0 ? REASON_MATCH : -1;
}

static int
bind_int(struct binding *b, const struct param *row, const struct given *g)
{
	int64_t v;

	if (g->text != NULL ? !parse_int(g->text, INT64_MIN, INT64_MAX, &v) : !json_int(g->json, &v))
		return REASON_TYPE;
	if (v < row->min || v > row->max)
		return REASON_RANGE;
	*(int64_t *)(void *)(b->out + row->offset) = v;
	return -1;
}

static int
bind_num(struct binding *b, const struct param *row, const struct given *g)
{
	char *end = NULL;
	double v;

	if (g->text != NULL) {
		v = strtod(g->text, &end);
		if (end == g->text || *end != '\0')
			return REASON_TYPE;
	} else {
		if (json_type(g->json) != JSON_NUMBER)
			return REASON_TYPE;
		v = json_num(g->json, 0);
	}
	if (!(v >= (double)row->min && v <= (double)row->max))
		return REASON_RANGE;
	*(double *)(void *)(b->out + row->offset) = v;
	return -1;
}

static int
bind_bool(struct binding *b, const struct param *row, const struct given *g)
{
	bool *to = (bool *)(b->out + row->offset);

	if (g->text == NULL && json_type(g->json) != JSON_BOOL)
		return REASON_TYPE;
	if (g->text != NULL && strcmp(g->text, "true") != 0 && strcmp(g->text, "false") != 0)
		return REASON_TYPE;
	*to = g->text != NULL ? *g->text == 't' : json_bool(g->json, false);
	return -1;
}

static int
bind_list(struct binding *b, const struct param *row, const struct given *g)
{
	struct strs *to = (struct strs *)(void *)(b->out + row->offset);
	const struct json *v;
	size_t n, at = 0;

	if (g->json == NULL || json_type(g->json) != JSON_ARRAY)
		return REASON_TYPE;
	n = json_count(g->json);
	if ((int64_t)n < row->min || (int64_t)n > row->max)
		return REASON_COUNT;
	to->v = arena_alloc(b->mem, (n + 1) * sizeof(*to->v));
	to->n = 0;
	for (v = json_first(g->json); v != NULL; v = json_next(v), at++) {
		const char *s = json_str(v);

		if (s == NULL || !check_length(s, 1, 255) || (row->kind == PARAM_IDS && !check_id(s))) {
			add_fault(b, row, arena_printf(b->mem, "%s[%zu]", row->name, at),
			    s == NULL ? REASON_TYPE : check_length(s, 1, 255) ? REASON_CHARS : REASON_LENGTH);
			continue;
		}
		to->v[to->n++] = s;
	}
	return -1;
}

static int
bind_obj(struct binding *b, const struct param *row, const struct given *g)
{
	if (g->json == NULL || json_type(g->json) != JSON_OBJECT)
		return REASON_TYPE;
	*(const struct json **)(void *)(b->out + row->offset) = g->json;
	return -1;
}

static int
bind_any(struct binding *b, const struct param *row, const struct given *g)
{
	if (g->json == NULL || json_type(g->json) == JSON_NULL)
		return REASON_TYPE;
	*(const struct json **)(void *)(b->out + row->offset) = g->json;
	return -1;
}

static int (*const binders[])(struct binding *, const struct param *, const struct given *) = {
	[PARAM_ID] = bind_text, [PARAM_STR] = bind_text, [PARAM_PICK] = bind_text, [PARAM_URL] = bind_text,
	[PARAM_EMAIL] = bind_text, [PARAM_PASSWORD] = bind_text, [PARAM_TIME] = bind_text, [PARAM_INT] = bind_int,
	[PARAM_NUM] = bind_num, [PARAM_BOOL] = bind_bool, [PARAM_IDS] = bind_list, [PARAM_STRS] = bind_list,
	[PARAM_OBJ] = bind_obj, [PARAM_ANY] = bind_any, [PARAM_SAME] = bind_same,
};

static void
bind_row(struct binding *b, const struct param *row)
{
	struct given g = { NULL, NULL };
	bool fault = false;
	int reason = -1;

	switch (row->from) {
	case FROM_PATH:	 g.text = find_pair(b->in->path, b->in->n_path, row->name); break;
	case FROM_QUERY: g.text = find_pair(b->in->query, b->in->n_query, row->name); break;
	case FROM_JSON:	 g.json = find_member(b->in->body, row->name, &fault); break;
	}
	if (g.json != NULL && json_type(g.json) == JSON_NULL && !row->required)
		g.json = NULL;
	if (fault)
		reason = REASON_TYPE;
	else if (g.text != NULL || g.json != NULL)
		reason = binders[row->kind](b, row, &g);
	else if (row->required)
		reason = REASON_REQUIRED;
	else if (row->def != NULL)
		binders[row->kind](b, row, &(struct given){ row->def, NULL });
	if (reason >= 0)
		add_fault(b, row, row->name, (enum param_reason)reason);
}

int
param_bind(struct arena *mem, const struct param *rows, const struct param_input *in, void *out,
    struct param_faults *faults)
{
	struct binding b = { .mem = mem, .in = in, .out = out, .faults = faults };

	faults->n = 0;
	for (; rows != NULL && rows->name != NULL; rows++)
		bind_row(&b, rows);
	return faults->n > 0 ? E_VALIDATION : 0;
}

static const char *const type_names[][2] = {
	[PARAM_ID] = { "문자열", "a string" }, [PARAM_STR] = { "문자열", "a string" }, [PARAM_PICK] = { "문자열", "a string" },
	[PARAM_URL] = { "문자열", "a string" }, [PARAM_EMAIL] = { "문자열", "a string" },
	[PARAM_PASSWORD] = { "문자열", "a string" }, [PARAM_SAME] = { "문자열", "a string" },
	[PARAM_TIME] = { "문자열", "a string" }, [PARAM_INT] = { "정수", "an integer" },
	[PARAM_NUM] = { "숫자", "a number" }, [PARAM_BOOL] = { "true 또는 false", "true or false" },
	[PARAM_IDS] = { "문자열 배열", "an array of strings" }, [PARAM_STRS] = { "문자열 배열", "an array of strings" },
	[PARAM_OBJ] = { "객체", "an object" }, [PARAM_ANY] = { "null이 아닌 값", "a value" },
};

static const char *
reason_text(struct arena *mem, const struct param_fault *f, bool en)
{
	const struct param *row = f->row;
	bool text = row->kind == PARAM_ID || row->kind == PARAM_IDS || row->kind == PARAM_STRS;
	long long min = text ? 1 : (long long)row->min, max = text ? 255 : (long long)row->max;

	switch (f->reason) {
	case REASON_REQUIRED:
		return en ? "is required" : "필수 항목입니다";
	case REASON_TYPE:
		return arena_printf(mem, en ? "must be %s" : "형식은 %s이어야 합니다", type_names[row->kind][en]);
	case REASON_LENGTH:
		return arena_printf(mem, en ? "must have %lld to %lld characters"
		    : "%lld자 이상 %lld자 이하여야 합니다", min, max);
	case REASON_RANGE:
		return arena_printf(mem, en ? "must be within %lld and %lld" : "%lld 이상 %lld 이하여야 합니다",
		    (long long)row->min, (long long)row->max);
	case REASON_COUNT:
		return arena_printf(mem, en ? "must have %lld to %lld elements" : "항목은 %lld개 이상 %lld개 이하여야 합니다",
		    (long long)row->min, (long long)row->max);
	case REASON_CHOICE:
		return arena_printf(mem, en ? "must be one of %s" : "다음 중 하나여야 합니다: %s", row->choices);
	case REASON_URL:
		return en ? "must be an http or https URL" : "http 또는 https 주소여야 합니다";
	case REASON_TIME:
		return en ? "must be an ISO 8601 date or time" : "ISO 8601 날짜 또는 시각이어야 합니다";
	case REASON_EMAIL:
		return en ? "must be an e-mail address" : "올바른 이메일 주소여야 합니다";
	case REASON_PASSWORD:
		return en ? "must have an upper and a lower case letter, a digit and a punctuation mark" :
		    "대문자, 소문자, 숫자, 특수문자를 모두 포함해야 합니다";
	case REASON_MATCH:
		return en ? "must be the same" : "서로 일치해야 합니다";
	case REASON_SCHEDULE:
		return en ? "must be now, hourly, daily, weekly, monthly or a cron expression of five fields in UTC" :
		    "now, hourly, daily, weekly, monthly 또는 5개 필드의 cron 표현식(UTC)이어야 합니다";
	case REASON_ORDER:
		return en ? "must not be before the start" : "시작 시각보다 빠를 수 없습니다";
	case REASON_CURSOR:
		return en ? "is no cursor of this list" : "이 목록의 커서가 아닙니다";
	case REASON_UUID:
		return en ? "must be a UUID" : "UUID여야 합니다";
	case REASON_CHARS:
		return en ? "must not contain control characters or outer spaces" : "제어 문자나 앞뒤 공백을 포함할 수 없습니다";
	}
	return "";
}

struct str
param_faults_json(struct arena *mem, const struct param_faults *f, bool english)
{
	struct buf b = { 0 };
	int i;

	buf_byte(&b, '[');
	for (i = 0; i < f->n; i++) {
		struct json_field fields[] = { JS("field", f->v[i].field),
		    JS("reason", reason_text(mem, &f->v[i], english)) };

		if (i > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, fields, NELEM(fields));
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

const char *
param_faults_text(struct arena *mem, const struct param_faults *f, bool english)
{
	const char *text = "";
	int i;

	for (i = 0; i < f->n; i++)
		text = arena_printf(mem, "%s%s%s: %s", text, i > 0
		    ? "; " : "", f->v[i].field, reason_text(mem, &f->v[i], english));
	return text;
}

static void
put_choices(struct buf *out, const char *choices)
{
	const char *c = choices, *bar;

	buf_str(out, "{\"type\":\"string\",\"enum\":[");
	for (; c != NULL; c = bar != NULL ? bar + 1 : NULL) {
		bar = strchr(c, '|');
		if (c != choices)
			buf_byte(out, ',');
		json_put_str(out, c, bar != NULL ? (size_t)(bar - c) : strlen(c));
	}
	buf_str(out, "]");
}

void
param_schema(struct buf *out, const struct param *row)
{
	long long min = (long long)row->min, max = (long long)row->max;

	switch (row->kind) {
	case PARAM_ID:	 buf_str(out, "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255"); break;
	case PARAM_SAME:
	case PARAM_STR:	 buf_printf(out, "{\"type\":\"string\",\"minLength\":%lld,\"maxLength\":%lld", min, max); break;
	case PARAM_PICK: put_choices(out, row->choices); break;
	case PARAM_URL:	 buf_printf(out, "{\"type\":\"string\",\"format\":\"uri\",\"maxLength\":%lld", max); break;
	case PARAM_EMAIL: buf_printf(out, "{\"type\":\"string\",\"format\":\"email\",\"maxLength\":%lld", max); break;
	case PARAM_PASSWORD:
		buf_printf(out, "{\"type\":\"string\",\"format\":\"password\",\"minLength\":%lld,\"maxLength\":%lld",
		    min, max);
		break;
	case PARAM_TIME: buf_str(out, "{\"type\":\"string\",\"format\":\"date-time\""); break;
	case PARAM_INT:	 buf_printf(out, "{\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld", min, max); break;
	case PARAM_NUM:	 buf_printf(out, "{\"type\":\"number\",\"minimum\":%lld,\"maximum\":%lld", min, max); break;
	case PARAM_BOOL: buf_str(out, "{\"type\":\"boolean\""); break;
	case PARAM_IDS:
	case PARAM_STRS:
		buf_printf(out, "{\"type\":\"array\",\"minItems\":%lld,\"maxItems\":%lld,"
		    "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}", min, max);
		break;
	case PARAM_OBJ:	 buf_str(out, "{\"type\":\"object\""); break;
	case PARAM_ANY:	 buf_str(out, "{\"title\":\"any value\""); break;
	}
	if (row->def != NULL) {
		buf_str(out, ",\"default\":");
		if (row->kind == PARAM_INT || row->kind == PARAM_NUM || row->kind == PARAM_BOOL)
			buf_str(out, row->def);
		else
			json_put_str(out, row->def, strlen(row->def));
	}
	buf_byte(out, '}');
}

struct str
strs_json(struct arena *mem, struct strs list)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < list.n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		json_put_str(&b, list.v[i], strlen(list.v[i]));
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}
