/* SPDX-License-Identifier: Apache-2.0 */
/* The Dockerfile reader, and the same bytes as .dockerignore. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/dockerfile.h"
#include "model/pathmatch.h"

static const char *look_up(void *arg, const char *name, size_t len)
{
	must(name && arg);
	return len % 2 ? "value" : NULL;
}

static void check(const struct cs_dockerfile *df, struct cs_arena *arena)
{
	int line = 0;
	bool odd;

	must(df->n_stages > 0);
	for (size_t i = 0; i < df->n_instructions; i++) {
		const struct cs_df_instruction *in = &df->instructions[i];

		must(in->first_line > line && in->last_line >= in->first_line);
		must(in->stage >= -1 && in->stage < (int)df->n_stages);
		must(cs_df_at_line(df, in->last_line) == (int)i);
		line = in->last_line;
		must(cs_df_expand(arena, df->escape, in->text, look_up, arena, &odd) || odd);
		for (size_t w = 0; w < in->n_words; w++)
			(void)cs_path_match(in->words[w], "a/b/c.txt");
	}
	for (size_t i = 0; i < df->n_stages; i++) {
		const struct cs_df_stage *s = &df->stages[i];

		must(s->base && s->base_stage < (int)i && s->first <= s->end);
		must(s->end <= (int)df->n_instructions);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_err err = CS_ERR_INIT;
	struct cs_dockerfile df;
	struct cs_ignore ignore;

	if (!arena)
		return 0;
	if (cs_dockerfile_parse((const char *)data, len, arena, &df, &err) == 0)
		check(&df, arena);
	else
		must(err.code == CS_FORMAT || err.code == CS_LIMIT);
	if (cs_ignore_parse((const char *)data, len, arena, &ignore, &err) == 0)
		(void)cs_ignored(&ignore, "src/deep/er/main.c");
	cs_arena_free(arena);
	return 0;
}
