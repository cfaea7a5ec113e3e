/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of scopes come from outside: a newline in one must not become a command of its own, nor end
 * the value of an output. The delimiter is drawn anew each time, as GitHub asks for.
 */
#include "cmd/github.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#include "util/buf.h"

bool cs_github_is_runner(const struct cs_app *app)
{
	const char *text = app->getenv(app->arg, "GITHUB_ACTIONS");

	return text && strcmp(text, "true") == 0;
}

static int put_escaped(struct cs_buf *buf, const char *text, bool property)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool escape = *p == '%' || *p == '\r' || *p == '\n' ||
			      (property && (*p == ':' || *p == ','));
		int r;

		if (escape)
			r = cs_buf_printf(buf, "%%%02X", *p);
		else
			r = cs_buf_putc(buf, *p < 0x20 || *p == 0x7f ? ' ' : (char)*p);
		if (r < 0)
			return -1;
	}
	return 0;
}

int cs_github_annotation(struct cs_buf *buf, const char *level, const char *title,
			 const char *message)
{
	if (cs_buf_printf(buf, "::%s title=", level) < 0 || put_escaped(buf, title, true) < 0 ||
	    cs_buf_puts(buf, "::") < 0 || put_escaped(buf, message, false) < 0)
		return -1;
	return cs_buf_putc(buf, '\n');
}

static int draw_delimiter(const char *value, char ret[40])
{
	uint64_t bits[2];

	do {
		if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
			return -1;
		snprintf(ret, 40, "cs_%016llx%016llx", (unsigned long long)bits[0],
			 (unsigned long long)bits[1]);
	} while (strstr(value, ret));
	return 0;
}

int cs_github_output(struct cs_buf *buf, const char *name, const char *value)
{
	char delimiter[40];

	if (!strpbrk(value, "\r\n"))
		return cs_buf_printf(buf, "%s=%s\n", name, value);
	if (draw_delimiter(value, delimiter) < 0)
		return -1;
	return cs_buf_printf(buf, "%s<<%s\n%s\n%s\n", name, delimiter, value, delimiter);
}

int cs_github_write_outputs(const struct cs_app *app, const struct cs_buf *outputs,
			    struct cs_err *err)
{
	const char *path = app->getenv(app->arg, "GITHUB_OUTPUT");
	int fd CS_AUTO(cs_close_p) = -1;
	size_t done = 0;

	if (!path || !*path)
		return 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd < 0)
		return cs_err_errno(err, errno, "cannot write '%s' (GITHUB_OUTPUT)", path);
	while (done < outputs->len) {
		ssize_t n = write(fd, outputs->data + done, outputs->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cs_err_errno(err, errno, "cannot write '%s' (GITHUB_OUTPUT)", path);
		done += (size_t)n;
	}
	return 0;
}
