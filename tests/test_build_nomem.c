/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation may fail (promise 14): the n-th one does, for all n, and what comes of it is an
 * error or the same documents as ever, never others. Archives are left out: libarchive ends the
 * program by itself when it has no memory for a few bytes, and there is nothing to catch.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "support/docs.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define INTERPOSE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INTERPOSE 0
#endif
#endif
#ifndef INTERPOSE
#define INTERPOSE 1
#endif

#if INTERPOSE
static long countdown = -1; /* the allocation that fails; below 0 none does */
static long n_allocations;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static int fails(void)
{
	n_allocations++;
	return countdown >= 0 && countdown-- == 0;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

struct outcome {
	int r;
	size_t n_docs;
	char states[256], names[4096];
};

static int take(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	struct outcome *o = arg;
	size_t used = strlen(o->names);

	o->n_docs++;
	test_states(doc, o->states);
	for (size_t i = 0; i < doc->build.n_steps && used < sizeof(o->names) - 1; i++)
		used += (size_t)snprintf(o->names + used, sizeof(o->names) - used, "%s|%s|",
					 doc->build.steps[i].name, doc->build.steps[i].instruction);
	snprintf(o->names + strlen(o->names), sizeof(o->names) - strlen(o->names), "%s %zu %zu %d",
		 doc->build.builder_ref ? doc->build.builder_ref : "", doc->build.n_results,
		 doc->build.recipe.n_materials, (int)doc->build.status);
	cs_doc_free(doc);
	return 0;
}

static void read_bytes(const struct cs_buf *buf, long fail_at, struct outcome *ret)
{
	struct cs_stream *in = NULL;
	struct cs_err err = CS_ERR_INIT;
	struct cs_ctx ctx;

	memset(ret, 0, sizeof(*ret));
	cs_ctx_init(&ctx);
	n_allocations = 0;
	countdown = fail_at;
	ret->r = cs_stream_memory(buf->data, buf->len, &in, &err);
	if (ret->r == 0)
		ret->r = cs_docs_read(&ctx, in, "input", take, ret, &err);
	countdown = -1;
}

/* In a process of its own: 0 as ever, 1 out of memory, 2 anything else. */
static int outcome_of(const struct cs_buf *buf, long n, const struct outcome *good)
{
	struct outcome o;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		read_bytes(buf, n, &o);
		if (o.r == -CS_NOMEM)
			_exit(1);
		_exit(o.r == good->r && o.n_docs == good->n_docs &&
				      strcmp(o.states, good->states) == 0 &&
				      strcmp(o.names, good->names) == 0
			      ? 0
			      : 2);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	/* jansson asserts when a string of its own lost its end */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void every_allocation(void **state CS_UNUSED)
{
	static const char *const names[] = { "pulled.plain",  "failed.plain",	  "buildah.log",
					     "classic-1.log", "pulled.rawjson",	  "inspect.json",
					     "metadata.json", "metadata-max.json" };

	for (size_t i = 0; i < CS_N(names); i++) {
		struct cs_buf buf = CS_BUF_INIT;
		struct outcome good;
		long total, step, refused = 0;
		char path[256];

		snprintf(path, sizeof(path), "build/%s", names[i]);
		test_fixture(&buf, path);
		read_bytes(&buf, -1, &good);
		assert_int_equal(0, good.r);
		total = n_allocations;
		step = 1 + total / 200;
		for (long n = 0; n < total; n += step) {
			int r = outcome_of(&buf, n, &good);

			if (r == 2)
				fail_msg("%s: allocation %ld of %ld", names[i], n, total);
			refused += r;
		}
		assert_true(refused > 0);
		cs_buf_release(&buf);
	}
}
#else
static void every_allocation(void **state CS_UNUSED)
{
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
