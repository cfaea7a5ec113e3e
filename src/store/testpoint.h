/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where a test may kill the process: CACHESTAT_TEST_KILL=point:n kills it at the n-th time
 * that the point is passed. Only in programs compiled with -DCACHESTAT_TEST_POINTS; else nothing.
 */
#ifndef CS_STORE_TESTPOINT_H
#define CS_STORE_TESTPOINT_H

#ifdef CACHESTAT_TEST_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct cs_testpoints {
	long passed; /* of the one named in the environment */
};

static inline void cs_testpoint(struct cs_testpoints *points, const char *name)
{
	const char *want = getenv("CACHESTAT_TEST_KILL");
	size_t len = strlen(name);

	if (want && strncmp(want, name, len) == 0 && want[len] == ':' &&
	    ++points->passed == strtol(want + len + 1, NULL, 10))
		raise(SIGKILL);
}
#else
struct cs_testpoints {
	char unused;
};

static inline void cs_testpoint(struct cs_testpoints *points, const char *name)
{
	(void)points;
	(void)name;
}
#endif

#endif
