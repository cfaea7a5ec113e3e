/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same counts once more by role and by scope. Events are few; scopes can be many (one for each
 * branch), so rows are made only for the pairs that occur.
 */
#include "metrics/strategy_impl.h"

#include <string.h>

#define N_EVENTS (CS_EVENT_OTHER + 1)

/* One way to split: the key of a build, rows by event and key. */
struct split {
	size_t n_keys;
	uint32_t *rows;	   /* [event * n_keys + key], CS_LEDGER_NONE not there */
	int64_t *counts;   /* of the run in hand, by key */
	uint32_t *touched; /* keys of the run in hand */
	size_t n_touched;
	struct cs_strategy_split *out;
	size_t n, cap;
};

static int split_init(struct split *s, size_t n_keys, struct cs_err *err)
{
	s->n_keys = n_keys;
	s->rows = malloc((n_keys + 1) * N_EVENTS * sizeof(*s->rows));
	s->counts = calloc(n_keys + 1, sizeof(*s->counts));
	s->touched = calloc(n_keys + 1, sizeof(*s->touched));
	if (!s->rows || !s->counts || !s->touched)
		return cs_err_nomem(err);
	memset(s->rows, 0xff, (n_keys + 1) * N_EVENTS * sizeof(*s->rows));
	return 0;
}

/* All but the rows, which are the result. */
static void split_release(struct split *s)
{
	free(s->rows);
	free(s->counts);
	free(s->touched);
}

static struct cs_strategy_split *row_of(struct split *s, unsigned event, uint32_t key)
{
	uint32_t *place = &s->rows[event * s->n_keys + key];

	if (*place == CS_LEDGER_NONE) {
		if (!cs_judge_reserve((void **)&s->out, s->n, &s->cap, sizeof(*s->out)))
			return NULL;
		*place = (uint32_t)s->n++;
		memset(&s->out[*place], 0, sizeof(s->out[*place]));
		s->out[*place].event = (enum cs_event)event;
		s->out[*place].expected = s->out[*place].unexpected = s->out[*place].missing = -1;
	}
	return &s->out[*place];
}

static void count_build(struct split *s, uint32_t key)
{
	if (!s->counts[key]++)
		s->touched[s->n_touched++] = key;
}

static bool end_run(struct split *s, unsigned event)
{
	while (s->n_touched) {
		uint32_t key = s->touched[--s->n_touched];
		int64_t n = s->counts[key];
		struct cs_strategy_split *row = row_of(s, event, key);

		s->counts[key] = 0;
		if (!row)
			return false;
		row->builds += n;
		row->spread.builds += n;
		row->spread.one += n == 1;
		row->spread.two += n == 2;
		row->spread.more += n > 2;
	}
	return true;
}

static uint32_t scope_key(const struct cs_judge *j, uint32_t build)
{
	return cs_ledger_place(j->ledger, j->builds[build].place)->scope_key;
}

static int count_all(const struct cs_judge *j, struct split *roles, struct split *scopes,
		     struct cs_err *err)
{
	for (size_t run = 0; run <= j->n_runs; run++) {
		bool stray = run == j->n_runs;

		for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
			uint32_t build = j->order[i];
			const struct cs_ledger_build *b = &j->builds[build];
			struct cs_strategy_split *role, *scope;

			if (stray ? b->rerun : j->runs[run].attempt > 1)
				continue;
			if (!stray) {
				count_build(roles, cs_judge_role(j, build));
				count_build(scopes, scope_key(j, build));
				continue;
			}
			role = row_of(roles, b->event, cs_judge_role(j, build));
			scope = row_of(scopes, b->event, scope_key(j, build));
			if (!role || !scope)
				return cs_err_nomem(err);
			role->builds++;
			scope->builds++;
		}
		if (!stray &&
		    (!end_run(roles, j->runs[run].event) || !end_run(scopes, j->runs[run].event)))
			return cs_err_nomem(err);
	}
	return 0;
}

/* Runs without such a build are runs of the event all the same. */
static void finish_spread(const struct cs_judge *j, struct cs_strategy_split *row)
{
	struct cs_spread *s = &row->spread;

	s->runs = j->events[row->event].spread.runs;
	s->zero = s->runs - s->one - s->two - s->more;
}

static int compare_splits(const void *a, const void *b)
{
	const struct cs_strategy_split *x = a, *y = b;
	int ex = x->event == CS_EVENT_NONE ? N_EVENTS : (int)x->event;
	int ey = y->event == CS_EVENT_NONE ? N_EVENTS : (int)y->event;

	if (ex != ey)
		return ex - ey;
	if (!x->scope != !y->scope)
		return x->scope ? -1 : 1;
	if (x->scope && strcmp(x->scope, y->scope) != 0)
		return strcmp(x->scope, y->scope);
	return strcmp(x->project ? x->project : "", y->project ? y->project : "");
}

/* Rows of every role that a rule names, in the order of the policy: 0 builds are a figure, too. */
static int finish_roles(struct cs_judge *j, struct split *s, struct cs_err *err)
{
	struct cs_strategy_split *out;
	size_t n = 0;

	for (size_t e = 0; e < j->out->n_events; e++) {
		enum cs_event event = j->out->events[e].event;

		for (uint32_t role = 0; role < j->policy->n_roles; role++) {
			if (j->policy->rules[event].roles[role].given && !row_of(s, event, role))
				return cs_err_nomem(err);
		}
	}
	out = calloc(s->n + 1, sizeof(*out));
	if (!out)
		return cs_err_nomem(err);
	for (size_t e = 0; e < j->out->n_events; e++) {
		enum cs_event event = j->out->events[e].event;

		for (uint32_t k = 0; k < s->n_keys; k++) {
			uint32_t role = (k + 1) % (uint32_t)s->n_keys; /* "other" at the end */
			uint32_t at = s->rows[(size_t)event * s->n_keys + role];

			if (at == CS_LEDGER_NONE)
				continue;
			s->out[at].role = j->policy->roles[role].name;
			if (j->policy->rules[event].roles[role].given && !j->options->partial)
				s->out[at].expected = s->out[at].unexpected = s->out[at].missing =
					0;
			finish_spread(j, &s->out[at]);
			s->rows[(size_t)event * s->n_keys + role] = (uint32_t)n;
			out[n++] = s->out[at];
		}
	}
	free(s->out);
	s->out = out;
	j->out->n_roles = s->n = n;
	return 0;
}

static void tell_roles(struct cs_judge *j, struct split *s)
{
	const struct cs_strategy *out = j->out;

	for (size_t i = 0; i < out->n_unexpected; i++) {
		unsigned event = j->builds[out->unexpected[i].build].event;
		uint32_t at = s->rows[event * s->n_keys + out->unexpected[i].role];

		if (at != CS_LEDGER_NONE && s->out[at].unexpected >= 0)
			s->out[at].unexpected++;
	}
	for (size_t i = 0; i < out->n_missing; i++) {
		unsigned event = j->runs[out->missing[i].run].event;
		unsigned role = out->missing[i].role;
		uint32_t at = role < s->n_keys ? s->rows[event * s->n_keys + role] : CS_LEDGER_NONE;

		if (at != CS_LEDGER_NONE && s->out[at].missing >= 0)
			s->out[at].missing += out->missing[i].builds;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->out[i].unexpected >= 0)
			s->out[i].expected =
				s->out[i].builds - s->out[i].unexpected + s->out[i].missing;
	}
}

static void finish_scopes(struct cs_judge *j, struct split *s)
{
	size_t n_scopes;
	const struct cs_ledger_scope *scopes = cs_ledger_scopes(j->ledger, &n_scopes);

	for (size_t event = 0; event < N_EVENTS; event++) {
		for (size_t key = 0; key < s->n_keys; key++) {
			uint32_t at = s->rows[event * s->n_keys + key];

			if (at == CS_LEDGER_NONE)
				continue;
			s->out[at].scope = scopes[key].scope;
			s->out[at].project = scopes[key].project;
			finish_spread(j, &s->out[at]);
		}
	}
	if (s->n)
		qsort(s->out, s->n, sizeof(*s->out), compare_splits);
	j->out->n_scopes = s->n;
}

int cs_judge_splits(struct cs_judge *j, struct cs_err *err)
{
	struct split roles = { 0 }, scopes = { 0 };
	size_t n_scopes;
	int r;

	cs_ledger_scopes(j->ledger, &n_scopes);
	r = split_init(&roles, j->policy->n_roles, err);
	if (r == 0)
		r = split_init(&scopes, n_scopes, err);
	if (r == 0)
		r = count_all(j, &roles, &scopes, err);
	if (r == 0)
		finish_scopes(j, &scopes);
	if (r == 0)
		r = finish_roles(j, &roles, err);
	if (r == 0)
		tell_roles(j, &roles);
	/* the result owns the rows, whatever failed */
	j->out->roles = roles.out;
	j->out->scopes = scopes.out;
	split_release(&roles);
	split_release(&scopes);
	return r;
}
