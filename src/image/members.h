/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of an archive by name. Names are cleaned ("./a//b" is "a/b", as extracting would have
 * it); what would land outside the archive's root is never a member. Of members with one name the
 * last counts: docker and podman extract the archive, where the later one overwrites the earlier.
 * Links are followed by name inside the archive, a bounded number of times.
 */
#ifndef CS_IMAGE_MEMBERS_H
#define CS_IMAGE_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/limits.h"

struct cs_member {
	const char *name;   /* cleaned */
	const char *target; /* of a link, cleaned too; NULL for a file */
	int64_t offset, size;
	void *data; /* the source's own */
	uint32_t order;
	bool escapes; /* a link that leads out of the archive */
};

struct cs_members;

int cs_members_new(const struct cs_limits *limits, struct cs_members **ret, struct cs_err *err);
void cs_members_free(struct cs_members *members);
CS_DEFINE_AUTO(struct cs_members *, cs_members_free)

/* A file. Returns 1 where the name leads out of the archive: nothing is added. */
int cs_members_add(struct cs_members *members, const char *name, int64_t offset, int64_t size,
		   void *data, struct cs_err *err);
int cs_members_add_link(struct cs_members *members, const char *name, const char *target,
			bool symbolic, struct cs_err *err);
/* Once, after the last: find needs it. drop is called for the data of each that was overwritten. */
void cs_members_finish(struct cs_members *members, void (*drop)(void *data));
/* Each that is left, in name order. */
size_t cs_members_count(const struct cs_members *members);
const struct cs_member *cs_members_at(const struct cs_members *members, size_t i);

/* One file of a folder by its last name; what is not 0 ends the listing and is given back. */
typedef int cs_file_fn(void *arg, const char *name, int64_t size, struct cs_err *err);
/* Each file (no link) that lies right in a folder, "" the root. */
int cs_members_list(const struct cs_members *members, const char *folder, cs_file_fn *fn, void *arg,
		    struct cs_err *err);

/* The file that name leads to: 0, 1 if there is none, CS_UNSUPPORTED for links that go nowhere. */
int cs_members_find(const struct cs_members *members, const char *name,
		    const struct cs_member **ret, struct cs_err *err);

/*
 * dir (a cleaned folder, "" the root) + "/" + path, cleaned, into buf of cap bytes. False if it
 * leads out of the root, is the root, or is too long. An absolute path counts from the root.
 */
bool cs_path_clean(const char *dir, const char *path, char *buf, size_t cap);

#endif
