/* SPDX-License-Identifier: Apache-2.0 */
/* A status stream in pieces whose size the first byte gives, up to the steps of a document. */
#include "build/status.h"
#include "fuzz/fuzz.h"

static int finish(struct cs_fold *fold, struct cs_err *err)
{
	static const enum cs_fold_kind kinds[] = { CS_FOLD_RECORD, CS_FOLD_LIVE, CS_FOLD_PLAIN };

	for (size_t i = 0; i < CS_N(kinds); i++) {
		struct cs_doc *doc = cs_doc_new(CS_DOC_RECORD, CS_SOURCE_RECORD);

		if (!doc)
			return -1;
		doc->build.source = "fuzz";
		if (cs_fold_finish(fold, kinds[i], doc, err) == 0)
			fuzz_take(NULL, doc, err);
		else
			cs_doc_free(doc);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t step = len ? 1 + data[0] : 1;
	struct cs_holding holding = { 0, 0 };
	struct cs_err err = CS_ERR_INIT;
	struct cs_fold *fold = NULL;
	struct cs_status status;
	struct cs_ctx ctx;
	int r = 0;

	fuzz_ctx_init(&ctx);
	if (cs_fold_new(&ctx, &holding, &fold, &err) < 0)
		return 0;
	cs_status_init(&status, &ctx, fold);
	for (size_t at = 1; at < len && r == 0; at += step)
		r = cs_status_feed(&status, data + at, len - at < step ? len - at : step, &err);
	(void)cs_status_end(&status, &err);
	cs_status_release(&status);
	finish(fold, &err);
	cs_fold_free(fold);
	return 0;
}
