/* SPDX-License-Identifier: Apache-2.0 */
/* Words, flags, the JSON form, variables. */
#include "model/dockerfile_words.h"

#include <ctype.h>
#include <string.h>

#include "model/instruction.h"
#include "util/buf.h"

#define WORDS_MAX 4096

struct words {
	struct cs_arena *arena;
	const char **v;
	size_t n, cap;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static int add_word(struct words *w, const char *text, size_t len, int line, struct cs_err *err)
{
	if (w->n == WORDS_MAX)
		return cs_err_set(err, CS_LIMIT, "line %d: more than %d words", line, WORDS_MAX);
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 4;
		const char **v = cs_arena_array(w->arena, cap, sizeof(*v));

		if (!v)
			return cs_err_nomem(err);
		if (w->n)
			memcpy(v, w->v, w->n * sizeof(*v));
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n] = cs_arena_strndup(w->arena, text, len);
	return w->v[w->n++] ? 0 : cs_err_nomem(err);
}

bool cs_df_has_heredocs(const char *keyword)
{
	return strcmp(keyword, "RUN") == 0 || strcmp(keyword, "COPY") == 0 ||
	       strcmp(keyword, "ADD") == 0;
}

/* ["a", "b"]; words are plain strings, so no more of JSON is needed than their escapes. 1 = no. */
static int split_json(struct words *w, const char *p, int line, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	if (*p != '[')
		return 1;
	p = skip_blanks(p + 1);
	while (*p == '"') {
		cs_buf_reset(&buf);
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			if (cs_buf_putc(&buf, *p) < 0)
				return cs_err_nomem(err);
		}
		if (*p != '"')
			return cs_err_set(err, CS_FORMAT, "line %d: a JSON form does not close",
					  line);
		if (add_word(w, buf.data ? buf.data : "", buf.len, line, err) < 0)
			return -(int)err->code;
		p = skip_blanks(p + 1);
		if (*p == ',')
			p = skip_blanks(p + 1);
	}
	/* "[ -f x ]" is a shell's word, not JSON */
	return *p == ']' && !*skip_blanks(p + 1) ? 0 : 1;
}

/* Blank-separated; quotes are undone where unquote is set, but blanks within them never part. */
static int split_blanks(struct words *w, const char *p, char escape, bool unquote, int line,
			struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = 0;

	for (p = skip_blanks(p); *p && r == 0; p = skip_blanks(p)) {
		char quote = 0;

		cs_buf_reset(&buf);
		for (; *p && (quote || !is_blank(*p)); p++) {
			bool sign = true;

			if (*p == escape && p[1] && quote != '\'') {
				if (!unquote && cs_buf_putc(&buf, *p) < 0)
					return cs_err_nomem(err);
				p++;
			} else if (quote ? *p == quote : *p == '"' || *p == '\'') {
				quote = quote ? 0 : *p;
				sign = !unquote;
			}
			if (sign && cs_buf_putc(&buf, *p) < 0)
				return cs_err_nomem(err);
		}
		r = add_word(w, buf.data ? buf.data : "", buf.len, line, err);
	}
	return r;
}

/* "ENV NAME some value" is the old form of one pair. */
static int split_env(struct words *w, const char *p, char escape, int line, struct cs_err *err)
{
	size_t name = strcspn(p, " \t=");
	const char *value;
	char *pair;

	if (!p[name] || p[name] == '=')
		return split_blanks(w, p, escape, true, line, err);
	value = skip_blanks(p + name);
	pair = cs_arena_printf(w->arena, "%.*s=%s", (int)name, p, value);
	return pair ? add_word(w, pair, strlen(pair), line, err) : cs_err_nomem(err);
}

static int split_rest(struct words *w, const char *keyword, const char *rest, char escape, int line,
		      struct cs_err *err)
{
	int r;

	if (strcmp(keyword, "COPY") == 0 || strcmp(keyword, "ADD") == 0) {
		r = split_json(w, rest, line, err);
		if (r != 1)
			return r;
		w->n = 0;
		return split_blanks(w, rest, escape, true, line, err);
	}
	if (strcmp(keyword, "ENV") == 0)
		return split_env(w, rest, escape, line, err);
	if (strcmp(keyword, "ARG") == 0 || strcmp(keyword, "FROM") == 0)
		return split_blanks(w, rest, escape, true, line, err);
	return *rest ? add_word(w, rest, strlen(rest), line, err) : 0;
}

int cs_df_split(struct cs_arena *arena, char escape, const char *line, struct cs_df_instruction *in,
		struct cs_err *err)
{
	const char *p = skip_blanks(line);
	size_t n = strcspn(p, " \t\r\v\f");
	struct words flags = { .arena = arena }, words = { .arena = arena };
	char *keyword = cs_arena_strndup(arena, p, n);
	int r;

	in->text = cs_text_fold(arena, p);
	if (!keyword || !in->text)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (!isalpha((unsigned char)keyword[i]))
			return cs_err_set(err, CS_FORMAT, "line %d: '%.40s' is no instruction",
					  in->first_line, keyword);
		keyword[i] = (char)toupper((unsigned char)keyword[i]);
	}
	p = skip_blanks(p + n);
	while (p[0] == '-' && p[1] == '-' && p[2] && !is_blank(p[2])) {
		size_t len = strcspn(p, " \t\r\v\f");

		if (add_word(&flags, p + 2, len - 2, in->first_line, err) < 0)
			return -(int)err->code;
		p = skip_blanks(p + len);
	}
	r = split_rest(&words, keyword, p, escape, in->first_line, err);
	in->keyword = keyword;
	in->flags = flags.v;
	in->n_flags = flags.n;
	in->words = words.v;
	in->n_words = words.n;
	return r < 0 ? r : 0;
}

/* --- variables --- */

static size_t name_length(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

/* What stands between "${NAME" and its brace. NULL = a form that is not known. */
static const char *modified(struct cs_arena *arena, const char *value, const char *how, size_t n)
{
	bool colon = n && how[0] == ':';
	bool set = value && (!colon || *value);
	char op;

	if (!n)
		return value ? value : "";
	how += colon;
	n -= colon;
	op = n ? how[0] : '\0';
	/* a default that holds variables itself is rare enough to be unknown */
	if ((op != '-' && op != '+') || memchr(how, '$', n))
		return NULL;
	if (op == '-' ? set : !set)
		return op == '-' ? value : "";
	return cs_arena_strndup(arena, how + 1, n - 1);
}

char *cs_df_expand(struct cs_arena *arena, char escape, const char *text, cs_df_lookup_fn *fn,
		   void *arg, bool *ret_odd)
{
	struct cs_buf out CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	*ret_odd = false;
	for (const char *p = text; *p; p++) {
		const char *value = NULL, *name = p + 1;
		size_t n;

		if (*p == escape && p[1] == '$') {
			if (cs_buf_putc(&out, *++p) < 0)
				return NULL;
			continue;
		}
		n = *p == '$' ? name_length(name + (*name == '{')) : 0;
		if (!n) {
			if (cs_buf_putc(&out, *p) < 0)
				return NULL;
			continue;
		}
		if (*name != '{') {
			value = fn(arg, name, n);
			p += n;
		} else {
			const char *how = name + 1 + n, *end = strchr(how, '}');

			if (end)
				value = modified(arena, fn(arg, name + 1, n), how,
						 (size_t)(end - how));
			*ret_odd = !end || !value;
			if (*ret_odd)
				return NULL;
			p = end;
		}
		if (value && cs_buf_puts(&out, value) < 0)
			return NULL;
	}
	return cs_arena_strndup(arena, out.data ? out.data : "", out.len);
}

bool cs_df_refers(char escape, const char *text, const char *name)
{
	size_t want = strlen(name);

	for (const char *p = text; *p; p++) {
		const char *q = p + 1;

		if (*p == escape && p[1]) {
			p++;
			continue;
		}
		if (*p != '$')
			continue;
		q += *q == '{';
		if (name_length(q) == want && memcmp(q, name, want) == 0)
			return true;
	}
	return false;
}
