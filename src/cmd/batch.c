/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many builds in one go. Each line is read, its files too, and merged in memory into one build
 * before the store hears of it, so that a line whose log is cut leaves no half of its record
 * behind. Memory is that of one line.
 */
#include "cmd/batch.h"

#include <inttypes.h>
#include <string.h>

#include "util/file.h"

/* More than these are not noted one by one: the batch is read as a whole again. */
#define PENDING_MAX 10000

/* --- a line --- */

/* Facts of the line stand above those of its files. */
static void lay_over(struct cs_facts *to, const struct cs_facts *line)
{
	const struct {
		enum cs_fact fact;
		const char **to;
		const char *const *from;
	} texts[] = {
		{ CS_FACT_SCOPE, &to->scope, &line->scope },
		{ CS_FACT_REF, &to->ref, &line->ref },
		{ CS_FACT_COMMIT, &to->commit, &line->commit },
		{ CS_FACT_WORKFLOW, &to->workflow, &line->workflow },
		{ CS_FACT_JOB, &to->job, &line->job },
		{ CS_FACT_TARGET, &to->target, &line->target },
		{ CS_FACT_RUN_ID, &to->run_id, &line->run_id },
		{ CS_FACT_EVENT, &to->event_raw, &line->event_raw },
		{ CS_N_FACTS, &to->project, &line->project },
	};
	bool run = line->run_id || line->attempt >= 0;

	for (size_t i = 0; i < CS_N(texts); i++) {
		if (!*texts[i].from)
			continue;
		*texts[i].to = *texts[i].from;
		if (texts[i].fact != CS_N_FACTS)
			to->from[texts[i].fact] = CS_FROM_USER;
	}
	if (run)
		to->attempt = line->attempt;
	if (line->started_unix_ns != CS_TIME_NONE) {
		to->started_unix_ns = line->started_unix_ns;
		to->from[CS_FACT_STARTED] = CS_FROM_USER;
	}
	if (line->completed_unix_ns != CS_TIME_NONE) {
		to->completed_unix_ns = line->completed_unix_ns;
		to->from[CS_FACT_COMPLETED] = CS_FROM_USER;
	}
	if (line->tests_passed != CS_TRI_UNKNOWN) {
		to->tests_passed = line->tests_passed;
		to->from[CS_FACT_TESTS] = CS_FROM_USER;
	}
	if (line->pushed != CS_TRI_UNKNOWN) {
		to->pushed = line->pushed;
		to->from[CS_FACT_PUSHED] = CS_FROM_USER;
	}
}

/* A duration and one end of it tell the other, where neither the line nor its files do. */
static void find_times(struct cs_facts *f, int64_t duration_ns)
{
	int64_t at;

	if (duration_ns < 0 ||
	    (f->started_unix_ns == CS_TIME_NONE) == (f->completed_unix_ns == CS_TIME_NONE))
		return;
	if (f->completed_unix_ns == CS_TIME_NONE) {
		if (!__builtin_add_overflow(f->started_unix_ns, duration_ns, &at)) {
			f->completed_unix_ns = at;
			f->from[CS_FACT_COMPLETED] = CS_FROM_USER;
		}
	} else if (!__builtin_sub_overflow(f->completed_unix_ns, duration_ns, &at)) {
		f->started_unix_ns = at;
		f->from[CS_FACT_STARTED] = CS_FROM_USER;
	}
}

/* The labels of both, the line's last: the last one of a name counts. */
static int join_labels(struct cs_facts *to, const struct cs_facts *line, struct cs_arena *arena,
		       struct cs_err *err)
{
	struct cs_kv *all =
		cs_arena_array(arena, to->n_labels + line->n_labels, sizeof(struct cs_kv));

	if (!all)
		return cs_err_nomem(err);
	if (to->n_labels)
		memcpy(all, to->labels, to->n_labels * sizeof(*all));
	if (line->n_labels)
		memcpy(all + to->n_labels, line->labels, line->n_labels * sizeof(*all));
	to->labels = all;
	to->n_labels += line->n_labels;
	return 0;
}

static int make_build(struct cs_batch *b, const struct cs_batch_line *line,
		      struct cs_batch_parts *p, const char *source, struct cs_build *ret,
		      struct cs_err *err)
{
	struct cs_build *build = &p->build;
	struct cs_facts hints;
	int r = 0;

	if (!p->any) {
		cs_build_init(build);
		build->source = source;
	}
	if (!build->platform[0])
		memcpy(build->platform, line->platform, sizeof(build->platform));
	if (build->status == CS_STATUS_UNKNOWN)
		build->status = line->status;
	hints = build->facts;
	lay_over(&hints, &line->facts);
	find_times(&hints, line->duration_ns);
	r = join_labels(&hints, &line->facts, b->arena, err);
	if (r == 0)
		r = cs_cmd_facts_elsewhere(b->rec->app, b->rec->args, &hints, build->image_ref,
					   b->arena, &build->facts, err);
	*ret = *build;
	return r;
}

static int make_run(struct cs_batch *b, const struct cs_batch_line *line, struct cs_run *ret,
		    struct cs_err *err)
{
	struct cs_facts f;
	int r = cs_cmd_facts_elsewhere(b->rec->app, b->rec->args, &line->facts, NULL, b->arena, &f,
				       err);

	if (r < 0)
		return r;
	cs_run_init(ret);
	ret->project = f.project;
	if (!f.project)
		r = cs_recorder_project(b->rec, b->arena, &ret->project, err);
	ret->run_id = f.run_id;
	ret->attempt = f.attempt;
	ret->workflow = f.workflow;
	ret->event = f.event;
	ret->event_raw = f.event_raw;
	ret->ref = f.ref;
	ret->commit = f.commit;
	ret->conclusion = line->conclusion;
	ret->started_unix_ns = f.started_unix_ns;
	ret->completed_unix_ns = f.completed_unix_ns;
	ret->labels = f.labels;
	ret->n_labels = f.n_labels;
	ret->jobs = line->jobs;
	ret->n_jobs = line->n_jobs;
	return r;
}

/* It is tried again the next time, and what it names does not go in without it. */
static int leave_line(struct cs_batch *b, struct cs_err *err)
{
	if (!b->rec->watch)
		return 0;
	if (cs_buf_add(&b->pending, &b->line, sizeof(b->line)) < 0)
		return cs_err_nomem(err);
	return cs_record_hold(b->rec, b->path, b->dir_len, b->text, b->text_len, err);
}

/* What is wrong with a line is wrong with the input, also a file that is not there. */
static int bad_line(struct cs_batch *b, struct cs_err *err)
{
	const char *watched = b->rec->watched;
	char where[CS_ERR_MAX];
	struct cs_err why = *err;
	int r;

	if (cs_recorder_is_fatal(err->code))
		return -(int)err->code;
	r = leave_line(b, err);
	if (r < 0)
		return r;
	if (cs_code_exit_status(why.code) != 3)
		why.code = CS_FORMAT;
	cs_err_prefix(&why, "%s:%" PRId64, b->name, b->line);
	snprintf(where, sizeof(where), "%s:%" PRId64, b->name, b->line);
	if (watched)
		b->rec->watched = where;
	r = cs_recorder_bad(b->rec, &why);
	b->rec->watched = watched;
	*err = why;
	return r;
}

static int take_line(struct cs_batch *b, const char *data, size_t len, struct cs_err *err)
{
	const struct cs_limits *limits = &b->rec->app->ctx.limits;
	struct cs_batch_parts parts CS_AUTO(cs_batch_parts_release) = { 0 };
	struct cs_err one = CS_ERR_INIT;
	struct cs_batch_line line;
	struct cs_build build;
	struct cs_run run;
	const char *source = cs_arena_printf(b->arena, "%s:%" PRId64, b->name, b->line);
	int r;

	if (!source)
		return cs_err_nomem(err);
	r = cs_batch_line_read(data, len, b->runs, limits, b->arena, &line, &one);
	if (r == 0 && b->runs) {
		r = make_run(b, &line, &run, &one);
	} else if (r == 0) {
		r = cs_batch_parts_read(b, &line, &parts, &one);
		if (r == 0)
			r = make_build(b, &line, &parts, source, &build, &one);
	}
	if (r <= 0 && !b->runs && !cs_recorder_is_fatal(one.code) && cs_batch_parts_moved(&parts)) {
		b->rec->put_off = true;
		return leave_line(b, err);
	}
	if (r < 0) {
		r = bad_line(b, &one);
		*err = one;
		return r;
	}
	if (b->runs)
		return cs_recorder_run(b->rec, source, &run, err);
	r = cs_recorder_build(b->rec, source, &build, err);
	return r < 0 ? r : cs_batch_parts_done(b, &parts, err);
}

/* --- the lines of a file --- */

struct lines {
	struct cs_batch *b;
	struct cs_buf buf;
	bool over; /* the line is longer than is held */
};

static int lacks_line(struct cs_batch *b, struct cs_err *err)
{
	const struct cs_record_watch *watch = b->rec->watch;

	return watch->lacks(watch->arg, b->path, b->rec->watched_st, b->line, err);
}

static int end_line(struct lines *l, struct cs_err *err)
{
	struct cs_batch *b = l->b;
	const char *data = l->buf.data;
	size_t len = l->buf.len;
	bool over = l->over;
	int r = 0;

	b->line++;
	l->over = false;
	if (b->line == 1 && len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		len -= 3;
	}
	while (len && strchr(" \t\r", data[len - 1]))
		len--;
	b->text = data;
	b->text_len = over ? 0 : len;
	if (b->hold) {
		r = len ? leave_line(b, err) : 0;
	} else if (b->again && (r = lacks_line(b, err)) != 0) {
		r = r < 0 ? r : 0; /* it is in */
	} else if (over) {
		struct cs_err one = CS_ERR_INIT;

		(void)cs_limit_error(&one, &b->rec->app->ctx.limits, json_bytes, "the line");
		r = bad_line(b, &one);
		*err = one;
	} else if (len) {
		struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();

		if (!arena)
			return cs_err_nomem(err);
		b->arena = arena;
		r = take_line(b, data, len, err);
		b->arena = NULL;
	}
	cs_buf_reset(&l->buf);
	return r < 0 ? r : cs_ctx_check(&b->rec->app->ctx, err);
}

static int add_piece(struct lines *l, const uint8_t *data, size_t len, struct cs_err *err)
{
	if (l->over)
		return 0;
	if (l->buf.len + len > (size_t)l->b->rec->app->ctx.limits.json_bytes) {
		l->over = true;
		cs_buf_reset(&l->buf);
		return 0;
	}
	return cs_buf_add(&l->buf, data, len) < 0 ? cs_err_nomem(err) : 0;
}

static int each_line(struct lines *l, struct cs_stream *in, bool *ret_bad, struct cs_err *err)
{
	const uint8_t *data, *end;
	size_t len;
	int r;

	while ((r = cs_stream_read(in, &data, &len, err)) == 0) {
		while (len) {
			end = memchr(data, '\n', len);
			r = add_piece(l, data, end ? (size_t)(end - data) : len, err);
			if (r < 0 || !end)
				break;
			r = end_line(l, err);
			if (r < 0)
				break;
			len -= (size_t)(end + 1 - data);
			data = end + 1;
		}
		if (r < 0)
			return r;
	}
	*ret_bad = r < 0; /* the file itself cannot be read on */
	if (r < 0)
		return r;
	return l->buf.len || l->over ? end_line(l, err) : 0;
}

static int open_lines(struct cs_recorder *rec, const char *path, int *ret_fd,
		      struct cs_stream **ret, struct cs_err *err)
{
	const struct cs_decode_options options = {
		.allow_xz = true,
		.out_max = rec->app->ctx.limits.image_bytes,
		.limit_offset = offsetof(struct cs_limits, image_bytes),
		.what = "batch",
	};
	struct cs_stream *raw;
	enum cs_coding coding;
	int64_t size = 0;
	int r;

	if (strcmp(path, "-") == 0) {
		r = cs_stream_fd(&rec->app->ctx, rec->app->stdin_fd, &raw, err);
	} else {
		r = cs_file_open_read(path, ret_fd, &size, err);
		if (r == 0)
			r = cs_stream_file_range(&rec->app->ctx, *ret_fd, 0, size, &raw, err);
	}
	return r < 0 ? r : cs_stream_decode(&rec->app->ctx, raw, &options, ret, &coding, err);
}

static int read_lines(struct cs_batch *b, struct cs_err *err)
{
	struct cs_stream *in CS_AUTO(cs_stream_close_p) = NULL;
	int fd CS_AUTO(cs_close_p) = -1;
	struct lines lines = { .b = b, .buf = CS_BUF_INIT };
	bool bad = true;
	int r = open_lines(b->rec, b->path, &fd, &in, err);

	if (r == 0) {
		bad = false;
		r = each_line(&lines, in, &bad, err);
		if (bad)
			cs_err_prefix(err, "%s", b->name);
	}
	cs_buf_release(&lines.buf);
	if (r < 0 && bad) {
		b->pending.len = 0; /* not known of all lines */
		return cs_recorder_bad(b->rec, err);
	}
	return r;
}

/* What of the batch has to be looked at again. */
static int note_pending(struct cs_batch *b, struct cs_err *err)
{
	const struct cs_record_watch *watch = b->rec->watch;
	size_t n = b->pending.len / sizeof(int64_t);

	if (!watch || b->hold || !n || n > PENDING_MAX || cs_recorder_changed(b->rec))
		return 0;
	return watch->partly(watch->arg, b->path, b->rec->watched_st,
			     (const int64_t *)(const void *)b->pending.data, n, err);
}

static int take_batch(struct cs_recorder *rec, const char *path, bool runs, bool hold,
		      struct cs_err *err)
{
	const struct cs_record_watch *watch = rec->watch;
	const char *slash = strrchr(path, '/');
	struct cs_batch b = { .rec = rec,
			      .name = strcmp(path, "-") == 0 ? "standard input" : path,
			      .path = path,
			      .dir_len = slash ? (size_t)(slash - path) : 0,
			      .runs = runs,
			      .hold = hold,
			      .pending = CS_BUF_INIT };
	int r = watch && !hold ? watch->lacks(watch->arg, path, rec->watched_st, 0, err) : 1;

	b.again = r == 0;
	if (r >= 0)
		r = read_lines(&b, err);
	if (r == 0)
		r = note_pending(&b, err);
	cs_buf_release(&b.pending);
	return r;
}

int cs_record_batch(struct cs_recorder *rec, const char *path, struct cs_err *err)
{
	return take_batch(rec, path, false, false, err);
}

int cs_record_runs(struct cs_recorder *rec, const char *path, struct cs_err *err)
{
	return take_batch(rec, path, true, false, err);
}

int cs_record_batch_hold(struct cs_recorder *rec, const char *path, struct cs_err *err)
{
	return take_batch(rec, path, false, true, err);
}

/* --- telling a batch --- */

/* A line of a run has no key that only builds have. */
static bool probe_line(const struct cs_json *v, bool *ret_runs)
{
	static const char *const of_build[] = { "dockerbuild", "log",	"plain_log", "metadata",
						"image",       "scope", "target",    "platform",
						"duration_s",  "job" };
	bool run;

	if (!cs_json_is_object(v))
		return false;
	run = cs_json_get(v, "run_id");
	for (size_t i = 0; i < CS_N(of_build); i++) {
		if (cs_json_get_text(v, of_build[i])) {
			*ret_runs = false;
			return run || i < CS_N_BATCH_FILES || cs_json_get(v, "started_at");
		}
	}
	*ret_runs = true;
	return run;
}

int cs_record_batch_probe(const struct cs_limits *limits, const char *data, size_t len,
			  bool *ret_runs, struct cs_err *err)
{
	const char *end = data + len;

	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		data += 3;
	while (data < end) {
		struct cs_json *v CS_AUTO(cs_json_free_p) = NULL;
		const char *eol = memchr(data, '\n', (size_t)(end - data));
		size_t n = (size_t)((eol ? eol : end) - data);
		struct cs_err ignored = CS_ERR_INIT;

		if (cs_json_parse(data, n, limits, &v, &ignored) == 0 && cs_json_is_object(v))
			return probe_line(v, ret_runs) ? 0 : 1;
		if (ignored.code == CS_NOMEM)
			return cs_err_nomem(err);
		data += n + 1;
	}
	return 1;
}
