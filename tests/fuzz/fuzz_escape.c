/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every escape, read back by a parser of its own: what comes out must be the text that went in, and
 * nothing of it may be syntax of the format.
 */
#include "cmd/github.h"
#include "fuzz/fuzz.h"
#include "report/fmt.h"
#include "report/text.h"
#include "util/json.h"

typedef int escape_fn(struct cs_buf *buf, const char *text);

/* What fn makes of a text, behind a byte that must stay. */
static char *escaped(escape_fn *fn, const char *text, size_t *ret_len)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	must(cs_buf_putc(&buf, '~') == 0 && fn(&buf, text) == 0);
	must(buf.data[0] == '~' && strlen(buf.data) == buf.len);
	memmove(buf.data, buf.data + 1, buf.len);
	*ret_len = buf.len - 1;
	return cs_steal(buf.data);
}

static void check_terminal(const char *text, bool ascii)
{
	size_t len;
	char *out = escaped(ascii ? cs_fmt_ascii : cs_fmt_terminal, text, &len);

	must(fuzz_is_shown(out, len, false) && !fuzz_is_obeyed(out));
	for (size_t i = 0; ascii && i < len; i++)
		must((unsigned char)out[i] < 0x7f);
	must(cs_fmt_width(out) <= len * 2);
	fuzz_unshow(out);
	must(strcmp(out, text) == 0);
	free(out);
}

static void check_shorten(const char *text, size_t width)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	size_t before;

	must(cs_fmt_terminal(&buf, text) == 0);
	before = buf.data ? cs_fmt_width(buf.data) : 0;
	must(cs_text_shorten(&buf, width, width % 2) == 0);
	if (!buf.data)
		return;
	must(fuzz_is_shown(buf.data, buf.len, false) && !fuzz_is_obeyed(buf.data));
	must(cs_fmt_width(buf.data) <= (before < width || width < 3 ? before : width));
	fuzz_unshow(buf.data);
}

static void check_json(const char *text)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_limits limits;
	struct cs_err err;
	const char *back;
	size_t len;
	char *out = escaped(cs_fmt_json, text, &len), *again;

	cs_limits_init(&limits);
	must(fuzz_is_shown(out, len, false) && !fuzz_is_obeyed(out));
	must(cs_json_parse(out, len, &limits, &doc, &err) == 0);
	back = cs_json_text(doc);
	must(back);
	if (strcmp(back, text) != 0)
		must(strstr(back, "\xef\xbf\xbd")); /* only where bytes were no text */
	again = escaped(cs_fmt_json, back, &len);
	must(strcmp(again, out) == 0);
	free(again);
	free(out);
}

static bool is_formula(const char *text)
{
	static const char *const starts[] = { "=",
					      "+",
					      "-",
					      "@",
					      "\t",
					      "\r",
					      "\n",
					      "\xef\xbc\x9d",
					      "\xef\xbc\x8b",
					      "\xef\xbc\x8d",
					      "\xef\xbc\xa0" };

	for (size_t i = 0; i < CS_N(starts); i++) {
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return false;
}

static void check_csv(const char *text)
{
	size_t len, n = 0;
	char *out = escaped(cs_fmt_csv, text, &len);

	must(fuzz_is_shown(out, len, false) && !fuzz_is_obeyed(out) && len > 0);
	if (out[0] == '"') {
		for (size_t i = 1; i + 1 < len; i++) {
			must(out[i] != '"' || out[++i] == '"');
			out[n++] = out[i];
		}
		must(len > 1 && out[len - 1] == '"');
		out[n] = '\0';
	} else {
		must(!strpbrk(out, ",\""));
	}
	must(!is_formula(out));
	fuzz_unshow(out);
	/* the guard: an apostrophe before a formula, however many there were */
	must(strcmp(out + (out[0] == '\'' && is_formula(out + strspn(out, "'"))), text) == 0);
	free(out);
}

static void check_html(const char *text)
{
	static const char *const entities[][2] = { { "&amp;", "&" }, { "&lt;", "<" },
						   { "&gt;", ">" },  { "&quot;", "\"" },
						   { "&#39;", "'" }, { "&#58;", ":" },
						   { "&#35;", "#" } };
	size_t len;
	char *out = escaped(cs_fmt_html, text, &len), *to = out;

	must(fuzz_is_shown(out, len, false) && !strpbrk(out, "<>\"'"));
	must(!strstr(out, "::") && !strstr(out, "##"));
	for (const char *p = out; *p;) {
		size_t i = 0;

		if (*p != '&') {
			*to++ = *p++;
			continue;
		}
		while (i < CS_N(entities) &&
		       strncmp(p, entities[i][0], strlen(entities[i][0])) != 0)
			i++;
		must(i < CS_N(entities));
		*to++ = entities[i][1][0];
		p += strlen(entities[i][0]);
	}
	*to = '\0';
	fuzz_unshow(out);
	must(strcmp(out, text) == 0);
	free(out);
}

static bool is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* One line of GFM with nothing in it but text, backslash escapes and code spans. */
static void check_markdown(const char *text)
{
	size_t len;
	char *out = escaped(cs_fmt_markdown, text, &len), *to = out, *want = strdup(text);

	/* "::" at the start of a line is the renderer's care: most texts stand in a cell */
	must(want && fuzz_is_shown(out, len, false) && !fuzz_has_hash_command(out));
	for (const char *p = out; *p;) {
		if (*p == '`') {
			const char *end = strchr(p + 1, '`');

			must(end && end > p + 1 && end[1] != '`');
			while (++p < end) {
				must(*p != '|' && *p != '\\' && *p != ' ');
				*to++ = *p;
			}
			p++;
			continue;
		}
		must(!strchr("*_[]<>#!~&|$", *p) && !(*p == '@' && is_word(p[1])));
		if (*p == '\\') {
			p++;
			must(*p && strchr("\\`*_[]<>#!~&|", *p));
		}
		must(strncmp(p, "://", 3) != 0 || to == out || !is_word(to[-1]) || to[-1] == '_');
		*to++ = *p++;
	}
	*to = '\0';
	fuzz_unshow(out);
	for (char *p = want; *p; p++)
		*p = *p == '\n' || *p == '\r' || *p == '\t' ? ' ' : *p;
	must(strcmp(out, want) == 0);
	free(want);
	free(out);
}

static void check_label(const char *text)
{
	size_t len;
	char *out = escaped(cs_fmt_label, text, &len), *to = out;

	must(fuzz_is_shown(out, len, false) && !fuzz_has_hash_command(out));
	for (const char *p = out; *p; p++) {
		must(*p != '"');
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		must(*p == '\\' || *p == '"' || *p == 'n');
		*to++ = *p == 'n' ? '\n' : *p;
	}
	*to = '\0';
	fuzz_unshow(out);
	must(strcmp(out, text) == 0);
	free(out);
}

static void check_github(const char *text)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	static const char head[] = "::error title=";
	const char *title, *message;

	must(cs_github_annotation(&buf, "error", text, text) == 0);
	must(strncmp(buf.data, head, strlen(head)) == 0);
	must(strchr(buf.data, '\n') == buf.data + buf.len - 1 && !strchr(buf.data, '\r'));
	title = buf.data + strlen(head);
	message = strstr(title, "::");
	must(message && !memchr(title, ',', (size_t)(message - title)));
	must(!memchr(title, ':', (size_t)(message - title)));
	cs_buf_reset(&buf);
	must(cs_github_output(&buf, "name", text) == 0);
	if (strncmp(buf.data, "name=", 5) == 0) {
		must(strchr(buf.data, '\n') == buf.data + buf.len - 1 && !strchr(text, '\r'));
		must(strncmp(buf.data + 5, text, buf.len - 6) == 0);
	} else {
		size_t n = strcspn(buf.data + 6, "\n"), rest = buf.len - 7 - n;

		must(strncmp(buf.data, "name<<", 6) == 0 && rest == strlen(text) + n + 2);
		must(strncmp(buf.data + 7 + n, text, strlen(text)) == 0);
		must(strncmp(buf.data + buf.len - 1 - n, buf.data + 6, n) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len < 4096 ? len : 4096);

	check_terminal(text, false);
	check_terminal(text, true);
	check_shorten(text, len % 40);
	check_json(text);
	check_csv(text);
	check_html(text);
	check_markdown(text);
	check_label(text);
	check_github(text);
	free(text);
	return 0;
}
