/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One copy per line: text is undressed in place and gets its NUL. A line longer than the limit is
 * given up to the limit and the caller decides what the rest is worth: nothing to most, but a whole
 * build to rawjson, whose history prints one line. Refused: getline on a stdio cookie, which holds
 * any line whole; patterns of a regex library for the prefixes, six times slower on large logs.
 */
#include "build/lines.h"

#include <string.h>

void cs_lines_init(struct cs_lines *lines, const struct cs_ctx *ctx, struct cs_stream *in)
{
	memset(lines, 0, sizeof(*lines));
	lines->ctx = ctx;
	lines->in = in;
}

void cs_lines_release(struct cs_lines *lines)
{
	cs_buf_release(&lines->buf);
}

/* --- dress --- */

/* Terminal escapes: CSI … final byte, OSC … BEL or ST, two-byte ones. */
static size_t escape_len(const char *p, size_t left)
{
	size_t n = 2;

	if (left < 2)
		return left;
	if (p[1] == '[') {
		while (n < left && !(p[n] >= 0x40 && p[n] <= 0x7e))
			n++;
		return n < left ? n + 1 : n;
	}
	if (p[1] == ']') {
		while (n < left && p[n] != '\a' && p[n] != '\x1b')
			n++;
		if (n < left && p[n] == '\x1b' && n + 1 < left)
			n++;
		return n < left ? n + 1 : n;
	}
	return n;
}

static void strip_escapes(struct cs_line *line)
{
	char *to = memchr(line->text, '\x1b', line->len);
	size_t i;

	if (!to)
		return;
	i = (size_t)(to - line->text);
	while (i < line->len) {
		if (line->text[i] == '\x1b')
			i += escape_len(line->text + i, line->len - i);
		else
			*to++ = line->text[i++];
	}
	*to = '\0';
	line->len = (size_t)(to - line->text);
}

static void skip(struct cs_line *line, size_t n)
{
	line->text += n;
	line->len -= n;
}

static bool digits_at(const char *p, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return true;
}

/* How long an RFC 3339 time at the start is, 0 without; a NUL ends every test. */
static size_t time_len(const char *p)
{
	size_t n = 19;

	if (!digits_at(p, 0, 4) || p[4] != '-' || !digits_at(p, 5, 2) || p[7] != '-' ||
	    !digits_at(p, 8, 2) || p[10] != 'T' || !digits_at(p, 11, 2) || p[13] != ':' ||
	    !digits_at(p, 14, 2) || p[16] != ':' || !digits_at(p, 17, 2))
		return 0;
	if (p[n] == '.' || p[n] == ',') {
		n++;
		while (p[n] >= '0' && p[n] <= '9')
			n++;
	}
	if (p[n] == 'Z')
		return n + 1;
	if ((p[n] == '+' || p[n] == '-') && digits_at(p, n + 1, 2) && p[n + 3] == ':' &&
	    digits_at(p, n + 4, 2))
		return n + 6;
	return 0;
}

/* "00O " or "01E+" behind GitLab's time: stream, kind, and whether it continues a line. */
static size_t gitlab_len(const char *p)
{
	static const char hex[] = "0123456789abcdef";

	if (!p[0] || !strchr(hex, p[0]) || !p[1] || !strchr(hex, p[1]) ||
	    (p[2] != 'O' && p[2] != 'E') || (p[3] != ' ' && p[3] != '+'))
		return 0;
	return 4;
}

static void strip_time(struct cs_line *line)
{
	bool bracket = line->text[0] == '['; /* Jenkins' timestamper */
	char *p = line->text + bracket;
	size_t n = time_len(p);
	struct cs_err ignored;
	char saved;

	if (!n || (bracket && p[n] != ']') || (p[n + bracket] != ' ' && p[n + bracket]))
		return;
	saved = p[n];
	p[n] = '\0';
	if (cs_time_parse(p, &line->unix_ns, &ignored) < 0)
		line->unix_ns = CS_TIME_NONE;
	p[n] = saved;
	n += bracket ? 2 : 0;
	if (line->text[n] == ' ')
		n++;
	if (!bracket)
		n += gitlab_len(line->text + n);
	skip(line, n);
}

/* JOB \t STEP \t TIME: the columns count only before a time. */
static void strip_columns(struct cs_line *line)
{
	char *job = line->text, *tab = strchr(job, '\t'), *step, *rest;

	if (!tab || tab - job > 512)
		return;
	step = tab + 1;
	rest = strchr(step, '\t');
	if (!rest || rest - step > 512)
		return;
	rest++;
	if (strncmp(rest, "\xef\xbb\xbf", 3) == 0)
		rest += 3;
	if (!time_len(rest))
		return;
	*tab = '\0';
	*strchr(step, '\t') = '\0';
	line->job = job;
	line->job_step = step;
	skip(line, (size_t)(rest - line->text));
}

void cs_line_undress(struct cs_line *line)
{
	line->unix_ns = CS_TIME_NONE;
	line->job = NULL;
	line->job_step = NULL;
	if (strncmp(line->text, "\xef\xbb\xbf", 3) == 0)
		skip(line, 3);
	while (line->len && line->text[line->len - 1] == '\r')
		line->text[--line->len] = '\0';
	strip_escapes(line);
	strip_columns(line);
	strip_time(line);
	strip_escapes(line);
}

/* --- reading --- */

/* Makes block hold bytes: 0, 1 at the end. */
static int fill(struct cs_lines *l, struct cs_err *err)
{
	int r;

	if (l->block_len)
		return 0;
	if (l->ended)
		return 1;
	r = cs_ctx_check(l->ctx, err);
	if (r == 0)
		r = cs_stream_read(l->in, &l->block, &l->block_len, err);
	if (r > 0)
		l->ended = true;
	return r;
}

/* Takes up to max bytes of the current line; *ret_end: its newline was taken too. */
static void take(struct cs_lines *l, size_t max, const uint8_t **ret_data, size_t *ret_len,
		 bool *ret_end)
{
	size_t n = l->block_len < max ? l->block_len : max;
	const uint8_t *nl = memchr(l->block, '\n', n);

	*ret_data = l->block;
	*ret_len = nl ? (size_t)(nl - l->block) : n;
	*ret_end = nl != NULL;
	l->block += *ret_len + *ret_end;
	l->block_len -= *ret_len + *ret_end;
}

int cs_lines_rest(struct cs_lines *l, const uint8_t **ret_data, size_t *ret_len, struct cs_err *err)
{
	bool end;
	int r;

	while (l->in_rest) {
		r = fill(l, err);
		if (r < 0)
			return r;
		if (r > 0)
			break;
		take(l, SIZE_MAX, ret_data, ret_len, &end);
		l->in_rest = !end;
		if (*ret_len)
			return 0;
	}
	l->in_rest = false;
	return 1;
}

static int skip_rest(struct cs_lines *l, struct cs_err *err)
{
	const uint8_t *data;
	size_t len;
	int r = 0;

	if (l->in_rest)
		l->n_cut++;
	while (l->in_rest && r == 0)
		r = cs_lines_rest(l, &data, &len, err);
	return r < 0 ? r : 0;
}

/* NULs would hide what stands behind them. */
static void blank_nuls(char *text, size_t len)
{
	char *p = text, *end = text + len;

	while ((p = memchr(p, '\0', (size_t)(end - p))))
		*p++ = ' ';
}

void cs_lines_unread(struct cs_lines *lines)
{
	lines->again = true;
}

int cs_lines_next(struct cs_lines *l, const struct cs_line **ret, struct cs_err *err)
{
	size_t max = (size_t)l->ctx->limits.log_line, len;
	const uint8_t *data;
	bool end = false;
	int r;

	if (l->again) {
		l->again = false;
		*ret = &l->line;
		return 0;
	}
	r = skip_rest(l, err);
	if (r == 0)
		r = fill(l, err);
	if (r != 0)
		return r;
	cs_buf_reset(&l->buf);
	while (r == 0 && !end && l->buf.len < max) {
		take(l, max - l->buf.len, &data, &len, &end);
		if (cs_buf_add(&l->buf, data, len) < 0)
			return cs_err_nomem(err);
		if (!end)
			r = fill(l, err);
	}
	if (r < 0)
		return r;
	/* The limit may fall on the newline itself. */
	if (r == 0 && !end && l->block[0] == '\n') {
		take(l, 1, &data, &len, &end);
	}
	l->in_rest = r == 0 && !end;
	blank_nuls(l->buf.data, l->buf.len);
	l->line.text = l->buf.data;
	l->line.len = l->buf.len;
	l->line.number++;
	l->line.more = l->in_rest;
	cs_line_undress(&l->line);
	*ret = &l->line;
	return 0;
}

int cs_lines_probe(const uint8_t *head, size_t len, int (*fn)(const char *line))
{
	char buf[4096 + 1];
	int best = 0;

	if (len > sizeof(buf) - 1)
		len = sizeof(buf) - 1;
	if (len)
		memcpy(buf, head, len);
	buf[len] = '\0';
	blank_nuls(buf, len);
	for (size_t at = 0; at < len;) {
		char *nl = memchr(buf + at, '\n', len - at);
		struct cs_line line = { .text = buf + at };
		int score;

		line.len = nl ? (size_t)(nl - line.text) : len - at;
		at += line.len + 1;
		line.text[line.len] = '\0';
		cs_line_undress(&line);
		score = fn(line.text);
		if (score > best)
			best = score;
	}
	return best;
}
