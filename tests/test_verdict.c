/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts and their sums over images written as literals: every failure case of formats.md 4.3. */
#include "support/test.h"

#include "metrics/verdict.h"
#include "model/build.h"
#include "model/instruction.h"

#define S(seconds)     ((INT64_C(1790000000) + (seconds)) * CS_NS_PER_S + 123456789)
#define WHOLE(seconds) ((INT64_C(1790000000) + (seconds)) * CS_NS_PER_S)

static struct cs_err err;

struct one {
	const char *created_by;
	int64_t created;
};

/* An image of n layers, the lowest n_base of them the base's; created_by NULL = an empty history.
 */
static struct cs_image *image_of(const struct one *layers, size_t n, int n_base)
{
	struct cs_image *image = cs_image_new();

	image->layers = cs_arena_array(image->arena, n, sizeof(*image->layers));
	image->history = cs_arena_array(image->arena, n, sizeof(*image->history));
	image->n_layers = n;
	image->n_history = n;
	image->base_layers = n_base;
	for (size_t i = 0; i < n; i++) {
		struct cs_layer *l = &image->layers[i];

		l->index = (uint32_t)i;
		l->has_history = true;
		l->created_by = layers[i].created_by;
		l->created_unix_ns = layers[i].created;
		l->tar_bytes = 100;
		l->blob_bytes = 10;
		image->history[i].created_by = layers[i].created_by;
		image->history[i].created_unix_ns = layers[i].created;
		image->history[i].layer = (int)i;
	}
	return image;
}

static void judge(struct cs_image *image, int64_t started, int64_t completed, bool same_clock,
		  const struct cs_prior *priors)
{
	struct cs_verdict_options o = { started, completed, same_clock, priors };

	assert_done(cs_verdict_image(image, &o, &err));
}

#define EXPECT(image, i, want_state, want_evidence)                                                \
	do {                                                                                       \
		assert_int_equal(want_state, (image)->layers[i].state);                            \
		assert_int_equal(want_evidence, (image)->layers[i].evidence);                      \
	} while (0)

static void dated_by_start(void **state CS_UNUSED)
{
	static const struct one layers[] = { { "", S(0) },
					     { "RUN a # buildkit", S(10) },
					     { "RUN b # buildkit", S(20) },
					     { "COPY c # buildkit", S(30) } };
	struct cs_image *image = image_of(layers, 4, 1);
	struct cs_verdict_sums sums;

	judge(image, S(20), CS_TIME_NONE, true, NULL);
	EXPECT(image, 0, CS_LAYER_BASE, CS_EVIDENCE_NONE);
	EXPECT(image, 1, CS_LAYER_HIT, CS_EVIDENCE_DATED);
	EXPECT(image, 2, CS_LAYER_RUN, CS_EVIDENCE_DATED); /* created == start ran */
	EXPECT(image, 3, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	cs_verdict_sum(image->layers, 4, &sums);
	assert_int_equal(3, sums.own);
	assert_int_equal(1, sums.hits);
	assert_int_equal(2, sums.runs);
	assert_int_equal(300, sums.own_tar_bytes);
	assert_int_equal(10, sums.hit_blob_bytes);
	cs_image_free(image);
}

static void set_times_are_unknown(void **state CS_UNUSED)
{
	static const struct one equal[] = { { "", S(0) },
					    { "RUN a", WHOLE(5) },
					    { "RUN b", WHOLE(5) } };
	static const struct one beside[] = { { "", S(0) },
					     { "RUN a", S(5) },
					     { "RUN b", WHOLE(7) } };
	static const struct one alone[] = { { "", S(0) }, { "RUN a", WHOLE(5) } };
	static const struct one before[] = { { "", WHOLE(9) },
					     { "RUN a", WHOLE(5) },
					     { "RUN b", WHOLE(7) } };
	static const struct one seconds[] = { { "", WHOLE(0) },
					      { "RUN a", WHOLE(5) },
					      { "RUN b", WHOLE(7) } };
	struct cs_image *image = image_of(equal, 3, 1);

	judge(image, S(100), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	EXPECT(image, 2, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
	image = image_of(beside, 3, 1);
	judge(image, S(100), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_HIT,
	       CS_EVIDENCE_DATED); /* older than the epoch: kept, measured */
	EXPECT(image, 2, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
	image = image_of(alone, 2, 1);
	judge(image, S(100), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
	image = image_of(before, 3, 1);
	judge(image, S(100), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	EXPECT(image, 2, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
	/* A builder that measures in seconds throughout is believed, unless the epoch is known set.
	 */
	image = image_of(seconds, 3, 1);
	judge(image, S(6), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_HIT, CS_EVIDENCE_DATED);
	EXPECT(image, 2, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	image->epoch_set = true;
	judge(image, S(6), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
}

static void younger_base_does_not_matter(void **state CS_UNUSED)
{
	static const struct one layers[] = { { "", S(50) }, { "RUN a", S(5) }, { "RUN b", S(70) } };
	struct cs_image *image = image_of(layers, 3, 1);

	judge(image, S(60), CS_TIME_NONE, true, NULL);
	EXPECT(image, 0, CS_LAYER_BASE, CS_EVIDENCE_NONE);
	EXPECT(image, 1, CS_LAYER_HIT, CS_EVIDENCE_DATED);
	EXPECT(image, 2, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	/* Without knowing the base, what is older than the build may be its. */
	image->base_layers = -1;
	judge(image, S(60), CS_TIME_NONE, true, NULL);
	EXPECT(image, 0, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	EXPECT(image, 2, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	cs_image_free(image);
}

static void fixed_time_builders(void **state CS_UNUSED)
{
	static const struct {
		const char *created_by, *author, *comment;
		int64_t created;
	} cases[] = {
		{ "RUN make", "kaniko", NULL, S(1) },
		{ "ko build ko://example.com/x", "ko", NULL, S(1) },
		{ "bazel build ...", "Bazel", NULL, S(1) },
		{ "jib-maven-plugin:3.4.0", "Jib", "classes", S(1) },
		{ NULL, NULL, "store paths: ['/nix/store/x']", S(1) },
		{ "RUN a", NULL, NULL, 0 },
		{ "RUN a", NULL, NULL, CS_NS_PER_S },
		{ "RUN a", NULL, NULL, CS_TIME_NONE },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct one layer = { cases[i].created_by, cases[i].created };
		struct cs_image *image = image_of(&layer, 1, 0);

		image->layers[0].author = cases[i].author;
		image->layers[0].comment = cases[i].comment;
		judge(image, S(100), CS_TIME_NONE, true, NULL);
		EXPECT(image, 0, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
		assert_non_null(image->layers[0].why);
		cs_image_free(image);
	}
}

static void squash(void **state CS_UNUSED)
{
	static const struct one meta[] = { { "/bin/sh -c #(nop) CMD [\"x\"]", S(5) } };
	static const struct one last[] = { { "/bin/sh -c #(nop) COPY file:1 in /x ", S(5) } };
	struct cs_image *image = image_of(meta, 1, 0);
	struct cs_history *history;

	judge(image, S(1), CS_TIME_NONE, true, NULL);
	EXPECT(image, 0, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
	image = image_of(last, 1, 0);
	history = cs_arena_array(image->arena, 2, sizeof(*history));
	history[0].created_by = "/bin/sh -c make";
	history[0].empty_layer = true;
	history[0].layer = -1;
	history[1] = image->history[0];
	image->history = history;
	image->n_history = 2;
	judge(image, S(1), CS_TIME_NONE, true, NULL);
	EXPECT(image, 0, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
}

static void clocks_that_disagree(void **state CS_UNUSED)
{
	static const struct one layers[] = { { "RUN a", S(5) }, { "RUN b", S(90) } };
	struct cs_image *image = image_of(layers, 2, 0);

	/* Dated after the end of the build that is said to have made it. */
	judge(image, S(10), S(20), true, NULL);
	EXPECT(image, 0, CS_LAYER_HIT, CS_EVIDENCE_DATED);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	/* A second's difference between CI and builder is no contradiction. */
	judge(image, S(10), S(89), false, NULL);
	EXPECT(image, 1, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	judge(image, S(10), S(89), true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	/* The export's annotation is the end where nothing better is known. */
	image->exported_unix_ns = WHOLE(50);
	judge(image, S(10), CS_TIME_NONE, true, NULL);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	cs_image_free(image);
}

static void seen(void **state CS_UNUSED)
{
	static const struct one layers[] = {
		{ "", S(0) }, { "RUN a", S(5) }, { "RUN b", S(9) }, { "RUN c", S(11) }
	};
	struct cs_prior priors[4] = { 0 };
	struct cs_image *image = image_of(layers, 4, 1);

	priors[1] = (struct cs_prior){ true, "test", "b1", S(5), true, true, true };
	priors[2] = (struct cs_prior){ true, "test", "b1", S(8), true, true, false };
	judge(image, CS_TIME_NONE, CS_TIME_NONE, false, priors);
	EXPECT(image, 1, CS_LAYER_HIT, CS_EVIDENCE_SEEN);
	assert_string_equal("test", image->layers[1].seen_in_scope);
	/* The same chain with another time ran again; whether now, nobody knows. */
	EXPECT(image, 2, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	EXPECT(image, 3, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	assert_true(image->layers[2].present_before);
	assert_false(image->layers[2].blob_present_before);
	/* A contradiction is shown, not resolved. */
	judge(image, S(1), CS_TIME_NONE, true, priors);
	EXPECT(image, 1, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE);
	assert_non_null(strstr(image->layers[1].why, "contradiction"));
	EXPECT(image, 2, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	/* The same image, recorded before without a start, is no other build. */
	priors[1].other_build = false;
	judge(image, S(1), CS_TIME_NONE, true, priors);
	EXPECT(image, 1, CS_LAYER_RUN, CS_EVIDENCE_DATED);
	cs_image_free(image);
}

static void seen_without_history(void **state CS_UNUSED)
{
	static const struct one layers[] = { { NULL, CS_TIME_NONE } };
	struct cs_prior prior = { true, "any", "b1", CS_TIME_NONE, true, true, true };
	struct cs_image *image = image_of(layers, 1, 0);

	image->n_history = 0;
	image->layers[0].has_history = false;
	judge(image, CS_TIME_NONE, CS_TIME_NONE, false, &prior);
	EXPECT(image, 0, CS_LAYER_HIT, CS_EVIDENCE_SEEN);
	cs_image_free(image);
}

static void instructions(void **state CS_UNUSED)
{
	static const struct {
		const char *created_by, *text;
		enum cs_step_class class;
	} cases[] = {
		{ "RUN /bin/sh -c cat  /a\t> /b # buildkit", "RUN cat /a > /b", CS_STEP_EXEC },
		{ "RUN |1 VERSION=dev /bin/sh -c make # buildkit", "RUN make", CS_STEP_EXEC },
		{ "COPY a.txt /a.txt # buildkit", "COPY a.txt /a.txt", CS_STEP_FILE },
		{ "WORKDIR /app", "WORKDIR /app", CS_STEP_FILE },
		{ "/bin/sh -c #(nop)  CMD [\"/bin/cat\"]", "CMD [\"/bin/cat\"]", CS_STEP_META },
		{ "/bin/sh -c #(nop) COPY file:ab in /c.txt      ", "COPY file:ab in /c.txt",
		  CS_STEP_FILE },
		{ "/bin/sh -c cat /a|force-mtime=1700000000", "RUN cat /a", CS_STEP_EXEC },
		{ "|2 A=1 B=2 /bin/sh -c make", "RUN make", CS_STEP_EXEC },
		{ "bazel build ...", "bazel build ...", CS_STEP_OTHER },
		{ "RUN ", "RUN", CS_STEP_EXEC },
		{ "RUN /bin/sh -c # buildkit", "RUN", CS_STEP_EXEC },
		{ NULL, "", CS_STEP_OTHER },
	};
	struct cs_arena *arena = cs_arena_new();

	for (size_t i = 0; i < CS_N(cases); i++) {
		const char *text = cs_instruction_text(arena, cases[i].created_by);

		assert_string_equal(cases[i].text, text);
		assert_int_equal(cases[i].class, cs_instruction_class(text));
	}
	cs_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dated_by_start),
		cmocka_unit_test(set_times_are_unknown),
		cmocka_unit_test(younger_base_does_not_matter),
		cmocka_unit_test(fixed_time_builders),
		cmocka_unit_test(squash),
		cmocka_unit_test(clocks_that_disagree),
		cmocka_unit_test(seen),
		cmocka_unit_test(seen_without_history),
		cmocka_unit_test(instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
