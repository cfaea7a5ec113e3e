/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image that a base reference names, if it was recorded. A digest comes first: it names one
 * content for all time, a name whatever was last tagged so. But a base's digest is mostly that of
 * an index, which a recorded image does not know, so then the name is tried, in its usual spellings
 * (docker.io/library/alpine:3.19, alpine:3.19). The caller holds the layers against the image.
 */
#include "store/store_impl.h"

#define NAMES 6

/* The name without "@sha256:…". */
static char *without_digest(struct cs_arena *arena, const char *name)
{
	const char *at = strchr(name, '@');

	return cs_arena_strndup(arena, name, at ? (size_t)(at - name) : strlen(name));
}

static bool has_tag(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strchr(slash ? slash : name, ':') != NULL;
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* A first component with a dot or a port, or localhost, is a registry (the rule of docker). */
static bool has_registry(const char *name)
{
	const char *slash = strchr(name, '/');
	size_t n = slash ? (size_t)(slash - name) : 0;

	return slash && (memchr(name, '.', n) || memchr(name, ':', n) ||
			 (n == 9 && memcmp(name, "localhost", 9) == 0));
}

/* The spellings of a name, the one given first; fewer than NAMES where they coincide. */
static size_t spellings(struct cs_arena *arena, const char *given, const char *ret[NAMES])
{
	char *name = without_digest(arena, given);
	const char *shorter;
	char *full = NULL;
	size_t n = 0;

	if (!name)
		return 0;
	ret[n++] = given;
	if (!has_tag(name))
		name = cs_arena_printf(arena, "%s:latest", name);
	if (!name)
		return n;
	ret[n++] = name;
	shorter = after(name, "docker.io/library/");
	if (!shorter)
		shorter = after(name, "docker.io/");
	if (shorter)
		ret[n++] = shorter;
	else if (!has_registry(name))
		full = cs_arena_printf(arena, "docker.io/%s%s", strchr(name, '/') ? "" : "library/",
				       name);
	if (full)
		ret[n++] = full;
	/* podman and buildah call local images localhost/NAME */
	shorter = after(name, "localhost/");
	if (shorter)
		ret[n++] = shorter;
	else if (!has_registry(name))
		full = cs_arena_printf(arena, "localhost/%s", name);
	if (!shorter && full && ret[n - 1] != full)
		ret[n++] = full;
	return n;
}

/* The newest one with layers; *ret = 0 where there is none. */
static int by_digest(struct cs_store *store, int64_t project, const struct cs_digest *digest,
		     int64_t *ret, struct cs_err *err)
{
	static const int kinds[] = { CS_KIND_LAYERS, CS_KIND_LAYERS | CS_KIND_REF };
	int64_t no;
	int r = 0;

	*ret = 0;
	for (size_t i = 0; i < CS_N(kinds) && r >= 0; i++) {
		r = cs_st_int(store, CS_SQL_KIN_BY_HEAD,
			      CS_PARAMS(cs_p_int("project_id", project),
					cs_p_int("head", cs_st_digest_head(digest)),
					cs_p_int("kind", kinds[i]), cs_p_int("since", INT64_MIN),
					cs_p_int("until", INT64_MAX), cs_p_int("n", 1)),
			      &no, err);
		if (r == 0)
			r = cs_st_has_result(store, no, digest, err);
		if (r == 0 && no > *ret)
			*ret = no;
	}
	return r < 0 ? r : 0;
}

static int by_name(struct cs_store *store, int64_t project, const char *name,
		   struct cs_arena *arena, int64_t *ret, struct cs_err *err)
{
	const char *names[NAMES];
	size_t n = spellings(arena, name, names);
	int64_t text;
	int r = 1;

	for (size_t i = 0; i < n && r == 1; i++) {
		r = cs_st_text_find(store, project, names[i], &text, err);
		if (r == 0)
			r = cs_st_int(store, CS_SQL_BASE_BY_NAME,
				      CS_PARAMS(cs_p_int("project_id", project),
						cs_p_int("text_id", text)),
				      ret, err);
	}
	if (r == 1)
		*ret = 0;
	return r < 0 ? r : 0;
}

/* 0; 1 = no layers, or one of them without a diff-id: nothing to compare with. */
static int read_layers(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		       struct cs_digest **ret, size_t *ret_n, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	struct cs_buf buf = CS_BUF_INIT;
	struct cs_digest d, *copy;
	bool gap = false;
	int r = cs_st_query(store, CS_SQL_BASE_LAYERS, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		cs_db_row_digest(&row, &d);
		r = row.r;
		if (r == 0 && cs_buf_add(&buf, &d, sizeof(d)) < 0)
			r = cs_err_nomem(err);
		gap |= !cs_digest_known(&d);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	if (r == 1 && buf.len && !gap) {
		copy = cs_arena_alloc(arena, buf.len);
		if (copy) {
			memcpy(copy, buf.data, buf.len);
			*ret = copy;
			*ret_n = buf.len / sizeof(*copy);
			r = 0;
		} else {
			r = cs_err_nomem(err);
		}
	}
	cs_buf_release(&buf);
	return r;
}

static int find(struct cs_store *store, const char *project, const struct cs_base_ref *ref,
		struct cs_arena *arena, struct cs_digest **ret, size_t *ret_n, struct cs_err *err)
{
	const char *at = ref->name ? strchr(ref->name, '@') : NULL;
	struct cs_digest digest = ref->digest;
	int64_t project_id, build = 0;
	struct cs_err ignored;
	int r = cs_st_project(store, project, false, &project_id, err);

	if (!cs_digest_known(&digest) && at)
		cs_digest_parse(at + 1, &digest, &ignored);
	if (r == 0 && cs_digest_known(&digest))
		r = by_digest(store, project_id, &digest, &build, err);
	if (r == 0 && !build && ref->name)
		r = by_name(store, project_id, ref->name, arena, &build, err);
	if (r != 0 || !build)
		return r < 0 ? r : 1;
	return read_layers(store, build, arena, ret, ret_n, err);
}

int cs_store_base_find(struct cs_store *store, const char *project, const struct cs_base_ref *ref,
		       struct cs_arena *arena, struct cs_digest **ret_diff_ids, size_t *ret_n,
		       struct cs_err *err)
{
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = find(store, project, ref, arena, ret_diff_ids, ret_n, err);
	return cs_st_end_read(store, r, err);
}
