/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fnmatch() was refused: it knows no "**", and the patterns come from pull requests, so time must
 * be bounded. Components are matched by one table row per pattern component (no recursion).
 */
#include "model/pathmatch.h"

#include <string.h>

#include "util/buf.h"

#define TEXT_MAX  (1 << 20)
#define RULES_MAX 20000
#define PARTS_MAX 256

struct part {
	const char *p;
	size_t n;
};

/* Splits at "/", drops empty parts and "."; ".." takes one back. False past PARTS_MAX. */
static bool split(const char *text, struct part *ret, size_t *ret_n)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, "/");

		if (len == 2 && text[0] == '.' && text[1] == '.') {
			n -= n > 0;
		} else if (len && !(len == 1 && text[0] == '.')) {
			if (n == PARTS_MAX)
				return false;
			ret[n++] = (struct part){ text, len };
		}
		text += len + (text[len] == '/');
	}
	*ret_n = n;
	return true;
}

/* A class "[…]" at pattern; the byte behind it, or NULL where it does not close. */
static const char *match_class(const char *p, const char *end, char c, bool *ret)
{
	bool negate = p < end && (*p == '^' || *p == '!'), found = false;

	p += negate;
	for (bool first = true; p < end && (first || *p != ']'); first = false) {
		unsigned char low, high;

		p += *p == '\\' && p + 1 < end;
		low = high = (unsigned char)*p++;
		if (p + 1 < end && *p == '-' && p[1] != ']') {
			p++;
			p += *p == '\\' && p + 1 < end;
			high = (unsigned char)*p++;
		}
		found = found || ((unsigned char)c >= low && (unsigned char)c <= high);
	}
	if (p >= end)
		return NULL;
	*ret = found != negate;
	return p + 1;
}

/* One component; a star falls back to the last one only, so time is the product of lengths. */
static bool match_part(struct part pattern, struct part text)
{
	const char *p = pattern.p, *pe = p + pattern.n, *t = text.p, *te = t + text.n;
	const char *star = NULL, *mark = NULL;

	while (t < te) {
		const char *next = NULL;
		bool ok = false;

		if (p < pe && *p == '*') {
			star = ++p;
			mark = t;
			continue;
		}
		if (p < pe && *p == '[') {
			next = match_class(p + 1, pe, *t, &ok);
			if (!next)
				return false;
		} else if (p < pe) {
			const char *lit = *p == '\\' && p + 1 < pe ? p + 1 : p;

			ok = (*p == '?' && lit == p) || *lit == *t;
			next = lit + 1;
		}
		if (ok) {
			p = next;
			t++;
		} else if (star) {
			p = star;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pe && *p == '*')
		p++;
	return p == pe;
}

bool cs_path_match(const char *pattern, const char *path)
{
	struct part want[PARTS_MAX], have[PARTS_MAX];
	bool row[PARTS_MAX + 1] = { true }; /* row[j]: the pattern so far takes j parts of path */
	size_t n_want, n_have;

	if (!split(pattern, want, &n_want) || !split(path, have, &n_have))
		return false;
	for (size_t i = 0; i < n_want; i++) {
		bool deep = want[i].n == 2 && memcmp(want[i].p, "**", 2) == 0;

		if (deep) {
			for (size_t j = 1; j <= n_have; j++)
				row[j] = row[j] || row[j - 1];
			/* at the end it wants at least one: a/... is not a itself */
			row[n_have] =
				row[n_have] && (i + 1 < n_want || (n_have && row[n_have - 1]));
			continue;
		}
		for (size_t j = n_have; j > 0; j--)
			row[j] = row[j - 1] && match_part(want[i], have[j - 1]);
		row[0] = false;
	}
	/* what lies below a folder that matches is named with it */
	for (size_t j = 0; j <= n_have; j++) {
		if (row[j])
			return true;
	}
	return false;
}

int cs_ignore_parse(const char *text, size_t len, struct cs_arena *arena, struct cs_ignore *ret,
		    struct cs_err *err)
{
	struct cs_ignore_rule *rules;
	size_t cap = 1, n = 0;
	const char *end = text + len;

	if (len > TEXT_MAX)
		return cs_err_set(err, CS_LIMIT, ".dockerignore of more than %d bytes", TEXT_MAX);
	for (size_t i = 0; i < len; i++)
		cap += text[i] == '\n';
	if (cap > RULES_MAX)
		return cs_err_set(err, CS_LIMIT, ".dockerignore of more than %d lines", RULES_MAX);
	rules = cs_arena_array(arena, cap, sizeof(*rules));
	if (!rules)
		return cs_err_nomem(err);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *p = text, *e = nl ? nl : end;

		text = nl ? nl + 1 : end;
		while (p < e && strchr(" \t\r", *p))
			p++;
		while (e > p && strchr(" \t\r", e[-1]))
			e--;
		if (p == e || *p == '#')
			continue;
		rules[n].keep = *p == '!';
		if (rules[n].keep)
			for (p++; p < e && strchr(" \t", *p); p++)
				;
		rules[n].pattern = cs_arena_strndup(arena, p, (size_t)(e - p));
		if (!rules[n].pattern)
			return cs_err_nomem(err);
		n += p < e;
	}
	ret->rules = rules;
	ret->n = n;
	return 0;
}

bool cs_ignored(const struct cs_ignore *ignore, const char *path)
{
	for (size_t i = ignore->n; i > 0; i--) {
		if (cs_path_match(ignore->rules[i - 1].pattern, path))
			return !ignore->rules[i - 1].keep;
	}
	return false;
}
