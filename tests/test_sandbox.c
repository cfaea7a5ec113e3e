/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sandbox refuses and what it leaves, tried in processes that gave up their rights. What
 * this kernel has not is skipped, by name; that the code goes on without is seen by every test of
 * the program.
 */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char folder[] = "/tmp/test_sandbox_XXXXXX";

#ifdef CS_COUNTS_FOLDER /* --enable-coverage: _exit() would lose what the child counted */
void __gcov_dump(void);
#define LEAVE(status) (__gcov_dump(), _exit(status))
#else
#define LEAVE(status) _exit(status)
#endif

/* In a child of few rights: reads "in", writes "out". Its exit status is what run() returns. */
static int within(int (*run)(void), const char *later, struct cs_sandbox_state *ret)
{
	struct cs_sandbox_state state;
	struct cs_sandbox s;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(0, pipe(fds));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (chdir(folder) < 0)
			_exit(100);
		cs_sandbox_begin(&s);
		cs_sandbox_allow(&s, "in", false);
		cs_sandbox_allow(&s, "out", true);
		if (later)
			cs_sandbox_allow_folder_of(&s, later);
		cs_sandbox_enter(&s, &state);
		if (write(fds[1], &state, sizeof(state)) != sizeof(state))
			_exit(101);
		LEAVE(run());
	}
	close(fds[1]);
	assert_int_equal(sizeof(*ret), read(fds[0], ret, sizeof(*ret)));
	close(fds[0]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The line in which the first surprise was, so that the parent can name it. */
#define REFUSED(call)                                                                              \
	do {                                                                                       \
		errno = 0;                                                                         \
		if ((call) != -1 || (errno != EPERM && errno != EACCES))                           \
			return __LINE__ % 90 + 1;                                                  \
	} while (0)
#define GRANTED(call)                                                                              \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			return __LINE__ % 90 + 1;                                                  \
	} while (0)

static int try_files(void)
{
	char byte;
	int fd;

	GRANTED(fd = open("in/a", O_RDONLY));
	GRANTED(read(fd, &byte, 1));
	GRANTED(open("in", O_RDONLY | O_DIRECTORY));
	REFUSED(open("in/a", O_WRONLY));
	REFUSED(open("in/new", O_WRONLY | O_CREAT, 0600));
	REFUSED(unlink("in/a"));
	REFUSED(open("/etc/passwd", O_RDONLY));
	REFUSED(open("/etc/passwd", O_WRONLY));
	REFUSED(open("in/../beside", O_RDONLY));
	REFUSED(open("in/link", O_RDONLY)); /* leads to beside */
	GRANTED(fd = open("out/new", O_RDWR | O_CREAT, 0600));
	GRANTED(write(fd, "x", 1));
	GRANTED(ftruncate(fd, 0));
	GRANTED(rename("out/new", "out/old"));
	GRANTED(mkdir("out/d", 0700));
	REFUSED(symlink("/etc/passwd", "out/s"));
	REFUSED(link("out/old", "out/h"));
	GRANTED(unlink("out/old"));
	REFUSED(rename("in/a", "out/a"));
	return 0;
}

/* What was to be made later lies below what is there: here the folder that holds all. */
static int try_later(void)
{
	GRANTED(mkdir("later", 0700));
	GRANTED(mkdir("later/a", 0700));
	GRANTED(open("later/a/file", O_WRONLY | O_CREAT, 0600));
	return 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int try_calls(void)
{
	char *const argv[] = { (char *)"true", NULL };
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct rlimit core;
	pthread_t thread;

	REFUSED(execv("/bin/true", argv));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	REFUSED(process_vm_readv(getppid(), &v, 1, &v, 1, 0));
	REFUSED(mount("none", "/mnt", "tmpfs", 0, NULL));
	REFUSED(syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
	REFUSED(syscall(SYS_init_module, NULL, 0, ""));
	REFUSED(syscall(SYS_userfaultfd, 0));
	GRANTED(syscall(SYS_memfd_create, "x", 0)); /* a zip that comes through a pipe */
	REFUSED(setuid(getuid()));
	REFUSED(setgid(getgid()));
	REFUSED(chmod("in/a", 0777));
	REFUSED(ioctl(0, TIOCSTI, &byte));
	REFUSED(fork());
	if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
		return 91;
	if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
		return 92;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0)
		return 93;
	return 0;
}

static void files(void **state CS_UNUSED)
{
	struct cs_sandbox_state in_force;
	int r = within(try_files, NULL, &in_force);

	if (!in_force.landlock) {
		print_message("this kernel has no landlock\n");
		skip();
	}
	assert_int_equal(0, r);
	assert_int_equal(0, within(try_later, "later/a/b/file", &in_force));
}

static void calls(void **state CS_UNUSED)
{
	struct cs_sandbox_state in_force;
	int r = within(try_calls, NULL, &in_force);

	if (!in_force.seccomp) {
		print_message("this kernel or processor has no filter of calls\n");
		skip();
	}
	assert_true(in_force.no_new_privs);
	assert_int_equal(0, r);
}

static void texts(void **state CS_UNUSED)
{
	struct cs_sandbox_state s = { 0 };
	char buf[CS_SANDBOX_TEXT];

	assert_string_equal("none", cs_sandbox_text(&s, buf));
	s.no_new_privs = true;
	assert_string_equal("no_new_privs", cs_sandbox_text(&s, buf));
	s.landlock = 3;
	s.seccomp = true;
	assert_string_equal("no_new_privs, landlock 3, seccomp", cs_sandbox_text(&s, buf));
}

static void make(const char *name, bool is_folder)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (is_folder) {
		assert_int_equal(0, mkdir(path, 0700));
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(1, write(fd, "x", 1));
	close(fd);
}

static int setup(void **state CS_UNUSED)
{
	char path[128];

	assert_non_null(mkdtemp(folder));
	make("in", true);
	make("out", true);
	make("in/a", false);
	make("beside", false);
	snprintf(path, sizeof(path), "%s/in/link", folder);
	assert_int_equal(0, symlink("../beside", path));
	return 0;
}

static int teardown(void **state CS_UNUSED)
{
	static const char *const names[] = { "later/a/file", "later/a", "later", "out/d",  "out",
					     "in/link",	     "in/a",	"in",	 "beside", "" };
	char path[128];

	for (size_t i = 0; i < CS_N(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(calls),
		cmocka_unit_test(texts),
	};

	if (SANITIZED) {
		print_message("sanitizers trace and fork: no sandbox with them\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
