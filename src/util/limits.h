/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bound on input, in one table: default, option that raises it, meaning. Code that enforces
 * one returns cs_limit_error(), so that the message always names the option.
 */
#ifndef CS_UTIL_LIMITS_H
#define CS_UTIL_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* X(field, option, default, unit, help); unit is "bytes" or "n". */
#define CS_LIMITS(X)                                                                               \
	X(json_bytes, "max-json-bytes", 4 << 20, "bytes", "size of one index, manifest or config") \
	X(json_depth, "max-json-depth", 64, "n", "nesting of a JSON or YAML document")             \
	X(json_values, "max-json-values", 500000, "n", "values in a JSON document")                \
	X(index_depth, "max-index-depth", 4, "n", "nesting of image indexes")                      \
	X(index_manifests, "max-manifests", 10000, "n", "manifests in all indexes of an input")    \
	X(layers, "max-layers", 10000, "n", "layers in an image")                                  \
	X(layer_bytes, "max-layer-bytes", 8LL << 30, "bytes", "a layer after decompression")       \
	X(image_bytes, "max-image-bytes", 32LL << 30, "bytes",                                     \
	  "all distinct layers of an input after decompression")                                   \
	X(ratio, "max-ratio", 500, "n", "decompressed : compressed, checked past 1 GiB of output") \
	X(layer_entries, "max-layer-entries", 5000000, "n", "entries in a layer")                  \
	X(path_bytes, "max-path-bytes", 1 << 20, "bytes", "path of an entry in a layer")           \
	X(pax_bytes, "max-pax-bytes", 16 << 20, "bytes", "extended header of an entry")            \
	X(zstd_window, "max-zstd-window", 128 << 20, "bytes", "window of a zstd frame")            \
	X(members, "max-members", 1000000, "n", "members of an image archive")                     \
	X(held_bytes, "max-held-bytes", 32 << 20, "bytes",                                         \
	  "JSON documents held in memory while a stream is read")                                  \
	X(yaml_bytes, "max-yaml-bytes", 1 << 20, "bytes", "a configuration file")                  \
	X(alias_nodes, "max-alias-nodes", 10000, "n", "YAML nodes that aliases stand for")         \
	X(status_frame, "max-status-frame", 16 << 20, "bytes", "one message of a status stream")   \
	X(status_bytes, "max-status-bytes", 256 << 20, "bytes", "the status stream of a build")    \
	X(vertexes, "max-vertexes", 200000, "n", "steps of all builds of an input")                \
	X(log_line, "max-log-line", 1 << 20, "bytes", "a log line; the rest of it is not read")

struct cs_limits {
#define X(field, option, def, unit, help) int64_t field;
	CS_LIMITS(X)
#undef X
};

struct cs_limit_def {
	const char *option; /* without the leading "--" */
	const char *unit;
	const char *help;
	int64_t def;
	size_t offset; /* of the int64_t in struct cs_limits */
};

extern const struct cs_limit_def cs_limit_defs[];
extern const size_t cs_limit_defs_n;

void cs_limits_init(struct cs_limits *limits);

/* CS_LIMIT with "WHAT exceeds N UNIT (raise with --OPTION)". field: a member's name in text. */
#define cs_limit_error(err, limits, field, ...)                                                    \
	cs_limit_error_at(err, limits, offsetof(struct cs_limits, field), __VA_ARGS__)
int cs_limit_error_at(struct cs_err *err, const struct cs_limits *limits, size_t offset,
		      const char *fmt, ...) CS_PRINTF(4, 5);

#endif
