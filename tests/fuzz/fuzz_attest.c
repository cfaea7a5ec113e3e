/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance: what is attached to an image, and the predicate alone as a record keeps it. */
#include "build/facts.h"
#include "build/prune.h"
#include "build/steps.h"
#include "fuzz/fuzz.h"
#include "image/attest.h"

#define CHAIN 4

static const struct cs_json *first_layer(const struct cs_json *doc)
{
	const struct cs_json *v = cs_json_get(cs_json_get(doc, "predicate"), "metadata");

	v = cs_json_get(cs_json_get(v, "https://mobyproject.org/buildkit@v1#metadata"), "layers");
	return cs_json_at(cs_json_at(cs_json_get(v, "step0:0"), 0), 0);
}

/* An image that begins with the layers that the document begins with, where it has any. */
static void make_chain(const struct cs_json *doc, struct cs_digest chain[CHAIN])
{
	const char *text = cs_json_get_text(first_layer(doc), "digest");
	struct cs_err err;

	memset(chain, 0, sizeof(*chain) * CHAIN);
	for (size_t i = 0; i < CHAIN; i++)
		chain[i].algo = CS_DIGEST_SHA256;
	if (text)
		(void)cs_digest_parse(text, &chain[0], &err);
}

static void check_attestation(const void *data, size_t len, const struct cs_json *doc,
			      const struct cs_limits *limits, struct cs_arena *arena)
{
	struct cs_digest chain[CHAIN], subject = { .algo = CS_DIGEST_NONE };
	const char *named = cs_json_get_text(
		cs_json_get(cs_json_at(cs_json_get(doc, "subject"), 0), "digest"), "sha256");
	struct cs_err err = CS_ERR_INIT;
	struct cs_attestation a;
	int r;

	make_chain(doc, chain);
	if (named)
		(void)cs_digest_from_hex(CS_DIGEST_SHA256, named, &subject);
	r = cs_attestation_parse(data, len, limits, &subject, chain, CHAIN, arena, &a, &err);
	fuzz_result(r, &err);
	if (r != 0)
		return;
	must(a.base_layers >= -1 && a.base_layers <= CHAIN);
	for (size_t i = 0; i < a.n_bases; i++)
		must(a.bases[i].name);
}

/* The same facts through the reader of build records. */
static void check_facts(const struct cs_json *doc)
{
	struct cs_doc *d CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_RECORD, CS_SOURCE_RECORD);
	const struct cs_json *predicate = cs_json_get(doc, "predicate");
	struct cs_err err = CS_ERR_INIT;

	must(d);
	d->build.source = "fuzz";
	fuzz_result(cs_provenance_read(d, predicate ? predicate : doc, &err), &err);
	fuzz_take(NULL, cs_steal(d), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const left_out[] = { "op", "Op", "inputs", NULL };
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_json *pruned CS_AUTO(cs_json_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	struct cs_ctx ctx;
	int r;

	must(arena);
	fuzz_ctx_init(&ctx);
	r = cs_json_parse(data, len, &ctx.limits, &doc, &err);
	fuzz_result(r, &err);
	check_attestation(data, len, doc, &ctx.limits, arena);
	/* what is a document stays one when parts of it are left out */
	r = cs_json_parse_pruned((const char *)data, len, left_out, &ctx.limits, &pruned, &err);
	fuzz_result(r, &err);
	must(!doc || r == 0);
	if (doc)
		check_facts(doc);
	return 0;
}
