/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --progress=plain (formats.md 2.2). A line says to which vertex it belongs by a display number,
 * and nothing else holds the lines together, so everything is keyed by the number within one log.
 * The log of a CI job may hold several builds; each begins again with number 1. The first line of a
 * number is its name; what follows is a verdict, a log line (it begins with seconds) or a status.
 */
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"

struct vertex {
	const char *name; /* NULL: its first line was not seen */
	int64_t started_unix_ns;
	bool has_status;
};

struct plain {
	struct cs_lines *lines;
	struct cs_sink *sink;
	struct cs_holding holding;
	/* of the build being read; NULL between builds */
	struct cs_doc *doc;
	struct cs_fold *fold;
	struct vertex *vertexes; /* by number - 1 */
	size_t n, cap;
	bool exported;
	enum cs_build_status tail;
	const char *job_step;
	int64_t n_cut; /* lines cut before this build */
};

/* "#12 text": the number and the text, or 0. */
static size_t split(const char *line, const char **ret_rest)
{
	size_t digits, n = 0;

	if (line[0] != '#')
		return 0;
	digits = strspn(line + 1, "0123456789");
	if (!digits || digits > 8 || line[1 + digits] != ' ')
		return 0;
	for (size_t i = 1; i <= digits; i++)
		n = n * 10 + (size_t)(line[i] - '0');
	*ret_rest = line + digits + 2;
	return n;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "DONE 1.2s", "DONE"; *ret_ns is -1 for the latter. No strtod: a locale may want a comma. */
static bool is_done(const char *text, int64_t *ret_ns)
{
	int64_t tenths = 0;
	const char *p = text + 5;

	*ret_ns = -1;
	if (strcmp(text, "DONE") == 0)
		return true;
	if (!starts(text, "DONE ") || *p < '0' || *p > '9')
		return false;
	while (*p >= '0' && *p <= '9' && tenths < 1000000000)
		tenths = tenths * 10 + (*p++ - '0');
	tenths *= 10;
	if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
		tenths += p[1] - '0';
		p += 2;
	}
	if (p[0] != 's' || p[1])
		return false;
	*ret_ns = tenths * (CS_NS_PER_S / 10);
	return true;
}

/* "0.074 running 3 tests" */
static bool is_log(const char *text)
{
	size_t n = strspn(text, "0123456789"), m;

	if (!n || text[n] != '.')
		return false;
	m = strspn(text + n + 1, "0123456789");
	return m >= 1 && m <= 3 && (text[n + 1 + m] == ' ' || !text[n + 1 + m]);
}

/* A first line that only a build writes; most names of sources are not of that kind. */
static bool is_header(const char *text)
{
	return !starts(text, "http") && cs_step_class_of(text) != CS_STEP_OTHER;
}

int cs_plain_probe_line(const char *line)
{
	const char *rest;
	int64_t ns;

	if (starts(line, "#0 building with \""))
		return 90;
	if (!split(line, &rest))
		return 0;
	if (is_header(rest))
		return 80;
	/* the middle of a log */
	return strcmp(rest, "CACHED") == 0 || (is_done(rest, &ns) && ns >= 0) ? 50 : 0;
}

/* --- builds within a log --- */

static int end_build(struct plain *p, struct cs_err *err)
{
	struct cs_doc *doc = p->doc;
	int r = 0;

	if (!doc)
		return 0;
	p->doc = NULL;
	if (p->n) {
		doc->build.status = p->tail;
		doc->n_unread = p->lines->n_cut - p->n_cut;
		r = cs_fold_finish(p->fold, CS_FOLD_PLAIN, doc, err);
	}
	cs_fold_free(p->fold);
	p->fold = NULL;
	if (r < 0 || !p->n) {
		cs_doc_free(doc);
		return r;
	}
	return cs_sink_give(p->sink, doc, err);
}

static int begin_build(struct plain *p, const struct cs_line *line, struct cs_err *err)
{
	int r = end_build(p, err);

	if (r < 0)
		return r;
	p->n = 0;
	p->exported = false;
	p->tail = CS_STATUS_UNKNOWN;
	p->n_cut = p->lines->n_cut;
	p->holding = (struct cs_holding){ 0, 0 };
	p->doc = cs_doc_new(CS_DOC_PLAIN, CS_SOURCE_PLAIN);
	if (!p->doc)
		return cs_err_nomem(err);
	p->job_step = NULL;
	if (line->job_step) {
		p->job_step = cs_arena_strdup(p->doc->arena, line->job_step);
		if (!p->job_step)
			return cs_err_nomem(err);
	}
	return cs_fold_new(p->lines->ctx, &p->holding, &p->fold, err);
}

static bool other_column(const struct plain *p, const struct cs_line *line)
{
	if (!p->doc || !line->job)
		return false;
	return (p->doc->build.facts.job && strcmp(p->doc->build.facts.job, line->job) != 0) ||
	       (p->job_step && strcmp(p->job_step, line->job_step) != 0);
}

/*
 * Whether a line begins a build: "#0 building with …", which live logs have, another step of the CI
 * job, or number 1 with another name, or with its own after the end of the build.
 */
static bool begins(const struct plain *p, const struct cs_line *line, size_t number,
		   const char *rest)
{
	const struct vertex *first = p->n ? &p->vertexes[0] : NULL;

	if (!p->doc || other_column(p, line))
		return true;
	if (!first || !first->name || number != 1)
		return false;
	if (strcmp(rest, first->name) == 0)
		return p->exported || p->tail != CS_STATUS_UNKNOWN;
	return is_header(rest);
}

/* --- one line --- */

static struct vertex *vertex_at(struct plain *p, size_t number, struct cs_err *err)
{
	if (number > p->cap) {
		size_t cap = p->cap ? p->cap : 64;
		void *grown;

		while (cap < number)
			cap *= 2;
		grown = realloc(p->vertexes, cap * sizeof(*p->vertexes));
		if (!grown) {
			cs_err_nomem(err);
			return NULL;
		}
		p->vertexes = grown;
		p->cap = cap;
	}
	if (number > p->n) {
		memset(p->vertexes + p->n, 0, (number - p->n) * sizeof(*p->vertexes));
		p->n = number;
	}
	return &p->vertexes[number - 1];
}

static int tell(struct plain *p, const struct vertex *v, const char *key, struct cs_vertex *u,
		const struct cs_line *line, struct cs_err *err)
{
	u->key = key;
	u->started_unix_ns = v->started_unix_ns;
	u->completed_unix_ns = CS_TIME_NONE;
	if (line && v->started_unix_ns != CS_TIME_NONE)
		u->completed_unix_ns = line->unix_ns;
	return cs_fold_vertex(p->fold, u, err);
}

static int read_header(struct plain *p, struct vertex *v, const char *key,
		       const struct cs_line *line, const char *rest, struct cs_err *err)
{
	struct cs_vertex u = { .name = rest };

	v->name = cs_arena_strdup(p->doc->arena, rest);
	if (!v->name)
		return cs_err_nomem(err);
	v->started_unix_ns = line->unix_ns;
	return tell(p, v, key, &u, NULL, err);
}

/* 1 if the text is no verdict. */
static int read_verdict(struct plain *p, const struct vertex *v, const char *key,
			const struct cs_line *line, const char *rest, struct cs_err *err)
{
	struct cs_vertex u = { 0 };
	int64_t ns = -1;
	int r;

	if (strcmp(rest, "CACHED") == 0) {
		u.cached = true; /* finding that out took a time that is not told */
	} else if (starts(rest, "ERROR:")) {
		rest += strlen("ERROR:");
		u.error = rest + (*rest == ' ');
		if (!*u.error)
			u.error = "unknown error";
	} else if (strcmp(rest, "CANCELED") == 0) {
		u.error = "context canceled";
	} else if (!is_done(rest, &ns)) {
		return 1;
	} else if (starts(v->name, "exporting to ")) {
		p->exported = true;
	}
	r = tell(p, v, key, &u, line, err);
	cs_fold_told(p->fold, key, true, ns);
	return r;
}

static void read_status(struct plain *p, struct vertex *v, const char *key, const char *rest)
{
	bool first = !v->has_status;

	v->has_status = true;
	if (starts(rest, "WARN:")) {
		cs_fold_warning(p->fold);
		return;
	}
	/* Docker 20.10 writes the vertex's own digest, bare, below its name. */
	if (first && starts(rest, "sha256:") && strlen(rest) == 71 && !strchr(rest, ' '))
		return;
	cs_fold_status(p->fold, key, rest);
}

static int read_vertex(struct plain *p, const struct cs_line *line, size_t number, const char *rest,
		       struct cs_err *err)
{
	bool known = number <= p->n && p->vertexes[number - 1].name;
	struct vertex *v;
	char key[24];
	int64_t ns;
	int r;

	snprintf(key, sizeof(key), "%zu", number);
	/* Numbers come in order, so a name that nobody knows must come with the next one. */
	if (!known &&
	    (is_log(rest) || is_done(rest, &ns) || strcmp(rest, "CACHED") == 0 ||
	     strcmp(rest, "...") == 0 || (!is_header(rest) && (!p->n || number > p->n + 1))))
		return 0;
	v = vertex_at(p, number, err);
	if (!v)
		return -(int)err->code;
	r = cs_doc_note_line(p->doc, line, err);
	if (r < 0)
		return r;
	if (!known)
		return read_header(p, v, key, line, rest, err);
	if (strcmp(rest, v->name) == 0 || strcmp(rest, "...") == 0)
		return 0;
	r = read_verdict(p, v, key, line, rest, err);
	if (r <= 0)
		return r;
	if (is_log(rest))
		cs_fold_log(p->fold, key);
	else
		read_status(p, v, key, rest);
	return 0;
}

static int read_tail(struct plain *p, const struct cs_line *line, struct cs_err *err)
{
	const char *message;
	enum cs_build_status status = cs_log_tail(line->text, &message);
	int r;

	if (status == CS_STATUS_UNKNOWN || !p->n || other_column(p, line) ||
	    p->tail != CS_STATUS_UNKNOWN)
		return 0;
	p->tail = status;
	r = cs_doc_note_line(p->doc, line, err);
	return r < 0 ? r : cs_keep(p->doc->arena, message, &p->doc->build.recipe.error, err);
}

static int read_line(struct plain *p, const struct cs_line *line, struct cs_err *err)
{
	const char *rest;
	size_t number;
	int r = 0;

	if (starts(line->text, "#0 building with "))
		return begin_build(p, line, err);
	number = split(line->text, &rest);
	if (!number)
		return p->doc ? read_tail(p, line, err) : 0;
	if (number > (size_t)p->lines->ctx->limits.vertexes)
		return is_header(rest) ? cs_limit_error(err, &p->lines->ctx->limits, vertexes,
							"step #%zu", number)
				       : 0;
	if (begins(p, line, number, rest)) {
		if (!is_header(rest) && number != 1)
			return 0;
		r = begin_build(p, line, err);
	}
	return r < 0 ? r : read_vertex(p, line, number, rest, err);
}

int cs_plain_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	struct plain p = { .lines = lines, .sink = sink };
	size_t given = sink->n_given;
	const struct cs_line *line;
	int r;

	while ((r = cs_lines_next(lines, &line, err)) == 0) {
		r = read_line(&p, line, err);
		if (r < 0)
			break;
	}
	if (r > 0)
		r = end_build(&p, err);
	cs_doc_free(p.doc);
	cs_fold_free(p.fold);
	free(p.vertexes);
	if (r < 0)
		return r;
	return sink->n_given > given ? 0 : 1;
}
