/* SPDX-License-Identifier: Apache-2.0 */
/* A build in short: what can be unpacked is packed again, and comes back the same. */
#include "fuzz/fuzz.h"
#include "metrics/brief.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_brief_room room CS_AUTO(cs_brief_room_release) = { NULL, 0 };
	struct cs_brief_room other CS_AUTO(cs_brief_room_release) = { NULL, 0 };
	struct cs_buf once CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf twice CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_err err = CS_ERR_INIT;
	struct cs_brief a = { .id = 1 }, b = { .id = 1 };
	int r, part;

	/* What is wanted in part must be there when all is wanted. */
	r = cs_brief_unpack(data, len, CS_BRIEF_ALL, &room, &a, &err);
	fuzz_result(r, &err);
	for (unsigned want = 0; want < CS_BRIEF_ALL; want++) {
		part = cs_brief_unpack(data, len, want, &other, &b, &err);
		fuzz_result(part, &err);
		must(r != 0 || part == 0);
	}
	if (r != 0)
		return 0;
	must(a.id == 1 && a.attempt >= -1 && a.misses >= -1);
	for (size_t i = 0; i < a.n_steps; i++)
		must(a.steps[i].def >= 0 && a.steps[i].ns >= -1 && a.steps[i].index < UINT32_MAX);
	for (size_t i = 0; i < a.n_layers; i++)
		must(a.layers[i].blob_bytes >= -1);
	must(cs_brief_pack(&a, &once, &err) == 0);
	must(cs_brief_unpack(once.data, once.len, CS_BRIEF_ALL, &other, &b, &err) == 0);
	must(b.n_steps == a.n_steps && b.n_layers == a.n_layers && b.n_labels == a.n_labels);
	must(!a.commit == !b.commit && (!a.commit || strcmp(a.commit, b.commit) == 0));
	must(cs_brief_pack(&b, &twice, &err) == 0);
	must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	return 0;
}
