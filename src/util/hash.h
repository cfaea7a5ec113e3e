/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uthash as this project uses it: out of memory is an error, not an exit. After HASH_ADD… the
 * element's hh.tbl is NULL if there was no memory; the caller checks it. FNV because the default
 * function falls through its cases, which clang warns of.
 */
#ifndef CS_UTIL_HASH_H
#define CS_UTIL_HASH_H

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, len, value) HASH_FNV(key, len, value)

#include <uthash.h>

#endif
