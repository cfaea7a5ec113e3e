/* SPDX-License-Identifier: Apache-2.0 */
/* The config of an image, and what is read out of its history. */
#include "fuzz/fuzz.h"
#include "image/base.h"
#include "image/config.h"
#include "model/instruction.h"

static void check_folded(const char *text)
{
	size_t n = strlen(text);

	must(!n || (text[0] != ' ' && text[n - 1] != ' '));
	must(!strstr(text, "  ") && !strpbrk(text, "\t\r\n\v\f"));
}

static void check_history(const struct cs_image_config *c, struct cs_arena *arena)
{
	int layer = 0;

	for (size_t i = 0; i < c->n_history; i++) {
		const struct cs_history *h = &c->history[i];
		const char *text = cs_instruction_text(arena, h->created_by);

		must(text);
		check_folded(text);
		(void)cs_instruction_class(text);
		if (!c->paired || h->empty_layer)
			must(h->layer == -1);
		else
			must(h->layer == layer++);
	}
	must(!c->paired || (size_t)layer == c->n_diff_ids);
}

/* The base, as far as history and labels tell. */
static void find_base(const struct cs_image_config *c)
{
	struct cs_image *image CS_AUTO(cs_image_free_p) = cs_image_new();
	struct cs_annotations none = { NULL, 0 };
	struct cs_err err;

	must(image);
	image->history = c->history;
	image->n_history = c->n_history;
	image->labels = (struct cs_kv *)c->labels.v;
	image->n_labels = c->labels.n;
	image->layers = cs_arena_array(image->arena, c->n_diff_ids, sizeof(*image->layers));
	must(image->layers);
	image->n_layers = c->n_diff_ids;
	for (size_t i = 0; i < c->n_diff_ids; i++)
		image->layers[i].diff_id = c->diff_ids[i];
	for (size_t i = 0; i < c->n_history; i++) {
		if (c->history[i].layer >= 0) {
			image->layers[c->history[i].layer].has_history = true;
			image->layers[c->history[i].layer].created_by = c->history[i].created_by;
		}
	}
	must(cs_image_bases_collect(image, &none, NULL, &err) == 0);
	must(cs_image_base(image, NULL, &err) == 0);
	must(image->base_layers >= -1 && image->base_layers <= (int)image->n_layers);
	for (size_t i = 0; i < image->n_bases; i++)
		must(image->bases[i].name || cs_digest_known(&image->bases[i].digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_err err = CS_ERR_INIT;
	struct cs_image_config c;
	struct cs_ctx ctx;
	int r;

	must(arena);
	fuzz_ctx_init(&ctx);
	r = cs_config_parse(data, len, &ctx.limits, arena, &c, &err);
	fuzz_result(r, &err);
	if (r < 0)
		return 0;
	for (size_t i = 0; i < c.n_diff_ids; i++)
		must(cs_digest_known(&c.diff_ids[i]));
	for (size_t i = 0; i < c.labels.n; i++)
		must(c.labels.v[i].key && c.labels.v[i].value);
	check_history(&c, arena);
	find_base(&c);
	return 0;
}
