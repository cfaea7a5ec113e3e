/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a zip, by its directory; each is read, or left in the middle. */
#include <sys/mman.h>

#include "fuzz/fuzz.h"
#include "io/zip.h"

static void read_file(struct cs_zip *zip, bool whole)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_stream *in = NULL;
	const uint8_t *data;
	size_t len;

	if (cs_zip_file(zip, &in, &err) < 0)
		return;
	while (cs_stream_read(in, &data, &len, &err) == 0) {
		if (!len || !data)
			abort();
		if (!whole)
			break;
	}
	cs_stream_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct cs_err err = CS_ERR_INIT;
	struct cs_zip *zip = NULL;
	const char *name;
	struct cs_ctx ctx;
	int n = 0, r;

	fuzz_ctx_init(&ctx);
	ctx.limits.members = 1000;
	if (fd < 0 || (len && write(fd, data, len) != (ssize_t)len))
		abort();
	r = cs_zip_open(&ctx, fd, (int64_t)len, &zip, &err);
	while (r == 0 && (r = cs_zip_next(zip, &name, &err)) == 0) {
		if (!name || !*name || ++n > 1000)
			abort();
		read_file(zip, n % 3 != 0);
	}
	if (r < 0 && err.code != (enum cs_code) - r)
		abort();
	cs_zip_close(zip);
	close(fd);
	return 0;
}
