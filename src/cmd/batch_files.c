/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a batch's line, merged in memory into one build. In an inbox, where others write,
 * each is remembered as it was before it was read: what is another file by then has not been read.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/batch.h"
#include "model/merge.h"
#include "util/file.h"

void cs_batch_parts_release(struct cs_batch_parts *p)
{
	for (size_t i = 0; i < CS_N_BATCH_FILES; i++) {
		cs_documents_release(&p->docs[i]);
		cs_analysis_release(&p->analyses[i]);
	}
}

/* The documents of a line are one build's; whose project that is, one may know for all. */
static int add_part(struct cs_batch_parts *p, struct cs_build *part, const char *path,
		    struct cs_err *err)
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

static int add_doc(struct cs_batch_parts *p, enum cs_batch_file file, const char *path,
		   struct cs_err *err)
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

static int add_image(struct cs_batch_parts *p, enum cs_batch_file file, const char *path,
		     struct cs_err *err)
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
static const char *plain_path(struct cs_batch *b, const char *name)
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

static int see_file(struct cs_batch_parts *p, enum cs_batch_file file, const char *name,
		    const struct stat *st, struct cs_err *err)
{
	const struct cs_record_watch *watch = p->b->rec->watch;
	const char *base = strrchr(name, '/');

	p->seen[file].path = plain_path(p->b, name);
	p->seen[file].st = *st;
	p->waits |= watch->waits(watch->arg, base ? base + 1 : name, st);
	return p->seen[file].path ? 0 : cs_err_nomem(err);
}

bool cs_batch_parts_moved(const struct cs_batch_parts *p)
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

static int add_file(struct cs_batch_parts *p, enum cs_batch_file file, const char *name,
		    struct cs_err *err)
{
	struct cs_batch *b = p->b;
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

int cs_batch_parts_read(struct cs_batch *b, const struct cs_batch_line *line,
			struct cs_batch_parts *p, struct cs_err *err)
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

int cs_batch_parts_done(struct cs_batch *b, const struct cs_batch_parts *p, struct cs_err *err)
{
	const struct cs_record_watch *watch = b->rec->watch;
	int r = 0;

	for (int i = 0; watch && i < CS_N_BATCH_FILES && r == 0; i++) {
		if (p->seen[i].path && S_ISREG(p->seen[i].st.st_mode))
			r = watch->done(watch->arg, p->seen[i].path, &p->seen[i].st, err);
	}
	return r;
}
