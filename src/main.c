/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process around the library: descriptors, signals, the one error line, the exit status.
 * setlocale() is never called: numbers, times and patterns are the same everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/dispatch.h"
#include "cmd/terminal.h"

/* A signal handler can reach nothing but a global. */
static volatile sig_atomic_t canceled;

static void on_signal(int number)
{
	(void)number;
	canceled = 1;
}

/*
 * The first SIGINT asks for an orderly end, the second one ends the process. A signal that the
 * caller ignores (nohup, background jobs) stays ignored. SIGPIPE would kill before the message.
 */
static void set_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CS_N(numbers); i++) {
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write(2), with a message */
}

/*
 * Started with a closed descriptor 0, 1 or 2, the next open() would get its number, and a report
 * could end up in the store. The placeholders fail what is tried on them: they face the wrong way.
 */
static void fill_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(2);
	}
}

static const char *get_variable(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static int finish(struct cs_terminal *terminal, int r, struct cs_err *err)
{
	if (r >= 0 && fflush(stdout) != 0 && errno != EPIPE)
		r = cs_err_errno(err, errno, "cannot write to standard output");
	if (r >= 0)
		return ferror(stdout) ? 2 : r;
	if (*err->msg)
		cs_terminal_error(terminal, err->msg);
	return cs_code_exit_status((enum cs_code) - r);
}

int main(int argc, char **argv)
{
	struct cs_terminal *terminal CS_AUTO(cs_terminal_free_p) = NULL;
	struct cs_app app = { .getenv = get_variable, .stdin_fd = STDIN_FILENO, .sandbox = true };
	struct cs_err err = CS_ERR_INIT;
	int r;

	fill_descriptors();
	set_signals();
	cs_ctx_init(&app.ctx);
	app.ctx.cancel = &canceled;
	r = cs_terminal_new(&app, &terminal, &err);
	if (r < 0) {
		fputs("cachestat: out of memory\n", stderr);
		return 2;
	}
	r = cs_terminal_set_clock(terminal, &app, &err);
	if (r == 0)
		r = cs_dispatch(&app, cs_commands, argc, (const char *const *)argv, &err);
	return finish(terminal, r, &err);
}
