/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many builds in one go. Each line is read, its files too, and merged in memory into one build
 * before the store hears of it, so that a line whose log is cut leaves no half of its record
 * behind. Memory is that of one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/analysis.h"
#include "cmd/batch.h"
#include "cmd/record.h"
#include "model/merge.h"
#include "util/file.h"

/* More than these are not noted one by one: the batch is read as a whole again. */
#define PENDING_MAX 10000

struct batch {
	struct cs_recorder *rec;
	const char *name; /* for messages */
	const char *path;
	size_t dir_len; /* of path: where the files of a line are */
	bool runs;
	int64_t line;		/* its number */
	struct cs_arena *arena; /* of the line */
	/* in an inbox */
	const char *text; /* of the line */
	size_t text_len;
	bool hold;	       /* nothing is taken in */
	bool again;	       /* all but some lines went in before */
	struct cs_buf pending; /* int64_t: the lines that did not go in */
};

/* What came of one line. */
struct outcome {
	struct cs_build build;
	struct cs_run run;
};

/* --- the files of a line --- */

struct parts {
	struct batch *b;
	const char *project;
	struct cs_build build;
	bool any;
	struct cs_documents docs[CS_N_BATCH_FILES];
	struct cs_analysis analyses[CS_N_BATCH_FILES];
	/* in an inbox: the files as they were before they were read */
	struct {
		const char *path;
		struct stat st;
	} seen[CS_N_BATCH_FILES];
	bool waits; /* one of them is being written to */
};

static void parts_release(struct parts *p)
{
	for (size_t i = 0; i < CS_N_BATCH_FILES; i++) {
		cs_documents_release(&p->docs[i]);
		cs_analysis_release(&p->analyses[i]);
	}
}

/* The documents of a line are one build's; whose project that is, one may know for all. */
static int add_part(struct parts *p, struct cs_build *part, const char *path, struct cs_err *err)
{
	const struct cs_build *b = &p->build;

	if (!p->any) {
		p->build = *part;
		p->any = true;
		return 0;
	}
	if (b->builder_ref && part->builder_ref && strcmp(b->builder_ref, part->builder_ref) != 0)
		return cs_err_set(err, CS_FORMAT, "%s: of another build (%s) than the rest (%s)",
				  path, part->builder_ref, b->builder_ref);
	return cs_build_merge(&p->build, part, p->b->arena, err);
}

static int add_doc(struct parts *p, enum cs_batch_file file, const char *path, struct cs_err *err)
{
	struct cs_documents *docs = &p->docs[file];
	struct cs_doc *doc;

	if (docs->n != 1)
		return cs_err_set(err, CS_FORMAT, "%s: tells of %zu builds, not of one", path,
				  docs->n);
	doc = docs->v[0];
	cs_doc_hints(doc, &doc->build.facts);
	return add_part(p, &doc->build, path, err);
}

static int add_image(struct parts *p, enum cs_batch_file file, const char *path, struct cs_err *err)
{
	struct cs_recorder *rec = p->b->rec;
	struct cs_analysis *a = &p->analyses[file];
	struct cs_store *store;
	struct cs_build build;
	int r = cs_recorder_store(rec, &store, err);

	if (r == 0)
		r = cs_analysis_load_for(rec->app, rec->args, store, p->project, path, a, err);
	if (r < 0)
		return r;
	if (a->images.n != 1)
		return cs_err_set(err, CS_FORMAT, "%s: holds %zu images, not one", path,
				  a->images.n);
	r = cs_analysis_build(store, a, 0, p->project, &build, err);
	return r < 0 ? r : add_part(p, &build, path, err);
}

static bool leads_out(const char *name)
{
	if (name[0] == '/')
		return true;
	for (const char *at = name; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 && (!at[2] || at[2] == '/'))
			return true;
	}
	return false;
}

/* The path as the walk of the inbox has it: one file, one name. */
static const char *plain_path(struct batch *b, const char *name)
{
	char *path = cs_arena_printf(b->arena, "%.*s/%s", (int)b->dir_len, b->path, name);
	char *to = path ? path + b->dir_len + 1 : NULL;

	for (const char *at = to; at && *at;) {
		if (at[0] == '/' && to[-1] == '/')
			at++;
		else if (at[0] == '.' && at[1] == '/' && to[-1] == '/')
			at += 2;
		else
			*to++ = *at++;
	}
	if (to)
		*to = '\0';
	return path;
}

static int see_file(struct parts *p, enum cs_batch_file file, const char *name,
		    const struct stat *st, struct cs_err *err)
{
	const struct cs_record_watch *watch = p->b->rec->watch;
	const char *base = strrchr(name, '/');

	p->seen[file].path = plain_path(p->b, name);
	p->seen[file].st = *st;
	p->waits |= watch->waits(watch->arg, base ? base + 1 : name, st);
	return p->seen[file].path ? 0 : cs_err_nomem(err);
}

/* Whether a file of the line is another by now than the one that was read. */
static bool moved_on(const struct parts *p)
{
	for (int i = 0; i < CS_N_BATCH_FILES; i++) {
		const struct stat *was = &p->seen[i].st;
		struct stat st;

		if (!p->seen[i].path || !S_ISREG(was->st_mode))
			continue;
		if (lstat(p->seen[i].path, &st) < 0 || st.st_size != was->st_size ||
		    st.st_ino != was->st_ino || st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
			return true;
	}
	return p->waits;
}

static int add_file(struct parts *p, enum cs_batch_file file, const char *name, struct cs_err *err)
{
	struct batch *b = p->b;
	const char *path =
		name[0] == '/' || !b->dir_len
			? name
			: cs_arena_printf(b->arena, "%.*s/%s", (int)b->dir_len, b->path, name);
	int fd CS_AUTO(cs_close_p) = -1;
	struct stat st;
	int64_t size;
	int r = 1;

	if (!path)
		return cs_err_nomem(err);
	if ((b->rec->watch ? lstat(path, &st) : stat(path, &st)) < 0)
		return cs_err_errno(err, errno, "%s", path);
	/* Who writes into an inbox is not who reads: its lines name files below it only. */
	if (b->rec->watch && (leads_out(name) || S_ISLNK(st.st_mode)))
		return cs_err_set(err, CS_FORMAT, "%s: leads out of the folder", name);
	if (b->rec->watch && see_file(p, file, name, &st, err) < 0)
		return -(int)err->code;
	if (p->waits)
		return 0;
	if (!S_ISDIR(st.st_mode)) {
		r = cs_file_open_read(path, &fd, &size, err);
		if (r == 0)
			r = cs_documents_read(b->rec->app, fd, size, path, &p->docs[file], err);
	}
	if (r == 1)
		return add_image(p, file, path, err);
	return r < 0 ? r : add_doc(p, file, path, err);
}

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

static int make_build(struct batch *b, const struct cs_batch_line *line, struct parts *p,
		      const char *source, struct cs_build *ret, struct cs_err *err)
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
	r = join_labels(&hints, &line->facts, b->arena, err);
	if (r == 0)
		r = cs_cmd_facts_elsewhere(b->rec->app, b->rec->args, &hints, build->image_ref,
					   b->arena, &build->facts, err);
	*ret = *build;
	return r;
}

static int make_run(struct batch *b, const struct cs_batch_line *line, struct cs_run *ret,
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

static int read_files(struct batch *b, const struct cs_batch_line *line, struct parts *p,
		      struct cs_err *err)
{
	struct cs_facts facts;
	int r;

	p->b = b;
	/* The project that layers may be known of; the record may name another. */
	r = cs_cmd_facts_elsewhere(b->rec->app, b->rec->args, &line->facts, NULL, b->arena, &facts,
				   err);
	if (r < 0)
		return r;
	p->project = facts.project ? facts.project : "";
	for (int i = 0; i < CS_N_BATCH_FILES && r == 0; i++) {
		if (line->files[i])
			r = add_file(p, (enum cs_batch_file)i, line->files[i], err);
		if (r == 0 && p->any && p->build.facts.project && !p->project[0])
			p->project = p->build.facts.project;
	}
	return r;
}

/* It is tried again the next time, and what it names does not go in without it. */
static int leave_line(struct batch *b, struct cs_err *err)
{
	if (!b->rec->watch)
		return 0;
	if (cs_buf_add(&b->pending, &b->line, sizeof(b->line)) < 0)
		return cs_err_nomem(err);
	return cs_record_hold(b->rec, b->path, b->dir_len, b->text, b->text_len, err);
}

/* What is wrong with a line is wrong with the input, also a file that is not there. */
static int bad_line(struct batch *b, struct cs_err *err)
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

/* The files of a line went in with it: alone they would lack its facts. */
static int files_done(struct batch *b, const struct parts *p, struct cs_err *err)
{
	const struct cs_record_watch *watch = b->rec->watch;
	int r = 0;

	for (int i = 0; watch && i < CS_N_BATCH_FILES && r == 0; i++) {
		if (p->seen[i].path && S_ISREG(p->seen[i].st.st_mode))
			r = watch->done(watch->arg, p->seen[i].path, &p->seen[i].st, err);
	}
	return r;
}

static int take_line(struct batch *b, const char *data, size_t len, struct cs_err *err)
{
	const struct cs_limits *limits = &b->rec->app->ctx.limits;
	struct parts parts CS_AUTO(parts_release) = { 0 };
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
		r = read_files(b, &line, &parts, &one);
		if (r == 0)
			r = make_build(b, &line, &parts, source, &build, &one);
	}
	if (r <= 0 && !b->runs && !cs_recorder_is_fatal(one.code) && moved_on(&parts)) {
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
	return r < 0 ? r : files_done(b, &parts, err);
}

/* --- the lines of a file --- */

struct lines {
	struct batch *b;
	struct cs_buf buf;
	bool over; /* the line is longer than is held */
};

static int lacks_line(struct batch *b, struct cs_err *err)
{
	const struct cs_record_watch *watch = b->rec->watch;

	return watch->lacks(watch->arg, b->path, b->rec->watched_st, b->line, err);
}

static int end_line(struct lines *l, struct cs_err *err)
{
	struct batch *b = l->b;
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

static int read_lines(struct batch *b, struct cs_err *err)
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
static int note_pending(struct batch *b, struct cs_err *err)
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
	struct batch b = { .rec = rec,
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
