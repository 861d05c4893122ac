#pragma once

/*
 * The calls and constants that Swift's Glibc module hides because it is built without
 * _GNU_SOURCE. Every function returns 0 or a positive errno, unless it says otherwise.
 * No system header is included here: two modules that see different feature macros
 * would disagree about fd_set and rusage.
 */
#include <stddef.h>
#include <stdint.h>

/* The name of an errno, "ENOMEM" (strerrorname_np(3)); null for a number without one. */
const char *clinux_errno_name(int code);

/* RLIMIT_MEMLOCK of `pid` (0: this process), in bytes; UINT64_MAX is "unlimited". */
int clinux_get_memlock(int pid, uint64_t *soft, uint64_t *hard);
int clinux_set_memlock(int pid, uint64_t soft, uint64_t hard);

/* Raises this process's soft RLIMIT_NOFILE to the hard one and tells what that is. */
int clinux_raise_open_files(uint64_t *files);

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
#define CLINUX_USERFAULT_WAKEUP 2
#define CLINUX_USERFAULT_LOST 4

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

/* 1 while a change of a watched mapping has begun whose event has not been read, else 0. */
int clinux_userfault_changing(int descriptor);

/* Waits for an event or for `wakeup` to be readable; the CLINUX_USERFAULT_ bits say which. */
int clinux_userfault_wait(int descriptor, int wakeup);

/* Reads events without waiting, which lets their callers go on: their number, or -errno. */
int clinux_userfault_read(int descriptor, struct clinux_address_event *events, int capacity);

/* A descriptor to end a wait with (eventfd(2)): -1 with errno set, never blocking. */
int clinux_wakeup_open(void);
void clinux_wakeup_send(int wakeup);
void clinux_wakeup_take(int wakeup);

void clinux_name_thread(const char *name);

struct clinux_mapping {
	uint64_t start;
	uint64_t end;
	int is_shared;
	int is_file;
};

/* The mapping that holds `address`: PROCMAP_QUERY, or /proc/self/maps before 6.11. Allocates nothing; ENOENT for none. */
int clinux_find_mapping(uint64_t address, struct clinux_mapping *mapping);
