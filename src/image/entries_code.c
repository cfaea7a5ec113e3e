/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer keeps the coded body of each entry in memory and the list holds the same bytes, so one
 * coder serves both; only digests stand apart in the list. Further columns (all paths, all modes)
 * would compress a few per cent better; refused, because a reader would then need a frame, and a
 * window in memory, for each.
 */
#include "image/entries_code.h"

#include <string.h>

static const char letters[] = {
	[CS_ENTRY_FILE] = 'f',	   [CS_ENTRY_DIRECTORY] = 'd', [CS_ENTRY_SYMLINK] = 'l',
	[CS_ENTRY_HARDLINK] = 'h', [CS_ENTRY_CHAR] = 'c',      [CS_ENTRY_BLOCK] = 'b',
	[CS_ENTRY_FIFO] = 'p',
};

int cs_entry_path_set(struct cs_buf *buf, const char *path)
{
	size_t n;
	char *out;

	cs_buf_reset(buf);
	if (cs_buf_reserve(buf, strlen(path) + 1) < 0)
		return -1;
	out = buf->data;
	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && *path == '.'))
			continue;
		if (out != buf->data)
			*out++ = '/';
		memcpy(out, path, n);
		out += n;
	}
	if (out == buf->data)
		*out++ = '.';
	*out = '\0';
	buf->len = (size_t)(out - buf->data);
	return 0;
}

bool cs_entry_path_normal(const char *path, size_t len)
{
	size_t start = 0;

	if (len == 1 && path[0] == '.')
		return true;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		if (i == start || (i == start + 1 && path[start] == '.'))
			return false;
		start = i + 1;
	}
	return true;
}

int cs_entry_path_compare_n(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t n = a_len < b_len ? a_len : b_len, i = 0;
	uint64_t x, y;

	/* Neighbours share most of their path: skip by words. */
	for (; i + 8 <= n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			break;
	}
	while (i < n && a[i] == b[i])
		i++;
	if (i == n)
		return (a_len > b_len) - (a_len < b_len);
	if (a[i] == '/')
		return -1;
	if (b[i] == '/')
		return 1;
	return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
}

int cs_entry_path_compare(const char *a, const char *b)
{
	return cs_entry_path_compare_n(a, strlen(a), b, strlen(b));
}

static uint8_t *text_put(uint8_t *p, const char *text)
{
	size_t n = strlen(text) + 1;

	memcpy(p, text, n);
	return p + n;
}

static uint8_t *digest_put(uint8_t *p, const struct cs_digest *d)
{
	memcpy(p, d->bytes, 32);
	return p + 32;
}

uint8_t *cs_entry_body_put(uint8_t *p, const struct cs_entry *e)
{
	bool file = e->type == CS_ENTRY_FILE;
	unsigned flags = (unsigned)e->type;

	flags |= e->uname && *e->uname ? CS_BODY_UNAME : 0;
	flags |= e->gname && *e->gname ? CS_BODY_GNAME : 0;
	flags |= file && e->sparse ? CS_BODY_SPARSE : 0;
	flags |= file && cs_digest_known(&e->content) ? CS_BODY_CONTENT : 0;
	flags |= cs_digest_known(&e->xattrs) ? CS_BODY_XATTRS : 0;
	*p++ = (uint8_t)flags;
	p = cs_varint_put(p, e->mode & 07777);
	p = cs_varint_put(p, cs_zigzag(e->uid));
	p = cs_varint_put(p, cs_zigzag(e->gid));
	p = cs_varint_put(p, cs_zigzag(e->mtime_s));
	p = cs_varint_put(p, e->mtime_ns);
	if (file)
		p = cs_varint_put(p, (uint64_t)e->size);
	if (cs_entry_has_target(e->type))
		p = text_put(p, e->target ? e->target : "");
	if (cs_entry_has_device(e->type)) {
		p = cs_varint_put(p, e->dev_major);
		p = cs_varint_put(p, e->dev_minor);
	}
	if (flags & CS_BODY_UNAME)
		p = text_put(p, e->uname);
	if (flags & CS_BODY_GNAME)
		p = text_put(p, e->gname);
	if (flags & CS_BODY_CONTENT)
		p = digest_put(p, &e->content);
	if (flags & CS_BODY_XATTRS)
		p = digest_put(p, &e->xattrs);
	return p;
}

/* A reading position; bad is set once and for all. */
struct cursor {
	const uint8_t *p, *end;
	bool bad;
};

static uint64_t number_get(struct cursor *c, uint64_t max)
{
	uint64_t v = 0;

	if (c->bad || !cs_varint_get(&c->p, c->end, &v) || v > max) {
		c->bad = true;
		return 0;
	}
	return v;
}

static const char *text_get(struct cursor *c)
{
	const char *text = (const char *)c->p;
	const uint8_t *nul = c->bad ? NULL : memchr(c->p, 0, (size_t)(c->end - c->p));

	if (!nul) {
		c->bad = true;
		return NULL;
	}
	c->p = nul + 1;
	return text;
}

static void digest_get(struct cursor *c, struct cs_digest *ret)
{
	if (c->bad || c->end - c->p < 32) {
		c->bad = true;
		return;
	}
	ret->algo = CS_DIGEST_SHA256;
	memcpy(ret->bytes, c->p, 32);
	c->p += 32;
}

const char *cs_entry_body_get(const uint8_t *p, const uint8_t *end, struct cs_entry *ret)
{
	struct cursor c = { p, end, p == end };
	unsigned flags = c.bad ? 0 : *c.p++;
	struct cs_entry e = { .type = (enum cs_entry_type)(flags & CS_BODY_TYPE) };

	if ((flags & CS_BODY_TYPE) > CS_ENTRY_FIFO)
		return "unknown type";
	if (e.type != CS_ENTRY_FILE && (flags & (CS_BODY_SPARSE | CS_BODY_CONTENT)))
		return "content of what is no file";
	e.sparse = flags & CS_BODY_SPARSE;
	e.mode = (uint32_t)number_get(&c, 07777);
	e.uid = cs_unzigzag(number_get(&c, UINT64_MAX));
	e.gid = cs_unzigzag(number_get(&c, UINT64_MAX));
	e.mtime_s = cs_unzigzag(number_get(&c, UINT64_MAX));
	e.mtime_ns = (uint32_t)number_get(&c, UINT32_MAX);
	if (e.type == CS_ENTRY_FILE)
		e.size = (int64_t)number_get(&c, INT64_MAX);
	if (cs_entry_has_target(e.type))
		e.target = text_get(&c);
	if (cs_entry_has_device(e.type)) {
		e.dev_major = (uint32_t)number_get(&c, UINT32_MAX);
		e.dev_minor = (uint32_t)number_get(&c, UINT32_MAX);
	}
	if (flags & CS_BODY_UNAME)
		e.uname = text_get(&c);
	if (flags & CS_BODY_GNAME)
		e.gname = text_get(&c);
	if (flags & CS_BODY_CONTENT)
		digest_get(&c, &e.content);
	if (flags & CS_BODY_XATTRS)
		digest_get(&c, &e.xattrs);
	if (c.bad)
		return "truncated or oversized field";
	if (c.p != c.end)
		return "bytes behind the last field";
	*ret = e;
	return NULL;
}

static uint8_t *le_put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

int cs_entry_canonical(struct cs_buf *buf, const struct cs_entry *e, const char *path,
		       size_t path_len)
{
	bool content = cs_digest_known(&e->content), xattrs = cs_digest_known(&e->xattrs);
	size_t target_len = e->target ? strlen(e->target) : 0;
	uint8_t *p;

	if (cs_buf_reserve(buf, 46 + path_len + target_len + 64) < 0)
		return -1;
	p = (uint8_t *)buf->data + buf->len;
	*p++ = (uint8_t)letters[e->type];
	*p++ = (uint8_t)((content ? 1 : 0) | (xattrs ? 2 : 0));
	p = le_put(p, e->mode, 4);
	p = le_put(p, (uint64_t)e->uid, 8);
	p = le_put(p, (uint64_t)e->gid, 8);
	p = le_put(p, (uint64_t)e->size, 8);
	p = le_put(p, e->dev_major, 4);
	p = le_put(p, e->dev_minor, 4);
	p = le_put(p, path_len, 4);
	p = le_put(p, target_len, 4);
	memcpy(p, path, path_len);
	p += path_len;
	if (target_len)
		memcpy(p, e->target, target_len);
	p += target_len;
	if (content)
		p = digest_put(p, &e->content);
	if (xattrs)
		p = digest_put(p, &e->xattrs);
	*p = '\0';
	buf->len = (size_t)(p - (uint8_t *)buf->data);
	return 0;
}
