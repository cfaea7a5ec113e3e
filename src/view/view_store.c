/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

static const struct cs_column columns[] = {
	{ "url", "store", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "engine", "engine", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "schema_version", "schema", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL },
	{ "file_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "projects", "projects", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "runs", "runs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "steps", "steps", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layers", "layers", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "manifests", "entry lists", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "manifest_bytes", "of size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "oldest_at", "oldest build", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "newest_at", "newest build", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
};

int cs_view_store_info(struct cs_report *report, const struct cs_store_info *info,
		       struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(report, "store", NULL, columns, CS_N(columns));

	if (!t)
		return cs_report_check(report, err);
	cs_row_add(report, t);
	cs_row_text(report, t, "url", info->url);
	cs_row_text(report, t, "engine", info->engine);
	cs_row_int(report, t, "schema_version", info->schema_version);
	cs_row_int(report, t, "file_bytes", info->file_bytes);
	cs_row_int(report, t, "projects", info->projects);
	cs_row_int(report, t, "runs", info->runs);
	cs_row_int(report, t, "builds", info->builds);
	cs_row_int(report, t, "steps", info->steps);
	cs_row_int(report, t, "layers", info->layers);
	cs_row_int(report, t, "manifests", info->manifests);
	cs_row_int(report, t, "manifest_bytes", info->manifest_bytes);
	cs_row_int(report, t, "oldest_at", info->oldest_unix_ns);
	cs_row_int(report, t, "newest_at", info->newest_unix_ns);
	return cs_report_check(report, err);
}
