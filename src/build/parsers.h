/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of parsers, one file each. A parser reads the whole of its input, checks it, and gives
 * each build that it holds to the sink; what it sees of steps goes through steps.h.
 */
#ifndef CS_BUILD_PARSERS_H
#define CS_BUILD_PARSERS_H

#include "build/doc.h"
#include "build/lines.h"
#include "util/json.h"

/* Where documents go. */
struct cs_sink {
	cs_doc_fn *fn;
	void *arg;
	const char *name; /* of the input */
	size_t n_given;
	bool refused; /* fn failed: the error is the receiver's own */
};
int cs_sink_give(struct cs_sink *sink, struct cs_doc *doc /* takes */, struct cs_err *err);

/* A parser of documents has probe and parse, one of logs has probe_line and read. */
struct cs_parser {
	const char *name;
	/* 0..100 by the first bytes (at most 4 KiB); the highest wins, the first of equals */
	int (*probe)(const uint8_t *head, size_t len);
	/* 0; 1 if it is something else after all (nothing was given); negative. in is borrowed. */
	int (*parse)(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		     struct cs_err *err);
	/* 0..100 for one line, undressed */
	int (*probe_line)(const char *line);
	int (*read)(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
};

extern const struct cs_parser cs_parsers[];
extern const size_t cs_parsers_n;

/* The score of one parser for the first bytes of an input. */
int cs_parser_probe(const struct cs_parser *parser, const uint8_t *head, size_t len);
int cs_parser_parse(const struct cs_parser *parser, const struct cs_ctx *ctx, struct cs_stream *in,
		    struct cs_sink *sink, struct cs_err *err);

/* All of the input as one JSON document, within the limit json_bytes. */
int cs_json_read(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_json **ret,
		 struct cs_err *err);

/* --- the parsers --- */

int cs_record_probe(const uint8_t *head, size_t len);
int cs_record_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		    struct cs_err *err);
int cs_zip_probe(const uint8_t *head, size_t len);
int cs_zip_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		 struct cs_err *err);
int cs_metadata_probe(const uint8_t *head, size_t len);
int cs_metadata_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		      struct cs_err *err);
int cs_inspect_probe(const uint8_t *head, size_t len);
int cs_inspect_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		     struct cs_err *err);
int cs_history_probe_line(const char *line);
int cs_history_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
int cs_rawjson_probe_line(const char *line);
int cs_rawjson_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
int cs_plain_probe_line(const char *line);
int cs_plain_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
int cs_buildah_probe_line(const char *line);
int cs_buildah_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
int cs_classic_probe_line(const char *line);
int cs_classic_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);
int cs_kaniko_probe_line(const char *line);
int cs_kaniko_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err);

#endif
