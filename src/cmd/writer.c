/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

void cs_writer_release(struct cs_writer *w)
{
	cs_buf_release(&w->buf);
}

int cs_writer_check(const struct cs_writer *w, struct cs_err *err)
{
	return w->failed ? cs_err_nomem(err) : 0;
}

void cs_write(struct cs_writer *w, const char *fmt, ...)
{
	char *text CS_AUTO(cs_free_p) = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || cs_buf_puts(&w->buf, text) < 0)
		w->failed = true;
}

static void write_bytes(struct cs_writer *w, const char *text, size_t len)
{
	if (cs_buf_add(&w->buf, text, len) < 0)
		w->failed = true;
}

static void write_word(struct cs_writer *w, const char *text, size_t len)
{
	const size_t n = sizeof(ELLIPSIS) - 1;

	for (size_t i = 0; i < len;) {
		if (w->ascii && len - i >= n && memcmp(text + i, ELLIPSIS, n) == 0) {
			write_bytes(w, "...", 3);
			i += n;
		} else {
			write_bytes(w, text + i++, 1);
		}
	}
}

void cs_write_text(struct cs_writer *w, const char *text)
{
	write_word(w, text, strlen(text));
}

/* Columns of UTF-8 text without wide characters: the tables hold no others. */
static size_t width_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static size_t current_column(const struct cs_writer *w)
{
	size_t start = w->buf.len;

	while (start && w->buf.data[start - 1] != '\n')
		start--;
	return width_of(w->buf.data ? w->buf.data + start : "", w->buf.len - start);
}

void cs_write_column(struct cs_writer *w, size_t column)
{
	size_t at = current_column(w);

	if (at >= column && at > 0) {
		cs_write(w, "\n");
		at = 0;
	}
	cs_write(w, "%*s", (int)(column - at), "");
}

void cs_write_wrapped(struct cs_writer *w, size_t indent, const char *text)
{
	size_t at = current_column(w);
	bool first = true;

	while (*text) {
		size_t len, wide;

		text += strspn(text, " \n");
		len = strcspn(text, " \n");
		if (!len)
			break;
		wide = width_of(text, len) + (w->ascii && strstr(text, ELLIPSIS) ? 2 : 0);
		if (!first && at + 1 + wide > w->width) {
			cs_write(w, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		if (!first)
			cs_write(w, " ");
		write_word(w, text, len);
		at += wide + !first;
		first = false;
		text += len;
	}
}

void cs_write_word_after(struct cs_writer *w, size_t indent, const char *word)
{
	bool fits = current_column(w) + 1 + strlen(word) <= w->width;

	if (fits)
		cs_write(w, " %s", word);
	else
		cs_write(w, "\n%*s%s", (int)indent, "", word);
}

void cs_write_paragraphs(struct cs_writer *w, size_t indent, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);
		char *paragraph CS_AUTO(cs_free_p) = strndup(text, len);

		if (!paragraph) {
			w->failed = true;
			return;
		}
		cs_write(w, "%*s", (int)indent, "");
		if (*paragraph == ' ' || *paragraph == '\t')
			cs_write_text(w, paragraph);
		else
			cs_write_wrapped(w, indent, paragraph);
		cs_write(w, "\n");
		text += len;
		if (end) {
			cs_write(w, "\n");
			text += 2;
		}
	}
}

char *cs_sentence(const char *summary)
{
	char *sentence;

	if (asprintf(&sentence, "%s.", summary) < 0)
		return NULL;
	if (*sentence >= 'a' && *sentence <= 'z')
		*sentence = (char)(*sentence - 'a' + 'A');
	return sentence;
}
