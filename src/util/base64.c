/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: EVP_DecodeBlock(), which counts padding as data and takes blanks for nothing. */
#include "util/base64.h"

#include <string.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int cs_base64_decode(struct cs_buf *buf, const char *text)
{
	size_t total = strlen(text), len = total, before = buf->len;
	unsigned bits = 0, n_bits = 0;

	while (len && text[len - 1] == '=' && total - len < 2)
		len--;
	if (len % 4 == 1 || cs_buf_reserve(buf, len / 4 * 3 + 3) < 0)
		return len % 4 == 1 ? 1 : -1;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0) {
			buf->len = before;
			if (buf->data)
				buf->data[before] = '\0';
			return 1;
		}
		bits = bits << 6 | (unsigned)d;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		buf->data[buf->len++] = (char)(bits >> n_bits);
		bits &= (1u << n_bits) - 1;
	}
	if (buf->data)
		buf->data[buf->len] = '\0';
	return 0;
}
