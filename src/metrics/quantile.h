/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of many numbers without sorting them. */
#ifndef CS_METRICS_QUANTILE_H
#define CS_METRICS_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

#define CS_QUANTILES_MAX 8
/*
 * ret[i] = the quantile q[i] of v, to the bit what cs_quantile() says of v sorted; NaN for n = 0.
 * No NaN in v, whose order is lost. n_q up to CS_QUANTILES_MAX. Linear in n, whatever is in v.
 */
void cs_quantiles(double *v, size_t n, const double *q, size_t n_q, double *ret);

#endif
