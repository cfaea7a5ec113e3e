/* SPDX-License-Identifier: Apache-2.0 */
#include "build/stages.h"

#include <string.h>
#include <strings.h>

/* Stages that are built at the same time mix their lines; no Dockerfile mixes more of them. */
#define LOOK_BACK 1000

void cs_stages_reset(struct cs_stages *stages)
{
	stages->n = 0;
}

void cs_stages_release(struct cs_stages *stages)
{
	free(stages->v);
	memset(stages, 0, sizeof(*stages));
}

int cs_stages_add(struct cs_stages *stages, size_t number, struct cs_err *err)
{
	if (stages->n == stages->cap) {
		size_t cap = stages->cap ? stages->cap * 2 : 32;
		void *v = realloc(stages->v, cap * sizeof(*stages->v));

		if (!v)
			return cs_err_nomem(err);
		stages->v = v;
		stages->cap = cap;
	}
	stages->v[stages->n++] = number;
	return 0;
}

bool cs_is_from(const char *instruction)
{
	return strncasecmp(instruction, "FROM ", 5) == 0;
}

/* The word behind the last AS, or NULL. */
static const char *name_of(const char *from)
{
	const char *last = strrchr(from, ' ');

	if (!last || last - from < 4 || strncasecmp(last - 3, " as", 3) != 0)
		return NULL;
	return last + 1;
}

int cs_stages_name(struct cs_stages *stages, struct cs_arena *arena, struct cs_raw_list *steps,
		   struct cs_err *err)
{
	const char *name = NULL;
	size_t highest = 0;

	for (size_t i = 0; i < stages->n; i++)
		highest = stages->v[i] > highest ? stages->v[i] : highest;
	for (size_t i = 0; i < stages->n && i < steps->n; i++) {
		size_t number = stages->v[i];
		bool same = i && stages->v[i - 1] == number && !cs_is_from(steps->v[i].name);

		if (cs_is_from(steps->v[i].name)) {
			name = name_of(steps->v[i].name);
		} else if (!same) {
			/* lines of another stage came between: look for its own FROM */
			name = NULL;
			for (size_t j = i; j > 0 && i - j < LOOK_BACK && !name; j--) {
				if (stages->v[j - 1] == number)
					name = steps->v[j - 1].stage;
			}
		}
		if (!name && highest > 1) {
			name = cs_arena_printf(arena, "stage-%zu", number - 1);
			if (!name)
				return cs_err_nomem(err);
		}
		steps->v[i].stage = name;
	}
	return 0;
}
