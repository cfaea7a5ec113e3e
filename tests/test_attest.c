/* SPDX-License-Identifier: Apache-2.0 */
/* What provenance says of a build, and which layers are the base's. */
#include "support/io.h"

#include "image/base.h"

static struct cs_err err;
static struct cs_limits limits;
static struct cs_arena *arena;

static int setup(void **state CS_UNUSED)
{
	cs_limits_init(&limits);
	arena = cs_arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state CS_UNUSED)
{
	cs_arena_free(arena);
	return 0;
}

static struct cs_digest digest(const char *text)
{
	struct cs_digest d;

	assert_done(cs_digest_parse(text, &d, &err));
	return d;
}

/* A digest of one repeated hex digit. */
static struct cs_digest fill(char hex)
{
	char text[72] = "sha256:";

	memset(text + 7, hex, 64);
	return digest(text);
}

static int64_t time_of(const char *text)
{
	int64_t t;

	assert_done(cs_time_parse(text, &t, &err));
	return t;
}

static int parse(const char *text, const struct cs_digest *subject, const struct cs_digest *chain,
		 size_t n, struct cs_attestation *ret)
{
	return cs_attestation_parse(text, strlen(text), &limits, subject, chain, n, arena, ret,
				    &err);
}

/* --- provenance of real builds --- */

static void real_statement(void **state CS_UNUSED)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_digest subject =
		digest("sha256:bfcb1bede7c782511b412108138bce89b99c7c53e43c080116226e2f73879e6a");
	struct cs_digest chain[] = {
		digest("sha256:ca8a93ab56f7d02903754eff4b099e9d2e2ec758fc248b7b62a524fe86b579e9"),
		digest("sha256:cd523a095c9d9cef4ec991e56410ddd2e56a920e20f06993a7967301ff8849ed"),
	};
	struct cs_attestation a;

	test_fixture(&buf, "image/provenance-max.json");
	assert_done(parse(buf.data, &subject, chain, 2, &a));
	assert_true(a.started_unix_ns == time_of("2026-11-22T08:35:18.492709437Z"));
	assert_true(a.finished_unix_ns == time_of("2026-11-22T08:35:18.551747258Z"));
	assert_string_equal("p8jw67pz0kpypezsf1lti5k30", a.invocation_id);
	assert_string_equal("production", a.target);
	assert_null(a.vcs_source);
	assert_false(a.epoch_set);
	assert_int_equal(1, a.n_bases);
	assert_string_equal("kbase:1", a.bases[0].name);
	assert_true(cs_digest_known(&a.bases[0].digest));
	assert_int_equal(1, a.base_layers);
	/* layers that were compressed anew: their digests are not those of the build */
	chain[0] = fill('0');
	assert_done(parse(buf.data, &subject, chain, 2, &a));
	assert_int_equal(-1, a.base_layers);
	/* about another image */
	assert_int_equal(1, parse(buf.data, &chain[1], chain, 2, &a));
}

static void real_predicate_of_a_merge(void **state CS_UNUSED)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const struct cs_digest chain[] = {
		digest("sha256:ca8a93ab56f7d02903754eff4b099e9d2e2ec758fc248b7b62a524fe86b579e9"),
		digest("sha256:950f3f72bfac90b4b9c7b37768ab77bbfad5d5ed8e1c7ebbc715d7d2a86798d0"),
		digest("sha256:d4e21277a48ee7285e0fabe878cb009aa4ce80a851460f36460b44f3fb6dfa33"),
	};
	struct cs_attestation a;

	test_fixture(&buf, "image/provenance-link.json");
	assert_done(parse(buf.data, NULL, chain, 3, &a));
	assert_int_equal(1, a.base_layers);
	assert_true(a.started_unix_ns != CS_TIME_NONE);
}

/* --- made ones --- */

static const char v1[] =
	"{\"_type\":\"https://in-toto.io/Statement/v1\","
	"\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{\"buildDefinition\":{"
	"\"externalParameters\":{\"configSource\":{\"uri\":\"https://u:p@git.example/a.git#main\","
	"\"digest\":{\"sha1\":\"0123\"}},\"request\":{\"args\":{\"target\":\"test\","
	"\"build-arg:SOURCE_DATE_EPOCH\":\"0\"}}},"
	"\"internalParameters\":{\"buildConfig\":{\"llbDefinition\":["
	"{\"id\":\"step0\",\"op\":{\"Op\":{\"source\":{\"identifier\":"
	"\"docker-image://docker.io/library/b:1@sha256:"
	"2222222222222222222222222222222222222222222222222222222222222222\"}}}},"
	"{\"id\":\"step1\",\"op\":{\"Op\":{\"exec\":{\"mounts\":[{\"dest\":\"/c\",\"input\":-1,"
	"\"output\":-1},{\"dest\":\"/\"}]}}},\"inputs\":[\"step0:0\"]},"
	"{\"id\":\"step2\",\"op\":{\"Op\":{}},\"inputs\":[\"step1:0\"]}]}},"
	"\"resolvedDependencies\":["
	"{\"uri\":\"pkg:docker/docker/dockerfile@1\",\"digest\":{\"sha256\":\""
	"3333333333333333333333333333333333333333333333333333333333333333\"}},"
	"{\"uri\":\"https://files.example/x\"},"
	"{\"uri\":\"pkg:docker/a@1\",\"digest\":{\"sha256\":\""
	"1111111111111111111111111111111111111111111111111111111111111111\"}},"
	"{\"uri\":\"pkg:docker/b@1\",\"digest\":{\"sha256\":\""
	"2222222222222222222222222222222222222222222222222222222222222222\"}}]},"
	"\"runDetails\":{\"metadata\":{\"invocationId\":\"inv\",\"startedOn\":"
	"\"2026-11-22T08:00:00Z\",\"finishedOn\":\"2026-11-22T08:00:01Z\",\"buildkit_metadata\":{"
	"\"layers\":{\"step0:0\":[[{\"digest\":\"sha256:"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"},{\"digest\":\"sha256:"
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}]]}}}}}}";

static void version_1(void **state CS_UNUSED)
{
	const struct cs_digest chain[] = { fill('a'), fill('b'), fill('c') };
	struct cs_attestation a;

	assert_done(parse(v1, NULL, chain, 3, &a));
	assert_true(a.started_unix_ns == time_of("2026-11-22T08:00:00Z"));
	assert_true(a.finished_unix_ns == time_of("2026-11-22T08:00:01Z"));
	assert_string_equal("inv", a.invocation_id);
	assert_string_equal("test", a.target);
	assert_true(a.epoch_set);
	assert_string_equal("https://git.example/a.git", a.vcs_source);
	assert_string_equal("0123", a.vcs_revision);
	assert_int_equal(2, a.base_layers);
	/* the result's own base before the others, the parser's image not at all */
	assert_int_equal(2, a.n_bases);
	assert_string_equal("b:1", a.bases[0].name);
	assert_string_equal("a:1", a.bases[1].name);
	/* fewer layers than the base has */
	assert_done(parse(v1, NULL, chain, 1, &a));
	assert_int_equal(-1, a.base_layers);
}

static void odd_statements(void **state CS_UNUSED)
{
	static const char *const none[] = {
		"{}",
		"[]",
		"7",
		"{\"predicateType\":\"https://spdx.dev/Document\",\"predicate\":{\"metadata\":{}}}",
		"{\"predicate\":{\"metadata\":{}}}",
		"{\"predicateType\":\"https://slsa.dev/provenance/v0.2\",\"predicate\":7}",
	};
	struct cs_attestation a;

	for (size_t i = 0; i < CS_N(none); i++) {
		if (parse(none[i], NULL, NULL, 0, &a) != 1)
			fail_msg("not passed over: %s", none[i]);
	}
	assert_code(CS_FORMAT, parse("{", NULL, NULL, 0, &a));
	assert_done(parse(
		"{\"metadata\":{\"buildStartedOn\":\"yesterday\",\"buildFinishedOn\":7,"
		"\"buildInvocationID\":{}},\"materials\":[7,{\"uri\":7},{\"uri\":\"pkg:docker/"
		"x@1\",\"digest\":{\"sha256\":\"no\"}}],\"invocation\":[]}",
		NULL, NULL, 0, &a));
	assert_true(a.started_unix_ns == CS_TIME_NONE);
	assert_null(a.invocation_id);
	assert_int_equal(1, a.n_bases);
	assert_false(cs_digest_known(&a.bases[0].digest));
}

/* --- the graph --- */

#define SRC(id, what)                                                                              \
	"{\"id\":\"" id "\",\"op\":{\"Op\":{\"source\":{\"identifier\":\"" what "\"}}}}"
#define OP(id, op, in) "{\"id\":\"" id "\",\"op\":{\"Op\":{" op "}},\"inputs\":[" in "]}"

static int walk(const char *steps, const struct cs_digest *chain, size_t n)
{
	struct cs_json *s CS_AUTO(cs_json_free_p) = NULL;
	struct cs_json *l CS_AUTO(cs_json_free_p) = NULL;
	char layers[400], text[CS_DIGEST_TEXT];
	const char *source;

	snprintf(layers, sizeof(layers), "{\"step0:0\":[[{\"digest\":\"%s\"}]]}",
		 cs_digest_format(&chain[0], text));
	assert_done(cs_json_parse(steps, strlen(steps), &limits, &s, &err));
	assert_done(cs_json_parse(layers, strlen(layers), &limits, &l, &err));
	return cs_provenance_base_layers(s, l, chain, n, &source);
}

static void graph_walks(void **state CS_UNUSED)
{
	static const struct {
		int want;
		const char *steps;
	} cases[] = {
		/* FROM x and nothing more */
		{ 1, "[" SRC("step0", "docker-image://x") "," OP("step1", "", "\"step0:0\"") "]" },
		/* a builder stage's image is not the base of FROM scratch */
		{ 0,
		  "[" SRC("step0", "docker-image://x") "," OP(
			  "step1", "\"file\":{\"actions\":[{\"input\":-1,\"secondaryInput\":0}]}",
			  "\"step0:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
		/* two actions, the second on the result of the first */
		{ 1, "[" SRC("step0", "docker-image://x") "," OP(
			     "step1",
			     "\"file\":{\"actions\":[{\"input\":0,\"output\":-1},{\"input\":1}]}",
			     "\"step0:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
		/* a mount other than the root */
		{ 1, "[" SRC("step0", "docker-image://x") "," OP(
			     "step1",
			     "\"exec\":{\"mounts\":[{\"dest\":\"/\",\"input\":-1},{\"dest\":\"/o\","
			     "\"output\":1}]}",
			     "\"step0:0\"") "," OP("step2", "", "\"step1:1\"") "]" },
		{ 1, "[" SRC("step0", "docker-image://x") "," OP(
			     "step1", "\"merge\":{\"inputs\":[{},{\"input\":1}]}",
			     "\"step0:0\",\"step5:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
		/* what does not say */
		{ -1, "[" SRC("step0", "local://context") "," OP("step1", "", "\"step0:0\"") "]" },
		{ -1, "[" SRC("step0", "docker-image://x") "," OP(
			      "step1", "\"diff\":{}", "\"step0:0\"") "," OP("step2", "",
									    "\"step1:0\"") "]" },
		{ -1, "[]" },
		{ -1, "[7]" },
		{ -1, "[" OP("step0", "", "\"step0:0\"") "]" },
		{ -1, "[" OP("step0", "\"exec\":{\"mounts\":[{}]}", "\"step1:0\"") "," OP(
			      "step1", "\"exec\":{\"mounts\":[{}]}",
			      "\"step0:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
		{ -1, "[" SRC("step0", "docker-image://x") "," OP("step1", "", "\"step7:0\"") "]" },
		{ -1, "[" SRC("step0", "docker-image://x") "," OP("step1", "", "\"step0\"") "]" },
		{ -1,
		  "[" SRC("step0", "docker-image://x") "," OP("step1", "", "\"step-1:0\"") "]" },
		{ -1, "[" SRC("stepX", "docker-image://x") "," OP("step1", "", "\"step0:0\"") "]" },
		{ -1, "[" SRC("step0", "docker-image://x") "," OP(
			      "step1", "\"file\":{\"actions\":[{\"input\":99}]}",
			      "\"step0:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
		{ -1, "[" SRC("step0", "docker-image://x") "," OP(
			      "step1", "\"exec\":{\"mounts\":[{\"input\":9}]}",
			      "\"step0:0\"") "," OP("step2", "", "\"step1:0\"") "]" },
	};
	const struct cs_digest chain[] = { fill('a'), fill('b') };

	for (size_t i = 0; i < CS_N(cases); i++) {
		if (walk(cases[i].steps, chain, 2) != cases[i].want)
			fail_msg("case %zu: %d, not %d", i, walk(cases[i].steps, chain, 2),
				 cases[i].want);
	}
}

/* --- base by history --- */

#define T1    "2026-11-22T08:30:18.49Z"
#define T2    "2026-11-22T08:30:19.5Z"
#define WHOLE "2026-01-01T00:00:00Z"
#define BK    "buildkit.dockerfile.v0"

struct entry {
	const char *created, *comment, *author;
	bool empty;
};

static struct cs_image *image_of(const struct entry *entries, size_t n)
{
	struct cs_image *image = cs_image_new();

	assert_non_null(image);
	image->history = cs_arena_array(image->arena, n, sizeof(*image->history));
	image->layers = cs_arena_array(image->arena, n, sizeof(*image->layers));
	for (size_t i = 0; i < n; i++) {
		struct cs_history *h = &image->history[image->n_history++];

		h->created_unix_ns =
			entries[i].created ? time_of(entries[i].created) : CS_TIME_NONE;
		h->comment = entries[i].comment;
		h->author = entries[i].author;
		h->empty_layer = entries[i].empty;
		if (!h->empty_layer)
			image->layers[image->n_layers++].diff_id = fill((char)('0' + i % 10));
	}
	return image;
}

struct history_case {
	const char *what;
	struct entry entries[7];
	size_t n;
	int layers;
	enum cs_base_evidence evidence;
};

static const struct history_case histories[] = {
	{ "imported base, BuildKit",
	  { { T1, "Imported from -", NULL, false },
	    { T2, BK, NULL, false },
	    { T2, BK, NULL, true } },
	  3,
	  1,
	  CS_BASE_HISTORY },
	{ "base of the classic builder with empty entries",
	  { { T1, NULL, NULL, false },
	    { T1, NULL, NULL, true },
	    { T2, BK, NULL, true },
	    { T2, BK, NULL, false } },
	  4,
	  1,
	  CS_BASE_HISTORY },
	{ "base of BuildKit upon a classic one, then classic again",
	  { { T1, NULL, NULL, false },
	    { T1, BK, NULL, false },
	    { T1, NULL, NULL, true },
	    { T2, BK, NULL, false } },
	  4,
	  2,
	  CS_BASE_HISTORY },
	{ "FROM scratch",
	  { { T1, BK, NULL, false }, { T2, BK, NULL, false } },
	  2,
	  0,
	  CS_BASE_SCRATCH },
	{ "an entry that the exporter filled in",
	  { { T1, "buildkit.exporter.image.v0", NULL, false } },
	  1,
	  0,
	  CS_BASE_SCRATCH },
	{ "base with fixed times",
	  { { WHOLE, BK, NULL, false },
	    { WHOLE, BK, NULL, true },
	    { T1, BK, NULL, true },
	    { T1, BK, NULL, false },
	    { T2, BK, NULL, false } },
	  5,
	  1,
	  CS_BASE_HISTORY },
	{ "fixed times upon an older base",
	  { { T1, "# debian.sh", NULL, false },
	    { WHOLE, BK, NULL, false },
	    { T2, BK, NULL, false } },
	  3,
	  2,
	  CS_BASE_HISTORY },
	{ "SOURCE_DATE_EPOCH for all own entries",
	  { { T1, "Imported from -", NULL, false },
	    { WHOLE, BK, NULL, false },
	    { WHOLE, BK, NULL, false } },
	  3,
	  1,
	  CS_BASE_HISTORY },
	{ "SOURCE_DATE_EPOCH from scratch",
	  { { WHOLE, BK, NULL, false }, { WHOLE, BK, NULL, false } },
	  2,
	  0,
	  CS_BASE_SCRATCH },
	{ "no times",
	  { { NULL, BK, NULL, false }, { T1, BK, NULL, false } },
	  2,
	  0,
	  CS_BASE_SCRATCH },
	{ "buildah",
	  { { T1, "Imported from -", NULL, false },
	    { T1, "FROM localhost/kbase:1", NULL, false },
	    { T2, NULL, NULL, false } },
	  3,
	  1,
	  CS_BASE_HISTORY },
	{ "buildah upon buildah",
	  { { T1, NULL, NULL, false },
	    { T1, "FROM a:1", NULL, false },
	    { T2, "FROM b:1", NULL, false },
	    { T2, NULL, NULL, true } },
	  4,
	  2,
	  CS_BASE_HISTORY },
	{ "BuildKit upon buildah",
	  { { T1, NULL, NULL, false }, { T1, "FROM a:1", NULL, false }, { T2, BK, NULL, false } },
	  3,
	  2,
	  CS_BASE_HISTORY },
	{ "classic upon an imported base",
	  { { T1, "Imported from -", NULL, false }, { T2, NULL, NULL, false } },
	  2,
	  1,
	  CS_BASE_HISTORY },
	{ "classic upon anything",
	  { { T1, NULL, NULL, false }, { T2, NULL, NULL, false } },
	  2,
	  -1,
	  CS_BASE_UNKNOWN },
	{ "only imported", { { T1, "Imported from -", NULL, false } }, 1, -1, CS_BASE_UNKNOWN },
	{ "kaniko",
	  { { T1, NULL, NULL, false },
	    { NULL, NULL, "kaniko", false },
	    { NULL, NULL, "kaniko", false } },
	  3,
	  1,
	  CS_BASE_HISTORY },
	{ "ko alone", { { WHOLE, NULL, "ko", false } }, 1, 0, CS_BASE_SCRATCH },
	{ "no history", { { NULL, NULL, NULL, false } }, 0, -1, CS_BASE_UNKNOWN },
};

static void base_by_history(void **state CS_UNUSED)
{
	for (size_t i = 0; i < CS_N(histories); i++) {
		const struct history_case *c = &histories[i];
		struct cs_image *image CS_AUTO(cs_image_free_p) = image_of(c->entries, c->n);

		assert_done(cs_image_base(image, NULL, &err));
		if (image->base_layers != c->layers || image->base_evidence != c->evidence)
			fail_msg("%s: %d %s", c->what, image->base_layers,
				 cs_base_evidence_name(image->base_evidence));
	}
}

static void base_needs_pairs(void **state CS_UNUSED)
{
	static const struct entry entries[] = { { T1, BK, NULL, false }, { T1, BK, NULL, false } };
	struct cs_image *image CS_AUTO(cs_image_free_p) = image_of(entries, 2);

	image->n_layers = 1;
	assert_done(cs_image_base(image, NULL, &err));
	assert_int_equal(-1, image->base_layers);
}

/* --- base by what is known --- */

struct shelf {
	const char *name; /* of the one base that is known */
	struct cs_digest diff_ids[3];
	size_t n;
	int calls;
};

static int find(void *arg, const struct cs_base_ref *ref, struct cs_arena *a CS_UNUSED,
		struct cs_digest **ret, size_t *ret_n, struct cs_err *e)
{
	struct shelf *shelf = arg;

	shelf->calls++;
	if (!shelf->name)
		return cs_err_set(e, CS_DB, "shelf fell");
	if (!ref->name || strcmp(ref->name, shelf->name) != 0)
		return 1;
	*ret = shelf->diff_ids;
	*ret_n = shelf->n;
	return 0;
}

static void base_by_knowledge(void **state CS_UNUSED)
{
	static const struct entry entries[] = { { T1, BK, NULL, false },
						{ T1, BK, NULL, false },
						{ T2, BK, NULL, false } };
	struct cs_image *image CS_AUTO(cs_image_free_p) = image_of(entries, 3);
	struct cs_base_ref refs[] = { { "other:1", { 0, { 0 } } }, { "base:1", { 0, { 0 } } } };
	struct shelf shelf = { "base:1", { fill('0'), fill('1'), fill('9') }, 2, 0 };
	struct cs_base_options options = { .find = find, .arg = &shelf };

	image->bases = refs;
	image->n_bases = 2;
	assert_done(cs_image_base(image, &options, &err));
	assert_int_equal(2, image->base_layers);
	assert_int_equal(CS_BASE_STORE, image->base_evidence);
	assert_int_equal(2, shelf.calls);
	/* the base has moved on: what is known under its name is no prefix */
	shelf.n = 3;
	assert_done(cs_image_base(image, &options, &err));
	assert_int_equal(CS_BASE_SCRATCH, image->base_evidence);
	/* the user comes first, if what is said can be */
	shelf.n = 2;
	options.diff_ids = shelf.diff_ids;
	options.n_diff_ids = 1;
	assert_done(cs_image_base(image, &options, &err));
	assert_int_equal(CS_BASE_OPTION, image->base_evidence);
	assert_int_equal(1, image->base_layers);
	options.n_diff_ids = 3;
	assert_done(cs_image_base(image, &options, &err));
	assert_int_equal(CS_BASE_STORE, image->base_evidence);
	/* provenance before all */
	image->base_layers = 3;
	image->base_evidence = CS_BASE_PROVENANCE;
	assert_done(cs_image_base(image, &options, &err));
	assert_int_equal(3, image->base_layers);
	image->base_evidence = CS_BASE_UNKNOWN;
	shelf.name = NULL;
	assert_code(CS_DB, cs_image_base(image, &options, &err));
}

static void bases_collected(void **state CS_UNUSED)
{
	static const struct entry entries[] = { { T1, "FROM a:1", NULL, false },
						{ T1, "FROM b:1", NULL, false } };
	struct cs_image *image CS_AUTO(cs_image_free_p) = image_of(entries, 2);
	struct cs_kv labels[] = { { CS_ANNOTATION_BASE_NAME, "label:1" } };
	struct cs_kv notes[] = {
		{ CS_ANNOTATION_BASE_NAME, "note:1" },
		{ CS_ANNOTATION_BASE_DIGEST,
		  "sha256:1111111111111111111111111111111111111111111111111111111111111111" },
	};
	struct cs_annotations annotations = { notes, 2 }, none = { NULL, 0 };
	struct cs_base_ref materials[] = { { "found:1", fill('2') },
					   { "same:1", fill('1') },
					   { "more:1", fill('3') } };
	struct cs_attestation a = { .bases = materials, .n_bases = 3, .base_layers = 1 };
	static const char *const want[] = { "note:1", "found:1", "b:1", "more:1", "label:1" };

	image->labels = labels;
	image->n_labels = 1;
	assert_done(cs_image_bases_collect(image, &annotations, &a, &err));
	assert_int_equal(CS_N(want), image->n_bases);
	for (size_t i = 0; i < CS_N(want); i++)
		assert_string_equal(want[i], image->bases[i].name);
	image->n_labels = 0;
	image->n_history = 0;
	notes[1].value = "no digest";
	annotations.n = 2;
	assert_done(cs_image_bases_collect(image, &annotations, NULL, &err));
	assert_int_equal(1, image->n_bases);
	assert_false(cs_digest_known(&image->bases[0].digest));
	assert_done(cs_image_bases_collect(image, &none, NULL, &err));
	assert_int_equal(0, image->n_bases);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(real_statement),	TEST(real_predicate_of_a_merge),
		TEST(version_1),	TEST(odd_statements),
		TEST(graph_walks),	TEST(base_by_history),
		TEST(base_needs_pairs), TEST(base_by_knowledge),
		TEST(bases_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
