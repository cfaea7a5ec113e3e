/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target over files and folders, or, without arguments, over the seeds beside it: what is
 * common to all targets in tests/fixtures, and its own in tests/fuzz/seeds/NAME.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"
#include "util/buf.h"

#define SEED_MAX (1 << 20)

static int n_run;

static void run_file(const char *path)
{
	static uint8_t data[SEED_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t n;

	if (!f)
		return;
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	/* a block of its own, so that a sanitizer sees a byte too many */
	copy = malloc(n ? n : 1);
	if (!copy)
		return;
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	LLVMFuzzerTestOneInput(copy, n / 2);
	free(copy);
	n_run++;
}

static void run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char name[4096];
	struct stat st;

	while (dir && (e = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
			run_file(name);
	}
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	const char *top = getenv("srcdir") ? getenv("srcdir") : ".";
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	char path[4096];
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			run_folder(argv[i]);
		else
			run_file(argv[i]);
	}
	if (argc == 1) {
		if (strncmp(name, "fuzz_", 5) == 0)
			name += 5;
		snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/%s", top, name);
		run_folder(path);
		snprintf(path, sizeof(path), "%s/tests/fixtures/build", top);
		run_folder(path);
	}
	printf("%d seeds\n", n_run);
	return n_run ? 0 : 1;
}
