/* SPDX-License-Identifier: Apache-2.0 */
/* An environment for code that takes one as a function: "NAME=value" texts, NULL-terminated. */
#ifndef CS_TESTS_SUPPORT_ENV_H
#define CS_TESTS_SUPPORT_ENV_H

#include <string.h>

static inline const char *test_getenv(void *arg, const char *name)
{
	const char *const *env = arg;
	size_t n = strlen(name);

	for (; env && *env; env++) {
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	}
	return NULL;
}

#endif
