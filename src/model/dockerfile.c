/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads line by line as BuildKit's parser does: directives, continuation, comments and empty lines
 * within one, here-documents. A grammar of shell words was refused: only COPY, ADD, ARG, ENV and
 * FROM are taken apart, and what a RUN does inside is the shell's.
 */
#include "model/dockerfile.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "model/dockerfile_words.h"
#include "util/buf.h"

#define TEXT_MAX	 (1 << 20)
#define INSTRUCTIONS_MAX 20000
#define HEREDOCS_MAX	 32

struct line {
	const char *p;
	size_t n;
};

struct reader {
	struct cs_arena *arena;
	struct cs_dockerfile *df;
	const char *p, *end;
	int line; /* of the line that next_line() gave last */
	size_t cap_instructions, cap_stages;
	struct cs_err *err;
};

static bool next_line(struct reader *r, struct line *ret)
{
	const char *nl;

	if (r->p >= r->end)
		return false;
	nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	ret->p = r->p;
	ret->n = (size_t)((nl ? nl : r->end) - r->p);
	r->p = nl ? nl + 1 : r->end;
	r->line++;
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

static struct line trim(struct line l)
{
	while (l.n && is_blank(l.p[0]))
		l.p++, l.n--;
	while (l.n && is_blank(l.p[l.n - 1]))
		l.n--;
	return l;
}

/* "# escape=`" and its like stand before everything else; the first other line ends them. */
static bool read_directive(struct reader *r, struct line l)
{
	const char *eq;
	struct line key, value;

	l = trim(l);
	if (!l.n || l.p[0] != '#')
		return false;
	eq = memchr(l.p, '=', l.n);
	if (!eq)
		return false;
	key = trim((struct line){ l.p + 1, (size_t)(eq - l.p) - 1 });
	value = trim((struct line){ eq + 1, l.n - (size_t)(eq + 1 - l.p) });
	for (size_t i = 0; i < key.n; i++) {
		if (!isalnum((unsigned char)key.p[i]))
			return false;
	}
	if (key.n == 6 && strncasecmp(key.p, "escape", 6) == 0 && value.n == 1)
		r->df->escape = value.p[0];
	return key.n > 0;
}

/* Cuts the continuation sign off; false if the line ends the instruction. */
static bool continues(const struct reader *r, struct line *l)
{
	size_t n = l->n;

	while (n && is_blank(l->p[n - 1]))
		n--;
	if (!n || l->p[n - 1] != r->df->escape)
		return false;
	l->n = n - 1;
	return true;
}

/* One logical line into buf. 1 = the end of the file. */
static int read_logical(struct reader *r, struct cs_buf *buf, int *ret_first, int *ret_last)
{
	bool open = false, directives = r->line == 0;
	struct line l;

	cs_buf_reset(buf);
	while (next_line(r, &l)) {
		struct line t = trim(l);

		if (directives && !open && read_directive(r, l))
			continue;
		directives = false;
		if (!t.n || t.p[0] == '#')
			continue; /* within a continuation too */
		if (!open)
			*ret_first = r->line;
		*ret_last = r->line;
		open = continues(r, &l);
		if (cs_buf_add(buf, l.p, l.n) < 0)
			return cs_err_nomem(r->err);
		if (!open)
			return 0;
	}
	return buf->len ? 0 : 1;
}

static void *grow(struct cs_arena *arena, void *old, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 32;
	void *v;

	if (n < *cap)
		return old;
	v = cs_arena_array(arena, want, size);
	if (v && n)
		memcpy(v, old, n * size);
	if (v)
		*cap = want;
	return v;
}

/* The delimiters of the words "<<EOF", "3<<-'EOF'" in a line, in order. */
struct heredoc {
	char name[64];
	bool strip;
};

static size_t find_heredocs(const char *text, struct heredoc *ret)
{
	size_t n = 0;
	char quote = 0;
	bool word = true; /* nothing but digits since the last blank */

	for (const char *p = text; *p && n < HEREDOCS_MAX; p++) {
		struct heredoc h = { .strip = false };
		const char *q = p + 2;
		char around = 0;
		size_t len = 0;

		if (quote || *p == '\'' || *p == '"') {
			quote = !quote ? *p : *p == quote ? 0 : quote;
			word = false;
			continue;
		}
		if (!word || p[0] != '<' || p[1] != '<') {
			word = is_blank(*p) || (word && isdigit((unsigned char)*p));
			continue;
		}
		word = false;
		if (*q == '-')
			h.strip = true, q++;
		if (*q == '\'' || *q == '"')
			around = *q++;
		while ((isalnum((unsigned char)*q) || *q == '_' || *q == '.' || *q == '-') &&
		       len < sizeof(h.name) - 1)
			h.name[len++] = *q++;
		if (!len || (around && *q != around))
			continue;
		ret[n++] = h;
		p = q - !around; /* the closing quote, else the last of the name */
	}
	return n;
}

static int read_heredoc(struct reader *r, const struct heredoc *h, struct cs_buf *body)
{
	int first = r->line;
	size_t want = strlen(h->name);
	struct line l;

	while (next_line(r, &l)) {
		struct line t = l;

		while (h->strip && t.n && t.p[0] == '\t')
			t.p++, t.n--;
		if (cs_buf_add(body, l.p, l.n) < 0 || cs_buf_putc(body, '\n') < 0)
			return cs_err_nomem(r->err);
		if (t.n == want && memcmp(t.p, h->name, want) == 0)
			return 0;
	}
	return cs_err_set(r->err, CS_FORMAT, "line %d: here-document '%s' does not end", first,
			  h->name);
}

static int add_stage(struct reader *r, int from)
{
	struct cs_dockerfile *df = r->df;
	const struct cs_df_instruction *in = &df->instructions[from];
	struct cs_df_stage *s;

	df->stages = grow(r->arena, df->stages, df->n_stages, &r->cap_stages, sizeof(*df->stages));
	if (!df->stages)
		return cs_err_nomem(r->err);
	if (in->n_words != 1 && (in->n_words != 3 || strcasecmp(in->words[1], "as") != 0))
		return cs_err_set(r->err, CS_FORMAT, "line %d: FROM wants IMAGE or IMAGE AS NAME",
				  in->first_line);
	s = &df->stages[df->n_stages];
	s->base = in->words[0];
	s->name = in->n_words == 3 ? in->words[2] : NULL;
	s->platform = cs_df_flag(in, "platform");
	s->from = from;
	s->base_stage = cs_df_stage_find(df, df->n_stages, s->base);
	/* a number is an image's name here, unlike in COPY --from */
	if (s->base_stage >= 0 && isdigit((unsigned char)s->base[0]) &&
	    (!df->stages[s->base_stage].name ||
	     strcasecmp(df->stages[s->base_stage].name, s->base) != 0))
		s->base_stage = -1;
	s->first = s->end = from + 1;
	df->n_stages++;
	return 0;
}

static int add_instruction(struct reader *r, const struct cs_buf *buf, int first, int last)
{
	struct cs_dockerfile *df = r->df;
	struct cs_buf body CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct heredoc docs[HEREDOCS_MAX];
	struct cs_df_instruction *in;
	size_t n_docs = 0;
	int ret;

	if (df->n_instructions == INSTRUCTIONS_MAX)
		return cs_err_set(r->err, CS_LIMIT, "line %d: more than %d instructions", first,
				  INSTRUCTIONS_MAX);
	df->instructions = grow(r->arena, df->instructions, df->n_instructions,
				&r->cap_instructions, sizeof(*df->instructions));
	if (!df->instructions)
		return cs_err_nomem(r->err);
	in = &df->instructions[df->n_instructions];
	memset(in, 0, sizeof(*in));
	in->first_line = first;
	ret = cs_df_split(r->arena, df->escape, buf->data, in, r->err);
	if (ret < 0)
		return ret;
	if (cs_df_has_heredocs(in->keyword))
		n_docs = find_heredocs(buf->data, docs);
	for (size_t i = 0; i < n_docs; i++) {
		ret = read_heredoc(r, &docs[i], &body);
		if (ret < 0)
			return ret;
	}
	if (n_docs && !(in->body = cs_arena_strndup(r->arena, body.data, body.len)))
		return cs_err_nomem(r->err);
	in->last_line = n_docs ? r->line : last;
	in->stage = (int)df->n_stages - 1;
	df->n_instructions++;
	if (strcmp(in->keyword, "FROM") == 0) {
		in->stage++;
		return add_stage(r, (int)df->n_instructions - 1);
	}
	if (in->stage < 0 && strcmp(in->keyword, "ARG") != 0)
		return cs_err_set(r->err, CS_FORMAT, "line %d: no build stage before %.40s", first,
				  in->keyword);
	if (in->stage >= 0)
		df->stages[in->stage].end = (int)df->n_instructions;
	return 0;
}

int cs_dockerfile_parse(const char *text, size_t len, struct cs_arena *arena,
			struct cs_dockerfile *ret, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_dockerfile df = { .escape = '\\' };
	struct reader r = { .arena = arena, .df = &df, .p = text, .end = text + len, .err = err };
	int first = 0, last = 0, done;

	if (len > TEXT_MAX)
		return cs_err_set(err, CS_LIMIT, "a Dockerfile of more than %d bytes", TEXT_MAX);
	if (memchr(text, '\0', len))
		return cs_err_set(err, CS_FORMAT, "a NUL byte");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	while ((done = read_logical(&r, &buf, &first, &last)) == 0) {
		done = add_instruction(&r, &buf, first, last);
		if (done < 0)
			return done;
	}
	if (done < 0)
		return done;
	if (!df.n_stages)
		return cs_err_set(err, CS_FORMAT, "no FROM in it");
	*ret = df;
	return 0;
}

const char *cs_df_flag(const struct cs_df_instruction *in, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = in->n_flags; i > 0; i--) {
		const char *flag = in->flags[i - 1];

		if (strncmp(flag, name, n) == 0 && (!flag[n] || flag[n] == '='))
			return flag[n] ? flag + n + 1 : "";
	}
	return NULL;
}

int cs_df_stage_find(const struct cs_dockerfile *df, size_t n, const char *name)
{
	unsigned long number;
	char *end;

	/* the last of that name wins */
	for (size_t i = n; i > 0; i--) {
		if (df->stages[i - 1].name && strcasecmp(df->stages[i - 1].name, name) == 0)
			return (int)i - 1;
	}
	if (!isdigit((unsigned char)name[0]))
		return -1;
	number = strtoul(name, &end, 10);
	return !*end && number < n ? (int)number : -1;
}

const char *cs_df_stage_shown(const struct cs_dockerfile *df, int stage, char buf[32])
{
	if (stage < 0 || (size_t)stage >= df->n_stages)
		return NULL;
	if (df->stages[stage].name)
		return df->stages[stage].name;
	if (df->n_stages == 1)
		return NULL;
	snprintf(buf, 32, "stage-%d", stage);
	return buf;
}

int cs_df_at_line(const struct cs_dockerfile *df, int line)
{
	for (size_t i = 0; i < df->n_instructions; i++) {
		if (line >= df->instructions[i].first_line && line <= df->instructions[i].last_line)
			return (int)i;
	}
	return -1;
}
