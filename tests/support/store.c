/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/store.h"

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- places --- */

char *folder_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char buf[4096];
	char *folder;

	/* Where syncing costs nothing, if there is such a place. */
	if (!tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(buf, sizeof(buf), "%s/cachestat-test-XXXXXX", tmp);
	assert_non_null(mkdtemp(buf));
	folder = strdup(buf);
	assert_non_null(folder);
	return folder;
}

static int remove_one(const char *path, const struct stat *st CS_UNUSED, int type CS_UNUSED,
		      struct FTW *ftw CS_UNUSED)
{
	return remove(path);
}

void folder_free(char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
}

char *path_in(const char *folder, const char *name)
{
	size_t len = strlen(folder) + strlen(name) + 2;
	char *path = malloc(len);

	assert_non_null(path);
	snprintf(path, len, "%s/%s", folder, name);
	return path;
}

size_t folder_count(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

/* --- a test's things --- */

struct cs_err err;

int64_t fixture_now(void)
{
	return INT64_C(1800000000) * CS_NS_PER_S;
}

static int64_t now(void *arg CS_UNUSED)
{
	return fixture_now();
}

static struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	cs_ctx_init(&f->ctx);
	f->ctx.now = now;
	f->arena = cs_arena_new();
	assert_non_null(f->arena);
	return f;
}

int memory_set_up(void **state)
{
	struct fixture *f = fixture_new();

	assert_done(cs_store_open(&f->ctx, ":memory:", CS_STORE_WRITE, &f->store, &err));
	*state = f;
	return 0;
}

int file_set_up(void **state)
{
	struct fixture *f = fixture_new();

	f->folder = folder_new();
	f->path = path_in(f->folder, "s.db");
	f->copy = path_in(f->folder, "copy.db");
	*state = f;
	return 0;
}

int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	cs_store_close(f->store);
	if (f->folder)
		folder_free(f->folder);
	free(f->path);
	free(f->copy);
	cs_buf_release(&f->a);
	cs_buf_release(&f->b);
	cs_buf_release(&f->c);
	cs_arena_free(f->arena);
	free(f);
	return 0;
}

struct cs_store *open_store(struct fixture *f, enum cs_store_mode mode)
{
	struct cs_store *store = NULL;

	assert_done(cs_store_open(&f->ctx, f->path, mode, &store, &err));
	return store;
}

void put_build(struct fixture *f CS_UNUSED, struct cs_store *store, const struct cs_build *b,
	       enum cs_put want)
{
	enum cs_put got = (enum cs_put)9;

	assert_done(cs_store_build_put(store, b, &got, &err));
	assert_int_equal(want, got);
}

void put_samples(struct fixture *f, struct cs_store *store, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct cs_build b;

		sample_build(f->arena, i, &b);
		put_build(f, store, &b, CS_PUT_NEW);
	}
}

void make_store(struct fixture *f, int from, int to)
{
	struct cs_store *store = open_store(f, CS_STORE_WRITE);

	put_samples(f, store, from, to);
	cs_store_close(store);
}

void assert_says(const char *part)
{
	if (!strstr(err.msg, part))
		fail_msg("'%s' does not say '%s'", err.msg, part);
}

/* --- builds --- */

struct cs_digest sample_digest(const char *kind, int n)
{
	struct cs_digest d;
	char text[64];

	snprintf(text, sizeof(text), "%s-%d", kind, n);
	assert_int_equal(0, cs_digest_of(CS_DIGEST_SHA256, text, strlen(text), &d, &err));
	return d;
}

static const char *text(struct cs_arena *arena, const char *format, int n)
{
	char buf[128];
	char *copy;

	snprintf(buf, sizeof(buf), format, n);
	copy = cs_arena_strdup(arena, buf);
	assert_non_null(copy);
	return copy;
}

static void sample_facts(struct cs_arena *arena, int n, struct cs_facts *f)
{
	f->project = "app";
	f->scope = n % 3 ? "test" : "production";
	f->event = n % 3 ? CS_EVENT_PULL_REQUEST : CS_EVENT_PUSH_MAIN;
	f->event_raw = n % 3 ? "pull_request" : "push";
	f->ref = text(arena, "refs/pull/%d/merge", n / 4);
	f->commit = text(arena, "%040d", n);
	f->run_id = text(arena, "%d", 9000 + n / 2);
	f->attempt = 1;
	f->workflow = "ci.yml";
	f->job = "build";
	f->target = n % 3 ? "test" : "production";
	f->started_unix_ns = (INT64_C(1700000000) + n * 60) * CS_NS_PER_S + n;
	f->completed_unix_ns = f->started_unix_ns + 42 * CS_NS_PER_S + 7;
	f->tests_passed = n % 2 ? CS_TRI_YES : CS_TRI_UNKNOWN;
	f->pushed = CS_TRI_NO;
	f->n_labels = 2;
	f->labels = cs_arena_array(arena, 2, sizeof(*f->labels));
	assert_non_null(f->labels);
	f->labels[0] = (struct cs_kv){ "branch", text(arena, "feature-%d", n % 7) };
	f->labels[1] = (struct cs_kv){ "team", "blue" };
}

static void sample_layers(struct cs_arena *arena, int n, struct cs_build *b)
{
	static const char list[] = "list of entries";
	const int versions[] = { 0, 0, n / 5, n };

	b->n_layers = CS_N(versions);
	b->layers = cs_arena_array(arena, b->n_layers, sizeof(*b->layers));
	assert_non_null(b->layers);
	for (size_t i = 0; i < b->n_layers; i++) {
		struct cs_layer *l = &b->layers[i];
		int id = versions[i] * 10 + (int)i;

		l->index = (uint32_t)i;
		l->media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
		l->blob_digest = sample_digest("blob", id);
		l->blob_bytes = 1000 + id;
		l->diff_id = sample_digest("diff", id);
		l->tar_bytes = 5000 + id;
		l->content_digest = sample_digest("content", id);
		l->counts.entries = 7 + id;
		l->counts.files = 5;
		l->counts.directories = 2;
		l->counts.file_bytes = 3000 + id;
		assert_int_equal(0, cs_digest_chain(i ? &b->layers[i - 1].chain_id : NULL,
						    &l->diff_id, &l->chain_id, &err));
		l->manifest = list;
		l->manifest_bytes = sizeof(list) - 1;
		l->verified = CS_VERIFIED_SCAN;
		l->has_history = true;
		l->created_by =
			text(arena, i < 2 ? "ADD rootfs" : "RUN make # buildkit %d", (int)i);
		l->comment = "buildkit.dockerfile.v0";
		l->created_unix_ns = (INT64_C(1600000000) + id) * CS_NS_PER_S;
		l->state = i < 2 ? CS_LAYER_BASE : i == 2 && n % 5 ? CS_LAYER_HIT : CS_LAYER_RUN;
		l->evidence = i < 2 ? CS_EVIDENCE_NONE : CS_EVIDENCE_DATED;
		l->present_before = i == 2;
		if (l->state == CS_LAYER_HIT) {
			l->seen_in_scope = "test";
			l->seen_build_id = "0123456789abcdef";
			l->blob_present_before = true;
			l->why = "created before the build began";
		}
	}
}

static void sample_steps(struct cs_arena *arena, int n, struct cs_build *b)
{
	b->n_steps = 3;
	b->steps = cs_arena_array(arena, b->n_steps, sizeof(*b->steps));
	assert_non_null(b->steps);
	for (size_t i = 0; i < b->n_steps; i++) {
		struct cs_step *s = &b->steps[i];

		s->index = (uint32_t)i;
		s->name = text(arena, "[stage-0 %d/3] RUN make", (int)i + 1);
		s->stage = i ? "stage-0" : NULL;
		s->instruction = i == 2 ? text(arena, "RUN make test-%d", n / 5)
					: text(arena, "RUN make %d", (int)i);
		s->platform = i == 2 ? "linux/arm64" : NULL;
		s->class = i ? CS_STEP_EXEC : CS_STEP_SOURCE;
		s->state = i == 1 && n % 5 ? CS_STATE_HIT : CS_STATE_RUN;
		s->evidence = CS_EVIDENCE_OBSERVED;
		s->started_unix_ns = b->facts.started_unix_ns + (int64_t)i * CS_NS_PER_S;
		s->completed_unix_ns = s->started_unix_ns + 500 + n;
		s->duration_ns = i == 2 ? 400 : 500 + n;
		s->pulled = i == 1;
		s->error = i == 2 && n % 11 == 0 ? "exit code: 1" : NULL;
		s->layer = i ? (int)i + 1 : -1;
		s->first_line = (int)i + 3;
		s->last_line = (int)i + 4;
		s->n_inputs = i;
		s->inputs = cs_arena_array(arena, i, sizeof(*s->inputs));
		assert_non_null(s->inputs);
		for (size_t k = 0; k < i; k++)
			s->inputs[k] = (uint32_t)k;
	}
}

void sample_build(struct cs_arena *arena, int n, struct cs_build *ret)
{
	cs_build_init(ret);
	sample_facts(arena, n, &ret->facts);
	snprintf(ret->platform, sizeof(ret->platform), "linux/amd64");
	ret->invocation_id = "inv";
	ret->source_kind = CS_SOURCE_IMAGE;
	ret->status = CS_STATUS_COMPLETED;
	ret->source = text(arena, "app-%d.tar", n);
	ret->image_ref = "registry.example/app:test";
	ret->manifest_digest = sample_digest("manifest", n);
	ret->config_digest = sample_digest("config", n);
	ret->image_created_unix_ns = ret->facts.started_unix_ns + 40 * CS_NS_PER_S;
	ret->recorded_unix_ns = ret->facts.started_unix_ns + 100 * CS_NS_PER_S;
	ret->builder_cached_steps = 1;
	ret->builder_total_steps = 9;
	ret->builder_completed_steps = 8;
	ret->base_evidence = CS_BASE_HISTORY;
	ret->base_layers = 2;
	sample_steps(arena, n, ret);
	sample_layers(arena, n, ret);
}

static void sample_recipe(struct cs_arena *arena, int n, struct cs_recipe *r)
{
	cs_recipe_init(r);
	r->n_build_args = 2;
	r->build_args = cs_arena_array(arena, 2, sizeof(*r->build_args));
	r->n_materials = 1;
	r->materials = cs_arena_array(arena, 1, sizeof(*r->materials));
	r->n_base_diff_ids = 2;
	r->base_diff_ids = cs_arena_array(arena, 2, sizeof(*r->base_diff_ids));
	r->n_caches = 2;
	r->caches = cs_arena_array(arena, 2, sizeof(*r->caches));
	assert_true(r->build_args && r->materials && r->base_diff_ids && r->caches);
	r->build_args[0] = (struct cs_kv){ "QUOTE", "a \"b\" \\ \xc3\xa9" };
	r->build_args[1] = (struct cs_kv){ "EMPTY", "" };
	r->materials[0] = (struct cs_base_ref){ "docker.io/library/alpine:3.19",
						sample_digest("alpine", 0) };
	r->base_diff_ids[0] = sample_digest("diff", 0);
	r->base_diff_ids[1] = sample_digest("diff", 1);
	r->caches[0] = (struct cs_cache_ref){ "gha", NULL, "main", "not found", false };
	r->caches[1] = (struct cs_cache_ref){ "registry", "r.example/cache", NULL, NULL, true };
	r->gha_scope = "main";
	r->no_cache_stages = "a,b";
	r->epoch_set = true;
	r->dockerfile = "Dockerfile";
	r->dockerfile_text = "FROM alpine:3.19\nRUN make\n";
	r->context = "https://git.example/app.git#main";
	r->vcs_source = "https://git.example/app.git";
	r->vcs_revision = text(arena, "%040d", n);
	r->error = text(arena, "exit code: %d", n);
	r->n_warnings = n;
}

void full_build(struct cs_arena *arena, int n, struct cs_build *ret)
{
	sample_build(arena, n, ret);
	sample_recipe(arena, n, &ret->recipe);
	ret->source_kind = CS_SOURCE_RAWJSON;
	ret->builder_ref = text(arena, "%025d", n);
	ret->graph = UINT64_C(0xfedcba9876543210) + (uint64_t)n;
	ret->n_results = 2;
	ret->results = cs_arena_array(arena, 2, sizeof(*ret->results));
	assert_non_null(ret->results);
	ret->results[0] = sample_digest("index", n);
	ret->results[1] = sample_digest("config", n);
	for (size_t i = 0; i < CS_N_FACTS; i++)
		ret->facts.from[i] = (uint8_t)(CS_FROM_INPUT + CS_SOURCE_RAWJSON);
	ret->facts.from[CS_FACT_SCOPE] = CS_FROM_RULE;
	ret->told_by[CS_PART_COUNTS] = 1 + CS_SOURCE_NONE;
	ret->told_by[CS_PART_WARNINGS] = 1 + CS_SOURCE_NONE;
}

/* --- behind the store's back --- */

static sqlite3 *open_file(const char *path, int flags)
{
	sqlite3 *h = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_open_v2(path, &h, flags, NULL));
	sqlite3_busy_timeout(h, 10000);
	return h;
}

static void dump_table(sqlite3 *h, const char *table, struct cs_buf *ret)
{
	char sql[512];
	sqlite3_stmt *s;

	cs_buf_printf(ret, "== %s\n", table);
	snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" ORDER BY 1, 2", table);
	assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(h, sql, -1, &s, NULL));
	while (sqlite3_step(s) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const uint8_t *p;

			switch (sqlite3_column_type(s, i)) {
			case SQLITE_BLOB:
				p = sqlite3_column_blob(s, i);
				for (int k = 0; k < sqlite3_column_bytes(s, i); k++)
					cs_buf_printf(ret, "%02x", p[k]);
				break;
			case SQLITE_NULL:
				cs_buf_puts(ret, "NULL");
				break;
			default:
				cs_buf_puts(ret, (const char *)sqlite3_column_text(s, i));
			}
			cs_buf_puts(ret, "|");
		}
		cs_buf_puts(ret, "\n");
	}
	sqlite3_finalize(s);
}

void dump_store(const char *path, struct cs_buf *ret)
{
	sqlite3 *h = open_file(path, SQLITE_OPEN_READWRITE);
	sqlite3_stmt *s;

	cs_buf_reset(ret);
	assert_int_equal(
		SQLITE_OK,
		sqlite3_prepare_v2(h,
				   "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
				   "name <> 'sqlite_sequence' ORDER BY name",
				   -1, &s, NULL));
	while (sqlite3_step(s) == SQLITE_ROW)
		dump_table(h, (const char *)sqlite3_column_text(s, 0), ret);
	sqlite3_finalize(s);
	assert_int_equal(SQLITE_OK, sqlite3_close(h));
}

void tamper(const char *path, const char *sql)
{
	sqlite3 *h = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	char *msg = NULL;

	if (sqlite3_exec(h, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s: %s", sql, msg);
	sqlite3_close(h);
}

int64_t ask(const char *path, const char *sql)
{
	sqlite3 *h = open_file(path, SQLITE_OPEN_READWRITE);
	sqlite3_stmt *s;
	int64_t v;

	assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(h, sql, -1, &s, NULL));
	assert_int_equal(SQLITE_ROW, sqlite3_step(s));
	v = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(h);
	return v;
}

void slurp(const char *path, struct cs_buf *ret)
{
	FILE *f = fopen(path, "rb");
	char buf[65536];
	size_t n;

	assert_non_null(f);
	cs_buf_reset(ret);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		assert_int_equal(0, cs_buf_add(ret, buf, n));
	fclose(f);
}

void spill(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(len, fwrite(data, 1, len, f));
	fclose(f);
}

/* --- comparing --- */

static void same_text(const char *field, const char *a, const char *b)
{
	if (!a != !b || (a && strcmp(a, b) != 0))
		fail_msg("%s: '%s', not '%s'", field, b ? b : "(null)", a ? a : "(null)");
}

static void same_digest(const char *field, const struct cs_digest *a, const struct cs_digest *b)
{
	if (cs_digest_compare(a, b) != 0)
		fail_msg("%s differs", field);
}

#define SAME(x)                                                                                    \
	do {                                                                                       \
		if (a->x != b->x)                                                                  \
			fail_msg("%s: %lld, not %lld", #x, (long long)b->x, (long long)a->x);      \
	} while (0)
#define SAME_TEXT(x)   same_text(#x, a->x, b->x)
#define SAME_DIGEST(x) same_digest(#x, &a->x, &b->x)

static void same_facts(const struct cs_facts *a, const struct cs_facts *b)
{
	same_text("project", a->project ? a->project : "", b->project);
	same_text("scope", a->scope ? a->scope : "", b->scope);
	SAME(event);
	SAME_TEXT(event_raw);
	SAME_TEXT(ref);
	SAME_TEXT(commit);
	SAME_TEXT(run_id);
	SAME_TEXT(workflow);
	SAME_TEXT(job);
	SAME_TEXT(target);
	SAME(attempt);
	SAME(started_unix_ns);
	SAME(completed_unix_ns);
	SAME(tests_passed);
	SAME(pushed);
	SAME(n_labels);
	for (size_t i = 0; i < a->n_labels; i++) {
		SAME_TEXT(labels[i].key);
		SAME_TEXT(labels[i].value);
	}
}

static void same_step(const struct cs_step *a, const struct cs_step *b)
{
	SAME_TEXT(name);
	SAME_TEXT(stage);
	SAME_TEXT(instruction);
	SAME_TEXT(platform);
	SAME(class);
	SAME(state);
	SAME(evidence);
	SAME(started_unix_ns);
	SAME(completed_unix_ns);
	SAME(duration_ns);
	SAME(pulled);
	SAME_TEXT(error);
	SAME(layer);
	SAME(first_line);
	SAME(last_line);
	SAME(n_inputs);
	for (size_t i = 0; i < a->n_inputs; i++)
		SAME(inputs[i]);
}

static void same_layer(const struct cs_layer *a, const struct cs_layer *b)
{
	SAME(index);
	SAME_TEXT(media_type);
	SAME_DIGEST(blob_digest);
	SAME(blob_bytes);
	SAME_DIGEST(diff_id);
	SAME(tar_bytes);
	SAME_DIGEST(chain_id);
	SAME_DIGEST(content_digest);
	SAME(counts.entries);
	SAME(counts.files);
	SAME(counts.directories);
	SAME(counts.symlinks);
	SAME(counts.file_bytes);
	SAME(verified);
	SAME(has_history);
	SAME_TEXT(created_by);
	SAME_TEXT(comment);
	SAME_TEXT(author);
	SAME(created_unix_ns);
	SAME(state);
	SAME(evidence);
	SAME_TEXT(seen_in_scope);
	SAME_TEXT(seen_build_id);
	SAME(present_before);
	SAME(blob_present_before);
	SAME_TEXT(why);
}

void assert_same_build(const struct cs_build *a, const struct cs_build *b)
{
	same_facts(&a->facts, &b->facts);
	assert_string_equal(a->platform, b->platform);
	SAME_TEXT(builder_ref);
	SAME_TEXT(invocation_id);
	SAME(source_kind);
	SAME(status);
	SAME_TEXT(source);
	SAME_TEXT(image_ref);
	SAME_DIGEST(manifest_digest);
	SAME_DIGEST(config_digest);
	SAME(image_created_unix_ns);
	SAME(builder_cached_steps);
	SAME(builder_total_steps);
	SAME(builder_completed_steps);
	SAME(base_evidence);
	SAME(base_layers);
	SAME(n_steps);
	for (size_t i = 0; i < a->n_steps; i++)
		same_step(&a->steps[i], &b->steps[i]);
	SAME(n_layers);
	for (size_t i = 0; i < a->n_layers; i++)
		same_layer(&a->layers[i], &b->layers[i]);
}
