/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the program as it is shipped: the n-th call of a kind fails, and the clock jumps.
 *   CACHESTAT_SHIM=KIND:N[:HOW]   KIND: memory, read, write, open, sync, size, map
 *                                 HOW: an errno by name, or "short"; N "7+": all from the 7th on
 *   CACHESTAT_SHIM=memory:places  nothing fails; the first allocation of each stack of callers is
 * noted CACHESTAT_SHIM_CLOCK=SECONDS  the clock goes to and fro by so much, with each call
 *   CACHESTAT_SHIM_FILE=FILE      a file of struct shim: the counts, and who made the call that
 * failed The file is mapped before main(), so it is told also of a process that is killed or has
 * given up its right to open. Counting begins with main(): what fails while libraries load is the
 * loader's. ptrace would need no library, but cannot reach allocations, and is refused in many
 * containers.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum kind { MEMORY, READ, WRITE, OPEN, SYNC, SIZE, MAP, CLOCK, N_KINDS };

static const char *const kinds[N_KINDS] = { "memory", "read", "write", "open",
					    "sync",   "size", "map",   "clock" };

#define FRAMES 24
#define PLACES 16384

struct shim {
	atomic_long count[N_KINDS], failed;
	char stack[FRAMES][96]; /* of the first call that failed: "library function" */
	long n_places, places[PLACES];
};

static struct shim nowhere, *shim = &nowhere;
static atomic_bool armed;
static enum kind kind = N_KINDS;
static long at;
static bool onwards, cut_short;
static int error;
static long jump;
static _Thread_local bool busy;
static bool noting;
static uint64_t seen[4 * PLACES]; /* stacks, hashed; 0 = free */
static atomic_flag seen_lock = ATOMIC_FLAG_INIT;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void remember(void)
{
	void *frames[FRAMES];
	int n = backtrace(frames, FRAMES);

	for (int i = 0; i < n; i++) {
		Dl_info info = { 0 };
		const char *base = "?";

		if (dladdr(frames[i], &info) && info.dli_fname) {
			base = strrchr(info.dli_fname, '/');
			base = base ? base + 1 : info.dli_fname;
		}
		snprintf(shim->stack[i], sizeof(shim->stack[i]), "%s %s", base,
			 info.dli_sname ? info.dli_sname : "-");
	}
}

static void note_place(long n)
{
	void *frames[FRAMES];
	uint64_t hash = 14695981039346656037U;
	int depth = backtrace(frames, FRAMES);
	size_t i;

	for (int k = 0; k < depth; k++)
		hash = (hash ^ (uintptr_t)frames[k]) * 1099511628211U;
	hash |= 1;
	while (atomic_flag_test_and_set(&seen_lock))
		;
	for (i = hash >> 32; seen[i % (4 * PLACES)] && seen[i % (4 * PLACES)] != hash; i++)
		;
	if (!seen[i % (4 * PLACES)] && shim->n_places < PLACES) {
		seen[i % (4 * PLACES)] = hash;
		shim->places[shim->n_places++] = n;
	}
	atomic_flag_clear(&seen_lock);
}

/* Whether this call is one that fails; errno is set then. */
static bool fails(enum kind k)
{
	long n;

	if (!atomic_load(&armed) || busy)
		return false;
	n = atomic_fetch_add(&shim->count[k], 1) + 1;
	if (k == kind && noting) {
		busy = true;
		note_place(n);
		busy = false;
	}
	if (k != kind || noting || n < at || (n > at && !onwards))
		return false;
	busy = true;
	if (atomic_fetch_add(&shim->failed, 1) == 0)
		remember();
	busy = false;
	errno = error;
	return true;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static int error_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} all[] = { { "EIO", EIO },	  { "EINTR", EINTR },	{ "ENOSPC", ENOSPC },
		    { "EACCES", EACCES }, { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	}
	return EIO;
}

static void choose(char *text)
{
	char *n = strchr(text, ':'), *how, *end;

	if (!n)
		return;
	*n++ = '\0';
	how = strchr(n, ':');
	if (how)
		*how++ = '\0';
	noting = strcmp(n, "places") == 0;
	at = strtol(n, &end, 10);
	onwards = *end == '+';
	cut_short = how && strcmp(how, "short") == 0;
	error = how ? error_of(how) : ENOMEM;
	for (int i = 0; i < N_KINDS; i++) {
		if (strcmp(kinds[i], text) == 0)
			kind = (enum kind)i;
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("CACHESTAT_SHIM_FILE"), *clock = getenv("CACHESTAT_SHIM_CLOCK");
	char *text = getenv("CACHESTAT_SHIM");
	void *frame;
	int fd;

	backtrace(&frame, 1); /* loads what it needs now, and not in an allocation that fails */
	if (file) {
		fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0 && ftruncate(fd, sizeof(*shim)) == 0) {
			void *p = mmap(NULL, sizeof(*shim), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				       0);

			if (p != MAP_FAILED)
				shim = p;
		}
		if (fd >= 0)
			close(fd);
	}
	if (text)
		choose(text);
	if (clock)
		jump = strtol(clock, NULL, 10);
	atomic_store(&armed, true);
}

/* exit() runs what libraries have left to do; a failure there has no status to show itself in */
__attribute__((destructor)) static void end(void)
{
	atomic_store(&armed, false);
}

/* --- memory --- */

void *malloc(size_t size)
{
	return fails(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n * size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *p = fails(MEMORY) ? NULL : __libc_memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_memalign(alignment, size);
}

/* --- files --- */

/* A call that moves bytes: fails, moves one only, or is as it was. */
#define MOVE(k, name, type, offset_parameter, offset)                                              \
	ssize_t name(int fd, type buf, size_t n offset_parameter)                                  \
	{                                                                                          \
		static ssize_t (*real)(int fd_, type buf_, size_t n_ offset_parameter);            \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		if (n > 1 && fails(k)) {                                                           \
			if (!cut_short)                                                            \
				return -1;                                                         \
			n = 1;                                                                     \
		}                                                                                  \
		return real(fd, buf, n offset);                                                    \
	}

#define NOTHING
#define OFFSET_PARAMETER , off64_t at_
#define OFFSET		 , at_

MOVE(READ, read, void *, NOTHING, NOTHING)
MOVE(READ, pread64, void *, OFFSET_PARAMETER, OFFSET)
MOVE(READ, pread, void *, OFFSET_PARAMETER, OFFSET)
MOVE(WRITE, write, const void *, NOTHING, NOTHING)
MOVE(WRITE, pwrite64, const void *, OFFSET_PARAMETER, OFFSET)
MOVE(WRITE, pwrite, const void *, OFFSET_PARAMETER, OFFSET)

#define OPENING(name, parameters, arguments)                                                       \
	int name(parameters, int flags, ...)                                                       \
	{                                                                                          \
		static int (*real)(parameters, int flags, ...);                                    \
		mode_t mode = 0;                                                                   \
                                                                                                   \
		if (flags & (O_CREAT | __O_TMPFILE)) {                                             \
			va_list args;                                                              \
                                                                                                   \
			va_start(args, flags);                                                     \
			mode = va_arg(args, mode_t);                                               \
			va_end(args);                                                              \
		}                                                                                  \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		return fails(OPEN) ? -1 : real(arguments, flags, mode);                            \
	}

#define COMMA ,
OPENING(open, const char *path, path)
OPENING(open64, const char *path, path)
OPENING(openat, int at_fd COMMA const char *path, at_fd COMMA path)
OPENING(openat64, int at_fd COMMA const char *path, at_fd COMMA path)

#define ONE(k, name, parameters, arguments)                                                        \
	int name(parameters)                                                                       \
	{                                                                                          \
		static int (*real)(parameters);                                                    \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		return fails(k) ? -1 : real(arguments);                                            \
	}

ONE(SYNC, fsync, int fd, fd)
ONE(SYNC, fdatasync, int fd, fd)
ONE(SIZE, ftruncate, int fd COMMA off_t size, fd COMMA size)
ONE(SIZE, ftruncate64, int fd COMMA off64_t size, fd COMMA size)
ONE(SYNC, rename, const char *from COMMA const char *to, from COMMA to)

#define MAPPING(name, off_type)                                                                    \
	void *name(void *addr, size_t n, int prot, int flags, int fd, off_type offset)             \
	{                                                                                          \
		static void *(*real)(void *, size_t, int, int, int, off_type);                     \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		return fails(MAP) ? MAP_FAILED : real(addr, n, prot, flags, fd, offset);           \
	}

MAPPING(mmap, off_t)
MAPPING(mmap64, off64_t)

/* --- the clock --- */

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	static int (*real)(clockid_t, struct timespec *);
	int r;

	if (!real)
		*(void **)&real = next("clock_gettime");
	r = real(clock, ret);
	if (r == 0 && jump && clock == CLOCK_REALTIME)
		ret->tv_sec += atomic_fetch_add(&shim->count[CLOCK], 1) % 2 ? -jump : jump;
	return r;
}
