/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison as a report. Figures have units of their own, so one column holds seconds, bytes and
 * rates: machines get plain numbers in one table, people get texts in a table for each way of
 * looking at them.
 */
#ifndef CS_VIEW_VIEW_COMPARE_H
#define CS_VIEW_VIEW_COMPARE_H

#include "image/diff.h"
#include "metrics/compare.h"
#include "metrics/gate.h"
#include "report/report.h"

/* --- compare --- */
int cs_view_compare(struct cs_report *report, bool people, const struct cs_compare_row *rows,
		    size_t n, struct cs_err *err);
int cs_view_claims(struct cs_report *report, bool people, const struct cs_claim_row *rows, size_t n,
		   struct cs_err *err);
int cs_view_method(struct cs_report *report, bool people, const struct cs_compare_method *method,
		   struct cs_err *err);

/* Two images: what is counted, and what became of the layers. */
struct cs_image_side {
	int64_t layers, own_layers, files; /* -1 unknown */
	int64_t blob_bytes, tar_bytes, own_blob_bytes;
	int64_t known_layers, known_blob_bytes; /* that the other image has too, by diff-id */
};
struct cs_image_classes {
	int64_t layers[CS_DIFF_REMOVED + 1], bytes[CS_DIFF_REMOVED + 1]; /* by enum cs_diff_class */
};
int cs_view_compare_images(struct cs_report *report, const struct cs_image_side *before,
			   const struct cs_image_side *after,
			   const struct cs_image_classes *classes, struct cs_err *err);

/* --- check --- */
int cs_view_gates(struct cs_report *report, bool people, const struct cs_gate_row *rows, size_t n,
		  struct cs_err *err);
/* "min_hit_rate of test: 44.4 % of 16 builds, the limit is 80 %": one line, no markup. */
int cs_view_gate_text(const struct cs_gate_row *row, struct cs_buf *buf);

#endif
