/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that are known, shared, seen before, or a base. */
#include "support/test.h"

#include "support/store.h"

static void put(struct fixture *f, const struct cs_build *b, enum cs_put want)
{
	put_build(f, f->store, b, want);
}

static const unsigned ALL = CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS;

static void get(struct fixture *f, const char *spec, struct cs_build *ret)
{
	assert_done(cs_store_build_get(f->store, NULL, spec, ALL, f->arena, ret, &err));
}

/* --- layers --- */

static void knows_decoded_layers(void **state)
{
	struct fixture *f = *state;
	struct cs_layer l = { .media_type = "mine" };
	struct cs_buf list = CS_BUF_INIT;
	struct cs_build b;
	struct cs_digest other = sample_digest("other", 0), none = { 0 };

	sample_build(f->arena, 1, &b);
	put(f, &b, CS_PUT_NEW);
	assert_done(cs_store_layer_by_blob(f->store, "app", &b.layers[3].blob_digest, &l, &err));
	assert_true(cs_digest_equal(&l.diff_id, &b.layers[3].diff_id));
	assert_true(cs_digest_equal(&l.content_digest, &b.layers[3].content_digest));
	assert_int_equal(b.layers[3].tar_bytes, l.tar_bytes);
	assert_int_equal(b.layers[3].counts.file_bytes, l.counts.file_bytes);
	assert_string_equal("mine", l.media_type);
	assert_done(cs_store_layer_by_diff_id(f->store, "app", &b.layers[2].diff_id, &l, &err));
	assert_int_equal(b.layers[2].counts.entries, l.counts.entries);
	assert_true(cs_digest_equal(&l.blob_digest, &b.layers[3].blob_digest));
	assert_int_equal(1, cs_store_layer_by_blob(f->store, "app", &other, &l, &err));
	assert_int_equal(1, cs_store_layer_by_blob(f->store, "app", &none, &l, &err));
	assert_int_equal(
		1, cs_store_layer_by_blob(f->store, "other", &b.layers[3].blob_digest, &l, &err));
	assert_done(cs_store_layer_manifest(f->store, "app", &b.layers[0].diff_id, &list, &err));
	assert_int_equal(15, list.len);
	assert_memory_equal("list of entries", list.data, 15);
	assert_int_equal(1, cs_store_layer_manifest(f->store, "app", &other, &list, &err));
	assert_int_equal(15, list.len);
	cs_buf_release(&list);
}

static void large_manifest(void **state)
{
	struct fixture *f = *state;
	struct cs_buf list = CS_BUF_INIT;
	struct cs_build b;
	size_t len = (5 << 19) + 7; /* three parts */
	char *data = cs_arena_alloc(f->arena, len);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 2654435761u >> 24);
	sample_build(f->arena, 1, &b);
	b.layers[3].manifest = data;
	b.layers[3].manifest_bytes = len;
	put(f, &b, CS_PUT_NEW);
	assert_done(cs_store_layer_manifest(f->store, "app", &b.layers[3].diff_id, &list, &err));
	assert_int_equal(len, list.len);
	assert_memory_equal(data, list.data, len);
	cs_buf_release(&list);
}

/* A claim about a blob is neither given back as known, nor does it spoil what was decoded. */
static void claims_are_not_knowledge(void **state)
{
	struct fixture *f = *state;
	struct cs_build claimed, decoded, out;
	struct cs_layer l;
	struct cs_digest lie = sample_digest("lie", 0);

	sample_build(f->arena, 1, &decoded);
	sample_build(f->arena, 1, &claimed);
	claimed.facts.job = "claims";
	for (size_t i = 0; i < 4; i++) {
		memset(&claimed.layers[i].content_digest, 0, sizeof(struct cs_digest));
		claimed.layers[i].counts.entries = -1;
		claimed.layers[i].tar_bytes = 1;
		claimed.layers[i].manifest = NULL;
	}
	claimed.layers[3].diff_id = lie;
	put(f, &claimed, CS_PUT_NEW);
	assert_int_equal(1, cs_store_layer_by_blob(f->store, "app", &claimed.layers[3].blob_digest,
						   &l, &err));
	put(f, &decoded, CS_PUT_NEW);
	assert_done(
		cs_store_layer_by_blob(f->store, "app", &claimed.layers[3].blob_digest, &l, &err));
	assert_true(cs_digest_equal(&l.diff_id, &decoded.layers[3].diff_id));
	/* what was claimed rightly is now measured, for the earlier build, too */
	get(f, "^0", &out);
	if (strcmp(out.facts.job, "claims") != 0)
		get(f, "^1", &out);
	assert_int_equal(decoded.layers[2].tar_bytes, out.layers[2].tar_bytes);
	assert_true(cs_digest_equal(&lie, &out.layers[3].diff_id));
	assert_int_equal(-1, out.layers[3].counts.entries);
}

static void layers_are_shared(void **state)
{
	struct fixture *f = *state;
	struct cs_store_info info;

	put_samples(f, f->store, 0, 10);
	assert_done(cs_store_info(f->store, f->arena, &info, &err));
	/* two of the base, 10 / 5 middle ones, 10 of their own; a list for each diff-id */
	assert_int_equal(2 + 2 + 10, info.layers);
	assert_int_equal(2 + 2 + 10, info.manifests);
	assert_int_equal(15 * 14, info.manifest_bytes);
	assert_int_equal(10, info.builds);
	assert_int_equal(30, info.steps);
	assert_int_equal(5, info.runs);
	assert_int_equal(1, info.projects);
}

static void sha512_layers(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;
	struct cs_layer l;

	sample_build(f->arena, 1, &in);
	assert_done(cs_digest_of(CS_DIGEST_SHA512, "x", 1, &in.layers[1].blob_digest, &err));
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
	assert_done(cs_store_layer_by_blob(f->store, "app", &in.layers[1].blob_digest, &l, &err));
}

/* --- seen before --- */

static void ids(struct fixture *f, int n, char ret[17])
{
	struct cs_build b;

	sample_build(f->arena, n, &b);
	cs_build_make_id(&b, ret);
}

static void chain_was_seen(void **state)
{
	struct fixture *f = *state;
	struct cs_seen seen;
	struct cs_build b;
	char first[17], fifth[17], sixth[17];

	put_samples(f, f->store, 0, 12); /* scope production: 0 3 6 9, else test */
	ids(f, 5, fifth);
	ids(f, 6, sixth);
	sample_build(f->arena, 6, &b); /* its third layer came with build 5 */
	ids(f, 1, first);
	/* the base: oldest of the same scope, though the other scope had it earlier */
	assert_done(chain_seen(f->store, "app", "test", &b.layers[1].chain_id, sixth, f->arena,
			       &seen, &err));
	assert_string_equal(first, seen.build_id);
	assert_string_equal("test", seen.scope);
	assert_true(seen.created_unix_ns == b.layers[1].created_unix_ns);
	/* the third layer: in its own scope nobody before, in the other build 5 */
	assert_done(chain_seen(f->store, "app", "production", &b.layers[2].chain_id, sixth,
			       f->arena, &seen, &err));
	assert_string_equal(fifth, seen.build_id);
	assert_string_equal("test", seen.scope);
	/* before build 5: nobody */
	assert_int_equal(1, chain_seen(f->store, "app", "test", &b.layers[2].chain_id, fifth,
				       f->arena, &seen, &err));
	/* before a build that is not recorded: all count */
	assert_done(chain_seen(f->store, "app", "production", &b.layers[2].chain_id,
			       "0000000000000000", f->arena, &seen, &err));
	assert_string_equal(sixth, seen.build_id);
	assert_done(chain_seen(f->store, "app", "unheard of", &b.layers[0].chain_id, NULL, f->arena,
			       &seen, &err));
	assert_string_equal("production", seen.scope);
	assert_int_equal(1, chain_seen(f->store, "other", "test", &b.layers[0].chain_id, NULL,
				       f->arena, &seen, &err));
}

/* The step ran twice with equal content: the build that left this very layer is named. */
static void chain_was_seen_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct cs_seen_query query = { "app", "test", { 0 }, CS_TIME_NONE, NULL };
	enum cs_put put;
	struct cs_seen seen;
	struct cs_build b;
	char first[17], second[17];

	sample_build(f->arena, 1, &b);
	b.facts.scope = "test";
	query.chain_id = b.layers[1].chain_id;
	b.layers[1].created_unix_ns = 1000;
	cs_build_make_id(&b, first);
	b.id = first;
	assert_done(cs_store_build_put(f->store, &b, &put, &err));
	b.facts.run_id = "another";
	b.layers[1].created_unix_ns = 2000;
	cs_build_make_id(&b, second);
	b.id = second;
	assert_done(cs_store_build_put(f->store, &b, &put, &err));
	query.created_unix_ns = 2000;
	assert_done(cs_store_chain_seen(f->store, &query, f->arena, &seen, &err));
	assert_string_equal(second, seen.build_id);
	assert_true(seen.created_unix_ns == 2000);
	assert_true(cs_digest_equal(&b.config_digest, &seen.config_digest));
	query.created_unix_ns = 3000; /* none with this time: the first with any */
	assert_done(cs_store_chain_seen(f->store, &query, f->arena, &seen, &err));
	assert_string_equal(first, seen.build_id);
}

static void presence(void **state)
{
	struct fixture *f = *state;
	struct cs_build b;
	struct cs_digest none = { 0 };
	bool diff_id, blob;
	char id[17];
	int64_t n;

	put_samples(f, f->store, 0, 12);
	sample_build(f->arena, 7, &b);
	ids(f, 7, id);
	assert_done(cs_store_scope_builds(f->store, "app", "test", id, &n, &err));
	assert_int_equal(4, n); /* 1 2 4 5 */
	assert_done(cs_store_scope_builds(f->store, "app", "test", NULL, &n, &err));
	assert_int_equal(8, n);
	assert_done(cs_store_scope_builds(f->store, "app", "nowhere", NULL, &n, &err));
	assert_int_equal(0, n);
	assert_done(cs_store_scope_builds(f->store, "nowhere", "test", NULL, &n, &err));
	assert_int_equal(0, n);

	assert_done(cs_store_layer_present(f->store, "app", "test", &b.layers[2].diff_id,
					   &b.layers[2].blob_digest, id, &diff_id, &blob, &err));
	assert_true(diff_id && blob);
	assert_done(cs_store_layer_present(f->store, "app", "test", &b.layers[3].diff_id,
					   &b.layers[3].blob_digest, id, &diff_id, &blob, &err));
	assert_true(!diff_id && !blob);
	/* compressed anew: the content was there, the blob was not */
	b.layers[2].blob_digest = sample_digest("recompressed", 1);
	assert_done(cs_store_layer_present(f->store, "app", "test", &b.layers[2].diff_id,
					   &b.layers[2].blob_digest, id, &diff_id, &blob, &err));
	assert_true(diff_id && !blob);
	assert_done(cs_store_layer_present(f->store, "app", "nowhere", &b.layers[2].diff_id, &none,
					   NULL, &diff_id, &blob, &err));
	assert_true(!diff_id && !blob);
}

/* All layers of an image at once are told what each is told alone. */
static void same_alone(struct fixture *f, const struct cs_build *b, const char *scope,
		       const char *before)
{
	struct cs_layer_seen seen[8];

	assert_true(b->n_layers <= CS_N(seen));
	assert_done(cs_store_layers_seen(f->store, "app", scope, before, b->layers, b->n_layers,
					 f->arena, seen, &err));
	for (size_t i = 0; i < b->n_layers; i++) {
		const struct cs_layer *l = &b->layers[i];
		struct cs_seen_query query = { "app", scope, l->chain_id, l->created_unix_ns,
					       before };
		struct cs_seen first;
		bool diff_id, blob;
		int r = cs_store_chain_seen(f->store, &query, f->arena, &first, &err);

		assert_true(r >= 0);
		assert_int_equal(r == 0, seen[i].seen);
		if (r == 0) {
			assert_string_equal(first.build_id, seen[i].first.build_id);
			assert_string_equal(first.scope, seen[i].first.scope);
			assert_true(first.created_unix_ns == seen[i].first.created_unix_ns);
			assert_true(first.started_unix_ns == seen[i].first.started_unix_ns);
			assert_int_equal(0, cs_digest_compare(&first.config_digest,
							      &seen[i].first.config_digest));
		}
		assert_done(cs_store_layer_present(f->store, "app", scope, &l->diff_id,
						   &l->blob_digest, before, &diff_id, &blob, &err));
		assert_int_equal(diff_id, seen[i].present);
		assert_int_equal(blob, seen[i].blob_present);
	}
}

static void layers_at_once(void **state)
{
	static const char *const scopes[] = { "test", "production", "nowhere" };
	struct fixture *f = *state;
	struct cs_build b;
	char before[17];

	put_samples(f, f->store, 0, 12);
	for (int n = 0; n < 14; n++) {
		ids(f, n, before);
		for (size_t i = 0; i < CS_N(scopes); i++) {
			sample_build(f->arena, n, &b);
			same_alone(f, &b, scopes[i], before);
			same_alone(f, &b, scopes[i], NULL);
			/* made anew, compressed anew, without a chain, of nothing known */
			b.layers[0].created_unix_ns++;
			b.layers[1].blob_digest = sample_digest("recompressed", n);
			memset(&b.layers[2].chain_id, 0, sizeof(struct cs_digest));
			memset(&b.layers[3], 0, sizeof(b.layers[3]));
			same_alone(f, &b, scopes[i], before);
			same_alone(f, &b, scopes[i], NULL);
		}
	}
}

static void find_base(struct fixture *f, const char *name, const struct cs_digest *digest, int want)
{
	struct cs_base_ref ref = { name, { 0 } };
	struct cs_digest *layers = NULL;
	size_t n = 0;

	if (digest)
		ref.digest = *digest;
	assert_int_equal(want,
			 cs_store_base_find(f->store, "app", &ref, f->arena, &layers, &n, &err));
	if (want == 0) {
		struct cs_digest first = sample_digest("diff", 0),
				 second = sample_digest("diff", 1);

		assert_int_equal(4, n);
		assert_true(cs_digest_equal(&first, &layers[0]));
		assert_true(cs_digest_equal(&second, &layers[1]));
	}
}

static void finds_bases(void **state)
{
	static const struct {
		const char *recorded, *asked;
		int want;
	} names[] = {
		{ "alpine:3.19", "alpine:3.19", 0 },
		{ "alpine:3.19", "docker.io/library/alpine:3.19", 0 },
		{ "docker.io/library/alpine:3.20", "alpine:3.20", 0 },
		{ "docker.io/me/tool:latest", "me/tool", 0 },
		{ "me/thing:latest", "docker.io/me/thing", 0 },
		{ "localhost/kbase:1", "kbase:1", 0 },
		{ "obase:1", "localhost/obase:1", 0 },
		{ "ghcr.io/x/y:latest",
		  "ghcr.io/x/y@sha256:"
		  "00000000000000000000000000000000"
		  "00000000000000000000000000000000",
		  0 },
		{ "quay.io/a:1", "docker.io/library/a:1", 1 },
		{ "b:1", "b:2", 1 },
	};
	struct fixture *f = *state;
	struct cs_build b;
	struct cs_digest other = sample_digest("nothing", 0), kept;
	char text[CS_DIGEST_TEXT], name[CS_DIGEST_TEXT + 20];

	for (size_t i = 0; i < CS_N(names); i++) {
		sample_build(f->arena, (int)i, &b);
		b.image_ref = names[i].recorded;
		put(f, &b, CS_PUT_NEW);
		find_base(f, names[i].asked, NULL, names[i].want);
		find_base(f, NULL, &b.manifest_digest, 0);
		find_base(f, NULL, &b.config_digest, 0);
		b.config_digest.bytes[31] ^= 1; /* the index holds the first eight bytes */
		find_base(f, NULL, &b.config_digest, 1);
		snprintf(name, sizeof(name), "unheard-of@%s",
			 cs_digest_format(&b.manifest_digest, text));
		find_base(f, name, NULL, 0);
	}
	find_base(f, NULL, &other, 1);
	find_base(f, "alpine:3.19", &other, 0);
	find_base(f, NULL, NULL, 1);
	/* an image one of whose layers is not known is no base to compare with */
	sample_build(f->arena, 50, &b);
	kept = b.manifest_digest;
	memset(&b.layers[1].diff_id, 0, sizeof(struct cs_digest));
	memset(&b.layers[1].blob_digest, 0, sizeof(struct cs_digest));
	put(f, &b, CS_PUT_NEW);
	find_base(f, NULL, &kept, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, memory_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(knows_decoded_layers),
		T(large_manifest),
		T(claims_are_not_knowledge),
		T(layers_are_shared),
		T(sha512_layers),
		T(chain_was_seen),
		T(chain_was_seen_at_a_time),
		T(presence),
		T(layers_at_once),
		T(finds_bases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
