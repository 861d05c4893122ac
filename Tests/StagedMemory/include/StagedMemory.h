#pragma once

/* Memory that cannot be pinned, made for real. Every function returns 0 or a positive errno. */
#include <stddef.h>
#include <stdint.h>

/* A shared mapping of memfd_secret (CONFIG_SECRETMEM and secretmem.enable=1, or ENOSYS). */
int staged_secret(size_t length, void **address);

/* Registers a range with a userfaultfd of user mode only for missing pages, that nobody reads. */
int staged_userfault(void *address, size_t length, int *descriptor);

/* Puts the pages of a range into a fresh pipe, which keeps them from being migrated until both ends are closed. */
int staged_hold(void *address, size_t length, int ends[2]);

/* Moves a mapping to `target`, in place of what is there. */
int staged_move(uint64_t address, size_t length, uint64_t target);

/* What a seccomp filter refuses. */
enum {
	STAGED_RINGS, /* io_uring_setup, io_uring_enter, io_uring_register, as Docker's profile does */
	STAGED_DEVICES, /* ioctl */
};

/* Has a filter answer these system calls with `code`, in every thread and every program from now on. */
int staged_refuse(int what, int code);
