/* SPDX-License-Identifier: Apache-2.0 */
/*
 * M3 to M6 of a build. Refused: taking the overhead of a fetch off the price of the hit; then a
 * slow cache would look like a cheap step.
 */
#include <math.h>

#include "metrics/path.h"
#include "metrics/price.h"

/* What the cache itself cost; the fetching of a FROM is not of the cache. */
static bool is_overhead(const struct cs_step *s)
{
	return s->class == CS_STEP_IMPORT || s->class == CS_STEP_CACHE_EXPORT ||
	       (s->pulled && (cs_step_cacheable(s->class) || cs_step_is_merge(s)));
}

static bool never_began(const struct cs_step *s)
{
	return s->state == CS_STATE_NOT_REACHED;
}

static int wall_saved(const struct cs_prices *prices, const struct cs_build *b,
		      struct cs_savings *ret, struct cs_err *err)
{
	int64_t *ns CS_AUTO(cs_free_p) = NULL;
	struct cs_path *path CS_AUTO(cs_path_free_p) = NULL;
	int64_t actual;
	int r = cs_path_new(b, &path, err);

	if (r != 0)
		return r < 0 ? r : 0;
	ns = calloc(b->n_steps, sizeof(*ns));
	if (!ns)
		return cs_err_nomem(err);
	for (size_t i = 0; i < b->n_steps; i++)
		ns[i] = b->steps[i].duration_ns > 0 ? b->steps[i].duration_ns : 0;
	actual = cs_path_longest(path, ns);
	for (size_t i = 0; i < b->n_steps; i++) {
		int64_t price = b->steps[i].state == CS_STATE_HIT
					? cs_prices_of(prices, b, &b->steps[i])
					: -1;

		if (price >= 0)
			ns[i] = price;
	}
	ret->wall_ns = cs_path_longest(path, ns) - actual;
	ret->wall_known = true;
	return 0;
}

int cs_savings_of(const struct cs_prices *prices, const struct cs_build *build,
		  struct cs_savings *ret, struct cs_err *err)
{
	struct cs_savings s = { .overhead_known = true };
	bool timed = false, untimed_run = false;
	int r = 0;

	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *step = &build->steps[i];
		bool known = step->duration_ns >= 0;
		int64_t price;

		timed |= known;
		if (is_overhead(step)) {
			s.overhead_known &= known || never_began(step);
			s.overhead_ns = cs_ns_add(s.overhead_ns, known ? step->duration_ns : 0);
		}
		if (!cs_step_cacheable(step->class))
			continue;
		if (step->state == CS_STATE_RUN) {
			s.runs++;
			untimed_run |= !known;
			s.run_ns = cs_ns_add(s.run_ns, known ? step->duration_ns : 0);
		} else if (step->state == CS_STATE_HIT) {
			s.hits++;
			price = cs_prices_of(prices, build, step);
			s.priced_hits += price >= 0;
			s.gross_ns = cs_ns_add(s.gross_ns, price >= 0 ? price : 0);
		}
	}
	s.known = timed && !untimed_run;
	s.overhead_known &= timed;
	if (s.known && cs_savings_priced(&s))
		r = wall_saved(prices, build, &s, err);
	if (r < 0)
		return r;
	*ret = s;
	return 0;
}

bool cs_savings_add(struct cs_savings *sum, const struct cs_savings *one)
{
	if (!one->known || !one->overhead_known)
		return false;
	sum->known = true;
	sum->overhead_known = true;
	sum->hits += one->hits;
	sum->priced_hits += one->priced_hits;
	sum->runs += one->runs;
	sum->gross_ns = cs_ns_add(sum->gross_ns, one->gross_ns);
	sum->run_ns = cs_ns_add(sum->run_ns, one->run_ns);
	sum->overhead_ns = cs_ns_add(sum->overhead_ns, one->overhead_ns);
	sum->wall_known |= one->wall_known;
	if (one->wall_known)
		sum->wall_ns = cs_ns_add(sum->wall_ns, one->wall_ns);
	return true;
}

bool cs_savings_priced(const struct cs_savings *s)
{
	return s->known && (s->priced_hits > 0 || s->hits == 0);
}

int64_t cs_savings_net(const struct cs_savings *s)
{
	return s->gross_ns - s->overhead_ns; /* neither is negative */
}

double cs_savings_break_even(const struct cs_savings *s)
{
	double steps = (double)s->hits + (double)s->runs;

	if (!s->known || !s->overhead_known || !s->priced_hits || s->gross_ns <= 0)
		return NAN;
	return (double)s->overhead_ns / ((double)s->gross_ns / (double)s->priced_hits * steps);
}

const char *cs_pays_name(enum cs_pays p)
{
	static const char *const names[] = { "cannot_tell", "pays", "does_not_pay" };

	return names[p];
}

enum cs_pays cs_pays(const struct cs_savings *s)
{
	int64_t net = cs_savings_net(s);

	if (!cs_savings_priced(s) || !s->overhead_known)
		return CS_PAYS_CANNOT_TELL;
	if (net > 0)
		return CS_PAYS_YES;
	if (net < 0 && s->priced_hits == s->hits)
		return CS_PAYS_NO;
	return CS_PAYS_CANNOT_TELL;
}
