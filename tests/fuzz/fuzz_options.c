/* SPDX-License-Identifier: Apache-2.0 */
/* What people type, a line each: words of a command line, selections, limits of gates, numbers. */
#include "cmd/args.h"
#include "cmd/claims.h"
#include "cmd/commands.h"
#include "cmd/selection.h"
#include "fuzz/fuzz.h"
#include "metrics/gate.h"

#define WORDS 32

static const char *no_env(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void check_selection(const char *text, struct cs_arena *arena)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_selection s;
	int r = cs_selection_parse(text, INT64_C(1700000000000000000), arena, &s, &err);

	fuzz_result(r, &err);
	if (r < 0)
		return;
	must(s.filter.scope.n <= CS_FILTER_VALUES && s.filter.n_labels <= CS_FILTER_VALUES);
	for (size_t i = 0; i < s.filter.scope.n; i++)
		must(s.filter.scope.v[i]);
	for (size_t i = 0; i < s.filter.n_labels; i++)
		must(*s.filter.labels[i].key && s.filter.labels[i].value);
	must(!s.image || (*s.image && !s.db));
}

static void check_limits(const char *text, struct cs_arena *arena)
{
	struct cs_gate_list list = { .n = 0 };
	struct cs_err err = CS_ERR_INIT;
	int64_t num, den;
	int r = cs_number_parse(text, &num, &den, &err);

	fuzz_result(r, &err);
	if (r == 0) {
		double d = strtod(text, NULL), diff = d - (double)num / (double)den;

		must(den > 0 && num >= 0 && diff <= d * 1e-12 && diff >= -d * 1e-12);
	}
	for (int kind = 0; kind < CS_N_GATES; kind++) {
		r = cs_gate_parse_limit((enum cs_gate_kind)kind, text, &num, &den, &err);
		fuzz_result(r, &err);
		must(r < 0 || den > 0);
		must(r < 0 || cs_gate_unit((enum cs_gate_kind)kind) != CS_GATE_RATIO || num <= den);
		r = cs_gate_parse((enum cs_gate_kind)kind, text, arena, &list, &err);
		fuzz_result(r, &err);
		must(list.n <= CS_GATES_MAX);
	}
	(void)cs_scope_is_valid(text);
	fuzz_result(cs_event_check(text, &err), &err);
}

static void check_args(const struct cs_command *command, size_t n, const char *const *words)
{
	struct cs_args *args CS_AUTO(cs_args_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	const struct cs_option *o;
	int64_t v = 42;
	int r = cs_args_parse(command, command->name, n, words, no_env, NULL, &args, &err);

	fuzz_result(r, &err);
	if (r < 0) {
		must(err.code == CS_USAGE);
		return;
	}
	must(cs_args_n_operands(args) <= n);
	if (strcmp(command->name, "compare") == 0) {
		static const struct cs_config none;
		struct cs_app app = { .config = &none };
		struct cs_claim_list claims;

		fuzz_result(cs_cmd_claims(&app, args, &claims, &err), &err);
	}
	for (size_t i = 0; (o = cs_command_option(command, i)); i++) {
		must(cs_args_count(args, o->name) <= n);
		if (!o->arg || !cs_args_has(args, o->name))
			continue;
		fuzz_result(cs_args_size(args, o->name, &v, &err), &err);
		must(v > 0);
		v = 42;
		fuzz_result(cs_args_int(args, o->name, 1, 100, &v, &err), &err);
		must(v >= 1 && v <= 100);
	}
}

static void check_command(char *line)
{
	const char *words[WORDS];
	size_t n = 0;

	for (char *p = line; *p && n < WORDS;) {
		size_t len = strcspn(p, " ");

		words[n++] = p;
		p += len + (p[len] == ' ');
		p[-(p[-1] == ' ')] = '\0';
	}
	for (size_t i = 0; cs_commands[i]; i++) {
		const struct cs_command *c = cs_commands[i];

		if (c->run && n && strcmp(words[0], c->name) == 0)
			check_args(c, n - 1, words + 1);
		for (size_t k = 0; c->subcommands && c->subcommands[k]; k++) {
			if (n > 1 && strcmp(words[1], c->subcommands[k]->name) == 0)
				check_args(c->subcommands[k], n - 2, words + 2);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len < 4096 ? len : 4096), *rest = text, *line;

	while ((line = fuzz_line(&rest))) {
		struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();

		must(arena);
		check_selection(line, arena);
		check_limits(line, arena);
		check_command(line);
	}
	free(text);
	return 0;
}
