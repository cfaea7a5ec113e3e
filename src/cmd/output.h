/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_CMD_OUTPUT_H
#define CS_CMD_OUTPUT_H

#include <stddef.h>

#include "cmd/cmd.h" /* cs_cmd_print */

/* The file as a whole or not at all; what is no regular file (a device, /dev/stdout) is written to.
 */
int cs_output_write(const char *path, const char *data, size_t len, struct cs_err *err);
/* To the end of a file, which is made where there is none. */
int cs_output_append(const char *path, const char *data, size_t len, struct cs_err *err);

#endif
