#pragma once

/*
 * Processes, namespaces and memory in the states that the checks of memreg need. Every function
 * returns 0 or a positive errno, unless it says otherwise.
 */
#include <stddef.h>
#include <stdint.h>

/*
 * Forks a process that runs `body` and exits with its result; it dies with its parent. Where
 * `output` is no negative number, it leads a process group and writes there. Only for a caller
 * with one thread: the child goes on in whatever state the other threads left.
 */
int clinux_fork(int (*body)(void *), void *context, int output, int *pid);

/* One descriptor through a UNIX socket (SCM_RIGHTS). */
int clinux_send_descriptor(int socket, int fd);
int clinux_receive_descriptor(int socket, int *fd);

/*
 * A descriptor on which every call fails, with EIO where there are terminals; and one in the place
 * of another, which is closed by it. The number is never free in between.
 */
int clinux_revoked_descriptor(int *fd);
int clinux_replace_descriptor(int fd, int by);

/* Starts the program `path`; it inherits what is not close-on-exec. */
int clinux_spawn(const char *path, char *const argv[], int *pid);

/* Waits for `pid`; *status is its exit status or, where `*by_signal` is set, the signal. */
int clinux_wait(int pid, int *status, int *by_signal);

/* Becomes root of a new user namespace; only for a caller with one thread. */
int clinux_enter_user_namespace(void);

/* A mount namespace whose mounts nobody else sees; only for a caller with one thread. */
int clinux_enter_mount_namespace(void);
int clinux_mount(const char *source, const char *target, const char *type, const char *options);

/* Attaches the file to a free loop device that detaches by itself; `path` takes 32 bytes. */
int clinux_loop_attach(int file, char *path, int *device);
int clinux_swap_on(const char *path);
int clinux_swap_off(const char *path);

int clinux_memfd_secret(int *fd);
int clinux_memfd_sealable(const char *name, int *fd);
int clinux_add_seals(int fd, unsigned int seals);
int clinux_punch_hole(int fd, int64_t offset, int64_t length);
int clinux_clear_cloexec(int fd);

/* mremap(MREMAP_MAYMOVE|MREMAP_FIXED) of `length` bytes to `target`. */
int clinux_move_mapping(uint64_t address, size_t length, uint64_t target);

/* move_pages(2) of one page; *unmoved is its result, *status the page's status word. */
int clinux_move_page(uint64_t address, int node, long *unmoved, int *status);

/*
 * A userfaultfd over absent pages (UFFDIO_REGISTER_MODE_MISSING); `serve` answers each fault with
 * a zero page until the descriptor is closed and needs a thread of its own.
 */
int clinux_fault_open(int user_mode_only, uint64_t address, uint64_t length, int *fd);
int clinux_fault_serve_in_thread(int fd);
int clinux_fault_protect(uint64_t address, uint64_t length, int *fd);
