/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML from strangers as a tree in which every node knows its line and column. Size, nesting and
 * what aliases expand to are bounded (util/limits.h); duplicate keys, keys that are no text, a
 * second document and embedded NULs are errors. Scalars stay text: who reads a key knows its type,
 * and YAML 1.1's guesses ("on" is true, 1:30 is 90) never happen.
 *
 * An alias is the same node as its anchor, so the tree is a DAG without cycles; walking it visits
 * at most limits.alias_nodes nodes more than the file has, limits.json_depth deep.
 */
#ifndef CS_CI_YAML_H
#define CS_CI_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/limits.h"

enum cs_yaml_kind { CS_YAML_SCALAR, CS_YAML_SEQUENCE, CS_YAML_MAPPING };

struct cs_yaml_node {
	enum cs_yaml_kind kind;
	bool plain;	  /* a scalar without quotes, no block scalar */
	const char *text; /* of a scalar; never NULL there */
	const char *tag;  /* as resolved ("tag:yaml.org,2002:str", "!reference"), NULL without */
	uint32_t line, column; /* from 1 */
	size_t n;	       /* items or pairs */
	union {
		struct cs_yaml_node **items;
		struct cs_yaml_pair *pairs; /* in the file's order */
	};
};

struct cs_yaml_pair {
	struct cs_yaml_node *key; /* a scalar */
	struct cs_yaml_node *value;
};

struct cs_yaml {
	struct cs_arena *arena;
	const char *name;	   /* of the file, for messages */
	struct cs_yaml_node *root; /* NULL for an empty file */
};

/* Messages of all calls begin with 'NAME':LINE:COLUMN. CS_FORMAT, CS_LIMIT. */
int cs_yaml_parse(const char *name, const void *data, size_t len, const struct cs_limits *limits,
		  struct cs_yaml **ret, struct cs_err *err);
/* A file of at most limits.yaml_bytes; open errors as cs_file_open_read(). */
int cs_yaml_load(const char *path, const struct cs_limits *limits, struct cs_yaml **ret,
		 struct cs_err *err);
void cs_yaml_free(struct cs_yaml *doc);
CS_DEFINE_AUTO(struct cs_yaml *, cs_yaml_free)

/* The value of a mapping's key; NULL where node is NULL, no mapping or without the key. */
const struct cs_yaml_node *cs_yaml_get(const struct cs_yaml_node *node, const char *key);
/* A plain scalar that is empty, ~ or null; true for NULL too. */
bool cs_yaml_is_null(const struct cs_yaml_node *node);
/* CS_FORMAT at the node's place. */
int cs_yaml_error(const struct cs_yaml *doc, const struct cs_yaml_node *node, struct cs_err *err,
		  const char *fmt, ...) CS_PRINTF(4, 5);

#endif
