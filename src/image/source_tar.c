/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain tar file: its headers are read once, and then every member is a place in the file. That
 * lets the documents be read first, wherever they stand, and the layers by several workers.
 */
#include <fcntl.h>

#include "image/members.h"
#include "image/source.h"
#include "io/tar.h"

struct tar_input {
	struct cs_input base;
	int fd;
	struct cs_members *members;
};

static int tar_probe(const struct cs_source_place *place)
{
	return place->is_file && cs_tar_head(place->head, place->head_len) ? 80 : 0;
}

static int add_member(void *arg, const struct cs_tar_member *m, struct cs_err *err)
{
	struct tar_input *in = arg;
	int r = 0;

	if (m->type == CS_ENTRY_FILE)
		r = cs_members_add(in->members, m->path, m->offset, m->size, NULL, err);
	else if (m->type == CS_ENTRY_SYMLINK || m->type == CS_ENTRY_HARDLINK)
		r = cs_members_add_link(in->members, m->path, m->target,
					m->type == CS_ENTRY_SYMLINK, err);
	return r < 0 ? r : 0;
}

static void tar_close(struct cs_input *base)
{
	struct tar_input *in = (struct tar_input *)base;

	if (in->fd >= 0)
		close(in->fd);
	cs_members_free(in->members);
	free(in);
}

static int tar_open(const struct cs_ctx *ctx, const struct cs_source_place *place,
		    const struct cs_source_options *options CS_UNUSED, struct cs_input **ret,
		    struct cs_err *err)
{
	struct tar_input *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return cs_err_nomem(err);
	in->base.source = &cs_source_tar;
	in->base.ctx = ctx;
	in->fd = -1; /* the caller's until this succeeds */
	r = cs_members_new(&ctx->limits, &in->members, err);
	if (r == 0)
		r = cs_tar_index(ctx, place->fd, place->size, add_member, in, err);
	if (r != 0) {
		tar_close(&in->base);
		return r;
	}
	cs_members_finish(in->members, NULL);
	in->fd = place->fd;
	*ret = &in->base;
	return 0;
}

static int tar_find(struct cs_input *base, const char *name, const char **ret_name,
		    int64_t *ret_size, struct cs_err *err)
{
	const struct cs_member *m;
	int r = cs_members_find(((struct tar_input *)base)->members, name, &m, err);

	if (r != 0)
		return r;
	*ret_name = m->name;
	*ret_size = m->size;
	return 0;
}

static int tar_list(struct cs_input *base, const char *folder, cs_file_fn *fn, void *arg,
		    struct cs_err *err)
{
	return cs_members_list(((struct tar_input *)base)->members, folder, fn, arg, err);
}

static int tar_extent(struct cs_input *base, const char *name, struct cs_extent *ret,
		      struct cs_err *err)
{
	struct tar_input *in = (struct tar_input *)base;
	const struct cs_member *m;
	int r = cs_members_find(in->members, name, &m, err);

	if (r != 0)
		return r;
	*ret = (struct cs_extent){ in->fd, false, m->offset, m->size };
	return 0;
}

const struct cs_source cs_source_tar = {
	.name = "tar",
	.probe = tar_probe,
	.open = tar_open,
	.close = tar_close,
	.find = tar_find,
	.list = tar_list,
	.extent = tar_extent,
};
