/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding a layer costs about as much as all that is done with its bytes, so that two processors
 * halve the time of a layer that is alone. Layers side by side need no second thread each: handing
 * blocks over costs caches and wakes. So it begins in the middle of a stream, at the first block
 * that finds a processor without work, which is at the last layer, at the only one, or at a layer
 * larger than all others together. The decoder writes into the blocks that are handed over, so that
 * none is copied. Refused: threads per stage from the start, and parallel decoding of one gzip
 * stream, which decodes twice what it wins.
 */
#include "io/stream_priv.h"

#include <pthread.h>
#include <stdatomic.h>

#define N_BLOCKS 4

struct ahead {
	struct cs_stream base;
	_Atomic int *spare;
	bool started, failed_to_start;
	bool lent; /* the oldest block is the reader's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, room;
	uint8_t *blocks[N_BLOCKS];
	/* under lock */
	size_t len[N_BLOCKS];
	unsigned first, n_full;
	bool stop, over; /* over: the thread has done all it will, with this result */
	int result;
	struct cs_err why;
};

static bool spare_take(_Atomic int *spare)
{
	int n = atomic_load(spare);

	while (n > 0) {
		if (atomic_compare_exchange_weak(spare, &n, n - 1))
			return true;
	}
	return false;
}

/* Under lock. */
static bool wait_room(struct ahead *a)
{
	while (a->n_full == N_BLOCKS && !a->stop)
		pthread_cond_wait(&a->room, &a->lock);
	return !a->stop;
}

static void *ahead_main(void *arg)
{
	struct ahead *a = arg;
	struct cs_stream *parent = a->base.parent;
	unsigned at = 0;
	int r = 0;

	pthread_mutex_lock(&a->lock);
	while (r == 0 && wait_room(a)) {
		size_t len = 0;

		pthread_mutex_unlock(&a->lock);
		r = parent->ops->fill(parent, a->blocks[at], &len, &a->why);
		pthread_mutex_lock(&a->lock);
		if (r == 0 && len) {
			a->len[at] = len;
			at = (at + 1) % N_BLOCKS;
			a->n_full++;
			pthread_cond_signal(&a->filled);
		}
	}
	a->result = r;
	a->over = true;
	pthread_cond_signal(&a->filled);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static bool blocks_alloc(struct ahead *a)
{
	for (unsigned i = 0; i < N_BLOCKS; i++) {
		if (!a->blocks[i])
			a->blocks[i] = malloc(CS_STREAM_BLOCK);
		if (!a->blocks[i])
			return false;
	}
	return true;
}

/* Without memory or a thread it goes on as before: slower. */
static void start(struct ahead *a)
{
	a->started = blocks_alloc(a) && pthread_create(&a->thread, NULL, ahead_main, a) == 0;
	a->failed_to_start = !a->started;
	if (!a->started)
		atomic_fetch_add(a->spare, 1);
}

static int ahead_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		      struct cs_err *err)
{
	struct ahead *a = (struct ahead *)s;
	int r = 0;

	if (!a->started && !a->failed_to_start && spare_take(a->spare))
		start(a);
	if (!a->started)
		return cs_stream_read(s->parent, ret_data, ret_len, err);
	pthread_mutex_lock(&a->lock);
	if (a->lent) {
		a->first = (a->first + 1) % N_BLOCKS;
		a->n_full--;
		pthread_cond_signal(&a->room);
	}
	while (!a->n_full && !a->over)
		pthread_cond_wait(&a->filled, &a->lock);
	a->lent = a->n_full > 0;
	if (a->lent) {
		*ret_data = a->blocks[a->first];
		*ret_len = a->len[a->first];
	} else {
		r = a->result;
		if (r < 0)
			*err = a->why;
	}
	pthread_mutex_unlock(&a->lock);
	return r;
}

static void ahead_release(struct cs_stream *s)
{
	struct ahead *a = (struct ahead *)s;

	if (a->started) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->room);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
		atomic_fetch_add(a->spare, 1);
	}
	for (unsigned i = 0; i < N_BLOCKS; i++)
		free(a->blocks[i]);
	pthread_cond_destroy(&a->room);
	pthread_cond_destroy(&a->filled);
	pthread_mutex_destroy(&a->lock);
}

static const struct cs_stream_ops ahead_ops = { .read = ahead_read, .release = ahead_release };

bool cs_stream_runs_ahead(const struct cs_stream *s)
{
	return s->ops == &ahead_ops && ((const struct ahead *)s)->started;
}

int cs_stream_ahead(struct cs_stream *parent, _Atomic int *spare, struct cs_stream **ret,
		    struct cs_err *err)
{
	struct ahead *a;

	if (!spare || !parent->ops->fill) {
		*ret = parent;
		return 0;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		cs_stream_close(parent);
		return cs_err_nomem(err);
	}
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->room, NULL);
	a->base.ops = &ahead_ops;
	a->base.parent = parent;
	a->spare = spare;
	*ret = &a->base;
	return 0;
}
