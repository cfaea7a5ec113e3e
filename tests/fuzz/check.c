/* SPDX-License-Identifier: Apache-2.0 */
/* A second opinion on texts: nothing here calls what it judges. */
#include "fuzz/fuzz.h"

/* A code point by the ranges of RFC 3629; 0 bytes where there is none. */
static size_t next_point(const unsigned char *p, size_t left, uint32_t *ret)
{
	static const struct {
		unsigned first, last, more;
		uint32_t least;
	} forms[] = { { 0, 0x7f, 0, 0 },
		      { 0xc0, 0xdf, 1, 0x80 },
		      { 0xe0, 0xef, 2, 0x800 },
		      { 0xf0, 0xf7, 3, 0x10000 } };

	for (size_t i = 0; i < CS_N(forms); i++) {
		uint32_t v = p[0] - forms[i].first;

		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].more >= left)
			return 0;
		for (size_t k = 1; k <= forms[i].more; k++) {
			if (p[k] >> 6 != 2)
				return 0;
			v = v << 6 | (p[k] & 63);
		}
		if (v < forms[i].least || v > 0x10ffff || v >> 11 == 0x1b)
			return 0;
		*ret = v;
		return forms[i].more + 1;
	}
	return 0;
}

bool fuzz_is_text(const char *text)
{
	size_t len = strlen(text);
	uint32_t c;

	for (size_t i = 0, n; i < len; i += n) {
		n = next_point((const unsigned char *)text + i, len - i, &c);
		if (!n)
			return false;
	}
	return true;
}

bool fuzz_is_shown(const char *text, size_t len, bool newlines)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c;

		n = next_point((const unsigned char *)text + i, len - i, &c);
		if (!n || (c < 0x20 && !(c == '\n' && newlines)) || (c >= 0x7f && c < 0xa0))
			return false;
		/* marks, separators, embeddings, isolates, the byte order mark, tags */
		if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2060 && c <= 0x206f) || c == 0x61c || c == 0xfeff ||
		    (c >= 0xe0000 && c <= 0xe0fff))
			return false;
	}
	return true;
}

bool fuzz_has_hash_command(const char *text)
{
	for (const char *p = strstr(text, "##"); p; p = strstr(p + 1, "##")) {
		size_t n = strspn(p + 2, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (p[2 + n] == '[')
			return true;
	}
	return false;
}

bool fuzz_is_obeyed(const char *text)
{
	return strncmp(text + strspn(text, " \t\v\f\r\n"), "::", 2) == 0 ||
	       fuzz_has_hash_command(text);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static char *put_point(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 63));
		}
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

void fuzz_unshow(char *text)
{
	char *to = text;

	for (const char *p = text; *p;) {
		if (p[0] != '\\') {
			*to++ = *p++;
		} else if (p[1] == 'x') {
			must(hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0);
			*to++ = (char)(hex_digit(p[2]) << 4 | hex_digit(p[3]));
			p += 4;
		} else if (p[1] == 'u' && p[2] == '{') {
			uint32_t c = 0;

			for (p += 3; hex_digit(*p) >= 0; p++)
				c = c << 4 | (uint32_t)hex_digit(*p);
			must(*p == '}' && c <= 0x10ffff);
			p++;
			to = put_point(to, c);
		} else {
			*to++ = '\\';
			p += p[1] == '\\' ? 2 : 1;
		}
	}
	*to = '\0';
}
