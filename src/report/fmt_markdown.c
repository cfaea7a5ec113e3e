/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backslash (or an entity) stops Markdown, but not what GitHub and GitLab do to the finished
 * HTML: a mention that was escaped still calls its person, an issue number still links back. They
 * leave code alone, so such a word stands in a code span, which also reads well for URLs and
 * variables. Zero-width characters, the usual trick, were refused: they are copied along unseen.
 */
#include "report/fmt.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "report/text.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_word(char c)
{
	return c && strchr(WORD, c);
}

/*
 * Where the next word that ends in "://" starts, or NULL. Looked for once per "://" and not at each
 * word, which would take a square of the length on "a.a.a.a…".
 */
static const char *next_scheme(const char *from)
{
	const char *end = from, *start;

	while ((end = strstr(end, "://"))) {
		for (start = end; start > from && (is_word(start[-1]) || strchr("+.-", start[-1]));)
			start--;
		if (start < end)
			return start;
		end += 3;
	}
	return NULL;
}

/* Whether something else that gets linked or typeset starts at p; prev: the byte before, or NUL. */
static bool starts_link(const char *p, char prev)
{
	switch (*p) {
	case '@':
	case '#':
		return is_word(p[1]) || p[1] == '_';
	case '!':
		return p[1] >= '0' && p[1] <= '9';
	case '$':
		return true;
	case 'w':
	case 'W':
		return !is_word(prev) && strncasecmp(p, "www.", 4) == 0;
	case 'g':
	case 'G':
		return !is_word(prev) && strncasecmp(p, "gh-", 3) == 0 && p[3] >= '0' &&
		       p[3] <= '9';
	default:
		return false;
	}
}

int cs_fmt_markdown(struct cs_buf *buf, const char *text)
{
	/* All that can start a link is in it: two code spans never touch. No '`', no '|'. */
	static const char span[] = WORD "@#!$%&'()+,-./:;=?^_{}~";
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;
	const char *p, *scheme;

	if (cs_text_show(&shown, text, CS_SHOW_BLANKS) < 0)
		return -1;
	if (!shown.len)
		return 0;
	scheme = next_scheme(shown.data);
	for (p = shown.data; *p;) {
		if (scheme && scheme < p)
			scheme = next_scheme(p);
		if (p == scheme || starts_link(p, p > shown.data ? p[-1] : '\0')) {
			size_t n = strspn(p, span);

			if (cs_buf_putc(buf, '`') < 0 || cs_buf_add(buf, p, n) < 0 ||
			    cs_buf_putc(buf, '`') < 0)
				return -1;
			p += n;
			continue;
		}
		if ((strchr("\\`*_[]<>#!~&|", *p) && cs_buf_putc(buf, '\\') < 0) ||
		    cs_buf_putc(buf, *p++) < 0)
			return -1;
	}
	return 0;
}
