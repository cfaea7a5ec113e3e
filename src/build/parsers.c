/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input is, is decided by its bytes: a name such as build.log says nothing, and artifacts
 * come renamed. A CI job's log may tell of a dozen things before its first build, so text that no
 * parser knows by its head is searched line by line for the first that one does know.
 */
#include "build/parsers.h"

#include <string.h>

/* A line below this score does not start a log when searching: text quotes a "#1 …" easily. */
#define SURE 60

const struct cs_parser cs_parsers[] = {
	{ "record", cs_record_probe, cs_record_parse, NULL, NULL },
	{ "zip", cs_zip_probe, cs_zip_parse, NULL, NULL },
	{ "metadata", cs_metadata_probe, cs_metadata_parse, NULL, NULL },
	{ "inspect", cs_inspect_probe, cs_inspect_parse, NULL, NULL },
	{ "rawjson", NULL, NULL, cs_rawjson_probe_line, cs_rawjson_read },
	{ "history", NULL, NULL, cs_history_probe_line, cs_history_read },
	{ "plain", NULL, NULL, cs_plain_probe_line, cs_plain_read },
	{ "buildah", NULL, NULL, cs_buildah_probe_line, cs_buildah_read },
	{ "classic", NULL, NULL, cs_classic_probe_line, cs_classic_read },
	{ "kaniko", NULL, NULL, cs_kaniko_probe_line, cs_kaniko_read },
};
const size_t cs_parsers_n = CS_N(cs_parsers);

int cs_parser_probe(const struct cs_parser *parser, const uint8_t *head, size_t len)
{
	if (parser->probe)
		return parser->probe(head, len);
	return cs_lines_probe(head, len, parser->probe_line);
}

int cs_parser_parse(const struct cs_parser *parser, const struct cs_ctx *ctx, struct cs_stream *in,
		    struct cs_sink *sink, struct cs_err *err)
{
	struct cs_lines lines;
	int r;

	if (parser->parse)
		return parser->parse(ctx, in, sink, err);
	cs_lines_init(&lines, ctx, in);
	r = parser->read(&lines, sink, err);
	cs_lines_release(&lines);
	return r;
}

static const struct cs_parser *choose(const uint8_t *head, size_t len)
{
	const struct cs_parser *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < cs_parsers_n; i++) {
		int score;

		/* What a document's own marks say needs no look at lines, which costs more. */
		if (best_score >= SURE && cs_parsers[i].probe_line)
			break;
		score = cs_parser_probe(&cs_parsers[i], head, len);
		if (score > best_score) {
			best_score = score;
			best = &cs_parsers[i];
		}
	}
	return best;
}

static bool looks_like_text(const uint8_t *head, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++)
		odd += head[i] < 0x20 && !memchr("\t\n\r\x1b\b\f\a", head[i], 7);
	return len && odd <= len / 32;
}

static int search(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		  struct cs_err *err)
{
	const struct cs_parser *found = NULL;
	const struct cs_line *line;
	struct cs_lines lines;
	int r = 0;

	cs_lines_init(&lines, ctx, in);
	while (!found && (r = cs_lines_next(&lines, &line, err)) == 0) {
		for (size_t i = 0; i < cs_parsers_n && !found; i++) {
			const struct cs_parser *p = &cs_parsers[i];

			if (p->probe_line && p->probe_line(line->text) >= SURE)
				found = p;
		}
	}
	if (found) {
		cs_lines_unread(&lines);
		r = found->read(&lines, sink, err);
	}
	cs_lines_release(&lines);
	return r;
}

int cs_docs_read(const struct cs_ctx *ctx, struct cs_stream *in, const char *name, cs_doc_fn *fn,
		 void *arg, struct cs_err *err)
{
	const struct cs_decode_options options = {
		.allow_xz = true,
		.out_max = ctx->limits.image_bytes,
		.limit_offset = offsetof(struct cs_limits, image_bytes),
		.what = "input",
	};
	struct cs_stream *plain CS_AUTO(cs_stream_close_p) = NULL;
	struct cs_sink sink = { .fn = fn, .arg = arg, .name = name };
	const struct cs_parser *parser;
	const uint8_t *head;
	enum cs_coding coding;
	size_t len;
	int r;

	r = cs_stream_decode(ctx, in, &options, &plain, &coding, err);
	if (r == 0)
		r = cs_stream_peek(plain, 4096, &head, &len, err);
	if (r == 0) {
		parser = choose(head, len);
		if (parser)
			r = cs_parser_parse(parser, ctx, plain, &sink, err);
		else
			r = looks_like_text(head, len) ? search(ctx, plain, &sink, err) : 1;
	}
	if (r < 0 && !sink.refused)
		cs_err_prefix(err, "%s", name);
	return r;
}
