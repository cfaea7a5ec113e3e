/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/subject.h"

#include <string.h>
#include <sys/stat.h>

#include "util/file.h"

void cs_subject_release(struct cs_subject *s)
{
	cs_doc_free(s->doc);
	cs_analysis_release(&s->analysis);
	memset(s, 0, sizeof(*s));
}

/* A path, a transport or standard input, rather than the name of a build. */
static bool names_input(const char *spec)
{
	struct stat st;

	return strcmp(spec, "-") == 0 || strchr(spec, '/') || strchr(spec, ':') ||
	       stat(spec, &st) == 0;
}

struct docs {
	struct cs_doc *first;
	size_t n;
};

static int keep_first(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	struct docs *docs = arg;

	if (docs->n++ == 0)
		docs->first = doc;
	else
		cs_doc_free(doc);
	return 0;
}

/* A builder's record or log in a regular file. 1 = it is none. */
static int open_doc(struct cs_app *app, const struct cs_args *args, const char *path,
		    struct cs_arena *arena, struct cs_subject *ret, struct cs_err *err)
{
	struct docs docs = { NULL, 0 };
	struct cs_facts hints;
	struct cs_stream *in;
	struct stat st;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size;
	int r;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 1;
	r = cs_file_open_read(path, &fd, &size, err);
	if (r == 0)
		r = cs_stream_file_range(&app->ctx, fd, 0, size, &in, err);
	if (r == 0)
		r = cs_docs_read(&app->ctx, in, path, keep_first, &docs, err);
	ret->doc = docs.first;
	if (r != 0 || !ret->doc)
		return r < 0 ? r : 1;
	if (docs.n > 1)
		return cs_err_set(err, CS_USAGE, "'%s' tells of %zu builds: one is wanted", path,
				  docs.n);
	cs_doc_hints(ret->doc, &hints);
	ret->build = &ret->doc->build;
	return cs_cmd_facts(app, args, &hints, ret->doc->build.image_ref, arena,
			    &ret->doc->build.facts, err);
}

static int open_image(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		      const char *spec, struct cs_subject *ret, struct cs_err *err)
{
	int r = cs_analysis_load(app, args, store, spec, &ret->analysis, err);

	if (r < 0)
		return r;
	if (ret->analysis.images.n != 1)
		return cs_err_set(err, CS_USAGE,
				  "'%s' holds %zu images: choose one with --platform or a tag "
				  "(docker-archive:FILE:TAG, oci:DIR:TAG)",
				  spec, ret->analysis.images.n);
	r = cs_analysis_judge(app, args, store, &ret->analysis, 0, err);
	ret->build = &ret->analysis.builds[0];
	return r;
}

int cs_cmd_subject(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		   const char *spec, struct cs_arena *arena, struct cs_subject *ret,
		   struct cs_err *err)
{
	struct cs_filter filter;
	int r;

	if (names_input(spec)) {
		r = open_doc(app, args, spec, arena, ret, err);
		return r == 1 ? open_image(app, args, store, spec, ret, err) : r;
	}
	r = cs_cmd_filter_facts(args, &filter, err);
	if (r < 0)
		return r;
	r = cs_store_build_get(store, &filter, spec,
			       CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS | CS_WITH_RECIPE,
			       arena, &ret->stored, err);
	ret->build = &ret->stored;
	ret->recorded = r == 0;
	return r;
}
