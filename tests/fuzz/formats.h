/* SPDX-License-Identifier: Apache-2.0 */
/* Small parsers of what renderers write; each ends the program where the text is not of its format.
 */
#ifndef CS_TESTS_FUZZ_FORMATS_H
#define CS_TESTS_FUZZ_FORMATS_H

#include "report/report.h"

/* By the renderer's name. text is terminated at len. */
void format_check(const char *format, char *text, size_t len,
		  const struct cs_render_options *options);

#endif
