/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_sample FORMAT SAMPLE [rows=N] [bytes=N] [compact] [verbose]: a report of support/sample.h
 * on stdout, for browsers, promtool and people.
 */
#include <stdlib.h>
#include <string.h>

#include "support/sample.h"

static struct cs_report *sample_of(const char *name)
{
	if (strcmp(name, "sample") == 0)
		return test_sample();
	if (strcmp(name, "hostile") == 0)
		return test_hostile_sample();
	return strcmp(name, "odd") == 0 ? test_odd_sample() : NULL;
}

int main(int argc, char **argv)
{
	struct cs_render_options options = { .utf8 = true };
	const struct cs_renderer *renderer = argc > 2 ? cs_renderer_find(argv[1]) : NULL;
	struct cs_report *report = renderer ? sample_of(argv[2]) : NULL;
	struct cs_err err = CS_ERR_INIT;
	int r;

	if (!report) {
		fputs("usage: render_sample FORMAT sample|hostile|odd [rows=N] [bytes=N] [compact] "
		      "[verbose]\n",
		      stderr);
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		if (strncmp(argv[i], "rows=", 5) == 0)
			options.max_rows = strtoul(argv[i] + 5, NULL, 10);
		if (strncmp(argv[i], "bytes=", 6) == 0)
			options.max_bytes = strtoul(argv[i] + 6, NULL, 10);
		options.compact |= strcmp(argv[i], "compact") == 0;
		options.verbose |= strcmp(argv[i], "verbose") == 0;
	}
	r = renderer->render(report, &options, stdout, &err);
	if (r < 0)
		fprintf(stderr, "render_sample: %s\n", err.msg);
	cs_report_free(report);
	return r < 0;
}
