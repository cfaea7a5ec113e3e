/* SPDX-License-Identifier: Apache-2.0 */
/* Entry lists that something befell on the way. */
#include "support/test.h"

#include <stdlib.h>
#include <zstd.h>

#include "image/entries.h"
#include "image/entries_code.h"
#include "support/entry_list.h"

static struct cs_err err;

struct bytes {
	uint8_t data[8192];
	size_t len;
};

static size_t frame_unpack(const uint8_t *data, size_t len, struct bytes *ret)
{
	size_t packed = ZSTD_findFrameCompressedSize(data, len), n;

	assert_false(ZSTD_isError(packed));
	n = ZSTD_decompress(ret->data, sizeof(ret->data), data, packed);
	assert_false(ZSTD_isError(n));
	ret->len = n;
	return packed;
}

/* What a list says before compression, and its digests. */
static void list_unpack(const struct entry_list *list, struct bytes *ret, struct bytes *ret_digests)
{
	const uint8_t *data = (const uint8_t *)list->data + 1;
	size_t n = frame_unpack(data, list->len - 1, ret);

	assert_int_equal(list->len - 1, n + frame_unpack(data + n, list->len - 1 - n, ret_digests));
}

static void frame_pack(const void *data, size_t len, struct bytes *ret)
{
	size_t n = ZSTD_compress(ret->data + ret->len, sizeof(ret->data) - ret->len, data, len, 1);

	assert_false(ZSTD_isError(n));
	ret->len += n;
}

/* Without digests (NULL) there is one frame. */
static void list_pack(const uint8_t *data, size_t len, const struct bytes *digests,
		      struct bytes *ret)
{
	ret->data[0] = CS_ENTRIES_VERSION;
	ret->len = 1;
	frame_pack(data, len, ret);
	if (digests)
		frame_pack(digests->data, digests->len, ret);
}

static int plain_read(const uint8_t *data, size_t len, const struct bytes *digests)
{
	struct bytes packed;

	list_pack(data, len, digests, &packed);
	return list_read(packed.data, packed.len, &err);
}

static void damaged_frames(void **state CS_UNUSED)
{
	struct entry_list list CS_AUTO(entry_list_release) =
		entry_list_make(entry_samples, CS_N(entry_samples));
	struct bytes b;

	assert_true(list.len < sizeof(b.data));
	for (size_t n = 0; n < list.len; n++) {
		/* On the heap and of exact size, so that a read past the end is seen. */
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, list.data, n);
		assert_code(CS_FORMAT, list_read(cut, n, &err));
		free(cut);
	}
	memcpy(b.data, list.data, list.len);
	b.data[list.len] = 0;
	assert_code(CS_FORMAT, list_read(b.data, list.len + 1, &err));
	b.data[0] = CS_ENTRIES_VERSION + 1;
	assert_code(CS_UNSUPPORTED, list_read(b.data, list.len, &err));
	memcpy(b.data + list.len, (const char *)list.data + 1, list.len - 1);
	b.data[0] = CS_ENTRIES_VERSION;
	assert_code(CS_FORMAT, list_read(b.data, 2 * list.len - 1, &err));
	memset(b.data + 1, 0, 100);
	assert_code(CS_FORMAT, list_read(b.data, 100, &err));
}

/* A list of one folder in a frame of unknown size and this window. */
static void list_pack_window(unsigned window_log, struct bytes *ret)
{
	static const char one[] = "\x01\x0a\0a\0\0\x01\0\0\0\0\0";
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	ZSTD_inBuffer in = { one, sizeof(one) - 1, 0 };
	ZSTD_outBuffer out = { ret->data + 1, sizeof(ret->data) - 1, 0 };

	ret->data[0] = CS_ENTRIES_VERSION;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, (int)window_log);
	assert_false(ZSTD_isError(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_continue)));
	assert_int_equal(0, ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end));
	ZSTD_freeCCtx(zstd);
	ret->len = out.pos + 1;
}

/* A reader's memory is bounded by the window: a frame that asks for more is refused. */
static void large_window_refused(void **state CS_UNUSED)
{
	struct bytes b;

	list_pack_window(CS_ENTRIES_WINDOW_LOG, &b);
	assert_int_equal(1, list_read(b.data, b.len, &err));
	list_pack_window(CS_ENTRIES_WINDOW_LOG + 1, &b);
	assert_code(CS_FORMAT, list_read(b.data, b.len, &err));
}

/* n, length, shared, path, order, type|flags, mode, uid, gid, mtime, ns, … */
#define DIR(shared, path, order) shared path "\0" order "\x01\0\0\0\0\0"
static const struct {
	const char *what, *data;
	size_t len;
	int want;
} damages[] = {
#define CASE(what, want, data)                                                                     \
	{                                                                                          \
		what, data, sizeof(data) - 1, want                                                 \
	}
	CASE("one folder", 1, "\x01\x0a" DIR("\0", "a", "\0")),
	CASE("two", 2, "\x02\x0a" DIR("\0", "a", "\0") "\x0b" DIR("\x01", "/b", "\0")),
	CASE("one path, later place", 2,
	     "\x02\x0a" DIR("\0", "a", "\0") "\x09" DIR("\x01", "", "\0")),
	CASE("one path, same place", -CS_FORMAT,
	     "\x02\x0a" DIR("\0", "a", "\0") "\x09" DIR("\x01", "", "\x01")),
	CASE("falling", -CS_FORMAT, "\x02\x0a" DIR("\0", "b", "\0") "\x0a" DIR("\0", "a", "\0")),
	CASE("folder after its neighbour", -CS_FORMAT,
	     "\x02\x0b" DIR("\0", "a-", "\0") "\x0b" DIR("\x01", "/b", "\0")),
	CASE("fewer than said", -CS_FORMAT, "\x02\x0a" DIR("\0", "a", "\0")),
	CASE("more than said", -CS_FORMAT,
	     "\x01\x0a" DIR("\0", "a", "\0") "\x0b" DIR("\x01", "/b", "\0")),
	CASE("none, and bytes", -CS_FORMAT, "\0x"),
	CASE("nothing", -CS_FORMAT, ""),
	CASE("too many", -CS_FORMAT, "\xff\xff\xff\xff\x0f"),
	CASE("count of 65 bits", -CS_FORMAT, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),
	CASE("count without end", -CS_FORMAT, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
	CASE("length past the end", -CS_FORMAT, "\x01\x0b" DIR("\0", "a", "\0")),
	CASE("length past the bound", -CS_FORMAT, "\x01\xff\xff\xff\xff\x0f" DIR("\0", "a", "\0")),
	CASE("length too short", -CS_FORMAT, "\x01\x09" DIR("\0", "a", "\0")),
	CASE("byte behind the body", -CS_FORMAT, "\x01\x0b" DIR("\0", "a", "\0") "\0"),
	CASE("no body", -CS_FORMAT, "\x01\x04\0a\0\0"),
	CASE("empty entry", -CS_FORMAT, "\x01\0"),
	CASE("path without end", -CS_FORMAT, "\x01\x02\0a"),
	CASE("shares with nothing", -CS_FORMAT, "\x01\x0a" DIR("\x01", "a", "\0")),
	CASE("shares too much", -CS_FORMAT,
	     "\x02\x0a" DIR("\0", "a", "\0") "\x0a" DIR("\x02", "b", "\0")),
	CASE("empty path", -CS_FORMAT, "\x01\x09" DIR("\0", "", "\0")),
	CASE("absolute path", -CS_FORMAT, "\x01\x0b" DIR("\0", "/a", "\0")),
	CASE("path with an end slash", -CS_FORMAT, "\x01\x0b" DIR("\0", "a/", "\0")),
	CASE("place below none", -CS_FORMAT, "\x01\x0a" DIR("\0", "a", "\x01")),
	CASE("place of 34 bits", -CS_FORMAT, "\x01\x0e" DIR("\0", "a", "\x80\x80\x80\x80\x40")),
	CASE("type 7", -CS_FORMAT, "\x01\x0a\0a\0\0\x07\0\0\0\0\0"),
	CASE("content of a folder", -CS_FORMAT, "\x01\x0a\0a\0\0\x41\0\0\0\0\0"),
	CASE("mode of 13 bits", -CS_FORMAT, "\x01\x0b\0a\0\0\x01\x80\x40\0\0\0\0"),
	CASE("nanoseconds of 33 bits", -CS_FORMAT,
	     "\x01\x0e\0a\0\0\x01\0\0\0\0\x80\x80\x80\x80\x10"),
	CASE("file", 1, "\x01\x0b\0a\0\0\0\0\0\0\0\0\x05"),
	CASE("size of 64 bits", -CS_FORMAT,
	     "\x01\x14\0a\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	CASE("no digest", -CS_FORMAT, "\x01\x0b\0a\0\0\x40\0\0\0\0\0\0"),
	CASE("link", 1, "\x01\x0c\0a\0\0\x02\0\0\0\0\0t\0"),
	CASE("target without end", -CS_FORMAT, "\x01\x0b\0a\0\0\x02\0\0\0\0\0t"),
	CASE("name without end", -CS_FORMAT, "\x01\x0b\0a\0\0\x09\0\0\0\0\0n"),
};

static void damaged_entries(void **state CS_UNUSED)
{
	for (size_t i = 0; i < CS_N(damages); i++) {
		int got = plain_read((const uint8_t *)damages[i].data, damages[i].len, NULL);

		if (got != damages[i].want)
			fail_msg("%s: %d instead of %d (%s)", damages[i].what, got, damages[i].want,
				 err.msg);
	}
}

/* One too few, too many, or cut. */
static void damaged_digests(void **state CS_UNUSED)
{
	static const struct {
		const char *plain;
		size_t plain_len, len;
		int want;
	} cases[] = {
#define FILE(flags) "\x01\x0b\0a\0\0" flags "\0\0\0\0\0\0", 13
		{ FILE("\x40"), 32, 1 },	  { FILE("\x40"), 31, -CS_FORMAT },
		{ FILE("\x40"), 33, -CS_FORMAT }, { FILE("\x40"), 64, -CS_FORMAT },
		{ FILE("\xc0"), 64, 1 },	  { FILE("\xc0"), 32, -CS_FORMAT },
		{ FILE("\x80"), 32, 1 },	  { FILE("\0"), 32, -CS_FORMAT },
		{ FILE("\x41"), 32, -CS_FORMAT },
#undef FILE
	};
	struct bytes digests = { .len = 0 };

	memset(digests.data, 'd', sizeof(digests.data));
	for (size_t i = 0; i < CS_N(cases); i++) {
		digests.len = cases[i].len;
		assert_int_equal(cases[i].want, plain_read((const uint8_t *)cases[i].plain,
							   cases[i].plain_len, &digests));
	}
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void mutate(uint8_t *data, size_t *len, size_t cap, uint64_t *seed)
{
	for (uint64_t times = 1 + random_next(seed) % 4; times; times--) {
		size_t at = random_next(seed) % *len;

		switch (random_next(seed) % 5) {
		case 0:
			data[at] ^= (uint8_t)(1u << random_next(seed) % 8);
			break;
		case 1:
			data[at] = (uint8_t)random_next(seed);
			break;
		case 2:
			data[at] = 0xff;
			break;
		case 3:
			memmove(data + at, data + at + 1, *len - at - 1);
			*len -= *len > 1;
			break;
		default:
			if (*len < cap) {
				memmove(data + at + 1, data + at, *len - at);
				data[at] = (uint8_t)random_next(seed);
				*len += 1;
			}
		}
	}
}

static void mutations(void **state CS_UNUSED)
{
	struct entry_list list CS_AUTO(entry_list_release) =
		entry_list_make(entry_samples, CS_N(entry_samples));
	uint64_t seed = 88172645463325252u;
	unsigned good = 0, bad = 0;
	struct bytes plain, digests, b;

	list_unpack(&list, &plain, &digests);
	for (unsigned i = 0; i < 8000; i++) {
		int r;

		if (i % 4 == 0) {
			memcpy(b.data, list.data, list.len);
			b.len = list.len;
			mutate(b.data, &b.len, sizeof(b.data), &seed);
			r = list_read(b.data, b.len, &err);
			/* The checksum of the frame sees nearly all of these. */
			assert_true(r == -CS_FORMAT || r == -CS_UNSUPPORTED || r >= 0);
			continue;
		}
		memcpy(b.data, plain.data, plain.len);
		b.len = plain.len;
		mutate(b.data, &b.len, sizeof(b.data), &seed);
		r = plain_read(b.data, b.len, &digests);
		assert_true(r == -CS_FORMAT || r >= 0);
		good += r >= 0;
		bad += r < 0;
	}
	/* Both must occur, or the mutations test nothing. */
	assert_true(good > 100 && bad > 100);
}

/* A list may have been written under other bounds than those of its reader. */
static void reader_bounds(void **state CS_UNUSED)
{
	struct cs_entry v[] = { file_literal("path", 1, 0), file_literal("path5", 2, 1) };
	struct entry_list list CS_AUTO(entry_list_release) = entry_list_make(v, 2);
	struct cs_entry_reader *r = NULL;
	struct cs_limits limits;
	struct cs_entry e;

	cs_limits_init(&limits);
	limits.layer_entries = 1;
	assert_code(CS_FORMAT, cs_entry_reader_new(&limits, list.data, list.len, &r, &err));
	assert_null(r);
	limits.layer_entries = 2;
	limits.path_bytes = 4;
	assert_done(cs_entry_reader_new(&limits, list.data, list.len, &r, &err));
	assert_int_equal(0, cs_entry_reader_next(r, &e, &err));
	assert_code(CS_FORMAT, cs_entry_reader_next(r, &e, &err));
	cs_entry_reader_free(r);
}

static void failure_sticks(void **state CS_UNUSED)
{
	static const char two[] = "\x02\x0a" DIR("\0", "b", "\0") "\x0a" DIR("\0", "a", "\0");
	struct cs_entry_reader *r CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_entry e;
	struct bytes b;

	list_pack((const uint8_t *)two, sizeof(two) - 1, NULL, &b);
	assert_done(reader_new(b.data, b.len, &r, &err));
	assert_int_equal(0, cs_entry_reader_next(r, &e, &err));
	assert_code(CS_FORMAT, cs_entry_reader_next(r, &e, &err));
	assert_string_equal("entry list is damaged at entry 1 of 2: not in path order", err.msg);
	assert_code(CS_FORMAT, cs_entry_reader_next(r, &e, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_frames),  cmocka_unit_test(large_window_refused),
		cmocka_unit_test(damaged_entries), cmocka_unit_test(damaged_digests),
		cmocka_unit_test(mutations),	   cmocka_unit_test(reader_bounds),
		cmocka_unit_test(failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
