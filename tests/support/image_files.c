/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts on disk and in pipes. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/image.h"

static struct {
	char folder[256];
	char path[300];
	unsigned n;
	struct cs_buf pipe; /* what TEST_PIPE will write */
} own;

const char *test_form_name(enum test_form form)
{
	static const char *const names[] = { "tar", "gzip", "zstd", "xz", "pipe", "folder" };

	return names[form];
}

const char *test_path(void)
{
	if (!own.folder[0]) {
		const char *tmp = getenv("TMPDIR");

		snprintf(own.folder, sizeof(own.folder), "%s/cachestat-test-XXXXXX",
			 tmp ? tmp : "/tmp");
		assert_non_null(mkdtemp(own.folder));
	}
	snprintf(own.path, sizeof(own.path), "%s/%u", own.folder, own.n++);
	return own.path;
}

static int remove_one(const char *path, const struct stat *st CS_UNUSED, int flag CS_UNUSED,
		      struct FTW *ftw CS_UNUSED)
{
	return remove(path);
}

void test_folder_remove(void)
{
	if (own.folder[0])
		nftw(own.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	own.folder[0] = '\0';
	cs_buf_release(&own.pipe);
}

void test_write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(len, fwrite(data, 1, len, f));
	assert_int_equal(0, fclose(f));
}

void test_layout_tar(const struct test_layout *l, struct cs_buf *ret)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct test_member *m = &l->v[i];
		struct test_tar_entry e = { .name = m->name, .link = m->link, .type = m->type };

		test_tar_add(ret, &e, m->data.data, m->data.len);
	}
	test_tar_end(ret);
}

static void make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) < 0)
			assert_int_equal(EEXIST, errno);
		*p = '/';
	}
}

static void write_folder(const struct test_layout *l, const char *folder)
{
	char path[600];

	assert_int_equal(0, mkdir(folder, 0755));
	for (size_t i = 0; i < l->n; i++) {
		const struct test_member *m = &l->v[i];

		snprintf(path, sizeof(path), "%s/%s", folder, m->name);
		make_parents(path);
		if (m->type == '6')
			assert_int_equal(0, mkfifo(path, 0644));
		else if (m->link)
			assert_int_equal(0, symlink(m->link, path));
		else
			test_write_file(path, m->data.data, m->data.len);
	}
}

const char *test_write_tar(const void *tar, size_t len, enum test_form form)
{
	struct cs_buf out = CS_BUF_INIT;
	const char *path = test_path();

	if (form == TEST_PIPE) {
		cs_buf_release(&own.pipe);
		assert_int_equal(0, cs_buf_add(&own.pipe, tar, len));
		return "-";
	}
	assert_true(form != TEST_FOLDER);
	if (form == TEST_GZIP)
		test_gzip(&out, tar, len, NULL, 0);
	else if (form == TEST_ZSTD)
		test_zstd(&out, tar, len, 0);
	else if (form == TEST_XZ)
		test_xz(&out, tar, len);
	test_write_file(path, form == TEST_TAR ? tar : out.data, form == TEST_TAR ? len : out.len);
	cs_buf_release(&out);
	return path;
}

const char *test_write(const struct test_layout *l, enum test_form form)
{
	struct cs_buf tar = CS_BUF_INIT;
	const char *path;

	if (form == TEST_FOLDER) {
		path = test_path();
		write_folder(l, path);
		return path;
	}
	test_layout_tar(l, &tar);
	path = test_write_tar(tar.data, tar.len, form);
	cs_buf_release(&tar);
	return path;
}

/* A child that writes into what becomes this process's standard input. */
static pid_t start_writer(void)
{
	int fd[2];
	pid_t pid;

	assert_int_equal(0, pipe2(fd, O_CLOEXEC));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		size_t done = 0;

		signal(SIGPIPE, SIG_DFL);
		close(fd[0]);
		while (done < own.pipe.len) {
			ssize_t n = write(fd[1], own.pipe.data + done, own.pipe.len - done);

			if (n < 0)
				_exit(1);
			done += (size_t)n;
		}
		_exit(0);
	}
	close(fd[1]);
	assert_int_equal(STDIN_FILENO, dup2(fd[0], STDIN_FILENO));
	close(fd[0]);
	return pid;
}

int test_load(const struct cs_ctx *ctx, const char *where, const struct cs_load_options *options,
	      struct cs_image_list *ret, struct cs_err *err)
{
	static const struct cs_load_options none;
	pid_t writer = 0;
	int status = 0, r;

	if (strcmp(where, "-") == 0)
		writer = start_writer();
	r = cs_images_load(ctx, where, options ? options : &none, ret, err);
	if (writer > 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		close(null);
		waitpid(writer, &status, 0);
		/* a writer must not find its pipe closed by a reader that got what it wanted */
		if (r == 0)
			assert_int_equal(0, status);
	}
	return r;
}
