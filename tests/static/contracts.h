/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an analyser, which sees one file at a time, cannot know of the others: that to set an error
 * gives a negative number. Included before all else by scripts/check-static, by nothing that runs.
 */
#ifndef CS_STATIC_CONTRACTS_H
#define CS_STATIC_CONTRACTS_H

#include "util/error.h"

#define cs_err_nomem(err) (cs_err_nomem(err), -(int)CS_NOMEM)
#define cs_err_set(err, code, ...) (cs_err_set(err, code, __VA_ARGS__), -(int)(code))
#define cs_err_errno(err, number, ...) (cs_err_errno(err, number, __VA_ARGS__), -(int)CS_IO)
#define cs_err_prefix(err, ...) (cs_err_prefix(err, __VA_ARGS__), -(int)CS_FORMAT)

#endif
