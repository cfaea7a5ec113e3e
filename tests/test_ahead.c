/* SPDX-License-Identifier: Apache-2.0 */
/* A decoder on a thread of its own gives what it gives without: bytes, failures, the end. */
#include "support/io.h"

#include <stdatomic.h>

#include "io/stream_priv.h"

#define DATA_BYTES (5 << 20)

static struct cs_err err;

static struct cs_stream *decoder_of(const struct cs_ctx *ctx, const struct cs_buf *packed,
				    enum cs_code fail)
{
	struct cs_decode_options options = { .out_max = -1 };
	enum cs_coding coding;
	struct cs_stream *s;

	assert_done(cs_stream_decode(ctx, test_stream(packed->data, packed->len, 5000, fail),
				     &options, &s, &coding, &err));
	return s;
}

struct packed {
	struct cs_ctx ctx;
	struct cs_buf plain, gzip, zstd;
};

static int packed_make(void **state)
{
	static struct packed p;

	cs_ctx_init(&p.ctx);
	test_fill(&p.plain, DATA_BYTES, 1);
	test_gzip(&p.gzip, p.plain.data, p.plain.len, NULL, 0);
	test_zstd(&p.zstd, p.plain.data, p.plain.len, 0);
	*state = &p;
	return 0;
}

static int packed_free(void **state)
{
	struct packed *p = *state;

	cs_buf_release(&p->plain);
	cs_buf_release(&p->gzip);
	cs_buf_release(&p->zstd);
	return 0;
}

/* A processor is free from the n-th block on. */
static void read_with(const struct packed *p, const struct cs_buf *packed, unsigned n)
{
	_Atomic int spare = n == 0;
	struct cs_stream *s;
	const uint8_t *data;
	size_t len, at = 0;
	int r;

	assert_done(cs_stream_ahead(decoder_of(&p->ctx, packed, CS_OK), &spare, &s, &err));
	for (unsigned i = 1; (r = cs_stream_read(s, &data, &len, &err)) == 0; i++) {
		assert_true(len <= p->plain.len - at);
		assert_memory_equal(p->plain.data + at, data, len);
		at += len;
		assert_int_equal(0, atomic_load(&spare));
		if (i == n)
			atomic_store(&spare, 1);
	}
	assert_int_equal(1, r);
	assert_int_equal(1, cs_stream_read(s, &data, &len, &err));
	assert_int_equal(p->plain.len, at);
	cs_stream_close(s);
	assert_int_equal(n < 1000, atomic_load(&spare));
}

static void same_bytes(void **state)
{
	static const unsigned from[] = { 0, 1, 3, 19, 1000 };

	for (size_t i = 0; i < CS_N(from); i++) {
		read_with(*state, &((struct packed *)*state)->gzip, from[i]);
		read_with(*state, &((struct packed *)*state)->zstd, from[i]);
	}
}

static void failures_arrive(void **state)
{
	struct packed *p = *state;
	struct cs_buf bad = { 0 };
	_Atomic int spare = 1;
	struct cs_stream *s;

	assert_int_equal(0, cs_buf_add(&bad, p->gzip.data, p->gzip.len));
	bad.data[bad.len - 5] ^= 1; /* the last byte of the CRC */
	assert_done(cs_stream_ahead(decoder_of(&p->ctx, &bad, CS_OK), &spare, &s, &err));
	assert_code(CS_FORMAT, cs_stream_drain(s, &err));
	assert_code(CS_FORMAT, cs_stream_drain(s, &err));
	assert_non_null(strstr(err.msg, "CRC"));
	cs_stream_close(s);
	bad.len /= 2;
	assert_done(cs_stream_ahead(decoder_of(&p->ctx, &bad, CS_OK), &spare, &s, &err));
	assert_code(CS_FORMAT, cs_stream_drain(s, &err));
	cs_stream_close(s);
	assert_done(cs_stream_ahead(decoder_of(&p->ctx, &bad, CS_IO), &spare, &s, &err));
	assert_code(CS_IO, cs_stream_drain(s, &err));
	assert_string_equal("as planned", err.msg);
	cs_stream_close(s);
	assert_int_equal(1, atomic_load(&spare));
	cs_buf_release(&bad);
}

/* Before the end: the thread waits for room, or decodes. */
static void closing_stops_it(void **state)
{
	struct packed *p = *state;
	_Atomic int spare = 1;

	for (int n = 0; n < 20; n++) {
		struct cs_stream *s;
		const uint8_t *data;
		size_t len;

		assert_done(
			cs_stream_ahead(decoder_of(&p->ctx, &p->gzip, CS_OK), &spare, &s, &err));
		for (int i = 0; i < n; i++)
			assert_int_equal(0, cs_stream_read(s, &data, &len, &err));
		cs_stream_close(s);
		assert_int_equal(1, atomic_load(&spare));
	}
}

/* What costs nothing to read is not handed from thread to thread. */
static void others_pass(void **state)
{
	struct packed *p = *state;
	_Atomic int spare = 1;
	struct cs_stream *in = test_stream("hello", 5, 2, CS_OK), *s;

	assert_done(cs_stream_ahead(in, &spare, &s, &err));
	assert_ptr_equal(in, s);
	cs_stream_close(s);
	in = decoder_of(&p->ctx, &p->gzip, CS_OK);
	assert_done(cs_stream_ahead(in, NULL, &s, &err));
	assert_ptr_equal(in, s);
	cs_stream_close(s);
	in = decoder_of(&p->ctx, &p->plain, CS_OK);
	assert_done(cs_stream_ahead(in, &spare, &s, &err));
	assert_ptr_equal(in, s);
	cs_stream_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes),
		cmocka_unit_test(failures_arrive),
		cmocka_unit_test(closing_stops_it),
		cmocka_unit_test(others_pass),
	};

	return cmocka_run_group_tests(tests, packed_make, packed_free);
}
