/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock by its system calls: the C library has no names for them, and headers know fewer rights
 * than the kernel that runs. What each version can handle is handled; nothing may be executed, and
 * since version 4 no TCP used, since 6 no process signalled that is not ours. Namespaces were
 * refused: they need rights that a container has not, and move mounts away from under the paths.
 */
#include "util/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"

/* linux/landlock.h; the numbers are the same on every architecture. */
#define CALL_CREATE   444
#define CALL_ADD      445
#define CALL_RESTRICT 446
#define ASK_VERSION   1U
#define PATH_BENEATH  1

#define FS_EXECUTE    (1U << 0)
#define FS_WRITE_FILE (1U << 1)
#define FS_READ_FILE  (1U << 2)
#define FS_READ_DIR   (1U << 3)
#define FS_REFER      (1U << 13) /* version 2 */
#define FS_TRUNCATE   (1U << 14) /* 3 */
#define FS_IOCTL_DEV  (1U << 15) /* 5 */
#define FS_ALL_1      ((1U << 13) - 1)
/* Removing, and making folders, regular files and FIFOs; no devices, sockets, links. */
#define FS_CHANGE (1U << 4 | 1U << 5 | 1U << 7 | 1U << 8)
/* Rights that a file can have; others in the rule of one are an error. */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define NET_TCP	    3U /* bind, connect: version 4 */
#define SCOPE_ALL   3U /* abstract sockets, signals: version 6 */

struct ruleset {
	uint64_t fs, net, scope;
};

struct __attribute__((packed)) beneath {
	uint64_t allowed;
	int32_t fd;
};

void cs_sandbox_begin(struct cs_sandbox *s)
{
	long abi = syscall(CALL_CREATE, NULL, 0, ASK_VERSION);
	struct ruleset rules = { 0 };
	size_t size = sizeof(rules.fs);

	*s = (struct cs_sandbox){ .fd = -1 };
	if (abi < 1)
		return;
	rules.fs = FS_ALL_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
		   (abi >= 5 ? FS_IOCTL_DEV : 0);
	if (abi >= 4) {
		rules.net = NET_TCP;
		size = offsetof(struct ruleset, scope);
	}
	if (abi >= 6) {
		rules.scope = SCOPE_ALL;
		size = sizeof(rules);
	}
	s->abi = (int)abi;
	s->handled = rules.fs;
	s->fd = (int)syscall(CALL_CREATE, &rules, size, 0U);
#ifdef CS_COUNTS_FOLDER
	cs_sandbox_allow(s, CS_COUNTS_FOLDER, true); /* gcov's, written as the process ends */
#endif
}

static void give_up(struct cs_sandbox *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool cs_sandbox_allow(struct cs_sandbox *s, const char *path, bool write)
{
	int fd CS_AUTO(cs_close_p) = open(path, O_PATH | O_CLOEXEC);
	struct beneath rule = { .allowed = FS_READ_FILE | FS_READ_DIR, .fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	if (s->fd < 0)
		return true;
	if (write)
		rule.allowed |= FS_WRITE_FILE | FS_CHANGE | FS_TRUNCATE;
	rule.allowed &= s->handled & (S_ISDIR(st.st_mode) ? UINT64_MAX : FS_OF_FILES);
	/* EBADFD: a pipe or the like, which needs no right */
	if (syscall(CALL_ADD, s->fd, PATH_BENEATH, &rule, 0U) < 0 && errno != EBADFD)
		give_up(s);
	return true;
}

void cs_sandbox_allow_folder_of(struct cs_sandbox *s, const char *path)
{
	char *folder CS_AUTO(cs_free_p) = strdup(path);
	char *slash;

	if (!folder) {
		give_up(s);
		return;
	}
	do {
		slash = strrchr(folder, '/');
		if (slash)
			slash[slash == folder] = '\0';
	} while (!cs_sandbox_allow(s, slash ? folder : ".", true) && slash && slash != folder);
}

void cs_sandbox_enter(struct cs_sandbox *s, struct cs_sandbox_state *ret)
{
	const struct rlimit none = { 0, 0 };

	*ret = (struct cs_sandbox_state){ 0 };
	/* A core holds what was read. PR_SET_DUMPABLE would do, but takes /proc/self/fd away. */
	setrlimit(RLIMIT_CORE, &none);
	ret->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
	if (ret->no_new_privs && s->fd >= 0 && syscall(CALL_RESTRICT, s->fd, 0U) == 0)
		ret->landlock = s->abi;
	give_up(s);
	if (ret->no_new_privs)
		ret->seccomp = cs_sandbox_refuse_calls();
}

const char *cs_sandbox_text(const struct cs_sandbox_state *state, char buf[CS_SANDBOX_TEXT])
{
	char landlock[24] = "";

	if (state->landlock)
		snprintf(landlock, sizeof(landlock), ", landlock %d", state->landlock);
	snprintf(buf, CS_SANDBOX_TEXT, "%s%s%s", state->no_new_privs ? "no_new_privs" : "none",
		 landlock, state->seccomp ? ", seccomp" : "");
	return buf;
}
