/* SPDX-License-Identifier: Apache-2.0 */
/* What a cache is good for, on caches of a few layers written down here. */
#include "support/test.h"

#include "metrics/cache_figures.h"

#define N 16

static struct cs_err err;

/* A digest that is nothing but different from others. */
static struct cs_digest digest(int n)
{
	return (struct cs_digest){ .algo = CS_DIGEST_SHA256, .bytes = { (uint8_t)n } };
}

/* A cache under construction. Blobs have the number of their tar plus 100. */
struct made {
	struct cs_cache cache;
	struct cs_cache_layer layers[N];
	struct cs_cache_record records[N];
	struct cs_cache_link links[N];
	struct cs_cache_result results[N];
	size_t places[N][4];
	size_t n_links, n_results;
};

static void begin(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->cache.layers = m->layers;
	m->cache.records = m->records;
}

static struct cs_cache_layer *add_layer(struct made *m, int tar, int parent, int64_t created_s)
{
	struct cs_cache_layer *l = &m->layers[m->cache.n_layers++];

	l->diff_id = digest(tar);
	l->blob_digest = digest(tar + 100);
	l->blob_bytes = 10;
	l->parent = parent;
	l->created_unix_ns = created_s * CS_NS_PER_S;
	l->dated = true;
	return l;
}

static void add_result(struct made *m, int64_t created_s, size_t n, const size_t *layers)
{
	struct cs_cache_record *rec = &m->records[m->cache.n_records - 1];
	struct cs_cache_result *result = &m->results[m->n_results];

	memcpy(m->places[m->n_results], layers, n * sizeof(*layers));
	*result = (struct cs_cache_result){ created_s * CS_NS_PER_S, n > 1, m->places[m->n_results],
					    n };
	m->n_results++;
	if (!rec->n_results++)
		rec->results = result;
}

/* A record on another (-1: none) that leads to a layer (-1: none). */
static void add_record(struct made *m, int key, int on, int layer, int64_t created_s)
{
	struct cs_cache_record *rec = &m->records[m->cache.n_records++];

	rec->digest = digest(key);
	rec->links = &m->links[m->n_links];
	if (on >= 0) {
		rec->n_inputs = 1;
		rec->n_links = 1;
		m->links[m->n_links++].record = (size_t)on;
	}
	if (layer >= 0)
		add_result(m, created_s, 1, &(size_t){ (size_t)layer });
}

static void make_image(struct cs_image *image, struct cs_layer *layers, int base, int n,
		       const int *tars)
{
	*image = (struct cs_image){ .layers = layers, .n_layers = (size_t)n, .base_layers = base };
	for (int i = 0; i < n; i++) {
		layers[i] = (struct cs_layer){ .created_by = "RUN it" };
		layers[i].diff_id = digest(tars[i]);
		layers[i].blob_digest = digest(tars[i] + 100);
	}
}

/* A base (1), a stage on it (2, 3), and the image's own: RUN (4), COPY --link (5). */
static void typical(struct made *m)
{
	begin(m);
	add_layer(m, 1, -1, 1);
	add_layer(m, 2, 0, 2);
	add_layer(m, 3, 1, 3);
	add_layer(m, 4, 0, 4);
	add_layer(m, 5, -1, 5);
	add_layer(m, 5, 3, 5);
	add_record(m, 50, -1, -1, 0); /* content */
	add_record(m, 51, 0, 1, 2);
	add_record(m, 52, 1, 2, 3);
	add_record(m, 53, 0, 3, 4);
	add_record(m, 54, 2, 4, 5);
	add_record(m, 55, 4, 5, 5); /* the merge */
}

static void served(void **state CS_UNUSED)
{
	static const int same[] = { 1, 4, 5 }, changed[] = { 1, 9, 5 }, linked[] = { 1, 9, 8, 5 };
	struct cs_cache_join join;
	struct cs_layer layers[4];
	struct cs_image image;
	struct made m;

	typical(&m);
	make_image(&image, layers, 1, 3, same);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_BASE, join.served[0]);
	assert_int_equal(CS_SERVED_BLOB, join.served[1]);
	assert_int_equal(CS_SERVED_BLOB, join.served[2]);
	assert_int_equal(2, join.own_layers);
	assert_int_equal(2, join.served_layers);
	assert_int_equal(CS_USE_STAGE, join.layers[1].use);
	assert_int_equal(CS_USE_STAGE, join.layers[2].use);
	assert_int_equal(CS_USE_IMAGE, join.layers[4].use);
	assert_int_equal(2, join.stage_blobs);
	assert_int_equal(20, join.stage_bytes);
	assert_int_equal(0, join.dead_blobs);
	assert_int_equal(0, join.layers[0].records);
	assert_int_equal(1, join.layers[5].records);
	assert_string_equal("RUN it", join.layers[5].created_by);
	assert_null(join.layers[2].created_by);
	cs_cache_join_release(&join);

	/* the linked layer stands on anything; what is below it is another */
	make_image(&image, layers, 1, 3, changed);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_ABSENT, join.served[1]);
	assert_int_equal(CS_SERVED_BLOB, join.served[2]);
	assert_int_equal(1, join.unserved_layers);
	assert_int_equal(CS_USE_NONE, join.layers[3].use);
	assert_int_equal(1, join.dead_blobs);
	cs_cache_join_release(&join);

	m.layers[4].blob_digest = digest(77);
	make_image(&image, layers, 1, 4, linked);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_DIFF_ID, join.served[3]);
	cs_cache_join_release(&join);
}

static void not_served(void **state CS_UNUSED)
{
	static const int tars[] = { 1, 2, 3 }, other[] = { 1, 9, 3 };
	struct cs_cache_join join;
	struct cs_layer layers[3];
	struct cs_image image;
	struct made m;

	/* only the uppermost has a record: the one below comes with it */
	begin(&m);
	add_layer(&m, 1, -1, 1);
	add_layer(&m, 2, 0, 2);
	add_layer(&m, 3, 1, 3);
	add_record(&m, 50, -1, 2, 3);
	make_image(&image, layers, 1, 3, tars);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_BELOW, join.served[1]);
	assert_int_equal(CS_SERVED_BLOB, join.served[2]);
	cs_cache_join_release(&join);

	/* the same tar on another layer proves nothing */
	make_image(&image, layers, 1, 3, other);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_OTHER_CHAIN, join.served[2]);
	assert_int_equal(-1, cs_served_answer(join.served[2]));
	assert_int_equal(0, join.served_layers);
	assert_int_equal(1, join.unserved_layers);
	cs_cache_join_release(&join);

	/* a blob that is gone breaks the chain, and with it what came only below */
	m.layers[2].blob = CS_BLOB_MISSING;
	make_image(&image, layers, 1, 3, tars);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_NO_RECORD, join.served[1]);
	assert_int_equal(CS_SERVED_NO_BLOB, join.served[2]);
	cs_cache_join_release(&join);
	m.layers[2].blob = CS_BLOB_HERE;
	m.layers[0].blob = CS_BLOB_UNLISTED;
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_NO_BLOB, join.served[2]);
	cs_cache_join_release(&join);

	/* without the record, nothing leads there; an unknown base makes all layers own */
	m.cache.n_records = 0;
	image.base_layers = -1;
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_NO_RECORD, join.served[2]);
	assert_int_equal(3, join.own_layers);
	cs_cache_join_release(&join);
}

static void chains(void **state CS_UNUSED)
{
	static const int tars[] = { 1, 2, 3 }, other[] = { 1, 9, 3 };
	struct cs_cache_join join;
	struct cs_layer layers[3];
	struct cs_image image;
	struct made m;

	/* a chain names its layers itself: their parents have no say */
	begin(&m);
	add_layer(&m, 2, -1, 2);
	add_layer(&m, 7, 0, 2);
	add_layer(&m, 3, 1, 3);
	add_record(&m, 50, -1, -1, 0);
	add_result(&m, 3, 2, (size_t[]){ 0, 2 });
	make_image(&image, layers, 1, 3, tars);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_BLOB, join.served[2]);
	assert_int_equal(CS_USE_IMAGE, join.layers[2].use);
	assert_int_equal(CS_USE_NONE, join.layers[1].use);
	cs_cache_join_release(&join);
	make_image(&image, layers, 1, 3, other);
	assert_done(cs_cache_join(&m.cache, &image, &join, &err));
	assert_int_equal(CS_SERVED_OTHER_CHAIN, join.served[2]);
	cs_cache_join_release(&join);
}

static void figures(void **state CS_UNUSED)
{
	const int64_t day = 86400;
	struct cs_cache_figures f;
	struct made m;

	typical(&m);
	assert_done(cs_cache_figures(&m.cache, 100 * day * CS_NS_PER_S, &f, &err));
	assert_int_equal(5, f.blobs); /* one stands twice */
	assert_int_equal(50, f.blob_bytes);
	assert_int_equal(1 * CS_NS_PER_S, f.oldest_unix_ns);
	assert_int_equal(5 * CS_NS_PER_S, f.newest_unix_ns);
	assert_int_equal(5, f.ages[4].blobs);
	assert_int_equal(-1, f.leftover_bytes);
	assert_int_equal(5, f.steps);
	assert_int_equal(CS_CACHE_MODE_MAX, f.mode);

	/* bands begin where the one before ends; a clock that is behind is no age below zero */
	m.layers[0].created_unix_ns = 99 * day * CS_NS_PER_S;
	m.layers[1].created_unix_ns = 99 * day * CS_NS_PER_S + 1;
	m.layers[2].created_unix_ns = 200 * day * CS_NS_PER_S;
	m.layers[3].created_unix_ns = CS_TIME_NONE;
	m.layers[3].blob_bytes = -1;
	m.layers[1].blob = CS_BLOB_MISSING;
	assert_done(cs_cache_figures(&m.cache, 100 * day * CS_NS_PER_S, &f, &err));
	assert_int_equal(2, f.ages[0].blobs);
	assert_int_equal(1, f.ages[1].blobs);
	assert_int_equal(1, f.undated_blobs);
	assert_int_equal(-1, f.undated_bytes);
	assert_int_equal(-1, f.blob_bytes);
	assert_int_equal(1, f.missing_blobs);
}

static void ages(void **state CS_UNUSED)
{
	assert_int_equal(-1, cs_cache_age(CS_TIME_NONE, 5));
	assert_int_equal(0, cs_cache_age(7, 5));
	assert_int_equal(2, cs_cache_age(3, 5));
	/* the year 1678 is further from now than ns can say */
	assert_true(cs_cache_age(-INT64_C(9200000000000000000), INT64_C(1795000000000000000)) ==
		    INT64_MAX);
}

static void modes(void **state CS_UNUSED)
{
	struct cs_cache_figures f;
	struct made m;

	/* min: the stage's steps are there, its layers are not */
	begin(&m);
	add_layer(&m, 1, -1, 1);
	add_layer(&m, 4, 0, 4);
	add_record(&m, 50, -1, -1, 0);
	add_record(&m, 51, 0, -1, 0);
	add_record(&m, 52, 1, 1, 4);
	assert_done(cs_cache_figures(&m.cache, 0, &f, &err));
	assert_int_equal(CS_CACHE_MODE_MIN, f.mode);
	assert_int_equal(2, f.steps);
	assert_int_equal(1, f.steps_without_layer);
	/* neither: one stage, all of whose steps have layers */
	begin(&m);
	add_layer(&m, 1, -1, 1);
	add_record(&m, 50, -1, -1, 0);
	add_record(&m, 51, 0, 0, 0);
	assert_done(cs_cache_figures(&m.cache, 0, &f, &err));
	assert_null(cs_cache_mode_name(f.mode));
	/* both */
	typical(&m);
	m.records[1].n_results = 0;
	assert_done(cs_cache_figures(&m.cache, 0, &f, &err));
	assert_null(cs_cache_mode_name(f.mode));
}

static void compared(void **state CS_UNUSED)
{
	struct cs_cache_changes c;
	struct made before, after;

	typical(&before);
	typical(&after);
	assert_done(cs_cache_compare(&before.cache, &after.cache, &c, &err));
	assert_int_equal(5, c.kept_blobs);
	assert_int_equal(6, c.kept_records);
	assert_int_equal(0, c.added_blobs + c.removed_blobs + c.rerun_blobs + c.rerun_records);
	cs_cache_changes_release(&c);

	/* the stage ran again: one new tar, one equal; the base was pulled again, which is no run
	 */
	after.layers[0].created_unix_ns = 90 * CS_NS_PER_S;
	after.layers[1].diff_id = digest(20);
	after.layers[1].created_unix_ns = 91 * CS_NS_PER_S;
	after.layers[2].created_unix_ns = 92 * CS_NS_PER_S;
	after.results[0].created_unix_ns = 91 * CS_NS_PER_S;
	after.records[0].digest = digest(60);
	assert_done(cs_cache_compare(&before.cache, &after.cache, &c, &err));
	assert_int_equal(CS_CACHE_KEPT, c.layers[0]);
	assert_int_equal(CS_CACHE_ADDED, c.layers[1]);
	assert_int_equal(CS_CACHE_RERUN, c.layers[2]);
	assert_int_equal(CS_CACHE_REMOVED, c.old_layers[1]);
	assert_int_equal(1, c.added_blobs);
	assert_int_equal(10, c.added_bytes);
	assert_int_equal(1, c.removed_blobs);
	assert_int_equal(1, c.rerun_blobs);
	assert_int_equal(CS_CACHE_ADDED, c.records[0]);
	assert_int_equal(CS_CACHE_RERUN, c.records[1]);
	assert_int_equal(CS_CACHE_REMOVED, c.old_records[0]);
	assert_true(c.again[5]);
	assert_false(c.again[4]);
	cs_cache_changes_release(&c);

	/* one export without times: nothing is said of what it would take times to know */
	after.layers[2].dated = false;
	assert_done(cs_cache_compare(&before.cache, &after.cache, &c, &err));
	assert_int_equal(CS_CACHE_KEPT, c.layers[2]);
	cs_cache_changes_release(&c);
}

static void empty(void **state CS_UNUSED)
{
	struct cs_cache_changes c;
	struct cs_cache_figures f;
	struct cs_cache_join join;
	struct made m;

	begin(&m);
	assert_done(cs_cache_figures(&m.cache, 0, &f, &err));
	assert_int_equal(CS_TIME_NONE, f.oldest_unix_ns);
	assert_int_equal(0, f.blob_bytes);
	assert_done(cs_cache_join(&m.cache, NULL, &join, &err));
	cs_cache_join_release(&join);
	assert_done(cs_cache_compare(&m.cache, &m.cache, &c, &err));
	cs_cache_changes_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(served),   cmocka_unit_test(not_served), cmocka_unit_test(chains),
		cmocka_unit_test(figures),  cmocka_unit_test(ages),	  cmocka_unit_test(modes),
		cmocka_unit_test(compared), cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
