/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escapes are judged by taking them back: each format has a reader of its own here, and what it
 * reads must be the text that went in, for random bytes too.
 */
#include "support/test.h"

#include <stdlib.h>

#include "report/fmt.h"
#include "report/text.h"
#include "util/json.h"

static struct cs_err err;

/* --- random input, the same on each run --- */

static uint64_t seed;

static uint32_t random32(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) ^ (uint32_t)(seed >> 11 & 0xff);
}

/* Bytes and pieces that matter, so that they meet. */
static void random_text(char *text, size_t max)
{
	/* clang-format off */
	static const char *const pieces[] = {
		"\\", "\\x", "\\u{", "\\\\", "x", "u{", "41", "}", "::", ":", "##[", "##vso[", "#",
		"\xe2\x80\xae", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xc2\x85", "\xc3\xa9",
		"\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "\xf3\xa0\x80\x81", "\xed\xa0\x80", "\xc0\x80",
		"\xf4\x90\x80\x80", "\xe2\x80", "\xff", "\n", "\t", "\r", "\x1b[31m", "\x7f", "\"",
		"'", ",", ";", "=", "+", "-", "@", "&", "&amp;", "<", ">", "|", "`", "``", "*", "_",
		"[", "]", "!", "~", " ", "\xc2\xa0", "http://", "www.", "$", "{", "a", "Z", "0",
		"\xef\xbc\x9d",
	};
	/* clang-format on */
	size_t n = random32() % 12, len = 0;

	for (size_t i = 0; i < n; i++) {
		const char *piece = pieces[random32() % CS_N(pieces)];
		char one[2] = { (char)(1 + random32() % 255), '\0' };

		if (random32() % 4 == 0)
			piece = one;
		if (len + strlen(piece) >= max)
			break;
		memcpy(text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	text[len] = '\0';
}

/* --- readers: each takes its format back to bytes --- */

static char *unhex(const char *p, int base_digits, char *out, size_t *ret_n)
{
	char *end;
	unsigned long cp = strtoul(p, &end, 16);

	if (base_digits == 2) {
		char two[3] = { p[0], p[1], '\0' };

		*out++ = (char)strtoul(two, NULL, 16);
		*ret_n = 2;
		return out;
	}
	*ret_n = (size_t)(end - p);
	if (cp < 0x80) {
		*out++ = (char)cp;
	} else if (cp < 0x800) {
		*out++ = (char)(0xc0 | cp >> 6);
		*out++ = (char)(0x80 | (cp & 0x3f));
	} else if (cp < 0x10000) {
		*out++ = (char)(0xe0 | cp >> 12);
		*out++ = (char)(0x80 | (cp >> 6 & 0x3f));
		*out++ = (char)(0x80 | (cp & 0x3f));
	} else {
		*out++ = (char)(0xf0 | cp >> 18);
		*out++ = (char)(0x80 | (cp >> 12 & 0x3f));
		*out++ = (char)(0x80 | (cp >> 6 & 0x3f));
		*out++ = (char)(0x80 | (cp & 0x3f));
	}
	return out;
}

/* \\ is a backslash, \xNN a byte, \u{…} a code point, any other backslash stands for itself. */
static void read_terminal(const char *p, char *out)
{
	size_t n;

	while (*p) {
		if (p[0] == '\\' && p[1] == '\\') {
			*out++ = '\\';
			p += 2;
		} else if (p[0] == '\\' && p[1] == 'x') {
			out = unhex(p + 2, 2, out, &n);
			p += 2 + n;
		} else if (p[0] == '\\' && p[1] == 'u' && p[2] == '{') {
			out = unhex(p + 3, 0, out, &n);
			assert_int_equal('}', p[3 + n]);
			p += 4 + n;
		} else {
			*out++ = *p++;
		}
	}
	*out = '\0';
}

/* One cell, quotes off, the formula guard too. */
static void read_csv(const char *p, char *out)
{
	static const char *const formula[] = { "=",
					       "+",
					       "-",
					       "@",
					       "\\x09",
					       "\\x0d",
					       "\\x0a",
					       "\xef\xbc\x9d",
					       "\xef\xbc\x8b",
					       "\xef\xbc\x8d",
					       "\xef\xbc\xa0" };
	char cell[4096], *w = cell;
	const char *q;

	if (*p == '"') {
		for (p++; *p != '"' || p[1] == '"'; p++) {
			assert_true(*p);
			p += *p == '"';
			*w++ = *p;
		}
		assert_string_equal("\"", p);
	} else {
		assert_null(strpbrk(p, ",\"\r\n"));
		w = cell + strlen(p);
		memcpy(cell, p, strlen(p));
	}
	*w = '\0';
	q = cell + strspn(cell, "'");
	for (size_t i = 0; i < CS_N(formula); i++) {
		if (strncmp(q, formula[i], strlen(formula[i])) == 0) {
			assert_int_equal('\'', cell[0]);
			read_terminal(cell + 1, out);
			return;
		}
	}
	read_terminal(cell, out);
}

static void read_html(const char *p, char *out)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = { { "&amp;", '&' },  { "&lt;", '<' },  { "&gt;", '>' }, { "&quot;", '"' },
			 { "&#39;", '\'' }, { "&#58;", ':' }, { "&#35;", '#' } };
	char shown[4096], *w = shown;

	while (*p) {
		size_t i = 0;

		assert_null(strchr("<>\"'", *p));
		if (*p != '&') {
			*w++ = *p++;
			continue;
		}
		while (i < CS_N(entities) &&
		       strncmp(p, entities[i].entity, strlen(entities[i].entity)) != 0)
			i++;
		assert_in_range(i, 0, CS_N(entities) - 1);
		*w++ = entities[i].c;
		p += strlen(entities[i].entity);
	}
	*w = '\0';
	read_terminal(shown, out);
}

static void read_label(const char *p, char *out)
{
	char shown[4096], *w = shown;

	for (; *p; p++) {
		bool escaped = *p == '\\';

		assert_int_not_equal('"', *p);
		p += escaped;
		if (escaped)
			assert_true(*p && strchr("\\\"n", *p));
		*w++ = escaped && *p == 'n' ? '\n' : *p;
	}
	*w = '\0';
	read_terminal(shown, out);
}

/* What every format owes a reader: UTF-8, nothing hidden, no line end, no command of a runner. */
static void check_visible(const char *text)
{
	uint32_t cp;

	for (size_t n; *text; text += n) {
		n = cs_text_decode(text, &cp);
		assert_true(n > 0);
		assert_false(cs_text_is_hidden(cp));
		assert_false(cs_text_is_hash_command(text));
	}
}

static void check_reader(int (*fmt)(struct cs_buf *, const char *),
			 void (*read)(const char *, char *), const char *text)
{
	struct cs_buf buf = CS_BUF_INIT;
	char back[4096];

	assert_int_equal(0, cs_buf_puts(&buf, "")); /* so that data is not NULL */
	assert_int_equal(0, fmt(&buf, text));
	check_visible(buf.data);
	read(buf.data, back);
	assert_string_equal(text, back);
	cs_buf_release(&buf);
}

static void escapes_can_be_taken_back(void **state CS_UNUSED)
{
	char text[256];

	seed = 16;
	for (int i = 0; i < 20000; i++) {
		random_text(text, sizeof(text));
		check_reader(cs_fmt_terminal, read_terminal, text);
		check_reader(cs_fmt_ascii, read_terminal, text);
		check_reader(cs_fmt_csv, read_csv, text);
		check_reader(cs_fmt_html, read_html, text);
		check_reader(cs_fmt_label, read_label, text);
	}
}

static const char *shown_by(int (*fmt)(struct cs_buf *, const char *), const char *text)
{
	static char out[1024];
	struct cs_buf buf = CS_BUF_INIT;

	assert_int_equal(0, cs_buf_puts(&buf, ""));
	assert_int_equal(0, fmt(&buf, text));
	assert_in_range(buf.len, 0, sizeof(out) - 1);
	memcpy(out, buf.data, buf.len + 1);
	cs_buf_release(&buf);
	return out;
}

static void terminal(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "RUN apt-get install -y curl", "RUN apt-get install -y curl" },
		{ "", "" },
		{ "a\nb\tc", "a\\x0ab\\x09c" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b[31m", "\\u{9b}[31m" },
		{ "\x9b[31m", "\\x9b[31m" },
		{ "\xe2\x80\xaegnp.exe", "\\u{202e}gnp.exe" },
		{ "\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}" },
		{ "\xe2\x80\x8f\xd8\x9c", "\\u{200f}\\u{61c}" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}" },
		{ "pay\xe2\x80\x8bpal\xef\xbb\xbf", "pay\\u{200b}pal\\u{feff}" },
		{ "\xf3\xa0\x81\x81", "\\u{e0041}" },
		{ "\xc0\xaf", "\\xc0\\xaf" }, /* overlong */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" }, /* cut off */
		{ "caf\xc3\xa9 \xe6\xbc\xa2", "caf\xc3\xa9 \xe6\xbc\xa2" },
		/* A backslash stays one where nothing can mistake it. */
		{ "C:\\users \\", "C:\\users \\" },
		{ "sed 's/\\n/ /'", "sed 's/\\n/ /'" },
		{ "\\x41", "\\\\x41" },
		{ "\\u{41}", "\\\\u{41}" },
		{ "\\\\", "\\\\\\" },
		{ "\\\x1b", "\\\\\\x1b" },
		{ "::set-env name=A::b", "\\x3a:set-env name=A::b" },
		{ "  \xc2\xa0::error::x", "  \xc2\xa0\\x3a:error::x" },
		{ "a ::b", "a ::b" },
		{ "x ##[add-mask]y", "x \\x23#[add-mask]y" },
		{ "##vso[task.x]", "\\x23#vso[task.x]" },
		{ "###[x]", "#\\x23#[x]" },
		{ "## [x]", "## [x]" },
	};

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i][1], shown_by(cs_fmt_terminal, cases[i][0]));
	assert_string_equal("caf\\u{e9} \\u{6f22} \\u{1f600}",
			    shown_by(cs_fmt_ascii, "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80"));
}

static void csv(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "", "\"\"" },
		{ "a,b", "\"a,b\"" },
		{ "a;b", "\"a;b\"" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"" },
		{ " a", "\" a\"" },
		{ "a ", "\"a \"" },
		{ "a\nb", "a\\x0ab" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "\t=1", "'\\x09=1" },
		{ "\r=1", "'\\x0d=1" },
		{ "'=1", "''=1" },
		{ "'quoted'", "'quoted'" },
		{ "\xef\xbc\x9d(1)", "'\xef\xbc\x9d(1)" },
		{ "=cmd|' /C calc'!A0,\"x\"", "\"'=cmd|' /C calc'!A0,\"\"x\"\"\"" },
		{ "::stop-commands::x", "\"::stop-commands::x\"" },
	};

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i][1], shown_by(cs_fmt_csv, cases[i][0]));
}

static void markdown(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "a|b", "a\\|b" },
		{ "`x` *y* _z_ ~~s~~", "\\`x\\` \\*y\\* \\_z\\_ \\~\\~s\\~\\~" },
		{ "<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>" },
		{ "![i](x) [l](y)", "\\!\\[i\\](x) \\[l\\](y)" },
		{ "&lt;", "\\&lt;" },
		{ "a\nb\r\nc", "a b  c" },
		{ "\x1b[0m", "\\\\x1b\\[0m" },
		{ "C:\\dir", "C:\\\\dir" },
		{ "see https://example.com/a_b?c=d|e", "see `https://example.com/a_b?c=d`\\|e" },
		{ "12http://x", "`12http://x`" },
		{ "x.www.y WWW.z wwwx", "x.`www.y` `WWW.z` wwwx" },
		{ "by @user, a@b.c, @ home", "by `@user,` a`@b.c,` @ home" },
		{ "fixes #12, o/r#3, GH-4, !5, # 6", "fixes `#12,` o/r`#3,` `GH-4,` `!5,` \\# 6" },
		{ "echo $HOME/$(x) 5$", "echo `$HOME/$(x)` 5`$`" },
		{ "https://a`b", "`https://a`\\`b" },
		{ "`@a", "\\``@a`" },
	};

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i][1], shown_by(cs_fmt_markdown, cases[i][0]));
}

/* A megabyte of what makes careless scanning quadratic must stay quick (the harness would hang). */
static void markdown_is_linear(void **state CS_UNUSED)
{
	static const char *const pieces[] = { "a.", "#", "://", "a://", "##a", "\\", "@", "::" };
	enum { LEN = 1 << 20 };
	char *text = malloc(LEN + 16);

	assert_non_null(text);
	for (size_t i = 0; i < CS_N(pieces); i++) {
		struct cs_buf buf = CS_BUF_INIT;
		size_t n = strlen(pieces[i]);

		for (size_t at = 0; at < LEN; at += n)
			memcpy(text + at, pieces[i], n + 1);
		assert_int_equal(0, cs_fmt_markdown(&buf, text));
		assert_int_equal(0, cs_fmt_terminal(&buf, text));
		assert_int_equal(0, cs_fmt_csv(&buf, text));
		assert_int_equal(0, cs_fmt_json(&buf, text));
		cs_buf_release(&buf);
	}
	free(text);
}

static void json(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\n\t\r\b\x1b", "\"\\n\\t\\r\\u0008\\u001b\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" },
		{ "\xf3\xa0\x80\x81", "\"\\udb40\\udc01\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "##[x]", "\"\\u0023#[x]\"" },
		/* one U+FFFD for what began well, one for each byte that did not */
		{ "\xe2\x82|\xff\xfe|\xed\xa0\x80", "\"\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|"
						    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};
	struct cs_limits limits;
	char text[256];

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i][1], shown_by(cs_fmt_json, cases[i][0]));
	cs_limits_init(&limits);
	seed = 3;
	for (int i = 0; i < 20000; i++) {
		struct cs_json *doc = NULL;
		const char *out;
		bool valid = true;
		uint32_t cp;

		random_text(text, sizeof(text));
		for (const char *p = text; *p && valid; p += cs_text_decode(p, &cp))
			valid = cs_text_decode(p, &cp) > 0;
		out = shown_by(cs_fmt_json, text);
		check_visible(out);
		assert_done(cs_json_parse(out, strlen(out), &limits, &doc, &err));
		if (valid)
			assert_string_equal(text, cs_json_text(doc));
		else
			assert_non_null(strstr(cs_json_text(doc), "\xef\xbf\xbd"));
		cs_json_free(doc);
	}
}

static void label(void **state CS_UNUSED)
{
	assert_string_equal("a\\\"b\\\\c\\nd", shown_by(cs_fmt_label, "a\"b\\c\nd"));
	assert_string_equal("\\\\x1b", shown_by(cs_fmt_label, "\x1b"));
}

static void html(void **state CS_UNUSED)
{
	assert_string_equal("&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;",
			    shown_by(cs_fmt_html, "<a href=\"x\" b='y'>&amp;"));
	assert_string_equal("&#58;:error&#58;:", shown_by(cs_fmt_html, "::error::"));
}

static void escapes_append_and_fail_clean(void **state CS_UNUSED)
{
	static int (*const all[])(struct cs_buf *, const char *) = {
		cs_fmt_terminal, cs_fmt_ascii,	  cs_fmt_json,	cs_fmt_csv,
		cs_fmt_html,	 cs_fmt_markdown, cs_fmt_label,
	};

	for (size_t i = 0; i < CS_N(all); i++) {
		struct cs_buf buf = CS_BUF_INIT;

		assert_int_equal(0, cs_buf_puts(&buf, "before "));
		assert_int_equal(0, all[i](&buf, "=@x, \"y\" <\n\\x \x1b"));
		assert_memory_equal("before ", buf.data, 7);
		assert_true(buf.len > 7);
		cs_buf_release(&buf);
		for (size_t max = 1; max < 12; max++) { /* a full buffer at each place */
			buf.max = max;
			assert_int_equal(-1, all[i](&buf, "\\\x1b\\x1 @x \"<|'; \n#"));
			cs_buf_release(&buf);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_can_be_taken_back),
		cmocka_unit_test(terminal),
		cmocka_unit_test(csv),
		cmocka_unit_test(markdown),
		cmocka_unit_test(markdown_is_linear),
		cmocka_unit_test(json),
		cmocka_unit_test(label),
		cmocka_unit_test(html),
		cmocka_unit_test(escapes_append_and_fail_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
