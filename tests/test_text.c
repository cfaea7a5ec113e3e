/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "util/arena.h"
#include "util/secret.h"
#include "util/text.h"

static void clean_text(void **state CS_UNUSED)
{
	static const char *const good[] = { "", "main", "größe", "\xf0\x9f\x9a\x80",
					    "a b\xc2\xa0" };
	static const char *const bad[] = {
		"a\tb",
		"\x1b[31m",
		"\x7f",
		"\xc2\x85",
		"\xff",
		"\xc3",
		"\xc0\xaf",
		"\xed\xa0\x80",
		"\xe2\x80\xae",
		"\xe2\x81\xa6",
		"\xf4\x90\x80\x80",
		"\xe2\x80\xa8",
		"\xe2\x80",
		"a\nb",
	};

	for (size_t i = 0; i < CS_N(good); i++)
		assert_true(cs_text_is_clean(good[i]));
	for (size_t i = 0; i < CS_N(bad); i++) {
		if (cs_text_is_clean(bad[i]))
			fail_msg("bad text %zu counts as clean", i);
	}
}

static void glob(void **state CS_UNUSED)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} table[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "a/b:c", true },
		{ "test*", "test", true },
		{ "test*", "latest", false },
		{ "*:v*", "registry/app:v1.2", true },
		{ "*:v*", "registry/app:latest", false },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "[a-c]x", "bx", true },
		{ "[!a-c]x", "bx", false },
		{ "[^a-c]x", "dx", true },
		{ "[]]x", "]x", true },
		{ "[a-]x", "-x", true },
		{ "[ab", "[ab", true },
		{ "[ab", "a", false },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "a\\", "a\\", true },
		{ "*a*b*c", "xxaxxbxxc", true },
		{ "*a*b*c", "xxaxxbxxcx", false },
		{ "refs/heads/*", "refs/heads/a/b", true },
		{ "A", "a", false },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		if (cs_text_glob(table[i].pattern, table[i].text) != table[i].match)
			fail_msg("'%s' on '%s'", table[i].pattern, table[i].text);
	}
}

/* fnmatch(3) needs years for this one. */
static void glob_is_bounded(void **state CS_UNUSED)
{
	char pattern[201], text[4001];

	for (int i = 0; i < 200; i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[199] = 'b';
	pattern[200] = '\0';
	memset(text, 'a', 4000);
	text[4000] = '\0';
	assert_false(cs_text_glob(pattern, text));
}

static const char *closest(const char *word, const char *const *candidates, size_t n)
{
	struct cs_closest c;

	cs_closest_init(&c, word);
	for (size_t i = 0; i < n; i++)
		cs_closest_try(&c, candidates[i]);
	return c.best;
}

static void suggestions(void **state CS_UNUSED)
{
	static const char *const names[] = { "scope",	       "scopes", "project",
					     "default_branch", "db",	 "max-layer-bytes" };
	static const struct {
		const char *word, *want;
	} table[] = {
		{ "scop", "scope" },
		{ "scopess", "scopes" },
		{ "porject", "project" },
		{ "default", "default_branch" },
		{ "max-layer", "max-layer-bytes" },
		{ "x", NULL },
		{ "bd", NULL },
		{ "nothing", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		const char *got = closest(table[i].word, names, CS_N(names));

		if (!got != !table[i].want || (got && strcmp(got, table[i].want) != 0))
			fail_msg("'%s' gives '%s'", table[i].word, got ? got : "nothing");
	}
}

static void long_words_have_no_suggestion(void **state CS_UNUSED)
{
	static const char *const names[] = { "scope" };
	char word[100001];

	memset(word, 's', 100000);
	word[100000] = '\0';
	assert_null(closest(word, names, 1));
}

static void secret_names(void **state CS_UNUSED)
{
	static const char *const secret[] = { "token",
					      "GITHUB_TOKEN",
					      "npm-auth-token",
					      "apiKey",
					      "password",
					      "DB_PASSWORD_2",
					      "key",
					      "ssh-key",
					      "secrets",
					      "authToken",
					      "npmtoken",
					      "APIKEY",
					      "aws_secret_access_key",
					      "Authorization" };
	static const char *const harmless[] = { "tokenizer", "cache-key", "keyboard",
						"monkey",    "runner",	  "author",
						"",	     "passed",	  "primaryKey" };

	for (size_t i = 0; i < CS_N(secret); i++) {
		if (!cs_secret_name(secret[i]))
			fail_msg("'%s' is taken for harmless", secret[i]);
	}
	for (size_t i = 0; i < CS_N(harmless); i++) {
		if (cs_secret_name(harmless[i]))
			fail_msg("'%s' is taken for a secret", harmless[i]);
	}
}

static void url_credentials(void **state CS_UNUSED)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "https://user:hunter2@host/a.git", "https://host/a.git" },
		{ "https://hunter2@host", "https://host" },
		{ "ssh://git:hunter2@host:22/a", "ssh://host:22/a" },
		{ "https://u:hun@ter2@host/", "https://host/" },
		{ "https://u:hunter2?#@host/", "https://host/" },
		{ "a https://u:hunter2@h/x and http://v:hunter2@i", "a https://h/x and http://i" },
		{ "https://host/path@version", "https://host/path@version" },
		{ "git@github.com:acme/app.git", "git@github.com:acme/app.git" },
		{ "://x@y", "://x@y" },
		{ "me@example.com", "me@example.com" },
		{ "https://", "https://" },
		{ "", "" },
	};
	struct cs_arena *arena = cs_arena_new();

	for (size_t i = 0; i < CS_N(table); i++)
		assert_string_equal(table[i].out, cs_secret_clean(arena, table[i].in));
	assert_null(cs_secret_clean(arena, NULL));
	/* nothing to do, nothing copied */
	assert_ptr_equal(table[9].in, cs_secret_clean(arena, table[9].in));
	cs_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_text),
		cmocka_unit_test(glob),
		cmocka_unit_test(glob_is_bounded),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(long_words_have_no_suggestion),
		cmocka_unit_test(secret_names),
		cmocka_unit_test(url_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
