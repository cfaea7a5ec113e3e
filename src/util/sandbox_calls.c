/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter of system calls, written out: libseccomp would be one more library for a loop. It names
 * what is refused, not what is allowed: an allow-list of today's C library breaks with tomorrow's,
 * and paths, which matter most, are landlock's. What is refused is EPERM, as if for lack of rights;
 * clone3 is ENOSYS, so that the C library takes clone, whose flags a filter can read: threads may
 * be made, processes may not.
 */
#include "util/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "util/cleanup.h"

#if defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH

#define AT(field)  ((uint32_t)offsetof(struct seccomp_data, field))
#define LOAD(at)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define RETURN(k)  BPF_STMT(BPF_RET | BPF_K, k)
#define FAIL(code) RETURN(SECCOMP_RET_ERRNO | (code))
#define PASS	   RETURN(SECCOMP_RET_ALLOW)
/* The next instruction only if what was loaded is k. */
#define IF(k)	     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(k), 0, 1)
#define REFUSE(name) IF(SYS_##name), FAIL(EPERM)

static const struct sock_filter program[] = {
	/* Another way into the kernel (32 bits) has other numbers: all of it is refused. */
	LOAD(AT(arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	FAIL(EPERM),
	LOAD(AT(nr)),
#ifdef __x86_64__
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
	FAIL(EPERM),
	REFUSE(fork),
	REFUSE(vfork),
	REFUSE(mknod),
	REFUSE(chmod),
	REFUSE(chown),
	REFUSE(lchown),
	REFUSE(symlink),
	REFUSE(link),
	REFUSE(modify_ldt),
	REFUSE(iopl),
	REFUSE(ioperm),
	REFUSE(uselib),
	REFUSE(create_module),
#endif
	/* starts, becomes, looks into */
	REFUSE(execve),
	REFUSE(execveat),
	REFUSE(ptrace),
	REFUSE(process_vm_readv),
	REFUSE(process_vm_writev),
	REFUSE(kcmp),
	REFUSE(personality),
	REFUSE(pidfd_open),
	REFUSE(pidfd_getfd),
	REFUSE(pidfd_send_signal),
	REFUSE(setuid),
	REFUSE(setgid),
	REFUSE(setreuid),
	REFUSE(setregid),
	REFUSE(setresuid),
	REFUSE(setresgid),
	REFUSE(setfsuid),
	REFUSE(setfsgid),
	REFUSE(setgroups),
	REFUSE(capset),
	/* reaches */
	REFUSE(socket),
	REFUSE(socketpair),
	REFUSE(connect),
	REFUSE(bind),
	REFUSE(listen),
	REFUSE(accept),
	REFUSE(accept4),
	/* the machine */
	REFUSE(mount),
	REFUSE(umount2),
	REFUSE(pivot_root),
	REFUSE(chroot),
	REFUSE(unshare),
	REFUSE(setns),
	REFUSE(open_tree),
	REFUSE(move_mount),
	REFUSE(fsopen),
	REFUSE(fsconfig),
	REFUSE(fsmount),
	REFUSE(fspick),
	REFUSE(init_module),
	REFUSE(finit_module),
	REFUSE(delete_module),
	REFUSE(kexec_load),
	REFUSE(reboot),
	REFUSE(swapon),
	REFUSE(swapoff),
	REFUSE(acct),
	REFUSE(quotactl),
	REFUSE(sethostname),
	REFUSE(setdomainname),
	REFUSE(settimeofday),
	REFUSE(clock_settime),
	REFUSE(clock_adjtime),
	REFUSE(adjtimex),
	REFUSE(syslog),
	/* large, and often broken */
	REFUSE(bpf),
	REFUSE(perf_event_open),
	REFUSE(userfaultfd),
	REFUSE(io_uring_setup),
	REFUSE(io_uring_enter),
	REFUSE(io_uring_register),
	REFUSE(keyctl),
	REFUSE(add_key),
	REFUSE(request_key),
	REFUSE(fanotify_init),
	REFUSE(open_by_handle_at),
	REFUSE(name_to_handle_at),
	/* what landlock does not see, or not on each kernel; SQLite uses fchmod and fchown */
	REFUSE(fchmodat),
	REFUSE(fchownat),
	REFUSE(mknodat),
	REFUSE(symlinkat),
	REFUSE(linkat),
	REFUSE(setxattr),
	REFUSE(lsetxattr),
	REFUSE(fsetxattr),
	REFUSE(removexattr),
	REFUSE(lremovexattr),
	REFUSE(fremovexattr),
	IF(SYS_clone3),
	FAIL(ENOSYS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
	LOAD(AT(args[0])), /* the low half: both are little-endian */
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
	PASS,
	FAIL(EPERM),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
	LOAD(AT(args[1])),
	IF(TIOCSTI), /* types into the terminal of who called */
	FAIL(EPERM),
	PASS,
};

bool cs_sandbox_refuse_calls(void)
{
	const struct sock_fprog filter = { CS_N(program), (struct sock_filter *)program };

	return prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &filter) == 0;
}

#else

bool cs_sandbox_refuse_calls(void)
{
	return false;
}

#endif
