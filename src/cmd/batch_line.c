/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table says for each key what it may hold and where that goes. A value of a wrong type is an
 * error of the line, not a fact that is silently unknown; only ids may be numbers where the
 * contract has text, because CI systems write them so.
 */
#include <inttypes.h>
#include <string.h>

#include "cmd/batch.h"
#include "util/secret.h"
#include "util/text.h"

enum type {
	TEXT,
	ID, /* text, or a whole number */
	TIME,
	SECONDS,
	BOOL,
	ATTEMPT,
	PLATFORM,
	CONCLUSION,
	LABEL, /* an id that has no place of its own among the facts */
	FILE_NAME,
	JOBS,
	IGNORED,
};

struct key {
	const char *name;
	enum type type;
	size_t to; /* offset in the line, or the number of a file */
	enum { BOTH, BUILD, RUN } in;
};

#define FACT(field) offsetof(struct cs_batch_line, facts.field)
static const struct key keys[] = {
	{ "project", TEXT, FACT(project), BOTH },
	{ "scope", TEXT, FACT(scope), BUILD },
	{ "event", TEXT, FACT(event_raw), BOTH },
	{ "ref", TEXT, FACT(ref), BOTH },
	{ "branch", LABEL, 0, BOTH },
	{ "commit", TEXT, FACT(commit), BOTH },
	{ "parent", LABEL, 0, BOTH },
	{ "tree", LABEL, 0, BOTH },
	{ "pr", LABEL, 0, BOTH },
	{ "run_id", ID, FACT(run_id), BOTH },
	{ "attempt", ATTEMPT, FACT(attempt), BOTH },
	{ "workflow", TEXT, FACT(workflow), BOTH },
	{ "job", TEXT, FACT(job), BUILD },
	{ "target", TEXT, FACT(target), BUILD },
	{ "platform", PLATFORM, offsetof(struct cs_batch_line, platform), BUILD },
	{ "started_at", TIME, FACT(started_unix_ns), BOTH },
	{ "completed_at", TIME, FACT(completed_unix_ns), BOTH },
	{ "duration_s", SECONDS, offsetof(struct cs_batch_line, duration_ns), BOTH },
	{ "conclusion", CONCLUSION, 0, BOTH },
	{ "tests_passed", BOOL, FACT(tests_passed), BUILD },
	{ "pushed", BOOL, FACT(pushed), BUILD },
	{ "dockerbuild", FILE_NAME, CS_FILE_DOCKERBUILD, BUILD },
	{ "log", FILE_NAME, CS_FILE_LOG, BUILD },
	{ "plain_log", FILE_NAME, CS_FILE_PLAIN_LOG, BUILD },
	{ "metadata", FILE_NAME, CS_FILE_METADATA, BUILD },
	{ "image", FILE_NAME, CS_FILE_IMAGE, BUILD },
	{ "jobs", JOBS, 0, RUN },
	{ "builds", IGNORED, 0, RUN },
};

struct reading {
	struct cs_batch_line *line;
	struct cs_arena *arena;
	struct cs_err *err;
	const char *branch;
	size_t n_labels;
	bool run;
};

static int wrong(struct reading *r, const char *key, const char *what)
{
	return cs_err_set(r->err, CS_FORMAT, "\"%.100s\" must be %s", key, what);
}

/* *ret NULL for "". */
static int text_of(struct reading *r, const char *key, const struct cs_json *v, bool id,
		   const char **ret)
{
	const char *text = cs_json_text(v);
	int64_t number;

	if (!text && id && cs_json_int(v, &number))
		text = cs_arena_printf(r->arena, "%" PRId64, number);
	else if (!text)
		return wrong(r, key, id ? "text or a whole number" : "text");
	else
		text = cs_arena_strdup(r->arena, text);
	if (!text)
		return cs_err_nomem(r->err);
	if (!cs_text_is_clean(text))
		return cs_err_set(r->err, CS_FORMAT, "\"%.100s\": control characters in the text",
				  key);
	*ret = *text ? text : NULL;
	return 0;
}

static int add_label(struct reading *r, const char *key, const char *value)
{
	struct cs_kv *kv;

	if (!value)
		return 0;
	if (!cs_text_is_clean(key) || !*key || strchr(key, '='))
		return cs_err_set(r->err, CS_FORMAT,
				  "the key \"%.100s\" cannot be the name of a label",
				  cs_text_is_clean(key) ? key : "…");
	kv = &r->line->facts.labels[r->line->facts.n_labels++];
	kv->key = cs_arena_strdup(r->arena, key);
	kv->value = value;
	return kv->key ? 0 : cs_err_nomem(r->err);
}

static int time_of(struct reading *r, const char *key, const struct cs_json *v, int64_t *ret)
{
	const char *text = cs_json_text(v);
	struct cs_err why;

	if (!text)
		return wrong(r, key, "a time as RFC 3339");
	if (cs_time_parse(text, ret, &why) < 0)
		return cs_err_set(r->err, CS_FORMAT, "\"%s\": %s", key, why.msg);
	return 0;
}

static int seconds_of(struct reading *r, const char *key, const struct cs_json *v, int64_t *ret)
{
	double seconds;

	/* 1e9 s are 31 years */
	if (!cs_json_number(v, &seconds) || !(seconds >= 0 && seconds <= 1e9))
		return wrong(r, key, "a number of seconds");
	*ret = (int64_t)(seconds * 1e9 + 0.5);
	return 0;
}

static int attempt_of(struct reading *r, const char *key, const struct cs_json *v, int64_t *ret)
{
	const char *text = cs_json_text(v);
	int64_t number = 0;

	if (text && *text && strlen(text) < 10 && strspn(text, "0123456789") == strlen(text))
		number = strtol(text, NULL, 10);
	else if (text || !cs_json_int(v, &number))
		number = 0;
	if (number < 1 || number > INT32_MAX)
		return wrong(r, key, "a whole number from 1");
	*ret = number;
	return 0;
}

static int conclusion_of(struct reading *r, const struct cs_json *v)
{
	static const struct {
		const char *word;
		enum cs_build_status status;
	} words[] = {
		{ "success", CS_STATUS_COMPLETED },  { "completed", CS_STATUS_COMPLETED },
		{ "failure", CS_STATUS_FAILED },     { "failed", CS_STATUS_FAILED },
		{ "timed_out", CS_STATUS_FAILED },   { "startup_failure", CS_STATUS_FAILED },
		{ "cancelled", CS_STATUS_CANCELED }, { "canceled", CS_STATUS_CANCELED },
		{ "skipped", CS_STATUS_UNKNOWN },    { "neutral", CS_STATUS_UNKNOWN },
		{ "unknown", CS_STATUS_UNKNOWN },
	};
	struct cs_closest closest;
	const char *text;
	int code = text_of(r, "conclusion", v, false, &text);

	if (code < 0 || !text)
		return code;
	r->line->conclusion = text;
	if (r->run)
		return 0;
	cs_closest_init(&closest, text);
	for (size_t i = 0; i < CS_N(words); i++) {
		if (strcmp(words[i].word, text) == 0) {
			r->line->status = words[i].status;
			return 0;
		}
		cs_closest_try(&closest, words[i].word);
	}
	return cs_err_set(r->err, CS_FORMAT,
			  "\"conclusion\": '%.60s' is none of success, failure, "
			  "cancelled%s%s%s",
			  text, closest.best ? " (did you mean '" : "",
			  closest.best ? closest.best : "", closest.best ? "'?)" : "");
}

static int platform_of(struct reading *r, const struct cs_json *v)
{
	struct cs_platform platform;
	struct cs_err why;
	const char *text;
	int code = text_of(r, "platform", v, false, &text);

	if (code < 0 || !text)
		return code;
	if (cs_platform_parse(text, &platform, &why) < 0)
		return cs_err_set(r->err, CS_FORMAT, "\"platform\": %s", why.msg);
	cs_platform_format(&platform, r->line->platform);
	return 0;
}

static int jobs_of(struct reading *r, const struct cs_json *v)
{
	size_t n = cs_json_len(v);

	if (!cs_json_is_array(v))
		return wrong(r, "jobs", "an array");
	r->line->jobs = cs_arena_array(r->arena, n, sizeof(*r->line->jobs));
	if (!r->line->jobs)
		return cs_err_nomem(r->err);
	for (size_t i = 0; i < n; i++) {
		const struct cs_json *job = cs_json_at(v, i);
		const struct cs_json *conclusion = cs_json_get(job, "conclusion");
		struct cs_run_job *to = &r->line->jobs[r->line->n_jobs++];
		int code;

		to->builds = -1;
		if (!cs_json_is_object(job) || !cs_json_get(job, "name"))
			return wrong(r, "jobs", "objects with a name");
		code = text_of(r, "name", cs_json_get(job, "name"), false, &to->name);
		if (code == 0 && !to->name)
			code = wrong(r, "jobs", "objects with a name");
		if (code == 0 && !cs_json_is_null(conclusion))
			code = text_of(r, "conclusion", conclusion, false, &to->conclusion);
		if (code == 0) {
			to->name = cs_secret_clean(r->arena, to->name);
			code = to->name ? 0 : cs_err_nomem(r->err);
		}
		if (code < 0)
			return code;
		if (!cs_json_is_null(cs_json_get(job, "builds")) &&
		    (!cs_json_get_int(job, "builds", &to->builds) || to->builds < 0))
			return wrong(r, "builds", "a count");
	}
	return 0;
}

static int bool_of(struct reading *r, const char *key, const struct cs_json *v, enum cs_tri *ret)
{
	bool yes;

	if (!cs_json_bool(v, &yes))
		return wrong(r, key, "true or false");
	*ret = yes ? CS_TRI_YES : CS_TRI_NO;
	return 0;
}

static int take(struct reading *r, const struct key *key, const struct cs_json *v)
{
	void *to = (char *)r->line + key->to;
	const char *text = NULL;
	int code;

	switch (key->type) {
	case TEXT:
	case ID:
		return text_of(r, key->name, v, key->type == ID, to);
	case TIME:
		return time_of(r, key->name, v, to);
	case SECONDS:
		return seconds_of(r, key->name, v, to);
	case BOOL:
		return bool_of(r, key->name, v, to);
	case ATTEMPT:
		return attempt_of(r, key->name, v, to);
	case PLATFORM:
		return platform_of(r, v);
	case CONCLUSION:
		return conclusion_of(r, v);
	case JOBS:
		return jobs_of(r, v);
	case LABEL:
		code = text_of(r, key->name, v, true, &text);
		if (strcmp(key->name, "branch") == 0)
			r->branch = text;
		return code < 0 ? code : add_label(r, key->name, text);
	case FILE_NAME:
		code = text_of(r, key->name, v, false, &r->line->files[key->to]);
		r->line->n_files += code == 0 && r->line->files[key->to];
		return code;
	default:
		return 0;
	}
}

static int on_key(void *arg, const char *name, const struct cs_json *v)
{
	struct reading *r = arg;
	const char *text;
	int code;

	if (cs_json_is_null(v))
		return 0;
	for (size_t i = 0; i < CS_N(keys); i++) {
		if (strcmp(keys[i].name, name) == 0 &&
		    (keys[i].in == BOTH || (keys[i].in == RUN) == r->run)) {
			r->line->any = true;
			return take(r, &keys[i], v);
		}
	}
	if (!cs_json_text(v))
		return 0;
	r->line->any = true;
	code = text_of(r, name, v, false, &text);
	return code < 0 ? code : add_label(r, name, text);
}

/* What follows from the keys together. */
static int settle(struct reading *r)
{
	struct cs_facts *f = &r->line->facts;

	if (!f->ref && r->branch) {
		f->ref = strncmp(r->branch, "refs/", 5) == 0
				 ? r->branch
				 : cs_arena_printf(r->arena, "refs/heads/%s", r->branch);
		if (!f->ref)
			return cs_err_nomem(r->err);
	}
	if (f->completed_unix_ns == CS_TIME_NONE && f->started_unix_ns != CS_TIME_NONE &&
	    r->line->duration_ns >= 0)
		(void)__builtin_add_overflow(f->started_unix_ns, r->line->duration_ns,
					     &f->completed_unix_ns);
	if (f->started_unix_ns != CS_TIME_NONE && f->completed_unix_ns != CS_TIME_NONE &&
	    f->completed_unix_ns < f->started_unix_ns)
		return cs_err_set(r->err, CS_FORMAT, "\"completed_at\" is before \"started_at\"");
	if (r->run && !f->run_id)
		return cs_err_set(r->err, CS_FORMAT, "no \"run_id\"");
	if (!r->line->any)
		return cs_err_set(r->err, CS_FORMAT, "nothing is said of a build");
	return 0;
}

/* The two lists mistaken for each other would make a build of every run. */
static int check_kind(const struct cs_json *json, bool run, struct cs_err *err)
{
	static const char *const files[] = { "dockerbuild", "log", "plain_log", "metadata",
					     "image" };

	if (!run && cs_json_is_array(cs_json_get(json, "jobs")))
		return cs_err_set(err, CS_FORMAT,
				  "a CI run with its jobs, no build: --runs takes such lines");
	for (size_t i = 0; run && i < CS_N(files); i++) {
		if (cs_json_get_text(json, files[i]))
			return cs_err_set(err, CS_FORMAT,
					  "a build, for it has \"%s\": --batch takes such lines",
					  files[i]);
	}
	return 0;
}

int cs_batch_line_read(const void *data, size_t len, bool run, const struct cs_limits *limits,
		       struct cs_arena *arena, struct cs_batch_line *ret, struct cs_err *err)
{
	struct cs_json *json CS_AUTO(cs_json_free_p) = NULL;
	struct cs_batch_line line = { .duration_ns = -1 };
	struct reading r = { .line = &line, .arena = arena, .err = err, .run = run };
	int code = cs_json_parse(data, len, limits, &json, err);

	if (code < 0)
		return code;
	if (!cs_json_is_object(json))
		return cs_err_set(err, CS_FORMAT, "not a JSON object");
	code = check_kind(json, run, err);
	if (code < 0)
		return code;
	cs_facts_init(&line.facts);
	line.facts.labels = cs_arena_array(arena, cs_json_len(json), sizeof(struct cs_kv));
	if (!line.facts.labels)
		return cs_err_nomem(err);
	for (size_t i = 0; i < CS_N_FACTS; i++)
		line.facts.from[i] = CS_FROM_USER;
	code = cs_json_each(json, on_key, &r);
	if (code == 0)
		code = settle(&r);
	if (code == 0)
		*ret = line;
	return code;
}
