/* SPDX-License-Identifier: Apache-2.0 */
/* What is claimed: built in, in the configuration, on the command line. */
#ifndef CS_CMD_CLAIMS_H
#define CS_CMD_CLAIMS_H

#include "cmd/cmd.h"
#include "metrics/compare.h"

#define CS_CLAIMS_MAX 64

struct cs_claim_list {
	struct cs_claim v[CS_CLAIMS_MAX];
	size_t n;
};

/* Texts are the configuration's or the arguments'. CS_USAGE, with the place in the file. */
int cs_cmd_claims(struct cs_app *app, const struct cs_args *args, struct cs_claim_list *ret,
		  struct cs_err *err);

#endif
