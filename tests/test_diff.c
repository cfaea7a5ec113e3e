/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdlib.h>

#include "image/diff.h"
#include "image/diff_order.h"
#include "support/entry_list.h"

static struct cs_err err;

/* What fn was told: "a:4 b:1 …", path and changes. */
static int tell(void *arg, const struct cs_entry *a, const struct cs_entry *b, unsigned changes,
		struct cs_err *e CS_UNUSED)
{
	assert_true((a && b) || changes == (a ? CS_CHANGE_REMOVED : CS_CHANGE_ADDED));
	if (a && b)
		assert_string_equal(a->path, b->path);
	assert_int_equal(0, cs_buf_printf(arg, "%s:%u ", a ? a->path : b->path, changes));
	return 0;
}

static void assert_diff(enum cs_diff_class want, const char *told, const struct cs_entry *a,
			size_t n_a, const struct cs_entry *b, size_t n_b)
{
	struct entry_list la CS_AUTO(entry_list_release) = entry_list_make(a, n_a);
	struct entry_list lb CS_AUTO(entry_list_release) = entry_list_make(b, n_b);
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	enum cs_diff_class got = CS_DIFF_ADDED, alone = CS_DIFF_ADDED;
	struct cs_limits limits;

	cs_limits_init(&limits);
	assert_done(
		cs_entries_diff(&limits, la.data, la.len, lb.data, lb.len, tell, &buf, &got, &err));
	assert_string_equal(told, buf.data ? buf.data : "");
	assert_int_equal(want, got);
	assert_done(cs_entries_diff(&limits, la.data, la.len, lb.data, lb.len, NULL, NULL, &alone,
				    &err));
	assert_int_equal(want, alone);
	/* Avoidable is what keeps its content digest: no class but these may. */
	if (cs_digest_equal(&la.content, &lb.content))
		assert_int_not_equal(CS_DIFF_CONTENT, got);
}

#define FIVE                                                                                       \
	{                                                                                          \
		file_literal("a", 1, 0), file_literal("b", 2, 1), file_literal("c", 3, 2),         \
			file_literal("d", 4, 3), file_literal("e", 5, 4)                           \
	}

/* Changes some fields of a copy of five files and says what is expected of the difference. */
#define CHANGED(class, told, ...)                                                                  \
	do {                                                                                       \
		struct cs_entry x[5] = FIVE, y[5] = FIVE;                                          \
		__VA_ARGS__;                                                                       \
		assert_diff(class, told, x, 5, y, 5);                                              \
		assert_diff(class, told, y, 5, x, 5);                                              \
	} while (0)

static void classes_of_changes(void **state CS_UNUSED)
{
	CHANGED(CS_DIFF_METADATA_ONLY, "", (void)0);
	CHANGED(CS_DIFF_TIME_ONLY, "b:64 ", y[1].mtime_s++);
	CHANGED(CS_DIFF_TIME_ONLY, "b:64 e:64 ", y[1].mtime_ns++, y[4].mtime_s--);
	CHANGED(CS_DIFF_METADATA_ONLY, "b:16 ", y[1].mode = 0600);
	CHANGED(CS_DIFF_METADATA_ONLY, "b:8 ", y[1].uid = 1);
	CHANGED(CS_DIFF_METADATA_ONLY, "b:8 ", y[1].gid = 1);
	CHANGED(CS_DIFF_METADATA_ONLY, "b:8 ", y[1].uname = "root");
	CHANGED(CS_DIFF_METADATA_ONLY, "b:8 ", x[1].gname = "x", y[1].gname = "y");
	CHANGED(CS_DIFF_METADATA_ONLY, "b:32 ", y[1].xattrs = digest_literal(1));
	CHANGED(CS_DIFF_METADATA_ONLY, "b:96 c:16 ", y[1].xattrs = digest_literal(1),
		y[1].mtime_s++, y[2].mode = 0);
	CHANGED(CS_DIFF_CONTENT, "b:4 ", y[1].content = digest_literal(9));
	CHANGED(CS_DIFF_CONTENT, "b:4 ", y[1].size++);
	CHANGED(CS_DIFF_CONTENT, "b:4 ", memset(&y[1].content, 0, sizeof(y[1].content)));
	CHANGED(CS_DIFF_CONTENT, "b:84 c:64 ", y[1].size++, y[1].mtime_s++, y[1].mode = 0,
		y[2].mtime_s++);
	CHANGED(CS_DIFF_CONTENT, "b:4 ", y[1].type = CS_ENTRY_FIFO);
	CHANGED(CS_DIFF_CONTENT, "b:4 ", x[1].type = y[1].type = CS_ENTRY_SYMLINK,
		x[1].target = "x", y[1].target = "y");
	CHANGED(CS_DIFF_CONTENT, "b:4 ", x[1].type = y[1].type = CS_ENTRY_CHAR, x[1].dev_minor = 1);
	CHANGED(CS_DIFF_CONTENT, "b:4 ", x[1].type = CS_ENTRY_CHAR, y[1].type = CS_ENTRY_BLOCK);
}

static void only_relative_order_counts(void **state CS_UNUSED)
{
	struct cs_entry a[5] = FIVE, b[5] = FIVE;

	CHANGED(CS_DIFF_ORDER_ONLY, "e:128 ", y[4].order = 0, y[0].order = 1, y[1].order = 2,
		y[2].order = 3, y[3].order = 4);
	CHANGED(CS_DIFF_ORDER_ONLY, "a:128 ", y[0].order = 9);
	CHANGED(CS_DIFF_ORDER_ONLY, "c:128 ", y[2].order = 9);
	CHANGED(CS_DIFF_METADATA_ONLY, "", y[4].order = 100, y[3].order = 50);
	CHANGED(CS_DIFF_TIME_ONLY, "a:192 ", y[0].order = 9, y[0].mtime_s++);
	CHANGED(CS_DIFF_METADATA_ONLY, "a:128 b:80 ", y[0].order = 9, y[1].mtime_s++,
		y[1].mode = 0);
	/* Both in another order than that of paths, but in the same. */
	CHANGED(CS_DIFF_METADATA_ONLY, "", x[0].order = 9, y[0].order = 8);
	/* One path for another shifts all places and moves none. */
	a[0].path = "0";
	b[0].path = "z";
	b[0].order = 9;
	assert_diff(CS_DIFF_CONTENT, "0:2 z:1 ", a, 5, b, 5);
}

static void added_and_removed(void **state CS_UNUSED)
{
	struct cs_entry v[5] = FIVE;

	assert_diff(CS_DIFF_CONTENT, "a:1 b:1 c:1 d:1 e:1 ", NULL, 0, v, 5);
	assert_diff(CS_DIFF_CONTENT, "a:2 b:2 c:2 d:2 e:2 ", v, 5, NULL, 0);
	assert_diff(CS_DIFF_CONTENT, "a:2 b:2 e:1 ", v, 4, v + 2, 3);
	assert_diff(CS_DIFF_METADATA_ONLY, "", NULL, 0, NULL, 0);
}

/* A folder's content stands before its neighbours' in the lists; the merge must agree. */
static void folders_merge_in_path_order(void **state CS_UNUSED)
{
	struct cs_entry a[] = { file_literal("a", 1, 0), file_literal("a-b", 1, 1),
				file_literal("a/b", 1, 2) };
	struct cs_entry b[] = { file_literal("a", 1, 0), file_literal("a/b", 1, 1),
				file_literal("a/c", 1, 2) };

	assert_diff(CS_DIFF_CONTENT, "a/c:1 a-b:2 ", a, 3, b, 3);
}

static void one_path_several_times(void **state CS_UNUSED)
{
	struct cs_entry a[] = { file_literal("a", 1, 0), file_literal("b", 2, 1),
				file_literal("a", 3, 2) };
	struct cs_entry b[] = { file_literal("a", 1, 0), file_literal("b", 2, 1),
				file_literal("a", 4, 2), file_literal("a", 5, 3) };

	assert_diff(CS_DIFF_CONTENT, "a:4 a:1 ", a, 3, b, 4);
	assert_diff(CS_DIFF_METADATA_ONLY, "", a, 3, a, 3);
	assert_diff(CS_DIFF_CONTENT, "a:2 ", a, 3, b, 2);
}

static int stop(void *arg CS_UNUSED, const struct cs_entry *a CS_UNUSED,
		const struct cs_entry *b CS_UNUSED, unsigned changes CS_UNUSED, struct cs_err *e)
{
	return cs_err_set(e, CS_CANCELED, "enough");
}

static void failures(void **state CS_UNUSED)
{
	struct cs_entry v[5] = FIVE;
	struct entry_list a CS_AUTO(entry_list_release) = entry_list_make(v, 5);
	struct entry_list b CS_AUTO(entry_list_release) = entry_list_make(v, 2);
	enum cs_diff_class class = CS_DIFF_ADDED;
	struct cs_limits limits;

	cs_limits_init(&limits);
	assert_code(CS_CANCELED, cs_entries_diff(&limits, a.data, a.len, b.data, b.len, stop, NULL,
						 &class, &err));
	assert_code(CS_FORMAT, cs_entries_diff(&limits, a.data, a.len - 1, b.data, b.len, NULL,
					       NULL, &class, &err));
	assert_non_null(strstr(err.msg, "first layer: entry list is damaged"));
	assert_code(CS_FORMAT, cs_entries_diff(&limits, a.data, a.len, b.data, b.len - 1, NULL,
					       NULL, &class, &err));
	assert_non_null(strstr(err.msg, "second layer: entry list is damaged"));
	((char *)b.data)[0] = 9;
	assert_code(CS_UNSUPPORTED, cs_entries_diff(&limits, a.data, a.len, b.data, b.len, NULL,
						    NULL, &class, &err));
	assert_int_equal(CS_DIFF_ADDED, class);
}

/* --- order --- */

static void assert_moved(const char *want, const struct cs_order_pair *pairs, size_t n)
{
	bool *moved = NULL;

	assert_done(cs_order_moved(pairs, n, &moved, &err));
	if (!want[0])
		assert_null(moved);
	for (size_t i = 0; i < n && want[0]; i++)
		assert_int_equal(want[i] == 'x', moved[i]);
	free(moved);
}

static void fewest_moves(void **state CS_UNUSED)
{
	static const struct cs_order_pair same[] = { { 5, 7 }, { 1, 2 }, { 9, 30 } };
	static const struct cs_order_pair end[] = { { 0, 4 }, { 1, 0 }, { 2, 1 }, { 3, 2 } };
	static const struct cs_order_pair swap[] = { { 0, 0 }, { 1, 2 }, { 2, 1 }, { 3, 3 } };
	static const struct cs_order_pair two[] = { { 7, 0 }, { 1, 5 }, { 2, 6 },
						    { 3, 1 }, { 4, 7 }, { 5, 8 } };

	assert_moved("", NULL, 0);
	assert_moved("", same, 1);
	assert_moved("", same, 3);
	assert_moved("x...", end, 4);
	assert_moved("x..x..", two, 6);
	/* Either of two will do, but only one. */
	assert_moved(".x..", swap, 4);
}

/* Against the definition: what stays is increasing, and no longer run exists. */
static void moves_match_brute_force(void **state CS_UNUSED)
{
	uint32_t seed = 1;

	for (unsigned round = 0; round < 300; round++) {
		struct cs_order_pair pairs[9];
		size_t n = 2 + round % 8, best = 0, kept = 0;
		bool *moved = NULL;

		for (size_t i = 0; i < n; i++)
			pairs[i] = (struct cs_order_pair){ (uint32_t)i, (uint32_t)i };
		for (size_t i = n; i > 1; i--) {
			size_t k = (seed = seed * 1103515245 + 12345) >> 16, t;

			t = pairs[i - 1].b;
			pairs[i - 1].b = pairs[k % i].b;
			pairs[k % i].b = (uint32_t)t;
		}
		for (unsigned set = 1; set < 1u << n; set++) {
			int64_t last = -1;
			size_t size = 0;

			for (size_t i = 0; i < n && last < INT64_MAX; i++)
				if (set & 1u << i) {
					last = pairs[i].b > last ? pairs[i].b : INT64_MAX;
					size++;
				}
			if (last < INT64_MAX && size > best)
				best = size;
		}
		assert_done(cs_order_moved(pairs, n, &moved, &err));
		for (size_t i = 0; i < n; i++)
			kept += !moved || !moved[i];
		assert_int_equal(best, kept);
		free(moved);
	}
}

/* --- pairs of layers --- */

/* A layer for each letter: upper case has history; diff-id by letter unless ids says otherwise. */
static void layers_make(struct cs_layer *v, const char *letters, const char *ids)
{
	static const char *const text[26] = { "RUN  a\t b ", " RUN a b", "COPY x y", "RUN true" };

	for (size_t i = 0; letters[i]; i++) {
		char c = letters[i];

		memset(&v[i], 0, sizeof(v[i]));
		v[i].diff_id = digest_literal((uint8_t)(ids ? ids[i] : c));
		v[i].has_history = c >= 'A' && c <= 'Z';
		if (v[i].has_history && text[c - 'A'])
			v[i].created_by = text[c - 'A'];
	}
}

static void pairs_format(const struct cs_layer_pair *v, size_t n, struct cs_buf *buf)
{
	cs_buf_reset(buf);
	for (size_t i = 0; i < n; i++) {
		if (v[i].a >= 0)
			cs_buf_printf(buf, "%d", v[i].a);
		cs_buf_putc(buf, '-');
		if (v[i].b >= 0)
			cs_buf_printf(buf, "%d", v[i].b);
		cs_buf_putc(buf, ' ');
	}
}

static void assert_pairs(const char *want, const char *a, const char *ids_a, const char *b,
			 const char *ids_b, unsigned base_a, unsigned base_b)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer va[16], vb[16];
	struct cs_layer_pair *pairs = NULL;
	size_t n = 0;

	layers_make(va, a, ids_a);
	layers_make(vb, b, ids_b);
	for (unsigned i = 0; i < base_a; i++)
		va[i].state = CS_LAYER_BASE;
	for (unsigned i = 0; i < base_b; i++)
		vb[i].state = CS_LAYER_BASE;
	assert_done(cs_layers_pair(va, strlen(a), vb, strlen(b), &pairs, &n, &err));
	pairs_format(pairs, n, &buf);
	free(pairs);
	assert_string_equal(want, buf.data ? buf.data : "");
}

static void layers_are_paired(void **state CS_UNUSED)
{
	assert_pairs("", "", NULL, "", NULL, 0, 0);
	assert_pairs("-0 ", "", NULL, "A", NULL, 0, 0);
	assert_pairs("0- ", "A", NULL, "", NULL, 0, 0);
	/* A and B are the same instruction once folded, their diff-ids differ. */
	assert_pairs("0-0 ", "A", NULL, "B", NULL, 0, 0);
	assert_pairs("0-0 1-1 2-2 ", "ACD", NULL, "BCD", NULL, 0, 0);
	assert_pairs("0-0 1- 2-1 ", "ACD", NULL, "AD", NULL, 0, 0);
	assert_pairs("0-0 -1 1-2 ", "AD", NULL, "ACD", NULL, 0, 0);
	assert_pairs("0- 1-0 -1 ", "AC", NULL, "CA", NULL, 0, 0);
	/* Several longest: that with equal diff-ids. */
	assert_pairs("-0 0-1 ", "D", "1", "DD", "21", 0, 0);
	assert_pairs("0-0 -1 ", "D", "1", "DD", "12", 0, 0);
	assert_pairs("0- 1-0 ", "DD", "12", "D", "2", 0, 0);
	/* A longer one wins over equal diff-ids. */
	assert_pairs("0-0 1-1 ", "DD", "12", "DD", "21", 0, 0);
	/* Without history the diff-id decides; an instruction alone does not. */
	assert_pairs("0-0 1- -1 ", "ab", NULL, "ac", NULL, 0, 0);
	assert_pairs("0-0 ", "a", "1", "D", "1", 0, 0);
	assert_pairs("0- -0 ", "a", "1", "D", "2", 0, 0);
	/* History without a text (docker import). */
	assert_pairs("0- -0 ", "Z", "1", "Z", "2", 0, 0);
	/* Base layers by place, if both have some. */
	assert_pairs("0-0 1- 2-1 ", "abC", NULL, "cC", NULL, 2, 1);
	assert_pairs("0-0 -1 1-2 ", "aC", NULL, "bcC", NULL, 1, 2);
	assert_pairs("0- 1-0 2-1 ", "abC", NULL, "bC", NULL, 2, 0);
}

/* Past the table's bound: both ends, then by place. */
static void many_layers_are_paired(void **state CS_UNUSED)
{
	enum { N = 2100 };
	struct cs_layer *a = calloc(N, sizeof(*a)), *b = calloc(N, sizeof(*b));
	struct cs_layer_pair *pairs = NULL;
	size_t n = 0, paired = 0;

	for (uint32_t i = 0; i < N; i++) {
		a[i].diff_id = digest_literal(1);
		memcpy(a[i].diff_id.bytes, &i, sizeof(i));
		b[i].diff_id = a[i].diff_id;
	}
	/* b: one layer new at 1000, one of a's gone at 1500. */
	memmove(&b[1001], &b[1000], 500 * sizeof(*b));
	memset(b[1000].diff_id.bytes, 0xee, 32);
	assert_done(cs_layers_pair(a, N, b, N, &pairs, &n, &err));
	for (size_t i = 0; i < n; i++) {
		assert_true(i < 1000 ? pairs[i].a == (int)i && pairs[i].b == (int)i : true);
		paired += pairs[i].a >= 0 && pairs[i].b >= 0;
	}
	assert_int_equal(N - 501, paired);
	assert_int_equal(N + 501, n);
	assert_int_equal(N - 1, pairs[n - 1].a);
	assert_int_equal(N - 1, pairs[n - 1].b);
	free(pairs);
	/* Just below it, the longest is found. */
	assert_done(cs_layers_pair(a + 500, 1600, b + 500, 1600, &pairs, &n, &err));
	assert_int_equal(1601, n);
	free(pairs);
	free(a);
	free(b);
}

static void names(void **state CS_UNUSED)
{
	static const char *const want[] = { "identical",     "recompressed", "time_only",
					    "metadata_only", "order_only",   "content",
					    "added",	     "removed" };

	for (size_t i = 0; i < CS_N(want); i++)
		assert_string_equal(want[i], cs_diff_class_name((enum cs_diff_class)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_of_changes),
		cmocka_unit_test(only_relative_order_counts),
		cmocka_unit_test(added_and_removed),
		cmocka_unit_test(folders_merge_in_path_order),
		cmocka_unit_test(one_path_several_times),
		cmocka_unit_test(failures),
		cmocka_unit_test(fewest_moves),
		cmocka_unit_test(moves_match_brute_force),
		cmocka_unit_test(layers_are_paired),
		cmocka_unit_test(many_layers_are_paired),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
