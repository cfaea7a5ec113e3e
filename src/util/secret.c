/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything before the last '@' of an authority goes, not only a password: a token often stands
 * alone in the user's place. Names are matched by word, since "tokenizer" is none ("GITHUB_TOKEN",
 * "npm-auth-token", "apiKey" are); a key is a secret unless the word before says that it is not.
 */
#include "util/secret.h"

#include <string.h>
#include <strings.h>

struct word {
	const char *p;
	size_t len;
};

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* The next run of letters at or after *p; "apiKey" is two words. False at the end. */
static bool next_word(const char **p, struct word *ret)
{
	const char *start = *p, *end;

	while (*start && !is_lower(*start) && !is_upper(*start))
		start++;
	end = start;
	while (is_lower(*end) || (is_upper(*end) && (end == start || !is_lower(end[-1]))))
		end++;
	*p = end;
	*ret = (struct word){ start, (size_t)(end - start) };
	return end > start;
}

static bool one_of(const struct word *word, const char *const *list, size_t n, bool at_end)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if ((at_end ? word->len >= len : word->len == len) &&
		    strncasecmp(word->p + word->len - len, list[i], len) == 0)
			return true;
	}
	return false;
}

bool cs_secret_name(const char *name)
{
	static const char *const ends[] = { "token",	"tokens",     "secret",	    "secrets",
					    "password", "passwords",  "passwd",	    "passphrase",
					    "apikey",	"credential", "credentials" };
	static const char *const keys[] = { "key", "keys" };
	static const char *const harmless[] = { "cache", "public", "primary", "foreign", "sort" };
	struct word word, before = { name, 0 };

	if (strcasecmp(name, "auth") == 0 || strcasecmp(name, "authorization") == 0)
		return true;
	for (const char *p = name; next_word(&p, &word); before = word) {
		if (one_of(&word, ends, CS_N(ends), true))
			return true;
		if (one_of(&word, keys, CS_N(keys), false) &&
		    !one_of(&before, harmless, CS_N(harmless), false))
			return true;
	}
	return false;
}

static bool scheme_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '-' || c == '.';
}

/*
 * If text begins with "://", how many bytes behind it are userinfo. '?' and '#' do not end the
 * authority here as RFC 3986 has it: a password with one of them, unencoded, would stay.
 */
static size_t userinfo_len(const char *text)
{
	size_t n, len = 0;

	if (strncmp(text, "://", 3) != 0)
		return 0;
	text += 3;
	n = strcspn(text, "/ \t\r\n\"'<>");
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '@')
			len = i + 1;
	}
	return len;
}

char *cs_secret_strip_urls(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		size_t cut = from > text && scheme_char(from[-1]) ? userinfo_len(from) : 0;

		*to++ = *from++;
		if (!cut)
			continue;
		*to++ = '/';
		*to++ = '/';
		from += 2 + cut;
	}
	*to = '\0';
	return text;
}

const char *cs_secret_clean(struct cs_arena *arena, const char *text)
{
	char *copy;

	if (!text || !strstr(text, "://"))
		return text;
	copy = cs_arena_strdup(arena, text);
	return copy ? cs_secret_strip_urls(copy) : NULL;
}
