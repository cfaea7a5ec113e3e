/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the text with what JSON needs to be cut safely: strings and brackets. A text that
 * is no JSON comes out as some other text that is none, so the parser still says where it is bad.
 */
#include "build/prune.h"

#include <string.h>

#include "util/buf.h"

/* The end of the string that begins at p: behind its closing quote, or the end of the text. */
static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p < end ? p + 1 : end;
}

/* The end of the object or array that begins at p. */
static const char *value_end(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_end(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return end;
}

static bool is_name(const char *p, size_t n, const char *const *names)
{
	for (; *names; names++) {
		if (strlen(*names) == n && memcmp(p, *names, n) == 0)
			return true;
	}
	return false;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static int prune(const char *p, const char *end, const char *const *names, struct cs_buf *out)
{
	const char *from = p;

	while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
		const char *name = p + 1, *after = string_end(p, end), *value;

		p = after;
		if (!is_name(name, (size_t)(after - name) - (after > name), names))
			continue;
		value = skip_blanks(after, end);
		if (value == end || *value != ':')
			continue;
		value = skip_blanks(value + 1, end);
		if (value == end || (*value != '{' && *value != '['))
			continue;
		p = value_end(value, end);
		/* one that never ends stays, so that the parser finds it */
		if (p == end)
			break;
		if (cs_buf_add(out, from, (size_t)(value - from)) < 0 ||
		    cs_buf_puts(out, "null") < 0)
			return -1;
		from = p;
	}
	return cs_buf_add(out, from, (size_t)(end - from));
}

int cs_json_parse_pruned(const char *data, size_t len, const char *const *names,
			 const struct cs_limits *limits, struct cs_json **ret, struct cs_err *err)
{
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	if (len > (size_t)limits->json_bytes)
		return cs_limit_error(err, limits, json_bytes, "JSON document of %zu bytes", len);
	if (prune(data, data + len, names, &text) < 0)
		return cs_err_nomem(err);
	return cs_json_parse(text.data, text.len, limits, ret, err);
}
