#pragma once

/*
 * Code that runs inside calls of the C library which take memory away: munmap, mmap over what is there, mremap, madvise,
 * brk, shmdt, shmat over what is there. The system call itself is found in the library's function and jumps to a stub, so
 * that calls from inside the library, as free makes them, are seen as well.
 */
#include <stdint.h>

/*
 * Called before [start, end) is taken away, by any thread and in any context: with locks of the allocator held, in signal
 * handlers, in forked children. It must not take a lock, allocate, nor use errno.
 */
typedef void (*interposition_handler)(uint64_t start, uint64_t end);

/*
 * Has the calls go through `handler`, for good. ENOTSUP where the machine or the library is not one whose calls can be
 * found; EACCES, EPERM where a policy forbids to change code; ENOMEM.
 */
int interposition_start(interposition_handler handler);
