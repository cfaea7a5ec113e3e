/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON from strangers: size, nesting, duplicate keys, bad UTF-8, embedded NULs and trailing
 * junk are errors (CS_FORMAT, CS_LIMIT) that say where. A thin coat over jansson, which nothing else
 * includes. Values are borrowed from the document and live until cs_json_free().
 */
#ifndef CS_UTIL_JSON_H
#define CS_UTIL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/limits.h"

struct cs_json; /* a value */

/* The whole of data must be one JSON value. *ret is the caller's. */
int cs_json_parse(const void *data, size_t len, const struct cs_limits *limits,
		  struct cs_json **ret, struct cs_err *err);
void cs_json_free(struct cs_json *doc);
CS_DEFINE_AUTO(struct cs_json *, cs_json_free)

bool cs_json_is_object(const struct cs_json *v);
bool cs_json_is_array(const struct cs_json *v);
bool cs_json_is_null(const struct cs_json *v); /* also for NULL */

/* NULL where v is no object or has no such key. Go reads keys in any case; so does this, exact first. */
const struct cs_json *cs_json_get(const struct cs_json *v, const char *key);
size_t cs_json_len(const struct cs_json *v); /* elements of an array or object, else 0 */
const struct cs_json *cs_json_at(const struct cs_json *v, size_t i); /* of an array */

/* The value as text, or NULL if it is none. */
const char *cs_json_text(const struct cs_json *v);
const char *cs_json_get_text(const struct cs_json *v, const char *key);
/* True and *ret for an integer, or a real number that is one. */
bool cs_json_int(const struct cs_json *v, int64_t *ret);
bool cs_json_get_int(const struct cs_json *v, const char *key, int64_t *ret);
bool cs_json_number(const struct cs_json *v, double *ret);
bool cs_json_bool(const struct cs_json *v, bool *ret);
/* True only for a key that holds true. */
bool cs_json_get_true(const struct cs_json *v, const char *key);

/* Calls fn for each member of an object, in document order, until it returns nonzero. */
int cs_json_each(const struct cs_json *v,
		 int (*fn)(void *arg, const char *key, const struct cs_json *value), void *arg);

#endif
