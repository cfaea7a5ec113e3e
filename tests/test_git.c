/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of commits from a repository that is made here; without libgit2: that it says so. */
#include "support/test.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/git.h"

static struct cs_err err;

#ifdef HAVE_LIBGIT2

#include <git2.h>

static char folder[64];
static char first[GIT_OID_HEXSZ + 1], second[GIT_OID_HEXSZ + 1];

struct file {
	const char *path, *content;
	git_filemode_t mode;
};

static void must(int r)
{
	if (r < 0)
		fail_msg("%s", git_error_last() ? git_error_last()->message : "libgit2");
}

static void commit(git_repository *repo, const struct file *files, size_t n, const char *parent,
		   char hex[GIT_OID_HEXSZ + 1])
{
	git_signature *who;
	git_commit *before = NULL;
	git_index *index;
	git_tree *tree;
	git_oid oid;

	must(git_index_new(&index));
	for (size_t i = 0; i < n; i++) {
		git_index_entry e = { .mode = files[i].mode, .path = files[i].path };

		must(git_blob_create_from_buffer(&e.id, repo, files[i].content,
						 strlen(files[i].content)));
		must(git_index_add(index, &e));
	}
	must(git_index_write_tree_to(&oid, index, repo));
	must(git_tree_lookup(&tree, repo, &oid));
	must(git_signature_new(&who, "test", "test@invalid", 1700000000, 0));
	if (parent) {
		must(git_oid_fromstr(&oid, parent));
		must(git_commit_lookup(&before, repo, &oid));
	}
	must(git_commit_create_v(&oid, repo, "HEAD", who, who, NULL, "m", tree, parent ? 1 : 0,
				 before));
	git_oid_tostr(hex, GIT_OID_HEXSZ + 1, &oid);
	git_commit_free(before);
	git_signature_free(who);
	git_tree_free(tree);
	git_index_free(index);
}

static int setup(void **state)
{
	static const struct file a[] = {
		{ "src/a.c", "one", GIT_FILEMODE_BLOB },
		{ "src/b.sh", "two", GIT_FILEMODE_BLOB },
		{ "gone", "x", GIT_FILEMODE_BLOB },
		{ "same", "y", GIT_FILEMODE_BLOB },
	};
	static const struct file b[] = {
		{ "src/a.c", "ONE", GIT_FILEMODE_BLOB },
		{ "src/b.sh", "two", GIT_FILEMODE_BLOB_EXECUTABLE },
		{ "new", "z", GIT_FILEMODE_BLOB },
		{ "same", "y", GIT_FILEMODE_BLOB },
	};
	git_repository *repo;

	(void)state;
	snprintf(folder, sizeof(folder), "test_git-%d.tmp", (int)getpid());
	git_libgit2_init();
	must(git_repository_init(&repo, folder, 1));
	commit(repo, a, CS_N(a), NULL, first);
	commit(repo, b, CS_N(b), first, second);
	git_repository_free(repo);
	return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	git_libgit2_shutdown();
	return nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

struct seen {
	char text[512];
};

static int note(void *arg, const char *path, enum cs_git_change change, struct cs_err *e)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	(void)e;
	snprintf(s->text + n, sizeof(s->text) - n, "%s:%d ", path, (int)change);
	return 0;
}

static void trees(void **state)
{
	struct cs_git *git CS_AUTO(cs_git_close_p) = NULL;
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct seen s = { "" };
	char shortened[9];

	(void)state;
	assert_true(cs_git_available());
	assert_done(cs_git_open(folder, &git, &err));
	assert_null(cs_git_workdir(git));
	assert_int_equal(0, cs_git_diff(git, first, second, note, &s, &err));
	assert_string_equal("gone:1 new:1 src/a.c:1 src/b.sh:2 ", s.text);
	s.text[0] = '\0';
	snprintf(shortened, sizeof(shortened), "%.8s", second);
	assert_int_equal(0, cs_git_walk(git, shortened, note, &s, &err));
	assert_string_equal("new:0 same:0 src/a.c:0 src/b.sh:0 ", s.text);
	assert_int_equal(0, cs_git_file(git, first, "src/a.c", 10, &buf, &err));
	assert_string_equal("one", buf.data);
	assert_int_equal(1, cs_git_file(git, second, "gone", 10, &buf, &err));
	assert_int_equal(1, cs_git_file(git, second, "src", 10, &buf, &err));
	assert_code(CS_LIMIT, cs_git_file(git, first, "src/a.c", 2, &buf, &err));
}

static void bad_input(void **state)
{
	static const char none[] = "0123456789012345678901234567890123456789";
	static const char *const bad[] = { "", "HEAD", "main", "abc", "../x", "0123456-dirty" };
	struct cs_git *git CS_AUTO(cs_git_close_p) = NULL;
	struct cs_git *other = NULL;
	struct seen s = { "" };

	(void)state;
	assert_code(CS_NOTFOUND, cs_git_open("/nonexistent", &other, &err));
	assert_null(other);
	assert_done(cs_git_open(folder, &git, &err));
	assert_int_equal(1, cs_git_diff(git, none, second, note, &s, &err));
	assert_int_equal(1, cs_git_diff(git, first, none, note, &s, &err));
	for (size_t i = 0; i < CS_N(bad); i++)
		assert_int_equal(1, cs_git_walk(git, bad[i], note, &s, &err));
	assert_string_equal("", s.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(trees), cmocka_unit_test(bad_input) };

	return cmocka_run_group_tests(tests, setup, teardown);
}

#else

static void says_so(void **state)
{
	struct cs_git *git = NULL;

	(void)state;
	assert_false(cs_git_available());
	assert_code(CS_UNSUPPORTED, cs_git_open(".", &git, &err));
	assert_non_null(strstr(err.msg, "libgit2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(says_so) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
