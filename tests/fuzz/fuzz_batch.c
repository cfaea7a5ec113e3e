/* SPDX-License-Identifier: Apache-2.0 */
/* A line of builds.jsonl and of runs.jsonl. */
#include "cmd/batch.h"
#include "fuzz/fuzz.h"
#include "util/text.h"

static void check_text(const char *text)
{
	must(!text || (*text && cs_text_is_clean(text) && fuzz_is_text(text)));
}

static void check_line(const struct cs_batch_line *line)
{
	const struct cs_facts *f = &line->facts;
	size_t n = 0;

	check_text(f->project);
	check_text(f->commit);
	check_text(f->ref);
	check_text(f->target);
	check_text(f->run_id);
	check_text(f->job);
	check_text(line->conclusion);
	must(f->event <= CS_EVENT_OTHER && line->duration_ns >= -1);
	for (size_t i = 0; i < f->n_labels; i++) {
		must(f->labels[i].key && *f->labels[i].key && !strchr(f->labels[i].key, '='));
		check_text(f->labels[i].value);
	}
	for (size_t i = 0; i < CS_N_BATCH_FILES; i++)
		n += line->files[i] != NULL;
	must(n == line->n_files);
	for (size_t i = 0; i < line->n_jobs; i++)
		check_text(line->jobs[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_err err = CS_ERR_INIT;
	struct cs_batch_line line;
	struct cs_ctx ctx;

	must(arena);
	fuzz_ctx_init(&ctx);
	for (int run = 0; run < 2; run++) {
		int r = cs_batch_line_read(data, len, run, &ctx.limits, arena, &line, &err);

		fuzz_result(r, &err);
		if (r == 0)
			check_line(&line);
	}
	return 0;
}
