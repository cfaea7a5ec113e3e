/* SPDX-License-Identifier: Apache-2.0 */
/* Sums by scope and event; a build is forgotten once it is added. */
#include "metrics/gate.h"

#include <math.h>
#include <string.h>

#include "util/buf.h"
#include "util/hash.h"

struct scope {
	const char *name;
	int64_t n_steps, hits, runs;
	int64_t n_times, gross_ns, run_ns;
	int64_t n_bytes, hit_bytes, own_bytes;
	int64_t n_net, net_ns, hits_unpriced;
	UT_hash_handle hh;
};

/* Images that may be held against each other: of one scope, target and platform. */
struct series {
	const char *key, *scope;
	int64_t n, first_bytes, last_bytes;
	UT_hash_handle hh;
};

struct run {
	const char *key;
	enum cs_event event;
	int64_t builds;
	UT_hash_handle hh;
};

struct cs_gates {
	struct cs_arena *arena;
	struct scope *scopes;
	struct series *series;
	struct run *runs;
	int64_t builds, duplicates, unexpected;
	struct cs_gate_row *rows;
	size_t n_rows, cap_rows;
};

int cs_gates_new(struct cs_gates **ret, struct cs_err *err)
{
	struct cs_gates *g = calloc(1, sizeof(*g));

	if (g)
		g->arena = cs_arena_new();
	if (!g || !g->arena) {
		free(g);
		return cs_err_nomem(err);
	}
	g->duplicates = g->unexpected = -1;
	*ret = g;
	return 0;
}

void cs_gates_free(struct cs_gates *g)
{
	if (!g)
		return;
	HASH_CLEAR(hh, g->scopes);
	HASH_CLEAR(hh, g->series);
	HASH_CLEAR(hh, g->runs);
	free(g->rows);
	cs_arena_free(g->arena);
	free(g);
}

static struct scope *find_scope(struct cs_gates *g, const char *name)
{
	struct scope *s;

	HASH_FIND_STR(g->scopes, name, s);
	if (s)
		return s;
	s = cs_arena_alloc(g->arena, sizeof(*s));
	if (s)
		s->name = cs_arena_strdup(g->arena, name);
	if (!s || !s->name)
		return NULL;
	HASH_ADD_KEYPTR(hh, g->scopes, s->name, strlen(s->name), s);
	return s->hh.tbl ? s : NULL;
}

/* run_id NULL: a build that names no run is one of its own. */
static struct run *find_run(struct cs_gates *g, const char *project, const char *run_id,
			    int64_t attempt, enum cs_event event)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct run *run = NULL;
	int r;

	if (run_id && *run_id)
		r = cs_buf_printf(&key, "%s\x1f%s\x1f%lld", project ? project : "", run_id,
				  (long long)(attempt < 1 ? 1 : attempt));
	else
		r = cs_buf_printf(&key, "\x1e%lld", (long long)g->builds);
	if (r < 0)
		return NULL;
	HASH_FIND_STR(g->runs, key.data, run);
	if (run) {
		if (run->event == CS_EVENT_NONE)
			run->event = event;
		return run;
	}
	run = cs_arena_alloc(g->arena, sizeof(*run));
	if (run)
		run->key = cs_arena_strdup(g->arena, key.data);
	if (!run || !run->key)
		return NULL;
	run->event = event;
	HASH_ADD_KEYPTR(hh, g->runs, run->key, strlen(run->key), run);
	return run->hh.tbl ? run : NULL;
}

int cs_gates_add_run(struct cs_gates *g, const struct cs_run *run, struct cs_err *err)
{
	return find_run(g, run->project, run->run_id, run->attempt, run->event) ? 0
										: cs_err_nomem(err);
}

static void add_sums(struct scope *s, const struct cs_figures *f)
{
	const struct cs_savings *v = &f->savings;

	if (f->rated) {
		s->n_steps++;
		s->hits += f->step_hits;
		s->runs += f->step_runs;
	}
	if (!f->completed)
		return;
	if (f->own_tar_bytes > 0 && f->hit_tar_bytes >= 0) {
		s->n_bytes++;
		s->own_bytes = cs_ns_add(s->own_bytes, f->own_tar_bytes);
		s->hit_bytes = cs_ns_add(s->hit_bytes, f->hit_tar_bytes);
	}
	if (cs_savings_priced(v) && (v->gross_ns > 0 || v->run_ns > 0)) {
		s->n_times++;
		s->gross_ns = cs_ns_add(s->gross_ns, v->gross_ns);
		s->run_ns = cs_ns_add(s->run_ns, v->run_ns);
	}
	if (!v->known || !v->overhead_known)
		return;
	s->n_net++;
	s->net_ns = cs_ns_add(s->net_ns, cs_ns_add(v->gross_ns, -v->overhead_ns));
	s->hits_unpriced += v->hits - v->priced_hits;
}

/* What an image takes: its blobs, or its layers where no blob is known. */
static int64_t image_bytes(const struct cs_build *b)
{
	int64_t blobs = 0, tars = 0;

	for (size_t i = 0; i < b->n_layers; i++) {
		const struct cs_layer *l = &b->layers[i];

		blobs = blobs < 0 || l->blob_bytes < 0 ? -1 : cs_ns_add(blobs, l->blob_bytes);
		tars = tars < 0 || l->tar_bytes < 0 ? -1 : cs_ns_add(tars, l->tar_bytes);
	}
	return b->n_layers == 0 ? -1 : blobs >= 0 ? blobs : tars;
}

static int add_size(struct cs_gates *g, const char *scope, const struct cs_build *b)
{
	int64_t bytes = image_bytes(b);
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct series *s;

	if (bytes < 0)
		return 0;
	if (cs_buf_printf(&key, "%s\x1f%s\x1f%s\x1f%s", b->facts.project ? b->facts.project : "",
			  scope, b->facts.target ? b->facts.target : "", b->platform) < 0)
		return -1;
	HASH_FIND_STR(g->series, key.data, s);
	if (!s) {
		s = cs_arena_alloc(g->arena, sizeof(*s));
		if (!s)
			return -1;
		s->key = cs_arena_strdup(g->arena, key.data);
		s->scope = cs_arena_strdup(g->arena, scope);
		if (!s->key || !s->scope)
			return -1;
		s->first_bytes = bytes;
		HASH_ADD_KEYPTR(hh, g->series, s->key, strlen(s->key), s);
		if (!s->hh.tbl)
			return -1;
	}
	s->last_bytes = bytes;
	s->n++;
	return 0;
}

int cs_gates_add_build(struct cs_gates *g, const struct cs_build *b, const struct cs_figures *f,
		       struct cs_err *err)
{
	const char *name = b->facts.scope ? b->facts.scope : "";
	struct run *run =
		find_run(g, b->facts.project, b->facts.run_id, b->facts.attempt, b->facts.event);
	struct scope *scope = find_scope(g, name);

	if (!run || !scope || (f->completed && add_size(g, name, b) < 0))
		return cs_err_nomem(err);
	g->builds++;
	run->builds++;
	add_sums(scope, f);
	return 0;
}

void cs_gates_count(struct cs_gates *g, int64_t duplicates, int64_t unexpected)
{
	g->duplicates = duplicates;
	g->unexpected = unexpected;
}

/* --- judging --- */

static struct cs_gate_row *new_row(struct cs_gates *g, const struct cs_gate *gate)
{
	struct cs_gate_row *row;

	if (g->n_rows == g->cap_rows) {
		size_t cap = g->cap_rows ? g->cap_rows * 2 : 16;
		struct cs_gate_row *grown = realloc(g->rows, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		g->rows = grown;
		g->cap_rows = cap;
	}
	row = &g->rows[g->n_rows++];
	*row = (struct cs_gate_row){ .kind = gate->kind,
				     .limit = (double)gate->num / (double)gate->den,
				     .value = NAN };
	if (cs_gate_unit(gate->kind) == CS_GATE_NS)
		row->limit /= 1e9;
	return row;
}

__extension__ typedef __int128 wide;

static bool at_least(int64_t num, int64_t den, const struct cs_gate *gate)
{
	return (wide)num * gate->den >= (wide)gate->num * den;
}

static void decide(struct cs_gate_row *row, int64_t min_builds, bool holds)
{
	if (row->n < min_builds) {
		row->why = "too few builds";
		return;
	}
	row->result = holds ? CS_GATE_PASSED : CS_GATE_FAILED;
}

static void judge_rate(struct cs_gate_row *row, const struct cs_gate *gate, int64_t n, int64_t num,
		       int64_t den, int64_t min_builds)
{
	row->n = n;
	if (den <= 0) {
		row->why = "nothing to rate";
		return;
	}
	row->value = (double)num / (double)den;
	decide(row, min_builds, at_least(num, den, gate));
}

/* Unpriced hits count 0, so what is saved is at least this much. */
static void judge_net(struct cs_gate_row *row, const struct cs_gate *gate, int64_t n,
		      int64_t net_ns, int64_t unpriced, int64_t min_builds)
{
	row->n = n;
	if (n == 0) {
		row->why = "no build with times of its steps";
		return;
	}
	row->value = (double)net_ns / 1e9;
	if (net_ns < gate->num && unpriced > 0 && n >= min_builds) {
		row->why = "hits without a price";
		return;
	}
	decide(row, min_builds, net_ns >= gate->num);
}

static void judge_growth(struct cs_gates *g, struct cs_gate_row *row, const struct cs_gate *gate,
			 const char *scope, int64_t min_builds)
{
	int64_t most = INT64_MIN;

	for (const struct series *s = g->series; s; s = s->hh.next) {
		if (strcmp(s->scope, scope) != 0 || s->n < 2)
			continue;
		row->n += s->n;
		if (s->last_bytes - s->first_bytes > most)
			most = s->last_bytes - s->first_bytes;
	}
	if (row->n == 0) {
		row->why = "no two images of one target";
		return;
	}
	row->value = (double)most;
	decide(row, min_builds, most <= gate->num);
}

static void judge_scope(struct cs_gates *g, struct cs_gate_row *row, const struct cs_gate *gate,
			const struct scope *s, int64_t min_builds)
{
	row->scope = s->name;
	switch (gate->kind) {
	case CS_GATE_MIN_HIT_RATE:
		judge_rate(row, gate, s->n_steps, s->hits, s->hits + s->runs, min_builds);
		break;
	case CS_GATE_MIN_TIME_HIT_RATE:
		judge_rate(row, gate, s->n_times, s->gross_ns, cs_ns_add(s->gross_ns, s->run_ns),
			   min_builds);
		break;
	case CS_GATE_MIN_BYTE_HIT_RATE:
		judge_rate(row, gate, s->n_bytes, s->hit_bytes, s->own_bytes, min_builds);
		break;
	case CS_GATE_MIN_NET_SAVINGS:
		judge_net(row, gate, s->n_net, s->net_ns, s->hits_unpriced, min_builds);
		break;
	default:
		judge_growth(g, row, gate, s->name, min_builds);
		break;
	}
}

static bool named_elsewhere(const struct cs_gate_list *list, const struct cs_gate *gate,
			    const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct cs_gate *other = &list->v[i];

		if (other->kind == gate->kind && other->subject &&
		    strcmp(other->subject, name) == 0)
			return true;
	}
	return false;
}

static int compare_scopes(const struct scope *a, const struct scope *b)
{
	return strcmp(a->name, b->name);
}

static int nothing_to_judge(struct cs_gates *g, const struct cs_gate *gate, struct cs_err *err)
{
	struct cs_gate_row *row = new_row(g, gate);

	if (!row)
		return cs_err_nomem(err);
	if (gate->kind == CS_GATE_MAX_BUILDS)
		row->event = gate->subject;
	else
		row->scope = gate->subject;
	row->why = gate->kind == CS_GATE_MAX_BUILDS ? "no such run" : "no such build";
	return 0;
}

static int judge_scopes(struct cs_gates *g, const struct cs_gate_list *list,
			const struct cs_gate *gate, int64_t min_builds, struct cs_err *err)
{
	size_t before = g->n_rows;

	for (struct scope *s = g->scopes; s; s = s->hh.next) {
		struct cs_gate_row *row;

		if (gate->subject ? strcmp(gate->subject, s->name) != 0
				  : named_elsewhere(list, gate, s->name))
			continue;
		row = new_row(g, gate);
		if (!row)
			return cs_err_nomem(err);
		judge_scope(g, row, gate, s, min_builds);
	}
	return g->n_rows > before ? 0 : nothing_to_judge(g, gate, err);
}

/* Without a scope: what the cache saved in all, for one that costs may serve one that pays. */
static int judge_net_of_all(struct cs_gates *g, const struct cs_gate *gate, int64_t min_builds,
			    struct cs_err *err)
{
	struct cs_gate_row *row = new_row(g, gate);
	int64_t n = 0, net = 0, unpriced = 0;

	if (!row)
		return cs_err_nomem(err);
	for (const struct scope *s = g->scopes; s; s = s->hh.next) {
		n += s->n_net;
		net = cs_ns_add(net, s->net_ns);
		unpriced += s->hits_unpriced;
	}
	judge_net(row, gate, n, net, unpriced, min_builds);
	return 0;
}

static int judge_event(struct cs_gates *g, const struct cs_gate *gate, enum cs_event event,
		       int64_t min_builds, struct cs_err *err)
{
	struct cs_gate_row *row;
	int64_t n = 0, most = 0;

	for (const struct run *run = g->runs; run; run = run->hh.next) {
		if (run->event != event)
			continue;
		n++;
		most = run->builds > most ? run->builds : most;
	}
	if (n == 0)
		return 0;
	row = new_row(g, gate);
	if (!row)
		return cs_err_nomem(err);
	row->event = event == CS_EVENT_NONE ? NULL : cs_event_name(event);
	row->n = n;
	row->value = (double)most;
	decide(row, min_builds, most <= gate->num);
	return 0;
}

static int judge_events(struct cs_gates *g, const struct cs_gate_list *list,
			const struct cs_gate *gate, int64_t min_builds, struct cs_err *err)
{
	size_t before = g->n_rows;
	int r = 0;

	for (int e = CS_EVENT_NONE; r == 0 && e <= CS_EVENT_OTHER; e++) {
		const char *name = e == CS_EVENT_NONE ? "" : cs_event_name((enum cs_event)e);

		if (gate->subject ? strcmp(gate->subject, name) != 0
				  : named_elsewhere(list, gate, name))
			continue;
		r = judge_event(g, gate, (enum cs_event)e, min_builds, err);
	}
	if (r == 0 && g->n_rows == before)
		r = nothing_to_judge(g, gate, err);
	return r;
}

static int judge_count(struct cs_gates *g, const struct cs_gate *gate, int64_t min_builds,
		       struct cs_err *err)
{
	int64_t count = gate->kind == CS_GATE_NO_DUPLICATES ? g->duplicates : g->unexpected;
	struct cs_gate_row *row = new_row(g, gate);

	if (!row)
		return cs_err_nomem(err);
	row->n = g->builds;
	if (count < 0) {
		row->why = "not known";
		return 0;
	}
	row->value = (double)count;
	decide(row, min_builds, count <= gate->num);
	return 0;
}

static int judge(struct cs_gates *g, const struct cs_gate_list *list, const struct cs_gate *gate,
		 int64_t min_builds, struct cs_err *err)
{
	switch (gate->kind) {
	case CS_GATE_MAX_BUILDS:
		return judge_events(g, list, gate, min_builds, err);
	case CS_GATE_NO_DUPLICATES:
	case CS_GATE_NO_UNEXPECTED:
		return judge_count(g, gate, min_builds, err);
	case CS_GATE_MIN_NET_SAVINGS:
		if (!gate->subject)
			return judge_net_of_all(g, gate, min_builds, err);
		return judge_scopes(g, list, gate, min_builds, err);
	default:
		return judge_scopes(g, list, gate, min_builds, err);
	}
}

int cs_gates_judge(struct cs_gates *g, const struct cs_gate_list *list, int64_t min_builds,
		   const struct cs_gate_row **ret, size_t *ret_n, struct cs_err *err)
{
	int r = 0;

	min_builds = min_builds < 1 ? 1 : min_builds;
	HASH_SORT(g->scopes, compare_scopes);
	g->n_rows = 0;
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = judge(g, list, &list->v[i], min_builds, err);
	if (r < 0)
		return r;
	*ret = g->rows;
	*ret_n = g->n_rows;
	return 0;
}
