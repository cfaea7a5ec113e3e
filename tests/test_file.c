/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of strangers below a folder, by openat2 and, where a filter takes that away as those of
 * containers do, component by component; and files of ours, whole or not at all.
 */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/file.h"

static char folder[] = "/tmp/test_file_XXXXXX";
static struct cs_err err;

static void spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(0, fclose(f));
}

static void assert_text(const char *path, const char *want)
{
	struct cs_buf buf = CS_BUF_INIT;
	int64_t size;
	int fd;

	assert_done(cs_file_open_read(path, &fd, &size, &err));
	assert_int_equal(strlen(want), size);
	assert_done(cs_file_read_all(fd, 100, &buf, &err));
	assert_string_equal(want, buf.data);
	close(fd);
	cs_buf_release(&buf);
}

static void try_beneath(void)
{
	static char long_name[300];
	static const struct {
		const char *path;
		int want;
		const char *says;
	} cases[] = {
		{ "in/a", 0, NULL },
		{ "in/deep/b", 0, NULL },
		{ "in/none", -CS_NOTFOUND, "in/none" },
		{ "none/a", -CS_NOTFOUND, "none/a" },
		{ "in/link", -CS_UNSUPPORTED, "leads through a link" },
		{ "folder-link/a", -CS_UNSUPPORTED, "leads through a link" },
		{ "in/deep/out/a", -CS_UNSUPPORTED, "leads through a link" },
		{ "../beside", -CS_UNSUPPORTED, "link" },
		{ "/etc/passwd", -CS_UNSUPPORTED, "link" },
		{ "in", -CS_UNSUPPORTED, "is a folder, not a regular file" },
		{ "in/fifo", -CS_UNSUPPORTED, "is a FIFO, not a regular file" },
		{ "in/socket", -CS_UNSUPPORTED, "is a socket, not a regular file" },
		{ "in/a/b", -CS_FORMAT, "Not a directory" },
		{ long_name, -CS_FORMAT, "too long" },
	};
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	assert_true(dir >= 0);
	memset(long_name, 'x', sizeof(long_name) - 1);
	for (size_t i = 0; i < CS_N(cases); i++) {
		int fd = -7;
		int64_t size = -7;
		int r = cs_file_open_beneath(dir, cases[i].path, &fd, &size, &err);

		if (r != cases[i].want)
			fail_msg("%s: %d (%s)", cases[i].path, r, r < 0 ? err.msg : "");
		assert_int_equal(r == 0 ? 1 : -7, size);
		if (r == 0)
			close(fd);
		else if (!strstr(err.msg, cases[i].says))
			fail_msg("%s: %s", cases[i].path, err.msg);
		if (r < 0)
			assert_int_equal(-7, fd);
	}
	close(dir);
}

static void beneath(void **state CS_UNUSED)
{
	try_beneath();
}

/* The last test: the filter stays. */
static void beneath_without_openat2(void **state CS_UNUSED)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { CS_N(program), program };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &filter) < 0) {
		print_message("no filter of calls here\n");
		skip();
	}
	assert_int_equal(-1, syscall(SYS_openat2, -1, NULL, NULL, 0));
	assert_int_equal(EPERM, errno);
	try_beneath();
}

/* What is in the folder, hidden files too. */
static int count_files(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void whole_or_not(void **state CS_UNUSED)
{
	struct cs_outfile *out = NULL;

	assert_done(cs_mkdir_parents("ours/a", &err));
	spill("ours/a/f", "old");
	assert_done(cs_outfile_open("ours/a/f", &out, &err));
	assert_true(fputs("new", cs_outfile_stream(out)) >= 0);
	assert_text("ours/a/f", "old");
	cs_outfile_discard(out);
	assert_text("ours/a/f", "old");
	assert_int_equal(1, count_files("ours/a"));

	assert_done(cs_outfile_open("ours/a/f", &out, &err));
	assert_true(fputs("new", cs_outfile_stream(out)) >= 0);
	assert_done(cs_outfile_commit(out, &err));
	assert_text("ours/a/f", "new");
	assert_int_equal(1, count_files("ours/a"));

	out = NULL;
	assert_code(CS_NOTFOUND, cs_outfile_open("ours/none/f", &out, &err));
	assert_non_null(strstr(err.msg, "ours/none/f"));
	assert_null(out);
	cs_outfile_discard(NULL);
}

/* A folder of that name: the rename fails, and nothing is left of the try. */
static void commit_fails(void **state CS_UNUSED)
{
	struct cs_outfile *out = NULL;

	assert_done(cs_mkdir_shared("ours/b/folder/x", &err));
	assert_done(cs_outfile_open("ours/b/folder", &out, &err));
	assert_true(fputs("new", cs_outfile_stream(out)) >= 0);
	assert_true(cs_outfile_commit(out, &err) < 0);
	assert_non_null(strstr(err.msg, "cannot rename to 'ours/b/folder'"));
	assert_int_equal(1, count_files("ours/b"));
}

static void folders(void **state CS_UNUSED)
{
	spill("plain", "x");
	assert_true(cs_mkdir_parents("plain/below", &err) < 0);
	assert_non_null(strstr(err.msg, "plain/below"));
	assert_code(CS_NOTFOUND, cs_mkdir_parents("", &err));
	assert_done(cs_mkdir_parents("ours/c/d/", &err));
	assert_done(cs_mkdir_parents("ours/c/d", &err));
}

static void too_large(void **state CS_UNUSED)
{
	struct cs_buf buf = CS_BUF_INIT;
	int64_t size;
	int fd;

	assert_done(cs_file_open_read("in/a", &fd, &size, &err));
	assert_code(CS_FORMAT, cs_file_read_all(fd, 0, &buf, &err));
	assert_string_equal("larger than 0 bytes", err.msg);
	close(fd);
	cs_buf_release(&buf);
	fd = open(".", O_RDONLY);
	assert_code(CS_IO, cs_file_read_all(fd, 100, &buf, &err)); /* EISDIR, as any failed read */
	close(fd);
	cs_buf_release(&buf);
}

static int setup(void **state CS_UNUSED)
{
	assert_non_null(mkdtemp(folder));
	assert_int_equal(0, chdir(folder));
	assert_int_equal(0, mkdir("w", 0700));
	spill("beside", "x");
	assert_int_equal(0, chdir("w"));
	assert_done(cs_mkdir_parents("in/deep", &err));
	spill("in/a", "a");
	spill("in/deep/b", "b");
	assert_int_equal(0, symlink("../../beside", "in/link"));
	assert_int_equal(0, symlink("in", "folder-link"));
	assert_int_equal(0, symlink("/etc", "in/deep/out"));
	assert_int_equal(0, mkfifo("in/fifo", 0600));
	assert_int_equal(0, mknod("in/socket", S_IFSOCK | 0600, 0));
	return 0;
}

static int drop(const char *path, const struct stat *st CS_UNUSED, int type CS_UNUSED,
		struct FTW *at CS_UNUSED)
{
	return remove(path);
}

static int teardown(void **state CS_UNUSED)
{
	assert_int_equal(0, chdir("/"));
	return nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beneath),	cmocka_unit_test(whole_or_not),
		cmocka_unit_test(commit_fails), cmocka_unit_test(folders),
		cmocka_unit_test(too_large),	cmocka_unit_test(beneath_without_openat2),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
