/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --progress=rawjson: a line is an object of arrays. history logs prints the whole build as one
 * line, and a log chunk may be of any size, so a line is cut into the elements of its arrays as it
 * passes and only one element is held. Refused: parsing whole lines; jansson needs forty times
 * their size for what a stranger can write.
 */
#include <inttypes.h>
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"

enum part { PART_NONE, PART_VERTEXES, PART_STATUSES, PART_LOGS, PART_WARNINGS };

static enum part part_of(const char *key)
{
	static const char *const names[] = { NULL, "vertexes", "statuses", "logs", "warnings" };

	for (size_t i = 1; i < CS_N(names); i++) {
		if (strcmp(key, names[i]) == 0)
			return (enum part)i;
	}
	return PART_NONE;
}

/* Where the cutter stands in a line. */
struct cutter {
	unsigned depth;		  /* of open brackets */
	bool text, escaped, over; /* over: the element is too long to be held */
	enum part part;
	char key[16];
	size_t key_len;
	struct cs_buf element;
};

struct rawjson {
	struct cs_lines *lines;
	const struct cs_ctx *ctx;
	struct cs_fold *fold;
	struct cutter cutter;
	int64_t n_over;
	int64_t n_seen; /* elements */
	enum cs_build_status tail;
	struct cs_doc *doc;
};

/* Some tools that keep a log write it again with blanks behind the colons. */
static bool starts_with(const char *line, const char *start)
{
	for (; *start; line++) {
		if (*line == *start)
			start++;
		else if (*line != ' ' && *line != '\t')
			return false;
	}
	return true;
}

int cs_rawjson_probe_line(const char *line)
{
	static const char *const starts[] = { "{\"vertexes\":[", "{\"statuses\":[",
					      "{\"logs\":[{\"vertex\"",
					      "{\"warnings\":[{\"vertex\"" };

	for (size_t i = 0; i < CS_N(starts); i++) {
		if (starts_with(line, starts[i]))
			return 95;
	}
	return 0;
}

/* --- one element --- */

static int time_of(const struct cs_json *v, const char *key, int64_t *ret, struct cs_err *err)
{
	const char *text = cs_json_get_text(v, key);

	*ret = CS_TIME_NONE;
	return text ? cs_time_parse(text, ret, err) : 0;
}

static int read_inputs(const struct cs_json *v, struct cs_vertex *u, char ***ret,
		       struct cs_err *err)
{
	const struct cs_json *list = cs_json_get(v, "inputs");
	size_t n = cs_json_is_array(list) ? cs_json_len(list) : 0;

	if (!n)
		return 0;
	*ret = calloc(n, sizeof(**ret));
	if (!*ret)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const char *text = cs_json_text(cs_json_at(list, i));

		if (text)
			(*ret)[u->n_inputs++] = (char *)(uintptr_t)text;
	}
	u->inputs = *ret;
	return 0;
}

static int read_vertex(struct rawjson *j, const struct cs_json *v, struct cs_err *err)
{
	const struct cs_json *group = cs_json_get(v, "progressGroup");
	char **inputs CS_AUTO(cs_free_p) = NULL;
	struct cs_vertex u = {
		.key = cs_json_get_text(v, "digest"),
		.name = cs_json_get_text(v, "name"),
		.cached = cs_json_get_true(v, "cached"),
		.error = cs_json_get_text(v, "error"),
		.group = cs_json_get_text(group, "id"),
		.weak = cs_json_get_true(group, "weak"),
	};

	if (!u.key)
		return cs_err_set(err, CS_FORMAT, "vertex without a digest");
	if (time_of(v, "started", &u.started_unix_ns, err) < 0 ||
	    time_of(v, "completed", &u.completed_unix_ns, err) < 0 ||
	    read_inputs(v, &u, &inputs, err) < 0)
		return -(int)err->code;
	return cs_fold_vertex(j->fold, &u, err);
}

static int read_element(struct rawjson *j, enum part part, struct cs_err *err)
{
	struct cs_json *v CS_AUTO(cs_json_free_p) = NULL;
	const struct cs_buf *e = &j->cutter.element;
	const char *vertex, *id;
	int r = cs_json_parse(e->data, e->len, &j->ctx->limits, &v, err);

	if (r < 0)
		return r;
	if (part == PART_VERTEXES)
		return read_vertex(j, v, err);
	vertex = cs_json_get_text(v, "vertex");
	id = cs_json_get_text(v, "id");
	if (part == PART_STATUSES && vertex && id)
		cs_fold_status(j->fold, vertex, id);
	else if (part == PART_LOGS && vertex)
		cs_fold_log(j->fold, vertex);
	else if (part == PART_WARNINGS)
		cs_fold_warning(j->fold);
	return 0;
}

/* --- cutting --- */

/*
 * An element longer than a line may be is a log chunk, of which nothing is missed but that its
 * vertex wrote something; of the other kinds it would be a wrong count.
 */
static int end_element(struct rawjson *j, struct cs_err *err)
{
	struct cutter *c = &j->cutter;
	int r;

	j->n_seen++;
	if (c->over) {
		c->over = false;
		if (c->part == PART_VERTEXES)
			return cs_limit_error(err, &j->ctx->limits, log_line, "vertex");
		j->n_over++;
		return 0;
	}
	r = read_element(j, c->part, err);
	cs_buf_reset(&c->element);
	return r;
}

static int keep(struct rawjson *j, const char *data, size_t len, struct cs_err *err)
{
	struct cutter *c = &j->cutter;

	if (c->over)
		return 0;
	if (c->element.len + len > (size_t)j->ctx->limits.log_line) {
		c->over = true;
		cs_buf_reset(&c->element);
		return 0;
	}
	return cs_buf_add(&c->element, data, len) < 0 ? cs_err_nomem(err) : 0;
}

/* The depth of an element's own braces: {"vertexes":[{ */
#define IN_ELEMENT 3

static void take_key(struct cutter *c, char ch)
{
	if (c->key_len < sizeof(c->key) - 1)
		c->key[c->key_len++] = ch;
	c->key[c->key_len] = '\0';
}

static void in_text(struct cutter *c, char ch)
{
	if (c->escaped)
		c->escaped = false;
	else if (ch == '\\')
		c->escaped = true;
	else if (ch == '"')
		c->text = false;
	if (c->depth == 1 && c->text)
		take_key(c, ch);
}

static bool in_element(const struct cutter *c)
{
	return c->part && c->depth >= IN_ELEMENT;
}

/* Takes one character. *ret_end: it closes an element. */
static int cut(struct rawjson *j, char ch, bool *ret_end, struct cs_err *err)
{
	struct cutter *c = &j->cutter;

	*ret_end = false;
	if (c->text) {
		in_text(c, ch);
	} else if (ch == '"') {
		c->text = true;
		if (c->depth == 1)
			c->key_len = 0;
	} else if (ch == '{' || ch == '[') {
		if (c->depth == 1)
			c->part = ch == '[' ? part_of(c->key) : PART_NONE;
		if (++c->depth > (unsigned)j->ctx->limits.json_depth)
			return cs_limit_error(err, &j->ctx->limits, json_depth, "rawjson");
	} else if (ch == '}' || ch == ']') {
		if (!c->depth)
			return cs_err_set(err, CS_FORMAT, "text behind the JSON object");
		*ret_end = in_element(c) && c->depth == IN_ELEMENT;
		c->depth--;
	}
	return 0;
}

static int cut_all(struct rawjson *j, const char *data, size_t len, struct cs_err *err)
{
	size_t from = 0;
	bool end;
	int r;

	for (size_t i = 0; i < len; i++) {
		bool inside = in_element(&j->cutter);

		r = cut(j, data[i], &end, err);
		if (r < 0)
			return r;
		if (!inside && in_element(&j->cutter))
			from = i;
		if (!end)
			continue;
		r = keep(j, data + from, i + 1 - from, err);
		if (r == 0)
			r = end_element(j, err);
		if (r < 0)
			return r;
	}
	return in_element(&j->cutter) ? keep(j, data + from, len - from, err) : 0;
}

static int read_object(struct rawjson *j, const struct cs_line *line, struct cs_err *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	j->cutter.depth = 0;
	j->cutter.text = j->cutter.escaped = j->cutter.over = false;
	j->cutter.part = PART_NONE;
	j->cutter.key_len = 0;
	cs_buf_reset(&j->cutter.element);
	r = cut_all(j, line->text, line->len, err);
	while (r == 0 && line->more && (r = cs_lines_rest(j->lines, &data, &len, err)) == 0)
		r = cut_all(j, (const char *)data, len, err);
	if (r >= 0 && j->cutter.depth)
		r = cs_err_set(err, CS_FORMAT, "truncated");
	if (r < 0)
		return cs_err_prefix(err, "line %" PRId64, line->number);
	return 0;
}

/* --- what stands between the objects --- */

static int read_tail(struct rawjson *j, const struct cs_line *line, struct cs_err *err)
{
	const char *message;
	enum cs_build_status status = cs_log_tail(line->text, &message);

	if (status == CS_STATUS_UNKNOWN)
		return 0;
	j->tail = status;
	return cs_keep(j->doc->arena, message, &j->doc->build.recipe.error, err);
}

static int read_all(struct rawjson *j, struct cs_err *err)
{
	const struct cs_line *line;
	int r;

	while ((r = cs_lines_next(j->lines, &line, err)) == 0) {
		r = cs_rawjson_probe_line(line->text) ? read_object(j, line, err)
						      : read_tail(j, line, err);
		if (r < 0)
			break;
	}
	if (r < 0 || !j->n_seen)
		return r;
	j->doc->build.status = j->tail;
	j->doc->n_unread = j->lines->n_cut + j->n_over;
	return cs_fold_finish(j->fold, CS_FOLD_LIVE, j->doc, err);
}

int cs_rawjson_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_RAWJSON, CS_SOURCE_RAWJSON);
	struct cs_fold *fold CS_AUTO(cs_fold_free_p) = NULL;
	struct cs_holding holding = { 0, 0 };
	struct rawjson j = { .lines = lines, .ctx = lines->ctx, .doc = doc };
	int r;

	if (!doc)
		return cs_err_nomem(err);
	r = cs_fold_new(lines->ctx, &holding, &fold, err);
	if (r < 0)
		return r;
	j.fold = fold;
	r = read_all(&j, err);
	cs_buf_release(&j.cutter.element);
	if (r != 0)
		return r;
	cs_doc_set_span(doc);
	return cs_sink_give(sink, cs_steal(doc), err);
}
