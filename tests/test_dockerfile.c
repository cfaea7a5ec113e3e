/* SPDX-License-Identifier: Apache-2.0 */
/* Dockerfiles as people write them, path patterns, .dockerignore; and what must be refused. */
#include "support/test.h"

#include "model/dockerfile.h"
#include "model/pathmatch.h"

static struct cs_err err;
static struct cs_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = cs_arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	cs_arena_free(arena);
	return 0;
}

static struct cs_dockerfile parse(const char *text)
{
	struct cs_dockerfile df;

	assert_done(cs_dockerfile_parse(text, strlen(text), arena, &df, &err));
	return df;
}

static void refused(enum cs_code code, const char *text, const char *message)
{
	struct cs_dockerfile df = { .n_stages = 77 };

	err.msg[0] = '\0';
	assert_code(code, cs_dockerfile_parse(text, strlen(text), arena, &df, &err));
	assert_non_null(strstr(err.msg, message));
	assert_int_equal(77, df.n_stages);
}

static void stages_and_lines(void **state)
{
	struct cs_dockerfile df = parse("ARG BASE=kbase:1\n"
					"FROM ${BASE} AS base\n"
					"\n"
					"RUN one && \\\n"
					"# in between\n"
					"  two\n"
					"FROM base\n"
					"COPY --from=base /a /b ./\n");
	char buf[32];

	(void)state;
	assert_int_equal(2, df.n_stages);
	assert_int_equal(5, df.n_instructions);
	assert_string_equal("base", df.stages[0].name);
	assert_string_equal("${BASE}", df.stages[0].base);
	assert_int_equal(-1, df.stages[0].base_stage);
	assert_int_equal(0, df.stages[1].base_stage);
	assert_string_equal("stage-1", cs_df_stage_shown(&df, 1, buf));
	assert_string_equal("RUN one && two", df.instructions[2].text);
	assert_int_equal(4, df.instructions[2].first_line);
	assert_int_equal(6, df.instructions[2].last_line);
	assert_int_equal(2, cs_df_at_line(&df, 5));
	assert_int_equal(-1, cs_df_at_line(&df, 3));
	assert_int_equal(-1, df.instructions[0].stage);
	assert_string_equal("base", cs_df_flag(&df.instructions[4], "from"));
	assert_null(cs_df_flag(&df.instructions[4], "fro"));
	assert_int_equal(3, df.instructions[4].n_words);
	assert_string_equal("/b", df.instructions[4].words[1]);
	assert_int_equal(0, cs_df_stage_find(&df, 2, "BASE"));
	assert_int_equal(1, cs_df_stage_find(&df, 2, "1"));
	assert_int_equal(-1, cs_df_stage_find(&df, 2, "2"));
}

static void forms(void **state)
{
	struct cs_dockerfile df = parse("# escape=`\n"
					"from x\n"
					"COPY [\"a b\", \"c\"]\n"
					"ENV A=b \"C=d e\" F='g h'\n"
					"ENV OLD some value\n"
					"RUN dir C:\\\n"
					"COPY a `\n"
					"  b\n");

	(void)state;
	assert_int_equal('`', df.escape);
	assert_int_equal(6, df.n_instructions);
	assert_string_equal("FROM", df.instructions[0].keyword);
	assert_string_equal("a b", df.instructions[1].words[0]);
	assert_int_equal(3, df.instructions[2].n_words);
	assert_string_equal("C=d e", df.instructions[2].words[1]);
	assert_string_equal("F=g h", df.instructions[2].words[2]);
	assert_string_equal("OLD=some value", df.instructions[3].words[0]);
	assert_string_equal("RUN dir C:\\", df.instructions[4].text);
	assert_int_equal(8, df.instructions[5].last_line);
}

static void heredocs(void **state)
{
	struct cs_dockerfile df = parse("FROM x\n"
					"RUN <<EOF bash\n"
					"FROM inside\n"
					"EOF\n"
					"COPY <<-\"A\" <<B /etc/\n"
					"\tone\n"
					"\tA\n"
					"two\n"
					"B\n"
					"RUN cat <<< here $((1<<2))\n"
					"USER u\n");

	(void)state;
	assert_int_equal(1, df.n_stages);
	assert_int_equal(5, df.n_instructions);
	assert_string_equal("FROM inside\nEOF\n", df.instructions[1].body);
	assert_int_equal(4, df.instructions[1].last_line);
	assert_string_equal("\tone\n\tA\ntwo\nB\n", df.instructions[2].body);
	assert_null(df.instructions[3].body);
	assert_int_equal(11, df.instructions[4].first_line);
}

static void bad_input(void **state)
{
	char *big = malloc((1 << 20) + 2);

	(void)state;
	refused(CS_FORMAT, "", "no FROM");
	refused(CS_FORMAT, "# nothing\n", "no FROM");
	refused(CS_FORMAT, "RUN x\n", "line 1: no build stage");
	refused(CS_FORMAT, "FROM x\n\nRUN <<E\nnever\n", "line 3: here-document 'E'");
	refused(CS_FORMAT, "FROM x\nCOPY [\"a\n", "line 2: a JSON form");
	refused(CS_FORMAT, "FROM x AS\n", "line 1: FROM wants");
	refused(CS_FORMAT, "FROM x\n\x01\x02\n", "line 2");
	assert_non_null(big);
	memset(big, '\n', (1 << 20) + 1);
	big[(1 << 20) + 1] = '\0';
	refused(CS_LIMIT, big, "1048576");
	free(big);
}

static const char *look_up(void *arg, const char *name, size_t len)
{
	(void)arg;
	if (len == 1 && *name == 'a')
		return "A";
	return len == 1 && *name == 'e' ? "" : NULL;
}

static void variables(void **state)
{
	static const char *const pairs[][2] = {
		{ "$a ${a}x $b", "A Ax " },   { "${b:-c}${b-c}${a:-c}", "ccA" },
		{ "${e:-c}|${e-c}|", "c||" }, { "${a:+c}${b:+c}${e+c}", "cc" },
		{ "\\$a $ ${a", NULL },	      { "${a##x}", NULL },
		{ "\\$a $1", "$a " },
	};
	bool odd;

	(void)state;
	for (size_t i = 0; i < CS_N(pairs); i++) {
		const char *got = cs_df_expand(arena, '\\', pairs[i][0], look_up, NULL, &odd);

		if (!pairs[i][1]) {
			assert_null(got);
			assert_true(odd);
		} else {
			assert_string_equal(pairs[i][1], got);
		}
	}
	assert_true(cs_df_refers('\\', "x ${REV:-1}", "REV"));
	assert_true(cs_df_refers('\\', "$REV", "REV"));
	assert_false(cs_df_refers('\\', "\\$REV $REVISION", "REV"));
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool want;
	} cases[] = {
		{ "src/", "src/a.c", true },
		{ "src", "src", true },
		{ "src", "src2/a", false },
		{ "./src/../src", "src/a", true },
		{ ".", "anything/at/all", true },
		{ "*.txt", "a.txt", true },
		{ "*.txt", "d/a.txt", false },
		{ "*", "d/a.txt", true },
		{ "**/*.md", "README.md", true },
		{ "**/*.md", "a/b/c.md", true },
		{ "docs/**", "docs/a", true },
		{ "docs/**", "docs", false },
		{ "a/**/z", "a/z", true },
		{ "a/**/z", "a/b/c/z/below", true },
		{ "a/**/z", "a/b", false },
		{ "f[a-c]?", "fbx", true },
		{ "f[^a-c]?", "fbx", false },
		{ "f[a", "fa", false },
		{ "a\\*", "a*", true },
		{ "a\\*", "ab", false },
		{ "/src", "src/x", true },
		{ "", "x", true },
		{ "*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < CS_N(cases); i++) {
		if (cs_path_match(cases[i].pattern, cases[i].path) != cases[i].want)
			fail_msg("'%s' on '%s'", cases[i].pattern, cases[i].path);
	}
}

static void ignore_rules(void **state)
{
	static const char text[] = "# no rule\n.git\r\n\n docs \n!docs/keep\n*.md\n! README.md\n";
	struct cs_ignore ignore;

	(void)state;
	assert_done(cs_ignore_parse(text, strlen(text), arena, &ignore, &err));
	assert_int_equal(5, ignore.n);
	assert_true(cs_ignored(&ignore, ".git/index"));
	assert_true(cs_ignored(&ignore, "docs/a"));
	assert_false(cs_ignored(&ignore, "docs/keep/x"));
	assert_true(cs_ignored(&ignore, "NEWS.md"));
	assert_false(cs_ignored(&ignore, "README.md"));
	assert_false(cs_ignored(&ignore, "src/a.md"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_and_lines), cmocka_unit_test(forms),
		cmocka_unit_test(heredocs),	    cmocka_unit_test(bad_input),
		cmocka_unit_test(variables),	    cmocka_unit_test(patterns),
		cmocka_unit_test(ignore_rules),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
