/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound release of locals, and the transfer of ownership out of them.
 * CS_AUTO(fn) calls fn(&variable) when the variable leaves its scope; never mix with goto.
 */
#ifndef CS_UTIL_CLEANUP_H
#define CS_UTIL_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CS_AUTO(fn) __attribute__((cleanup(fn)))
#define CS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define CS_UNUSED __attribute__((unused))

/* Takes the pointer out of a CS_AUTO variable: the variable becomes NULL, the caller owns it. */
#define cs_steal(p)                                                                                \
	({                                                                                         \
		__typeof__(p) cs_steal_ = (p);                                                     \
		(p) = NULL;                                                                        \
		cs_steal_;                                                                         \
	})

/* Defines name_p(T **), the CS_AUTO form of a free function that takes NULL. */
#define CS_DEFINE_AUTO(type, fn)                                                                   \
	static inline void fn##_p(type *p)                                                         \
	{                                                                                          \
		if (*p)                                                                            \
			fn(*p);                                                                    \
	}

static inline void cs_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cs_close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cs_fclose_p(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define CS_N(a) (sizeof(a) / sizeof((a)[0]))

#endif
