/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives and dies together: a parsed document owns one arena and everything in it.
 * Blocks never move. All calls return NULL when memory is out. Not thread-safe.
 */
#ifndef CS_UTIL_ARENA_H
#define CS_UTIL_ARENA_H

#include <stddef.h>

#include "util/cleanup.h"

struct cs_arena;

struct cs_arena *cs_arena_new(void);
void cs_arena_free(struct cs_arena *arena);
CS_DEFINE_AUTO(struct cs_arena *, cs_arena_free)

void *cs_arena_alloc(struct cs_arena *arena, size_t size);  /* aligned, zeroed */
/* n * size with an overflow check, zeroed; n = 0 gives a valid pointer */
void *cs_arena_array(struct cs_arena *arena, size_t n, size_t size);
char *cs_arena_strdup(struct cs_arena *arena, const char *text); /* NULL gives NULL */
char *cs_arena_strndup(struct cs_arena *arena, const char *text, size_t len);
char *cs_arena_printf(struct cs_arena *arena, const char *fmt, ...) CS_PRINTF(2, 3);

#endif
