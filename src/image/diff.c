/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A merge of two lists that are in the same order needs no table of paths: two readers, two
 * entries. Which entries moved is known only when all are seen, so a first pass finds class and
 * moves and a second one tells; decoding a list again costs less than keeping it. What was refused:
 * pairing removed and added files of equal content as renames, which is a guess that M11 has no use
 * for.
 */
#include "image/diff.h"

#include "image/diff_order.h"

#include <string.h>

const char *cs_diff_class_name(enum cs_diff_class c)
{
	static const char *const names[] = {
		[CS_DIFF_IDENTICAL] = "identical",   [CS_DIFF_RECOMPRESSED] = "recompressed",
		[CS_DIFF_TIME_ONLY] = "time_only",   [CS_DIFF_METADATA_ONLY] = "metadata_only",
		[CS_DIFF_ORDER_ONLY] = "order_only", [CS_DIFF_CONTENT] = "content",
		[CS_DIFF_ADDED] = "added",	     [CS_DIFF_REMOVED] = "removed",
	};

	return (size_t)c < CS_N(names) ? names[c] : "unknown";
}

struct side {
	const char *name;
	struct cs_entry_reader *reader;
	struct cs_entry entry;
	bool taken, ended;
};

struct join {
	struct side a, b;
};

static void join_release(struct join *j)
{
	cs_entry_reader_free(j->a.reader);
	cs_entry_reader_free(j->b.reader);
}

static int side_open(struct side *s, const char *name, const struct cs_limits *limits,
		     const void *data, size_t len, struct cs_err *err)
{
	s->name = name;
	s->taken = true;
	if (cs_entry_reader_new(limits, data, len, &s->reader, err) < 0)
		return cs_err_prefix(err, "%s layer", name);
	return 0;
}

/* Fetches the next entry if the last one was taken. */
static int side_advance(struct side *s, struct cs_err *err)
{
	int r;

	if (s->ended || !s->taken)
		return 0;
	r = cs_entry_reader_next(s->reader, &s->entry, err);
	if (r < 0)
		return cs_err_prefix(err, "%s layer", s->name);
	s->ended = r == 1;
	s->taken = false;
	return 0;
}

/* The next path: both entries, or one and NULL. 0, 1 at the end of both, negative. */
static int join_next(struct join *j, const struct cs_entry **ret_a, const struct cs_entry **ret_b,
		     struct cs_err *err)
{
	int c, r = side_advance(&j->a, err);

	if (r == 0)
		r = side_advance(&j->b, err);
	if (r < 0)
		return r;
	if (j->a.ended && j->b.ended)
		return 1;
	if (j->a.ended || j->b.ended)
		c = j->a.ended ? 1 : -1;
	else
		c = cs_entry_path_compare(j->a.entry.path, j->b.entry.path);
	j->a.taken = c <= 0;
	j->b.taken = c >= 0;
	*ret_a = c <= 0 ? &j->a.entry : NULL;
	*ret_b = c >= 0 ? &j->b.entry : NULL;
	return 0;
}

static bool text_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* All but the order, which one pair does not show. */
static unsigned entry_changes(const struct cs_entry *a, const struct cs_entry *b)
{
	unsigned changes = 0;

	if (!a || !b)
		return a ? CS_CHANGE_REMOVED : CS_CHANGE_ADDED;
	if (a->type != b->type || a->size != b->size || !text_equal(a->target, b->target) ||
	    a->dev_major != b->dev_major || a->dev_minor != b->dev_minor ||
	    cs_digest_compare(&a->content, &b->content) != 0)
		changes |= CS_CHANGE_CONTENT;
	if (a->uid != b->uid || a->gid != b->gid || !text_equal(a->uname, b->uname) ||
	    !text_equal(a->gname, b->gname))
		changes |= CS_CHANGE_OWNER;
	if (a->mode != b->mode)
		changes |= CS_CHANGE_MODE;
	if (cs_digest_compare(&a->xattrs, &b->xattrs) != 0)
		changes |= CS_CHANGE_XATTR;
	if (a->mtime_s != b->mtime_s || a->mtime_ns != b->mtime_ns)
		changes |= CS_CHANGE_TIME;
	return changes;
}

static enum cs_diff_class class_of(unsigned changes)
{
	if (changes & (CS_CHANGE_ADDED | CS_CHANGE_REMOVED | CS_CHANGE_CONTENT))
		return CS_DIFF_CONTENT;
	if (changes & (CS_CHANGE_OWNER | CS_CHANGE_MODE | CS_CHANGE_XATTR))
		return CS_DIFF_METADATA_ONLY;
	if (changes & CS_CHANGE_TIME)
		return CS_DIFF_TIME_ONLY;
	if (changes & CS_CHANGE_ORDER)
		return CS_DIFF_ORDER_ONLY;
	/* Equal entries in another tar: its framing differs. */
	return CS_DIFF_METADATA_ONLY;
}

/* What the first pass learns. */
struct survey {
	unsigned changes;
	bool *moved; /* by index of the pair; NULL if none */
};

static void survey_release(struct survey *s)
{
	free(s->moved);
}

static int survey_take(struct join *j, struct survey *s, struct cs_err *err)
{
	struct cs_buf places CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const struct cs_entry *a, *b;
	int r;

	while ((r = join_next(j, &a, &b, err)) == 0) {
		s->changes |= entry_changes(a, b);
		if (a && b) {
			struct cs_order_pair place = { a->order, b->order };

			if (cs_buf_add(&places, &place, sizeof(place)) < 0)
				return cs_err_nomem(err);
		}
	}
	if (r < 0)
		return r;
	r = cs_order_moved((const struct cs_order_pair *)(const void *)places.data,
			   places.len / sizeof(struct cs_order_pair), &s->moved, err);
	if (r == 0 && s->moved)
		s->changes |= CS_CHANGE_ORDER;
	return r;
}

static int survey_tell(struct join *j, const struct survey *s, cs_entry_diff_fn *fn, void *arg,
		       struct cs_err *err)
{
	const struct cs_entry *a, *b;
	size_t pair = 0;
	int r;

	while ((r = join_next(j, &a, &b, err)) == 0) {
		unsigned changes = entry_changes(a, b);

		if (a && b) {
			if (s->moved && s->moved[pair])
				changes |= CS_CHANGE_ORDER;
			pair++;
		}
		if (changes) {
			r = fn(arg, a, b, changes, err);
			if (r < 0)
				return r;
		}
	}
	return r < 0 ? r : 0;
}

int cs_entries_diff(const struct cs_limits *limits, const void *a, size_t a_bytes, const void *b,
		    size_t b_bytes, cs_entry_diff_fn *fn, void *arg, enum cs_diff_class *ret_class,
		    struct cs_err *err)
{
	struct survey survey CS_AUTO(survey_release) = { 0, NULL };
	int r = 0;

	for (int pass = 0; pass < (fn ? 2 : 1) && r == 0; pass++) {
		struct join j CS_AUTO(join_release) = { 0 };

		r = side_open(&j.a, "first", limits, a, a_bytes, err);
		if (r == 0)
			r = side_open(&j.b, "second", limits, b, b_bytes, err);
		if (r == 0)
			r = pass == 0 ? survey_take(&j, &survey, err)
				      : survey_tell(&j, &survey, fn, arg, err);
	}
	if (r < 0)
		return r;
	*ret_class = class_of(survey.changes);
	return 0;
}
