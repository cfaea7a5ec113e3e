/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <inttypes.h>

#include "ci/env.h"
#include "support/env.h"
#include "util/cleanup.h"

#define HEAD  "1111111111111111111111111111111111111111"
#define MERGE "2222222222222222222222222222222222222222"

static struct cs_err err;
static struct cs_ctx ctx;
static char warning[CS_ERR_MAX];
static char event_path[] = "/tmp/cachestat-event-XXXXXX";

struct want {
	enum cs_ci ci;
	enum cs_event event;
	const char *raw, *project, *ref, *commit, *run_id, *workflow, *job;
	int64_t attempt;
	const char *branch;
};

static void on_log(void *arg CS_UNUSED, enum cs_log_level level CS_UNUSED, const char *msg)
{
	snprintf(warning, sizeof(warning), "%s", msg);
}

static void assert_text(const char *name, const char *want, const char *got)
{
	if (!want != !got || (want && strcmp(want, got) != 0))
		fail_msg("%s: '%s', not '%s'", name, got ? got : "(null)", want ? want : "(null)");
}

static void check(const char *const *env, const char *default_branch, const struct want *want)
{
	struct cs_arena *arena = cs_arena_new();
	const char *branch = "unset";
	struct cs_facts facts;
	enum cs_ci ci;

	warning[0] = '\0';
	assert_done(cs_ci_env_read(&ctx, test_getenv, (void *)(uintptr_t)env, default_branch, arena,
				   &ci, &facts, &branch, &err));
	assert_int_equal(want->ci, ci);
	assert_int_equal(want->event, facts.event);
	assert_text("raw", want->raw, facts.event_raw);
	assert_text("project", want->project, facts.project);
	assert_text("ref", want->ref, facts.ref);
	assert_text("commit", want->commit, facts.commit);
	assert_text("run id", want->run_id, facts.run_id);
	assert_text("workflow", want->workflow, facts.workflow);
	assert_text("job", want->job, facts.job);
	assert_text("branch", want->branch, branch);
	assert_int_equal(want->attempt ? want->attempt : -1, facts.attempt);
	assert_null(facts.scope);
	cs_arena_free(arena);
}

static void put_event(const char *text)
{
	FILE *f = fopen(event_path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(0, fclose(f));
}

#define GITHUB                                                                                     \
	"GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=acme/app", "GITHUB_RUN_ID=77",                   \
		"GITHUB_RUN_ATTEMPT=2", "GITHUB_WORKFLOW=Build", "GITHUB_JOB=image",               \
		"GITHUB_SHA=" MERGE
#define GITHUB_WANT                                                                                \
	.ci = CS_CI_GITHUB, .project = "acme/app", .run_id = "77", .attempt = 2,                   \
	.workflow = "Build", .job = "image"

static void no_ci(void **state CS_UNUSED)
{
	const char *const none[] = { "GITHUB_ACTIONS=false", "GITHUB_REPOSITORY=a/b", "CI=true",
				     "BUILD_NUMBER=4", NULL };

	check(none, NULL, &(struct want){ .ci = CS_CI_NONE });
	check(none, "trunk", &(struct want){ .ci = CS_CI_NONE, .branch = "trunk" });
}

static void github_push(void **state CS_UNUSED)
{
	const char *const env[] = { GITHUB, "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main",
				    NULL };
	const char *const tag[] = { GITHUB, "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/tags/v1",
				    NULL };
	struct want want = { GITHUB_WANT, .event = CS_EVENT_PUSH_MAIN, .raw = "push",
			     .ref = "refs/heads/main", .commit = MERGE };

	check(env, NULL, &want);
	want.event = CS_EVENT_PUSH;
	want.branch = "trunk";
	check(env, "trunk", &want);
	want.event = CS_EVENT_RELEASE;
	want.ref = "refs/tags/v1";
	check(tag, "trunk", &want);
	assert_string_equal("", warning);
}

/* The event file names the default branch; the configuration knows better. */
static void github_default_branch(void **state CS_UNUSED)
{
	char path[64];
	const char *const env[] = { GITHUB, "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/trunk",
				    path, NULL };
	struct want want = { GITHUB_WANT,     .event = CS_EVENT_PUSH_MAIN,
			     .raw = "push",   .ref = "refs/heads/trunk",
			     .commit = MERGE, .branch = "trunk" };

	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=%s", event_path);
	put_event("{\"repository\": {\"default_branch\": \"trunk\"}}");
	check(env, NULL, &want);
	want.event = CS_EVENT_PUSH;
	want.branch = "main";
	check(env, "main", &want);
}

static void github_pull_request(void **state CS_UNUSED)
{
	char path[64];
	const char *const env[] = { GITHUB,
				    "GITHUB_EVENT_NAME=pull_request",
				    "GITHUB_REF=refs/pull/12/merge",
				    "GITHUB_HEAD_REF=feature",
				    path,
				    NULL };
	const char *const target[] = { GITHUB,
				       "GITHUB_EVENT_NAME=pull_request_target",
				       "GITHUB_REF=refs/heads/main",
				       "GITHUB_HEAD_REF=feature",
				       path,
				       NULL };
	struct want want = { GITHUB_WANT,	    .event = CS_EVENT_PULL_REQUEST,
			     .raw = "pull_request", .ref = "refs/pull/12/merge",
			     .commit = HEAD,	    .branch = "main" };

	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=%s", event_path);
	put_event(
		"{\"action\": \"synchronize\", \"number\": 12, \"pull_request\": {\"number\": 12, "
		"\"head\": {\"ref\": \"feature\", \"sha\": \"" HEAD "\"}, "
		"\"base\": {\"ref\": \"main\", \"sha\": \"" MERGE "\"}}, "
		"\"repository\": {\"default_branch\": \"main\"}}");
	check(env, NULL, &want);
	assert_string_equal("", warning);
	want.raw = "pull_request_target";
	want.ref = "refs/pull/12/head"; /* not the branch it runs on */
	check(target, NULL, &want);
}

/* What cannot be read leaves the commit unknown: the merge commit would be wrong. */
static void github_bad_event_file(void **state CS_UNUSED)
{
	static const char *const texts[] = { "",
					     "{",
					     "[]",
					     "{\"pull_request\": 3}",
					     "{\"pull_request\": {\"head\": {\"sha\": \"x\"}}}",
					     "{\"pull_request\": {\"head\": {\"sha\": 4}}}" };
	char path[64];
	const char *const env[] = { GITHUB, "GITHUB_EVENT_NAME=pull_request",
				    "GITHUB_REF=refs/pull/12/merge", path, NULL };
	const char *const none[] = { GITHUB, "GITHUB_EVENT_NAME=pull_request",
				     "GITHUB_REF=refs/pull/12/merge", NULL };
	struct want want = { GITHUB_WANT, .event = CS_EVENT_PULL_REQUEST, .raw = "pull_request",
			     .ref = "refs/pull/12/merge" };

	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=%s", event_path);
	for (size_t i = 0; i < CS_N(texts); i++) {
		put_event(texts[i]);
		check(env, NULL, &want);
		if (strncmp(warning, "GITHUB_EVENT_PATH: ", 19) != 0)
			fail_msg("no warning for '%s'", texts[i]);
	}
	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=/nonexistent/event.json");
	check(env, NULL, &want);
	assert_non_null(strstr(warning, "/nonexistent/event.json"));
	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=/dev/zero");
	check(env, NULL, &want);
	assert_non_null(strstr(warning, "a device"));
	check(none, NULL, &want);
	assert_string_equal("", warning);
}

static void github_big_event_file(void **state CS_UNUSED)
{
	char path[64];
	const char *const env[] = { GITHUB, "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main",
				    path, NULL };
	struct want want = { GITHUB_WANT, .event = CS_EVENT_PUSH_MAIN, .raw = "push",
			     .ref = "refs/heads/main", .commit = MERGE };

	snprintf(path, sizeof(path), "GITHUB_EVENT_PATH=%s", event_path);
	put_event("{\"repository\": {\"default_branch\": \"trunk\"}}");
	ctx.limits.json_bytes = 20;
	check(env, NULL, &want);
	assert_non_null(strstr(warning, "larger than 20 bytes"));
	cs_limits_init(&ctx.limits);
}

static void github_other_events(void **state CS_UNUSED)
{
	static const struct {
		const char *variable, *raw;
		enum cs_event event;
	} table[] = {
		{ "GITHUB_EVENT_NAME=release", "release", CS_EVENT_RELEASE },
		{ "GITHUB_EVENT_NAME=schedule", "schedule", CS_EVENT_SCHEDULE },
		{ "GITHUB_EVENT_NAME=workflow_dispatch", "workflow_dispatch", CS_EVENT_MANUAL },
		{ "GITHUB_EVENT_NAME=merge_group", "merge_group", CS_EVENT_OTHER },
		{ "GITHUB_EVENT_NAME=", NULL, CS_EVENT_NONE },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		const char *const env[] = { GITHUB, table[i].variable, "GITHUB_REF=refs/tags/v1",
					    NULL };
		struct want want = { GITHUB_WANT, .event = table[i].event, .raw = table[i].raw,
				     .ref = "refs/tags/v1", .commit = MERGE };

		check(env, NULL, &want);
	}
}

static void attempts(void **state CS_UNUSED)
{
	static const char *const bad[] = {
		"GITHUB_RUN_ATTEMPT=",	 "GITHUB_RUN_ATTEMPT=x",
		"GITHUB_RUN_ATTEMPT=0",	 "GITHUB_RUN_ATTEMPT=-1",
		"GITHUB_RUN_ATTEMPT=1x", "GITHUB_RUN_ATTEMPT=99999999999999999999"
	};

	for (size_t i = 0; i < CS_N(bad); i++) {
		const char *const env[] = { "GITHUB_ACTIONS=true", bad[i], NULL };

		check(env, NULL, &(struct want){ .ci = CS_CI_GITHUB });
	}
}

#define GITLAB                                                                                     \
	"GITLAB_CI=true", "CI_PROJECT_PATH=acme/app", "CI_PIPELINE_ID=5", "CI_JOB_NAME=image",     \
		"CI_JOB_STAGE=build", "CI_COMMIT_SHA=" MERGE, "CI_DEFAULT_BRANCH=trunk"
#define GITLAB_WANT                                                                                \
	.ci = CS_CI_GITLAB, .project = "acme/app", .run_id = "5", .workflow = "build",             \
	.job = "image", .branch = "trunk"

static void gitlab(void **state CS_UNUSED)
{
	const char *const branch[] = { GITLAB, "CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=trunk",
				       NULL };
	const char *const tag[] = { GITLAB, "CI_PIPELINE_SOURCE=push", "CI_COMMIT_TAG=v1",
				    "CI_PIPELINE_NAME=Release", NULL };
	const char *const mr[] = { GITLAB, "CI_PIPELINE_SOURCE=merge_request_event",
				   "CI_MERGE_REQUEST_IID=9",
				   "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=" HEAD, NULL };
	const char *const detached[] = { GITLAB, "CI_PIPELINE_SOURCE=merge_request_event",
					 "CI_MERGE_REQUEST_IID=9",
					 "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=", NULL };
	const char *const child[] = { GITLAB, "CI_PIPELINE_SOURCE=parent_pipeline",
				      "CI_MERGE_REQUEST_IID=9", NULL };
	const char *const web[] = { GITLAB, "CI_PIPELINE_SOURCE=web", "CI_COMMIT_BRANCH=x", NULL };

	check(branch, NULL,
	      &(struct want){ GITLAB_WANT, .event = CS_EVENT_PUSH_MAIN, .raw = "push",
			      .ref = "refs/heads/trunk", .commit = MERGE });
	check(tag, NULL,
	      &(struct want){ .ci = CS_CI_GITLAB,
			      .project = "acme/app",
			      .run_id = "5",
			      .workflow = "Release",
			      .job = "image",
			      .branch = "trunk",
			      .event = CS_EVENT_RELEASE,
			      .raw = "push",
			      .ref = "refs/tags/v1",
			      .commit = MERGE });
	check(mr, NULL,
	      &(struct want){ GITLAB_WANT, .event = CS_EVENT_PULL_REQUEST,
			      .raw = "merge_request_event", .ref = "refs/merge-requests/9/head",
			      .commit = HEAD });
	check(detached, NULL,
	      &(struct want){ GITLAB_WANT, .event = CS_EVENT_PULL_REQUEST,
			      .raw = "merge_request_event", .ref = "refs/merge-requests/9/head",
			      .commit = MERGE });
	check(child, NULL,
	      &(struct want){ GITLAB_WANT, .event = CS_EVENT_PULL_REQUEST, .raw = "parent_pipeline",
			      .ref = "refs/merge-requests/9/head", .commit = MERGE });
	check(web, NULL,
	      &(struct want){ GITLAB_WANT, .event = CS_EVENT_MANUAL, .raw = "web",
			      .ref = "refs/heads/x", .commit = MERGE });
}

#define JENKINS                                                                                    \
	"JENKINS_URL=https://ci.example/", "BUILD_NUMBER=31", "BUILD_ID=31",                       \
		"JOB_NAME=acme/app/main", "GIT_COMMIT=" HEAD
#define JENKINS_WANT                                                                               \
	.ci = CS_CI_JENKINS, .run_id = "acme/app/main#31", .job = "acme/app/main", .commit = HEAD

static void jenkins(void **state CS_UNUSED)
{
	const char *const change[] = { JENKINS, "BRANCH_NAME=PR-4", "CHANGE_ID=4",
				       "GIT_URL=https://bot:hunter2@git.example/acme/app.git",
				       NULL };
	const char *const branch[] = { JENKINS, "BRANCH_NAME=main", "GIT_BRANCH=main",
				       "GIT_URL=git@git.example:acme/app.git", NULL };
	const char *const tag[] = { JENKINS, "BRANCH_NAME=v1", "TAG_NAME=v1", NULL };
	const char *const freestyle[] = { JENKINS, "GIT_BRANCH=origin/main", NULL };
	const char *const timer[] = { JENKINS, "GIT_BRANCH=origin/main", "BUILD_CAUSE=TIMERTRIGGER",
				      NULL };

	check(change, NULL,
	      &(struct want){ JENKINS_WANT, .project = "acme/app", .event = CS_EVENT_PULL_REQUEST,
			      .raw = "pull_request", .ref = "refs/pull/4/head" });
	check(branch, NULL,
	      &(struct want){ JENKINS_WANT, .project = "acme/app", .event = CS_EVENT_PUSH_MAIN,
			      .raw = "push", .ref = "refs/heads/main" });
	check(tag, NULL,
	      &(struct want){ JENKINS_WANT, .event = CS_EVENT_RELEASE, .raw = "push",
			      .ref = "refs/tags/v1" });
	check(freestyle, NULL, &(struct want){ JENKINS_WANT, .ref = "refs/heads/main" });
	check(timer, NULL,
	      &(struct want){ JENKINS_WANT, .event = CS_EVENT_SCHEDULE, .raw = "schedule",
			      .ref = "refs/heads/main" });
}

/* promises.md 21: nothing that came with a credential keeps it. */
static void credentials(void **state CS_UNUSED)
{
	const char *const env[] = { "GITLAB_CI=true", "CI_PROJECT_PATH=https://u:hunter2@h/p",
				    "CI_JOB_NAME=push to https://hunter2@h", NULL };

	check(env, NULL,
	      &(struct want){
		      .ci = CS_CI_GITLAB, .project = "https://h/p", .job = "push to https://h" });
}

static int make_event_file(void **state CS_UNUSED)
{
	int fd = mkstemp(event_path);

	cs_ctx_init(&ctx);
	ctx.log = on_log;
	return fd < 0 ? -1 : close(fd);
}

static int remove_event_file(void **state CS_UNUSED)
{
	return remove(event_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_ci),
		cmocka_unit_test(github_push),
		cmocka_unit_test(github_default_branch),
		cmocka_unit_test(github_pull_request),
		cmocka_unit_test(github_bad_event_file),
		cmocka_unit_test(github_big_event_file),
		cmocka_unit_test(github_other_events),
		cmocka_unit_test(attempts),
		cmocka_unit_test(gitlab),
		cmocka_unit_test(jenkins),
		cmocka_unit_test(credentials),
	};

	return cmocka_run_group_tests(tests, make_event_file, remove_event_file);
}
