/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISA-L inflates 2.5 times as fast as zlib. Its own gzip mode (ISAL_GZIP) starts over with an empty
 * header structure on every call, so a header that is cut by a block's end loses its flags; we read
 * the header with isal_read_gzip_header() into a structure that stays, then let the decoder check
 * the trailer (ISAL_GZIP_NO_HDR_VER). The plain ISAL_GZIP_NO_HDR was refused: it computes the CRC
 * and checks nothing.
 */
#include "io/decode_priv.h"

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define CHUNK_MAX      ((size_t)1 << 30) /* avail_in and avail_out are 32 bits wide */
#define FLAGS_RESERVED 0xe0

struct isal {
	bool wide; /* the processor has registers of more than 128 bits */
	struct inflate_state s;
	struct isal_gzip_header header;
	bool in_body;
};

static void isal_reset(void *state)
{
	struct isal *i = state;

	isal_inflate_reset(&i->s);
	i->s.crc_flag = ISAL_GZIP_NO_HDR_VER;
	isal_gzip_header_init(&i->header);
	i->in_body = false;
}

static void *isal_open(void)
{
	struct isal *i = malloc(sizeof(*i));

	if (i) {
		i->wide = false;
#ifdef __x86_64__
		i->wide = __builtin_cpu_supports("avx");
#endif
		isal_inflate_init(&i->s);
		isal_reset(i);
	}
	return i;
}

static int isal_header(struct isal *i, struct cs_err *err)
{
	int r = isal_read_gzip_header(&i->s, &i->header);

	if (r < 0 || (r == ISAL_DECOMP_OK && (i->header.flags & FLAGS_RESERVED)))
		return cs_err_set(err, CS_FORMAT, "bad header");
	if (r == ISAL_DECOMP_OK)
		i->in_body = true;
	return 0;
}

/*
 * ISA-L's CRC leaves the upper halves of the vector registers in use. As long as they are, each
 * instruction on a lower half waits for the one that wrote the register before, and libcrypto's
 * SHA-256 takes a third longer, and two lanes of it (model/sha256_pair.c) twice as long.
 */
#ifdef __x86_64__
__attribute__((target("avx"))) static void upper_halves_clear(void)
{
	_mm256_zeroupper();
}
#else
static void upper_halves_clear(void)
{
}
#endif

static int isal_body(struct isal *i, struct cs_err *err)
{
	int r = isal_inflate(&i->s);

	if (i->wide)
		upper_halves_clear();
	if (r == ISAL_INCORRECT_CHECKSUM)
		return cs_err_set(err, CS_FORMAT, "wrong CRC or length");
	if (r < 0)
		return cs_err_set(err, CS_FORMAT, "damaged data");
	return i->s.block_state == ISAL_BLOCK_FINISH;
}

static int isal_run(void *state, struct cs_codec_io *io, struct cs_err *err)
{
	struct isal *i = state;
	uint32_t in_len = (uint32_t)(io->in_len > CHUNK_MAX ? CHUNK_MAX : io->in_len);
	uint32_t out_len = (uint32_t)(io->out_len > CHUNK_MAX ? CHUNK_MAX : io->out_len);
	int r = 0;

	i->s.next_in = (uint8_t *)(uintptr_t)io->in;
	i->s.avail_in = in_len;
	i->s.next_out = io->out;
	i->s.avail_out = out_len;
	if (!i->in_body)
		r = isal_header(i, err);
	if (r == 0 && i->in_body)
		r = isal_body(i, err);
	io->in += in_len - i->s.avail_in;
	io->in_len -= in_len - i->s.avail_in;
	io->out += out_len - i->s.avail_out;
	io->out_len -= out_len - i->s.avail_out;
	return r;
}

const struct cs_inflate cs_inflate_isal = { isal_open, isal_reset, isal_run, free };
#endif
