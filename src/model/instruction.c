/* SPDX-License-Identifier: Apache-2.0 */
#include "model/instruction.h"

#include <ctype.h>
#include <string.h>

/* What BuildKit ends the text of each of its steps with. */
#define MARK "# buildkit"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *fold(struct cs_arena *arena, const char *text, size_t len)
{
	char *out = cs_arena_alloc(arena, len + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (!is_blank(text[i]))
			out[n++] = text[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

const char *cs_text_fold(struct cs_arena *arena, const char *text)
{
	return fold(arena, text, strlen(text));
}

static bool skip(const char **p, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(*p, prefix, n) != 0)
		return false;
	*p += n;
	return true;
}

/* "|2 A=1 B=2 /bin/sh -c cmd": the arguments are not quoted, so the shell marks where they end. */
static void skip_args(const char **p)
{
	const char *s = *p, *shell;

	if (*s != '|' || !isdigit((unsigned char)s[1]))
		return;
	shell = strstr(s, " /bin/sh -c ");
	if (shell)
		*p = shell + 1;
}

const char *cs_instruction_text(struct cs_arena *arena, const char *created_by)
{
	const char *p = created_by ? created_by : "", *end, *mtime;
	bool run = false;

	while (is_blank(*p))
		p++;
	if (skip(&p, "RUN ")) {
		run = true;
		skip_args(&p);
		skip(&p, "/bin/sh -c ");
	} else {
		skip_args(&p);
		if (skip(&p, "/bin/sh -c ")) {
			while (is_blank(*p))
				p++;
			run = !skip(&p, "#(nop)");
		}
	}
	end = p + strlen(p);
	if ((size_t)(end - p) >= strlen(MARK) && strcmp(end - strlen(MARK), MARK) == 0)
		end -= strlen(MARK);
	mtime = strstr(p, "|force-mtime=");
	if (mtime && mtime < end)
		end = mtime;
	if (run) {
		const char *body = fold(arena, p, (size_t)(end - p));

		if (body && !*body)
			return "RUN";
		return body ? cs_arena_printf(arena, "RUN %s", body) : NULL;
	}
	return fold(arena, p, (size_t)(end - p));
}

enum cs_step_class cs_instruction_class(const char *instruction)
{
	static const struct {
		const char *word;
		enum cs_step_class class;
	} words[] = {
		{ "RUN", CS_STEP_EXEC },	 { "COPY", CS_STEP_FILE },
		{ "ADD", CS_STEP_FILE },	 { "WORKDIR", CS_STEP_FILE },
		{ "FROM", CS_STEP_SOURCE },	 { "ENV", CS_STEP_META },
		{ "CMD", CS_STEP_META },	 { "ENTRYPOINT", CS_STEP_META },
		{ "LABEL", CS_STEP_META },	 { "EXPOSE", CS_STEP_META },
		{ "ARG", CS_STEP_META },	 { "USER", CS_STEP_META },
		{ "VOLUME", CS_STEP_META },	 { "STOPSIGNAL", CS_STEP_META },
		{ "HEALTHCHECK", CS_STEP_META }, { "SHELL", CS_STEP_META },
		{ "MAINTAINER", CS_STEP_META },	 { "ONBUILD", CS_STEP_META },
	};
	size_t n = strcspn(instruction, " ");

	for (size_t i = 0; i < CS_N(words); i++) {
		if (strlen(words[i].word) == n && memcmp(words[i].word, instruction, n) == 0)
			return words[i].class;
	}
	return CS_STEP_OTHER;
}
