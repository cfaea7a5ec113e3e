/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name that the header's version has: a library with another one may lay out its structs in
 * another way. It stays mapped after the last use, as its own libraries leave handlers behind.
 */
#include "util/error.h"

#ifdef HAVE_LIBGIT2

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "io/git_lib.h"

#define NAME "libgit2.so." LIBGIT2_SOVERSION

static const struct {
	const char *name;
	size_t at;
} calls[] = {
#define CS_GIT_CALL(name) { #name, offsetof(struct cs_git_lib, name) },
	CS_GIT_CALLS(CS_GIT_CALL)
};

int cs_git_lib_load(struct cs_git_lib *ret, struct cs_err *err)
{
	struct cs_git_lib lib = { .handle = dlopen(NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };

	if (!lib.handle)
		return cs_err_set(err, CS_UNSUPPORTED, "cannot load " NAME ": %s", dlerror());
	for (size_t i = 0; i < CS_N(calls); i++) {
		void *call = dlsym(lib.handle, calls[i].name);

		if (!call) {
			dlclose(lib.handle);
			return cs_err_set(err, CS_UNSUPPORTED, NAME " has no %s", calls[i].name);
		}
		memcpy((char *)&lib + calls[i].at, &call, sizeof(call));
	}
	*ret = lib;
	return 0;
}

void cs_git_lib_unload(struct cs_git_lib *lib)
{
	dlclose(lib->handle);
}

#endif
