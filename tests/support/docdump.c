/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what cs_docs_read() finds in files as JSON lines, for the comparison with what builders
 * say of the same builds. Exit status 3 if a file cannot be read; with -n N reads each file N times
 * and prints nothing, for measuring.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "build/doc.h"

static const char *const kinds[] = { "record", "rawjson",  "plain",   "buildah", "classic",
				     "kaniko", "metadata", "inspect", "history" };

static void put_text(const char *key, const char *text)
{
	printf("\"%s\":", key);
	if (!text) {
		fputs("null", stdout);
		return;
	}
	putchar('"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			printf("\\u%04x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void put_int(const char *key, int64_t value, int64_t unknown)
{
	if (value == unknown)
		printf("\"%s\":null", key);
	else
		printf("\"%s\":%" PRId64, key, value);
}

static void put_digest(const char *key, const struct cs_digest *d)
{
	char buf[CS_DIGEST_TEXT];

	put_text(key, cs_digest_known(d) ? cs_digest_format(d, buf) : NULL);
}

#define COMMA putchar(',')

static void put_step(const struct cs_step *s)
{
	printf("%s{", s->index ? "," : "");
	put_int("index", s->index, -1), COMMA;
	put_text("name", s->name), COMMA;
	put_text("stage", s->stage), COMMA;
	put_text("instruction", s->instruction), COMMA;
	put_text("platform", s->platform), COMMA;
	put_text("class", cs_step_class_name(s->class)), COMMA;
	put_text("state", cs_step_state_name(s->state)), COMMA;
	put_text("evidence", cs_evidence_name(s->evidence)), COMMA;
	put_int("started_unix_ns", s->started_unix_ns, CS_TIME_NONE), COMMA;
	put_int("completed_unix_ns", s->completed_unix_ns, CS_TIME_NONE), COMMA;
	put_int("duration_ns", s->duration_ns, -1), COMMA;
	put_int("pulled", s->pulled, -1), COMMA;
	put_int("first_line", s->first_line, 0), COMMA;
	put_int("last_line", s->last_line, 0), COMMA;
	put_text("error", s->error);
	fputs(",\"inputs\":[", stdout);
	for (size_t i = 0; i < s->n_inputs; i++)
		printf("%s%" PRIu32, i ? "," : "", s->inputs[i]);
	fputs("]}", stdout);
}

static void put_facts(const struct cs_facts *f)
{
	put_text("project", f->project), COMMA;
	put_text("event", cs_event_name(f->event)), COMMA;
	put_text("event_raw", f->event_raw), COMMA;
	put_text("ref", f->ref), COMMA;
	put_text("commit", f->commit), COMMA;
	put_text("run_id", f->run_id), COMMA;
	put_int("attempt", f->attempt, -1), COMMA;
	put_text("workflow", f->workflow), COMMA;
	put_text("job", f->job), COMMA;
	put_text("target", f->target), COMMA;
	put_int("pushed", f->pushed, CS_TRI_UNKNOWN), COMMA;
	put_int("started_unix_ns", f->started_unix_ns, CS_TIME_NONE), COMMA;
	put_int("completed_unix_ns", f->completed_unix_ns, CS_TIME_NONE), COMMA;
}

static void put_lists(const struct cs_doc *doc)
{
	char buf[CS_DIGEST_TEXT];

	fputs("\"results\":[", stdout);
	for (size_t i = 0; i < doc->build.n_results; i++)
		printf("%s\"%s\"", i ? "," : "", cs_digest_format(&doc->build.results[i], buf));
	fputs("],\"base_diff_ids\":[", stdout);
	for (size_t i = 0; i < doc->build.recipe.n_base_diff_ids; i++)
		printf("%s\"%s\"", i ? "," : "", cs_digest_format(&doc->build.recipe.base_diff_ids[i], buf));
	fputs("],\"build_args\":{", stdout);
	for (size_t i = 0; i < doc->build.recipe.n_build_args; i++) {
		fputs(i ? "," : "", stdout);
		put_text(doc->build.recipe.build_args[i].key, doc->build.recipe.build_args[i].value);
	}
	fputs("},\"materials\":[", stdout);
	for (size_t i = 0; i < doc->build.recipe.n_materials; i++) {
		fputs(i ? ",{" : "{", stdout);
		put_text("name", doc->build.recipe.materials[i].name), COMMA;
		put_digest("digest", &doc->build.recipe.materials[i].digest);
		putchar('}');
	}
	fputs("],\"caches\":[", stdout);
	for (size_t i = 0; i < doc->build.recipe.n_caches; i++) {
		fputs(i ? ",{" : "{", stdout);
		put_text("type", doc->build.recipe.caches[i].type), COMMA;
		put_text("ref", doc->build.recipe.caches[i].ref), COMMA;
		put_text("scope", doc->build.recipe.caches[i].scope), COMMA;
		put_text("error", doc->build.recipe.caches[i].error), COMMA;
		put_int("is_export", doc->build.recipe.caches[i].is_export, -1);
		putchar('}');
	}
	fputs("],", stdout);
}

static void put_doc(const struct cs_doc *doc)
{
	const struct cs_build *b = &doc->build;

	putchar('{');
	put_text("source", b->source), COMMA;
	put_text("kind", kinds[doc->kind]), COMMA;
	put_text("status", cs_build_status_name(b->status)), COMMA;
	put_text("builder_ref", b->builder_ref), COMMA;
	put_text("invocation_id", b->invocation_id), COMMA;
	put_text("platform", b->platform), COMMA;
	put_text("image_ref", b->image_ref), COMMA;
	put_digest("manifest_digest", &b->manifest_digest), COMMA;
	put_digest("config_digest", &b->config_digest), COMMA;
	put_int("cached", b->builder_cached_steps, -1), COMMA;
	put_int("total", b->builder_total_steps, -1), COMMA;
	put_int("completed", b->builder_completed_steps, -1), COMMA;
	put_int("warnings", doc->build.recipe.n_warnings, -1), COMMA;
	put_int("unread", doc->n_unread, -1), COMMA;
	put_facts(&b->facts);
	put_text("gha_scope", doc->build.recipe.gha_scope), COMMA;
	put_int("no_cache", doc->build.recipe.no_cache, -1), COMMA;
	put_text("no_cache_stages", doc->build.recipe.no_cache_stages), COMMA;
	put_int("epoch_set", doc->build.recipe.epoch_set, -1), COMMA;
	put_text("dockerfile", doc->build.recipe.dockerfile), COMMA;
	put_text("dockerfile_text", doc->build.recipe.dockerfile_text), COMMA;
	put_text("context", doc->build.recipe.context), COMMA;
	put_text("vcs_source", doc->build.recipe.vcs_source), COMMA;
	put_text("vcs_revision", doc->build.recipe.vcs_revision), COMMA;
	put_text("error", doc->build.recipe.error), COMMA;
	put_lists(doc);
	fputs("\"steps\":[", stdout);
	for (size_t i = 0; i < b->n_steps; i++)
		put_step(&b->steps[i]);
	fputs("]}\n", stdout);
}

static int take(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	if (!arg)
		put_doc(doc);
	cs_doc_free(doc);
	return 0;
}

static void warn(void *arg CS_UNUSED, enum cs_log_level level CS_UNUSED, const char *msg)
{
	fprintf(stderr, "warning: %s\n", msg);
}

static int read_file(const struct cs_ctx *ctx, const char *path, bool quiet)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_stream *in = NULL;
	int fd CS_AUTO(cs_close_p) = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0) {
		perror(path);
		return 2;
	}
	r = cs_stream_fd(ctx, fd, &in, &err);
	if (r == 0)
		r = cs_docs_read(ctx, in, path, take, quiet ? &quiet : NULL, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	else if (r > 0)
		fprintf(stderr, "%s: not a builder's document\n", path);
	return r < 0 ? 3 : r;
}

int main(int argc, char **argv)
{
	struct cs_ctx ctx;
	long times = 1;
	int first = 1, worst = 0;

	cs_ctx_init(&ctx);
	ctx.log = warn;
	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		times = strtol(argv[2], NULL, 10);
		first = 3;
	}
	for (int i = first; i < argc; i++) {
		for (long n = 0; n < times; n++) {
			int r = read_file(&ctx, argv[i], first > 1);

			worst = r > worst ? r : worst;
		}
	}
	return fflush(stdout) == 0 ? worst : 2;
}
