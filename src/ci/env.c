/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts are copied by table where a variable is the fact, by hand where the systems differ: what a
 * ref is, which commit was meant, what woke the job. Jenkins has no word for the event; it is told
 * only where a variable tells it, not guessed from the branch of a freestyle job.
 */
#include "ci/env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/file.h"
#include "util/json.h"
#include "util/secret.h"

struct reader {
	const struct cs_ctx *ctx;
	const char *(*get)(void *arg, const char *name);
	void *arg;
	struct cs_arena *arena;
	struct cs_facts *facts;
	const char *default_branch;
	bool no_memory;
};

struct variable {
	const char *name;
	size_t offset; /* of the const char * in struct cs_facts */
};

#define FACT(field) offsetof(struct cs_facts, field)

/* Set and not empty, else NULL. */
static const char *get(const struct reader *r, const char *name)
{
	const char *value = r->get(r->arg, name);

	return value && *value ? value : NULL;
}

/* Credentials out of URLs, into the arena; out of memory is told at the end. */
static const char *keep(struct reader *r, const char *value)
{
	char *copy = cs_arena_strdup(r->arena, value);

	if (value && !copy)
		r->no_memory = true;
	return copy ? cs_secret_strip_urls(copy) : NULL;
}

static const char *keep_ref(struct reader *r, const char *prefix, const char *name,
			    const char *suffix)
{
	char *ref = cs_arena_printf(r->arena, "%s%s%s", prefix, name, suffix);

	if (!ref)
		r->no_memory = true;
	return ref ? cs_secret_strip_urls(ref) : NULL;
}

/* The first variable that is set decides each fact. */
static void read_table(struct reader *r, const struct variable *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char **fact = (const char **)(void *)((char *)r->facts + table[i].offset);

		if (!*fact)
			*fact = keep(r, get(r, table[i].name));
	}
}

static int64_t parse_count(const char *text)
{
	char *end;
	long long v;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoll(text, &end, 10);
	return errno || *end || v < 1 || v > INT32_MAX ? -1 : v;
}

static void classify(struct reader *r, const char *word)
{
	if (!word)
		return;
	r->facts->event_raw = keep(r, word);
	r->facts->event = cs_event_classify(word, r->facts->ref, r->default_branch);
}

/* --- GitHub Actions --- */

/* The event file, or NULL; one that cannot be read is worth a warning, not a failure. */
static struct cs_json *load_event(const struct reader *r)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_err err = CS_ERR_INIT;
	const char *path = get(r, "GITHUB_EVENT_PATH");
	struct cs_json *doc = NULL;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size;
	int ret;

	if (!path)
		return NULL;
	ret = cs_file_open_read(path, &fd, &size, &err);
	if (ret == 0)
		ret = cs_file_read_all(fd, (size_t)r->ctx->limits.json_bytes, &buf, &err);
	if (ret == 0)
		ret = cs_json_parse(buf.data, buf.len, &r->ctx->limits, &doc, &err);
	if (ret < 0)
		cs_ctx_log(r->ctx, CS_LOG_WARNING, "GITHUB_EVENT_PATH: '%s' is not used: %s", path,
			   err.msg);
	return doc;
}

static bool is_commit(const char *text)
{
	size_t n = text ? strspn(text, "0123456789abcdef") : 0;

	return (n == 40 || n == 64) && !text[n];
}

/* The merge commit that GITHUB_SHA names is gone tomorrow; the head is what people look for. */
static void read_pull_request(struct reader *r, const struct cs_json *event)
{
	const struct cs_json *pr = cs_json_get(event, "pull_request");
	const char *sha = cs_json_get_text(cs_json_get(pr, "head"), "sha");
	const char *head = get(r, "GITHUB_HEAD_REF");
	int64_t number;

	if (is_commit(sha))
		r->facts->commit = keep(r, sha);
	else if (event)
		cs_ctx_log(r->ctx, CS_LOG_WARNING,
			   "GITHUB_EVENT_PATH: no pull_request.head.sha: the commit is not known");
	if (r->facts->ref && strncmp(r->facts->ref, "refs/pull/", 10) == 0)
		return;
	/* pull_request_target runs on the base branch, but is not about it */
	if (cs_json_get_int(pr, "number", &number) && number > 0) {
		r->facts->ref = cs_arena_printf(r->arena, "refs/pull/%lld/head", (long long)number);
		r->no_memory |= !r->facts->ref;
	} else {
		r->facts->ref = head ? keep_ref(r, "refs/heads/", head, "") : NULL;
	}
}

static void read_github(struct reader *r)
{
	static const struct variable table[] = {
		{ "GITHUB_REPOSITORY", FACT(project) },
		{ "GITHUB_REF", FACT(ref) },
		{ "GITHUB_RUN_ID", FACT(run_id) },
		{ "GITHUB_WORKFLOW", FACT(workflow) },
		{ "GITHUB_JOB", FACT(job) },
	};
	struct cs_json *event CS_AUTO(cs_json_free_p) = NULL;
	const char *word = get(r, "GITHUB_EVENT_NAME"), *branch;

	read_table(r, table, CS_N(table));
	r->facts->attempt = parse_count(get(r, "GITHUB_RUN_ATTEMPT"));
	event = load_event(r);
	branch = cs_json_get_text(cs_json_get(event, "repository"), "default_branch");
	if (!r->default_branch && branch && *branch)
		r->default_branch = keep(r, branch);
	if (word && cs_event_classify(word, NULL, NULL) == CS_EVENT_PULL_REQUEST)
		read_pull_request(r, event);
	else
		r->facts->commit = keep(r, get(r, "GITHUB_SHA"));
	classify(r, word);
}

/* --- GitLab CI --- */

static void read_gitlab_ref(struct reader *r)
{
	const char *tag = get(r, "CI_COMMIT_TAG"), *branch = get(r, "CI_COMMIT_BRANCH");
	const char *mr = get(r, "CI_MERGE_REQUEST_IID");

	if (tag)
		r->facts->ref = keep_ref(r, "refs/tags/", tag, "");
	else if (mr)
		r->facts->ref = keep_ref(r, "refs/merge-requests/", mr, "/head");
	else if (branch)
		r->facts->ref = keep_ref(r, "refs/heads/", branch, "");
}

static void read_gitlab(struct reader *r)
{
	static const struct variable table[] = {
		{ "CI_PROJECT_PATH", FACT(project) },
		{ "CI_PIPELINE_ID", FACT(run_id) },
		/* set where the pipeline runs on a merged result: the commit that was pushed */
		{ "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", FACT(commit) },
		{ "CI_COMMIT_SHA", FACT(commit) },
		{ "CI_PIPELINE_NAME", FACT(workflow) },
		{ "CI_JOB_STAGE", FACT(workflow) },
		{ "CI_JOB_NAME", FACT(job) },
	};

	if (!r->default_branch)
		r->default_branch = keep(r, get(r, "CI_DEFAULT_BRANCH"));
	read_table(r, table, CS_N(table));
	read_gitlab_ref(r);
	classify(r, get(r, "CI_PIPELINE_SOURCE"));
	/* a child pipeline says only that it has a parent */
	if (r->facts->event == CS_EVENT_OTHER && get(r, "CI_MERGE_REQUEST_IID"))
		r->facts->event = CS_EVENT_PULL_REQUEST;
}

/* --- Jenkins --- */

/* "https://host/acme/app.git", "git@host:acme/app.git" -> "acme/app" */
static const char *project_of_url(struct reader *r, const char *url)
{
	const char *path = url ? strstr(url, "://") : NULL;
	size_t len;
	char *project;

	if (!url)
		return NULL;
	path = path ? strchr(path + 3, '/') : strchr(url, ':');
	if (!path || !path[1])
		return NULL;
	path++;
	len = strcspn(path, "?#");
	while (len && path[len - 1] == '/')
		len--;
	if (len > 4 && strncmp(path + len - 4, ".git", 4) == 0)
		len -= 4;
	project = cs_arena_strndup(r->arena, path, len);
	r->no_memory |= !project;
	return project ? cs_secret_strip_urls(project) : NULL;
}

static const char *jenkins_event(const struct reader *r)
{
	static const struct {
		const char *cause, *word;
	} causes[] = {
		{ "TIMERTRIGGER", "schedule" },
		{ "MANUALTRIGGER", "manual" },
		{ "USERIDCAUSE", "manual" },
		{ "SCMTRIGGER", "push" },
	};
	const char *cause = get(r, "BUILD_CAUSE");

	if (get(r, "CHANGE_ID"))
		return "pull_request";
	for (size_t i = 0; cause && i < CS_N(causes); i++) {
		if (strstr(cause, causes[i].cause))
			return causes[i].word;
	}
	/* a multibranch job builds what was pushed */
	return get(r, "TAG_NAME") || get(r, "BRANCH_NAME") ? "push" : NULL;
}

static void read_jenkins(struct reader *r)
{
	static const struct variable table[] = {
		{ "JOB_NAME", FACT(job) },
		{ "GIT_COMMIT", FACT(commit) },
	};
	const char *change = get(r, "CHANGE_ID"), *tag = get(r, "TAG_NAME");
	const char *branch = get(r, "BRANCH_NAME"), *git_branch = get(r, "GIT_BRANCH");
	const char *number = get(r, "BUILD_NUMBER");

	read_table(r, table, CS_N(table));
	r->facts->project = project_of_url(r, get(r, "GIT_URL"));
	if (!number)
		number = get(r, "BUILD_ID");
	/* numbers count per job, a run is looked up per project */
	r->facts->run_id =
		r->facts->job ? keep_ref(r, r->facts->job, "#", number) : keep(r, number);
	if (!branch && git_branch)
		branch = strncmp(git_branch, "origin/", 7) == 0 ? git_branch + 7 : git_branch;
	if (change)
		r->facts->ref = keep_ref(r, "refs/pull/", change, "/head");
	else if (tag)
		r->facts->ref = keep_ref(r, "refs/tags/", tag, "");
	else if (branch)
		r->facts->ref = keep_ref(r, "refs/heads/", branch, "");
	classify(r, jenkins_event(r));
}

static bool is_true(const char *value)
{
	return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

int cs_ci_env_read(const struct cs_ctx *ctx, const char *(*get_fn)(void *arg, const char *name),
		   void *arg, const char *default_branch, struct cs_arena *arena,
		   enum cs_ci *ret_ci, struct cs_facts *ret, const char **ret_default_branch,
		   struct cs_err *err)
{
	struct cs_facts facts;
	struct reader r = {
		.ctx = ctx, .get = get_fn, .arg = arg, .arena = arena, .facts = &facts
	};
	enum cs_ci ci = CS_CI_NONE;

	cs_facts_init(&facts);
	r.default_branch = default_branch;
	if (is_true(get(&r, "GITHUB_ACTIONS"))) {
		ci = CS_CI_GITHUB;
		read_github(&r);
	} else if (is_true(get(&r, "GITLAB_CI"))) {
		ci = CS_CI_GITLAB;
		read_gitlab(&r);
	} else if (get(&r, "JENKINS_URL") && (get(&r, "BUILD_NUMBER") || get(&r, "BUILD_ID"))) {
		ci = CS_CI_JENKINS;
		read_jenkins(&r);
	}
	if (r.no_memory)
		return cs_err_nomem(err);
	*ret_ci = ci;
	*ret = facts;
	*ret_default_branch = r.default_branch;
	return 0;
}
