/* SPDX-License-Identifier: Apache-2.0 */
/* Builds in short: what is packed comes back, whatever the numbers; what is damaged is refused. */
#include "support/test.h"

#include "metrics/brief.h"

static struct cs_err err;

/* A small generator, for a failure must come again. */
static uint64_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* All sizes of numbers, the unknown one too. */
static int64_t some(uint64_t *seed)
{
	static const int64_t edges[] = { -1, 0, 1, 126, 127, 128, INT64_MAX - 1, INT64_MAX };
	uint64_t pick = next(seed) % 12;

	return pick < CS_N(edges) ? edges[pick] : (int64_t)(next(seed) >> (next(seed) % 31));
}

static int64_t number(uint64_t *seed)
{
	int64_t v = some(seed);

	return v < 0 ? 0 : v;
}

struct parts {
	int64_t labels[8];
	struct cs_brief_step steps[20];
	struct cs_brief_class classes[3];
	struct cs_brief_layer layers[12];
};

static void make_parts(uint64_t *seed, struct parts *p, struct cs_brief *b)
{
	uint32_t index = 0;

	b->labels = p->labels;
	b->n_labels = next(seed) % 5;
	for (size_t i = 0; i < CS_N(p->labels); i++)
		p->labels[i] = number(seed);
	b->steps = p->steps;
	b->n_steps = next(seed) % (CS_N(p->steps) + 1);
	for (size_t i = 0; i < CS_N(p->steps); i++, index++) {
		index += (uint32_t)(next(seed) % 3 ? 0 : next(seed) % 100);
		p->steps[i] = (struct cs_brief_step){
			.def = number(seed),
			.index = index,
			.class = next(seed) % 2 ? CS_STEP_FILE : CS_STEP_EXEC,
			.state = (uint8_t)(CS_STATE_HIT + next(seed) % 3),
			.ns = some(seed),
		};
		if (p->steps[i].state == CS_STATE_RUN)
			p->steps[i].work = next(seed) << 33 | next(seed);
	}
	b->classes = p->classes;
	b->n_classes = next(seed) % (CS_N(p->classes) + 1);
	for (size_t i = 0; i < CS_N(p->classes); i++)
		p->classes[i] = (struct cs_brief_class){ (uint8_t)(next(seed) % 9),
							 number(seed),
							 number(seed),
							 number(seed),
							 number(seed),
							 number(seed) };
	b->layers = p->layers;
	b->n_layers = next(seed) % (CS_N(p->layers) + 1);
	for (size_t i = 0; i < CS_N(p->layers); i++)
		p->layers[i] = (struct cs_brief_layer){ next(seed) << 33 | next(seed), some(seed) };
}

static void make_figures(uint64_t *seed, struct cs_figures *f)
{
	int64_t *const counts[] = { &f->step_hits,	     &f->step_runs,
				    &f->own_tar_bytes,	     &f->hit_tar_bytes,
				    &f->own_blob_bytes,	     &f->hit_blob_bytes,
				    &f->new_blob_bytes,	     &f->pulled_blob_bytes,
				    &f->duration_ns,	     &f->builder_cached_steps,
				    &f->builder_total_steps, &f->savings.hits,
				    &f->savings.priced_hits, &f->savings.runs,
				    &f->savings.gross_ns,    &f->savings.run_ns,
				    &f->savings.overhead_ns };
	bool *const flags[] = {
		&f->completed,	       &f->undecided, &f->rated,	 &f->cold,
		&f->first_of_scope,    &f->full_hit,  &f->savings.known, &f->savings.overhead_known,
		&f->savings.wall_known
	};

	for (size_t i = 0; i < CS_N(counts); i++)
		*counts[i] = some(seed);
	for (size_t i = 0; i < CS_N(flags); i++)
		*flags[i] = next(seed) % 2;
	f->savings.wall_ns = next(seed) % 2 ? -some(seed) : some(seed);
}

static void make_brief(uint64_t *seed, struct parts *p, struct cs_brief *b)
{
	static const char *const commits[] = { NULL,  "",     "0123456789abcdef",
					       "abc", "v1.0", "0123456789ABCDEF" };

	memset(b, 0, sizeof(*b));
	b->scope = number(seed);
	b->target = number(seed);
	b->platform = number(seed);
	b->job = number(seed);
	b->workflow = number(seed);
	b->ref = number(seed);
	b->run = number(seed);
	b->started = next(seed) % 2;
	b->writes = next(seed) % 2;
	b->layers_known = next(seed) % 2;
	b->event = (enum cs_event)(next(seed) % (CS_EVENT_OTHER + 1));
	b->status = (enum cs_build_status)(next(seed) % (CS_STATUS_CANCELED + 1));
	b->source_kind = (enum cs_source_kind)(next(seed) % (CS_SOURCE_RECORD + 1));
	b->tests_passed = (enum cs_tri)(next(seed) % 3);
	b->pushed = (enum cs_tri)(next(seed) % 3);
	b->attempt = some(seed);
	b->input = next(seed) << 33 | next(seed);
	b->config = next(seed) << 33 | next(seed);
	b->diff_ids = next(seed) % 2 ? next(seed) : 0;
	b->misses = number(seed);
	b->stored_misses = number(seed);
	b->commit = commits[next(seed) % CS_N(commits)];
	make_figures(seed, &b->figures);
	make_parts(seed, p, b);
}

#define same(field) assert_true(a->field == b->field)

static void assert_same_figures(const struct cs_figures *a, const struct cs_figures *b)
{
	same(completed);
	same(undecided);
	same(rated);
	same(cold);
	same(first_of_scope);
	same(full_hit);
	same(step_hits);
	same(step_runs);
	same(own_tar_bytes);
	same(hit_tar_bytes);
	same(own_blob_bytes);
	same(hit_blob_bytes);
	same(new_blob_bytes);
	same(pulled_blob_bytes);
	same(duration_ns);
	same(builder_cached_steps);
	same(builder_total_steps);
	same(savings.known);
	same(savings.overhead_known);
	same(savings.wall_known);
	same(savings.hits);
	same(savings.priced_hits);
	same(savings.runs);
	same(savings.gross_ns);
	same(savings.run_ns);
	same(savings.overhead_ns);
	same(savings.wall_ns);
}

static void assert_same_head(const struct cs_brief *a, const struct cs_brief *b)
{
	same(id);
	same(project);
	same(time_unix_ns);
	same(scope);
	same(target);
	same(platform);
	same(job);
	same(workflow);
	same(ref);
	same(run);
	same(started);
	same(writes);
	same(layers_known);
	same(event);
	same(status);
	same(source_kind);
	same(tests_passed);
	same(pushed);
	same(attempt);
	same(input);
	same(config);
	same(diff_ids);
	same(misses);
	same(stored_misses);
	assert_same_figures(&a->figures, &b->figures);
}

static void assert_same_parts(const struct cs_brief *a, const struct cs_brief *b)
{
	assert_true(!a->commit == !b->commit);
	if (a->commit)
		assert_string_equal(a->commit, b->commit);
	same(n_labels);
	for (size_t i = 0; i < a->n_labels * 2; i++)
		same(labels[i]);
	same(n_steps);
	for (size_t i = 0; i < a->n_steps; i++) {
		same(steps[i].def);
		same(steps[i].index);
		same(steps[i].class);
		same(steps[i].state);
		same(steps[i].ns);
		same(steps[i].work);
	}
	same(n_classes);
	for (size_t i = 0; i < a->n_classes; i++) {
		same(classes[i].class);
		same(classes[i].runs);
		same(classes[i].hits);
		same(classes[i].priced_hits);
		same(classes[i].run_ns);
		same(classes[i].saved_ns);
	}
	same(n_layers);
	for (size_t i = 0; i < a->n_layers; i++) {
		same(layers[i].blob);
		same(layers[i].blob_bytes);
	}
}

static void test_there_and_back(void **state CS_UNUSED)
{
	struct cs_brief_room room = { 0 };
	struct cs_buf buf = CS_BUF_INIT;
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		struct cs_brief in, out = { .id = 5, .project = 6, .time_unix_ns = 7 };
		struct parts parts;

		make_brief(&seed, &parts, &in);
		in.id = 5;
		in.project = 6;
		in.time_unix_ns = 7;
		cs_buf_reset(&buf);
		assert_done(cs_brief_pack(&in, &buf, &err));
		assert_done(cs_brief_unpack(buf.data, buf.len, CS_BRIEF_ALL, &room, &out, &err));
		assert_same_head(&in, &out);
		assert_same_parts(&in, &out);
		/* what is not wanted is passed over */
		assert_done(cs_brief_unpack(buf.data, buf.len, 0, &room, &out, &err));
		assert_same_head(&in, &out);
		assert_null(out.commit);
		assert_null(out.steps);
		assert_int_equal(0, out.n_labels + out.n_steps + out.n_classes + out.n_layers);
		assert_done(cs_brief_unpack(buf.data, buf.len, CS_BRIEF_LAYERS, &room, &out, &err));
		assert_int_equal(in.n_layers, out.n_layers);
	}
	cs_buf_release(&buf);
	cs_brief_room_release(&room);
}

/* Cut anywhere it is damaged; with bytes changed it is damaged or something else, never a crash. */
static void test_damaged(void **state CS_UNUSED)
{
	struct cs_brief_room room = { 0 };
	struct cs_buf buf = CS_BUF_INIT;
	uint64_t seed = 2;

	for (int i = 0; i < 200; i++) {
		struct cs_brief in, out = { 0 };
		struct parts parts;
		char *copy;

		make_brief(&seed, &parts, &in);
		cs_buf_reset(&buf);
		assert_done(cs_brief_pack(&in, &buf, &err));
		for (size_t len = 0; len < buf.len; len++) {
			copy = malloc(len + 1); /* so that a sanitizer sees what is read past it */
			memcpy(copy, buf.data, len);
			assert_code(CS_FORMAT,
				    cs_brief_unpack(copy, len, CS_BRIEF_ALL, &room, &out, &err));
			free(copy);
		}
		assert_int_equal(0, cs_buf_putc(&buf, 0));
		assert_code(CS_FORMAT,
			    cs_brief_unpack(buf.data, buf.len, CS_BRIEF_ALL, &room, &out, &err));
		buf.len--;
		copy = malloc(buf.len);
		for (int k = 0; k < 200; k++) {
			int r;

			memcpy(copy, buf.data, buf.len);
			copy[1 + next(&seed) % (buf.len - 1)] = (char)next(&seed);
			copy[1 + next(&seed) % (buf.len - 1)] = (char)next(&seed);
			r = cs_brief_unpack(copy, buf.len, CS_BRIEF_ALL, &room, &out, &err);
			assert_true(r == 0 || r == -CS_FORMAT);
		}
		free(copy);
	}
	cs_buf_release(&buf);
	cs_brief_room_release(&room);
}

static void test_other_version(void **state CS_UNUSED)
{
	struct cs_brief_room room = { 0 };
	struct cs_brief in, out = { .id = 9 };
	struct cs_buf buf = CS_BUF_INIT;
	struct parts parts;
	uint64_t seed = 3;

	make_brief(&seed, &parts, &in);
	assert_done(cs_brief_pack(&in, &buf, &err));
	buf.data[0]++;
	assert_int_equal(1, cs_brief_unpack(buf.data, buf.len, 0, &room, &out, &err));
	assert_int_equal(9, out.id);
	cs_buf_release(&buf);
	cs_brief_room_release(&room);
}

/* --- making --- */

/* COPY ran, RUN a hit of known price, RUN failed, a hit that was never seen running, an import. */
static void fill_steps(struct cs_step steps[6])
{
	static const struct {
		const char *instruction;
		enum cs_step_class class;
		enum cs_step_state state;
		int64_t ns;
	} told[] = {
		{ NULL, CS_STEP_INTERNAL, CS_STATE_RUN, 5 },
		{ "COPY a b", CS_STEP_FILE, CS_STATE_RUN, 20 },
		{ "RUN one", CS_STEP_EXEC, CS_STATE_HIT, 0 },
		{ "RUN two", CS_STEP_EXEC, CS_STATE_FAILED, 30 },
		{ "RUN three", CS_STEP_EXEC, CS_STATE_HIT, 0 },
		{ NULL, CS_STEP_IMPORT, CS_STATE_RUN, 40 },
	};

	memset(steps, 0, CS_N(told) * sizeof(*steps));
	for (size_t i = 0; i < CS_N(told); i++) {
		steps[i].index = (uint32_t)i;
		steps[i].instruction = told[i].instruction;
		steps[i].class = told[i].class;
		steps[i].state = told[i].state;
		steps[i].duration_ns = told[i].ns;
		steps[i].layer = -1;
		steps[i].started_unix_ns = steps[i].completed_unix_ns = CS_TIME_NONE;
	}
}

static void test_made_of_build(void **state CS_UNUSED)
{
	static const int64_t defs[] = { 10, 11, 12, 13, 14, 15 };
	struct cs_brief_numbers numbers = { .project = 1, .scope = 2, .run = 3, .defs = defs };
	struct cs_arena *arena = cs_arena_new();
	struct cs_step steps[6];
	struct cs_layer layers[2] = { { .state = CS_LAYER_RUN, .blob_present_before = true },
				      { .state = CS_LAYER_HIT } };
	struct cs_figures figures = { .duration_ns = -1 };
	struct cs_prices *prices;
	struct cs_build b;
	struct cs_brief brief;

	cs_build_init(&b);
	b.id = "00000000000000ff";
	b.facts.scope = "test";
	b.recorded_unix_ns = 77;
	fill_steps(steps);
	b.steps = steps;
	b.n_steps = CS_N(steps);
	assert_done(cs_prices_new(&prices, &err));
	steps[2].state = CS_STATE_RUN;
	steps[2].duration_ns = 50;
	assert_done(cs_prices_learn(prices, &b, &err));
	fill_steps(steps);
	memset(layers[0].blob_digest.bytes, 1, 32);
	layers[0].blob_digest.algo = CS_DIGEST_SHA256;
	layers[0].blob_bytes = 9;
	layers[1].blob_bytes = -1;
	b.layers = layers;
	b.n_layers = CS_N(layers);
	assert_done(cs_brief_make(&b, &figures, prices, &numbers, arena, &brief, &err));
	assert_int_equal(255, brief.id);
	assert_int_equal(77, brief.time_unix_ns);
	assert_false(brief.started);
	assert_int_equal(4, brief.n_steps);
	assert_int_equal(11, brief.steps[0].def);
	assert_int_equal(1, brief.steps[0].index);
	assert_int_equal(20, brief.steps[0].ns);
	assert_true(brief.steps[0].work != 0);
	assert_int_equal(50, brief.steps[1].ns);
	assert_int_equal(0, brief.steps[1].work);
	assert_int_equal(CS_STATE_FAILED, brief.steps[2].state);
	assert_int_equal(-1, brief.steps[3].ns);
	assert_int_equal(1, brief.n_classes);
	assert_int_equal(CS_STEP_IMPORT, brief.classes[0].class);
	assert_int_equal(40, brief.classes[0].run_ns);
	assert_false(brief.layers_known);
	assert_int_equal(1, brief.misses);
	assert_int_equal(1, brief.stored_misses);
	assert_true(brief.layers[0].blob == UINT64_C(0x0101010101010101));
	cs_prices_free(prices);
	cs_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_made_of_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
