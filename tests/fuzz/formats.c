/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No more of each format than the renderers use: what is not known here is an error, so that text
 * from outside cannot become syntax unnoticed.
 */
#include "fuzz/formats.h"

#include "fuzz/fuzz.h"
#include "util/json.h"

#define DEPTH 64

static void check_json(const char *text, size_t len)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_limits limits;
	struct cs_err err;

	cs_limits_init(&limits);
	limits.json_bytes = INT64_MAX;
	must(cs_json_parse(text, len, &limits, &doc, &err) == 0 && cs_json_is_object(doc));
}

static void check_jsonl(char *text)
{
	char *line;

	while ((line = fuzz_line(&text)))
		check_json(line, strlen(line));
}

/* As many fields in every row as in the first. */
static void check_csv(const char *p)
{
	size_t fields = 0, n = 1;

	while (*p) {
		if (*p == '"') {
			for (p++; *p != '"' || p[1] == '"'; p += 1 + (*p == '"'))
				must(*p && *p != '\n');
			p++;
		} else {
			size_t len = strcspn(p, ",\n");

			must(!memchr(p, '"', len));
			must(!len || !strchr("=@+", *p));
			p += len;
		}
		must(*p == ',' || *p == '\n');
		if (*p++ == ',') {
			n++;
			continue;
		}
		must(!fields || n == fields);
		fields = n;
		n = 1;
	}
}

static bool is_name(const char *p, size_t len)
{
	return len && strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_") >= len &&
	       !(*p >= '0' && *p <= '9');
}

static void check_sample(const char *p)
{
	size_t len = strcspn(p, "{ ");

	must(is_name(p, len));
	p += len;
	if (*p == '{') {
		for (p++; *p != '}'; p += *p == ',') {
			len = strcspn(p, "=");
			must(is_name(p, len) && p[len] == '=' && p[len + 1] == '"');
			for (p += len + 2; *p != '"'; p++) {
				must(*p);
				if (*p == '\\')
					must(*++p == '\\' || *p == '"' || *p == 'n');
			}
			p++;
			must(*p == ',' || *p == '}');
		}
		p++;
	}
	must(*p++ == ' ' && *p && !p[strspn(p, "0123456789+-.eNaIinf ")]);
}

static void check_openmetrics(char *text)
{
	bool ended = false;
	char *line;

	while ((line = fuzz_line(&text))) {
		must(!ended);
		ended = strcmp(line, "# EOF") == 0;
		if (ended)
			continue;
		if (line[0] != '#')
			check_sample(line);
		else
			must(strncmp(line, "# TYPE ", 7) == 0 || strncmp(line, "# HELP ", 7) == 0 ||
			     strncmp(line, "# UNIT ", 7) == 0);
	}
	must(ended);
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

/* Behind a tag's name; attributes are in double quotes, or bare words. */
static const char *skip_attributes(const char *p)
{
	while (*p != '>' && strncmp(p, "/>", 2) != 0) {
		must(*p == ' ' || *p == '\n');
		p += strspn(p, " \n");
		p += strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:");
		if (*p != '=')
			continue;
		must(*++p == '"');
		p += 1 + strcspn(p + 1, "\"<>");
		must(*p == '"');
		p++;
	}
	return p;
}

/* Each tag is one that the renderer writes, and is closed where it must be. */
static void check_html(const char *p)
{
	static const char *const voids[] = {
		"meta", "link", "br", "col", "img", "input", "hr", NULL
	};
	static const char *const raw[] = { "style", "script", NULL };
	static const char *const foreign[] = { "iframe", "object",	  "embed", "base",
					       "form",	 "foreignObject", NULL };
	char open[DEPTH][24];
	int depth = 0, scripts = 0;

	must(strncmp(p, "<!doctype html>", 15) == 0 || strncmp(p, "<!DOCTYPE html>", 15) == 0);
	for (p += 15; *p; p++) {
		char name[24] = "";
		bool end;
		size_t n;

		must(*p != '>');
		if (*p != '<')
			continue;
		end = *++p == '/';
		p += end;
		n = strcspn(p, " \n>/");
		must(n > 0 && n < sizeof(name));
		memcpy(name, p, n);
		p += n;
		if (end) {
			must(*p == '>' && depth > 0 && strcmp(open[--depth], name) == 0);
			continue;
		}
		must(!is_one_of(name, foreign));
		p = skip_attributes(p);
		if (is_one_of(name, voids) || *p == '/') {
			p += *p == '/';
			continue;
		}
		must(depth < DEPTH);
		memcpy(open[depth++], name, sizeof(name));
		scripts += strcmp(name, "script") == 0;
		if (is_one_of(name, raw)) {
			p = strstr(p, "</");
			must(p && strncmp(p + 2, name, n) == 0);
			p--;
		}
	}
	must(depth == 0 && scripts <= 1);
}

/* Cells of a table's line; '|' in text is escaped, and never in a code span. */
static size_t count_cells(const char *p)
{
	size_t n = 0;

	for (; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else
			n += *p == '|';
	}
	return n;
}

static void check_markdown(char *text)
{
	size_t cells = 0, n;
	char *line;

	while ((line = fuzz_line(&text))) {
		must(!fuzz_is_obeyed(line));
		if (line[0] != '|') {
			cells = 0;
			continue;
		}
		n = count_cells(line);
		must(n > 1 && (!cells || cells == n));
		cells = n;
	}
}

/* Takes "ESC [ … m" out, where colours were asked for. */
static size_t drop_colors(char *text)
{
	char *to = text;

	for (const char *p = text; *p;) {
		if (p[0] == '\x1b' && p[1] == '[') {
			p += 2 + strspn(p + 2, "0123456789;");
			must(*p++ == 'm');
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static void check_table(char *text, size_t len, const struct cs_render_options *options)
{
	if (options->color)
		len = drop_colors(text);
	must(fuzz_is_shown(text, len, true));
	for (size_t i = 0; !options->utf8 && i < len; i++)
		must((unsigned char)text[i] < 0x7f);
	for (char *line; (line = fuzz_line(&text));)
		must(!fuzz_is_obeyed(line));
}

void format_check(const char *format, char *given, size_t len,
		  const struct cs_render_options *options)
{
	char *text = fuzz_text((const uint8_t *)given, len);

	if (strcmp(format, "table") != 0)
		must(fuzz_is_shown(text, len, true));
	if (strcmp(format, "table") == 0)
		check_table(text, len, options);
	else if (strcmp(format, "json") == 0)
		check_json(text, len);
	else if (strcmp(format, "jsonl") == 0)
		check_jsonl(text);
	else if (strcmp(format, "csv") == 0)
		check_csv(text);
	else if (strcmp(format, "openmetrics") == 0)
		check_openmetrics(text);
	else if (strcmp(format, "html") == 0)
		check_html(text);
	else if (strcmp(format, "markdown") == 0)
		check_markdown(text);
	else
		must(!"a format that is read here");
	free(text);
}
