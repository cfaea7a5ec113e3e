/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include <string.h>

#include "metrics/verdict.h"
#include "model/instruction.h"
#include "report/fmt.h"

enum { IMAGES, LAYERS };

static const struct cs_column image_columns[] = {
	{ "image", "image", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "source", "source", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "ref", "name", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "platform", "platform", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "manifest_digest", "manifest", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "config_digest", "config", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "build_started_at", "build started", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "build_id", "build", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "recorded", "recorded", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "layers", "layers", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "blob_bytes", "blobs", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "tar_bytes", "tar", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "files", "files", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "base_evidence", "base by", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "own_layers", "own", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layer_hits", "hits", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layer_runs", "runs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layer_undecided", "undecided", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "layer_hit_ratio", "hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "byte_hit_ratio", "byte hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "byte_hit_ratio_blob", "by blob", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "byte_evidence", "bytes by", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

#define LAYER_COLUMNS(image_flags)                                                                      \
	{                                                                                               \
		{ "image", "image", CS_TYPE_COUNT, CS_ROLE_LABEL, image_flags, NULL },                  \
			{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },                        \
			{ "base", "base", CS_TYPE_BOOL, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },          \
			{ "tar_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },        \
			{ "blob_bytes", "blob", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },    \
			{ "files", "files", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },                    \
			{ "created_by", "instruction",	CS_TYPE_TEXT,                                   \
			  CS_ROLE_NOTE, CS_COL_MACHINE, NULL },                                         \
			{ "instruction", "instruction", CS_TYPE_TEXT,                                   \
			  CS_ROLE_LABEL, CS_COL_WIDE,	NULL },                                         \
			{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },   \
			{ "media_type", "media type",	CS_TYPE_TEXT,                                   \
			  CS_ROLE_NOTE, CS_COL_MACHINE, NULL },                                         \
			{ "blob_digest", "blob digest", CS_TYPE_DIGEST,                                 \
			  CS_ROLE_NOTE,	 CS_COL_DETAIL, NULL },                                         \
			{ "diff_id", "diff-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },    \
			{ "chain_id", "chain-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL }, \
			{ "content_digest", "content",	    CS_TYPE_DIGEST,                             \
			  CS_ROLE_NOTE,	    CS_COL_MACHINE, NULL },                                     \
			{ "entries", "entries", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },   \
			{ "directories", "folders",	 CS_TYPE_COUNT,                                 \
			  CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },                                        \
			{ "symlinks", "symlinks", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL }, \
			{ "hardlinks",	 "hard links",	 CS_TYPE_COUNT,                                 \
			  CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },                                        \
			{ "whiteouts",	 "whiteouts",	 CS_TYPE_COUNT,                                 \
			  CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },                                        \
			{ "devices", "devices", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },   \
			{ "fifos", "FIFOs", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },       \
			{ "sparse", "sparse", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },     \
			{ "verified", "verified", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },    \
			{ "state", "verdict", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },        \
			{ "evidence", "evidence", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },               \
			{ "seen_in_scope", "seen in", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },            \
			{ "seen_in_build", "seen in build", CS_TYPE_TEXT,                               \
			  CS_ROLE_NOTE,	   CS_COL_DETAIL,   NULL },                                     \
			{ "why", "note", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },             \
	}

static const struct cs_column layer_columns_one[] = LAYER_COLUMNS(CS_COL_MACHINE);
static const struct cs_column layer_columns_many[] = LAYER_COLUMNS(0);

int cs_view_analyze_begin(struct cs_report *report, bool many, struct cs_err *err)
{
	struct cs_table *images = cs_report_add_table(report, "images", many ? "Images" : NULL,
						      image_columns, CS_N(image_columns));

	cs_report_add_table(report, "layers", many ? "Layers" : NULL,
			    many ? layer_columns_many : layer_columns_one, CS_N(layer_columns_one));
	if (images)
		images->machine_only = !many;
	return cs_report_check(report, err);
}

static const char *verified_name(enum cs_verified v)
{
	return v == CS_VERIFIED_SCAN ? "scan" : v == CS_VERIFIED_DIGEST ? "digest" : "not verified";
}

static void add_layer(struct cs_report *report, struct cs_table *t, int64_t image,
		      const struct cs_layer *l, const char *instruction)
{
	char text[CS_DIGEST_TEXT];
	bool counted = l->counts.entries >= 0;

	cs_row_add(report, t);
	cs_row_int(report, t, "image", image);
	cs_row_int(report, t, "index", l->index);
	if (l->state != CS_LAYER_UNKNOWN)
		cs_row_bool(report, t, "base", l->state == CS_LAYER_BASE);
	cs_row_int(report, t, "tar_bytes", l->tar_bytes);
	cs_row_int(report, t, "blob_bytes", l->blob_bytes);
	cs_row_text(report, t, "created_by", l->created_by);
	cs_row_text(report, t, "instruction",
		    *instruction		? instruction
		    : l->comment && *l->comment ? l->comment
						: NULL);
	cs_row_int(report, t, "created_at", l->created_unix_ns);
	cs_row_text(report, t, "media_type", l->media_type);
#define DIGEST(key, field)                                                                         \
	cs_row_text(report, t, key,                                                                \
		    cs_digest_known(&l->field) ? cs_digest_format(&l->field, text) : NULL)
	DIGEST("blob_digest", blob_digest);
	DIGEST("diff_id", diff_id);
	DIGEST("chain_id", chain_id);
	DIGEST("content_digest", content_digest);
#undef DIGEST
#define COUNT(key, field) cs_row_int(report, t, key, counted ? l->counts.field : -1)
	COUNT("entries", entries);
	COUNT("files", files);
	COUNT("directories", directories);
	COUNT("symlinks", symlinks);
	COUNT("hardlinks", hardlinks);
	COUNT("whiteouts", whiteouts);
	COUNT("devices", devices);
	COUNT("fifos", fifos);
	COUNT("sparse", sparse);
#undef COUNT
	cs_row_text(report, t, "verified", verified_name(l->verified));
	cs_row_text(report, t, "state", cs_layer_state_name(l->state));
	cs_row_text(report, t, "evidence", cs_evidence_name(l->evidence));
	cs_row_text(report, t, "seen_in_scope", l->seen_in_scope);
	cs_row_text(report, t, "seen_in_build", l->seen_build_id);
	cs_row_text(report, t, "why", l->why);
}

/* M2: by outcome where every own layer has one, else by presence, which a first build cannot show.
 */
static void add_byte_ratios(struct cs_report *report, struct cs_table *t,
			    const struct cs_analyzed *a, const struct cs_verdict_sums *s)
{
	if (s->own && !s->undecided) {
		cs_row_quotient(report, t, "byte_hit_ratio", s->hit_tar_bytes, s->own_tar_bytes);
		cs_row_quotient(report, t, "byte_hit_ratio_blob", s->hit_blob_bytes,
				s->own_blob_bytes);
		cs_row_text(report, t, "byte_evidence", "outcome");
	} else if (s->own && a->image->base_layers >= 0 && a->scope_builds > 0) {
		cs_row_quotient(report, t, "byte_hit_ratio", s->present_tar_bytes,
				s->own_tar_bytes);
		cs_row_quotient(report, t, "byte_hit_ratio_blob", s->present_blob_bytes,
				s->own_blob_bytes);
		cs_row_text(report, t, "byte_evidence", "presence");
	}
}

static void add_image(struct cs_report *report, struct cs_table *t, int64_t index,
		      const struct cs_analyzed *a, const struct cs_verdict_sums *s)
{
	const struct cs_image *image = a->image;
	const struct cs_facts *facts = &a->build->facts;
	char text[CS_DIGEST_TEXT];

	cs_row_add(report, t);
	cs_row_int(report, t, "image", index);
	cs_row_text(report, t, "source", image->source);
	cs_row_text(report, t, "ref", image->ref);
	cs_row_text(report, t, "platform", a->build->platform);
	if (cs_digest_known(&image->manifest_digest))
		cs_row_text(report, t, "manifest_digest",
			    cs_digest_format(&image->manifest_digest, text));
	cs_row_text(report, t, "config_digest", cs_digest_format(&image->config_digest, text));
	cs_row_int(report, t, "created_at", image->created_unix_ns);
	cs_row_int(report, t, "build_started_at", facts->started_unix_ns);
	cs_row_text(report, t, "project",
		    facts->project && *facts->project ? facts->project : NULL);
	cs_row_text(report, t, "scope", facts->scope);
	cs_row_text(report, t, "event",
		    facts->event == CS_EVENT_NONE ? NULL : cs_event_name(facts->event));
	cs_row_text(report, t, "build_id", a->build->id);
	cs_row_text(report, t, "recorded",
		    a->recorded ? cs_put_name(a->put) : NULL);
	cs_row_int(report, t, "layers", (int64_t)image->n_layers);
	cs_row_int(report, t, "blob_bytes", image->blob_bytes);
	cs_row_int(report, t, "tar_bytes", image->tar_bytes);
	cs_row_int(report, t, "files", image->files);
	cs_row_text(report, t, "base_evidence", cs_base_evidence_name(image->base_evidence));
	cs_row_int(report, t, "own_layers", image->base_layers < 0 ? -1 : s->own);
	cs_row_int(report, t, "layer_hits", s->hits);
	cs_row_int(report, t, "layer_runs", s->runs);
	cs_row_int(report, t, "layer_undecided", s->undecided);
	/* A rate over the decided ones alone would be biased: what is seen is decided as a hit. */
	if (!s->undecided)
		cs_row_quotient(report, t, "layer_hit_ratio", s->hits, s->hits + s->runs);
	add_byte_ratios(report, t, a, s);
}

static void note_image(struct cs_report *report, const struct cs_analyzed *a)
{
	const struct cs_image *image = a->image;
	char blob[CS_FMT_NUM], tar[CS_FMT_NUM], digest[CS_DIGEST_TEXT];

	cs_report_note(report, true, "%s%s%s  %s  %zu layers, %s (%s unpacked)  config %.19s",
		       image->source, image->ref ? " " : "", image->ref ? image->ref : "",
		       a->build->platform, image->n_layers, cs_fmt_bytes(image->blob_bytes, blob),
		       cs_fmt_bytes(image->tar_bytes, tar),
		       cs_digest_format(&image->config_digest, digest));
}

static void note_verdict(struct cs_report *report, const struct cs_analyzed *a,
			 const struct cs_verdict_sums *s)
{
	const char *id = a->build->id ? a->build->id : "";
	char ratio[CS_FMT_NUM];

	if (a->image->base_layers < 0)
		cs_report_note(
			report, false,
			"base and own layers cannot be told apart: name the base with --base");
	if (s->own && !s->undecided)
		cs_report_note(report, false, "this build: %lld of %lld own layers hit (%s)",
			       (long long)s->hits, (long long)s->own,
			       cs_fmt_ratio((double)s->hits / (double)s->own, ratio));
	else if (s->undecided)
		cs_report_note(
			report, false, "this build: %lld hit, %lld run, %lld undecided%s",
			(long long)s->hits, (long long)s->runs, (long long)s->undecided,
			a->build->facts.started_unix_ns == CS_TIME_NONE
				? " (--started-at, or an image with provenance, decides more)"
				: " (-v says why)");
	if (a->trusted)
		cs_report_note(report, false, "layers were not verified (--trust-known)");
	if (a->recorded)
		cs_report_note(report, false, "build %s: %s", id,
			       a->put == CS_PUT_NEW    ? "new, recorded"
			       : a->put == CS_PUT_SAME ? "same as recorded before"
						       : "joined with what was recorded of it");
	else
		cs_report_note(report, false, "not recorded (--no-record)");
}

int cs_view_analyze_add(struct cs_report *report, const struct cs_analyzed *a, struct cs_err *err)
{
	struct cs_table *images = cs_report_table(report, IMAGES);
	struct cs_table *layers = cs_report_table(report, LAYERS);
	int64_t index = (int64_t)images->n_rows;
	struct cs_verdict_sums sums;

	cs_verdict_sum(a->image->layers, a->image->n_layers, &sums);
	add_image(report, images, index, a, &sums);
	for (size_t i = 0; i < a->image->n_layers; i++) {
		const char *text =
			cs_instruction_text(a->image->arena, a->image->layers[i].created_by);

		if (!text)
			return cs_err_nomem(err);
		add_layer(report, layers, index, &a->image->layers[i], text);
	}
	if (images->machine_only) {
		note_image(report, a);
		note_verdict(report, a, &sums);
	}
	return cs_report_check(report, err);
}
