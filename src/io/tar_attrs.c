/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended attributes and ACLs of the current entry, in one order whatever the writer's was: sorted
 * by kind, name and value, each once (bsdtar writes every attribute in two dialects). Gathered
 * while the entry is read and not when asked for, because only then memory may run out with an
 * error.
 */
#include "io/tar_priv.h"

#include <string.h>

static int attr_compare(const void *pa, const void *pb)
{
	const struct cs_tar_attr *a = pa, *b = pb;
	size_t len = a->len < b->len ? a->len : b->len;
	int r = a->kind - b->kind;

	if (r == 0)
		r = strcmp(a->name, b->name);
	if (r == 0 && len)
		r = memcmp(a->value, b->value, len);
	return r ? r : (a->len > b->len) - (a->len < b->len);
}

static int attr_add(struct cs_tar *tar, char kind, const char *name, const void *value, size_t len,
		    struct cs_err *err)
{
	if (tar->n_attrs == tar->attrs_cap) {
		size_t cap = tar->attrs_cap ? 2 * tar->attrs_cap : 8;
		struct cs_tar_attr *attrs = reallocarray(tar->attrs, cap, sizeof(*attrs));

		if (!attrs)
			return cs_err_nomem(err);
		tar->attrs = attrs;
		tar->attrs_cap = cap;
	}
	tar->attrs[tar->n_attrs++] = (struct cs_tar_attr){ kind, name, value, len };
	return 0;
}

/* One attribute per line: the order of an ACL's entries means nothing. */
static int acl_add(struct cs_tar *tar, struct cs_err *err)
{
	char *line, *next;
	int r = 0;

	if (archive_entry_acl_types(tar->entry) == 0)
		return 0;
	tar->acl = archive_entry_acl_to_text(tar->entry, NULL,
					     ARCHIVE_ENTRY_ACL_STYLE_EXTRA_ID |
						     ARCHIVE_ENTRY_ACL_STYLE_MARK_DEFAULT);
	if (!tar->acl)
		return 0; /* nothing beyond the mode */
	for (line = tar->acl; *line && r == 0; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		r = attr_add(tar, 'a', line, NULL, 0, err);
	}
	return r;
}

int cs_tar_attrs_load(struct cs_tar *tar, struct cs_err *err)
{
	const char *name;
	const void *value;
	size_t len, n = 0;
	int r;

	tar->n_attrs = 0;
	free(tar->acl);
	tar->acl = NULL;
	r = acl_add(tar, err);
	archive_entry_xattr_reset(tar->entry);
	while (r == 0 && archive_entry_xattr_next(tar->entry, &name, &value, &len) == ARCHIVE_OK)
		r = attr_add(tar, 'x', name, value, len, err);
	if (r < 0)
		return r;
	if (tar->n_attrs)
		qsort(tar->attrs, tar->n_attrs, sizeof(*tar->attrs), attr_compare);
	for (size_t i = 0; i < tar->n_attrs; i++)
		if (i == 0 || attr_compare(&tar->attrs[i], &tar->attrs[n - 1]) != 0)
			tar->attrs[n++] = tar->attrs[i];
	tar->n_attrs = n;
	return 0;
}

static void hash_sized(struct cs_hasher *h, const void *data, size_t len)
{
	uint8_t le[8];

	for (size_t i = 0; i < sizeof(le); i++)
		le[i] = (uint8_t)((uint64_t)len >> (8 * i));
	cs_hasher_update(h, le, sizeof(le));
	if (len)
		cs_hasher_update(h, data, len);
}

bool cs_tar_xattrs_hash(struct cs_tar *tar, struct cs_hasher *h)
{
	for (size_t i = 0; i < tar->n_attrs; i++) {
		const struct cs_tar_attr *a = &tar->attrs[i];

		cs_hasher_update(h, &a->kind, 1);
		hash_sized(h, a->name, strlen(a->name));
		hash_sized(h, a->value, a->len);
	}
	return tar->n_attrs > 0;
}
