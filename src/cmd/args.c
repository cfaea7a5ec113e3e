/* SPDX-License-Identifier: Apache-2.0 */
/*
 * getopt_long(3) was refused: it takes unique prefixes for names, prints its own errors, keeps its
 * state in globals, and cannot tell a command from its tables which option is meant.
 */
#include "cmd/args.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "util/arena.h"
#include "util/text.h"

struct given {
	const struct cs_option *option;
	const char *value; /* NULL for a switch on the command line */
};

struct cs_args {
	struct cs_arena *arena;
	const struct cs_command *command;
	const char *path;
	struct given *given, *env;
	size_t n_given, n_env;
	const char **operands;
	size_t n_operands;
	bool help;
};

const struct cs_option cs_option_help = { .name = "help", .letter = 'h', .help = "show this help" };

const struct cs_option *cs_command_option(const struct cs_command *command, size_t i)
{
	if (i < command->n_options)
		return &command->options[i];
	i -= command->n_options;
	for (size_t g = 0; command->groups && command->groups[g]; g++) {
		if (i < command->groups[g]->n_options)
			return &command->groups[g]->options[i];
		i -= command->groups[g]->n_options;
	}
	return NULL;
}

static bool is_named(const struct cs_option *option, const char *name, char letter)
{
	return name ? strcmp(option->name, name) == 0 : option->letter && option->letter == letter;
}

const struct cs_option *cs_command_find(const struct cs_command *command, const char *name,
					char letter)
{
	const struct cs_option *option;

	if (is_named(&cs_option_help, name, letter))
		return &cs_option_help;
	for (size_t i = 0; (option = cs_command_option(command, i)); i++) {
		if (is_named(option, name, letter))
			return option;
	}
	return NULL;
}

static int unknown_option(const struct cs_args *args, const char *name, struct cs_err *err)
{
	const struct cs_option *option;
	struct cs_closest closest;

	cs_closest_init(&closest, name);
	cs_closest_try(&closest, cs_option_help.name);
	for (size_t i = 0; (option = cs_command_option(args->command, i)); i++) {
		if (option->help)
			cs_closest_try(&closest, option->name);
	}
	if (closest.best)
		return cs_err_set(err, CS_USAGE, "unknown option '--%s' (did you mean '--%s'?)",
				  name, closest.best);
	return cs_err_set(err, CS_USAGE, "unknown option '--%s' (see 'cachestat %s --help')", name,
			  args->path);
}

/* source: "--format" or a variable's name. */
static int check_value(const struct cs_option *option, const char *source, const char *value,
		       struct cs_err *err)
{
	char list[256] = "";
	size_t used = 0;

	if (!option->choices || !*value)
		return 0;
	for (size_t i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], value) == 0)
			return 0;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 i ? ", " : "", option->choices[i]);
	}
	return cs_err_set(err, CS_USAGE, "%s: '%s' is not one of %s", source, value, list);
}

static void add_given(struct cs_args *args, const struct cs_option *option, const char *value)
{
	if (option == &cs_option_help)
		args->help = true;
	else
		args->given[args->n_given++] = (struct given){ option, value };
}

/* What is left of the words while they are read. */
struct words {
	const char *const *v;
	size_t n, i;
};

static int take_value(struct cs_args *args, const struct cs_option *option, struct words *words,
		      const char *value, struct cs_err *err)
{
	char source[64];
	int r;

	snprintf(source, sizeof(source), "--%s", option->name);
	if (!value) {
		if (words->i == words->n)
			return cs_err_set(err, CS_USAGE, "%s needs a value: %s", source,
					  option->arg);
		value = words->v[words->i++];
	}
	r = check_value(option, source, value, err);
	if (r == 0)
		add_given(args, option, value);
	return r;
}

static int parse_long(struct cs_args *args, const char *word, struct words *words,
		      struct cs_err *err)
{
	const char *value = strchr(word, '=');
	const struct cs_option *option;
	char *name;

	name = cs_arena_strndup(args->arena, word, value ? (size_t)(value - word) : strlen(word));
	if (!name)
		return cs_err_nomem(err);
	option = cs_command_find(args->command, name, 0);
	if (!option)
		return unknown_option(args, name, err);
	if (option->arg)
		return take_value(args, option, words, value ? value + 1 : NULL, err);
	if (value)
		return cs_err_set(err, CS_USAGE, "--%s takes no value", name);
	add_given(args, option, NULL);
	return 0;
}

static int parse_letters(struct cs_args *args, const char *letters, struct words *words,
			 struct cs_err *err)
{
	for (const char *p = letters; *p; p++) {
		const struct cs_option *option = cs_command_find(args->command, NULL, *p);

		if (!option && p == letters)
			return cs_err_set(err, CS_USAGE,
					  "unknown option '-%s' (see 'cachestat %s --help')",
					  letters, args->path);
		if (!option)
			return cs_err_set(err, CS_USAGE, "unknown option '-%s' in '-%s'", p,
					  letters);
		if (option->arg)
			return take_value(args, option, words, p[1] ? p + 1 : NULL, err);
		add_given(args, option, NULL);
	}
	return 0;
}

static int parse_words(struct cs_args *args, struct words *words, struct cs_err *err)
{
	bool only_operands = false;

	while (words->i < words->n && !args->help) {
		const char *word = words->v[words->i++];
		int r = 0;

		if (only_operands || word[0] != '-' || !word[1])
			args->operands[args->n_operands++] = word;
		else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			r = parse_long(args, word + 2, words, err);
		else
			r = parse_letters(args, word + 1, words, err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool cs_args_bool(const char *text, bool *ret)
{
	static const char *const words[][2] = {
		{ "false", "true" },
		{ "no", "yes" },
		{ "0", "1" },
	};

	for (size_t i = 0; i < CS_N(words); i++) {
		for (int v = 0; v < 2; v++) {
			if (strcmp(text, words[i][v]) == 0) {
				*ret = v;
				return true;
			}
		}
	}
	return false;
}

/* An empty variable counts as none: CI systems set those for what is not there. */
static int read_env(struct cs_args *args, const char *(*getenv_fn)(void *arg, const char *name),
		    void *arg, struct cs_err *err)
{
	const struct cs_option *option;

	for (size_t i = 0; (option = cs_command_option(args->command, i)); i++) {
		const char *value = option->env ? getenv_fn(arg, option->env) : NULL;
		bool truth;
		int r;

		if (!value || !*value)
			continue;
		if (!option->arg && !cs_args_bool(value, &truth))
			return cs_err_set(err, CS_USAGE, "%s: '%s' is neither true nor false",
					  option->env, value);
		r = check_value(option, option->env, value, err);
		if (r < 0)
			return r;
		args->env[args->n_env++] = (struct given){ option, value };
	}
	return 0;
}

static int check_operands(const struct cs_args *args, struct cs_err *err)
{
	const struct cs_command *command = args->command;
	const char *operands = command->operands && *command->operands ? command->operands : NULL;

	if (command->min_operands > 0 && args->n_operands < (size_t)command->min_operands)
		return cs_err_set(err, CS_USAGE, "missing operand: cachestat %s [OPTION]... %s",
				  args->path, operands ? operands : "");
	if (command->max_operands >= 0 && args->n_operands > (size_t)command->max_operands)
		return cs_err_set(err, CS_USAGE,
				  "unexpected operand '%s' (see 'cachestat %s --help')",
				  args->operands[command->max_operands], args->path);
	return 0;
}

static int allocate(struct cs_args *args, size_t n_words, size_t n_given, struct cs_err *err)
{
	size_t n_options = 0;

	while (cs_command_option(args->command, n_options))
		n_options++;
	args->arena = cs_arena_new();
	if (!args->arena)
		return cs_err_nomem(err);
	args->operands = cs_arena_array(args->arena, n_words, sizeof(*args->operands));
	args->given = cs_arena_array(args->arena, n_given, sizeof(*args->given));
	args->env = cs_arena_array(args->arena, n_options, sizeof(*args->env));
	return args->operands && args->given && args->env ? 0 : cs_err_nomem(err);
}

int cs_args_parse(const struct cs_command *command, const char *path, size_t argc,
		  const char *const *argv, const char *(*getenv_fn)(void *arg, const char *name),
		  void *arg, struct cs_args **ret, struct cs_err *err)
{
	struct cs_args *args CS_AUTO(cs_args_free_p) = calloc(1, sizeof(*args));
	struct words words = { argv, argc, 0 };
	size_t most = argc;
	int r;

	if (!args)
		return cs_err_nomem(err);
	args->command = command;
	args->path = path;
	/* a bundle gives as many options as it has letters */
	for (size_t i = 0; i < argc; i++)
		most += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 0;
	r = allocate(args, argc, most, err);
	if (r == 0)
		r = parse_words(args, &words, err);
	if (r == 0 && !args->help)
		r = read_env(args, getenv_fn, arg, err);
	if (r == 0 && !args->help)
		r = check_operands(args, err);
	if (r == 0)
		*ret = cs_steal(args);
	return r;
}

void cs_args_free(struct cs_args *args)
{
	if (!args)
		return;
	cs_arena_free(args->arena);
	free(args);
}

bool cs_args_wants_help(const struct cs_args *args)
{
	return args->help;
}

struct cs_arena *cs_args_arena(const struct cs_args *args)
{
	return args->arena;
}

const char *cs_args_env(const struct cs_args *args, const char *name)
{
	for (size_t i = 0; i < args->n_env; i++) {
		if (strcmp(args->env[i].option->name, name) == 0)
			return args->env[i].value;
	}
	return NULL;
}

size_t cs_args_n_flags(const struct cs_args *args, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n_given; i++)
		n += strcmp(args->given[i].option->name, name) == 0;
	return n;
}

size_t cs_args_count(const struct cs_args *args, const char *name)
{
	const char *env = cs_args_env(args, name);
	size_t n = cs_args_n_flags(args, name);
	bool truth = true;

	if (n || !env)
		return n;
	if (!cs_command_find(args->command, name, 0)->arg)
		cs_args_bool(env, &truth);
	return truth;
}

const char *cs_args_nth(const struct cs_args *args, const char *name, size_t i)
{
	for (size_t k = 0; k < args->n_given; k++) {
		if (strcmp(args->given[k].option->name, name) == 0 && i-- == 0)
			return args->given[k].value;
	}
	return i == 0 && !cs_args_n_flags(args, name) ? cs_args_env(args, name) : NULL;
}

const char *cs_args_get(const struct cs_args *args, const char *name)
{
	size_t n = cs_args_n_flags(args, name);

	return cs_args_nth(args, name, n ? n - 1 : 0);
}

bool cs_args_has(const struct cs_args *args, const char *name)
{
	return cs_args_count(args, name) > 0;
}

const char *cs_args_source(const struct cs_args *args, const char *name)
{
	const struct cs_option *option = cs_command_find(args->command, name, 0);
	const char *flag;

	if (option && option->env && !cs_args_n_flags(args, name) && cs_args_env(args, name))
		return option->env;
	flag = cs_arena_printf(args->arena, "--%s", name);
	return flag ? flag : name;
}

size_t cs_args_n_operands(const struct cs_args *args)
{
	return args->n_operands;
}

const char *cs_args_operand(const struct cs_args *args, size_t i)
{
	return i < args->n_operands ? args->operands[i] : NULL;
}

int cs_args_int(const struct cs_args *args, const char *name, int64_t min, int64_t max,
		int64_t *ret, struct cs_err *err)
{
	const char *text = cs_args_get(args, name);
	const char *digits = text && *text == '-' ? text + 1 : text;
	long long v = 0;

	if (!text)
		return 0;
	errno = *digits && !digits[strspn(digits, "0123456789")] ? 0 : EINVAL;
	if (!errno)
		v = strtoll(text, NULL, 10);
	if (errno || v < min || v > max)
		return cs_err_set(err, CS_USAGE,
				  "%s: '%s' is not a whole number from %" PRId64 " to %" PRId64,
				  cs_args_source(args, name), text, min, max);
	*ret = v;
	return 0;
}

int cs_args_size(const struct cs_args *args, const char *name, int64_t *ret, struct cs_err *err)
{
	static const char letters[] = "KMGT";
	const char *text = cs_args_get(args, name), *p;
	uint64_t v = 0, unit = 1;
	bool bad = false;

	if (!text)
		return 0;
	for (p = text; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		bad |= v > (INT64_MAX - digit) / 10;
		v = v * 10 + digit;
	}
	bad |= p == text;
	if (*p && strchr(letters, *p)) {
		uint64_t base = p[1] == 'i' ? 1024 : 1000;

		for (const char *l = letters; l <= strchr(letters, *p); l++)
			unit *= base;
		p += base == 1024 ? 2 : 1;
	}
	if (*p == 'B')
		p++;
	if (bad || *p || !v || v > INT64_MAX / unit)
		return cs_err_set(err, CS_USAGE, "%s: '%s' is not a size such as 8Gi, 500M or 4096",
				  cs_args_source(args, name), text);
	*ret = (int64_t)(v * unit);
	return 0;
}
