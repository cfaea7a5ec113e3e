/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of what must not reach a reader raw, and one way to show it, for all formats; each
 * format then adds what its own syntax needs. Replacing bad characters by '?' was refused: two
 * different names would look the same, and the evidence would be gone. The list takes all that
 * Unicode calls default-ignorable, not only the bidi controls: the runners of GitHub compare texts
 * by culture, where ignorable characters do not count, and people cannot see them either. That
 * costs the joined emoji.
 */
#include "report/fmt.h"
#include "report/text.h"

#include <stdio.h>
#include <string.h>

/*
 * Bytes at text that are, or begin, a well-formed character; *ret_want is how many it needs, 0 if
 * none starts here. Overlong forms, surrogates and what is past U+10FFFF fail at the second byte
 * (Unicode, table 3-7).
 */
static size_t well_formed(const unsigned char *p, size_t *ret_want)
{
	unsigned lo = 0x80, hi = 0xbf;
	size_t n = 1;

	if (p[0] < 0x80)
		return *ret_want = 1;
	*ret_want = p[0] < 0xc2 || p[0] > 0xf4 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	/* The NUL at the end is no continuation byte. */
	for (; n < *ret_want && p[n] >= lo && p[n] <= hi; n++) {
		lo = 0x80;
		hi = 0xbf;
	}
	return n;
}

size_t cs_text_decode(const char *text, uint32_t *ret_cp)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t want;

	if (well_formed(p, &want) != want)
		return 0;
	*ret_cp = want == 1 ? p[0] : p[0] & (0x7fu >> want);
	for (size_t i = 1; i < want; i++)
		*ret_cp = *ret_cp << 6 | (p[i] & 0x3fu);
	return want;
}

bool cs_text_is_hidden(uint32_t cp)
{
	static const uint32_t ranges[][2] = {
		{ 0x7f, 0x9f },	      /* DEL, C1 */
		{ 0xad, 0xad },	      /* soft hyphen */
		{ 0x34f, 0x34f },     /* grapheme joiner */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
		{ 0x180b, 0x180f },   /* Mongolian selectors */
		{ 0x200b, 0x200f },   /* zero-width, directional marks */
		{ 0x2028, 0x202e },   /* line separators, embeddings, overrides */
		{ 0x2060, 0x206f },   /* word joiner, isolates, shaping */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xfdd0, 0xfdef },   /* noncharacters */
		{ 0xfe00, 0xfe0f },   /* variation selectors */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xffa0, 0xffa0 },   /* half-width Hangul filler */
		{ 0xfff0, 0xfffb },   /* annotations */
		{ 0x13430, 0x1343f }, /* hieroglyph format controls */
		{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
		{ 0x1d173, 0x1d17a }, /* musical format controls */
		{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
	};

	if (cp < 0x20 || (cp & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < CS_N(ranges) && cp >= ranges[i][0]; i++) {
		if (cp <= ranges[i][1])
			return true;
	}
	return false;
}

bool cs_text_is_hash_command(const char *text)
{
	if (text[0] != '#' || text[1] != '#')
		return false;
	for (text += 2; (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');)
		text++;
	return *text == '[';
}

static bool is_blank(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xa0 || cp == 0x1680 ||
	       (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

const char *cs_text_colon_command(const char *text)
{
	uint32_t cp;
	size_t n;

	while (*text && (n = cs_text_decode(text, &cp)) > 0 && is_blank(cp))
		text += n;
	return strncmp(text, "::", 2) == 0 ? text : NULL;
}

/*
 * Adds n bytes, or all of s if it is an escape. A backslash of the text waits until it is known
 * what stands behind it: only where that would make it an escape is it doubled.
 */
static int put(struct cs_buf *buf, bool *waiting, const char *s, size_t n)
{
	if (*waiting) {
		bool twice = *s == '\\' || *s == 'x' || (*s == 'u' && s[1] == '{');

		*waiting = false;
		if (cs_buf_puts(buf, twice ? "\\\\" : "\\") < 0)
			return -1;
	}
	return cs_buf_add(buf, s, n);
}

int cs_text_show(struct cs_buf *buf, const char *text, unsigned flags)
{
	const char *colon = flags & CS_SHOW_COLON ? cs_text_colon_command(text) : NULL;
	bool waiting = false;
	char hex[16];

	for (size_t n; *text; text += n) {
		uint32_t cp = (unsigned char)*text;
		size_t good = cs_text_decode(text, &cp);
		int r;

		n = good ? good : 1;
		if (*text == '\\') {
			/* "" + "\" flushes the one before, then this one waits */
			r = waiting ? put(buf, &waiting, text, 0) : 0;
			waiting = true;
		} else if ((cp == '\n' || cp == '\r' || cp == '\t') && flags & CS_SHOW_BLANKS) {
			r = put(buf, &waiting, " ", 1);
		} else if (cp == '\n' && flags & CS_SHOW_NEWLINE) {
			r = put(buf, &waiting, text, 1);
		} else if (!good || cp < 0x20 || cp == 0x7f || text == colon ||
			   (flags & CS_SHOW_HASH && cs_text_is_hash_command(text))) {
			snprintf(hex, sizeof(hex), "\\x%02x", (unsigned char)*text);
			r = put(buf, &waiting, hex, 4);
		} else if (cs_text_is_hidden(cp) || (cp > 0x7f && flags & CS_SHOW_ASCII)) {
			int len = snprintf(hex, sizeof(hex), "\\u{%x}", (unsigned)cp);

			r = put(buf, &waiting, hex, (size_t)len);
		} else {
			r = put(buf, &waiting, text, n);
		}
		if (r < 0)
			return -1;
	}
	return waiting ? put(buf, &waiting, "", 0) : 0;
}

int cs_fmt_terminal(struct cs_buf *buf, const char *text)
{
	return cs_text_show(buf, text, CS_SHOW_COLON | CS_SHOW_HASH);
}

int cs_fmt_ascii(struct cs_buf *buf, const char *text)
{
	return cs_text_show(buf, text, CS_SHOW_COLON | CS_SHOW_HASH | CS_SHOW_ASCII);
}

static int json_hex(struct cs_buf *buf, uint32_t cp)
{
	if (cp < 0x10000)
		return cs_buf_printf(buf, "\\u%04x", (unsigned)cp);
	cp -= 0x10000;
	return cs_buf_printf(buf, "\\u%04x\\u%04x", 0xd800 + (unsigned)(cp >> 10),
			     0xdc00 + (unsigned)(cp & 0x3ff));
}

/* Lossless for UTF-8: what is hidden, and what a CI runner would obey, goes as \uNNNN. */
int cs_fmt_json(struct cs_buf *buf, const char *text)
{
	if (cs_buf_putc(buf, '"') < 0)
		return -1;
	for (size_t n; *text; text += n) {
		uint32_t cp;
		size_t want;
		int r;

		n = cs_text_decode(text, &cp);
		if (n == 0) {
			/* One U+FFFD for as much as began well, as Python and browsers do. */
			n = well_formed((const unsigned char *)text, &want);
			r = cs_buf_puts(buf, "\xef\xbf\xbd");
		} else if (cp == '"' || cp == '\\') {
			r = cs_buf_printf(buf, "\\%c", (int)cp);
		} else if (cp == '\n' || cp == '\t' || cp == '\r') {
			r = cs_buf_puts(buf, cp == '\n' ? "\\n" : cp == '\t' ? "\\t" : "\\r");
		} else if (cs_text_is_hidden(cp) || cs_text_is_hash_command(text)) {
			r = json_hex(buf, cp);
		} else {
			r = cs_buf_add(buf, text, n);
		}
		if (r < 0)
			return -1;
	}
	return cs_buf_putc(buf, '"');
}

int cs_fmt_html(struct cs_buf *buf, const char *text)
{
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;

	if (cs_text_show(&shown, text, 0) < 0)
		return -1;
	for (const char *p = shown.data ? shown.data : ""; *p; p++) {
		char one[2] = { *p, '\0' };
		const char *s = one;

		if (*p == '&')
			s = "&amp;";
		else if (*p == '<')
			s = "&lt;";
		else if (*p == '>')
			s = "&gt;";
		else if (*p == '"')
			s = "&quot;";
		else if (*p == '\'')
			s = "&#39;";
		else if (*p == ':' && p[1] == ':')
			s = "&#58;";
		else if (*p == '#' && p[1] == '#')
			s = "&#35;";
		if (cs_buf_puts(buf, s) < 0)
			return -1;
	}
	return 0;
}

int cs_fmt_label(struct cs_buf *buf, const char *text)
{
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;

	if (cs_text_show(&shown, text, CS_SHOW_HASH | CS_SHOW_NEWLINE) < 0)
		return -1;
	for (const char *p = shown.data ? shown.data : ""; *p; p++) {
		if ((*p == '\\' || *p == '"' || *p == '\n') && cs_buf_putc(buf, '\\') < 0)
			return -1;
		if (cs_buf_putc(buf, *p == '\n' ? 'n' : *p) < 0)
			return -1;
	}
	return 0;
}
