/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as fractions. strtod was refused: 0.8 is no binary number, and a locale may change it. */
#include <string.h>

#include "metrics/gate.h"
#include "model/filter.h"
#include "util/time.h"

static const struct {
	const char *name;
	enum cs_gate_unit unit;
} defs[CS_N_GATES] = {
	[CS_GATE_MIN_HIT_RATE] = { "min_hit_rate", CS_GATE_RATIO },
	[CS_GATE_MIN_TIME_HIT_RATE] = { "min_time_hit_rate", CS_GATE_RATIO },
	[CS_GATE_MIN_BYTE_HIT_RATE] = { "min_byte_hit_rate", CS_GATE_RATIO },
	[CS_GATE_MAX_BUILDS] = { "max_builds", CS_GATE_COUNT },
	[CS_GATE_NO_DUPLICATES] = { "no_duplicates", CS_GATE_COUNT },
	[CS_GATE_NO_UNEXPECTED] = { "no_unexpected", CS_GATE_COUNT },
	[CS_GATE_MIN_NET_SAVINGS] = { "min_net_savings", CS_GATE_NS },
	[CS_GATE_MAX_GROWTH] = { "max_growth", CS_GATE_BYTES },
};

const char *cs_gate_name(enum cs_gate_kind kind)
{
	return defs[kind].name;
}

enum cs_gate_unit cs_gate_unit(enum cs_gate_kind kind)
{
	return defs[kind].unit;
}

/* A decimal number, perhaps below 0: at most 9 digits behind the point, 15 in all. */
struct decimal {
	int64_t num, den;
	const char *rest; /* what follows it */
	bool whole;	  /* without a point */
};

static bool read_decimal(const char *text, struct decimal *ret)
{
	bool negative = *text == '-';
	struct decimal d = { .den = 1, .whole = true };
	int digits = 0, behind = 0;

	for (text += negative; (*text >= '0' && *text <= '9') || (*text == '.' && d.whole);
	     text++) {
		if (*text == '.') {
			d.whole = false;
			continue;
		}
		digits++;
		behind += !d.whole;
		if (digits > 15 || behind > 9)
			return false;
		d.num = d.num * 10 + (*text - '0');
		if (!d.whole)
			d.den *= 10;
	}
	if (digits == 0 || (!d.whole && behind == 0))
		return false;
	d.num = negative ? -d.num : d.num;
	d.rest = text;
	*ret = d;
	return true;
}

int cs_number_parse(const char *text, int64_t *ret_num, int64_t *ret_den, struct cs_err *err)
{
	struct decimal d;

	if (!read_decimal(text, &d) || *d.rest || d.num < 0)
		return cs_err_set(err, CS_USAGE, "'%s' is not a number", text);
	*ret_num = d.num;
	*ret_den = d.den;
	return 0;
}

static int parse_ratio(const char *text, int64_t *num, int64_t *den, struct cs_err *err)
{
	struct decimal d;

	if (!read_decimal(text, &d) || (*d.rest && strcmp(d.rest, "%") != 0) || d.num < 0)
		return cs_err_set(err, CS_USAGE, "'%s' is not a rate such as 0.8 or 80%%", text);
	if (*d.rest)
		d.den *= 100;
	else if (d.num > d.den)
		return cs_err_set(err, CS_USAGE,
				  "'%s' is more than all: write 0.8 or 80%%, not a bare 80", text);
	if (d.num > d.den)
		return cs_err_set(err, CS_USAGE, "'%s' is more than 100%%", text);
	*num = d.num;
	*den = d.den;
	return 0;
}

static int parse_count(const char *text, int64_t *num, struct cs_err *err)
{
	struct decimal d;

	if (!read_decimal(text, &d) || *d.rest || !d.whole || d.num < 0)
		return cs_err_set(err, CS_USAGE, "'%s' is not a whole number", text);
	*num = d.num;
	return 0;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* The number times its unit, if that is whole and fits. */
static bool scaled(const char *text, const struct unit *units, size_t n, int64_t *ret)
{
	struct decimal d;
	int64_t factor = 0, num;

	if (!read_decimal(text, &d))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(units[i].name, d.rest) == 0)
			factor = units[i].factor;
	}
	if (!factor || __builtin_mul_overflow(d.num, factor, &num) || num % d.den != 0)
		return false;
	*ret = num / d.den;
	return true;
}

static int parse_bytes(const char *text, int64_t *num, struct cs_err *err)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "B", 1 },
		{ "k", 1000 },
		{ "kB", 1000 },
		{ "K", 1000 },
		{ "KB", 1000 },
		{ "M", 1000000 },
		{ "MB", 1000000 },
		{ "G", 1000000000 },
		{ "GB", 1000000000 },
		{ "T", INT64_C(1000000000000) },
		{ "TB", INT64_C(1000000000000) },
		{ "Ki", 1 << 10 },
		{ "KiB", 1 << 10 },
		{ "Mi", 1 << 20 },
		{ "MiB", 1 << 20 },
		{ "Gi", 1 << 30 },
		{ "GiB", 1 << 30 },
		{ "Ti", INT64_C(1) << 40 },
		{ "TiB", INT64_C(1) << 40 },
	};

	if (!scaled(text, units, CS_N(units), num) || *num < 0)
		return cs_err_set(err, CS_USAGE,
				  "'%s' is not a number of bytes such as 10MB, 5MiB or 4096", text);
	return 0;
}

static int parse_time(const char *text, int64_t *num, struct cs_err *err)
{
	static const struct unit units[] = {
		{ "", CS_NS_PER_S },	      { "s", CS_NS_PER_S },
		{ "ms", CS_NS_PER_S / 1000 }, { "m", 60 * CS_NS_PER_S },
		{ "h", 3600 * CS_NS_PER_S },
	};

	if (!scaled(text, units, CS_N(units), num))
		return cs_err_set(err, CS_USAGE,
				  "'%s' is not a time such as 0, 30s, 5m or 1.5h (seconds without "
				  "a unit)",
				  text);
	return 0;
}

int cs_gate_parse_limit(enum cs_gate_kind kind, const char *text, int64_t *ret_num,
			int64_t *ret_den, struct cs_err *err)
{
	int64_t num = 0, den = 1;
	int r;

	switch (defs[kind].unit) {
	case CS_GATE_RATIO:
		r = parse_ratio(text, &num, &den, err);
		break;
	case CS_GATE_COUNT:
		r = parse_count(text, &num, err);
		break;
	case CS_GATE_NS:
		r = parse_time(text, &num, err);
		break;
	default:
		r = parse_bytes(text, &num, err);
		break;
	}
	if (r < 0)
		return r;
	*ret_num = num;
	*ret_den = den;
	return 0;
}

int cs_gate_add(enum cs_gate_kind kind, const char *subject, const char *limit,
		struct cs_arena *arena, struct cs_gate_list *list, struct cs_err *err)
{
	struct cs_gate gate = { .kind = kind };
	int r;

	if (subject && !*subject)
		return cs_err_set(err, CS_USAGE, "a limit without a name before '='");
	if (subject && (kind == CS_GATE_NO_DUPLICATES || kind == CS_GATE_NO_UNEXPECTED))
		return cs_err_set(err, CS_USAGE, "is for all builds: '%s' cannot be named",
				  subject);
	if (subject && kind == CS_GATE_MAX_BUILDS) {
		r = cs_event_check(subject, err);
		if (r < 0)
			return r;
	}
	r = cs_gate_parse_limit(kind, limit, &gate.num, &gate.den, err);
	if (r < 0)
		return subject ? cs_err_prefix(err, "%s", subject) : r;
	for (size_t i = 0; i < list->n; i++) {
		const char *other = list->v[i].subject;

		if (list->v[i].kind == kind &&
		    (subject && other ? strcmp(subject, other) == 0 : subject == other))
			return cs_err_set(err, CS_USAGE, "two limits for %s",
					  subject ? subject : "all");
	}
	if (list->n == CS_GATES_MAX)
		return cs_err_set(err, CS_USAGE, "more than %d gates", CS_GATES_MAX);
	gate.subject = cs_arena_strdup(arena, subject);
	if (subject && !gate.subject)
		return cs_err_nomem(err);
	list->v[list->n++] = gate;
	return 0;
}

int cs_gate_parse(enum cs_gate_kind kind, const char *text, struct cs_arena *arena,
		  struct cs_gate_list *list, struct cs_err *err)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		char *part = cs_arena_strndup(arena, text, len);
		char *equals = part ? strchr(part, '=') : NULL;
		int r;

		if (!part)
			return cs_err_nomem(err);
		if (equals)
			*equals = '\0';
		r = cs_gate_add(kind, equals ? part : NULL, equals ? equals + 1 : part, arena, list,
				err);
		if (r < 0)
			return r;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}
