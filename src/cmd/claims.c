/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim of one's own is keys and values, the same in the file and on the command line. A small
 * language of comparisons ("step_hit_ratio of test >= 0.8") was refused: one more grammar to learn,
 * and to get wrong in a shell.
 */
#include "cmd/claims.h"

#include <string.h>

#include "ci/config.h"
#include "cmd/args.h"
#include "metrics/gate.h"
#include "model/filter.h"
#include "util/text.h"

static const char *const keys[] = {
	"name", "figure", "scope", "event", "target", "side", "at_least", "at_most",
};
enum { NAME, FIGURE, SCOPE, EVENT, TARGET, SIDE, AT_LEAST, AT_MOST, N_KEYS };

/* What was said of one claim; place NULL: on the command line. */
struct spoken {
	const char *text[N_KEYS], *place[N_KEYS];
};

static int unknown(const char *what, const char *name, const struct cs_closest *closest,
		   struct cs_err *err)
{
	if (closest->best)
		return cs_err_set(err, CS_USAGE, "no %s '%s' (did you mean '%s'?)", what, name,
				  closest->best);
	return cs_err_set(err, CS_USAGE, "no %s '%s'", what, name);
}

/* --- values --- */

/* -0.4 and -40% are changes, too. */
static int parse_change(const char *text, double *ret, struct cs_err *err)
{
	bool negative = *text == '-';
	int64_t num, den;
	int r = cs_gate_parse_limit(CS_GATE_MIN_HIT_RATE, text + negative, &num, &den, err);

	if (r == 0)
		*ret = (negative ? -1.0 : 1.0) * (double)num / (double)den;
	return r;
}

static int parse_value(const struct cs_claim *claim, const char *text, double *ret,
		       struct cs_err *err)
{
	int64_t num, den = 1;
	int r;

	if (claim->kind == CS_CLAIM_OWN && claim->side != CS_CLAIM_AFTER &&
	    claim->side != CS_CLAIM_BEFORE)
		return parse_change(text, ret, err);
	switch (claim->unit) {
	case CS_UNIT_RATIO:
		r = cs_gate_parse_limit(CS_GATE_MIN_HIT_RATE, text, &num, &den, err);
		break;
	case CS_UNIT_SECONDS:
		r = cs_gate_parse_limit(CS_GATE_MIN_NET_SAVINGS, text, &num, &den, err);
		den = CS_NS_PER_S;
		break;
	case CS_UNIT_BYTES:
		r = cs_gate_parse_limit(CS_GATE_MAX_GROWTH, text, &num, &den, err);
		break;
	default:
		r = cs_number_parse(text, &num, &den, err);
		break;
	}
	if (r == 0)
		*ret = (double)num / (double)den;
	return r;
}

static int set_value(struct cs_claim *claim, const char *value, struct cs_err *err)
{
	int r;

	claim->off = strcmp(value, "off") == 0 || strcmp(value, "false") == 0;
	if (claim->off)
		return 0;
	if (claim->kind == CS_CLAIM_NO_DUPLICATES && strcmp(value, "true") == 0) {
		claim->claimed = 0;
		return 0;
	}
	r = parse_value(claim, value, &claim->claimed, err);
	return r < 0 ? cs_err_prefix(err, "%s", claim->name) : 0;
}

static int find_claim(struct cs_claim_list *list, const char *name, struct cs_claim **ret,
		      struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, name);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(name, list->v[i].name) == 0) {
			*ret = &list->v[i];
			return 0;
		}
		cs_closest_try(&closest, list->v[i].name);
	}
	return unknown("claim", name, &closest, err);
}

/* --- a claim of one's own --- */

static int find_figure(const char *name, enum cs_compare_figure *ret, struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, name);
	for (int f = 0; f < CS_N_CF; f++) {
		const char *known = cs_compare_figure_name((enum cs_compare_figure)f);

		if (strcmp(name, known) == 0) {
			*ret = (enum cs_compare_figure)f;
			return 0;
		}
		cs_closest_try(&closest, known);
	}
	return unknown("figure", name, &closest, err);
}

static int find_side(const char *name, enum cs_claim_side *ret, struct cs_err *err)
{
	for (int i = 0; i <= CS_CLAIM_REDUCTION; i++) {
		if (strcmp(name, cs_claim_side_name((enum cs_claim_side)i)) == 0) {
			*ret = (enum cs_claim_side)i;
			return 0;
		}
	}
	return cs_err_set(err, CS_USAGE, "side '%s' is none of after, before, change, reduction",
			  name);
}

/* The place of the key that is wrong stands before the message; of what is missing, any. */
static int misspoken(const struct spoken *s, int key, struct cs_err *err)
{
	const char *place = key < N_KEYS ? s->place[key] : NULL;

	for (int i = 0; !place && i < N_KEYS; i++)
		place = s->place[i];
	if (s->text[NAME])
		cs_err_prefix(err, "%s", s->text[NAME]);
	return place ? cs_err_prefix(err, "%s", place) : cs_err_prefix(err, "--claim");
}

/* "duration_seconds, scope test, push_main": what it is called that has no name. */
static const char *own_name(const struct spoken *s, struct cs_arena *arena)
{
	return cs_arena_printf(
		arena, "%s%s%s%s%s%s%s%s%s", s->text[FIGURE], s->text[SCOPE] ? ", scope " : "",
		s->text[SCOPE] ? s->text[SCOPE] : "", s->text[TARGET] ? ", target " : "",
		s->text[TARGET] ? s->text[TARGET] : "", s->text[EVENT] ? ", " : "",
		s->text[EVENT] ? s->text[EVENT] : "", s->text[SIDE] ? ", " : "",
		s->text[SIDE] ? s->text[SIDE] : "");
}

static int add_own(const struct spoken *s, struct cs_arena *arena, struct cs_claim_list *list,
		   struct cs_err *err)
{
	struct cs_claim claim = { .kind = CS_CLAIM_OWN,
				  .scope = s->text[SCOPE],
				  .event = s->text[EVENT],
				  .target = s->text[TARGET] };
	int bound = s->text[AT_LEAST] ? AT_LEAST : AT_MOST;

	if (!s->text[FIGURE] || !s->text[AT_LEAST] == !s->text[AT_MOST]) {
		cs_err_set(err, CS_USAGE,
			   "a claim needs 'figure' and one of 'at_least', 'at_most'");
		return misspoken(s, N_KEYS, err);
	}
	claim.at_most = bound == AT_MOST;
	claim.about = own_name(s, arena);
	claim.name = s->text[NAME] ? s->text[NAME] : claim.about;
	if (!claim.about)
		return cs_err_nomem(err);
	if (find_figure(s->text[FIGURE], &claim.figure, err) < 0)
		return misspoken(s, FIGURE, err);
	if (s->text[SIDE] && find_side(s->text[SIDE], &claim.side, err) < 0)
		return misspoken(s, SIDE, err);
	if (claim.event && cs_event_check(claim.event, err) < 0)
		return misspoken(s, EVENT, err);
	if (cs_claim_check(&claim, err) < 0)
		return misspoken(s, FIGURE, err);
	if (parse_value(&claim, s->text[bound], &claim.claimed, err) < 0)
		return misspoken(s, bound, err);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].name, claim.name) != 0)
			continue;
		cs_err_set(err, CS_USAGE, "there is a claim '%s' already", claim.name);
		return misspoken(s, FIGURE, err);
	}
	if (list->n == CS_N(list->v)) {
		cs_err_set(err, CS_USAGE, "more than %d claims", CS_CLAIMS_MAX);
		return misspoken(s, FIGURE, err);
	}
	list->v[list->n++] = claim;
	return 0;
}

static int speak(struct spoken *s, const char *key, const char *value, const char *place,
		 struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, key);
	for (int i = 0; i < N_KEYS; i++) {
		cs_closest_try(&closest, keys[i]);
		if (strcmp(key, keys[i]) != 0)
			continue;
		if (s->text[i])
			return cs_err_set(err, CS_USAGE, "'%s' twice", key);
		s->text[i] = value;
		s->place[i] = place;
		return 0;
	}
	return unknown("key", key, &closest, err);
}

/* --- the file --- */

/* The settings from *at on that belong to one claim of one's own; they stand together. */
static int read_own(const struct cs_settings *list, size_t *at, struct cs_arena *arena,
		    struct cs_claim_list *ret, struct cs_err *err)
{
	const char *name = list->v[*at].name;
	struct spoken s = { .text[NAME] = name };

	for (; *at < list->n && list->v[*at].name == name; ++*at) {
		const struct cs_setting *setting = &list->v[*at];
		int r = strcmp(setting->subject, keys[NAME]) == 0
				? cs_err_set(err, CS_USAGE, "its name is the key above it")
				: speak(&s, setting->subject, setting->text, setting->place, err);

		if (r < 0) {
			cs_err_prefix(err, "%s", name);
			return cs_err_prefix(err, "%s", setting->place);
		}
	}
	return add_own(&s, arena, ret, err);
}

static bool is_built_in(const char *name)
{
	struct cs_claim claims[CS_N_CLAIMS];

	cs_claims_init(claims);
	for (size_t i = 0; i < CS_N(claims); i++) {
		if (strcmp(name, claims[i].name) == 0)
			return true;
	}
	return false;
}

static int read_file(const struct cs_settings *list, struct cs_arena *arena,
		     struct cs_claim_list *ret, struct cs_err *err)
{
	for (size_t i = 0; i < list->n;) {
		const struct cs_setting *s = &list->v[i];
		struct cs_claim *claim;
		int r;

		if (s->subject && !is_built_in(s->name)) {
			r = read_own(list, &i, arena, ret, err);
			if (r < 0)
				return r;
			continue;
		}
		r = s->subject ? cs_err_set(err, CS_USAGE, "%s: has no parts", s->name)
			       : find_claim(ret, s->name, &claim, err);
		if (r == 0)
			r = set_value(claim, s->text, err);
		if (r < 0)
			return cs_err_prefix(err, "%s", s->place);
		i++;
	}
	return 0;
}

/* --- the command line --- */

/* text is cut where its commas and equals signs are. */
static int read_option(char *text, struct cs_arena *arena, struct cs_claim_list *ret,
		       struct cs_err *err)
{
	struct spoken s = { 0 };
	char *equals = strchr(text, '='), *next;
	struct cs_claim *claim;
	int r;

	if (!equals)
		return cs_err_set(err, CS_USAGE, "--claim: '%s' is not NAME=VALUE", text);
	if (!strchr(text, ',') && strncmp(text, "figure=", 7) != 0) {
		*equals = '\0';
		r = find_claim(ret, text, &claim, err);
		if (r == 0)
			r = set_value(claim, equals + 1, err);
		return r < 0 ? cs_err_prefix(err, "--claim") : 0;
	}
	for (; text; text = next) {
		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		equals = strchr(text, '=');
		if (!equals || !equals[1])
			return cs_err_set(err, CS_USAGE, "--claim: '%s' is not KEY=VALUE", text);
		*equals = '\0';
		r = speak(&s, text, equals + 1, NULL, err);
		if (r < 0)
			return cs_err_prefix(err, "--claim");
	}
	return add_own(&s, arena, ret, err);
}

int cs_cmd_claims(struct cs_app *app, const struct cs_args *args, struct cs_claim_list *ret,
		  struct cs_err *err)
{
	struct cs_arena *arena = cs_args_arena(args);
	int r;

	cs_claims_init(ret->v);
	ret->n = CS_N_CLAIMS;
	r = read_file(&app->config->claims, arena, ret, err);
	for (size_t i = 0; r == 0 && i < cs_args_count(args, "claim"); i++) {
		char *text = cs_arena_strdup(arena, cs_args_nth(args, "claim", i));

		if (!text)
			return cs_err_nomem(err);
		r = read_option(text, arena, ret, err);
	}
	return r;
}
