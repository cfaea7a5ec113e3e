/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "build/parsers.h"
#include "build/steps.h"
#include "fuzz/fuzz.h"
#include "io/stream_priv.h"

void fuzz_ctx_init(struct cs_ctx *ctx)
{
	cs_ctx_init(ctx);
	ctx->limits.held_bytes = 4 << 20;
	ctx->limits.json_bytes = 1 << 20;
	ctx->limits.log_line = 4096;
	ctx->limits.status_frame = 1 << 20;
	ctx->limits.status_bytes = 4 << 20;
	ctx->limits.image_bytes = 16 << 20;
	ctx->limits.vertexes = 5000;
}

static void check_step(struct cs_arena *arena, const struct cs_build *b, size_t i)
{
	const struct cs_step *s = &b->steps[i];

	must(s->index == i && s->name && s->instruction);
	must(s->duration_ns >= -1 && s->first_line <= s->last_line);
	must(!s->pulled || s->state == CS_STATE_HIT);
	must((s->state == CS_STATE_UNKNOWN) == (s->evidence == CS_EVIDENCE_NONE));
	/* what had to go is gone */
	must(!strcmp(s->name, cs_redact(arena, s->name, NULL)));
	must(!strcmp(s->instruction, cs_redact(arena, s->instruction, NULL)));
	for (size_t j = 0; j < s->n_inputs; j++)
		must(s->inputs[j] < b->n_steps);
}

int fuzz_take(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	const struct cs_build *b = &doc->build;

	(void)arg;
	must(doc->arena && b->source);
	must(b->builder_cached_steps >= -1 && b->builder_total_steps >= -1);
	for (size_t i = 0; i < doc->build.recipe.n_build_args; i++)
		must(doc->build.recipe.build_args[i].key && doc->build.recipe.build_args[i].value);
	for (size_t i = 0; i < doc->build.recipe.n_materials; i++)
		must(doc->build.recipe.materials[i].name);
	for (size_t i = 0; i < b->n_steps; i++)
		check_step(doc->arena, b, i);
	cs_doc_free(doc);
	return 0;
}

void fuzz_parser(const char *name, const uint8_t *data, size_t len)
{
	struct cs_sink sink = { .fn = fuzz_take, .name = "fuzz" };
	struct cs_err err = CS_ERR_INIT;
	struct cs_stream *in = NULL;
	struct cs_ctx ctx;
	int r;

	fuzz_ctx_init(&ctx);
	if (cs_stream_memory(data, len, &in, &err) < 0)
		return;
	for (size_t i = 0; i < cs_parsers_n; i++) {
		if (strcmp(cs_parsers[i].name, name) != 0)
			continue;
		(void)cs_parser_probe(&cs_parsers[i], data, len < 4096 ? len : 4096);
		r = cs_parser_parse(&cs_parsers[i], &ctx, in, &sink, &err);
		must(r <= 1 && (r >= 0 || err.code == (enum cs_code) - r));
		must(r != 1 || !sink.n_given);
	}
	cs_stream_close(in);
}

char *fuzz_text(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	must(text);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

char *fuzz_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = line + strcspn(line, "\n");
	*text = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

int fuzz_file(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0);
	must(!len || write(fd, data, len) == (ssize_t)len);
	must(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

struct blocks {
	struct cs_stream base;
	const uint8_t *data;
	size_t left, step;
	uint8_t *block;
};

static int blocks_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		       struct cs_err *err CS_UNUSED)
{
	struct blocks *b = (struct blocks *)s;
	size_t n = b->left < b->step ? b->left : b->step;

	free(b->block);
	b->block = NULL;
	if (!n)
		return 1;
	b->block = malloc(n);
	must(b->block);
	memcpy(b->block, b->data, n);
	b->data += n;
	b->left -= n;
	*ret_data = b->block;
	*ret_len = n;
	return 0;
}

static void blocks_release(struct cs_stream *s)
{
	free(((struct blocks *)s)->block);
}

struct cs_stream *fuzz_stream(const uint8_t *data, size_t len, size_t step)
{
	static const struct cs_stream_ops ops = { .read = blocks_read, .release = blocks_release };
	struct blocks *b = calloc(1, sizeof(*b));

	must(b);
	b->base.ops = &ops;
	b->data = data;
	b->left = len;
	b->step = step;
	return &b->base;
}

uint8_t fuzz_u8(struct fuzz_in *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

uint64_t fuzz_u64(struct fuzz_in *in)
{
	uint64_t v = 0;

	/* few bytes make a small number, as most are */
	for (uint8_t n = fuzz_u8(in) % 9; n > 0; n--)
		v = v << 8 | fuzz_u8(in);
	return v;
}

char *fuzz_word(struct fuzz_in *in)
{
	size_t n = fuzz_u8(in);
	char *word;

	n = n < in->n ? n : in->n;
	word = fuzz_text(in->p, n);
	in->p += n;
	in->n -= n;
	for (size_t i = 0; i < n; i++)
		word[i] = word[i] ? word[i] : 'n';
	return word;
}
