/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing in arrays of powers of two. uthash was refused here: 56 bytes and one allocation
 * an element, and a comparison of texts where numbers do.
 */
#include "metrics/tables.h"

#include <string.h>

#include "metrics/mix.h"

bool cs_table_grow(void **v, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap + *cap / 2 : 64;
	void *grown;

	if (n < *cap)
		return true;
	if (want > UINT32_MAX - 1 || want > SIZE_MAX / size)
		return false;
	grown = realloc(*v, want * size);
	if (!grown)
		return false;
	*v = grown;
	*cap = want;
	return true;
}

/* --- map --- */

struct cs_map_slot {
	uint64_t key;
	uint32_t value;
	bool used;
};

static struct cs_map_slot *map_slot(struct cs_map_slot *slots, size_t cap, uint64_t key)
{
	size_t at = cs_mix_end(key) & (cap - 1);

	while (slots[at].used && slots[at].key != key)
		at = (at + 1) & (cap - 1);
	return &slots[at];
}

uint32_t *cs_map_at(struct cs_map *map, uint64_t key)
{
	struct cs_map_slot *slot;

	if (map->n >= map->cap / 4 * 3) {
		size_t cap = map->cap ? map->cap * 2 : 64;
		struct cs_map_slot *grown = calloc(cap, sizeof(*grown));

		if (!grown)
			return NULL;
		for (size_t i = 0; i < map->cap; i++) {
			if (map->slots[i].used)
				*map_slot(grown, cap, map->slots[i].key) = map->slots[i];
		}
		free(map->slots);
		map->slots = grown;
		map->cap = cap;
	}
	slot = map_slot(map->slots, map->cap, key);
	if (!slot->used) {
		*slot = (struct cs_map_slot){ key, CS_NOTHING, true };
		map->n++;
	}
	return &slot->value;
}

void cs_map_release(struct cs_map *map)
{
	free(map->slots);
}

/* --- set --- */

static uint64_t *set_slot(uint64_t *slots, size_t cap, uint64_t key)
{
	size_t at = key & (cap - 1);

	while (slots[at] && slots[at] != key)
		at = (at + 1) & (cap - 1);
	return &slots[at];
}

int cs_set_add(struct cs_set *set, uint64_t key)
{
	uint64_t *slot;

	if (set->n >= set->cap / 4 * 3) {
		size_t cap = set->cap ? set->cap * 2 : 256;
		uint64_t *grown = calloc(cap, sizeof(*grown));

		if (!grown)
			return -1;
		for (size_t i = 0; i < set->cap; i++) {
			if (set->slots[i])
				*set_slot(grown, cap, set->slots[i]) = set->slots[i];
		}
		free(set->slots);
		set->slots = grown;
		set->cap = cap;
	}
	key = key ? key : 1;
	slot = set_slot(set->slots, set->cap, key);
	if (*slot)
		return 0;
	*slot = key;
	set->n++;
	return 1;
}

void cs_set_release(struct cs_set *set)
{
	free(set->slots);
}

/* --- texts --- */

void cs_texts_release(struct cs_texts *texts)
{
	cs_map_release(&texts->numbers);
	free(texts->v);
	free(texts->slots);
	cs_arena_free(texts->arena);
}

/* Twice as many slots, each the place of hash(place) or CS_NOTHING. */
static bool grow_slots(uint32_t **slots, size_t *n_slots, uint32_t n,
		       uint64_t (*hash)(const void *arg, uint32_t at), const void *arg)
{
	size_t want = *n_slots ? *n_slots * 2 : 64;
	uint32_t *grown;

	if (*n_slots && n < *n_slots / 2)
		return true;
	grown = malloc(want * sizeof(*grown));
	if (!grown)
		return false;
	memset(grown, 0xff, want * sizeof(*grown));
	for (uint32_t i = 0; i < n; i++) {
		size_t at = hash(arg, i) & (want - 1);

		while (grown[at] != CS_NOTHING)
			at = (at + 1) & (want - 1);
		grown[at] = i;
	}
	free(*slots);
	*slots = grown;
	*n_slots = want;
	return true;
}

static uint64_t text_hash(const char *text, size_t len)
{
	return cs_mix_end(cs_mix_bytes(CS_MIX_START, text, len));
}

static uint64_t hash_of_text(const void *arg, uint32_t at)
{
	const struct cs_texts *texts = arg;

	return text_hash(texts->v[at], strlen(texts->v[at]));
}

int cs_texts_put_n(struct cs_texts *texts, const char *text, size_t len, uint32_t *ret,
		   struct cs_err *err)
{
	size_t at;
	char *copy;

	if (!texts->arena && !(texts->arena = cs_arena_new()))
		return cs_err_nomem(err);
	if (!grow_slots(&texts->slots, &texts->n_slots, texts->n, hash_of_text, texts))
		return cs_err_nomem(err);
	for (at = text_hash(text, len) & (texts->n_slots - 1); texts->slots[at] != CS_NOTHING;
	     at = (at + 1) & (texts->n_slots - 1)) {
		const char *seen = texts->v[texts->slots[at]];

		if (strncmp(seen, text, len) == 0 && !seen[len]) {
			*ret = texts->slots[at];
			return 0;
		}
	}
	if (!cs_table_grow((void **)&texts->v, texts->n, &texts->cap, sizeof(*texts->v)))
		return cs_err_nomem(err);
	copy = cs_arena_strndup(texts->arena, text, len);
	if (!copy)
		return cs_err_nomem(err);
	texts->v[texts->n] = copy;
	texts->slots[at] = *ret = texts->n++;
	return 0;
}

int cs_texts_put(struct cs_texts *texts, const char *text, uint32_t *ret, struct cs_err *err)
{
	if (text)
		return cs_texts_put_n(texts, text, strlen(text), ret, err);
	*ret = CS_NOTHING;
	return 0;
}

static int of_number(struct cs_texts *texts, struct cs_brief_dict *dict, int64_t number,
		     int (*get)(struct cs_brief_dict *, int64_t, const char **, struct cs_err *),
		     uint32_t *ret, struct cs_err *err)
{
	uint32_t *known = cs_map_at(&texts->numbers, (uint64_t)number);
	const char *text;
	int r;

	if (!known)
		return cs_err_nomem(err);
	if (*known != CS_NOTHING) {
		*ret = *known;
		return 0;
	}
	r = get(dict, number, &text, err);
	if (r == 0)
		r = cs_texts_put(texts, text, ret, err);
	if (r == 0)
		*known = *ret;
	return r;
}

int cs_texts_of(struct cs_texts *texts, struct cs_brief_dict *dict, int64_t number, uint32_t *ret,
		struct cs_err *err)
{
	if (number)
		return of_number(texts, dict, number, dict->text, ret, err);
	*ret = CS_NOTHING;
	return 0;
}

int cs_texts_of_project(struct cs_texts *texts, struct cs_brief_dict *dict, int64_t number,
			uint32_t *ret, struct cs_err *err)
{
	return of_number(texts, dict, number, dict->project, ret, err);
}

/* --- runs --- */

void cs_run_names_release(struct cs_run_names *names)
{
	cs_texts_release(&names->projects);
	cs_texts_release(&names->ids);
	cs_map_release(&names->numbers);
	free(names->dense);
	free(names->v);
	free(names->slots);
}

static int64_t attempt_of(int64_t attempt)
{
	return attempt > 1 ? attempt : 1;
}

static uint64_t run_hash(const char *project, const char *run_id, int64_t attempt)
{
	uint64_t h = cs_mix_text(CS_MIX_START, project ? project : "");

	return cs_mix_end(cs_mix_u64(cs_mix_text(h, run_id), (uint64_t)attempt));
}

static uint64_t hash_of_run(const void *arg, uint32_t at)
{
	return ((const struct cs_run_names *)arg)->v[at].hash;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Its slot, or the free one where it would stand. */
static size_t run_slot(const struct cs_run_names *names, const struct cs_run_name *want)
{
	size_t at = want->hash & (names->n_slots - 1);

	for (; names->slots[at] != CS_NOTHING; at = (at + 1) & (names->n_slots - 1)) {
		const struct cs_run_name *run = &names->v[names->slots[at]];

		if (run->hash == want->hash && run->attempt == want->attempt &&
		    same_text(run->project, want->project) &&
		    strcmp(run->run_id, want->run_id) == 0)
			break;
	}
	return at;
}

static int new_run(struct cs_run_names *names, struct cs_run_name *run, struct cs_err *err)
{
	bool named = run->project && *run->project;
	uint32_t project = CS_NOTHING;
	int r = 0;

	if (!names->ids.arena && !(names->ids.arena = cs_arena_new()))
		return cs_err_nomem(err);
	if (named)
		r = cs_texts_put(&names->projects, run->project, &project, err);
	if (r < 0)
		return r;
	if (!cs_table_grow((void **)&names->v, names->n, &names->cap, sizeof(*names->v)))
		return cs_err_nomem(err);
	run->project = cs_texts_get(&names->projects, project);
	run->run_id = cs_arena_strdup(names->ids.arena, run->run_id);
	if (!run->run_id)
		return cs_err_nomem(err);
	names->v[names->n] = *run;
	return 0;
}

#define DENSE (UINT64_C(1) << 24)

/* Where the place of a number stands. NULL: no memory. */
static uint32_t *place_at(struct cs_run_names *names, int64_t number)
{
	size_t want = names->n_dense ? names->n_dense : 1024;
	uint32_t *grown;

	if ((uint64_t)number >= DENSE)
		return cs_map_at(&names->numbers, (uint64_t)number);
	if ((size_t)number >= names->n_dense) {
		while (want <= (size_t)number)
			want *= 2;
		grown = realloc(names->dense, want * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + names->n_dense, 0xff, (want - names->n_dense) * sizeof(*grown));
		names->dense = grown;
		names->n_dense = want;
	}
	return &names->dense[number];
}

int cs_run_names_put(struct cs_run_names *names, const char *project, const char *run_id,
		     int64_t attempt, int64_t number, uint32_t *ret, struct cs_err *err)
{
	struct cs_run_name run = { project, run_id, attempt_of(attempt), 0 };
	uint32_t *known = NULL;
	size_t at;
	int r = 0;

	run.hash = run_hash(project, run_id, run.attempt);
	if (number && !(known = place_at(names, number)))
		return cs_err_nomem(err);
	if (!grow_slots(&names->slots, &names->n_slots, names->n, hash_of_run, names))
		return cs_err_nomem(err);
	at = run_slot(names, &run);
	if (names->slots[at] == CS_NOTHING) {
		r = new_run(names, &run, err);
		if (r == 0)
			names->slots[at] = names->n++;
	}
	if (r < 0)
		return r;
	*ret = names->slots[at];
	if (known)
		*known = *ret;
	return 0;
}

uint32_t cs_run_names_find(const struct cs_run_names *names, const char *project,
			   const char *run_id, int64_t attempt)
{
	struct cs_run_name run = { project, run_id, attempt_of(attempt), 0 };

	run.hash = run_hash(project, run_id, run.attempt);
	return names->n_slots ? names->slots[run_slot(names, &run)] : CS_NOTHING;
}

int cs_run_names_of(struct cs_run_names *names, struct cs_brief_dict *dict,
		    const struct cs_brief *brief, uint32_t *ret, struct cs_err *err)
{
	uint32_t *known = place_at(names, brief->run);
	const struct cs_brief_run *run;
	const char *project;
	int r;

	if (!known)
		return cs_err_nomem(err);
	if (*known != CS_NOTHING) {
		*ret = *known;
		return 0;
	}
	r = dict->run(dict, brief->run, &run, err);
	if (r == 0)
		r = dict->project(dict, brief->project, &project, err);
	return r == 0 ? cs_run_names_put(names, project, run->run_id, run->attempt, brief->run, ret,
					 err)
		      : r;
}

/* --- equal keys together --- */

#define BITS   11
#define DIGITS (1u << BITS)

static void scatter(const struct cs_keyed *from, struct cs_keyed *to, size_t n, unsigned shift)
{
	size_t start[DIGITS] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		start[from[i].key >> shift & (DIGITS - 1)]++;
	for (size_t d = 0; d < DIGITS; d++) {
		size_t count = start[d];

		start[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[start[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

void cs_keyed_sort(struct cs_keyed *v, struct cs_keyed *spare, size_t n)
{
	for (unsigned shift = 0; n && shift < 64; shift += 2 * BITS) {
		scatter(v, spare, n, shift);
		scatter(spare, v, n, shift + BITS);
	}
}

/* By half of the bits; what agrees in these and is not the same is sorted by all. */
void cs_keyed_group(struct cs_keyed *v, struct cs_keyed *spare, size_t n)
{
	const uint64_t mask = (UINT64_C(1) << (4 * BITS)) - 1;
	bool differ = false;

	for (unsigned shift = 0; n && shift < 4 * BITS; shift += 2 * BITS) {
		scatter(v, spare, n, shift);
		scatter(spare, v, n, shift + BITS);
	}
	for (size_t i = 1; i < n && !differ; i++)
		differ = v[i].key != v[i - 1].key && ((v[i].key ^ v[i - 1].key) & mask) == 0;
	if (differ)
		cs_keyed_sort(v, spare, n);
}
