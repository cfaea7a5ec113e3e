/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns against texts, each also decided by the slow and obvious way. */
#include "fuzz/fuzz.h"
#include "model/pathmatch.h"
#include "model/policy.h"
#include "util/text.h"

#define MOST 64

/* One element of a shell pattern: its length, and whether it takes c. */
static size_t element(const char *p, char c, bool *ret)
{
	bool negate, found = false;
	const char *q;

	*ret = *p == '?' || *p == c;
	if (*p == '\\' && p[1]) {
		*ret = p[1] == c;
		return 2;
	}
	if (*p != '[')
		return 1;
	negate = p[1] == '!' || p[1] == '^';
	q = p + 1 + negate;
	for (const char *first = q; *q && (q == first || *q != ']'); q++) {
		unsigned char lo = (unsigned char)*q, hi = lo;

		if (q[1] == '-' && q[2] && q[2] != ']') {
			hi = (unsigned char)q[2];
			q += 2;
		}
		found |= (unsigned char)c >= lo && (unsigned char)c <= hi;
	}
	if (!*q)
		return 1;
	*ret = found != negate;
	return (size_t)(q - p) + 1;
}

/* Every place of the pattern that the text so far can have led to. */
static bool slow_glob(const char *pattern, const char *text)
{
	size_t n = strlen(pattern);
	bool at[MOST + 1] = { true }, next[MOST + 1];

	for (;; text++) {
		for (size_t i = 0; i < n; i++)
			at[i + 1] |= at[i] && pattern[i] == '*';
		if (!*text)
			return at[n];
		memset(next, 0, sizeof(next));
		for (size_t i = 0; i < n; i++) {
			bool takes;
			size_t len;

			if (!at[i])
				continue;
			if (pattern[i] == '*') {
				next[i] = true;
				continue;
			}
			len = element(pattern + i, *text, &takes);
			if (takes)
				next[i + len] = true;
		}
		memcpy(at, next, sizeof(at));
	}
}

/* Patterns of paths that hold nothing but letters, '*' and '?' in one component. */
static void check_component(const char *pattern, const char *text)
{
	if (strpbrk(pattern, "[\\/") || strpbrk(text, "/") || strstr(pattern, "**") ||
	    *pattern == '.' || *text == '.' || !*pattern || !*text)
		return;
	must(cs_path_match(pattern, text) == slow_glob(pattern, text));
}

static void check_policy(const char *pattern, const char *text)
{
	static struct cs_policy policy;
	unsigned role;

	cs_policy_init(&policy);
	policy.roles[1] = (struct cs_policy_role){ .name = "r", .patterns = { pattern }, .n = 1 };
	policy.n_roles = 2;
	role = cs_policy_role(&policy, text, NULL);
	must(role <= 1);
	must(cs_policy_role_named(&policy, "r") == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len < 4096 ? len : 4096), *rest = text;
	char *pattern = fuzz_line(&rest), *line;

	while (pattern && (line = fuzz_line(&rest))) {
		bool match = cs_text_glob(pattern, line);

		if (strlen(pattern) <= MOST)
			must(match == slow_glob(pattern, line));
		if (strlen(pattern) <= MOST)
			check_component(pattern, line);
		(void)cs_path_match(pattern, line);
		must(cs_path_match(".", line));
		check_policy(pattern, line);
	}
	free(text);
	return 0;
}
