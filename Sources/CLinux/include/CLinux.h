#pragma once

/*
 * The calls and constants that Swift's Glibc module hides because it is built without
 * _GNU_SOURCE. Every function returns 0 or a positive errno, unless it says otherwise.
 * No system header is included here: two modules that see different feature macros
 * would disagree about fd_set and rusage.
 */
#include <stddef.h>
#include <stdint.h>

/* RLIMIT_MEMLOCK of `pid` (0: this process), in bytes; UINT64_MAX is "unlimited". */
int clinux_get_memlock(int pid, uint64_t *soft, uint64_t *hard);
int clinux_set_memlock(int pid, uint64_t soft, uint64_t hard);

/* Raises this process's soft RLIMIT_NOFILE to the hard one and tells what that is. */
int clinux_raise_open_files(uint64_t *files);

/* Capability masks of the calling thread (capget, version 3). */
int clinux_get_capabilities(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int clinux_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable);

int clinux_gettid(void);
int clinux_pin_to_cpu(int cpu);

/* User and system time in nanoseconds and page faults of the calling thread. */
int clinux_thread_usage(uint64_t *user_ns, uint64_t *system_ns, uint64_t *minor_faults,
			uint64_t *major_faults);

/* memfd_create; `huge_shift` 0 for base pages, else 21 or 30. The descriptor comes in *fd. */
int clinux_memfd(const char *name, int huge_shift, int *fd);

/* Anonymous private huge-page mapping of 1 << huge_shift bytes pages. */
int clinux_map_huge(size_t length, int huge_shift, void **address);

/* madvise(MADV_POPULATE_WRITE), falling back to touching each page where 5.14 is missing. */
int clinux_populate(void *address, size_t length);

/*
 * An io_uring ring that serves to pin one buffer (IORING_REGISTER_BUFFERS). Taking makes one
 * where this thread has none to spare; putting gives it to the calling thread. The kernel
 * charges the address space that made the ring, so a ring must not cross a fork.
 */
struct clinux_ring;
int clinux_ring_take(struct clinux_ring **ring);
void clinux_ring_put(struct clinux_ring *ring);
int clinux_ring_pin(struct clinux_ring *ring, uint64_t address, size_t length);
int clinux_ring_unpin(struct clinux_ring *ring);

/* The hypervisor's name of twelve characters (CPUID leaf 0x40000000), empty for none. */
void clinux_hypervisor(char signature[13]);
