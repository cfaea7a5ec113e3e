/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

enum { LAYERS, ENTRIES };

static const struct cs_column layer_columns[] = {
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "class", "difference", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "a_blob_bytes", "A", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "b_blob_bytes", "B", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "changed_entries", "entries", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "avoidable_bytes", "avoidable", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "a_blob_digest", "blob A", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "b_blob_digest", "blob B", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "a_diff_id", "diff-id A", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "b_diff_id", "diff-id B", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
};

static const struct cs_column entry_columns[] = {
	{ "layer", "layer", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "path", "path", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "changes", "what changed", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
	{ "a_bytes", "A", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "b_bytes", "B", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
};

int cs_view_diff_begin(struct cs_report *report, struct cs_err *err)
{
	cs_report_add_table(report, "layers", NULL, layer_columns, CS_N(layer_columns));
	cs_report_add_table(report, "entries", "Entries that differ", entry_columns,
			    CS_N(entry_columns));
	return cs_report_check(report, err);
}

static void add_side(struct cs_report *report, struct cs_table *t, const struct cs_layer *l,
		     const char *const keys[3])
{
	char text[CS_DIGEST_TEXT];

	if (!l)
		return;
	cs_row_int(report, t, keys[0], l->blob_bytes);
	if (cs_digest_known(&l->blob_digest))
		cs_row_text(report, t, keys[1], cs_digest_format(&l->blob_digest, text));
	cs_row_text(report, t, keys[2], cs_digest_format(&l->diff_id, text));
}

int cs_view_diff_layer(struct cs_report *report, const struct cs_diff_row *row, struct cs_err *err)
{
	static const char *const a_keys[] = { "a_blob_bytes", "a_blob_digest", "a_diff_id" };
	static const char *const b_keys[] = { "b_blob_bytes", "b_blob_digest", "b_diff_id" };
	struct cs_table *t = cs_report_table(report, LAYERS);

	cs_row_add(report, t);
	cs_row_int(report, t, "index", (int64_t)row->index);
	cs_row_text(report, t, "instruction", row->instruction);
	cs_row_text(report, t, "class", cs_diff_class_name(row->class));
	add_side(report, t, row->a, a_keys);
	add_side(report, t, row->b, b_keys);
	cs_row_int(report, t, "changed_entries", row->changed_entries);
	cs_row_int(report, t, "avoidable_bytes", row->avoidable_bytes);
	return cs_report_check(report, err);
}

int cs_view_diff_entry(struct cs_report *report, size_t layer, const struct cs_entry *a,
		       const struct cs_entry *b, unsigned changes, struct cs_err *err)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ CS_CHANGE_ADDED, "added" },	  { CS_CHANGE_REMOVED, "removed" },
		{ CS_CHANGE_CONTENT, "content" }, { CS_CHANGE_OWNER, "owner" },
		{ CS_CHANGE_MODE, "mode" },	  { CS_CHANGE_XATTR, "xattr" },
		{ CS_CHANGE_TIME, "time" },	  { CS_CHANGE_ORDER, "order" },
	};
	struct cs_table *t = cs_report_table(report, ENTRIES);
	const char *list[CS_N(names)];
	size_t n = 0;

	for (size_t i = 0; i < CS_N(names); i++) {
		if (changes & names[i].bit)
			list[n++] = names[i].name;
	}
	cs_row_add(report, t);
	cs_row_int(report, t, "layer", (int64_t)layer);
	cs_row_text(report, t, "path", b ? b->path : a->path);
	cs_row_list(report, t, "changes", list, n);
	cs_row_int(report, t, "a_bytes", a && a->type == CS_ENTRY_FILE ? a->size : -1);
	cs_row_int(report, t, "b_bytes", b && b->type == CS_ENTRY_FILE ? b->size : -1);
	return cs_report_check(report, err);
}
