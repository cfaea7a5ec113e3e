/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted array and not a hash table: an archive may list a million members, and this way one
 * costs its name and 56 bytes. uthash would add as much again for each.
 */
#include "image/members.h"

#include <string.h>

#include "util/arena.h"

#define NAME_CAP  4096
#define LINKS_MAX 16
/* What a name may take on the average where there are as many members as there may be. */
#define NAME_SHARE 128
#define NAMES_FREE 65536

struct cs_members {
	const struct cs_limits *limits;
	struct cs_arena *names;
	int64_t name_bytes;
	struct cs_member *v;
	size_t n, cap;
};

bool cs_path_clean(const char *dir, const char *path, char *buf, size_t cap)
{
	size_t len = path[0] == '/' ? 0 : strlen(dir);

	if (len >= cap)
		return false;
	memcpy(buf, dir, len);
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (len == 0)
				return false;
			while (len > 0 && buf[len - 1] != '/')
				len--;
			len -= len > 0; /* the slash */
		} else if (n > 0 && !(n == 1 && p[0] == '.')) {
			if (len + n + 2 > cap)
				return false;
			if (len > 0)
				buf[len++] = '/';
			memcpy(buf + len, p, n);
			len += n;
		}
		p += n;
		p += *p == '/';
	}
	buf[len] = '\0';
	return len > 0;
}

int cs_members_new(const struct cs_limits *limits, struct cs_members **ret, struct cs_err *err)
{
	struct cs_members *m = calloc(1, sizeof(*m));

	if (m)
		m->names = cs_arena_new();
	if (!m || !m->names) {
		free(m);
		return cs_err_nomem(err);
	}
	m->limits = limits;
	*ret = m;
	return 0;
}

void cs_members_free(struct cs_members *m)
{
	if (!m)
		return;
	cs_arena_free(m->names);
	free(m->v);
	free(m);
}

static const char *keep_name(struct cs_members *m, const char *name)
{
	m->name_bytes += (int64_t)strlen(name) + 1;
	return cs_arena_strdup(m->names, name);
}

static int append(struct cs_members *m, const struct cs_member *member, struct cs_err *err)
{
	const struct cs_limits *limits = m->limits;

	if (m->n >= (size_t)limits->members)
		return cs_limit_error(err, limits, members, "members of the archive");
	if (limits->members < INT64_MAX / NAME_SHARE &&
	    m->name_bytes - NAMES_FREE > limits->members * NAME_SHARE)
		return cs_limit_error(err, limits, members,
				      "length of all names (%d bytes for each member that may be)",
				      NAME_SHARE);
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap + m->cap / 2 : 64;
		struct cs_member *v = realloc(m->v, cap * sizeof(*v));

		if (!v)
			return cs_err_nomem(err);
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n] = *member;
	m->v[m->n].order = (uint32_t)m->n;
	m->n++;
	return 0;
}

int cs_members_add(struct cs_members *m, const char *name, int64_t offset, int64_t size, void *data,
		   struct cs_err *err)
{
	struct cs_member member = { .offset = offset, .size = size, .data = data };
	char clean[NAME_CAP];

	if (!cs_path_clean("", name, clean, sizeof(clean)))
		return 1;
	member.name = keep_name(m, clean);
	if (!member.name)
		return cs_err_nomem(err);
	return append(m, &member, err);
}

int cs_members_add_link(struct cs_members *m, const char *name, const char *target, bool symbolic,
			struct cs_err *err)
{
	struct cs_member member = { .offset = -1, .size = -1 };
	char clean[NAME_CAP], dir[NAME_CAP], to[NAME_CAP];
	char *slash;

	if (!cs_path_clean("", name, clean, sizeof(clean)))
		return 1;
	memcpy(dir, clean, strlen(clean) + 1);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	/* A symbolic link counts from its own folder, a hard link from the archive's root. */
	member.escapes = (symbolic && target[0] == '/') ||
			 !cs_path_clean(symbolic && slash ? dir : "", target, to, sizeof(to));
	member.name = keep_name(m, clean);
	member.target = keep_name(m, member.escapes ? "" : to);
	if (!member.name || !member.target)
		return cs_err_nomem(err);
	return append(m, &member, err);
}

static int by_name_and_order(const void *a, const void *b)
{
	const struct cs_member *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c)
		return c;
	return x->order < y->order ? -1 : x->order > y->order;
}

void cs_members_finish(struct cs_members *m, void (*drop)(void *data))
{
	size_t kept = 0;

	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_name_and_order);
	for (size_t i = 0; i < m->n; i++) {
		if (i + 1 < m->n && strcmp(m->v[i].name, m->v[i + 1].name) == 0) {
			if (drop && m->v[i].data)
				drop(m->v[i].data);
			continue;
		}
		m->v[kept++] = m->v[i];
	}
	m->n = kept;
}

size_t cs_members_count(const struct cs_members *m)
{
	return m->n;
}

const struct cs_member *cs_members_at(const struct cs_members *m, size_t i)
{
	return &m->v[i];
}

int cs_members_list(const struct cs_members *m, const char *folder, cs_file_fn *fn, void *arg,
		    struct cs_err *err)
{
	size_t len = strlen(folder);

	for (size_t i = 0; i < m->n; i++) {
		const char *name = m->v[i].name;
		int r;

		if (m->v[i].target || m->v[i].escapes || strncmp(name, folder, len) != 0)
			continue;
		if (len) {
			if (name[len] != '/')
				continue;
			name += len + 1;
		}
		r = strchr(name, '/') ? 0 : fn(arg, name, m->v[i].size, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int by_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct cs_member *)element)->name);
}

int cs_members_find(const struct cs_members *m, const char *name, const struct cs_member **ret,
		    struct cs_err *err)
{
	char clean[NAME_CAP];
	const char *at = clean;

	if (!cs_path_clean("", name, clean, sizeof(clean)))
		return cs_err_set(err, CS_UNSUPPORTED, "'%.200s' leads out of the archive", name);
	for (int i = 0; i < LINKS_MAX; i++) {
		const struct cs_member *found =
			m->n ? bsearch(at, m->v, m->n, sizeof(*m->v), by_name) : NULL;

		if (!found)
			return 1;
		if (found->escapes)
			return cs_err_set(err, CS_UNSUPPORTED,
					  "'%.200s' is a link that leads out of the archive",
					  found->name);
		if (!found->target) {
			*ret = found;
			return 0;
		}
		at = found->target;
	}
	return cs_err_set(err, CS_UNSUPPORTED, "'%.200s': more than %d links in a row", name,
			  LINKS_MAX);
}
