/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches people: the progress bar on a real terminal, messages. */
#include "support/test.h"

#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <time.h>

#include "cmd/terminal.h"
#include "report/fmt.h"
#include "support/env.h"
#include "util/cleanup.h"

static struct cs_err err;

static void progress_fits(void **state CS_UNUSED)
{
	static const struct {
		int64_t done, total;
	} table[] = { { 0, 0 },
		      { 0, 100 },
		      { 50, 100 },
		      { 100, 100 },
		      { 200, 100 },
		      { 5, -1 },
		      { INT64_MAX, INT64_MAX },
		      { INT64_MAX / 2, INT64_MAX } };
	char line[CS_PROGRESS_MAX];

	for (unsigned width = 24; width < 200; width++) {
		for (size_t i = 0; i < CS_N(table); i++) {
			for (int utf8 = 0; utf8 < 2; utf8++) {
				cs_progress_line(line, table[i].done, table[i].total, CS_NS_PER_S,
						 width, utf8);
				if (cs_fmt_width(line) > width)
					fail_msg("%u: '%s'", width, line);
			}
		}
	}
}

static void progress_says(void **state CS_UNUSED)
{
	char line[CS_PROGRESS_MAX];

	cs_progress_line(line, 250000000, 1000000000, 5 * CS_NS_PER_S, 79, false);
	assert_string_equal(" 25 % ########........................ "
			    "250 MB of 1.0 GB, 50.0 MB/s, 15.0 s left",
			    line);
	cs_progress_line(line, 250000000, 1000000000, 5 * CS_NS_PER_S, 50, false);
	assert_string_equal(" 25 % 250 MB of 1.0 GB, 50.0 MB/s, 15.0 s left", line);
	cs_progress_line(line, 250000000, 1000000000, 5 * CS_NS_PER_S, 30, false);
	assert_string_equal(" 25 %", line);
	cs_progress_line(line, 250000000, -1, 5 * CS_NS_PER_S, 79, false);
	assert_string_equal("250 MB, 50.0 MB/s", line);
	cs_progress_line(line, 250000000, 1000000000, 5 * CS_NS_PER_S, 79, true);
	assert_non_null(strstr(line, "█"));
}

static void utf8_by_text(void **state CS_UNUSED)
{
	static const struct {
		const char *env[4];
		bool utf8;
	} table[] = {
		{ { NULL }, false },
		{ { "LANG=en_US.UTF-8", NULL }, true },
		{ { "LANG=C.utf8", NULL }, true },
		{ { "LANG=en_US.UTF-8", "LC_ALL=C", NULL }, false },
		{ { "LANG=C", "LC_CTYPE=C.UTF-8", NULL }, true },
		{ { "LANG=de_DE.ISO-8859-1", "LC_CTYPE=", "LC_ALL=", NULL }, false },
	};

	for (size_t i = 0; i < CS_N(table); i++)
		assert_int_equal(table[i].utf8,
				 cs_env_is_utf8(test_getenv, (void *)(uintptr_t)table[i].env));
}

/* --- stderr as a terminal, or not --- */

static char seen[65536];

/* Runs fn with stderr at fd. */
static void with_stderr(int fd, void (*fn)(struct cs_app *app, struct cs_terminal *terminal),
			const char *const *env)
{
	struct cs_terminal *terminal = NULL;
	struct cs_app app = { .getenv = test_getenv, .arg = (void *)(uintptr_t)env };
	int saved = dup(STDERR_FILENO);

	fflush(stderr);
	assert_true(saved >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	cs_ctx_init(&app.ctx);
	if (cs_terminal_new(&app, &terminal, &err) == 0)
		fn(&app, terminal);
	cs_terminal_free(terminal);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

/* All that has been written; a terminal hands it on in pieces, and not at once. */
static void read_seen(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	while (used < sizeof(seen) - 1 && poll(&ready, 1, 300) > 0) {
		ssize_t n = read(fd, seen + used, sizeof(seen) - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	seen[used] = '\0';
}

static void *work(void *arg)
{
	struct cs_app *app = arg;
	struct timespec pause = { .tv_nsec = 5000000 };

	for (int64_t i = 0; i < 260; i++) {
		app->ctx.progress(app->ctx.arg, i * 1000, 260000);
		if (i % 100 == 99)
			cs_ctx_log(&app->ctx, CS_LOG_WARNING, "<%d>", (int)i);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void use_threads(struct cs_app *app, struct cs_terminal *terminal CS_UNUSED)
{
	pthread_t other;

	assert_non_null(app->ctx.progress);
	assert_int_equal(0, pthread_create(&other, NULL, work, app));
	work(app);
	pthread_join(other, NULL);
}

/* A bare chroot has no pseudo-terminals: said, not failed. */
static void open_terminal(int *master, int *slave)
{
	if (openpty(master, slave, NULL, NULL, NULL) == 0)
		return;
	print_message("no pseudo-terminal to be had here\n");
	skip();
}

static void progress_on_a_terminal(void **state CS_UNUSED)
{
	const char *const env[] = { "TERM=xterm", NULL };
	int master, slave;
	char *end;

	open_terminal(&master, &slave);
	with_stderr(slave, use_threads, env);
	read_seen(master);
	assert_non_null(strstr(seen, " % "));
	/* each warning once, whole; the bar is gone at the end */
	end = strstr(seen, "cachestat: warning: <99>\r\n");
	assert_non_null(end);
	assert_null(strstr(end + 26, "<99>"));
	assert_non_null(strstr(seen, "cachestat: warning: <199>\r\n"));
	assert_true(strlen(seen) > 4);
	assert_string_equal("\r\033[K", seen + strlen(seen) - 4);
	close(slave);
	close(master);
}

static void use_messages(struct cs_app *app, struct cs_terminal *terminal)
{
	assert_null(app->ctx.progress);
	cs_ctx_log(&app->ctx, CS_LOG_WARNING, "a\n::error::b");
	cs_ctx_log(&app->ctx, CS_LOG_INFO, "not shown");
	app->verbose = 1;
	cs_ctx_log(&app->ctx, CS_LOG_INFO, "shown");
	cs_ctx_log(&app->ctx, CS_LOG_DEBUG, "not shown");
	app->verbose = 2;
	cs_ctx_log(&app->ctx, CS_LOG_DEBUG, "shown");
	app->quiet = true;
	cs_ctx_log(&app->ctx, CS_LOG_WARNING, "not shown");
	cs_terminal_error(terminal, "https://u:hunter2@h: \x1b[31m");
}

static void messages(void **state CS_UNUSED)
{
	const char *const env[] = { "TERM=xterm", NULL };
	int fds[2];

	assert_int_equal(0, pipe(fds));
	with_stderr(fds[1], use_messages, env);
	read_seen(fds[0]);
	assert_string_equal("cachestat: warning: a\\x0a::error::b\n"
			    "cachestat: shown\n"
			    "cachestat: debug: shown\n"
			    "cachestat: https://h: \\x1b[31m\n",
			    seen);
	close(fds[0]);
	close(fds[1]);
}

static void use_dumb(struct cs_app *app, struct cs_terminal *terminal CS_UNUSED)
{
	assert_null(app->ctx.progress);
	assert_false(app->render.color);
	assert_int_equal(33, app->render.width);
}

static void dumb_terminal(void **state CS_UNUSED)
{
	const char *const dumb[] = { "TERM=dumb", "COLUMNS=33", NULL };
	const char *const none[] = { "COLUMNS=33", NULL };
	int master, slave;

	open_terminal(&master, &slave);
	with_stderr(slave, use_dumb, dumb);
	with_stderr(slave, use_dumb, none);
	close(slave);
	close(master);
}

static void use_clock(struct cs_app *app, struct cs_terminal *terminal)
{
	assert_done(cs_terminal_set_clock(terminal, app, &err));
	assert_true(cs_ctx_now(&app->ctx) == INT64_C(1000000000) * CS_NS_PER_S);
}

static void use_bad_clock(struct cs_app *app, struct cs_terminal *terminal)
{
	assert_code(CS_USAGE, cs_terminal_set_clock(terminal, app, &err));
	assert_true(cs_ctx_now(&app->ctx) > INT64_C(1000000000) * CS_NS_PER_S);
}

static void fixed_clock(void **state CS_UNUSED)
{
	const char *const env[] = { "CACHESTAT_NOW=2001-09-09T01:46:40Z", NULL };
	const char *const bad[] = { "CACHESTAT_NOW=7d", NULL };

	with_stderr(STDERR_FILENO, use_clock, env);
	with_stderr(STDERR_FILENO, use_bad_clock, bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_fits), cmocka_unit_test(progress_says),
		cmocka_unit_test(utf8_by_text),	 cmocka_unit_test(progress_on_a_terminal),
		cmocka_unit_test(messages),	 cmocka_unit_test(dumb_terminal),
		cmocka_unit_test(fixed_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
