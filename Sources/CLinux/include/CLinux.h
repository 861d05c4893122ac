#pragma once

/*
 * The calls and constants that Swift's Glibc module hides because it is built without
 * _GNU_SOURCE. Every function returns 0 or a positive errno, unless it says otherwise.
 * No system header is included here: two modules that see different feature macros
 * would disagree about fd_set and rusage.
 */
#include <stddef.h>
#include <stdint.h>

#include "CLinuxBPF.h"

/* The name of an errno, "ENOMEM" (strerrorname_np(3)); null for a number without one. */
const char *clinux_errno_name(int code);

/* RLIMIT_MEMLOCK of `pid` (0: this process), in bytes; UINT64_MAX is "unlimited". */
int clinux_get_memlock(int pid, uint64_t *soft, uint64_t *hard);
int clinux_set_memlock(int pid, uint64_t soft, uint64_t hard);

/* RLIMIT_NOFILE of `pid` (0: this process). */
int clinux_get_open_files(int pid, uint64_t *soft, uint64_t *hard);

/* Raises this process's soft RLIMIT_NOFILE to the hard one and tells what that is. */
int clinux_raise_open_files(uint64_t *files);

/*
 * What rename(2) would say if it put a file in the place of `path`, which is no directory, in `directory`: 0 if it would
 * do so, EBUSY if `path` is mounted, EPERM if it may be neither changed nor removed.
 */
int clinux_check_replaceable(const char *path, const char *directory);

/*
 * A new file in `directory` that goes with its last descriptor until clinux_name_file() gives it a name, which is not to
 * exist; EOPNOTSUPP where the file system has none, or /proc is not there to name it by.
 */
int clinux_open_nameless(const char *directory, int *fd);
int clinux_name_file(int fd, const char *path);

/* Capability masks of the calling thread (capget, version 3). */
int clinux_get_capabilities(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int clinux_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable);

int clinux_gettid(void);

/* User and system time in nanoseconds and page faults of the calling thread. */
int clinux_thread_usage(uint64_t *user_ns, uint64_t *system_ns, uint64_t *minor_faults,
			uint64_t *major_faults);

/* memfd_create; `huge_shift` 0 for base pages, else 21 or 30. The descriptor comes in *fd. */
int clinux_memfd(const char *name, int huge_shift, int *fd);

/* The flag of mmap(2). */
#define CLINUX_MAP_HUGETLB 0x40000

/* Anonymous private huge-page mapping of 1 << huge_shift bytes pages. */
int clinux_map_huge(size_t length, int huge_shift, void **address);

/* madvise(MADV_POPULATE_WRITE), falling back to touching each page where 5.14 is missing. */
int clinux_populate(void *address, size_t length);

/*
 * Runs `body` in a forked child that the OOM killer takes first and that ends with this process; waits for it. SIGINT
 * and SIGTERM that another process sends here are passed on; a terminal sends them to both. The exit status, or the
 * signal that killed it, comes in *status.
 */
int clinux_run_in_child(int (*body)(void *), void *context, int *status, int *by_signal);

/* Makes this process the parent of every descendant whose own has ended; errno or 0. */
int clinux_adopt_orphans(void);

/* The hypervisor's name of twelve characters (CPUID leaf 0x40000000), empty for none. */
void clinux_hypervisor(char signature[13]);

/*
 * A descriptor on which every call fails, with EIO where there are terminals; and one in the place
 * of another, which is closed by it. The number is never free in between.
 */
int clinux_revoked_descriptor(int *fd);
int clinux_replace_descriptor(int fd, int by);

/* --- The address space of this process, as userfaultfd shows it (userfault.c) --- */

#define CLINUX_USERFAULT_BATCH 32
#define CLINUX_USERFAULT_EVENT 1
#define CLINUX_USERFAULT_CANARY 2
#define CLINUX_USERFAULT_LOST 4
#define CLINUX_USERFAULT_TIMEOUT 8

#define CLINUX_USERFAULT_QUIET 0
#define CLINUX_USERFAULT_CHANGING 1

#define CLINUX_EVENT_UNMAP 1
#define CLINUX_EVENT_REMAP 2
#define CLINUX_EVENT_REMOVE 3

/* [start, end) has been unmapped or moved to `target`, or its pages are about to be dropped. */
struct clinux_address_event {
	uint32_t kind;
	uint64_t start;
	uint64_t end;
	uint64_t target;
};

/* userfaultfd(2), user mode only, with the events for unmap, remap and remove. */
int clinux_userfault_open(int *descriptor);

/* UFFDIO_REGISTER in write-protect mode: events are sent, no fault is ever raised. */
int clinux_userfault_watch(int descriptor, uint64_t start, uint64_t end);
int clinux_userfault_unwatch(int descriptor, uint64_t start, uint64_t end);

/*
 * CLINUX_USERFAULT_CHANGING from before a watched mapping is changed until the thread that changes it goes on, which
 * is after its event was read; CLINUX_USERFAULT_LOST where the descriptor is no userfaultfd any more.
 */
int clinux_userfault_state(int descriptor);

/* Waits for an event or for `canary` (-1: none) to lose its writers; CLINUX_USERFAULT_ bits. */
int clinux_userfault_wait(int descriptor, int canary, int timeout_ms);

/* Reads events without waiting, which lets their callers go on: their number, or -errno. */
int clinux_userfault_read(int descriptor, struct clinux_address_event *events, int capacity);

/* Whether the leader of the process has the file open as `number`: 1 too where it has ended. */
int clinux_userfault_is_open_as(int descriptor, int number);

/* A pipe that nobody writes to, to learn from its reading end that the other is closed. */
int clinux_canary_open(int ends[2]);

/* --- Threads (threads.c) --- */

/* One pointer of each thread, and what is called with it when the thread ends. */
extern __thread void *clinux_thread_slot __attribute__((tls_model("initial-exec")));
static inline void *clinux_get_thread_slot(void)
{
	return clinux_thread_slot;
}
int clinux_set_thread_slot(void *value, void (*ended)(void *));

/* Keeps the compiler from moving memory accesses across; the processor is for clinux_barrier(). */
static inline void clinux_compiler_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

/* membarrier(2): every thread of the process has passed a full barrier when clinux_barrier() returns 0. */
int clinux_barrier_start(void);
int clinux_barrier(void);

/* futex(2), private: ETIMEDOUT after `timeout_ms` (-1: never), else 0 whatever ended the wait. */
int clinux_futex_wait(const void *word, uint32_t value, int timeout_ms);
void clinux_futex_wake(const void *word);

/* Zeroed memory that is zeroed again in a forked child, however it was forked; NULL with errno set. */
void *clinux_map_wiped_on_fork(size_t length);

/* Gives the calling thread a table of open files of its own, with these alone in it. */
int clinux_keep_files(const int *files, int count);

/*
 * Starts a thread of the library: signals are left to the program's threads, and it is not to outlive them. A process whose
 * main thread called pthread_exit goes on until its last thread ends; helpers wait with clinux_helper_timeout_ms()
 * (-1: forever) and end when clinux_helper_is_alone(). The handler is called when the main thread ends that way.
 */
int clinux_helper_start(uint64_t *thread, const char *name, void (*body)(void *), void *context);
int clinux_helper_timeout_ms(void);
int clinux_helper_is_alone(void);
void clinux_helper_on_leader_end(void (*handler)(void));

/* pthread_setcancelstate(3), for what must not be cancelled half-way. */
int clinux_cancel_disable(void);
void clinux_cancel_restore(int before);

/* pthread_create(3) with a stack of at least CLINUX_THREAD_STACK bytes, whatever `ulimit -s` is. `thread` is a pthread_t. */
#define CLINUX_THREAD_STACK (1 << 20)
int clinux_start_thread(unsigned long *thread, void *(*body)(void *), void *argument);

/* Calls `body`, which does not return: on a thread with CLINUX_MAIN_STACK bytes of stack if this one may grow to less. */
#define CLINUX_MAIN_STACK (8 << 20)
__attribute__((noreturn)) void clinux_run_with_stack(void (*body)(void));

struct clinux_mapping {
	uint64_t start;
	uint64_t end;
	int is_shared;
	int is_file;
};

/*
 * The mapping that holds `address`: PROCMAP_QUERY by `maps`, which is opened where it is -1 and kept for the next call, or
 * before 6.11 by reading /proc/self/maps. Allocates nothing; ENOENT for none.
 */
int clinux_find_mapping(int *maps, uint64_t address, struct clinux_mapping *mapping);

/* A listening socket at `path`, AF_UNIX and closed on exec; 0 or an errno. */
int clinux_listen_at(const char *path, int *descriptor);

/* The process at the other end of a connected AF_UNIX socket, by its number here; 0 or an errno. */
int clinux_peer_process(int descriptor, int *process);
