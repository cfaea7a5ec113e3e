/* SPDX-License-Identifier: Apache-2.0 */
/* A new output format is one file and one row here. */
#include "report/render.h"

#include <string.h>

const struct cs_renderer cs_renderers[] = {
	{ .name = "table", .render = cs_render_table },
	{ .name = "json", .render = cs_render_json },
	{ .name = "jsonl", .render = cs_render_jsonl },
	{ .name = "csv", .render = cs_render_csv },
	{ .name = "markdown", .render = cs_render_markdown },
	{ .name = "html", .render = cs_render_html },
	{ .name = "openmetrics", .render = cs_render_openmetrics },
};

const size_t cs_renderers_n = CS_N(cs_renderers);

const struct cs_renderer *cs_renderer_find(const char *name)
{
	for (size_t i = 0; i < cs_renderers_n; i++) {
		if (strcmp(cs_renderers[i].name, name) == 0)
			return &cs_renderers[i];
	}
	return NULL;
}
