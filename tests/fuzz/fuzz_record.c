/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents inside a .dockerbuild. Digests would stop every invention at the door, so the
 * archive is made here, with right ones, from parts that "\n---\n" separates: the record's config,
 * the status stream, the provenance, the result's document, index.json (may be absent).
 */
#include <string.h>

#include "fuzz/fuzz.h"

#define PARTS 5
#define MARK  "\n---\n"

struct part {
	const uint8_t *data;
	size_t len;
	char digest[CS_DIGEST_TEXT];
};

static void tar_add(struct cs_buf *tar, const char *name, const void *data, size_t len)
{
	static const char zeros[512];
	char h[512] = { 0 };
	unsigned sum = 0;

	snprintf(h, 100, "%s", name);
	memcpy(h + 100, "0000644\0000000000\0000000000", 24);
	snprintf(h + 124, 12, "%011zo", len);
	memcpy(h + 136, "00000000000\0        0", 21);
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (uint8_t)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	cs_buf_add(tar, h, sizeof(h));
	cs_buf_add(tar, data, len);
	if (len % 512)
		cs_buf_add(tar, zeros, 512 - len % 512);
}

static void add_blob(struct cs_buf *tar, struct part *p)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_digest digest;
	char name[160];

	if (cs_digest_of(CS_DIGEST_SHA256, p->data, p->len, &digest, &err) < 0)
		return;
	cs_digest_format(&digest, p->digest);
	snprintf(name, sizeof(name), "blobs/sha256/%s", p->digest + 7);
	tar_add(tar, name, p->data, p->len);
}

static void split(const uint8_t *data, size_t len, struct part parts[PARTS])
{
	for (size_t i = 0; i < PARTS; i++) {
		const uint8_t *end = memmem(data, len, MARK, strlen(MARK));
		size_t n = end && i + 1 < PARTS ? (size_t)(end - data) : len;

		parts[i].data = data;
		parts[i].len = n;
		if (n < len)
			n += strlen(MARK);
		data += n;
		len -= n;
	}
}

static void descriptor(struct cs_buf *out, const char *type, const struct part *p, const char *more)
{
	cs_buf_printf(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}", type,
		      p->digest, p->len, more);
}

static void make(const uint8_t *data, size_t len, struct cs_buf *tar)
{
	static const char predicate[] = ",\"annotations\":{\"in-toto.io/predicate-type\":"
					"\"https://slsa.dev/provenance/v0.2\"}";
	static const char real[] = ",\"annotations\":{\"vnd.export-build.descriptor.mediatype\":"
				   "\"application/vnd.oci.image.index.v1+json\"}";
	struct part parts[PARTS], manifest = { 0 };
	struct cs_buf text = CS_BUF_INIT, index = CS_BUF_INIT;

	split(data, len, parts);
	for (size_t i = 0; i < PARTS - 1; i++)
		add_blob(tar, &parts[i]);
	cs_buf_puts(&text, "{\"schemaVersion\":2,\"config\":");
	descriptor(&text, "application/vnd.buildkit.historyrecord.v0", &parts[0], "");
	cs_buf_puts(&text, ",\"layers\":[");
	descriptor(&text, "application/vnd.buildkit.status.v0", &parts[1], "");
	cs_buf_putc(&text, ',');
	descriptor(&text, "application/vnd.in-toto+json", &parts[2], predicate);
	cs_buf_putc(&text, ',');
	descriptor(&text, "application/json", &parts[3], real);
	cs_buf_puts(&text, "]}");
	manifest.data = (const uint8_t *)text.data;
	manifest.len = text.len;
	add_blob(tar, &manifest);
	cs_buf_puts(&index, "{\"schemaVersion\":2,\"manifests\":[");
	descriptor(&index, "application/vnd.oci.image.manifest.v1+json", &manifest, "");
	cs_buf_puts(&index, "]}");
	if (parts[4].len)
		tar_add(tar, "index.json", parts[4].data, parts[4].len);
	else
		tar_add(tar, "index.json", index.data, index.len);
	cs_buf_release(&text);
	cs_buf_release(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_buf tar = CS_BUF_INIT;
	char end[1024] = { 0 };

	make(data, len, &tar);
	cs_buf_add(&tar, end, sizeof(end));
	fuzz_parser("record", (const uint8_t *)tar.data, tar.len);
	cs_buf_release(&tar);
	return 0;
}
