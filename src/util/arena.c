/* SPDX-License-Identifier: Apache-2.0 */
#include "util/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES 8192

struct block {
	struct block *next;
	size_t used;
	size_t cap;
	_Alignas(16) char data[];
};

struct cs_arena {
	struct block *head;
};

struct cs_arena *cs_arena_new(void)
{
	return calloc(1, sizeof(struct cs_arena));
}

void cs_arena_free(struct cs_arena *arena)
{
	if (!arena)
		return;
	for (struct block *b = arena->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

void *cs_arena_alloc(struct cs_arena *arena, size_t size)
{
	struct block *b = arena->head;
	size_t want;
	void *p;

	if (size > SIZE_MAX / 4)
		return NULL;
	want = (size + 15) & ~(size_t)15;
	if (!b || b->cap - b->used < want) {
		size_t cap = want > BLOCK_BYTES / 4 ? want : BLOCK_BYTES;

		b = malloc(sizeof(*b) + cap);
		if (!b)
			return NULL;
		b->used = 0;
		b->cap = cap;
		/* A large block goes behind the head, so that the head's rest stays usable. */
		if (cap != BLOCK_BYTES && arena->head) {
			b->next = arena->head->next;
			arena->head->next = b;
		} else {
			b->next = arena->head;
			arena->head = b;
		}
	}
	p = b->data + b->used;
	b->used += want;
	memset(p, 0, want);
	return p;
}

void *cs_arena_array(struct cs_arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 4 / size)
		return NULL;
	return cs_arena_alloc(arena, n * size);
}

char *cs_arena_strndup(struct cs_arena *arena, const char *text, size_t len)
{
	char *p = cs_arena_alloc(arena, len + 1);

	if (p)
		memcpy(p, text, len);
	return p;
}

char *cs_arena_strdup(struct cs_arena *arena, const char *text)
{
	return text ? cs_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *cs_arena_printf(struct cs_arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	p = cs_arena_alloc(arena, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
