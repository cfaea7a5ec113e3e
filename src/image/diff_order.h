/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the entries that two layers share stand at another place, for diff.c only. */
#ifndef CS_IMAGE_DIFF_ORDER_H
#define CS_IMAGE_DIFF_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Places of one shared entry in the two tars. */
struct cs_order_pair {
	uint32_t a, b;
};

/*
 * *ret_moved: one byte for each pair, true if it moved against the others, by the fewest moves that
 * explain the new order; NULL if none did. The caller frees it.
 */
int cs_order_moved(const struct cs_order_pair *pairs, size_t n, bool **ret_moved,
		   struct cs_err *err);

#endif
