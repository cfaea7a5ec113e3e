/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way into the store for all that tells of builds: images (analyze), documents (record),
 * batches and nightly inboxes. What belongs to one build is joined here, whatever order it comes
 * in.
 */
#ifndef CS_CMD_INTAKE_H
#define CS_CMD_INTAKE_H

#include "cmd/cmd.h"

/*
 * Records build (facts resolved with their origins): finds what is recorded of the same build,
 * merges, judges the layers by what is known then, and puts the result in the place of the parts. A
 * build whose image another build made too gets that image's layers, and gives its own to those
 * that have none. A build without a project is taken for one of the project in which it has kin.
 *
 * *ret is what is in the store now, in arena or borrowed from build; *ret_put tells whether that is
 * new, as it was, or joined. Several writes: call it within cs_store_bulk_begin().
 */
int cs_intake_build(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		    struct cs_build *ret, enum cs_put *ret_put, struct cs_err *err);

#endif
