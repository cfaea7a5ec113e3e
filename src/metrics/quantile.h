/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of many numbers without sorting them. */
#ifndef CS_METRICS_QUANTILE_H
#define CS_METRICS_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * ret[i] = the quantile q[i] of v and of so many zeros beside it (then nothing in v is below 0), to
 * the bit what cs_quantile() says of all that sorted; NaN without any. No NaN in v, whose order is
 * lost. Linear in n, whatever is in v.
 */
void cs_quantiles(double *v, size_t n, size_t zeros, const double *q, size_t n_q, double *ret);

#endif
