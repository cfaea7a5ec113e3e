/* SPDX-License-Identifier: Apache-2.0 */
#include "build/steps.h"
#include "support/test.h"

static struct cs_err err;
static struct cs_arena *arena;

struct name {
	const char *name;
	enum cs_step_class class;
	const char *stage, *platform, *instruction;
};

static void names(void **state CS_UNUSED)
{
	static const struct name list[] = {
		{ "[build 2/3] RUN  make\tall ", CS_STEP_EXEC, "build", NULL, "RUN make all" },
		{ "[stage-1  3/12] COPY a b", CS_STEP_FILE, "stage-1", NULL, "COPY a b" },
		{ "[ 9/12] WORKDIR /app", CS_STEP_FILE, NULL, NULL, "WORKDIR /app" },
		{ "[2/3] ADD --link a b", CS_STEP_FILE, NULL, NULL, "ADD --link a b" },
		{ "[linux/amd64->arm64 gen 2/2] RUN x", CS_STEP_EXEC, "gen", "linux/arm64",
		  "RUN x" },
		{ "[linux/amd64->arm/v7 2/2] RUN x", CS_STEP_EXEC, NULL, "linux/arm/v7", "RUN x" },
		{ "[linux/amd64->windows/amd64 a 2/2] RUN x", CS_STEP_EXEC, "a", "windows/amd64",
		  "RUN x" },
		{ "[linux/arm64/v8 stage-1 1/2] COPY a b", CS_STEP_FILE, "stage-1", "linux/arm64",
		  "COPY a b" },
		{ "[app linux/arm64 base 1/2] COPY a b", CS_STEP_FILE, "base", "linux/arm64",
		  "COPY a b" },
		{ "[base 1/2] FROM docker.io/library/a:1@sha256:00", CS_STEP_SOURCE, "base", NULL,
		  "FROM docker.io/library/a:1@sha256:00" },
		{ "[a 2/2] ONBUILD RUN x", CS_STEP_EXEC, "a", NULL, "ONBUILD RUN x" },
		{ "[a 2/2] RUN <<EOF (set -e...)", CS_STEP_EXEC, "a", NULL,
		  "RUN <<EOF (set -e...)" },
		{ "[a 2/3] LINK COPY --link a b", CS_STEP_OTHER, "a", NULL,
		  "LINK COPY --link a b" },
		{ "[a 2/3] FROBNICATE x", CS_STEP_OTHER, "a", NULL, "FROBNICATE x" },
		{ "[internal] load .dockerignore", CS_STEP_INTERNAL, NULL, NULL,
		  "load .dockerignore" },
		{ "[linux/amd64 internal] load metadata for a", CS_STEP_INTERNAL, NULL, NULL,
		  "load metadata for a" },
		{ "[app internal] load build definition from Dockerfile", CS_STEP_INTERNAL, NULL,
		  NULL, "load build definition from Dockerfile" },
		{ "[internal] load build context", CS_STEP_SOURCE, NULL, NULL,
		  "load build context" },
		{ "[internal] load git source https://x/y.git", CS_STEP_SOURCE, NULL, NULL,
		  "load git source https://x/y.git" },
		{ "[context src] load from client", CS_STEP_SOURCE, NULL, NULL,
		  "load from client" },
		{ "[auth] library/a:pull token for r", CS_STEP_INTERNAL, NULL, NULL,
		  "library/a:pull token for r" },
		{ "exporting to image", CS_STEP_EXPORT, NULL, NULL, "exporting to image" },
		{ "[app] exporting to oci image format", CS_STEP_EXPORT, NULL, NULL,
		  "exporting to oci image format" },
		{ "exporting cache to registry", CS_STEP_CACHE_EXPORT, NULL, NULL,
		  "exporting cache to registry" },
		{ "importing cache manifest from gha:15", CS_STEP_IMPORT, NULL, NULL,
		  "importing cache manifest from gha:15" },
		{ "https://example.com/a.tgz", CS_STEP_SOURCE, NULL, NULL,
		  "https://example.com/a.tgz" },
		{ "resolve image config for docker-image://x", CS_STEP_INTERNAL, NULL, NULL,
		  "resolve image config for docker-image://x" },
		{ "something new", CS_STEP_OTHER, NULL, NULL, "something new" },
		{ "RUN make", CS_STEP_OTHER, NULL, NULL, "RUN make" },
		{ "[never closed RUN x", CS_STEP_OTHER, NULL, NULL, "[never closed RUN x" },
		{ "[]", CS_STEP_OTHER, NULL, NULL, "" },
		{ "[1/]RUN x", CS_STEP_OTHER, NULL, NULL, "[1/]RUN x" },
		{ "[a b c d e f g h i 1/2] RUN x", CS_STEP_OTHER, NULL, NULL,
		  "[a b c d e f g h i 1/2] RUN x" },
		{ "", CS_STEP_OTHER, NULL, NULL, "" },
	};

	for (size_t i = 0; i < CS_N(list); i++) {
		struct cs_raw_step raw = { .name = list[i].name };
		struct cs_step step = { 0 };

		assert_done(cs_step_classify(arena, &raw, &step, &err));
		assert_string_equal(list[i].name, step.name);
		assert_string_equal(list[i].instruction, step.instruction);
		if (list[i].class != step.class)
			fail_msg("%s: %s", list[i].name, cs_step_class_name(step.class));
		assert_string_equal(list[i].stage ? list[i].stage : "-",
				    step.stage ? step.stage : "-");
		assert_string_equal(list[i].platform ? list[i].platform : "-",
				    step.platform ? step.platform : "-");
	}
}

static void bare_names(void **state CS_UNUSED)
{
	struct cs_raw_step raw = { .name = "RUN [\"a\", \"b\"]", .bare = true, .stage = "s" };
	struct cs_step step = { 0 };

	assert_done(cs_step_classify(arena, &raw, &step, &err));
	assert_int_equal(CS_STEP_EXEC, step.class);
	assert_string_equal("s", step.stage);
	raw.name = "[\"RUN\", 1/2] COPY";
	assert_done(cs_step_classify(arena, &raw, &step, &err));
	assert_int_equal(CS_STEP_OTHER, step.class);
}

struct judged {
	struct cs_raw_step raw;
	enum cs_build_status status;
	enum cs_step_class class;
	enum cs_step_state state;
	bool pulled;
};

static void states(void **state CS_UNUSED)
{
#define ON   .started = true
#define DONE .started = true, .completed = true
	static const struct judged list[] = {
		{ { DONE, .cached = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_EXEC,
		  CS_STATE_HIT,
		  false },
		{ { DONE }, CS_STATUS_COMPLETED, CS_STEP_EXEC, CS_STATE_RUN, false },
		{ { DONE }, CS_STATUS_FAILED, CS_STEP_EXEC, CS_STATE_RUN, false },
		{ { .cached = true }, CS_STATUS_FAILED, CS_STEP_EXEC, CS_STATE_HIT, false },
		{ { DONE, .cached = true, .reran = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_EXEC,
		  CS_STATE_HIT,
		  true },
		{ { DONE, .cached = true, .reran = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_SOURCE,
		  CS_STATE_HIT,
		  false },
		{ { DONE, .cached = true, .fetched = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_SOURCE,
		  CS_STATE_HIT,
		  true },
		{ { DONE, .fetched = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_EXEC,
		  CS_STATE_RUN,
		  false },
		{ { DONE, .pull_only = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_EXEC,
		  CS_STATE_HIT,
		  true },
		{ { DONE, .pull_only = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_SOURCE,
		  CS_STATE_RUN,
		  false },
		{ { ON, .error = "exit code: 3" },
		  CS_STATUS_FAILED,
		  CS_STEP_EXEC,
		  CS_STATE_FAILED,
		  false },
		{ { DONE, .error = "exit code: 137: context canceled" },
		  CS_STATUS_CANCELED,
		  CS_STEP_EXEC,
		  CS_STATE_CANCELED,
		  false },
		{ { ON }, CS_STATUS_CANCELED, CS_STEP_EXEC, CS_STATE_CANCELED, false },
		{ { ON }, CS_STATUS_FAILED, CS_STEP_EXEC, CS_STATE_CANCELED, false },
		{ { ON }, CS_STATUS_UNKNOWN, CS_STEP_EXEC, CS_STATE_UNKNOWN, false },
		{ { 0 }, CS_STATUS_COMPLETED, CS_STEP_EXEC, CS_STATE_NOT_REACHED, false },
		{ { 0 }, CS_STATUS_FAILED, CS_STEP_EXEC, CS_STATE_NOT_REACHED, false },
		{ { DONE, .silent = true },
		  CS_STATUS_COMPLETED,
		  CS_STEP_EXEC,
		  CS_STATE_UNKNOWN,
		  false },
	};

	for (size_t i = 0; i < CS_N(list); i++) {
		struct cs_step step = { .class = list[i].class };

		cs_step_judge(&list[i].raw, list[i].status, &step);
		if (step.state != list[i].state || step.pulled != list[i].pulled)
			fail_msg("case %zu: %s", i, cs_step_state_name(step.state));
		assert_int_equal(step.state == CS_STATE_UNKNOWN ? CS_EVIDENCE_NONE
								: CS_EVIDENCE_OBSERVED,
				 step.evidence);
	}
}

static void client_spans(void **state CS_UNUSED)
{
	static const char *const client[] = { "resolving provenance for metadata file",
					      "[app] resolving provenance for metadata file",
					      "[internal] booting buildkit",
					      "starting container buildx_buildkit_default0",
					      "creating container buildx_buildkit_default0",
					      "importing to docker",
					      "pushing app:1 with docker" };
	static const char *const builder[] = { "[internal] load build definition from Dockerfile",
					       "[a 1/2] RUN importing to docker",
					       "exporting to image",
					       "pushing layers",
					       "[a] [a] x",
					       "" };

	for (size_t i = 0; i < CS_N(client); i++)
		assert_true(cs_step_is_client(client[i]));
	for (size_t i = 0; i < CS_N(builder); i++)
		assert_false(cs_step_is_client(builder[i]));
}

static void ends_of_logs(void **state CS_UNUSED)
{
	static const struct {
		const char *line;
		enum cs_build_status status;
		const char *message;
	} list[] = {
		{ "ERROR: failed to build: failed to solve: process \"x\" did not",
		  CS_STATUS_FAILED, "process \"x\" did not" },
		{ "ERROR: failed to solve: rpc", CS_STATUS_FAILED, "rpc" },
		{ "ERROR: failed to build: failed to solve: Canceled: context canceled",
		  CS_STATUS_CANCELED, "Canceled: context canceled" },
		{ "##[error]buildx failed with: ERROR: failed to solve: x", CS_STATUS_FAILED,
		  "buildx failed with: ERROR: failed to solve: x" },
		{ "ERROR: target app: failed to solve: x", CS_STATUS_FAILED,
		  "target app: failed to solve: x" },
		{ "ERROR: no such thing", CS_STATUS_UNKNOWN, NULL },
		{ "#4 ERROR: failed to configure", CS_STATUS_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < CS_N(list); i++) {
		const char *message = NULL;

		assert_int_equal(list[i].status, cs_log_tail(list[i].line, &message));
		if (list[i].message)
			assert_string_equal(list[i].message, message);
	}
}

static void status_of_steps(void **state CS_UNUSED)
{
#define RAW(...) &(const struct cs_raw_step){ __VA_ARGS__ }, 1
	assert_int_equal(CS_STATUS_COMPLETED, cs_raw_status(RAW(.name = "[1/2] RUN x", DONE)));
	assert_int_equal(CS_STATUS_UNKNOWN, cs_raw_status(RAW(.name = "[1/2] RUN x", ON)));
	assert_int_equal(CS_STATUS_UNKNOWN,
			 cs_raw_status(RAW(.name = "[internal] load build definition", DONE)));
	assert_int_equal(CS_STATUS_FAILED,
			 cs_raw_status(RAW(.name = "[1/2] RUN x", ON, .error = "exit code: 1")));
	assert_int_equal(CS_STATUS_CANCELED,
			 cs_raw_status(RAW(.name = "[1/2] RUN x", .error = "context canceled")));
	assert_int_equal(CS_STATUS_UNKNOWN,
			 cs_raw_status(RAW(.name = "importing cache manifest from x", DONE,
					   .error = "not found")));
	assert_int_equal(CS_STATUS_UNKNOWN, cs_raw_status(NULL, 0));
}

static void redacted(void **state CS_UNUSED)
{
	static const char *const values[] = { "s3cr3t-value", "s3cr", "ab" };
	static const struct cs_secrets secrets = { (const char **)(uintptr_t)values, 3 };
	static const struct {
		const char *text, *want;
	} list[] = {
		{ "RUN curl -H s3cr3t-value x", "RUN curl -H *** x" },
		{ "RUN s3cr s3cr3t-values", "RUN *** ***s" },
		{ "ADD https://user:pass@host/a b", "ADD https://host/a b" },
		{ "ENV API_KEY=abc PORT=80", "ENV API_KEY=*** PORT=80" },
		{ "ARG npm_token='a b' c", "ARG npm_token=*** c" },
		{ "RUN TOKEN=$TOKEN make", "RUN TOKEN=$TOKEN make" },
		{ "RUN TOKEN=\"$TOKEN\" make", "RUN TOKEN=\"$TOKEN\" make" },
		{ "RUN --mount=type=secret,id=token make",
		  "RUN --mount=type=secret,id=token make" },
		{ "RUN PASSWORD= make", "RUN PASSWORD= make" },
		{ "RUN a=ab", "RUN a=ab" },
		{ "=", "=" },
		{ "", "" },
	};

	for (size_t i = 0; i < CS_N(list); i++)
		assert_string_equal(list[i].want, cs_redact(arena, list[i].text, &secrets));
	assert_string_equal("x TOKEN=***", cs_redact(arena, "x TOKEN=abc", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),	cmocka_unit_test(bare_names),
		cmocka_unit_test(states),	cmocka_unit_test(client_spans),
		cmocka_unit_test(ends_of_logs), cmocka_unit_test(status_of_steps),
		cmocka_unit_test(redacted),
	};
	int r;

	arena = cs_arena_new();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	cs_arena_free(arena);
	return r;
}
