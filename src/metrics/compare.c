/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting the two sides. A row is computed later by one pass over the builds: keeping a sum for
 * each row and run was refused, it takes ten times the memory of the builds themselves.
 */
#include "metrics/compare.h"

#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"
#include "metrics/minutes.h"
#include "util/buf.h"

int cs_compare_new(const struct cs_compare_options *options, struct cs_compare **ret,
		   struct cs_err *err)
{
	struct cs_compare *c = calloc(1, sizeof(*c));

	if (c)
		c->arena = cs_arena_new();
	if (!c || !c->arena) {
		free(c);
		return cs_err_nomem(err);
	}
	if (cs_bootstrap_chance_new(options->seed, options->resamples, &c->chance, err) < 0) {
		cs_compare_free(c);
		return -CS_NOMEM;
	}
	c->options = *options;
	*ret = c;
	return 0;
}

static void free_names(struct cs_names *names)
{
	HASH_CLEAR(hh, names->map);
	free(names->v);
}

static void free_side(struct cs_history_side *s)
{
	struct cs_blob *blob, *next;

	HASH_CLEAR(hh, s->by_key);
	HASH_ITER(hh, s->blobs, blob, next)
	{
		HASH_DEL(s->blobs, blob);
		free(blob);
	}
	free(s->runs);
	free(s->items);
}

void cs_compare_free(struct cs_compare *c)
{
	if (!c)
		return;
	free_side(&c->side[CS_BEFORE]);
	free_side(&c->side[CS_AFTER]);
	free_names(&c->scopes);
	free_names(&c->targets);
	free_names(&c->jobs);
	free(c->rows);
	cs_bootstrap_chance_free(c->chance);
	cs_arena_free(c->arena);
	free(c);
}

/* Room for one more of n things; NULL = no memory. */
static void *grow(void *v, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (n < *cap)
		return v;
	grown = more > SIZE_MAX / size ? NULL : realloc(v, more * size);
	if (grown)
		*cap = more;
	return grown;
}

/* The index of a text, which is new the first time. */
static int name_index(struct cs_compare *c, struct cs_names *names, const char *text, uint32_t *ret)
{
	struct cs_name *name;
	size_t cap = names->cap;

	text = text ? text : "";
	HASH_FIND_STR(names->map, text, name);
	if (!name) {
		struct cs_name **grown = grow(names->v, names->n, &cap, sizeof(struct cs_name *));

		name = cs_arena_alloc(c->arena, sizeof(*name));
		if (grown) {
			names->v = grown;
			names->cap = (uint32_t)cap;
		}
		if (!grown || !name)
			return -1;
		name->text = cs_arena_strdup(c->arena, text);
		if (!name->text)
			return -1;
		name->index = names->n;
		HASH_ADD_KEYPTR(hh, names->map, name->text, strlen(name->text), name);
		if (!name->hh.tbl)
			return -1;
		names->v[names->n++] = name;
	}
	name->builds++;
	*ret = name->index;
	return 0;
}

/* --- runs --- */

static struct cs_cluster *find_run(struct cs_history_side *s, const struct cs_buf *key)
{
	struct cs_cluster *run;

	HASH_FIND(hh, s->by_key, key->data, key->len, run);
	return run;
}

static int run_key(struct cs_buf *key, const char *project, const char *run_id, int64_t attempt)
{
	cs_buf_reset(key);
	return cs_buf_printf(key, "%s\x1f%s\x1f%lld", project ? project : "", run_id,
			     (long long)(attempt < 1 ? 1 : attempt));
}

/* key NULL: a build without a run, which is a cluster of its own. Its index is n_runs - 1. */
static struct cs_cluster *new_run(struct cs_compare *c, struct cs_history_side *s,
				  const struct cs_buf *key, enum cs_event event)
{
	struct cs_cluster *run = cs_arena_alloc(c->arena, sizeof(*run));
	size_t cap = s->cap_runs;
	struct cs_cluster **grown;

	if (!run || s->n_runs == UINT32_MAX / 2)
		return NULL;
	grown = grow(s->runs, s->n_runs, &cap, sizeof(struct cs_cluster *));
	if (!grown)
		return NULL;
	s->runs = grown;
	s->cap_runs = (uint32_t)cap;
	run->event = event;
	run->pair = s->n_runs; /* its own index until pairs are made */
	if (key) {
		run->key = cs_arena_strndup(c->arena, key->data, key->len);
		run->key_len = key->len;
		if (!run->key)
			return NULL;
		HASH_ADD_KEYPTR(hh, s->by_key, run->key, run->key_len, run);
		if (!run->hh.tbl)
			return NULL;
	}
	s->runs[s->n_runs++] = run;
	return run;
}

static const char *label_of(const struct cs_kv *labels, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(labels[i].key, key) == 0)
			return labels[i].value;
	}
	return NULL;
}

/* Two runs with the same key handled the same event. */
static int set_pair_key(struct cs_compare *c, struct cs_cluster *run, const char *project,
			const char *workflow, const char *commit, const struct cs_kv *labels,
			size_t n_labels)
{
	const char *value;

	if (run->pair_key || c->options.pair == CS_PAIR_NONE)
		return 0;
	if (c->options.pair == CS_PAIR_LABEL) {
		value = label_of(labels, n_labels, c->options.pair_label);
		if (!value)
			return 0;
		run->pair_key = cs_arena_strdup(c->arena, value);
	} else {
		if (!commit || !*commit)
			return 0;
		run->pair_key =
			cs_arena_printf(c->arena, "%s\x1f%s\x1f%d\x1f%s", project ? project : "",
					workflow ? workflow : "", run->event, commit);
	}
	return run->pair_key ? 0 : -1;
}

int cs_compare_add_run(struct cs_compare *c, enum cs_side side, const struct cs_run *run,
		       struct cs_err *err)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_history_side *s = &c->side[side];
	struct cs_cluster *cluster;

	if (run_key(&key, run->project, run->run_id, run->attempt) < 0)
		return cs_err_nomem(err);
	cluster = find_run(s, &key);
	if (!cluster)
		cluster = new_run(c, s, &key, run->event);
	if (!cluster || set_pair_key(c, cluster, run->project, run->workflow, run->commit,
				     run->labels, run->n_labels) < 0)
		return cs_err_nomem(err);
	return 0;
}

static struct cs_cluster *run_of(struct cs_compare *c, struct cs_history_side *s,
				 const struct cs_facts *f)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_cluster *run = NULL;
	bool named = f->run_id && *f->run_id;

	if (named) {
		if (run_key(&key, f->project, f->run_id, f->attempt) < 0)
			return NULL;
		run = find_run(s, &key);
	}
	if (!run) {
		run = new_run(c, s, named ? &key : NULL, f->event);
		if (run)
			run->lone = !named;
	}
	if (!run ||
	    set_pair_key(c, run, f->project, f->workflow, f->commit, f->labels, f->n_labels) < 0)
		return NULL;
	if (run->event == CS_EVENT_NONE)
		run->event = f->event;
	return run;
}

/* --- builds --- */

/* M15: a blob is stored once in a scope, and once in all. */
static int add_blob(struct cs_history_side *s, uint32_t scope, const struct cs_layer *l)
{
	char text[CS_DIGEST_TEXT];
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_blob *blob;

	if (cs_buf_printf(&key, "%u %s", scope, cs_digest_format(&l->blob_digest, text)) < 0)
		return -1;
	HASH_FIND(hh, s->blobs, key.data, key.len, blob);
	if (blob)
		return 0;
	blob = malloc(sizeof(*blob) + key.len + 1);
	if (!blob)
		return -1;
	blob->scope = scope;
	blob->bytes = l->blob_bytes;
	memcpy(blob->key, key.data, key.len + 1);
	HASH_ADD(hh, s->blobs, key, key.len, blob);
	if (blob->hh.tbl)
		return 0;
	free(blob);
	return -1;
}

static int add_blobs(struct cs_history_side *s, uint32_t scope, const struct cs_build *b,
		     bool *ret_known)
{
	bool known = b->n_layers > 0;

	for (size_t i = 0; i < b->n_layers; i++) {
		const struct cs_layer *l = &b->layers[i];

		if (!cs_digest_known(&l->blob_digest) || l->blob_bytes < 0) {
			known = false;
			continue;
		}
		if (add_blob(s, scope, l) < 0 || add_blob(s, CS_NO_PAIR, l) < 0)
			return -1;
	}
	*ret_known = known;
	return 0;
}

static struct cs_item item_of(const struct cs_build *b, const struct cs_figures *f,
			      const struct cs_compare_marks *marks)
{
	const struct cs_savings *s = &f->savings;

	return (struct cs_item){
		.cold = f->cold,
		.completed = f->completed,
		.failed = b->status == CS_STATUS_FAILED || b->status == CS_STATUS_CANCELED,
		.rated = f->rated,
		.test = marks->test,
		.production = marks->production,
		.started_unix_ns = b->facts.started_unix_ns,
		.duration_ns = f->duration_ns,
		.hits = f->step_hits,
		.runs = f->step_runs,
		.own_bytes = f->own_tar_bytes,
		.hit_bytes = f->hit_tar_bytes,
		.gross_ns = cs_savings_priced(s) ? s->gross_ns : -1,
		.run_ns = s->known ? s->run_ns : -1,
		.cached = f->builder_cached_steps,
		.total = f->builder_total_steps,
		/* what is known not to be pushed moves nothing */
		.pushed_bytes = b->facts.pushed == CS_TRI_NO ? 0 : f->new_blob_bytes,
		.pulled_bytes = f->pulled_blob_bytes,
		.wall_known = s->wall_known && s->overhead_known,
		.wall_ns = s->wall_ns,
		.overhead_ns = s->overhead_ns,
	};
}

static uint32_t run_index(const struct cs_cluster *run)
{
	return run->pair; /* until cs_compare_finish() */
}

int cs_compare_add_build(struct cs_compare *c, enum cs_side side, const struct cs_build *build,
			 const struct cs_figures *figures, const struct cs_compare_marks *marks,
			 struct cs_err *err)
{
	struct cs_history_side *s = &c->side[side];
	struct cs_item *grown = grow(s->items, s->n_items, &s->cap_items, sizeof(*grown));
	struct cs_item item = item_of(build, figures, marks);
	struct cs_cluster *run;

	if (!grown)
		return cs_err_nomem(err);
	s->items = grown;
	run = run_of(c, s, &build->facts);
	if (!run)
		return cs_err_nomem(err);
	run->first |= figures->first_of_scope;
	item.run = run_index(run);
	if (name_index(c, &c->scopes, build->facts.scope, &item.scope) < 0 ||
	    name_index(c, &c->targets, build->facts.target, &item.target) < 0 ||
	    name_index(c, &c->jobs, build->facts.job, &item.job) < 0 ||
	    add_blobs(s, item.scope, build, &item.has_layers) < 0)
		return cs_err_nomem(err);
	s->items[s->n_items++] = item;
	return 0;
}

int cs_compare_count(struct cs_compare *c, enum cs_side side, enum cs_compare_figure what,
		     const char *project, const char *run_id, int64_t attempt, int64_t n,
		     struct cs_err *err)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	bool unexpected = what == CS_CF_UNEXPECTED_BUILDS;
	struct cs_history_side *s = &c->side[side];
	struct cs_cluster *run = NULL;

	s->counted[unexpected] = true;
	if (run_id) {
		if (run_key(&key, project, run_id, attempt) < 0)
			return cs_err_nomem(err);
		run = find_run(s, &key);
	}
	if (run)
		*(unexpected ? &run->unexpected : &run->duplicates) += n;
	else
		s->elsewhere[unexpected] += n;
	return 0;
}

/* --- when all are added --- */

static int compare_items(const void *a, const void *b)
{
	const struct cs_item *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->job > y->job) - (x->job < y->job);
}

/*
 * M10 of one job: n builds. What it does besides them is not known, so its time is taken from its
 * first build's start to its last one's end.
 */
static void add_job(struct cs_cluster *run, const struct cs_item *items, size_t n)
{
	int64_t start = INT64_MAX, end = INT64_MIN, sum = 0, saved = 0, t;
	bool placed = true;

	for (size_t i = 0; i < n; i++) {
		const struct cs_item *item = &items[i];

		run->minutes_known &= item->duration_ns >= 0;
		run->saved_known &= item->duration_ns >= 0 && item->wall_known;
		placed &= item->started_unix_ns != CS_TIME_NONE;
		if (item->duration_ns > 0)
			sum = cs_ns_add(sum, item->duration_ns);
		saved = cs_ns_add(saved, cs_ns_add(item->wall_ns, -item->overhead_ns));
		if (!placed || item->duration_ns < 0)
			continue;
		start = item->started_unix_ns < start ? item->started_unix_ns : start;
		if (item->started_unix_ns + item->duration_ns > end)
			end = item->started_unix_ns + item->duration_ns;
	}
	t = placed && end >= start ? end - start : sum;
	run->minutes = cs_ns_add(run->minutes, cs_minutes_of(t));
	run->saved_minutes = cs_ns_add(run->saved_minutes, cs_minutes_saved(t, saved));
}

/* A build without a job is a job of its own. */
static void add_minutes(struct cs_history_side *s, uint32_t nameless)
{
	size_t first = 0;

	for (uint32_t i = 0; i < s->n_runs; i++)
		s->runs[i]->minutes_known = s->runs[i]->saved_known = true;
	if (s->n_items)
		qsort(s->items, s->n_items, sizeof(*s->items), compare_items);
	for (size_t i = 1; i <= s->n_items; i++) {
		if (i < s->n_items && s->items[i].job != nameless &&
		    compare_items(&s->items[first], &s->items[i]) == 0)
			continue;
		add_job(s->runs[s->items[first].run], &s->items[first], i - first);
		first = i;
	}
}

/* A production build that began when a test build of its run was done could use its layers. */
static int mark_after_test(struct cs_history_side *s)
{
	int64_t *done CS_AUTO(cs_free_p) = calloc((size_t)s->n_runs + 1, sizeof(*done));

	if (!done)
		return -1;
	for (uint32_t i = 0; i < s->n_runs; i++)
		done[i] = INT64_MAX;
	for (size_t i = 0; i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		int64_t end = item->started_unix_ns == CS_TIME_NONE || item->duration_ns < 0
				      ? INT64_MAX
				      : item->started_unix_ns + item->duration_ns;

		if (item->test && item->completed && end < done[item->run])
			done[item->run] = end;
	}
	for (size_t i = 0; i < s->n_items; i++) {
		struct cs_item *item = &s->items[i];

		item->after_test = item->production && item->started_unix_ns != CS_TIME_NONE &&
				   item->started_unix_ns >= done[item->run];
	}
	return 0;
}

struct partner {
	const char *key;
	uint32_t run;
	UT_hash_handle hh;
};

/* 0 paired; 1 a run without a key, with no partner, or with two. */
static int make_pairs(struct cs_compare *c, struct cs_err *err)
{
	struct cs_history_side *b = &c->side[CS_BEFORE], *a = &c->side[CS_AFTER];
	struct partner *map = NULL, *found;
	struct partner *v CS_AUTO(cs_free_p) = calloc((size_t)b->n_runs + 1, sizeof(*v));
	int r = b->n_runs > 0 && b->n_runs == a->n_runs ? 0 : 1;

	if (!v)
		return cs_err_nomem(err);
	for (uint32_t i = 0; i < b->n_runs; i++)
		b->runs[i]->pair = CS_NO_PAIR;
	for (uint32_t i = 0; i < a->n_runs; i++)
		a->runs[i]->pair = CS_NO_PAIR;
	for (uint32_t i = 0; r == 0 && i < b->n_runs; i++) {
		v[i].key = b->runs[i]->pair_key;
		v[i].run = i;
		if (!v[i].key) {
			r = 1;
			break;
		}
		HASH_FIND_STR(map, v[i].key, found);
		if (found) {
			r = 1;
			break;
		}
		HASH_ADD_KEYPTR(hh, map, v[i].key, strlen(v[i].key), &v[i]);
		if (!v[i].hh.tbl)
			r = cs_err_nomem(err);
	}
	for (uint32_t i = 0; r == 0 && i < a->n_runs; i++) {
		found = NULL;
		if (a->runs[i]->pair_key)
			HASH_FIND_STR(map, a->runs[i]->pair_key, found);
		if (!found || b->runs[found->run]->pair != CS_NO_PAIR) {
			r = 1;
			break;
		}
		b->runs[found->run]->pair = i;
		a->runs[i]->pair = found->run;
	}
	HASH_CLEAR(hh, map);
	return r;
}

static int decide_pairs(struct cs_compare *c, struct cs_err *err)
{
	int r = make_pairs(c, err);

	if (r < 0 || c->options.pair == CS_PAIR_NONE)
		return r < 0 ? r : 0;
	c->paired = r == 0;
	c->pair_key = c->options.pair == CS_PAIR_LABEL
			      ? cs_arena_printf(c->arena, "label.%s", c->options.pair_label)
			      : "event+commit";
	if (!c->pair_key)
		return cs_err_nomem(err);
	if (r == 1 && c->options.pair != CS_PAIR_AUTO)
		return cs_err_set(err, CS_USAGE,
				  "the runs of the two sides do not pair by %s: each must have "
				  "exactly one partner",
				  c->pair_key);
	return 0;
}

int cs_compare_finish(struct cs_compare *c, struct cs_err *err)
{
	struct cs_name *no_job;
	int r;

	if (c->finished)
		return 0;
	HASH_FIND_STR(c->jobs.map, "", no_job);
	for (int side = 0; side < 2; side++) {
		add_minutes(&c->side[side], no_job ? no_job->index : CS_NO_PAIR);
		if (mark_after_test(&c->side[side]) < 0)
			return cs_err_nomem(err);
	}
	r = decide_pairs(c, err);
	if (r < 0)
		return r;
	c->finished = true;
	return 0;
}

void cs_compare_method(const struct cs_compare *c, struct cs_compare_method *ret)
{
	*ret = (struct cs_compare_method){
		.paired = c->paired,
		.pair_key = c->paired ? c->pair_key : NULL,
		.seed = c->options.seed,
		.resamples = c->options.resamples,
		.scopes_left_out = c->left_out[0],
		.targets_left_out = c->left_out[1],
	};
	for (int side = 0; side < 2; side++) {
		ret->runs[side] = c->side[side].n_runs;
		ret->builds[side] = (int64_t)c->side[side].n_items;
	}
}
