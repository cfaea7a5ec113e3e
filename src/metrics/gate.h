/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates for CI. Limits are inclusive and held as fractions of whole numbers, as are the figures:
 * 4 hits of 5 pass 0.8, whatever binary floating point makes of 0.8.
 */
#ifndef CS_METRICS_GATE_H
#define CS_METRICS_GATE_H

#include "metrics/figures.h"
#include "model/run.h"
#include "util/arena.h"

enum cs_gate_kind {
	CS_GATE_MIN_HIT_RATE,	   /* M1, pooled, of a scope */
	CS_GATE_MIN_TIME_HIT_RATE, /* M3 */
	CS_GATE_MIN_BYTE_HIT_RATE, /* M2 */
	CS_GATE_MAX_BUILDS,	   /* of any one run of an event */
	CS_GATE_NO_DUPLICATES,	   /* M7 */
	CS_GATE_NO_UNEXPECTED,	   /* M8 */
	CS_GATE_MIN_NET_SAVINGS,   /* M5, of a scope or of all together */
	CS_GATE_MAX_GROWTH, /* of a scope's images, from the first to the last of one target */
	CS_N_GATES
};
const char *cs_gate_name(enum cs_gate_kind kind); /* "min_hit_rate" */

enum cs_gate_unit { CS_GATE_RATIO, CS_GATE_COUNT, CS_GATE_NS, CS_GATE_BYTES };
enum cs_gate_unit cs_gate_unit(enum cs_gate_kind kind);

struct cs_gate {
	enum cs_gate_kind kind;
	const char *subject; /* a scope, an event for max-builds; NULL = each one not named */
	int64_t num, den;    /* the limit; den > 0 */
};

/*
 * The limit of one gate: rates "0.8" or "80%" (but not "80"), whole counts, "10MB", "5MiB" or
 * "4096" bytes, seconds or "5m", "1.5h". CS_USAGE; the message names neither option nor subject.
 */
int cs_gate_parse_limit(enum cs_gate_kind kind, const char *text, int64_t *ret_num,
			int64_t *ret_den, struct cs_err *err);

/* A decimal number of at least 0 as a fraction. CS_USAGE. */
int cs_number_parse(const char *text, int64_t *ret_num, int64_t *ret_den, struct cs_err *err);

#define CS_GATES_MAX 128
struct cs_gate_list {
	struct cs_gate v[CS_GATES_MAX];
	size_t n;
};
/* "0.8", "test=0.8,production=0.9": adds to the list; texts come from arena. CS_USAGE. */
int cs_gate_parse(enum cs_gate_kind kind, const char *text, struct cs_arena *arena,
		  struct cs_gate_list *list, struct cs_err *err);
int cs_gate_add(enum cs_gate_kind kind, const char *subject, const char *limit,
		struct cs_arena *arena, struct cs_gate_list *list, struct cs_err *err);

struct cs_gates;

int cs_gates_new(struct cs_gates **ret, struct cs_err *err);
void cs_gates_free(struct cs_gates *gates);
CS_DEFINE_AUTO(struct cs_gates *, cs_gates_free)
/* Oldest first. A run that a build names counts once, whether added or not. */
int cs_gates_add_run(struct cs_gates *gates, const struct cs_run *run, struct cs_err *err);
int cs_gates_add_build(struct cs_gates *gates, const struct cs_build *build,
		       const struct cs_figures *figures, struct cs_err *err);
/* Duplicates and unexpected builds of the window, by their own rules; -1 (as without) unknown. */
void cs_gates_count(struct cs_gates *gates, int64_t duplicates, int64_t unexpected);

enum cs_gate_result { CS_GATE_NOT_JUDGED, CS_GATE_PASSED, CS_GATE_FAILED };

struct cs_gate_row {
	enum cs_gate_kind kind;
	const char *scope, *event; /* NULL = all */
	double limit, value;	   /* in seconds for times; value NaN unknown */
	int64_t n;		   /* builds, or runs for max_builds, that it stands on */
	enum cs_gate_result result;
	const char *why; /* of what was not judged: a constant text */
};
/*
 * One row for each gate, and for each scope or event where it names none. Fewer than min_builds
 * builds (runs), at least 1: not judged. Rows are borrowed until the gates are freed.
 */
int cs_gates_judge(struct cs_gates *gates, const struct cs_gate_list *list, int64_t min_builds,
		   const struct cs_gate_row **ret, size_t *ret_n, struct cs_err *err);

#endif
