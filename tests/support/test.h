/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with what every test file needs before it. */
#ifndef CS_TESTS_SUPPORT_TEST_H
#define CS_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/error.h"

/* The call must succeed; prints the message if it does not. */
#define assert_done(call)                                                                          \
	do {                                                                                       \
		err.code = CS_OK;                                                                  \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

/* The call must fail with this code. */
#define assert_code(want, call) assert_int_equal(-(int)(want), (call))

#endif
