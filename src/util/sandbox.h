/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Few rights for what parses input: a parser that is taken over can read and write what was named
 * on the command line, and start, reach or become nothing else. Best effort: what a kernel has not
 * is left out, and told.
 */
#ifndef CS_UTIL_SANDBOX_H
#define CS_UTIL_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#define CS_SANDBOX_TEXT 64

/* What is in force. */
struct cs_sandbox_state {
	bool no_new_privs, seccomp;
	int landlock; /* version of its interface, 0 = not in force */
};

/* Paths are gathered, then all others are given up, with much else, until the process ends. */
struct cs_sandbox {
	int fd; /* -1: the kernel has no landlock, or a path could not be granted */
	int abi;
	uint64_t handled;
};

void cs_sandbox_begin(struct cs_sandbox *s);
/*
 * All below path, links followed. False only if there is no such path: a path that exists and
 * cannot be granted gives up landlock, never the path.
 */
bool cs_sandbox_allow(struct cs_sandbox *s, const char *path, bool write);
/* For a path that is made later: the folder it is in, or the nearest one above that exists. */
void cs_sandbox_allow_folder_of(struct cs_sandbox *s, const char *path);
/* Only with a single thread. s is done with. */
void cs_sandbox_enter(struct cs_sandbox *s, struct cs_sandbox_state *ret);
/* "no_new_privs, landlock 3, seccomp", or "none". */
const char *cs_sandbox_text(const struct cs_sandbox_state *state, char buf[CS_SANDBOX_TEXT]);

/* sandbox_calls.c: refuses system calls that nothing here needs (EPERM); needs no_new_privs. */
bool cs_sandbox_refuse_calls(void);

#endif
