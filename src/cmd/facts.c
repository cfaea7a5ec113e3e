/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each fact is resolved for itself, flag > variable > input > CI, and only then the event's class:
 * the word and the ref may come from different sources (--event push in a job whose ref the CI
 * knows). The project is the exception: what .cachestat.yml says of it stands above input and CI,
 * since somebody wrote it down for this folder.
 *
 * Beside each fact stands who said it (enum cs_origin): another document of the same build may know
 * better, or only guess what is known here.
 */
#include <string.h>

#include "ci/env.h"
#include "cmd/args.h"
#include "util/secret.h"
#include "util/text.h"

struct resolver {
	struct cs_app *app;
	const struct cs_args *args;
	const struct cs_facts *hints;
	struct cs_arena *arena;
	struct cs_err *err;
	struct cs_facts ci;
	bool elsewhere;		    /* the build belongs to another job than the one that records */
	const char *default_branch; /* NULL = main */
	struct cs_facts facts;
};

/* An empty text is no fact. */
static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* Flag or variable, checked; *ret NULL if neither was given, or an empty one. */
static int given(const struct resolver *r, const char *name, const char **ret)
{
	const char *value = cs_args_get(r->args, name);

	if (value && !cs_text_is_clean(value))
		return cs_err_set(r->err, CS_USAGE,
				  "%s: control characters or bytes that are not UTF-8",
				  cs_args_source(r->args, name));
	*ret = or_null(value);
	return 0;
}

static const char **slot(const struct cs_facts *facts, size_t offset)
{
	return (const char **)(uintptr_t)((const char *)facts + offset);
}

void cs_facts_say(struct cs_facts *facts, uint8_t origin)
{
	for (size_t i = 0; i < CS_N_FACTS; i++)
		facts->from[i] = origin;
}

/* Who gave a hint: its own mark, else some input. */
static uint8_t hint_origin(const struct resolver *r, enum cs_fact fact)
{
	return r->hints->from[fact] ? r->hints->from[fact] : CS_FROM_INPUT;
}

static int resolve_texts(struct resolver *r)
{
	static const struct {
		const char *option;
		size_t offset;
		enum cs_fact fact; /* CS_N_FACTS: the project, which has no rank */
	} table[] = {
		{ "project", offsetof(struct cs_facts, project), CS_N_FACTS },
		{ "ref", offsetof(struct cs_facts, ref), CS_FACT_REF },
		{ "commit", offsetof(struct cs_facts, commit), CS_FACT_COMMIT },
		{ "run-id", offsetof(struct cs_facts, run_id), CS_FACT_RUN_ID },
		{ "workflow", offsetof(struct cs_facts, workflow), CS_FACT_WORKFLOW },
		{ "job", offsetof(struct cs_facts, job), CS_FACT_JOB },
		{ "target", offsetof(struct cs_facts, target), CS_FACT_TARGET },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		bool ranked = table[i].fact != CS_N_FACTS;
		const char *value, *clean;
		uint8_t from = CS_FROM_USER;
		int ret = given(r, table[i].option, &value);

		if (ret < 0)
			return ret;
		if (!value && !ranked)
			value = r->app->config->project;
		if (!value) {
			value = or_null(*slot(r->hints, table[i].offset));
			from = ranked ? hint_origin(r, table[i].fact) : CS_FROM_NOTHING;
		}
		if (!value) {
			value = *slot(&r->ci, table[i].offset);
			from = CS_FROM_CI;
		}
		clean = cs_secret_clean(r->arena, value);
		if (value && !clean)
			return cs_err_nomem(r->err);
		*slot(&r->facts, table[i].offset) = clean;
		if (ranked && clean)
			r->facts.from[table[i].fact] = from;
	}
	return 0;
}

/* A word that is near to a class but none is a slip; any other one may be a CI's own. */
static void warn_of_event(const struct resolver *r, const char *word)
{
	struct cs_closest closest;

	cs_closest_init(&closest, word);
	for (int e = CS_EVENT_NONE + 1; e < CS_EVENT_OTHER; e++)
		cs_closest_try(&closest, cs_event_name((enum cs_event)e));
	if (closest.best)
		cs_ctx_log(&r->app->ctx, CS_LOG_WARNING,
			   "event '%s' counts as other (did you mean '%s'?)", word, closest.best);
}

static int resolve_event(struct resolver *r)
{
	struct cs_facts *f = &r->facts;
	const char *word;
	int ret = given(r, "event", &word);

	if (ret < 0)
		return ret;
	if (word) {
		f->from[CS_FACT_EVENT] = CS_FROM_USER;
		f->event_raw = word;
		f->event = cs_event_classify(word, f->ref, r->default_branch);
		if (f->event == CS_EVENT_OTHER && strcmp(word, cs_event_name(CS_EVENT_OTHER)) != 0)
			warn_of_event(r, word);
	} else if (or_null(r->hints->event_raw)) {
		f->from[CS_FACT_EVENT] = hint_origin(r, CS_FACT_EVENT);
		f->event_raw = r->hints->event_raw;
		f->event = cs_event_classify(f->event_raw, f->ref, r->default_branch);
	} else if (r->hints->event != CS_EVENT_NONE) {
		f->from[CS_FACT_EVENT] = hint_origin(r, CS_FACT_EVENT);
		f->event = cs_event_classify(cs_event_name(r->hints->event), f->ref,
					     r->default_branch);
	} else if (r->ci.event_raw) {
		f->from[CS_FACT_EVENT] = CS_FROM_CI;
		f->event_raw = r->ci.event_raw;
		f->event = r->ci.event;
		/* the CI may know more than the word says, but not about another ref */
		if (f->ref && (!r->ci.ref || strcmp(f->ref, r->ci.ref) != 0))
			f->event = cs_event_classify(f->event_raw, f->ref, r->default_branch);
	}
	return 0;
}

static int resolve_time(struct resolver *r, const char *name, enum cs_fact fact, int64_t hint,
			int64_t *ret)
{
	const char *text;
	int ret_code = given(r, name, &text);

	if (ret_code < 0)
		return ret_code;
	*ret = hint;
	r->facts.from[fact] = text		     ? CS_FROM_USER
			      : hint != CS_TIME_NONE ? hint_origin(r, fact)
						     : CS_FROM_NOTHING;
	if (!text || cs_time_parse(text, ret, r->err) == 0)
		return 0;
	r->err->code = CS_USAGE;
	return cs_err_prefix(r->err, "%s", cs_args_source(r->args, name));
}

static int resolve_times(struct resolver *r)
{
	struct cs_facts *f = &r->facts;
	int ret;

	ret = resolve_time(r, "started-at", CS_FACT_STARTED, r->hints->started_unix_ns,
			   &f->started_unix_ns);
	if (ret == 0)
		ret = resolve_time(r, "completed-at", CS_FACT_COMPLETED,
				   r->hints->completed_unix_ns, &f->completed_unix_ns);
	if (ret < 0 || f->started_unix_ns == CS_TIME_NONE || f->completed_unix_ns == CS_TIME_NONE ||
	    f->started_unix_ns <= f->completed_unix_ns)
		return ret;
	if (cs_args_has(r->args, "started-at") && cs_args_has(r->args, "completed-at"))
		return cs_err_set(r->err, CS_USAGE,
				  "the build is said to end before it began "
				  "(--started-at, --completed-at)");
	/* What is given stands above the input: an image that is built again unchanged keeps the
	 * provenance, and so the end, of its first build. */
	if (cs_args_has(r->args, "completed-at")) {
		f->started_unix_ns = CS_TIME_NONE;
		f->from[CS_FACT_STARTED] = CS_FROM_NOTHING;
		return 0;
	}
	if (!cs_args_has(r->args, "started-at"))
		cs_ctx_log(&r->app->ctx, CS_LOG_WARNING,
			   "the input says that the build ended before it began: its end is not "
			   "known");
	f->completed_unix_ns = CS_TIME_NONE;
	f->from[CS_FACT_COMPLETED] = CS_FROM_NOTHING;
	return 0;
}

static int resolve_rest(struct resolver *r)
{
	struct cs_facts *f = &r->facts;
	const char *tests = or_null(cs_args_get(r->args, "tests"));
	const char *pushed = cs_args_env(r->args, "pushed");
	bool yes = false;

	f->attempt = r->hints->attempt >= 0 ? r->hints->attempt : r->ci.attempt;
	f->tests_passed = r->hints->tests_passed;
	if (f->tests_passed != CS_TRI_UNKNOWN)
		f->from[CS_FACT_TESTS] = hint_origin(r, CS_FACT_TESTS);
	if (tests) {
		f->tests_passed = strcmp(tests, "passed") == 0 ? CS_TRI_YES : CS_TRI_NO;
		f->from[CS_FACT_TESTS] = CS_FROM_USER;
	}
	f->pushed = r->hints->pushed;
	if (f->pushed != CS_TRI_UNKNOWN)
		f->from[CS_FACT_PUSHED] = hint_origin(r, CS_FACT_PUSHED);
	if (cs_args_has(r->args, "pushed") || (pushed && cs_args_bool(pushed, &yes))) {
		f->pushed = cs_args_has(r->args, "pushed") ? CS_TRI_YES : CS_TRI_NO;
		f->from[CS_FACT_PUSHED] = CS_FROM_USER;
	}
	if (!or_null(cs_args_get(r->args, "attempt")))
		return 0;
	return cs_args_int(r->args, "attempt", 1, INT32_MAX, &f->attempt, r->err);
}

/* --- labels --- */

struct labels {
	struct cs_kv *v;
	size_t n;
};

static int add_label(struct resolver *r, struct labels *labels, const char *source,
		     const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	char *key;

	if (!equals || equals == text)
		return cs_err_set(r->err, CS_USAGE, "%s: '%.*s' is not NAME=VALUE", source,
				  (int)(len > 200 ? 200 : len), text);
	key = cs_arena_strndup(r->arena, text, len);
	if (!key)
		return cs_err_nomem(r->err);
	if (!cs_text_is_clean(key))
		return cs_err_set(r->err, CS_USAGE,
				  "%s: control characters or bytes that are not UTF-8", source);
	key[equals - text] = '\0';
	labels->v[labels->n++] = (struct cs_kv){ key, key + (equals - text) + 1 };
	return 0;
}

/* Stable by construction: equal keys keep the order in which they came. */
static int compare_labels(const void *a, const void *b)
{
	const struct cs_kv *const *x = a, *const *y = b;
	int r = strcmp((*x)->key, (*y)->key);

	return r ? r : *x < *y ? -1 : *x > *y;
}

/* Sorted by key; of equal keys the last one; none that is named like a secret. */
static int settle_labels(struct resolver *r, struct labels *labels)
{
	const struct cs_kv **sorted = cs_arena_array(r->arena, labels->n, sizeof(*sorted));
	struct cs_kv *result = cs_arena_array(r->arena, labels->n, sizeof(*result));
	size_t n = 0;

	if (!sorted || !result)
		return cs_err_nomem(r->err);
	for (size_t i = 0; i < labels->n; i++)
		sorted[i] = &labels->v[i];
	if (labels->n)
		qsort(sorted, labels->n, sizeof(struct cs_kv *), compare_labels);
	for (size_t i = 0; i < labels->n; i++) {
		const struct cs_kv *kv = sorted[i];

		if (i + 1 < labels->n && strcmp(kv->key, sorted[i + 1]->key) == 0)
			continue;
		if (cs_secret_name(kv->key)) {
			cs_ctx_log(&r->app->ctx, CS_LOG_WARNING,
				   "label '%s' is named like a secret and not recorded", kv->key);
			continue;
		}
		result[n].key = kv->key;
		result[n].value = cs_secret_clean(r->arena, kv->value);
		if (!result[n++].value)
			return cs_err_nomem(r->err);
	}
	r->facts.labels = result;
	r->facts.n_labels = n;
	return 0;
}

/* The input's, then the variable's, then the flags': the last one of a name wins. */
static int resolve_labels(struct resolver *r)
{
	const char *env = cs_args_env(r->args, "label");
	size_t n_flags = cs_args_n_flags(r->args, "label"), n_env = 0;
	struct labels labels = { NULL, 0 };

	for (const char *p = env; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
		n_env++;
	labels.v =
		cs_arena_array(r->arena, r->hints->n_labels + n_env + n_flags, sizeof(*labels.v));
	if (!labels.v)
		return cs_err_nomem(r->err);
	for (size_t i = 0; i < r->hints->n_labels; i++)
		labels.v[labels.n++] = r->hints->labels[i];
	for (const char *p = env; p && *p;) {
		size_t len = strcspn(p, ",");
		int ret = add_label(r, &labels, "CACHESTAT_LABEL", p, len);

		if (ret < 0)
			return ret;
		p += len + (p[len] == ',');
	}
	for (size_t i = 0; i < n_flags; i++) {
		const char *text = cs_args_nth(r->args, "label", i);
		int ret = add_label(r, &labels, "--label", text, strlen(text));

		if (ret < 0)
			return ret;
	}
	return settle_labels(r, &labels);
}

/* --- scope --- */

/* A name from the input, made fit: other characters become '_'. */
static const char *fit_scope(struct resolver *r, const char *name, const char *what)
{
	char *scope;

	if (cs_scope_is_valid(name))
		return name;
	scope = cs_arena_strndup(r->arena, name, strnlen(name, CS_SCOPE_MAX));
	if (!scope)
		return NULL;
	for (char *p = scope; *p; p++) {
		const char one[2] = { *p, '\0' };

		if (!cs_scope_is_valid(one))
			*p = '_';
	}
	cs_ctx_log(&r->app->ctx, CS_LOG_WARNING, "%s '%.200s' is recorded as scope '%s'", what,
		   name, scope);
	return scope;
}

static int resolve_scope(struct resolver *r, const char *image_ref)
{
	const char *gha_scope = or_null(r->hints->scope), *scope;
	int ret = given(r, "scope", &scope);

	if (ret < 0)
		return ret;
	if (scope && !cs_scope_is_valid(scope))
		return cs_err_set(r->err, CS_USAGE,
				  "%s: '%.200s' may hold only letters, digits, '.', '_' and '-'",
				  cs_args_source(r->args, "scope"), scope);
	r->facts.from[CS_FACT_SCOPE] = CS_FROM_USER;
	if (!scope && gha_scope && r->hints->from[CS_FACT_SCOPE] == CS_FROM_USER)
		scope = fit_scope(r, gha_scope, "the scope");
	if (!scope) {
		scope = cs_config_scope(r->app->config, &r->facts, gha_scope, image_ref);
		r->facts.from[CS_FACT_SCOPE] = CS_FROM_RULE;
	}
	if (!scope && gha_scope) {
		scope = fit_scope(r, gha_scope, "the cache scope");
		r->facts.from[CS_FACT_SCOPE] = hint_origin(r, CS_FACT_SCOPE);
	} else if (!scope && r->facts.target) {
		scope = fit_scope(r, r->facts.target, "the target");
		r->facts.from[CS_FACT_SCOPE] = CS_FROM_TARGET;
	} else if (!scope) {
		scope = "default";
		r->facts.from[CS_FACT_SCOPE] = CS_FROM_DEFAULT;
	}
	r->facts.scope = scope;
	return scope ? 0 : cs_err_nomem(r->err);
}

static int read_ci(struct resolver *r)
{
	const char *branch, *project;
	enum cs_ci ci;
	int ret = given(r, "default-branch", &branch);

	if (ret < 0)
		return ret;
	if (!branch)
		branch = r->app->config->default_branch;
	cs_facts_init(&r->ci);
	r->default_branch = branch;
	if (cs_args_has(r->args, "no-ci"))
		return 0;
	ret = cs_ci_env_read(&r->app->ctx, r->app->getenv, r->app->arg, branch, r->arena, &ci,
			     &r->ci, &r->default_branch, r->err);
	if (ret == 0 && r->elsewhere) {
		project = r->ci.project;
		cs_facts_init(&r->ci);
		r->ci.project = project;
	}
	return ret;
}

static int resolve(struct resolver *r, const char *image_ref, struct cs_facts *ret)
{
	int code;

	cs_facts_init(&r->facts);
	code = read_ci(r);
	if (code == 0)
		code = resolve_texts(r);
	if (code == 0)
		code = resolve_event(r);
	if (code == 0)
		code = resolve_times(r);
	if (code == 0)
		code = resolve_rest(r);
	if (code == 0)
		code = resolve_labels(r);
	if (code == 0)
		code = resolve_scope(r, image_ref);
	if (code == 0)
		*ret = r->facts;
	return code;
}

int cs_cmd_facts(struct cs_app *app, const struct cs_args *args, const struct cs_facts *hints,
		 const char *image_ref, struct cs_arena *arena, struct cs_facts *ret,
		 struct cs_err *err)
{
	struct resolver r = {
		.app = app, .args = args, .hints = hints, .arena = arena, .err = err
	};

	return resolve(&r, image_ref, ret);
}

int cs_cmd_facts_elsewhere(struct cs_app *app, const struct cs_args *args,
			   const struct cs_facts *hints, const char *image_ref,
			   struct cs_arena *arena, struct cs_facts *ret, struct cs_err *err)
{
	struct resolver r = { .app = app,
			      .args = args,
			      .hints = hints,
			      .arena = arena,
			      .err = err,
			      .elsewhere = true };

	return resolve(&r, image_ref, ret);
}
