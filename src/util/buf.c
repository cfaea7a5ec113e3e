/* SPDX-License-Identifier: Apache-2.0 */
#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cs_buf_release(struct cs_buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void cs_buf_reset(struct cs_buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

int cs_buf_reserve(struct cs_buf *buf, size_t more)
{
	size_t max = buf->max ? buf->max : SIZE_MAX / 2;
	size_t need, cap;
	char *data;

	if (more > max || buf->len > max - more)
		return -1;
	need = buf->len + more + 1;
	if (need <= buf->cap)
		return 0;
	cap = buf->cap ? buf->cap : 64;
	while (cap < need)
		cap *= 2;
	data = realloc(buf->data, cap);
	if (!data)
		return -1;
	buf->data = data;
	buf->cap = cap;
	buf->data[buf->len] = '\0';
	return 0;
}

int cs_buf_add(struct cs_buf *buf, const void *data, size_t len)
{
	if (cs_buf_reserve(buf, len) < 0)
		return -1;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int cs_buf_puts(struct cs_buf *buf, const char *text)
{
	return cs_buf_add(buf, text, strlen(text));
}

int cs_buf_putc(struct cs_buf *buf, char c)
{
	return cs_buf_add(buf, &c, 1);
}

int cs_buf_printf(struct cs_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || cs_buf_reserve(buf, (size_t)n) < 0)
		return -1;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)n;
	return 0;
}
