/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing of large documents of which little is read: two thirds of a provenance are the operations
 * of its build graph, and parsing them took half of the time that a record takes.
 */
#ifndef CS_BUILD_PRUNE_H
#define CS_BUILD_PRUNE_H

#include "util/json.h"

/*
 * As cs_json_parse(), with null in place of the objects and arrays that are members of one of these
 * names (NULL-terminated list), at any depth. What is left out is not checked either.
 */
int cs_json_parse_pruned(const char *data, size_t len, const char *const *names,
			 const struct cs_limits *limits, struct cs_json **ret, struct cs_err *err);

#endif
