/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a user names: recognised, decoded, walked. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_stream *in = NULL;
	struct cs_ctx ctx;

	fuzz_ctx_init(&ctx);
	if (cs_stream_memory(data, len, &in, &err) == 0)
		(void)cs_docs_read(&ctx, in, "fuzz", fuzz_take, NULL, &err);
	return 0;
}
