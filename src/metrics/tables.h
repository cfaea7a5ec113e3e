/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sums over a million builds stand on: numbers to numbers, texts once, equal keys together.
 * All of it is 0 at first and released once.
 */
#ifndef CS_METRICS_TABLES_H
#define CS_METRICS_TABLES_H

#include "metrics/brief.h"

#define CS_NOTHING UINT32_MAX

/* --- a number for a number, 12 to 32 bytes each --- */

struct cs_map {
	struct cs_map_slot *slots;
	size_t n, cap;
};
/* Where the value of key stands, CS_NOTHING if key is new; good until the next call. NULL: no
 * memory. */
uint32_t *cs_map_at(struct cs_map *map, uint64_t key);
void cs_map_release(struct cs_map *map);

/* --- numbers that were seen, 11 to 22 bytes each --- */

struct cs_set {
	uint64_t *slots;
	size_t n, cap;
};
/* 1 new, 0 seen before, -1 no memory. Keys are spread (metrics/mix.h) by the caller. */
int cs_set_add(struct cs_set *set, uint64_t key);
/* Before a call that comes a little later: the wait for memory begins now. */
static inline void cs_set_prefetch(const struct cs_set *set, uint64_t key)
{
	if (set->cap)
		__builtin_prefetch(&set->slots[key & (set->cap - 1)], 1);
}
void cs_set_release(struct cs_set *set);

/* --- texts once, numbered 0, 1, 2 … as they come --- */

struct cs_texts {
	struct cs_arena *arena;
	const char **v;
	uint32_t n;
	size_t cap;
	uint32_t *slots;
	size_t n_slots;
	struct cs_map numbers; /* of a dictionary; one kind of one dictionary for one of these */
};
void cs_texts_release(struct cs_texts *texts);
/* A copy is kept; NULL is CS_NOTHING. CS_NOMEM. */
int cs_texts_put(struct cs_texts *texts, const char *text, uint32_t *ret, struct cs_err *err);
int cs_texts_put_n(struct cs_texts *texts, const char *text, size_t len, uint32_t *ret,
		   struct cs_err *err);
/* What a number stands for; two numbers of one text are one. 0 is CS_NOTHING. */
int cs_texts_of(struct cs_texts *texts, struct cs_brief_dict *dict, int64_t number, uint32_t *ret,
		struct cs_err *err);
int cs_texts_of_project(struct cs_texts *texts, struct cs_brief_dict *dict, int64_t number,
			uint32_t *ret, struct cs_err *err);
/* NULL for CS_NOTHING. */
static inline const char *cs_texts_get(const struct cs_texts *texts, uint32_t at)
{
	return at == CS_NOTHING ? NULL : texts->v[at];
}

/* --- runs, numbered 0, 1, 2 … as they come --- */

struct cs_run_name {
	const char *project; /* NULL = "" */
	const char *run_id;
	int64_t attempt; /* 1 = the first, or unknown */
	uint64_t hash;
};
struct cs_run_names {
	struct cs_texts projects, ids;
	struct cs_run_name *v;
	uint32_t n;
	size_t cap;
	uint32_t *slots;
	size_t n_slots;
	/* places by number, those of a store being small and dense; of all others in the map */
	uint32_t *dense;
	size_t n_dense;
	struct cs_map numbers;
};
void cs_run_names_release(struct cs_run_names *names);
/* number: of the dictionary, 0 unknown. ret == n before: it is new. */
int cs_run_names_put(struct cs_run_names *names, const char *project, const char *run_id,
		     int64_t attempt, int64_t number, uint32_t *ret, struct cs_err *err);
/* CS_NOTHING, not new: there is no such run. */
uint32_t cs_run_names_find(const struct cs_run_names *names, const char *project,
			   const char *run_id, int64_t attempt);
/* The brief's run; it must have one. */
int cs_run_names_of(struct cs_run_names *names, struct cs_brief_dict *dict,
		    const struct cs_brief *brief, uint32_t *ret, struct cs_err *err);

/* --- equal keys together --- */

struct cs_keyed {
	uint64_t key;
	uint32_t value, extra;
};
/* Both keep the order in which equal keys came; spare: room for n. Linear. */
void cs_keyed_sort(struct cs_keyed *v, struct cs_keyed *spare, size_t n);
/* Only brings equal keys together, in half the time. */
void cs_keyed_group(struct cs_keyed *v, struct cs_keyed *spare, size_t n);

/* Room for one more element of a growing array. False without memory. */
bool cs_table_grow(void **v, size_t n, size_t *cap, size_t size);

#endif
