/* SPDX-License-Identifier: Apache-2.0 */
/* The builds that a miss is judged against. */
#ifndef CS_CMD_EARLIER_H
#define CS_CMD_EARLIER_H

#include "store/store.h"

struct cs_earlier {
	const struct cs_build **v; /* of the build's project, begun before it, nearest first */
	size_t n;
	bool cut; /* there are more than max */
};

/* Builds that were read before, in the same arena: neighbours are judged against the same ones. */
struct cs_earlier_pool {
	const struct cs_build **v;
	size_t n, cap;
};
void cs_earlier_pool_release(struct cs_earlier_pool *pool);

/* With steps, layers and recipe; in arena. The build itself need not be recorded. pool: may be
 * NULL. */
int cs_cmd_earlier(struct cs_store *store, const struct cs_build *build, size_t max,
		   struct cs_earlier_pool *pool, struct cs_arena *arena, struct cs_earlier *ret,
		   struct cs_err *err);

#endif
