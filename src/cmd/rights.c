/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths come from the option tables: a value whose metavariable says FILE, DIR, IMAGE, CACHE is
 * a path, and so is each operand that exists. One list per command was refused: it would be wrong
 * the day a command gets an option. Two commands read what nobody can name before: the lines of a
 * batch say which files they mean, and a git repository has its objects anywhere (work trees,
 * alternates, the user's configuration). They may read everything, and write no more than others.
 */
#include "cmd/rights.h"

#include <string.h>
#include <sys/stat.h>

#include "cmd/args.h"
#include "util/sandbox.h"

/* What libraries read of themselves: modules, tables of character sets, configuration of OpenSSL.
 */
static const char *const system_paths[] = {
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/share",
	"/lib",
	"/lib64",
	"/etc/ssl",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/pki",
	"/proc/self",
	"/proc/sys",
	"/proc/meminfo",
	"/proc/cpuinfo",
	"/proc/stat",
	"/sys/devices/system/cpu",
	"/sys/fs/cgroup",
	"/dev/urandom",
	"/dev/random",
	"/dev/zero",
	"/etc/crypto-policies",
};

static bool is_off(const struct cs_app *app)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* They trace and fork at the end. */
	(void)app;
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
	(void)app;
	return true;
#else
	return !app->sandbox;
#endif
#else
	return !app->sandbox;
#endif
}

/* PATH, TRANSPORT:PATH, PATH:TAG, PATH@DIGEST: the longest part that exists. */
static bool allow_reading(struct cs_sandbox *s, const char *word)
{
	char *copy CS_AUTO(cs_free_p) = strdup(word);

	while (copy && *copy) {
		size_t n = strlen(copy);

		if (cs_sandbox_allow(s, copy, false))
			return true;
		while (n && copy[n - 1] != ':' && copy[n - 1] != '@')
			n--;
		copy[n ? n - 1 : 0] = '\0';
	}
	return false;
}

static void allow_input(struct cs_sandbox *s, const char *word)
{
	const char *colon = strchr(word, ':');

	allow_reading(s, word);
	/* also where the first is there: "oci:x" may name both a folder of that name and x */
	if (colon)
		allow_reading(s, colon + 1);
}

/* A cache may be named by its manifest: then the folder it lies in is read. */
static void allow_cache(struct cs_sandbox *s, const char *word)
{
	char *folder CS_AUTO(cs_free_p) = strdup(word);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	struct stat st;

	allow_input(s, word);
	if (stat(word, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (slash)
		slash[slash == folder] = '\0';
	cs_sandbox_allow(s, slash ? folder : ".", false);
}

/* A link is followed by hand: its target may not exist yet. */
static void allow_output(struct cs_sandbox *s, const char *path)
{
	char target[4096];
	struct stat st;
	ssize_t n;

	if (strcmp(path, "-") == 0)
		return;
	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode)) {
		cs_sandbox_allow_folder_of(s, path);
		return;
	}
	if (cs_sandbox_allow(s, path, true))
		return;
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	if (target[0] == '/') {
		cs_sandbox_allow_folder_of(s, target);
	} else {
		char *slash = strrchr(path, '/');
		char whole[8192];

		snprintf(whole, sizeof(whole), "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path,
			 target);
		cs_sandbox_allow_folder_of(s, whole);
	}
}

/* The folder that the store's links lead to, where its log and copies are made. */
static void allow_store(struct cs_sandbox *s, const char *url)
{
	char place[4096], *path CS_AUTO(cs_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;

	if (!url || !*url) {
		if (cs_store_default_path(place, sizeof(place), &err) < 0)
			return;
		url = place;
	}
	if (strncmp(url, "sqlite:", 7) == 0)
		url += 7;
	if (strcmp(url, ":memory:") == 0)
		return;
	path = realpath(url, NULL);
	cs_sandbox_allow_folder_of(s, path ? path : url);
}

/* compare: "since=2026-01-01,db=PATH", "image=PATH" */
static void allow_selection(struct cs_sandbox *s, const char *text)
{
	char *copy CS_AUTO(cs_free_p) = strdup(text);
	char *rest = copy;

	while (rest && *rest) {
		char *word = strsep(&rest, ",");

		if (strncmp(word, "db=", 3) == 0)
			allow_store(s, word + 3);
		else if (strncmp(word, "image=", 6) == 0)
			allow_input(s, word + 6);
	}
}

static void allow_option(struct cs_sandbox *s, const struct cs_option *option, const char *value)
{
	static const char *const inputs[] = { "FILE", "DIR", "IMAGE" };

	if (strcmp(option->name, "output") == 0)
		allow_output(s, value);
	else if (strcmp(option->name, "out") == 0 && !cs_sandbox_allow(s, value, true))
		cs_sandbox_allow_folder_of(s, value);
	else if (strcmp(option->arg, "SEL") == 0)
		allow_selection(s, value);
	else if (strcmp(option->arg, "CACHE") == 0)
		allow_cache(s, value);
	for (size_t i = 0; i < CS_N(inputs); i++) {
		if (strcmp(option->arg, inputs[i]) == 0 && strncmp(option->name, "out", 3) != 0)
			allow_input(s, value);
	}
}

static void allow_variables(const struct cs_app *app, struct cs_sandbox *s)
{
	static const char *const names[] = { "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY" };
	const char *path = app->getenv(app->arg, "GITHUB_EVENT_PATH");

	if (path && *path)
		cs_sandbox_allow(s, path, false);
	for (size_t i = 0; i < CS_N(names); i++) {
		path = app->getenv(app->arg, names[i]);
		if (path && *path)
			allow_output(s, path);
	}
}

static void allow_system(struct cs_sandbox *s)
{
	for (size_t i = 0; i < CS_N(system_paths); i++)
		cs_sandbox_allow(s, system_paths[i], false);
	cs_sandbox_allow(s, "/dev/null", true);
	cs_sandbox_allow(s, ".cachestat.yml", false);
}

static void allow_named(struct cs_sandbox *s, const struct cs_command *command, const char *path,
			const struct cs_args *args)
{
	const struct cs_option *option;
	bool all = false;

	for (size_t i = 0; (option = cs_command_option(command, i)) != NULL; i++) {
		size_t n = option->arg ? cs_args_count(args, option->name) : 0;

		for (size_t k = 0; k < n; k++)
			allow_option(s, option, cs_args_nth(args, option->name, k));
		all |= n &&
		       (strcmp(option->name, "batch") == 0 || strcmp(option->name, "repo") == 0);
	}
	for (size_t i = 0; i < cs_args_n_operands(args); i++) {
		if (strcmp(path, "db backup") == 0)
			allow_output(s, cs_args_operand(args, i));
		else if (strcmp(command->operands, "CACHE") == 0)
			allow_cache(s, cs_args_operand(args, i));
		else
			allow_input(s, cs_args_operand(args, i));
	}
	if (all)
		cs_sandbox_allow(s, "/", false);
}

void cs_rights_drop(struct cs_app *app, const struct cs_command *command, const char *path,
		    const struct cs_args *args)
{
	char text[CS_SANDBOX_TEXT];
	struct cs_sandbox_state state;
	struct cs_sandbox s;

	if (is_off(app) ||
	    (cs_command_find(command, "no-sandbox", 0) && cs_args_has(args, "no-sandbox")))
		return;
	cs_sandbox_begin(&s);
	allow_system(&s);
	allow_variables(app, &s);
	if (cs_command_find(command, "db", 0))
		allow_store(&s, cs_args_get(args, "db"));
	allow_named(&s, command, path, args);
	cs_sandbox_enter(&s, &state);
	cs_ctx_log(&app->ctx, CS_LOG_DEBUG, "sandbox: %s", cs_sandbox_text(&state, text));
}

const char *cs_rights_try(const struct cs_app *app, char *buf, size_t len)
{
	char text[CS_SANDBOX_TEXT];
	struct cs_sandbox_state state;
	struct cs_sandbox s;

	if (is_off(app))
		return "off";
	cs_sandbox_begin(&s);
	cs_sandbox_enter(&s, &state);
	snprintf(buf, len, "%s", cs_sandbox_text(&state, text));
	return buf;
}
