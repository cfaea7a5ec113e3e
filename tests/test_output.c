/* SPDX-License-Identifier: Apache-2.0 */
/* Where data goes: files, devices, stdout; what a command renders, and which store it opens. */
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/args.h"
#include "cmd/output.h"
#include "support/env.h"
#include "util/cleanup.h"

static struct cs_err err;

static char folder[] = "/tmp/cachestat-output-XXXXXX";

static void assert_content(const char *path, const char *want)
{
	char buf[256] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
	close(fd);
	assert_string_equal(want, buf);
}

static void output_file(void **state CS_UNUSED)
{
	assert_done(cs_output_write("a", "one", 3, &err));
	assert_content("a", "one");
	assert_done(cs_output_write("a", "2", 1, &err));
	assert_content("a", "2");
	assert_done(cs_output_write("a", "", 0, &err));
	assert_content("a", "");
	assert_code(CS_NOTFOUND, cs_output_write("none/a", "x", 1, &err));
	assert_int_equal(0, remove("a"));
}

/* A rename onto /dev/null, as root, would end the machine's day. */
static void output_special(void **state CS_UNUSED)
{
	struct stat st;

	assert_done(cs_output_write("/dev/null", "x", 1, &err));
	assert_int_equal(0, lstat("/dev/null", &st));
	assert_true(S_ISCHR(st.st_mode));
	assert_code(CS_IO, cs_output_write("/dev/full", "x", 1, &err));
	assert_int_equal(0, lstat("/dev/full", &st));
	assert_true(S_ISCHR(st.st_mode));
	/* a link is followed, and stays */
	assert_done(cs_output_write("target", "x", 1, &err));
	assert_int_equal(0, symlink("target", "link"));
	assert_done(cs_output_write("link", "through", 7, &err));
	assert_int_equal(0, lstat("link", &st));
	assert_true(S_ISLNK(st.st_mode));
	assert_content("target", "through");
	assert_int_equal(0, remove("link"));
	assert_int_equal(0, remove("target"));
	assert_int_equal(0, mkdir("d", 0700));
	assert_code(CS_IO, cs_output_write("d", "x", 1, &err));
	assert_int_equal(0, rmdir("d"));
}

/* --- stdout --- */

/* Runs cs_cmd_print with stdout at fd. */
static int print_to(int fd, const char *text)
{
	int saved = dup(STDOUT_FILENO), r;

	fflush(stdout);
	assert_true(saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	r = cs_cmd_print(text, strlen(text), &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return r;
}

static void print_whole(void **state CS_UNUSED)
{
	int fd = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_done(print_to(fd, "a\n"));
	assert_done(print_to(fd, ""));
	assert_done(print_to(fd, "b\n"));
	close(fd);
	assert_content("out", "a\nb\n");
	assert_int_equal(0, remove("out"));
}

static void print_fails(void **state CS_UNUSED)
{
	int full = open("/dev/full", O_WRONLY), fds[2];

	assert_code(CS_IO, print_to(full, "x"));
	assert_non_null(strstr(err.msg, "standard output"));
	close(full);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(0, pipe(fds));
	close(fds[0]);
	memcpy(err.msg, "before", 7);
	assert_code(CS_IO, print_to(fds[1], "x"));
	assert_string_equal("", err.msg); /* nobody is there to be told */
	close(fds[1]);
}

/* --- reports --- */

static const struct cs_option_group *const groups[] = { &cs_group_common, NULL };
static const struct cs_command command = { .name = "c", .groups = groups };

static struct cs_args *parse(const char *const *words)
{
	struct cs_args *args = NULL;
	size_t n = 0;

	while (words[n])
		n++;
	assert_done(cs_args_parse(&command, "c", n, words, test_getenv, NULL, &args, &err));
	return args;
}

static int render(struct cs_app *app, const char *const *words)
{
	static const struct cs_column columns[] = {
		{ .key = "state", .title = "State", .type = CS_TYPE_TEXT, .flags = CS_COL_STATE },
		{ .key = "name", .title = "Name", .type = CS_TYPE_TEXT, .flags = CS_COL_WIDE },
	};
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_args *args CS_AUTO(cs_args_free_p) = parse(words);
	struct cs_table *table;

	assert_done(cs_report_new("test", 0, &report, &err));
	table = cs_report_add_table(report, "things", NULL, columns, CS_N(columns));
	cs_row_add(report, table);
	cs_row_text(report, table, "state", "hit");
	cs_row_text(report, table, "name", "a name that is far too long for twenty columns");
	return cs_cmd_render(app, args, report, &err);
}

static void render_file(void **state CS_UNUSED)
{
	struct cs_app app = { .render = { .width = 20, .color = true } };
	char buf[512] = "";
	int fd;

	assert_done(render(&app, (const char *const[]){ "--format=csv", "-o", "r", NULL }));
	assert_content("r", "state,name\nhit,a name that is far too long for twenty columns\n");
	/* a file is no terminal: neither its width nor its colours */
	assert_done(render(&app, (const char *const[]){ "--output=r", NULL }));
	fd = open("r", O_RDONLY);
	assert_true(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	assert_non_null(strstr(buf, "far too long for twenty columns"));
	assert_null(strchr(buf, '\033'));
	assert_true(app.render.color);
	assert_int_equal(0, remove("r"));
}

static void render_formats(void **state CS_UNUSED)
{
	const struct cs_option *format = cs_command_find(&command, "format", 0);
	struct cs_app app = { .quiet = false };

	/* what --format offers can be rendered, and what can be rendered is offered */
	for (size_t i = 0; format->choices[i]; i++)
		assert_non_null(cs_renderer_find(format->choices[i]));
	for (size_t i = 0; i < cs_renderers_n; i++) {
		bool offered = false;

		for (size_t k = 0; format->choices[k]; k++)
			offered |= strcmp(format->choices[k], cs_renderers[i].name) == 0;
		if (!offered)
			fail_msg("--format does not offer %s", cs_renderers[i].name);
	}
	/* "-" is stdout, an empty format the default */
	assert_done(render(&app, (const char *const[]){ "--format=", "-o-", NULL }));
	assert_int_equal(-1, access("-", F_OK));
}

/* Nothing is left of a report that cannot be made. */
static void render_fails(void **state CS_UNUSED)
{
	struct cs_app app = { .render = { .table = "none" } };

	assert_true(render(&app, (const char *const[]){ "--format=csv", "-o", "r", NULL }) < 0);
	assert_int_equal(-1, access("r", F_OK));
	assert_true(render(&app, (const char *const[]){ "-o", "none/r", NULL }) < 0);
}

/* --- the store --- */

static void store_by_option(void **state CS_UNUSED)
{
	struct cs_store *store = NULL;
	struct cs_app app = { .quiet = false };
	struct cs_args *args = parse((const char *const[]){ "--db", "s/a.db", NULL });

	cs_ctx_init(&app.ctx);
	assert_done(cs_cmd_store(&app, args, CS_STORE_READ, &store, &err));
	cs_store_close(store);
	assert_int_equal(-1, access("s/a.db", F_OK)); /* reading makes none */
	assert_done(cs_cmd_store(&app, args, CS_STORE_WRITE, &store, &err));
	cs_store_close(store);
	assert_int_equal(0, remove("s/a.db"));
	assert_int_equal(0, rmdir("s"));
	cs_args_free(args);
}

static int enter_folder(void **state CS_UNUSED)
{
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state CS_UNUSED)
{
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_file),	cmocka_unit_test(output_special),
		cmocka_unit_test(print_whole),	cmocka_unit_test(print_fails),
		cmocka_unit_test(render_file),	cmocka_unit_test(render_formats),
		cmocka_unit_test(render_fails), cmocka_unit_test(store_by_option),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
