/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every worker has a context of its own whose cancel flag is the worker's: that is how a failure
 * reaches into the streams of others. The calling thread only waits and looks at the user's flag,
 * so that an interrupt is seen while all workers decode.
 */
#include "image/scan_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define WORKERS_MAX 64
#define WAKE_NS	    50000000

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct cs_ctx ctx;
	volatile sig_atomic_t stop;
	size_t task; /* being done; n_tasks = none */
};

struct pool {
	const struct cs_ctx *ctx; /* the caller's */
	struct cs_input *in;
	struct cs_scan_task *tasks;
	size_t n_tasks;
	size_t *order; /* tasks by size, largest first */
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a worker has */
	/* under lock */
	size_t next;
	int64_t scanned_bytes;
	size_t failed; /* the lowest task that did; n_tasks = none */
	struct cs_err err;
	struct worker *workers;
	unsigned n_workers, n_running;
	_Atomic int64_t done_bytes;
	_Atomic int spare; /* processors without a worker that works */
};

/* Opens the member: taken over by cs_blob_scan and the like, which close it. */
static int open_stream(const struct cs_ctx *ctx, struct cs_input *in, const char *name,
		       struct cs_extent *extent, struct cs_stream **ret, struct cs_err *err)
{
	int r = in->source->extent(in, name, extent, err);

	if (r == 1)
		return cs_err_set(err, CS_FORMAT, "is missing");
	if (r < 0)
		return r;
	return cs_stream_file_range(ctx, extent->fd, extent->offset, extent->size, ret, err);
}

static int read_task(const struct cs_ctx *ctx, struct cs_input *in, struct cs_scan_task *t,
		     int64_t out_max, _Atomic int *spare, struct cs_err *err)
{
	const struct cs_layer_scan_options options = { t->blob_algo, t->diff_algo, out_max, spare };
	struct cs_extent extent CS_AUTO(cs_extent_release) = { .fd = -1 };
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = NULL;
	enum cs_scan_how how = t->how;
	const uint8_t *head;
	size_t len;
	int r = open_stream(ctx, in, t->name, &extent, &s, err);

	if (r == 0 && how == CS_SCAN_HASH_DIFF) {
		r = cs_stream_peek(s, 6, &head, &len, err);
		if (r == 0 && cs_coding_sniff(head, len) != CS_CODING_NONE)
			how = CS_SCAN_FULL;
	}
	if (r < 0)
		return r;
	if (how == CS_SCAN_FULL)
		return cs_blob_scan(ctx, cs_steal(s), &options, &t->blob, err);
	r = cs_blob_hash(ctx, cs_steal(s), how == CS_SCAN_HASH ? t->blob_algo : t->diff_algo,
			 &t->known, &t->blob, err);
	/* The bytes of a layer that is not compressed are what its diff-id is of. */
	if (r == 0 && how == CS_SCAN_HASH_DIFF)
		t->blob.diff_id = t->blob.digest;
	return r;
}

static void trust(struct cs_scan_task *t)
{
	struct cs_digest digest = t->digest;

	/* As long as the layer is when decoded: not compressed, and then both digests are one. */
	if (!cs_digest_known(&digest) && t->size == t->known.tar_bytes)
		digest = t->known.diff_id;
	cs_blob_trust(&t->known, &digest, t->size, &t->blob);
}

/* --- the workers --- */

/* Read by the worker without the lock. */
static void set_stop(struct worker *w, sig_atomic_t stop)
{
	__atomic_store_n(&w->stop, stop, __ATOMIC_RELAXED);
}

/* Under lock. Notes a failure and stops what comes behind it. */
static void fail(struct pool *p, size_t task, const struct cs_err *err)
{
	if (task >= p->failed)
		return;
	p->failed = task;
	p->err = *err;
	for (unsigned i = 0; i < p->n_workers; i++) {
		if (p->workers[i].task > task)
			set_stop(&p->workers[i], 1);
	}
}

/* Under lock. The next task that still matters; n_tasks when there is none. */
static size_t take(struct pool *p)
{
	while (p->next < p->n_tasks) {
		size_t i = p->order[p->next++];

		if (i < p->failed && p->tasks[i].how != CS_SCAN_TRUST)
			return i;
		if (p->tasks[i].how == CS_SCAN_TRUST)
			trust(&p->tasks[i]);
	}
	return p->n_tasks;
}

static void work(struct worker *w)
{
	struct pool *p = w->pool;
	const struct cs_limits *limits = &p->ctx->limits;

	pthread_mutex_lock(&p->lock);
	while ((w->task = take(p)) < p->n_tasks) {
		struct cs_scan_task *t = &p->tasks[w->task];
		int64_t left = limits->image_bytes - p->scanned_bytes;
		struct cs_err err;
		int r;

		set_stop(w, 0);
		pthread_mutex_unlock(&p->lock);
		r = read_task(&w->ctx, p->in, t, left > 0 ? left : 0, &p->spare, &err);
		pthread_mutex_lock(&p->lock);
		if (r == 0 && t->blob.verified == CS_VERIFIED_SCAN) {
			p->scanned_bytes += t->blob.tar_bytes;
			if (p->scanned_bytes > limits->image_bytes)
				r = cs_limit_error(&err, limits, image_bytes,
						   "all layers after decompression");
		}
		if (r < 0)
			fail(p, w->task, &err);
	}
	p->n_running--;
	atomic_fetch_add(&p->spare, 1);
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
}

static void *worker_main(void *arg)
{
	work(arg);
	return NULL;
}

/* Waits for the workers to end, passing on the user's wish to stop. */
static void wait_workers(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->n_running > 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAKE_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&p->ended, &p->lock, &until);
		if (p->ctx->cancel && *p->ctx->cancel) {
			struct cs_err err;

			cs_err_set(&err, CS_CANCELED, "interrupted");
			fail(p, 0, &err);
			for (unsigned i = 0; i < p->n_workers; i++)
				set_stop(&p->workers[i], 1);
		}
	}
	pthread_mutex_unlock(&p->lock);
}

static void worker_init(struct pool *p, struct worker *w, int64_t total)
{
	w->pool = p;
	w->task = p->n_tasks;
	w->ctx = *p->ctx;
	w->ctx.cancel = &w->stop;
	if (!w->ctx.done_bytes) {
		w->ctx.done_bytes = &p->done_bytes;
		w->ctx.total_bytes = total;
	}
}

/* Starts as many as it gets; 0 if not one more thread could be had. */
static unsigned start_workers(struct pool *p, unsigned want, int64_t total)
{
	unsigned n = 0;

	pthread_mutex_lock(&p->lock);
	while (n < want) {
		struct worker *w = &p->workers[n];

		worker_init(p, w, total);
		if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
			break;
		n++;
	}
	p->n_workers = n;
	p->n_running = n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

static void run(struct pool *p, int64_t total)
{
	unsigned want = p->ctx->n_threads < WORKERS_MAX ? p->ctx->n_threads : WORKERS_MAX;

	if (want > p->n_tasks)
		want = (unsigned)p->n_tasks;
	atomic_init(&p->spare, (int)p->ctx->n_threads - (int)(want ? want : 1));
	if (want > 1 && start_workers(p, want, total) > 0) {
		wait_workers(p);
		for (unsigned i = 0; i < p->n_workers; i++)
			pthread_join(p->workers[i].thread, NULL);
		return;
	}
	/* Alone: the user's flag is read directly, and there is nobody to stop. */
	worker_init(p, &p->workers[0], total);
	p->workers[0].ctx.cancel = p->ctx->cancel;
	p->n_workers = 0;
	p->n_running = 1;
	work(&p->workers[0]);
}

static int compare_size(const void *a, const void *b, void *arg)
{
	const struct cs_scan_task *tasks = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (tasks[x].size != tasks[y].size)
		return tasks[x].size > tasks[y].size ? -1 : 1;
	return x < y ? -1 : x > y;
}

int cs_scan_run(const struct cs_ctx *ctx, struct cs_input *in, struct cs_scan_task *tasks, size_t n,
		size_t *ret_failed, struct cs_err *err)
{
	size_t *order CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*order));
	struct worker *workers CS_AUTO(cs_free_p) = calloc(WORKERS_MAX, sizeof(*workers));
	struct pool p = { .ctx = ctx,
			  .in = in,
			  .tasks = tasks,
			  .n_tasks = n,
			  .order = order,
			  .failed = n,
			  .workers = workers };
	int64_t total = 0;

	*ret_failed = n;
	if (!order || !workers)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		order[i] = i;
		if (tasks[i].how != CS_SCAN_TRUST)
			total += tasks[i].size;
	}
	qsort_r(order, n, sizeof(*order), compare_size, tasks);
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.ended, NULL);
	run(&p, total);
	pthread_cond_destroy(&p.ended);
	pthread_mutex_destroy(&p.lock);
	if (p.failed == n)
		return 0;
	*ret_failed = p.failed;
	*err = p.err;
	return -(int)p.err.code;
}
