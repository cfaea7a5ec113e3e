/* SPDX-License-Identifier: Apache-2.0 */
#include "build/facts.h"

#include <string.h>

#include "image/reference.h"
#include "util/secret.h"

int cs_keep(struct cs_arena *arena, const char *text, const char **ret, struct cs_err *err)
{
	if (*ret || !text || !text[0])
		return 0;
	text = cs_arena_strdup(arena, text);
	if (text)
		text = cs_secret_clean(arena, text);
	if (!text)
		return cs_err_nomem(err);
	*ret = text;
	return 0;
}

/* The path behind the host, or NULL where the URL names no host. */
static const char *url_path(const char *url)
{
	const char *scheme = strstr(url, "://"), *at, *colon;

	if (scheme) {
		const char *host = scheme + 3;
		const char *slash = strchr(host, '/');

		return slash && slash > host ? slash + 1 : NULL;
	}
	at = strchr(url, '@');
	colon = at ? strchr(at, ':') : NULL;
	return colon && !memchr(url, '/', (size_t)(colon - url)) ? colon + 1 : NULL;
}

const char *cs_project_of_url(struct cs_arena *arena, const char *url)
{
	const char *path = url_path(url);
	size_t n;

	if (!path)
		return NULL;
	while (*path == '/')
		path++;
	n = strcspn(path, "?#");
	while (n && path[n - 1] == '/')
		n--;
	if (n > 4 && memcmp(path + n - 4, ".git", 4) == 0)
		n -= 4;
	if (!memchr(path, '/', n) || n > 512)
		return NULL;
	return cs_arena_strndup(arena, path, n);
}

static int keep_project(struct cs_doc *doc, const char *url, struct cs_err *err)
{
	if (doc->build.facts.project)
		return 0;
	return cs_keep(doc->arena, cs_project_of_url(doc->arena, url), &doc->build.facts.project,
		       err);
}

int cs_facts_from_builder_id(struct cs_doc *doc, const char *url, struct cs_err *err)
{
	static const char runs[] = "/actions/runs/", attempts[] = "/attempts/";
	struct cs_facts *f = &doc->build.facts;
	const char *at = strstr(url, runs), *id;
	size_t n, digits;
	char *head;
	int r = 0;

	if (!at || !strstr(url, "://"))
		return 0;
	id = at + strlen(runs);
	n = strspn(id, "0123456789");
	if (!n || n > 20)
		return 0;
	head = cs_arena_strndup(doc->arena, url, (size_t)(at - url));
	if (!head)
		return cs_err_nomem(err);
	r = keep_project(doc, head, err);
	if (r == 0 && !f->run_id) {
		f->run_id = cs_arena_strndup(doc->arena, id, n);
		if (!f->run_id)
			return cs_err_nomem(err);
	}
	if (r == 0 && f->attempt < 0 && strncmp(id + n, attempts, strlen(attempts)) == 0) {
		const char *p = id + n + strlen(attempts);

		digits = strspn(p, "0123456789");
		if (digits && digits < 8)
			f->attempt = strtol(p, NULL, 10);
	}
	return r;
}

static bool is_commit(const char *text, size_t n)
{
	return (n == 40 || n == 64) && strspn(text, "0123456789abcdef") >= n;
}

int cs_facts_from_vcs(struct cs_doc *doc, const char *source, const char *revision,
		      struct cs_err *err)
{
	static const char dirty[] = "-dirty";
	const char *commit = revision;
	int r = 0;

	if (source && source[0]) {
		source = cs_url_public(doc->arena, source);
		if (!source)
			return cs_err_nomem(err);
		r = cs_keep(doc->arena, source, &doc->build.recipe.vcs_source, err);
		if (r == 0)
			r = keep_project(doc, source, err);
	}
	if (r < 0 || !revision)
		return r;
	if (strlen(revision) > strlen(dirty) &&
	    strcmp(revision + strlen(revision) - strlen(dirty), dirty) == 0)
		commit = cs_arena_strndup(doc->arena, revision, strlen(revision) - strlen(dirty));
	if (!commit)
		return cs_err_nomem(err);
	r = cs_keep(doc->arena, revision, &doc->build.recipe.vcs_revision, err);
	return r < 0 ? r : cs_keep(doc->arena, commit, &doc->build.facts.commit, err);
}

int cs_facts_from_context(struct cs_doc *doc, const char *context, struct cs_err *err)
{
	struct cs_facts *f = &doc->build.facts;
	const char *url = cs_url_public(doc->arena, context), *mark;
	char *ref;
	int r;

	if (!url)
		return cs_err_nomem(err);
	r = cs_keep(doc->arena, url, &doc->build.recipe.context, err);
	mark = strchr(url, '#');
	if (r < 0 || !url_path(url))
		return r;
	r = keep_project(doc, url, err);
	if (r < 0 || !mark)
		return r;
	ref = cs_arena_strndup(doc->arena, mark + 1, strcspn(mark + 1, ":"));
	if (!ref)
		return cs_err_nomem(err);
	if (is_commit(ref, strlen(ref)))
		return cs_keep(doc->arena, ref, &f->commit, err);
	if (strncmp(ref, "refs/", 5) != 0)
		return 0;
	/* No workflow but one for pull requests checks out a merge ref. */
	if (strncmp(ref, "refs/pull/", 10) == 0 && f->event == CS_EVENT_NONE)
		f->event = CS_EVENT_PULL_REQUEST;
	return cs_keep(doc->arena, ref, &f->ref, err);
}

void cs_doc_set_platform(struct cs_doc *doc, const char *text)
{
	char out[CS_PLATFORM_TEXT] = "", one[CS_PLATFORM_TEXT];
	struct cs_platform platform;
	struct cs_err ignored;
	size_t used = 0;

	if (doc->build.platform[0] || !text)
		return;
	while (*text) {
		size_t n = strcspn(text, ",");
		int len;

		if (n >= sizeof(one))
			return;
		memcpy(one, text, n);
		one[n] = '\0';
		if (cs_platform_parse(one, &platform, &ignored) < 0)
			return;
		len = snprintf(out + used, sizeof(out) - used, "%s%s", used ? "," : "",
			       cs_platform_format(&platform, one));
		if (len < 0 || (size_t)len >= sizeof(out) - used)
			return; /* more than fit: better none than half a list */
		used += (size_t)len;
		text += n + (text[n] == ',');
	}
	memcpy(doc->build.platform, out, sizeof(out));
}
