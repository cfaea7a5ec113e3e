/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/report.h"

#include <stdlib.h>

#include "util/time.h"

static struct cs_err err;

#define S	 CS_NS_PER_S
#define DIGEST_A "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST_B "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct cs_column image_columns[] = {
	{ "source", "source", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "config_digest", "config", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "layer_hit_ratio", "hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
};

static const struct cs_column layer_columns[] = {
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "state", "verdict", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "tar_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "duration_seconds", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "files", "files", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "pulled", "pulled", CS_TYPE_BOOL, CS_ROLE_NOTE, 0, NULL },
	{ "inputs", "inputs", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
	{ "diff_id", "diff-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "why", "note", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL }, /* never known */
	{ "media_type", NULL, CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
};

static const struct cs_column group_columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, NULL },
	{ "step_hit_ratio", "step hits", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "net_saved_seconds", "net saved", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "passed", "passed", CS_TYPE_BOOL, CS_ROLE_GAUGE, CS_COL_STATE, NULL },
};

static const struct {
	const char *state, *instruction, *diff_id;
	int64_t bytes, ns, files;
	size_t n_inputs;
} layers[] = {
	{ "base", "/bin/sh -c #(nop) ADD file:4b in / ", DIGEST_A, 77824000, -1, 3412, 0 },
	{ "hit", "COPY requirements.txt /app/", DIGEST_B, 1536, 20 * S / 1000, 1, 2 },
	{ "run",
	  "RUN pip install --no-cache-dir -r requirements.txt && rm -rf /root/.cache # caf\xc3\xa9 "
	  "\xe6\xbc\xa2\xe5\xad\x97",
	  NULL, 181200000, 83 * S, 10234, 1 },
	{ "failed", "RUN make \xe2\x80\xae\x1b[31m", NULL, -1, 1250 * S / 1000, -1, 0 },
	{ "unknown", NULL, NULL, 0, 0, 0, 0 },
};

static void add_layers(struct cs_report *r)
{
	static const char *const inputs[] = { "requirements.txt", "src/a,b.py" };
	struct cs_table *t =
		cs_report_add_table(r, "layers", "Layers", layer_columns, CS_N(layer_columns));

	for (size_t i = 0; i < CS_N(layers); i++) {
		cs_row_add(r, t);
		cs_row_int(r, t, "index", (int64_t)i);
		cs_row_text(r, t, "state", layers[i].state);
		cs_row_int(r, t, "tar_bytes", layers[i].bytes);
		cs_row_int(r, t, "duration_seconds", layers[i].ns);
		cs_row_text(r, t, "instruction", layers[i].instruction);
		cs_row_int(r, t, "files", layers[i].files);
		if (i < 3)
			cs_row_bool(r, t, "pulled", i == 1);
		if (i < 4)
			cs_row_list(r, t, "inputs", inputs, layers[i].n_inputs);
		cs_row_text(r, t, "diff_id", layers[i].diff_id);
		cs_row_int(r, t, "created_at", i == 0 ? 0 : CS_TIME_NONE);
		cs_row_text(r, t, "media_type", "application/vnd.oci.image.layer.v1.tar+gzip");
	}
}

static void add_groups(struct cs_report *r)
{
	struct cs_table *t =
		cs_report_add_table(r, "groups", "By scope", group_columns, CS_N(group_columns));

	cs_row_add(r, t);
	cs_row_text(r, t, "scope", "production");
	cs_row_int(r, t, "builds", 12345);
	cs_row_quotient(r, t, "step_hit_ratio", 9999, 10000);
	cs_row_int(r, t, "net_saved_seconds", 7530 * S);
	cs_row_bool(r, t, "passed", true);
	cs_row_add(r, t);
	cs_row_text(r, t, "scope", "test");
	cs_row_int(r, t, "builds", 3);
	cs_row_quotient(r, t, "step_hit_ratio", 2, 3);
	cs_row_int(r, t, "net_saved_seconds", -83 * S);
	cs_row_bool(r, t, "passed", false);
	cs_row_add(r, t);
	cs_row_text(r, t, "scope", "");
	cs_row_int(r, t, "builds", 0);
	cs_row_quotient(r, t, "step_hit_ratio", 0, 0);
}

struct cs_report *test_report(void)
{
	struct cs_report *r = NULL;
	struct cs_table *t;

	assert_done(cs_report_new("analyze", 1764000000 * S + 250000000, &r, &err));
	cs_report_note(r, true, "%s: %d of %d own layers hit (n = 2)", "test", 1, 2);
	t = cs_report_add_table(r, "images", "Images", image_columns, CS_N(image_columns));
	t->machine_only = true;
	cs_row_add(r, t);
	cs_row_text(r, t, "source", "app.tar");
	cs_row_text(r, t, "config_digest", DIGEST_A);
	cs_row_int(r, t, "created_at", 1763999999 * S);
	cs_row_quotient(r, t, "layer_hit_ratio", 1, 2);
	add_layers(r);
	add_groups(r);
	cs_report_add_table(r, "duplicates", "Duplicates", image_columns, CS_N(image_columns));
	cs_report_note(r, false, "builder's own figure: 2/5");
	cs_report_note(r, false, "- 1 layer could not be judged");
	assert_done(cs_report_check(r, &err));
	return r;
}

int test_render(const char *format, const struct cs_report *r,
		const struct cs_render_options *options, char **ret, struct cs_err *e)
{
	const struct cs_renderer *renderer = cs_renderer_find(format);
	size_t len;
	FILE *f;
	int n;

	*ret = NULL;
	f = open_memstream(ret, &len);
	assert_non_null(f);
	assert_non_null(renderer);
	n = renderer->render(r, options, f, e);
	fclose(f);
	return n;
}

char *test_rendered(const char *format, const struct cs_report *r,
		    const struct cs_render_options *options)
{
	char *out;

	assert_done(test_render(format, r, options, &out, &err));
	return out;
}

const char *test_source_path(const char *name, char path[512])
{
	const char *dir = getenv("srcdir");

	snprintf(path, 512, "%s/tests/%s", dir ? dir : ".", name);
	return path;
}

void test_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fail_msg("cannot write %s", path);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(0, fclose(f));
}

char *test_next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	*rest = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}
