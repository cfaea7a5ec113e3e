/* SPDX-License-Identifier: Apache-2.0 */
/* jansson has its own depth limit, but a compiled-in one (2048): ours is checked before it parses.
 */
#include "util/json.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

/*
 * jansson does not look whether its text buffer could grow: without memory a string loses its end
 * and the document is taken for good, or is bad for some other reason. So its allocations are
 * watched, and a parse during which one failed has failed for that.
 */
static _Thread_local bool out_of_memory;

static void *watched_malloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		out_of_memory = true;
	return p;
}

static void watch(void)
{
	json_set_alloc_funcs(watched_malloc, free);
}

static int check_shape(const char *data, size_t len, const struct cs_limits *limits,
		       struct cs_err *err)
{
	int64_t depth = 0, values = 0;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > limits->json_depth)
				return cs_limit_error(err, limits, json_depth,
						      "JSON nesting at byte %zu", i);
			values++;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == ',') {
			values++;
		}
		if (values > limits->json_values)
			return cs_limit_error(err, limits, json_values,
					      "JSON values up to byte %zu", i);
	}
	return 0;
}

int cs_json_parse(const void *data, size_t len, const struct cs_limits *limits,
		  struct cs_json **ret, struct cs_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t je;
	json_t *doc;
	int r;

	if (len > (size_t)limits->json_bytes)
		return cs_limit_error(err, limits, json_bytes, "JSON document of %zu bytes", len);
	r = check_shape(data, len, limits, err);
	if (r < 0)
		return r;
	pthread_once(&once, watch);
	out_of_memory = false;
	doc = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (out_of_memory) {
		json_decref(doc);
		return cs_err_nomem(err);
	}
	if (!doc) {
		return cs_err_set(err, CS_FORMAT, "bad JSON at line %d, column %d: %s", je.line,
				  je.column, je.text);
	}
	*ret = (struct cs_json *)doc;
	return 0;
}

static json_t *raw(const struct cs_json *v)
{
	return (json_t *)(uintptr_t)v;
}

void cs_json_free(struct cs_json *doc)
{
	json_decref(raw(doc));
}

bool cs_json_is_object(const struct cs_json *v)
{
	return json_is_object(raw(v));
}

bool cs_json_is_array(const struct cs_json *v)
{
	return json_is_array(raw(v));
}

bool cs_json_is_null(const struct cs_json *v)
{
	return !v || json_is_null(raw(v));
}

const struct cs_json *cs_json_get(const struct cs_json *v, const char *key)
{
	json_t *found, *value;
	const char *name;

	if (!json_is_object(raw(v)))
		return NULL;
	found = json_object_get(raw(v), key);
	if (found)
		return (const struct cs_json *)found;
	json_object_foreach(raw(v), name, value)
	{
		if (strcasecmp(name, key) == 0)
			return (const struct cs_json *)value;
	}
	return NULL;
}

size_t cs_json_len(const struct cs_json *v)
{
	return json_is_array(raw(v)) ? json_array_size(raw(v)) : json_object_size(raw(v));
}

const struct cs_json *cs_json_at(const struct cs_json *v, size_t i)
{
	return (const struct cs_json *)json_array_get(raw(v), i);
}

const char *cs_json_text(const struct cs_json *v)
{
	return json_string_value(raw(v));
}

const char *cs_json_get_text(const struct cs_json *v, const char *key)
{
	return cs_json_text(cs_json_get(v, key));
}

bool cs_json_int(const struct cs_json *v, int64_t *ret)
{
	if (json_is_integer(raw(v))) {
		*ret = json_integer_value(raw(v));
		return true;
	}
	if (json_is_real(raw(v))) {
		double d = json_real_value(raw(v));

		if (d != floor(d) || fabs(d) > 9e15)
			return false;
		*ret = (int64_t)d;
		return true;
	}
	return false;
}

bool cs_json_get_int(const struct cs_json *v, const char *key, int64_t *ret)
{
	return cs_json_int(cs_json_get(v, key), ret);
}

bool cs_json_number(const struct cs_json *v, double *ret)
{
	if (!json_is_number(raw(v)))
		return false;
	*ret = json_number_value(raw(v));
	return true;
}

bool cs_json_bool(const struct cs_json *v, bool *ret)
{
	if (!json_is_boolean(raw(v)))
		return false;
	*ret = json_is_true(raw(v));
	return true;
}

bool cs_json_get_true(const struct cs_json *v, const char *key)
{
	return json_is_true(raw(cs_json_get(v, key)));
}

int cs_json_each(const struct cs_json *v,
		 int (*fn)(void *arg, const char *key, const struct cs_json *value), void *arg)
{
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(raw(v)))
		return 0;
	json_object_foreach(raw(v), key, value)
	{
		r = fn(arg, key, (const struct cs_json *)value);
		if (r)
			return r;
	}
	return 0;
}
