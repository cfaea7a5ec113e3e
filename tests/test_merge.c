/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging gives the same build in whatever order and grouping its sources come: random partial
 * accounts of one build, contradictions among them, folded in every permutation and bracketing.
 */
#include "support/test.h"

#include "support/store.h"

#include "model/merge.h"

#define S CS_NS_PER_S

static int set_up(void **state)
{
	*state = cs_arena_new();
	assert_non_null(*state);
	return 0;
}

static int tear_down(void **state)
{
	cs_arena_free(*state);
	return 0;
}

static struct cs_build merged(struct cs_arena *arena, const struct cs_build *a,
			      const struct cs_build *b)
{
	struct cs_build into = *a;

	assert_int_equal(0, cs_build_merge(&into, b, arena, &err));
	return into;
}

/* --- random accounts of one build --- */

struct gen {
	struct cs_arena *arena;
	uint64_t seed;
};

static unsigned roll(struct gen *g, unsigned n)
{
	g->seed = g->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(g->seed >> 33) % n;
}

/* Unknown, the truth, or one of two contradictions. */
static const char *some_text(struct gen *g, const char *what)
{
	static const char *const suffix[] = { "", "", "", "-a", "-b" };
	unsigned n = roll(g, 8);

	return n < 5 ? cs_arena_printf(g->arena, "%s%s", what, suffix[n]) : NULL;
}

static int64_t some_number(struct gen *g, int64_t truth, int64_t none)
{
	unsigned n = roll(g, 8);

	return n < 3 ? truth : n < 5 ? truth + n : none;
}

static struct cs_digest some_digest(struct gen *g, const char *kind)
{
	struct cs_digest none = { .algo = CS_DIGEST_NONE };
	unsigned n = roll(g, 8);

	return n < 5 ? sample_digest(kind, n < 3 ? 0 : (int)n) : none;
}

static void some_facts(struct gen *g, struct cs_facts *f, enum cs_source_kind kind)
{
	static const uint8_t others[] = { CS_FROM_DEFAULT, CS_FROM_CI, CS_FROM_TARGET, CS_FROM_RULE,
					  CS_FROM_USER };
	static const char *const keys[] = { "branch", "team", "tree" };

	f->project = "app";
	f->scope = some_text(g, "test");
	f->event_raw = some_text(g, "pull_request");
	f->event = (enum cs_event)roll(g, 4);
	f->ref = some_text(g, "refs/heads/x");
	f->commit = some_text(g, "0123");
	f->run_id = some_text(g, "77");
	f->attempt = some_number(g, 1, -1);
	f->workflow = some_text(g, "ci");
	f->job = some_text(g, "job");
	f->target = some_text(g, "target");
	f->started_unix_ns = some_number(g, 5 * S, CS_TIME_NONE);
	f->completed_unix_ns = some_number(g, 9 * S, CS_TIME_NONE);
	f->tests_passed = (enum cs_tri)roll(g, 3);
	f->pushed = (enum cs_tri)roll(g, 3);
	f->labels = cs_arena_array(g->arena, 3, sizeof(*f->labels));
	for (size_t i = 0; i < 3; i++) {
		const char *value = some_text(g, "value");

		if (value)
			f->labels[f->n_labels++] = (struct cs_kv){ keys[i], value };
	}
	for (size_t i = 0; i < CS_N_FACTS; i++)
		f->from[i] = roll(g, 2) ? (uint8_t)(CS_FROM_INPUT + kind)
					: others[roll(g, CS_N(others))];
}

static void some_recipe(struct gen *g, struct cs_recipe *r)
{
	r->n_build_args = roll(g, 3);
	r->build_args = cs_arena_array(g->arena, 2, sizeof(*r->build_args));
	r->n_materials = roll(g, 2);
	r->materials = cs_arena_array(g->arena, 1, sizeof(*r->materials));
	r->n_base_diff_ids = roll(g, 3);
	r->base_diff_ids = cs_arena_array(g->arena, 2, sizeof(*r->base_diff_ids));
	r->n_caches = roll(g, 2);
	r->caches = cs_arena_array(g->arena, 1, sizeof(*r->caches));
	for (size_t i = 0; i < 2; i++) {
		r->build_args[i] = (struct cs_kv){ "ARG", some_text(g, "v") };
		r->base_diff_ids[i] = some_digest(g, "base");
	}
	r->materials[0] = (struct cs_base_ref){ some_text(g, "alpine"), some_digest(g, "alpine") };
	r->caches[0] = (struct cs_cache_ref){ "gha", NULL, some_text(g, "scope"), NULL, false };
	r->gha_scope = some_text(g, "scope");
	r->no_cache = roll(g, 4) == 0;
	r->no_cache_stages = some_text(g, "a,b");
	r->epoch_set = roll(g, 4) == 0;
	r->dockerfile = some_text(g, "Dockerfile");
	r->dockerfile_text = some_text(g, "FROM alpine");
	r->context = some_text(g, ".");
	r->vcs_source = some_text(g, "https://git.example/x");
	r->vcs_revision = some_text(g, "0123");
	r->error = some_text(g, "exit code: 1");
	r->n_warnings = some_number(g, 0, -1);
}

static void some_steps(struct gen *g, struct cs_build *b)
{
	b->n_steps = 1 + roll(g, 2);
	b->steps = cs_arena_array(g->arena, b->n_steps, sizeof(*b->steps));
	for (size_t i = 0; i < b->n_steps; i++) {
		struct cs_step *s = &b->steps[i];

		s->index = (uint32_t)i;
		s->name = i ? "RUN b" : "RUN a";
		s->instruction = s->name;
		s->class = CS_STEP_EXEC;
		s->state = roll(g, 2) ? CS_STATE_HIT : CS_STATE_RUN;
		s->evidence = CS_EVIDENCE_OBSERVED;
		s->duration_ns = some_number(g, S, -1);
		s->started_unix_ns = some_number(g, 6 * S, CS_TIME_NONE);
		s->completed_unix_ns = CS_TIME_NONE;
		s->layer = b->n_layers && roll(g, 2) ? (int)roll(g, (unsigned)b->n_layers) : -1;
	}
}

static void some_layers(struct gen *g, struct cs_build *b)
{
	b->n_layers = 2 + roll(g, 2);
	b->layers = cs_arena_array(g->arena, b->n_layers, sizeof(*b->layers));
	for (size_t i = 0; i < b->n_layers; i++) {
		struct cs_layer *l = &b->layers[i];

		l->index = (uint32_t)i;
		l->diff_id = sample_digest("diff", (int)i);
		l->blob_digest = some_digest(g, i ? "blob" : "base blob");
		l->blob_bytes = some_number(g, 100, -1);
		l->tar_bytes = 200;
		l->counts.entries = some_number(g, 7, -1);
		l->created_unix_ns = some_number(g, 3 * S, CS_TIME_NONE);
		l->created_by = "RUN a";
		l->state = i == 0 ? CS_LAYER_BASE : (enum cs_layer_state)roll(g, 3);
	}
	b->base_evidence = roll(g, 2) ? CS_BASE_HISTORY : CS_BASE_UNKNOWN;
	b->base_layers = b->base_evidence == CS_BASE_UNKNOWN ? -1 : 1;
	if (b->source_kind == CS_SOURCE_IMAGE)
		assert_int_equal(0, cs_steps_from_layers(b->layers, b->n_layers, g->arena,
							 &b->steps, &b->n_steps, &err));
}

static struct cs_build some_account(struct gen *g)
{
	struct cs_build b;
	const char *platform;

	cs_build_init(&b);
	b.source_kind = (enum cs_source_kind)roll(g, CS_SOURCE_RECORD + 1);
	some_facts(g, &b.facts, b.source_kind);
	some_recipe(g, &b.recipe);
	platform = some_text(g, "linux/amd64");
	snprintf(b.platform, sizeof(b.platform), "%s", platform ? platform : "");
	b.builder_ref = some_text(g, "ref");
	b.invocation_id = some_text(g, "inv");
	b.status = (enum cs_build_status)roll(g, 4);
	b.source = some_text(g, "file");
	b.image_ref = some_text(g, "app:1");
	b.manifest_digest = some_digest(g, "manifest");
	b.config_digest = some_digest(g, "config");
	b.image_created_unix_ns = some_number(g, 8 * S, CS_TIME_NONE);
	b.recorded_unix_ns = some_number(g, 20 * S, CS_TIME_NONE);
	b.builder_cached_steps = some_number(g, 1, -1);
	b.builder_total_steps = some_number(g, 9, -1);
	b.builder_completed_steps = some_number(g, 9, -1);
	b.graph = (uint64_t)some_number(g, 5, 0);
	b.n_results = roll(g, 3);
	b.results = cs_arena_array(g->arena, 2, sizeof(*b.results));
	b.results[0] = some_digest(g, "index");
	b.results[1] = some_digest(g, "config");
	if (b.source_kind == CS_SOURCE_IMAGE || roll(g, 4) == 0)
		some_layers(g, &b);
	if (b.source_kind != CS_SOURCE_IMAGE && roll(g, 3))
		some_steps(g, &b);
	if (roll(g, 4) == 0) {
		struct cs_build other = some_account(g);

		return merged(g->arena, &b, &other); /* as one comes out of a store */
	}
	return b;
}

/* --- every order and grouping --- */

#define PARTS_MAX 4

/* Links of steps are to layers that are there, whatever was taken from whom. */
static void assert_whole(const struct cs_build *b)
{
	for (size_t i = 0; i < b->n_steps; i++)
		assert_true(b->steps[i].layer < (int)b->n_layers);
	for (size_t i = 1; i < b->n_results; i++)
		assert_true(cs_digest_compare(&b->results[i - 1], &b->results[i]) < 0);
	for (size_t i = 1; i < b->facts.n_labels; i++)
		assert_true(strcmp(b->facts.labels[i - 1].key, b->facts.labels[i].key) < 0);
}

/* All groupings of parts[order[from … to-1]]; at most 5 of 4. */
static size_t group(struct cs_arena *arena, const struct cs_build *parts, const int *order,
		    int from, int to, struct cs_build *ret)
{
	size_t n = 0;

	if (to - from == 1) {
		ret[0] = parts[order[from]];
		return 1;
	}
	for (int at = from + 1; at < to; at++) {
		struct cs_build left[5], right[5];
		size_t n_left = group(arena, parts, order, from, at, left);
		size_t n_right = group(arena, parts, order, at, to, right);

		for (size_t i = 0; i < n_left; i++) {
			for (size_t k = 0; k < n_right; k++)
				ret[n++] = merged(arena, &left[i], &right[k]);
		}
	}
	return n;
}

static void swap_two(int *order, int i, int k)
{
	int was = order[i];

	order[i] = order[k];
	order[k] = was;
}

static bool next_order(int *order, int n)
{
	int i = n - 2, k = n - 1;

	while (i >= 0 && order[i] >= order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[k] <= order[i])
		k--;
	swap_two(order, i, k);
	for (i++, k = n - 1; i < k; i++, k--)
		swap_two(order, i, k);
	return true;
}

static void any_order_any_grouping(void **state CS_UNUSED)
{
	size_t n_groupings = 0;

	for (uint64_t seed = 1; seed <= 1500; seed++) {
		struct gen g = { cs_arena_new(), seed };
		struct cs_build parts[PARTS_MAX], results[5], first;
		int order[PARTS_MAX] = { 0, 1, 2, 3 };
		int n = 2 + (int)roll(&g, PARTS_MAX - 1);
		bool has_first = false;

		for (int i = 0; i < n; i++)
			parts[i] = some_account(&g);
		do {
			size_t n_results = group(g.arena, parts, order, 0, n, results);

			for (size_t i = 0; i < n_results; i++) {
				assert_whole(&results[i]);
				if (!has_first)
					first = results[i];
				has_first = true;
				if (!cs_build_same(&first, &results[i]) ||
				    !cs_build_same(&results[i], &first))
					fail_msg("seed %d: another build", (int)seed);
				n_groupings++;
			}
		} while (next_order(order, n));
		for (int i = 0; i < n; i++) {
			struct cs_build again = merged(g.arena, &first, &parts[i]);

			if (!cs_build_same(&first, &again))
				fail_msg("seed %d: part %d changes the whole", (int)seed, i);
			again = merged(g.arena, &parts[i], &parts[i]);
			if (!cs_build_same(&parts[i], &again))
				fail_msg("seed %d: part %d is changed by itself", (int)seed, i);
		}
		cs_arena_free(g.arena);
	}
	assert_true(n_groupings > 50000);
}

/* --- who is believed --- */

static struct cs_build of_kind(enum cs_source_kind kind)
{
	struct cs_build b;

	cs_build_init(&b);
	b.source_kind = kind;
	for (size_t i = 0; i < CS_N_FACTS; i++)
		b.facts.from[i] = (uint8_t)(CS_FROM_INPUT + kind);
	return b;
}

/* The counts of an inspect document stand over those of a log, but not over a record's. */
static void the_builder_over_its_logs(void **state)
{
	struct cs_build plain = of_kind(CS_SOURCE_PLAIN), inspect = of_kind(CS_SOURCE_NONE);
	struct cs_build record = of_kind(CS_SOURCE_RECORD), b;
	struct cs_step step = { .name = "RUN a", .layer = -1, .duration_ns = -1 };

	plain.builder_total_steps = 10;
	plain.steps = &step;
	plain.n_steps = 1;
	plain.source = "ci.log";
	plain.facts.started_unix_ns = 5;
	inspect.builder_total_steps = 17;
	inspect.source = "inspect.json";
	inspect.facts.started_unix_ns = 3;
	record.builder_total_steps = 18;
	b = merged(*state, &plain, &inspect);
	assert_int_equal(17, b.builder_total_steps);
	assert_int_equal(CS_SOURCE_PLAIN, b.source_kind);
	assert_string_equal("ci.log", b.source);
	assert_int_equal(3, b.facts.started_unix_ns);
	assert_int_equal(CS_SOURCE_NONE, cs_build_told_by(&b, CS_PART_COUNTS));
	assert_int_equal(CS_SOURCE_PLAIN, cs_build_told_by(&b, CS_PART_STEPS));
	b = merged(*state, &b, &record);
	assert_int_equal(18, b.builder_total_steps);
	assert_int_equal(1, b.n_steps);
}

static void users_over_documents(void **state)
{
	struct cs_build user = of_kind(CS_SOURCE_PLAIN), record = of_kind(CS_SOURCE_RECORD), b;

	user.facts.scope = "a";
	user.facts.from[CS_FACT_SCOPE] = CS_FROM_USER;
	user.facts.target = "z";
	user.facts.from[CS_FACT_TARGET] = CS_FROM_CI;
	record.facts.scope = "b";
	record.facts.target = "b";
	b = merged(*state, &user, &record);
	assert_string_equal("a", b.facts.scope);
	assert_string_equal("b", b.facts.target);
	assert_int_equal(CS_FROM_USER, b.facts.from[CS_FACT_SCOPE]);
}

/* What is known of an image without having it gives way to the image, unknowns included. */
static void the_image_is_one_thing(void **state)
{
	struct cs_build image, record = of_kind(CS_SOURCE_RECORD), b;

	sample_build(*state, 1, &image);
	memset(&image.manifest_digest, 0, sizeof(image.manifest_digest));
	record.manifest_digest = sample_digest("other", 1);
	snprintf(record.platform, sizeof(record.platform), "linux/amd64,linux/arm64");
	b = merged(*state, &record, &image);
	assert_string_equal("linux/amd64", b.platform);
	assert_false(cs_digest_known(&b.manifest_digest));
	assert_int_equal(4, b.n_layers);
	assert_int_equal(3, b.n_steps); /* no other ones */
	assert_int_equal(3, b.steps[2].layer);
	assert_int_equal(2, b.n_results);
	assert_true(cs_digest_equal(&b.results[0], &record.manifest_digest) ||
		    cs_digest_equal(&b.results[1], &record.manifest_digest));
	record.steps = image.steps;
	record.n_steps = 2;
	b = merged(*state, &image, &record);
	assert_int_equal(2, b.n_steps);
	assert_int_equal(-1, b.steps[1].layer);
	assert_int_equal(2, image.steps[1].layer); /* the part is as it was */
}

/* --- the same --- */

#define CHANGE(name, what)                                                                         \
	static void change_##name(struct cs_build *b)                                              \
	{                                                                                          \
		b->what;                                                                           \
	}
CHANGE(scope, facts.scope = "other")
CHANGE(from, facts.from[CS_FACT_SCOPE] = CS_FROM_USER)
CHANGE(event, facts.event = CS_EVENT_MANUAL)
CHANGE(event_raw, facts.event_raw = "other")
CHANGE(ref, facts.ref = "other")
CHANGE(commit, facts.commit = NULL)
CHANGE(run, facts.run_id = "other")
CHANGE(attempt, facts.attempt++)
CHANGE(workflow, facts.workflow = "other")
CHANGE(job, facts.job = "other")
CHANGE(target, facts.target = "other")
CHANGE(started, facts.started_unix_ns++)
CHANGE(completed, facts.completed_unix_ns++)
CHANGE(tests, facts.tests_passed = CS_TRI_NO)
CHANGE(pushed, facts.pushed = CS_TRI_YES)
CHANGE(labels, facts.n_labels--)
CHANGE(platform, platform[0] = 'x')
CHANGE(builder_ref, builder_ref = "x")
CHANGE(invocation, invocation_id = "x")
CHANGE(kind, source_kind = CS_SOURCE_RECORD)
CHANGE(status, status = CS_STATUS_FAILED)
CHANGE(source, source = "x")
CHANGE(image_ref, image_ref = "x")
CHANGE(manifest, manifest_digest.bytes[1] ^= 1)
CHANGE(created, image_created_unix_ns++)
CHANGE(recorded, recorded_unix_ns++)
CHANGE(cached, builder_cached_steps++)
CHANGE(completed_steps, builder_completed_steps++)
CHANGE(base, base_layers++)
CHANGE(result, results[0].bytes[0] ^= 1)
CHANGE(graph, graph++)
CHANGE(args, recipe.n_build_args--)
CHANGE(material, recipe.materials[0].name = "x")
CHANGE(base_ids, recipe.base_diff_ids[0].bytes[0] ^= 1)
CHANGE(cache, recipe.caches[0].error = "x")
CHANGE(gha, recipe.gha_scope = "x")
CHANGE(no_cache, recipe.no_cache ^= true)
CHANGE(stages, recipe.no_cache_stages = "x")
CHANGE(epoch, recipe.epoch_set ^= true)
CHANGE(dockerfile, recipe.dockerfile = "x")
CHANGE(text, recipe.dockerfile_text = "x")
CHANGE(context, recipe.context = "x")
CHANGE(vcs, recipe.vcs_source = "x")
CHANGE(revision, recipe.vcs_revision = NULL)
CHANGE(error, recipe.error = "x")
CHANGE(warnings, recipe.n_warnings++)
CHANGE(told_by, told_by[CS_PART_COUNTS] = 1 + CS_SOURCE_PLAIN)
CHANGE(steps, n_steps--)
CHANGE(state, steps[1].state = CS_STATE_UNKNOWN)
CHANGE(duration, steps[1].duration_ns++)
CHANGE(inputs, steps[2].inputs[0] = 1)
CHANGE(layers, n_layers--)
CHANGE(blob, layers[1].blob_digest.bytes[0] ^= 1)
CHANGE(counts, layers[1].counts.entries = -1)
CHANGE(content, layers[1].content_digest.algo = CS_DIGEST_NONE)

static void same_sees_every_field(void **state)
{
	static void (*const changes[])(struct cs_build *) = {
		change_scope,	  change_from,	      change_event,	 change_event_raw,
		change_ref,	  change_commit,      change_run,	 change_attempt,
		change_workflow,  change_job,	      change_target,	 change_started,
		change_completed, change_tests,	      change_pushed,	 change_labels,
		change_platform,  change_builder_ref, change_invocation, change_kind,
		change_status,	  change_source,      change_image_ref,	 change_manifest,
		change_created,	  change_recorded,    change_cached,	 change_completed_steps,
		change_base,	  change_result,      change_graph,	 change_args,
		change_material,  change_base_ids,    change_cache,	 change_gha,
		change_no_cache,  change_stages,      change_epoch,	 change_dockerfile,
		change_text,	  change_context,     change_vcs,	 change_revision,
		change_error,	  change_warnings,    change_told_by,	 change_steps,
		change_state,	  change_duration,    change_inputs,	 change_layers,
		change_blob,	  change_counts,      change_content,
	};

	for (size_t i = 0; i < CS_N(changes); i++) {
		struct cs_build a, b;

		full_build(*state, 1, &a);
		full_build(*state, 1, &b);
		assert_true(cs_build_same(&a, &b));
		changes[i](&b);
		if (cs_build_same(&a, &b) || cs_build_same(&b, &a))
			fail_msg("change %zu is not seen", i);
	}
}

static void same_looks_past_verdicts(void **state)
{
	struct cs_build a, b;

	full_build(*state, 1, &a);
	full_build(*state, 1, &b);
	b.id = "0123456789abcdef";
	b.layers[3].state = CS_LAYER_UNKNOWN;
	b.layers[2].why = "something else";
	b.layers[2].seen_build_id = NULL;
	b.layers[2].tar_bytes++; /* another claim of what is known */
	b.steps[1].layer = -1;
	assert_true(cs_build_same(&a, &b));
	/* steps that stand for layers are verdicts */
	sample_build(*state, 1, &a);
	sample_build(*state, 1, &b);
	b.steps[1].state = CS_STATE_UNKNOWN;
	assert_true(cs_build_same(&a, &b));
	assert_true(cs_build_same(&b, &a));
}

/* --- kin, compatible --- */

static void refs_decide(void **state CS_UNUSED)
{
	struct cs_build a = of_kind(CS_SOURCE_RECORD), b = of_kind(CS_SOURCE_NONE);

	a.builder_ref = b.builder_ref = "k9hpm3kjz4uwu1hrtsbzwdwxu";
	a.facts.commit = "aaaaaaaaaaaa";
	b.facts.commit = "bbbbbbbbbbbb";
	assert_true(cs_build_kin(&a, &b));
	assert_true(cs_build_compatible(&a, &b));
	a.facts.project = "x";
	assert_false(cs_build_compatible(&a, &b));
	b.facts.project = "x";
	assert_true(cs_build_compatible(&a, &b));
	b.builder_ref = "other";
	assert_false(cs_build_kin(&a, &b));
	assert_false(cs_build_compatible(&a, &b));
	b.builder_ref = NULL;
	assert_false(cs_build_kin(&a, &b));	   /* nothing in common */
	assert_false(cs_build_compatible(&a, &b)); /* and the commits differ */
}

static void results_tie(void **state CS_UNUSED)
{
	struct cs_digest many[3], one = sample_digest("config", 1);
	struct cs_build a = of_kind(CS_SOURCE_RECORD), b = of_kind(CS_SOURCE_IMAGE);

	assert_false(cs_build_kin(&a, &b)); /* what is unknown ties nothing */
	a.results = many;
	a.n_results = 3;
	for (int i = 0; i < 3; i++)
		many[i] = sample_digest("config", i);
	b.config_digest = sample_digest("config", 7);
	assert_false(cs_build_kin(&a, &b));
	b.manifest_digest = one;
	assert_true(cs_build_kin(&a, &b));
	assert_true(cs_build_kin(&b, &a));
	a.n_results = 0;
	a.config_digest = one;
	assert_true(cs_build_kin(&a, &b));
}

static void graphs_tie_at_one_time(void **state CS_UNUSED)
{
	struct cs_build a = of_kind(CS_SOURCE_RECORD), b = of_kind(CS_SOURCE_RAWJSON);

	a.graph = b.graph = 5;
	assert_false(cs_build_kin(&a, &b));
	a.facts.started_unix_ns = 100 * S;
	b.facts.started_unix_ns = 110 * S;
	assert_true(cs_build_kin(&a, &b));
	assert_true(cs_build_compatible(&a, &b)); /* the live clock */
	b.facts.started_unix_ns++;
	assert_false(cs_build_kin(&a, &b));
	assert_false(cs_build_compatible(&a, &b));
	b.facts.started_unix_ns = INT64_MIN + 1;
	assert_false(cs_build_kin(&a, &b));
	a.graph = b.graph = 0;
	b.facts.started_unix_ns = 100 * S;
	assert_false(cs_build_kin(&a, &b));
}

static void clocks(void **state CS_UNUSED)
{
	static const struct {
		uint8_t a, b;
		int64_t apart;
		bool fits;
	} cases[] = {
		{ CS_FROM_INPUT + CS_SOURCE_RECORD, CS_FROM_INPUT + CS_SOURCE_IMAGE, 1000000,
		  true },
		{ CS_FROM_INPUT + CS_SOURCE_RECORD, CS_FROM_INPUT + CS_SOURCE_IMAGE, 1000001,
		  false },
		{ CS_FROM_INPUT, CS_FROM_INPUT + CS_SOURCE_RECORD, 2 * S, false },
		{ CS_FROM_INPUT, CS_FROM_INPUT + CS_SOURCE_RAWJSON, 10 * S, true },
		{ CS_FROM_INPUT, CS_FROM_INPUT + CS_SOURCE_RAWJSON, 11 * S, false },
		{ CS_FROM_INPUT + CS_SOURCE_PLAIN, CS_FROM_INPUT + CS_SOURCE_RECORD, 900 * S,
		  true },
		{ CS_FROM_USER, CS_FROM_INPUT + CS_SOURCE_RECORD, 900 * S, true },
		{ CS_FROM_USER, CS_FROM_USER, 0, true },
		{ CS_FROM_USER, CS_FROM_USER, 1, false },
		{ CS_FROM_CI, CS_FROM_CI, 1, true },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct cs_build a = of_kind(CS_SOURCE_NONE), b = of_kind(CS_SOURCE_NONE);

		a.facts.from[CS_FACT_STARTED] = cases[i].a;
		b.facts.from[CS_FACT_STARTED] = cases[i].b;
		a.facts.started_unix_ns = 1000 * S;
		b.facts.started_unix_ns = 1000 * S + cases[i].apart;
		if (cs_build_compatible(&a, &b) != cases[i].fits ||
		    cs_build_compatible(&b, &a) != cases[i].fits)
			fail_msg("case %zu", i);
	}
}

static void facts_speak_against(void **state CS_UNUSED)
{
	static const struct {
		enum cs_fact fact;
		const char *a, *b;
		uint8_t from_a, from_b;
		bool fits;
	} cases[] = {
		{ CS_FACT_COMMIT, "0123456789", "0123456789ab", CS_FROM_USER, CS_FROM_INPUT, true },
		{ CS_FACT_COMMIT, "0123456789-dirty", "0123456789", CS_FROM_USER, CS_FROM_INPUT,
		  true },
		{ CS_FACT_COMMIT, "0123456789", "0123456780", CS_FROM_USER, CS_FROM_INPUT, false },
		{ CS_FACT_COMMIT, "012345", "012345678", CS_FROM_USER, CS_FROM_INPUT, false },
		{ CS_FACT_COMMIT, "aaaaaaaaaa", "bbbbbbbbbb", CS_FROM_CI, CS_FROM_INPUT, true },
		{ CS_FACT_COMMIT, "aaaaaaaaaa", "bbbbbbbbbb", CS_FROM_CI, CS_FROM_CI, false },
		{ CS_FACT_COMMIT, "aaaaaaaaaa", "bbbbbbbbbb", CS_FROM_NOTHING, CS_FROM_NOTHING,
		  true },
		{ CS_FACT_RUN_ID, "1", "2", CS_FROM_USER, CS_FROM_INPUT + CS_SOURCE_RECORD, false },
		{ CS_FACT_RUN_ID, "1", "2", CS_FROM_USER, CS_FROM_CI, true },
		{ CS_FACT_TARGET, "a", "b", CS_FROM_INPUT + CS_SOURCE_IMAGE,
		  CS_FROM_INPUT + CS_SOURCE_RECORD, false },
		{ CS_FACT_JOB, "a", "b", CS_FROM_USER, CS_FROM_USER, false },
		{ CS_FACT_JOB, "a", "b", CS_FROM_INPUT + CS_SOURCE_PLAIN,
		  CS_FROM_INPUT + CS_SOURCE_RECORD, true },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct cs_build builds[2] = { of_kind(CS_SOURCE_NONE), of_kind(CS_SOURCE_NONE) };

		for (int k = 0; k < 2; k++) {
			struct cs_facts *f = &builds[k].facts;
			const char *value = k ? cases[i].b : cases[i].a;

			f->from[cases[i].fact] = k ? cases[i].from_b : cases[i].from_a;
			f->commit = cases[i].fact == CS_FACT_COMMIT ? value : NULL;
			f->run_id = cases[i].fact == CS_FACT_RUN_ID ? value : NULL;
			f->target = cases[i].fact == CS_FACT_TARGET ? value : NULL;
			f->job = cases[i].fact == CS_FACT_JOB ? value : NULL;
		}
		if (cs_build_compatible(&builds[0], &builds[1]) != cases[i].fits ||
		    cs_build_compatible(&builds[1], &builds[0]) != cases[i].fits)
			fail_msg("case %zu", i);
	}
}

static void platforms_and_invocations(void **state CS_UNUSED)
{
	struct cs_build a = of_kind(CS_SOURCE_IMAGE), b = of_kind(CS_SOURCE_IMAGE);

	snprintf(a.platform, sizeof(a.platform), "linux/amd64");
	snprintf(b.platform, sizeof(b.platform), "linux/arm64");
	assert_false(cs_build_compatible(&a, &b));
	a.source_kind = CS_SOURCE_RECORD;
	assert_true(cs_build_compatible(&a, &b));
	a.invocation_id = "x";
	assert_true(cs_build_compatible(&a, &b));
	b.invocation_id = "y";
	assert_false(cs_build_compatible(&a, &b));
	a.facts.run_id = b.facts.run_id = "1";
	b.invocation_id = "x";
	a.facts.attempt = 1;
	assert_true(cs_build_compatible(&a, &b));
	b.facts.attempt = 2;
	assert_false(cs_build_compatible(&a, &b));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(any_order_any_grouping),
		T(the_builder_over_its_logs),
		T(users_over_documents),
		T(the_image_is_one_thing),
		T(same_sees_every_field),
		T(same_looks_past_verdicts),
		T(refs_decide),
		T(results_tie),
		T(graphs_tie_at_one_time),
		T(clocks),
		T(facts_speak_against),
		T(platforms_and_invocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
