/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classic docker builder (formats.md 2.3). One step after the other, never mixed: what stands
 * between two "Step i/n" lines belongs to the first. A step is over when its image id was printed.
 */
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"
#include "build/stages.h"

struct classic {
	struct cs_lines *lines;
	struct cs_sink *sink;
	struct cs_doc *doc;
	struct cs_raw_list steps;
	struct cs_stages stages;
	size_t stage;
	bool built, failed;
	int64_t n_cut;
};

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "Step 3/9 : RUN x": the instruction and its number, or NULL. */
static const char *parse_step(const char *line, unsigned *ret_number)
{
	const char *p = line + 5;
	size_t n, m;

	if (!starts(line, "Step "))
		return NULL;
	n = strspn(p, "0123456789");
	if (!n || n > 8 || p[n] != '/')
		return NULL;
	m = strspn(p + n + 1, "0123456789");
	if (!m || strncmp(p + n + 1 + m, " : ", 3) != 0)
		return NULL;
	*ret_number = (unsigned)strtoul(p, NULL, 10);
	return p + n + m + 4;
}

int cs_classic_probe_line(const char *line)
{
	unsigned number;

	return parse_step(line, &number) ? 85 : 0;
}

static struct cs_raw_step *last(struct classic *c)
{
	return c->steps.n ? &c->steps.v[c->steps.n - 1] : NULL;
}

static int end_build(struct classic *c, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = c->doc;
	struct cs_raw_step *step = last(c);
	int r;

	if (!doc)
		return 0;
	c->doc = NULL;
	if (step && !step->completed && !step->cached) {
		if (c->failed)
			step->error = doc->build.recipe.error ? doc->build.recipe.error : "failed";
		else
			step->silent = true; /* the log ends here */
	}
	for (size_t i = 0; i < c->steps.n; i++)
		c->steps.v[i].silent = c->steps.v[i].silent || cs_is_from(c->steps.v[i].name);
	if (c->failed)
		doc->build.status = CS_STATUS_FAILED;
	else if (c->built)
		doc->build.status = CS_STATUS_COMPLETED;
	doc->n_unread = c->lines->n_cut - c->n_cut;
	r = cs_stages_name(&c->stages, doc->arena, &c->steps, err);
	if (r == 0)
		r = cs_doc_set_steps(doc, c->steps.v, c->steps.n, err);
	return r < 0 ? r : cs_sink_give(c->sink, cs_steal(doc), err);
}

static int begin_build(struct classic *c, struct cs_err *err)
{
	int r = end_build(c, err);

	if (r < 0)
		return r;
	c->steps.n = 0;
	cs_stages_reset(&c->stages);
	c->stage = 1;
	c->built = c->failed = false;
	c->n_cut = c->lines->n_cut;
	c->doc = cs_doc_new(CS_DOC_CLASSIC, CS_SOURCE_CLASSIC);
	return c->doc ? 0 : cs_err_nomem(err);
}

static int read_step(struct classic *c, const struct cs_line *line, const char *text,
		     unsigned number, struct cs_err *err)
{
	struct cs_raw_step *step;
	int r = 0;

	if (!c->doc || number == 1)
		r = begin_build(c, err);
	if (r == 0)
		r = cs_doc_note_line(c->doc, line, err);
	if (r < 0)
		return r;
	if (last(c) && cs_is_from(text))
		c->stage++;
	r = cs_raw_list_add(&c->steps, &c->lines->ctx->limits, &step, err);
	if (r < 0)
		return r;
	step->started = step->bare = true;
	step->name = cs_arena_strdup(c->doc->arena, text);
	if (!step->name)
		return cs_err_nomem(err);
	return cs_stages_add(&c->stages, c->stage, err);
}

/* " ---> 35a4d04807bc" */
static bool is_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n >= 12 && !text[n];
}

static bool is_failure(const char *text)
{
	static const char *const prefixes[] = {
		"COPY failed: ",      "ADD failed: ", "failed to ", "Error response from daemon: ",
		"pull access denied", "manifest for "
	};

	if (starts(text, "The command '") && strstr(text, "' returned a non-zero code: "))
		return true;
	for (size_t i = 0; i < CS_N(prefixes); i++) {
		if (starts(text, prefixes[i]))
			return true;
	}
	return false;
}

static int read_line(struct classic *c, const struct cs_line *line, struct cs_err *err)
{
	struct cs_raw_step *step = last(c);
	const char *text = line->text;
	unsigned number;
	int r;

	if (parse_step(text, &number))
		return read_step(c, line, parse_step(text, &number), number, err);
	if (!c->doc || !step)
		return 0;
	if (starts(text, " ---> ")) {
		if (strcmp(text + 6, "Using cache") == 0)
			step->cached = true;
		else if (is_id(text + 6))
			step->completed = true;
		return cs_doc_note_line(c->doc, line, err);
	}
	if (starts(text, "Successfully built ")) {
		c->built = true;
		return cs_doc_note_line(c->doc, line, err);
	}
	if (c->built && starts(text, "Successfully tagged "))
		return cs_keep(c->doc->arena, text + strlen("Successfully tagged "),
			       &c->doc->build.image_ref, err);
	if (c->built || c->failed || step->completed || step->cached || !is_failure(text))
		return 0;
	c->failed = true;
	r = cs_doc_note_line(c->doc, line, err);
	return r < 0 ? r : cs_keep(c->doc->arena, text, &c->doc->build.recipe.error, err);
}

int cs_classic_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	struct classic c = { .lines = lines, .sink = sink };
	size_t given = sink->n_given;
	const struct cs_line *line;
	int r;

	while ((r = cs_lines_next(lines, &line, err)) == 0) {
		r = read_line(&c, line, err);
		if (r < 0)
			break;
	}
	if (r > 0)
		r = end_build(&c, err);
	cs_doc_free(c.doc);
	cs_raw_list_release(&c.steps);
	cs_stages_release(&c.stages);
	if (r < 0)
		return r;
	return sink->n_given > given ? 0 : 1;
}
