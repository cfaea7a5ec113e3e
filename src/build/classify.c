/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules on names and states of formats.md 1.4, for every parser. A name is what the builder
 * shows: "[linux/amd64->arm64 build 2/3] RUN make". What is not known to be an instruction is never
 * counted as one: new kinds of vertexes become "other", not misses.
 */
#include <string.h>

#include "build/steps.h"
#include "model/instruction.h"

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

struct word {
	const char *p;
	size_t n;
};

static bool word_is(const struct word *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->p, text, w->n) == 0;
}

/* "2/3" */
static bool is_fraction(const struct word *w)
{
	size_t slash = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->p[i] == '/' && i && !slash)
			slash = i;
		else if (w->p[i] < '0' || w->p[i] > '9')
			return false;
	}
	return slash && slash + 1 < w->n;
}

static bool is_platform(const struct word *w)
{
	const char *slash = memchr(w->p, '/', w->n);

	return slash && slash > w->p && !is_fraction(w);
}

#define WORDS_MAX 8

/* The words of a prefix "[…] "; returns what follows it, or NULL where there is no such prefix. */
static const char *split_prefix(const char *name, struct word words[WORDS_MAX], size_t *ret_n)
{
	const char *p = name + 1, *end;
	size_t n = 0;

	*ret_n = 0;
	if (name[0] != '[')
		return NULL;
	end = strchr(p, ']');
	if (!end || (end[1] && end[1] != ' '))
		return NULL;
	while (p < end && n < WORDS_MAX) {
		size_t len = strcspn(p, " ]");

		if (len)
			words[n++] = (struct word){ p, len };
		p += len;
		while (p < end && *p == ' ')
			p++;
	}
	if (p < end)
		return NULL;
	*ret_n = n;
	return end[1] ? end + 2 : end + 1;
}

/*
 * The platform that a step is for: behind "->" stands ARCH[/VARIANT] where the system is the same,
 * else OS/ARCH[/VARIANT].
 */
static const char *target_platform(struct cs_arena *arena, const struct word *w)
{
	static const char *const systems[] = { "linux/",  "windows/", "darwin/",  "freebsd/",
					       "netbsd/", "openbsd/", "solaris/", "wasi/",
					       "js/",	  "plan9/",   "aix/" };
	char buf[CS_PLATFORM_TEXT], *text = cs_arena_strndup(arena, w->p, w->n);
	char *arrow = text ? strstr(text, "->") : NULL;
	struct cs_platform platform;
	struct cs_err ignored;
	bool full = false;

	if (!text)
		return NULL;
	if (arrow) {
		for (size_t i = 0; i < CS_N(systems); i++)
			full = full || starts(arrow + 2, systems[i]);
		text = full ? arrow + 2
			    : cs_arena_printf(arena, "%.*s/%s", (int)strcspn(text, "/"), text,
					      arrow + 2);
		if (!text)
			return NULL;
	}
	if (cs_platform_parse(text, &platform, &ignored) < 0)
		return text;
	return cs_arena_strdup(arena, cs_platform_format(&platform, buf));
}

static enum cs_step_class class_of_internal(const char *rest)
{
	/* What the sources of a build are read by; metadata and definitions are the builder's own.
	 */
	if (starts(rest, "load build context") || starts(rest, "load git source") ||
	    starts(rest, "load remote build context") || starts(rest, "load from client"))
		return CS_STEP_SOURCE;
	return CS_STEP_INTERNAL;
}

static enum cs_step_class class_of_other(const char *rest)
{
	static const struct {
		const char *prefix;
		enum cs_step_class class;
	} prefixes[] = {
		{ "exporting cache", CS_STEP_CACHE_EXPORT },
		{ "preparing build cache for export", CS_STEP_CACHE_EXPORT },
		{ "exporting ", CS_STEP_EXPORT },
		{ "importing cache manifest", CS_STEP_IMPORT },
		{ "resolve image config", CS_STEP_INTERNAL },
		{ "docker-image://", CS_STEP_SOURCE },
		{ "git://", CS_STEP_SOURCE },
		{ "ssh://", CS_STEP_SOURCE },
		{ "http://", CS_STEP_SOURCE },
		{ "https://", CS_STEP_SOURCE },
		{ "oci-layout://", CS_STEP_SOURCE },
	};

	for (size_t i = 0; i < CS_N(prefixes); i++) {
		if (starts(rest, prefixes[i].prefix))
			return prefixes[i].class;
	}
	return CS_STEP_OTHER;
}

static enum cs_step_class class_of_instruction(const char *text)
{
	if (starts(text, "ONBUILD "))
		text += strlen("ONBUILD ");
	return cs_instruction_class(text);
}

/* A name taken apart. rest is what follows the prefix, or the whole name without one. */
struct parts {
	struct word words[WORDS_MAX];
	size_t n;
	const char *rest;
	bool numbered; /* "[… i/n] INSTRUCTION" */
};

static enum cs_step_class take_apart(const char *name, struct parts *p)
{
	const char *rest = split_prefix(name, p->words, &p->n);
	const struct word *last = rest && p->n ? &p->words[p->n - 1] : NULL;

	p->rest = rest ? rest : name;
	p->numbered = last && is_fraction(last);
	if (p->numbered)
		return starts(rest, "LINK ") ? CS_STEP_OTHER : class_of_instruction(rest);
	if (last && (word_is(last, "internal") || word_is(&p->words[0], "context")))
		return class_of_internal(rest);
	if (last && word_is(last, "auth"))
		return CS_STEP_INTERNAL;
	return class_of_other(p->rest);
}

enum cs_step_class cs_step_class_of(const char *name)
{
	struct parts parts;

	return take_apart(name, &parts);
}

/* Platform and stage stand before i/n, a bake target before both. */
static int read_prefix(struct cs_arena *arena, const struct parts *p, struct cs_step *ret,
		       struct cs_err *err)
{
	for (size_t i = 0; i + 1 < p->n; i++) {
		const char **text = is_platform(&p->words[i]) ? &ret->platform : &ret->stage;

		*text = text == &ret->platform
				? target_platform(arena, &p->words[i])
				: cs_arena_strndup(arena, p->words[i].p, p->words[i].n);
		if (!*text)
			return cs_err_nomem(err);
	}
	return 0;
}

int cs_step_classify(struct cs_arena *arena, const struct cs_raw_step *raw, struct cs_step *ret,
		     struct cs_err *err)
{
	const char *name = raw->name ? raw->name : "";
	struct parts parts = { .rest = name };

	if (!raw->bare)
		ret->class = take_apart(name, &parts);
	ret->name = cs_arena_strdup(arena, name);
	ret->stage = raw->stage ? cs_arena_strdup(arena, raw->stage) : NULL;
	ret->instruction = cs_text_fold(arena, parts.rest);
	if (!ret->name || !ret->instruction || (raw->stage && !ret->stage))
		return cs_err_nomem(err);
	if (raw->bare)
		ret->class = class_of_instruction(ret->instruction);
	if (raw->merge)
		ret->class = CS_STEP_OTHER;
	return parts.numbered ? read_prefix(arena, &parts, ret, err) : 0;
}

bool cs_error_is_cancel(const char *error)
{
	static const char tail[] = "context canceled";
	size_t n = strlen(error), m = strlen(tail);

	return n >= m && strcmp(error + n - m, tail) == 0;
}

bool cs_step_is_client(const char *name)
{
	static const char *const prefixes[] = {
		"resolving provenance for metadata file",
		"importing to docker",
		"merging manifest list ",
		"starting container ",
		"creating container ",
		"booting buildkit",
		"[internal] booting buildkit",
		"[internal] waiting for connection",
		"[internal] load local bake definitions",
	};
	struct word words[WORDS_MAX];
	const char *rest;
	size_t n;

	for (size_t i = 0; i < CS_N(prefixes); i++) {
		if (starts(name, prefixes[i]))
			return true;
	}
	if (starts(name, "pushing ") && strlen(name) > 12 &&
	    strcmp(name + strlen(name) - 12, " with docker") == 0)
		return true;
	/* with several bake targets: "[TARGET] resolving …" */
	rest = split_prefix(name, words, &n);
	return rest && n == 1 && rest[0] != '[' && !word_is(&words[0], "internal") &&
	       cs_step_is_client(rest);
}

void cs_step_judge(const struct cs_raw_step *raw, enum cs_build_status status, struct cs_step *ret)
{
	ret->evidence = CS_EVIDENCE_OBSERVED;
	if (raw->silent) {
		ret->state = CS_STATE_UNKNOWN;
		ret->evidence = CS_EVIDENCE_NONE;
	} else if (raw->cached) {
		ret->state = CS_STATE_HIT;
		/* BuildKit resolves a FROM anew without fetching anything */
		ret->pulled = raw->fetched || (raw->reran && cs_step_cacheable(ret->class));
	} else if (raw->error) {
		ret->state = cs_error_is_cancel(raw->error) ? CS_STATE_CANCELED : CS_STATE_FAILED;
	} else if (!raw->started) {
		ret->state = CS_STATE_NOT_REACHED;
	} else if (raw->completed && raw->pull_only && cs_step_cacheable(ret->class)) {
		ret->state = CS_STATE_HIT;
		ret->pulled = true;
	} else if (raw->completed) {
		ret->state = CS_STATE_RUN;
	} else if (status == CS_STATUS_CANCELED || status == CS_STATUS_FAILED) {
		ret->state = CS_STATE_CANCELED;
	} else {
		ret->state = CS_STATE_UNKNOWN;
		ret->evidence = CS_EVIDENCE_NONE;
	}
}

/* A step of a Dockerfile or the writing of its result: a build that got to one was understood. */
static bool is_product(const char *name)
{
	struct parts parts;

	return take_apart(name, &parts) == CS_STEP_EXPORT || parts.numbered;
}

enum cs_build_status cs_raw_status(const struct cs_raw_step *raw, size_t n)
{
	bool open = false, canceled = false, product = false;

	for (size_t i = 0; i < n; i++) {
		const char *name = raw[i].name ? raw[i].name : "";
		bool done = raw[i].completed || raw[i].cached;

		if (!raw[i].error) {
			open = open || (raw[i].started && !done);
			product = product || (done && is_product(name));
		} else if (cs_error_is_cancel(raw[i].error)) {
			canceled = true;
		} else if (strstr(name, "exporting cache")) {
			open = true; /* fails the build unless ignore-error is set */
		} else if (!strstr(name, "importing cache manifest")) {
			return CS_STATUS_FAILED;
		}
	}
	if (canceled)
		return CS_STATUS_CANCELED;
	return open || !product ? CS_STATUS_UNKNOWN : CS_STATUS_COMPLETED;
}

enum cs_build_status cs_log_tail(const char *line, const char **ret_message)
{
	static const char *const prefixes[] = {
		"ERROR: failed to ", "ERROR: target ", "error: failed to ",
		"failed to solve",   "buildx failed ", "buildx bake failed ",
	};
	static const char *const dress[] = { "ERROR: ", "error: ", "failed to build: ",
					     "failed to solve: " };
	bool found = false;

	if (starts(line, "##[error]"))
		line += strlen("##[error]");
	for (size_t i = 0; i < CS_N(prefixes); i++)
		found = found || starts(line, prefixes[i]);
	if (!found)
		return CS_STATUS_UNKNOWN;
	*ret_message = line;
	for (size_t i = 0; i < CS_N(dress); i++) {
		if (starts(*ret_message, dress[i]) && (*ret_message)[strlen(dress[i])])
			*ret_message += strlen(dress[i]);
	}
	return cs_error_is_cancel(line) ? CS_STATUS_CANCELED : CS_STATUS_FAILED;
}
