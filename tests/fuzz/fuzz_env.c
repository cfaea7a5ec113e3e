/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a CI job, a NAME=VALUE a line; behind an empty line its event file. */
#include "ci/env.h"
#include "fuzz/fuzz.h"

#define VARIABLES 64

struct env {
	const char *name[VARIABLES], *value[VARIABLES];
	size_t n;
	char path[64];
};

static const char *get(void *arg, const char *name)
{
	const struct env *env = arg;

	if (strcmp(name, "GITHUB_EVENT_PATH") == 0)
		return env->path;
	for (size_t i = 0; i < env->n; i++) {
		if (strcmp(env->name[i], name) == 0)
			return env->value[i];
	}
	return NULL;
}

static void check_text(const char *text)
{
	for (const char *p = text ? strstr(text, "://") : NULL; p; p = strstr(p + 3, "://")) {
		if (p > text && ((p[-1] | 32) >= 'a' && (p[-1] | 32) <= 'z'))
			must(!memchr(p + 3, '@', strcspn(p + 3, "/ \t\r\n\"'<>")));
	}
}

static void check_facts(const struct cs_facts *f)
{
	const char *const texts[] = { f->project, f->commit,   f->ref, f->target,
				      f->run_id,  f->workflow, f->job, f->event_raw };

	for (size_t i = 0; i < CS_N(texts); i++)
		check_text(texts[i]);
	must(f->attempt >= -1 && f->event <= CS_EVENT_OTHER && cs_event_name(f->event));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	char *text = fuzz_text(data, len), *rest = text, *line, *equals;
	struct cs_err err = CS_ERR_INIT;
	struct env env = { .n = 0 };
	const char *branch = NULL;
	struct cs_facts facts;
	struct cs_ctx ctx;
	enum cs_ci ci;
	int fd, r;

	must(arena);
	fuzz_ctx_init(&ctx);
	while (env.n < VARIABLES && (line = fuzz_line(&rest)) && *line) {
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		env.name[env.n] = line;
		env.value[env.n++] = equals + 1;
	}
	fd = fuzz_file((const uint8_t *)rest, strlen(rest));
	snprintf(env.path, sizeof(env.path), "/proc/self/fd/%d", fd);
	r = cs_ci_env_read(&ctx, get, &env, NULL, arena, &ci, &facts, &branch, &err);
	fuzz_result(r, &err);
	if (r == 0)
		check_facts(&facts);
	close(fd);
	free(text);
	return 0;
}
