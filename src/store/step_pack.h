/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of the steps of one build, as build_steps holds it. For each step, one behind the
 * other: a byte  what follows and what is so (enum cs_step_has) a byte  state, and evidence times
 * 16 n       number of its definition ±       start: from the build's time n       duration ± end,
 * from the start (the build's time where that is unknown); without it, it is as long as the
 * duration, or unknown where that is; INT64_MIN = unknown although it is not n       index of its
 * layer n       number of the text of its error n n…    how many inputs, and their indexes n is a
 * number of util/varint.h, ± one in zigzag. Differences are taken modulo 2^64, so that any two
 * times come back exactly, however far apart (but for two that are 2^63 ns apart, 292 years: that
 * end is then unknown).
 */
#ifndef CS_STORE_STEP_PACK_H
#define CS_STORE_STEP_PACK_H

#include "model/build.h"
#include "store/store_impl.h"

enum cs_step_has {
	CS_STEP_PULLED = 1, /* said by the bit alone */
	CS_STEP_START = 2,
	CS_STEP_DURATION = 4,
	CS_STEP_SPAN = 8,
	CS_STEP_LAYER = 16,
	CS_STEP_ERROR = 32,
	CS_STEP_INPUTS = 64,
};

/* A step between its row and struct cs_step. */
struct cs_step_packed {
	int64_t def, error; /* numbers; error 0 = none */
	unsigned has;	    /* enum cs_step_has */
	enum cs_step_state state;
	enum cs_evidence evidence;
	int64_t start_ns, duration_ns, span_ns;
	int layer; /* -1 without */
	size_t n_inputs;
	const uint8_t *inputs; /* into the row */
};

/* Adds a step behind others. Only -CS_NOMEM, without a message. */
int cs_st_step_pack(const struct cs_step *s, int64_t base_unix_ns, int64_t def, int64_t error,
		    struct cs_buf *ret);

struct cs_steps_reader {
	struct cs_row *row;
	const uint8_t *at, *end;
};

/* The steps in the next column of a row, which is not to be left before they are read. */
void cs_st_steps_read(struct cs_row *row, struct cs_steps_reader *ret);
/* 0; 1 = no more; -CS_DB where they are none. */
int cs_st_steps_next(struct cs_steps_reader *r, struct cs_step_packed *ret);
/* What it says of itself: all but its definition and the text of its error. */
int cs_st_step_unpack(const struct cs_step_packed *p, int64_t base_unix_ns, struct cs_arena *arena,
		      struct cs_step *ret, struct cs_err *err);

#endif
