/* SPDX-License-Identifier: Apache-2.0 */
/* How two layers differ (M11), from their digests and entry lists. */
#ifndef CS_IMAGE_DIFF_H
#define CS_IMAGE_DIFF_H

#include "image/entries.h"
#include "model/image.h"

enum cs_diff_class {
	CS_DIFF_IDENTICAL,     /* same blob */
	CS_DIFF_RECOMPRESSED,  /* same diff-id */
	CS_DIFF_TIME_ONLY,     /* and order, maybe */
	CS_DIFF_METADATA_ONLY, /* owner, mode, xattr (and times, order); PAX: see below */
	CS_DIFF_ORDER_ONLY,
	CS_DIFF_CONTENT,
	CS_DIFF_ADDED,	 /* the layer stands only in b */
	CS_DIFF_REMOVED, /* only in a */
};
const char *cs_diff_class_name(enum cs_diff_class c);

enum cs_entry_change {
	CS_CHANGE_ADDED = 1,
	CS_CHANGE_REMOVED = 2,
	CS_CHANGE_CONTENT = 4, /* type, bytes, link target, device */
	CS_CHANGE_OWNER = 8,   /* numbers or names */
	CS_CHANGE_MODE = 16,
	CS_CHANGE_XATTR = 32,
	CS_CHANGE_TIME = 64,
	CS_CHANGE_ORDER = 128, /* moved against the other entries that both have */
};

/*
 * One entry that differs; a or b is NULL for added and removed. changes: enum cs_entry_change.
 * Borrowed for the call. Negative stops the walk with that code.
 */
typedef int cs_entry_diff_fn(void *arg, const struct cs_entry *a, const struct cs_entry *b,
			     unsigned changes, struct cs_err *err);

/*
 * fn (may be NULL: the class alone is wanted) is called in path order; several entries of one path
 * are paired first to first. *ret_class is one of TIME_ONLY … CONTENT, for two layers whose
 * diff-ids are known to differ: if every entry is equal, then the tars differ in framing (PAX
 * records, padding, what stands behind the end), which is METADATA_ONLY. Memory: 8 bytes for each
 * shared entry (29 if a tar is not in path order). CS_FORMAT and CS_UNSUPPORTED as
 * cs_entry_reader_next().
 */
int cs_entries_diff(const struct cs_limits *limits, const void *a, size_t a_bytes, const void *b,
		    size_t b_bytes, cs_entry_diff_fn *fn, void *arg, enum cs_diff_class *ret_class,
		    struct cs_err *err);

/*
 * Pairs the layers of two images: the longest common subsequence by instruction (created_by with
 * white space folded; by diff-id where there is no history), and among the longest the one with
 * the most equal diff-ids. Base layers (state) go by place if both images have some. Images of more
 * than 4 million combinations of own layers: equal instructions at both ends, and between them by
 * place. ret_pairs holds at most n_a + n_b pairs in the order of both images, each index -1 where
 * the layer has no partner; the caller frees it.
 */
struct cs_layer_pair {
	int a, b;
};
int cs_layers_pair(const struct cs_layer *a, size_t n_a, const struct cs_layer *b, size_t n_b,
		   struct cs_layer_pair **ret_pairs, size_t *ret_n, struct cs_err *err);

#endif
