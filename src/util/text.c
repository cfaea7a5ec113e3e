/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Own glob instead of fnmatch(3): glibc's is exponential in the number of '*' and asks the locale.
 */
#include "util/text.h"

#include <stdint.h>
#include <string.h>

#include "util/cleanup.h"

/* Longest word that suggestions are worth; one row of the distance table each. */
#define WORD_MAX 48

/* Length of the sequence at p and its code point, 0 for bytes that are not UTF-8. */
static size_t decode(const unsigned char *p, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = 0;
	uint32_t c;

	if (*p < 0x80) {
		*ret = *p;
		return 1;
	}
	if (*p >= 0xc0 && *p < 0xf8)
		n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (!n)
		return 0;
	c = *p & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

bool cs_text_is_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t c;
		size_t n = decode(p, &c);

		if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
		/* marks; line and paragraph separator, embeddings, overrides; isolates */
		if (c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			return false;
		p += n;
	}
	return true;
}

/* One element of the pattern against one byte. Returns its length; *match tells the result. */
static size_t glob_one(const char *p, char c, bool *match)
{
	const char *start = p;
	bool negate, found = false;

	if (*p == '?') {
		*match = true;
		return 1;
	}
	if (*p == '\\' && p[1]) {
		*match = p[1] == c;
		return 2;
	}
	if (*p != '[')
		goto literal;
	p++;
	negate = *p == '!' || *p == '^';
	if (negate)
		p++;
	for (bool first = true; *p && (first || *p != ']'); first = false) {
		unsigned char low = (unsigned char)*p, high = low;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = (unsigned char)p[2];
			p += 2;
		}
		if ((unsigned char)c >= low && (unsigned char)c <= high)
			found = true;
		p++;
	}
	if (*p != ']') { /* never closed: an ordinary '[' */
		p = start;
		goto literal;
	}
	*match = found != negate;
	return (size_t)(p - start) + 1;
literal:
	*match = *p == c;
	return 1;
}

bool cs_text_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		bool match = false;
		size_t n = 0;

		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
			continue;
		}
		if (*pattern)
			n = glob_one(pattern, *text, &match);
		if (match) {
			pattern += n;
			text++;
		} else if (star) {
			/* the last '*' takes one byte more; the earlier ones never need to */
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Edits (insert, delete, replace, swap of neighbours) that lead from a to b. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], n = strlen(a), m = strlen(b);
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	if (n > WORD_MAX || m > WORD_MAX)
		return SIZE_MAX;
	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;

		before = above;
		above = row;
		row = spare;
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

void cs_closest_try(struct cs_closest *c, const char *candidate)
{
	size_t len = strlen(c->word), d = distance(c->word, candidate);
	size_t enough = len < 3 ? 0 : len < 6 ? 1 : len < 12 ? 2 : 3;

	if (len >= 3 && strncmp(candidate, c->word, len) == 0 && d > enough)
		d = enough; /* the beginning of a name, however much is missing */
	if (d > enough || (c->best && d >= c->distance))
		return;
	c->best = candidate;
	c->distance = d;
}
