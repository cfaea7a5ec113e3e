/* SPDX-License-Identifier: Apache-2.0 */
/* The causes of M12 over builds written as literals: each cause, and what must stay unknown. */
#include "support/test.h"

#include "metrics/why.h"

static struct cs_err err;
static struct cs_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = cs_arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cs_arena_free(arena);
	return 0;
}

/*
 * FROM(0) context(1) | COPY lock(2) RUN vendor(3) | COPY src(4) RUN make(5) | COPY --from(6)
 */
static const char dockerfile[] = "FROM kbase:1 AS deps\n"
				 "ENV A=1\n"
				 "COPY lock ./\n"
				 "RUN vendor\n"
				 "FROM deps AS build\n"
				 "ARG REV=dev\n"
				 "COPY src/ src/\n"
				 "RUN make\n"
				 "FROM kbase:1 AS prod\n"
				 "COPY --from=build /out /out\n";

#define N_STEPS 7
#define BASE_1	"FROM docker.io/library/kbase:1@sha256:1111111111111111111111111111111111111111"
#define BASE_2	"FROM docker.io/library/kbase:1@sha256:2222222222222222222222222222222222222222"

static struct cs_step step_of(const char *stage, const char *instruction, enum cs_step_class class,
			      int line, char state)
{
	return (struct cs_step){
		.name = instruction,
		.stage = stage,
		.instruction = instruction,
		.class = class,
		.state = state == 'h'	? CS_STATE_HIT
			 : state == 'f' ? CS_STATE_FAILED
			 : state == '.' ? CS_STATE_NOT_REACHED
					: CS_STATE_RUN,
		.evidence = CS_EVIDENCE_OBSERVED,
		.duration_ns = 1,
		.layer = -1,
		.first_line = line,
		.last_line = line,
	};
}

static void inputs(struct cs_step *s, size_t n, uint32_t a, uint32_t b)
{
	s->inputs = cs_arena_array(arena, 2, sizeof(*s->inputs));
	s->inputs[0] = a;
	s->inputs[1] = b;
	s->n_inputs = n;
}

/* states of the five cacheable steps: h r f . */
static struct cs_build *build_of(const char *id, const char *commit, const char *states)
{
	struct cs_build *b = cs_arena_alloc(arena, sizeof(*b));
	struct cs_step *s = cs_arena_array(arena, N_STEPS + 1, sizeof(*s));

	cs_build_init(b);
	b->id = id;
	b->facts.scope = "main";
	b->facts.target = "prod";
	b->facts.ref = "refs/heads/main";
	b->status = CS_STATUS_COMPLETED;
	b->source_kind = CS_SOURCE_RECORD;
	b->recipe.dockerfile_text = dockerfile;
	b->recipe.vcs_revision = commit;
	s[0] = step_of("deps", BASE_1, CS_STEP_SOURCE, 1, 'r');
	s[1] = step_of(NULL, "load build context", CS_STEP_SOURCE, 0, 'r');
	s[2] = step_of("deps", "COPY lock ./", CS_STEP_FILE, 3, states[0]);
	s[3] = step_of("deps", "RUN vendor", CS_STEP_EXEC, 4, states[1]);
	s[4] = step_of("build", "COPY src/ src/", CS_STEP_FILE, 7, states[2]);
	s[5] = step_of("build", "RUN make", CS_STEP_EXEC, 8, states[3]);
	s[6] = step_of("prod", "COPY --from=build /out /out", CS_STEP_FILE, 10, states[4]);
	inputs(&s[2], 2, 0, 1);
	inputs(&s[3], 1, 2, 0);
	inputs(&s[4], 2, 3, 1);
	inputs(&s[5], 1, 4, 0);
	inputs(&s[6], 2, 0, 5);
	for (uint32_t i = 0; i < N_STEPS; i++)
		s[i].index = i;
	b->steps = s;
	b->n_steps = N_STEPS;
	return b;
}

/* Files by commit: the same letter at 'lock' or 'src' = the same files. */
struct files {
	const struct cs_build *now;
	bool known;
};

/* A commit is "L…S…": its second letter is the version of lock, its fourth that of src. */
static int tell_files(void *arg, const struct cs_build *earlier, const struct cs_why_copy *copy,
		      struct cs_arena *a, struct cs_why_files *ret, struct cs_err *e)
{
	static const char *names[] = { "src/main.c" };
	const struct files *f = arg;
	int at = strcmp(copy->sources[0], "lock") == 0 ? 1 : 3;

	(void)a, (void)e;
	assert_int_equal(1, copy->n_sources);
	if (!f->known || copy->dirty)
		return 0;
	ret->how = "test";
	ret->state = CS_FILES_SAME;
	if (earlier->recipe.vcs_revision[at] == f->now->recipe.vcs_revision[at])
		return 0;
	ret->state = CS_FILES_CHANGED;
	ret->paths = names;
	ret->n_paths = 1;
	return 0;
}

static struct cs_miss *misses;
static size_t n_misses;

/* Nearest first, NULL at the end. */
static void judge(bool known, const struct cs_build *now, const struct cs_build *const *earlier)
{
	struct files files = { now, known };
	struct cs_why_input input = {
		.build = now, .earlier = earlier, .files = tell_files, .arg = &files
	};

	while (earlier[input.n_earlier])
		input.n_earlier++;
	assert_done(cs_why(&input, arena, &misses, &n_misses, &err));
}

#define EARLIER(...)                                                                               \
	(const struct cs_build *const[])                                                           \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void expect(size_t i, uint32_t step, enum cs_cause cause, uint32_t root, enum cs_cause why,
		   enum cs_tri avoidable)
{
	assert_true(i < n_misses);
	assert_int_equal(step, misses[i].step->index);
	if (misses[i].cause != cause || misses[i].root_cause != why)
		fail_msg("step %u: %s, root %s: %s", step, cs_cause_name(misses[i].cause),
			 cs_cause_name(misses[i].root_cause), misses[i].evidence);
	assert_int_equal(root, misses[i].root->index);
	assert_int_equal(avoidable, misses[i].avoidable);
	assert_non_null(misses[i].evidence);
}

static void imports(struct cs_build *b, const char *error)
{
	b->recipe.caches = cs_arena_array(arena, 1, sizeof(*b->recipe.caches));
	b->recipe.caches[0] = (struct cs_cache_ref){ .type = "local", .error = error };
	b->recipe.n_caches = 1;
}

/* The steps end here, with the export of a cache behind them. */
static void exports(struct cs_build *b, size_t n_steps)
{
	b->steps[n_steps] =
		step_of(NULL, "exporting cache to registry", CS_STEP_CACHE_EXPORT, 0, 'r');
	b->steps[n_steps].index = (uint32_t)n_steps;
	b->n_steps = n_steps + 1;
}

static void first_build(void **state)
{
	struct cs_build *b = build_of("b", "L1S1", "rrrrr");
	struct cs_build *other = build_of("a", "L1S1", "rrrrr");

	(void)state;
	other->facts.scope = "test";
	imports(b, NULL);
	judge(true, b, EARLIER(NULL));
	expect(0, 2, CS_CAUSE_FIRST_BUILD, 2, CS_CAUSE_FIRST_BUILD, CS_TRI_NO);
	judge(true, b, EARLIER(other));
	assert_int_equal(5, n_misses);
	expect(4, 6, CS_CAUSE_FIRST_BUILD, 6, CS_CAUSE_FIRST_BUILD, CS_TRI_NO);
	/* hits that nothing explains: more was built than is recorded */
	judge(true, build_of("b", "L1S1", "hhrrr"), EARLIER(NULL));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
}

static void cache_off(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "rrrrr");

	(void)state;
	b->recipe.no_cache = true;
	judge(true, b, EARLIER(a));
	expect(0, 2, CS_CAUSE_CACHE_OFF, 2, CS_CAUSE_CACHE_OFF, CS_TRI_NO);
	expect(4, 6, CS_CAUSE_CACHE_OFF, 6, CS_CAUSE_CACHE_OFF, CS_TRI_NO);
	b = build_of("b", "L1S1", "hhrrr");
	b->recipe.no_cache_stages = "x,build";
	judge(true, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_CACHE_OFF, 4, CS_CAUSE_CACHE_OFF, CS_TRI_NO);
	expect(2, 6, CS_CAUSE_CASCADE, 5, CS_CAUSE_CACHE_OFF, CS_TRI_NO);
}

static void not_imported(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S1", "rrrrr");

	(void)state;
	imports(b, "cache: not found");
	judge(true, b, EARLIER(a));
	assert_int_equal(5, n_misses);
	expect(0, 2, CS_CAUSE_NOT_IMPORTED, 2, CS_CAUSE_NOT_IMPORTED, CS_TRI_YES);
	assert_non_null(strstr(misses[0].evidence, "cache: not found"));
}

static void instruction(void **state)
{
	static const char changed[] = "FROM kbase:1 AS deps\nENV A=2\nCOPY lock ./\nRUN vendor\n"
				      "FROM deps AS build\nARG REV=dev\nCOPY src/ src/\nRUN make\n"
				      "FROM kbase:1 AS prod\nCOPY --from=build /out /out\n";
	static const char text[] = "FROM kbase:1 AS deps\nENV A=1\nCOPY lock ./\nRUN vendor\n"
				   "FROM deps AS build\nARG REV=dev\nCOPY src/ src/\nRUN make -j2\n"
				   "FROM kbase:1 AS prod\nCOPY --from=build /out /out\n";
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhhrr");

	(void)state;
	b->recipe.dockerfile_text = text;
	b->steps[5].instruction = "RUN make -j2";
	judge(true, b, EARLIER(a));
	expect(0, 5, CS_CAUSE_INSTRUCTION, 5, CS_CAUSE_INSTRUCTION, CS_TRI_NO);
	assert_string_equal("RUN make", misses[0].old_instruction);
	assert_int_equal(8, misses[0].line);
	expect(1, 6, CS_CAUSE_CASCADE, 5, CS_CAUSE_INSTRUCTION, CS_TRI_NO);
	/* a line that is no step: the COPY does not see it, the RUN behind it does */
	b = build_of("b", "L1S1", "hrrrr");
	b->recipe.dockerfile_text = changed;
	judge(true, b, EARLIER(a));
	expect(0, 3, CS_CAUSE_INSTRUCTION, 3, CS_CAUSE_INSTRUCTION, CS_TRI_NO);
	assert_string_equal("ENV A=2", misses[0].changed);
	assert_string_equal("ENV A=1", misses[0].old_instruction);
	expect(1, 4, CS_CAUSE_CASCADE, 3, CS_CAUSE_INSTRUCTION, CS_TRI_NO);
	expect(2, 5, CS_CAUSE_CASCADE, 3, CS_CAUSE_INSTRUCTION, CS_TRI_NO);
}

static void base_changed(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S1", "rrrrr");

	(void)state;
	b->steps[0].instruction = BASE_2;
	judge(true, b, EARLIER(a));
	expect(0, 2, CS_CAUSE_BASE, 2, CS_CAUSE_BASE, CS_TRI_NO);
	expect(1, 3, CS_CAUSE_CASCADE, 2, CS_CAUSE_BASE, CS_TRI_NO);
	expect(3, 5, CS_CAUSE_CASCADE, 2, CS_CAUSE_BASE, CS_TRI_NO);
	expect(4, 6, CS_CAUSE_BASE, 6, CS_CAUSE_BASE, CS_TRI_NO);
}

static void build_arg(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S1", "hhhrr");
	struct cs_kv args[] = { { "REV", "7" } };

	(void)state;
	b->recipe.build_args = args;
	b->recipe.n_build_args = 1;
	judge(true, b, EARLIER(a));
	expect(0, 5, CS_CAUSE_BUILD_ARG, 5, CS_CAUSE_BUILD_ARG, CS_TRI_NO);
	assert_non_null(strstr(misses[0].evidence, "REV was 'dev', is '7'"));
	assert_int_equal(6, misses[0].line);
	/* one that no stage declares changes nothing */
	args[0].key = "OTHER";
	imports(b, NULL);
	judge(true, b, EARLIER(a));
	expect(0, 5, CS_CAUSE_EVICTED, 5, CS_CAUSE_EVICTED, CS_TRI_YES);
}

static void files_changed(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrrr");

	(void)state;
	judge(true, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	assert_int_equal(1, misses[0].n_changed_files);
	assert_ptr_equal(a, misses[0].reference);
	expect(1, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_FILES, CS_TRI_NO);
	expect(2, 6, CS_CAUSE_CASCADE, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* both changed: each has its own cause */
	judge(true, build_of("b", "L2S2", "rrrrr"), EARLIER(a));
	expect(0, 2, CS_CAUSE_FILES, 2, CS_CAUSE_FILES, CS_TRI_NO);
	expect(1, 3, CS_CAUSE_CASCADE, 2, CS_CAUSE_FILES, CS_TRI_NO);
	expect(2, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* what it copies from was a hit, but another one */
	judge(true, build_of("c", "L1S2", "hhhhr"), EARLIER(a));
	expect(0, 6, CS_CAUSE_FILES, 6, CS_CAUSE_FILES, CS_TRI_NO);
	assert_non_null(strstr(misses[0].evidence, "'COPY src/ src/' (a hit here)"));
}

/* Two branches take turns in one cache: the second turn of each had been built. */
static void overwritten(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrrr");
	struct cs_build *c = build_of("c", "L1S1", "hhrrr");

	(void)state;
	imports(b, NULL);
	imports(c, NULL);
	exports(a, N_STEPS);
	exports(b, N_STEPS);
	judge(true, c, EARLIER(b, a));
	expect(0, 4, CS_CAUSE_EVICTED, 4, CS_CAUSE_EVICTED, CS_TRI_YES);
	assert_non_null(strstr(misses[0].evidence, "build b wrote scope main since"));
	assert_ptr_equal(a, misses[0].reference);
	expect(1, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_EVICTED, CS_TRI_YES);
	/* below a lost result, files that changed too: not avoidable */
	c = build_of("c", "L1S3", "rrrrr");
	imports(c, NULL);
	judge(true, c, EARLIER(b, a));
	expect(0, 2, CS_CAUSE_EVICTED, 2, CS_CAUSE_EVICTED, CS_TRI_YES);
	expect(2, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	expect(3, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_FILES, CS_TRI_NO);
}

/* Another scope had it, but this one does not read it. */
static void other_scope(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *t = build_of("t", "L1S2", "hhrrr");
	struct cs_build *b = build_of("b", "L1S2", "hhrrr");

	(void)state;
	t->facts.scope = "test";
	imports(b, NULL);
	judge(true, b, EARLIER(t, a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	b->recipe.caches[0].scope = "test";
	judge(true, b, EARLIER(t, a));
	expect(0, 4, CS_CAUSE_EVICTED, 4, CS_CAUSE_EVICTED, CS_TRI_YES);
	/* a failed build exports nothing */
	t->status = CS_STATUS_FAILED;
	judge(true, b, EARLIER(t, a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
}

static void unknown_files(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrrr");
	struct cs_build *older = build_of("o", "L1S2", "rrrrr");

	(void)state;
	/* the builder's own cache is whole: only files are left */
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	assert_int_equal(0, misses[0].n_changed_files);
	/* one commit: a file that is not committed, or a loss */
	judge(false, b, EARLIER(older));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	/* nothing of the commit is known either, but the builder's own cache was kept */
	b->recipe.vcs_revision = NULL;
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* it was emptied since, and filled again by a build that did not come as far */
	older = build_of("p", "L1S1", "rr...");
	older->status = CS_STATUS_FAILED;
	judge(false, b, EARLIER(older, a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	assert_non_null(strstr(misses[0].evidence, "files"));
	expect(1, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
}

/* What an imported cache must have held can only have missed for other files. */
static void held(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrrr");
	struct cs_build *older = build_of("o", "L1S3", "rrrrr");

	(void)state;
	imports(b, NULL);
	exports(a, N_STEPS);
	/* no step of the final image: mode=min leaves it out */
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	/* but what is below it was fetched, and is none either: mode=max */
	b->steps[3].pulled = true;
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	expect(1, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_FILES, CS_TRI_NO);
	b->recipe.vcs_revision = NULL;
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* an older build may have had these files, and its result was overwritten */
	judge(false, b, EARLIER(a, older));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	/* one that ran it for the last time before: a hit since is of the same files */
	a = build_of("a", "L1S1", "hhhhh");
	exports(a, N_STEPS);
	judge(false, b, EARLIER(a, older));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* a build that wrote the cache since */
	judge(false, b, EARLIER(build_of("f", "L1S3", "hh..."), a, older));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	/* no cache was written, or none was read */
	a->n_steps = N_STEPS;
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
}

/* A step of the final image is in every cache; of one commit it is no other file either. */
static void held_final(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrrr");

	(void)state;
	imports(b, NULL);
	exports(a, 6);
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	b->recipe.vcs_revision = "L1S1";
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	assert_non_null(strstr(misses[0].evidence, "not committed"));
	/* the checkout of a CI is what the commit says */
	b->facts.run_id = "7";
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_EVICTED, 4, CS_CAUSE_EVICTED, CS_TRI_YES);
	a->n_steps = 6;
	judge(false, b, EARLIER(a));
	assert_non_null(strstr(misses[0].evidence, "exported no cache"));
}

static void unfinished(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrf."), *b = build_of("b", "L1S1", "hhhfr");

	(void)state;
	a->status = CS_STATUS_FAILED;
	judge(true, b, EARLIER(a));
	expect(0, 5, CS_CAUSE_FIRST_BUILD, 5, CS_CAUSE_FIRST_BUILD, CS_TRI_NO);
	assert_non_null(strstr(misses[0].evidence, "failed or was canceled"));
	expect(1, 6, CS_CAUSE_FIRST_BUILD, 6, CS_CAUSE_FIRST_BUILD, CS_TRI_NO);
}

/* A log tells no inputs and no Dockerfile: order in the stage, and COPY --from. */
static void by_order(void **state)
{
	struct cs_build *a = build_of("a", NULL, "rrrrr"), *b = build_of("b", NULL, "hhrrr");
	struct cs_build *const both[] = { a, b };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		both[i]->recipe.dockerfile_text = NULL;
		both[i]->source_kind = CS_SOURCE_PLAIN;
		for (size_t s = 0; s < N_STEPS; s++)
			both[i]->steps[s].n_inputs = 0;
	}
	judge(false, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	expect(1, 5, CS_CAUSE_CASCADE, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
	expect(2, 6, CS_CAUSE_CASCADE, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
}

/* One vertex for two platforms, under the name of another one than last time. */
static void shared_step(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "hhrhh");

	(void)state;
	a->steps[4].platform = "linux/arm64";
	b->steps[4].platform = "linux/amd64";
	/* two builds of one platform each */
	judge(true, b, EARLIER(a));
	assert_int_equal(CS_CAUSE_FIRST_BUILD, misses[0].cause);
	snprintf(a->platform, sizeof(a->platform), "linux/amd64,linux/arm64");
	snprintf(b->platform, sizeof(b->platform), "linux/amd64,linux/arm64");
	judge(true, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_FILES, 4, CS_CAUSE_FILES, CS_TRI_NO);
	/* done for several platforms there: nobody can tell whether this was one of them */
	a->steps[2] = a->steps[4];
	a->steps[2].platform = "linux/riscv64";
	judge(true, b, EARLIER(a));
	expect(0, 4, CS_CAUSE_UNKNOWN, 4, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN);
}

/* Two projects' contexts under one scope that nobody named. */
static void other_source(void **state)
{
	struct cs_build *a = build_of("a", NULL, "rrrrr"), *b = build_of("b", NULL, "rrrrr");

	(void)state;
	for (size_t i = 0; i < N_STEPS; i++)
		a->steps[i].stage = "elsewhere";
	a->recipe.context = "elsewhere";
	b->recipe.context = "here";
	judge(true, b, EARLIER(a));
	expect(0, 2, CS_CAUSE_FIRST_BUILD, 2, CS_CAUSE_FIRST_BUILD, CS_TRI_NO);
	assert_non_null(strstr(misses[0].evidence, "of context elsewhere"));
}

/* Inputs in a circle, out of bounds, of itself: no hang, no crash. */
static void odd_graphs(void **state)
{
	struct cs_build *a = build_of("a", "L1S1", "rrrrr"), *b = build_of("b", "L1S2", "rrrrr");

	(void)state;
	inputs(&b->steps[2], 2, 5, 2);
	inputs(&b->steps[3], 2, 4, 99);
	b->recipe.dockerfile_text = "no Dockerfile";
	judge(true, b, EARLIER(a));
	assert_int_equal(5, n_misses);
	b->n_steps = 0;
	judge(true, b, EARLIER(a));
	assert_int_equal(0, n_misses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_build),	 cmocka_unit_test(cache_off),
		cmocka_unit_test(not_imported),	 cmocka_unit_test(instruction),
		cmocka_unit_test(base_changed),	 cmocka_unit_test(build_arg),
		cmocka_unit_test(files_changed), cmocka_unit_test(overwritten),
		cmocka_unit_test(other_scope),	 cmocka_unit_test(unknown_files),
		cmocka_unit_test(unfinished),	 cmocka_unit_test(by_order),
		cmocka_unit_test(shared_step),	 cmocka_unit_test(odd_graphs),
		cmocka_unit_test(held),		 cmocka_unit_test(held_final),
		cmocka_unit_test(other_source),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
