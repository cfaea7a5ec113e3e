/* SPDX-License-Identifier: Apache-2.0 */
#include "support/tar.h"

void test_tar_sum(struct cs_buf *tar, size_t at)
{
	uint8_t *h = (uint8_t *)tar->data + at;
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += h[i];
	snprintf((char *)h + 148, 7, "%06o", sum);
}

static void pad(struct cs_buf *tar)
{
	static const char zeros[512];

	if (tar->len % 512)
		cs_buf_add(tar, zeros, 512 - tar->len % 512);
}

void test_tar_add(struct cs_buf *tar, const struct test_tar_entry *e, const void *data, size_t len)
{
	char h[512] = { 0 };
	size_t at = tar->len;

	memcpy(h, e->name, strnlen(e->name, 100));
	snprintf(h + 100, 8, "%07o", (e->mode ? e->mode : 0644) & 07777777);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	if (e->size)
		memcpy(h + 124, e->size, strnlen(e->size, 12));
	else
		snprintf(h + 124, 12, "%011zo", len);
	snprintf(h + 136, 12, "%011o", 1700000000U);
	h[156] = (char)(e->type ? e->type : '0');
	if (e->link)
		memcpy(h + 157, e->link, strnlen(e->link, 100));
	memcpy(h + 257, e->magic ? e->magic : "ustar\00000", 8);
	cs_buf_add(tar, h, sizeof(h));
	test_tar_sum(tar, at);
	assert_int_equal(0, cs_buf_add(tar, data, len));
	pad(tar);
}

void test_tar_file(struct cs_buf *tar, const char *name, const char *data)
{
	struct test_tar_entry e = { .name = name };

	test_tar_add(tar, &e, data, strlen(data));
}

void test_pax_record(struct cs_buf *body, const char *key, const char *value, int len)
{
	size_t value_len = len < 0 ? strlen(value) : (size_t)len;
	size_t rest = strlen(key) + value_len + 3, total = rest + 1;
	char digits[24];

	/* the length counts its own digits */
	while (total != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", total))
		total++;
	cs_buf_printf(body, "%zu %s=", total, key);
	cs_buf_add(body, value, value_len);
	assert_int_equal(0, cs_buf_putc(body, '\n'));
}

void test_tar_pax(struct cs_buf *tar, const struct cs_buf *body)
{
	struct test_tar_entry e = { .name = "PaxHeaders/x", .type = 'x' };

	test_tar_add(tar, &e, body->data, body->len);
}

void test_tar_sparse(struct cs_buf *tar, const char *realsize, const char *map, const char *data)
{
	struct test_tar_entry e = { .name = "GNUSparseFile.0/sparse" };
	struct cs_buf body = CS_BUF_INIT, content = CS_BUF_INIT;

	test_pax_record(&body, "GNU.sparse.major", "1", -1);
	test_pax_record(&body, "GNU.sparse.minor", "0", -1);
	test_pax_record(&body, "GNU.sparse.name", "sparse", -1);
	test_pax_record(&body, "GNU.sparse.realsize", realsize, -1);
	test_tar_pax(tar, &body);
	cs_buf_puts(&content, map);
	pad(&content);
	cs_buf_puts(&content, data);
	test_tar_add(tar, &e, content.data, content.len);
	cs_buf_release(&body);
	cs_buf_release(&content);
}

void test_tar_end(struct cs_buf *tar)
{
	static const char zeros[1024];

	assert_int_equal(0, cs_buf_add(tar, zeros, sizeof(zeros)));
}
