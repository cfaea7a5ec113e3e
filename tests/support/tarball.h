/* SPDX-License-Identifier: Apache-2.0 */
/* Tars written by hand: what no honest writer makes must be made too. */
#ifndef CS_TESTS_SUPPORT_TARBALL_H
#define CS_TESTS_SUPPORT_TARBALL_H

#include "util/buf.h"

struct tarball_entry {
	const char *name, *link;
	char type; /* of ustar: '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, … */
	unsigned mode, uid, gid, mtime, major, minor;
	const char *uname;
	const void *data;
	size_t len;
};

static inline void tarball_pad(struct cs_buf *buf)
{
	static const char zeros[512];

	assert_int_equal(0, cs_buf_add(buf, zeros, (512 - buf->len % 512) % 512));
}

static inline void tarball_add(struct cs_buf *buf, struct tarball_entry e)
{
	char h[513] = "";
	unsigned sum = 0;

	assert_true(strlen(e.name) <= 100);
	memcpy(h, e.name, strlen(e.name));
	snprintf(h + 100, 8, "%07o", e.mode);
	snprintf(h + 108, 8, "%07o", e.uid);
	snprintf(h + 116, 8, "%07o", e.gid);
	snprintf(h + 124, 12, "%011zo", e.len);
	snprintf(h + 136, 12, "%011o", e.mtime);
	memset(h + 148, ' ', 8);
	h[156] = e.type ? e.type : '0';
	snprintf(h + 157, 100, "%s", e.link ? e.link : "");
	memcpy(h + 257, "ustar\00000", 8);
	snprintf(h + 265, 32, "%s", e.uname ? e.uname : "");
	snprintf(h + 329, 8, "%07o", e.major);
	snprintf(h + 337, 8, "%07o", e.minor);
	for (unsigned i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	assert_int_equal(0, cs_buf_add(buf, h, 512));
	if (e.data)
		assert_int_equal(0, cs_buf_add(buf, e.data, e.len));
	tarball_pad(buf);
}

/* One record of a PAX header: "LENGTH KEY=VALUE\n", the length counting itself. */
static inline void tarball_pax_record(struct cs_buf *records, const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, len = n + 1;

	while (len < n + (size_t)snprintf(NULL, 0, "%zu", len))
		len++;
	assert_int_equal(0, cs_buf_printf(records, "%zu %s=%s\n", len, key, value));
}

static inline void tarball_pax(struct cs_buf *buf, const struct cs_buf *records)
{
	tarball_add(buf, (struct tarball_entry){ .name = "pax",
						 .type = 'x',
						 .mode = 0644,
						 .data = records->data,
						 .len = records->len });
}

static inline void tarball_end(struct cs_buf *buf)
{
	static const char zeros[1024];

	assert_int_equal(0, cs_buf_add(buf, zeros, sizeof(zeros)));
}

#endif
