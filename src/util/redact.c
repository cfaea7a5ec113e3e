/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BuildKit writes build arguments into step names as they are, so a token given with --build-arg
 * stands in the name of the RUN that uses it, and in the image's history; people also write them
 * into the Dockerfile. Both go before anything is stored. What is put in their place is constant,
 * so a step keeps its identity when the token changes. Refused: dropping the whole text, which
 * would leave a step without a name.
 */
#include "util/secret.h"

#include <string.h>

#include "util/buf.h"

#define MASK	       "***"
#define NAME_MAX_BYTES 128
/* A shorter value would be found everywhere, and is no secret. */
#define VALUE_MIN_BYTES 4

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

/* Whether the name that ends before the '=' at eq is one of a secret. */
static bool assigns_secret(const char *text, const char *eq)
{
	char name[NAME_MAX_BYTES];
	const char *from = eq;

	while (from > text && name_char(from[-1]) && eq - from < NAME_MAX_BYTES - 1)
		from--;
	if (from == eq)
		return false;
	memcpy(name, from, (size_t)(eq - from));
	name[eq - from] = '\0';
	return cs_secret_name(name);
}

/* The length of a shell word's value; one that is only a reference to a variable is no secret. */
static size_t value_len(const char *p)
{
	if (*p == '"' || *p == '\'') {
		const char *end = strchr(p + 1, *p);

		if (p[1] == '$')
			return 0;
		return end ? (size_t)(end - p) + 1 : strlen(p);
	}
	if (*p == '$')
		return 0;
	return strcspn(p, " \t\r\n;&|)\"'");
}

static size_t secret_len(const char *p, const struct cs_secrets *secrets)
{
	size_t best = 0;

	for (size_t i = 0; i < secrets->n; i++) {
		size_t n = strlen(secrets->v[i]);

		if (n >= VALUE_MIN_BYTES && n > best && strncmp(p, secrets->v[i], n) == 0)
			best = n;
	}
	return best;
}

static bool has_secret(const char *text, const struct cs_secrets *secrets)
{
	for (size_t i = 0; i < secrets->n; i++) {
		if (strlen(secrets->v[i]) >= VALUE_MIN_BYTES && strstr(text, secrets->v[i]))
			return true;
	}
	for (const char *p = text; (p = strchr(p, '=')); p++) {
		if (assigns_secret(text, p) && value_len(p + 1))
			return true;
	}
	return false;
}

static const char *mask(struct cs_arena *arena, const char *text, const struct cs_secrets *secrets)
{
	struct cs_buf buf = CS_BUF_INIT;
	const char *ret = NULL, *p = text;
	int r = 0;

	while (*p && r == 0) {
		size_t n = secret_len(p, secrets);

		if (!n && p > text && p[-1] == '=' && assigns_secret(text, p - 1))
			n = value_len(p);
		r = n ? cs_buf_puts(&buf, MASK) : cs_buf_putc(&buf, *p);
		p += n ? n : 1;
	}
	if (r == 0)
		ret = cs_arena_strndup(arena, buf.len ? buf.data : "", buf.len);
	cs_buf_release(&buf);
	return ret;
}

const char *cs_redact(struct cs_arena *arena, const char *text, const struct cs_secrets *secrets)
{
	static const struct cs_secrets none = { NULL, 0 };

	if (!secrets)
		secrets = &none;
	if (has_secret(text, secrets)) {
		text = mask(arena, text, secrets);
		if (!text)
			return NULL;
	}
	return cs_secret_clean(arena, text);
}
