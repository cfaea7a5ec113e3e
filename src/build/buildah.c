/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buildah build and podman build (formats.md 2.4). A hit says "--> Using cache" on the next line;
 * a step that ran says only its id, the last one nothing at all. With --jobs the stages' lines are
 * mixed and the "-->" lines do not say whose they are: then no step's state is told rather than a
 * wrong one.
 */
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"
#include "build/stages.h"

struct buildah {
	struct cs_lines *lines;
	struct cs_sink *sink;
	struct cs_doc *doc;
	struct cs_raw_list steps;
	struct cs_stages stages;
	size_t stage;	   /* number of the current step's stage, 1 for a single one */
	size_t last_stage; /* highest seen */
	bool mixed, committed, failed;
	int64_t n_cut;
};

struct head {
	size_t stage, step, n_steps;
	const char *text;
};

static size_t number(const char **p)
{
	size_t n = strspn(*p, "0123456789"), v = 0;

	if (!n || n > 8)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (size_t)((*p)[i] - '0');
	*p += n;
	return v;
}

/* "[1/3] " */
static bool skip_stage(const char **p, size_t *ret_stage)
{
	const char *q = *p + 1;

	*ret_stage = 1;
	if ((*p)[0] != '[')
		return true;
	*ret_stage = number(&q);
	if (!*ret_stage || *q++ != '/' || !number(&q) || q[0] != ']' || q[1] != ' ')
		return false;
	*p = q + 2;
	return true;
}

/* "[1/3] STEP 2/4: COPY a b"; older ones leave out the "/4". */
static bool parse_head(const char *line, struct head *ret)
{
	if (!skip_stage(&line, &ret->stage) || strncmp(line, "STEP ", 5) != 0)
		return false;
	line += 5;
	ret->step = number(&line);
	ret->n_steps = 0;
	if (ret->step && *line == '/') {
		line++;
		ret->n_steps = number(&line);
	}
	if (!ret->step || line[0] != ':' || line[1] != ' ')
		return false;
	ret->text = line + 2;
	return true;
}

int cs_buildah_probe_line(const char *line)
{
	struct head head;

	return parse_head(line, &head) ? 85 : 0;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static struct cs_raw_step *last(struct buildah *b)
{
	return b->steps.n ? &b->steps.v[b->steps.n - 1] : NULL;
}

/* --- builds within a log --- */

static enum cs_build_status status_of(const struct buildah *b)
{
	if (b->failed)
		return CS_STATUS_FAILED;
	return b->committed ? CS_STATUS_COMPLETED : CS_STATUS_UNKNOWN;
}

static int end_build(struct buildah *b, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = b->doc;
	struct cs_raw_step *step = last(b);
	int r;

	if (!doc)
		return 0;
	b->doc = NULL;
	if (step && b->failed && !step->completed) {
		if (!step->error)
			step->error = doc->build.recipe.error ? doc->build.recipe.error : "failed";
	} else if (step && !b->committed && !step->completed) {
		step->silent = true;
	}
	for (size_t i = 0; i < b->steps.n; i++) {
		step = &b->steps.v[i];
		step->silent = step->silent || b->mixed || cs_is_from(step->name);
		if (!step->error)
			step->completed = true;
	}
	doc->build.status = status_of(b);
	doc->n_unread = b->lines->n_cut - b->n_cut;
	r = cs_stages_name(&b->stages, doc->arena, &b->steps, err);
	if (r == 0)
		r = cs_doc_set_steps(doc, b->steps.v, b->steps.n, err);
	return r < 0 ? r : cs_sink_give(b->sink, cs_steal(doc), err);
}

static int begin_build(struct buildah *b, struct cs_err *err)
{
	int r = end_build(b, err);

	if (r < 0)
		return r;
	b->steps.n = 0;
	cs_stages_reset(&b->stages);
	b->mixed = b->committed = b->failed = false;
	b->last_stage = 0;
	b->n_cut = b->lines->n_cut;
	b->doc = cs_doc_new(CS_DOC_BUILDAH, CS_SOURCE_BUILDAH);
	return b->doc ? 0 : cs_err_nomem(err);
}

/* --- lines --- */

static int read_step(struct buildah *b, const struct head *head, struct cs_err *err)
{
	struct cs_raw_step *step;
	int r = 0;

	if (!b->doc || b->failed ||
	    (b->committed && head->step == 1 && head->stage <= b->last_stage) ||
	    (head->step == 1 && head->stage == 1 && b->last_stage))
		r = begin_build(b, err);
	if (r < 0)
		return r;
	if (head->stage < b->last_stage)
		b->mixed = true;
	if (head->stage > b->last_stage)
		b->last_stage = head->stage;
	b->stage = head->stage;
	step = last(b);
	if (step)
		step->completed = true;
	r = cs_raw_list_add(&b->steps, &b->lines->ctx->limits, &step, err);
	if (r < 0)
		return r;
	step->started = step->bare = true;
	step->name = cs_arena_strdup(b->doc->arena, head->text);
	if (!step->name)
		return cs_err_nomem(err);
	return cs_stages_add(&b->stages, head->stage, err);
}

static int read_end(struct buildah *b, const char *text, struct cs_err *err)
{
	struct cs_digest digest;
	size_t stage;

	if (!skip_stage(&text, &stage))
		return 0;
	if (starts(text, "COMMIT")) {
		b->committed = true;
		if (last(b))
			last(b)->completed = true;
		return text[6] == ' '
			       ? cs_keep(b->doc->arena, text + 7, &b->doc->build.image_ref, err)
			       : 0;
	}
	if (starts(text, "Error: ") || starts(text, "error building at STEP")) {
		b->failed = true;
		return cs_keep(b->doc->arena, starts(text, "Error: ") ? text + 7 : text,
			       &b->doc->build.recipe.error, err);
	}
	/* the id of the image, which is the digest of its config */
	if (b->committed && strlen(text) == 64 &&
	    cs_digest_from_hex(CS_DIGEST_SHA256, text, &digest)) {
		b->doc->build.config_digest = digest;
		return cs_doc_add_result(b->doc, &digest, err);
	}
	return 0;
}

static int read_line(struct buildah *b, const struct cs_line *line, struct cs_err *err)
{
	struct head head;
	int r;

	if (parse_head(line->text, &head)) {
		r = read_step(b, &head, err);
		return r < 0 ? r : cs_doc_note_line(b->doc, line, err);
	}
	if (!b->doc)
		return 0;
	if (starts(line->text, "--> ") && last(b)) {
		if (starts(line->text, "--> Using cache ") ||
		    strcmp(line->text, "--> Using cache") == 0)
			last(b)->cached = true;
		last(b)->completed = true;
		return cs_doc_note_line(b->doc, line, err);
	}
	return read_end(b, line->text, err);
}

int cs_buildah_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	struct buildah b = { .lines = lines, .sink = sink };
	size_t given = sink->n_given;
	const struct cs_line *line;
	int r;

	while ((r = cs_lines_next(lines, &line, err)) == 0) {
		r = read_line(&b, line, err);
		if (r < 0)
			break;
	}
	if (r > 0)
		r = end_build(&b, err);
	cs_doc_free(b.doc);
	cs_raw_list_release(&b.steps);
	cs_stages_release(&b.stages);
	if (r < 0)
		return r;
	return sink->n_given > given ? 0 : 1;
}
