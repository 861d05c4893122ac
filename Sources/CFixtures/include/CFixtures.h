#pragma once

/*
 * Processes, namespaces and memory in the states that checks need and users do not. Every function
 * returns 0 or a positive errno, unless it says otherwise. No system header is included here, as
 * in CLinux.h.
 */
#include <stddef.h>
#include <stdint.h>

/*
 * Forks a process that runs `body` and exits with its result; it dies with its parent. Where
 * `output` is no negative number, it leads a process group and writes there. Only for a caller
 * with one thread: the child goes on in whatever state the other threads left.
 */
int fixtures_fork(int (*body)(void *), void *context, int output, int *pid);

/* One descriptor through a UNIX socket (SCM_RIGHTS). */
int fixtures_send_descriptor(int socket, int fd);
int fixtures_receive_descriptor(int socket, int *fd);

/* Starts the program `path`; it inherits what is not close-on-exec. */
int fixtures_spawn(const char *path, char *const argv[], int *pid);

/* Waits for `pid`; *status is its exit status or, where `*by_signal` is set, the signal. */
int fixtures_wait(int pid, int *status, int *by_signal);

/* Becomes root of a new user namespace; only for a caller with one thread. */
int fixtures_enter_user_namespace(void);

/* A mount namespace whose mounts nobody else sees; only for a caller with one thread. */
int fixtures_enter_mount_namespace(void);
int fixtures_mount(const char *source, const char *target, const char *type, const char *options);

/* Attaches the file to a free loop device that detaches by itself; `path` takes 32 bytes. */
int fixtures_loop_attach(int file, char *path, int *device);
int fixtures_swap_on(const char *path);
int fixtures_swap_off(const char *path);

int fixtures_memfd_secret(int *fd);
int fixtures_memfd_sealable(const char *name, int *fd);
int fixtures_add_seals(int fd, unsigned int seals);
int fixtures_punch_hole(int fd, int64_t offset, int64_t length);

/* mallopt(3): blocks from `map_threshold` bytes on are mapped, free memory above `trim_threshold` goes back. */
void fixtures_tune_heap(int map_threshold, int trim_threshold);

/* The flags of mremap(2); `fixtures_remap` fails to compile where the kernel's differ. */
enum {
	FIXTURES_REMAP_MAY_MOVE = 1,
	FIXTURES_REMAP_FIXED = 2,
	FIXTURES_REMAP_DONT_UNMAP = 4,
};

/* mremap(2) with these flags; the address after it comes in *moved. */
int fixtures_remap(uint64_t address, uint64_t length, uint64_t new_length, int flags, uint64_t target,
		 uint64_t *moved);

/* move_pages(2) of one page; *unmoved is its result, *status the page's status word. */
int fixtures_move_page(uint64_t address, int node, long *unmoved, int *status);

/*
 * A userfaultfd over absent pages (UFFDIO_REGISTER_MODE_MISSING); `serve` answers each fault with
 * a zero page until the descriptor is closed and needs a thread of its own.
 */
int fixtures_fault_open(int user_mode_only, uint64_t address, uint64_t length, int *fd);
int fixtures_fault_serve_in_thread(int fd);
int fixtures_fault_protect(uint64_t address, uint64_t length, int *fd);
