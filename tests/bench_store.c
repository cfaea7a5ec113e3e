/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a build takes to record and to read, and what it weighs: bench_store PATH N [STEPS
 * LAYERS]. Builds are of 40 targets; in each a quarter of the layers and the steps is new.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"

static struct cs_err err;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cs_digest digest(const char *kind, int64_t n)
{
	struct cs_digest d = { 0 };
	char text[64];

	snprintf(text, sizeof(text), "%s-%" PRId64, kind, n);
	cs_digest_of(CS_DIGEST_SHA256, text, strlen(text), &d, &err);
	return d;
}

/* Version of part i of n in build k of its target: the upper quarter changes with each build. */
static int64_t version(int64_t k, size_t i, size_t n)
{
	return i < n / 2 ? 0 : i < n - n / 4 ? k / 20 : k;
}

static void fill_steps(struct cs_arena *arena, int64_t target, int64_t k, struct cs_build *b)
{
	for (size_t i = 0; i < b->n_steps; i++) {
		struct cs_step *s = &b->steps[i];

		s->name = cs_arena_printf(arena, "[stage-%d %zu/%zu] RUN make part-%zu-%" PRId64,
					  (int)(i % 3), i + 1, b->n_steps, i, target);
		s->instruction = cs_arena_printf(arena, "RUN make part-%zu-%" PRId64, i, target);
		s->stage = cs_arena_printf(arena, "stage-%d", (int)(i % 3));
		s->class = CS_STEP_EXEC;
		s->state = version(k, i, b->n_steps) == k ? CS_STATE_RUN : CS_STATE_HIT;
		s->evidence = CS_EVIDENCE_OBSERVED;
		s->started_unix_ns = b->facts.started_unix_ns + (int64_t)i * 1234567890;
		s->duration_ns = s->state == CS_STATE_RUN ? 900000000 + (k * 7919) % 1000000007 : 0;
		s->completed_unix_ns = s->started_unix_ns + s->duration_ns;
		s->layer = i < b->n_layers ? (int)i : -1;
		s->n_inputs = i > 0;
		s->inputs = cs_arena_array(arena, 1, sizeof(*s->inputs));
		s->inputs[0] = (uint32_t)i - 1;
	}
}

static void fill_layers(struct cs_arena *arena, int64_t target, int64_t k, struct cs_build *b)
{
	for (size_t i = 0; i < b->n_layers; i++) {
		struct cs_layer *l = &b->layers[i];
		int64_t id = (target * 100 + (int64_t)i) * 1000000 + version(k, i, b->n_layers);

		if (i < 2)
			id = (int64_t)i; /* the base of all */
		l->media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
		l->blob_digest = digest("blob", id);
		l->diff_id = digest("diff", id);
		l->content_digest = digest("content", id);
		cs_digest_chain(i ? &b->layers[i - 1].chain_id : NULL, &l->diff_id, &l->chain_id,
				&err);
		l->blob_bytes = 10000000 + id % 1000000;
		l->tar_bytes = 3 * l->blob_bytes;
		l->counts.entries = 2000;
		l->counts.files = 1800;
		l->counts.file_bytes = l->tar_bytes;
		l->verified = CS_VERIFIED_SCAN;
		l->has_history = true;
		l->created_by = cs_arena_printf(arena, "RUN make part-%zu-%" PRId64 " # buildkit",
						i, target);
		l->comment = "buildkit.dockerfile.v0";
		l->created_unix_ns = INT64_C(1600000000) * CS_NS_PER_S + id;
		l->state = i < 2 ? CS_LAYER_BASE : CS_LAYER_HIT;
		l->evidence = CS_EVIDENCE_DATED;
		l->present_before = l->blob_present_before = k > 0;
		l->seen_in_scope = "test";
		l->seen_build_id = "0123456789abcdef";
	}
}

static void make_build(struct cs_arena *arena, int64_t n, size_t steps, size_t layers,
		       struct cs_build *b)
{
	int64_t target = n % 40, k = n / 40;
	struct cs_facts *f = &b->facts;

	cs_build_init(b);
	f->project = "example/app";
	f->scope = cs_arena_printf(arena, "scope-%" PRId64, target);
	f->event = CS_EVENT_PULL_REQUEST;
	f->event_raw = "pull_request";
	f->ref = cs_arena_printf(arena, "refs/pull/%" PRId64 "/merge", n / 30);
	f->commit = cs_arena_printf(arena, "%040" PRId64, n / 3);
	f->run_id = cs_arena_printf(arena, "%" PRId64, 8000000000 + n / 3);
	f->attempt = 1;
	f->workflow = "ci.yml";
	f->job = "build";
	f->target = cs_arena_printf(arena, "target-%" PRId64, target);
	f->started_unix_ns = (INT64_C(1700000000) + n * 30) * CS_NS_PER_S + n * 1001;
	f->completed_unix_ns = f->started_unix_ns + 61 * CS_NS_PER_S;
	f->n_labels = 2;
	f->labels = cs_arena_array(arena, 2, sizeof(*f->labels));
	f->labels[0] = (struct cs_kv){ "team", "blue" };
	f->labels[1] = (struct cs_kv){ "tree", cs_arena_printf(arena, "%040" PRId64, n / 5) };
	snprintf(b->platform, sizeof(b->platform), "linux/amd64");
	b->builder_ref = cs_arena_printf(arena, "%025" PRId64, n);
	b->source_kind = CS_SOURCE_RECORD;
	b->status = CS_STATUS_COMPLETED;
	b->source = cs_arena_printf(arena, "inbox/%" PRId64 ".dockerbuild", n);
	b->image_ref = f->target;
	b->manifest_digest = digest("manifest", n);
	b->config_digest = digest("config", n);
	b->recorded_unix_ns = f->started_unix_ns + 90 * CS_NS_PER_S;
	b->base_layers = 2;
	b->n_steps = steps;
	b->steps = cs_arena_array(arena, steps, sizeof(*b->steps));
	b->n_layers = layers;
	b->layers = cs_arena_array(arena, layers, sizeof(*b->layers));
	fill_layers(arena, target, k, b);
	fill_steps(arena, target, k, b);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int fail(void)
{
	fprintf(stderr, "%s\n", err.msg);
	return 2;
}

static int count(void *arg, const struct cs_build *b, struct cs_err *e CS_UNUSED)
{
	*(int64_t *)arg += (int64_t)b->n_steps;
	return 0;
}

static int put_all(struct cs_store *store, int64_t n, size_t steps, size_t layers)
{
	double *took = calloc((size_t)n, sizeof(*took)), sum = 0;

	if (!took)
		return 2;
	for (int64_t i = 0; i < n; i++) {
		struct cs_arena *arena = cs_arena_new();
		struct cs_build b;
		enum cs_put put;
		double start;
		int r;

		make_build(arena, i, steps, layers, &b);
		start = now_s();
		r = cs_store_build_put(store, &b, &put, &err);
		took[i] = now_s() - start;
		sum += took[i];
		cs_arena_free(arena);
		if (r < 0) {
			free(took);
			return fail();
		}
	}
	qsort(took, (size_t)n, sizeof(*took), by_value);
	printf("put: %.3f ms mean, %.3f median, %.3f p95, %.3f p99, %.3f max\n",
	       sum * 1e3 / (double)n, took[n / 2] * 1e3, took[n * 95 / 100] * 1e3,
	       took[n * 99 / 100] * 1e3, took[n - 1] * 1e3);
	free(took);
	return 0;
}

#define A_BULK 100

/* As 'record' takes in: what is kin is asked for first, many builds make one transaction. */
static int take_in_all(struct cs_store *store, int64_t n, size_t steps)
{
	double sum = 0;
	int r = 0;

	for (int64_t i = 0; i < n && r == 0; i += A_BULK) {
		struct cs_arena *arena = cs_arena_new();
		struct cs_build builds[A_BULK], *kin;
		size_t n_builds = (size_t)(n - i < A_BULK ? n - i : A_BULK), n_kin;
		enum cs_put put;
		double start;

		for (size_t k = 0; k < n_builds; k++) {
			make_build(arena, i + (int64_t)k, steps, 0, &builds[k]);
			builds[k].graph = 1 + (uint64_t)k;
			builds[k].facts.project = "example/taken-in";
		}
		start = now_s();
		r = cs_store_bulk_begin(store, &err);
		for (size_t k = 0; k < n_builds && r == 0; k++) {
			r = cs_store_build_kin(store, &builds[k], arena, &kin, &n_kin, &err);
			if (r == 0)
				r = cs_store_build_put(store, &builds[k], &put, &err);
		}
		if (r == 0)
			r = cs_store_bulk_end(store, true, &err);
		sum += now_s() - start;
		cs_arena_free(arena);
	}
	if (r < 0)
		return fail();
	printf("in bulks of %d: %.3f ms a build, %.0f a second\n", A_BULK, sum * 1e3 / (double)n,
	       (double)n / sum);
	return 0;
}

static int read_all(struct cs_store *store, int64_t n)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_store_info info;
	struct cs_seen_query query = { .project = "example/app", .scope = "new scope" };
	struct cs_digest base = digest("diff", 0);
	struct cs_seen seen;
	int64_t steps = 0;
	double start = now_s();

	if (!arena)
		return 2;
	if (cs_store_builds(store, NULL, 0, -1, count, &steps, &err) < 0)
		return fail();
	printf("list without steps and layers: %.1f us a build\n",
	       (now_s() - start) * 1e6 / (double)n);
	start = now_s();
	if (cs_store_builds(store, NULL, CS_WITH_STEPS | CS_WITH_LAYERS, -1, count, &steps, &err) <
	    0)
		return fail();
	printf("list with steps and layers: %.1f us a build\n",
	       (now_s() - start) * 1e6 / (double)n);
	start = now_s();
	if (cs_store_builds(store, NULL, CS_WITH_STEPS, 20, count, &steps, &err) < 0)
		return fail();
	printf("newest 20: %.3f ms\n", (now_s() - start) * 1e3);
	cs_digest_chain(NULL, &base, &query.chain_id, &err);
	query.created_unix_ns = CS_TIME_NONE;
	start = now_s();
	if (cs_store_chain_seen(store, &query, arena, &seen, &err) != 0)
		return fail();
	printf("first sighting of the base over all scopes: %.3f ms\n", (now_s() - start) * 1e3);
	start = now_s();
	if (cs_store_info(store, arena, &info, &err) < 0)
		return fail();
	printf("info: %.3f ms\n", (now_s() - start) * 1e3);
	printf("builds %" PRId64 ", steps %" PRId64 ", layers %" PRId64 ", file %" PRId64
	       " bytes, %.0f a build\n",
	       info.builds, info.steps, info.layers, info.file_bytes,
	       (double)info.file_bytes / (double)info.builds);
	cs_arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
	int64_t n = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
	size_t steps = argc > 4 ? strtoul(argv[3], NULL, 10) : 15;
	size_t layers = argc > 4 ? strtoul(argv[4], NULL, 10) : 10;
	struct cs_store *store = NULL;
	struct cs_ctx ctx;
	double start;
	int r;

	if (n <= 0) {
		fprintf(stderr, "usage: bench_store PATH N [STEPS LAYERS]\n");
		return 2;
	}
	cs_ctx_init(&ctx);
	if (cs_store_open(&ctx, argv[1], CS_STORE_WRITE, &store, &err) < 0)
		return fail();
	r = put_all(store, n, steps, layers);
	if (r == 0)
		r = take_in_all(store, n, steps);
	start = now_s();
	cs_store_close(store);
	printf("close: %.3f ms\n", (now_s() - start) * 1e3);
	if (r)
		return r;
	start = now_s();
	if (cs_store_open(&ctx, argv[1], CS_STORE_READ, &store, &err) < 0)
		return fail();
	printf("open to read: %.3f ms\n", (now_s() - start) * 1e3);
	r = read_all(store, n);
	cs_store_close(store);
	return r;
}
