#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * An io_uring ring that serves to pin one buffer (IORING_REGISTER_BUFFERS). Taking makes one
 * where this thread has none to spare; putting gives it to the calling thread. The kernel
 * charges the address space that made the ring, so a ring must not cross a fork. Every function
 * returns 0 or a positive errno. A ring begins with its `struct io_uring`.
 */
struct cring;
int cring_take(struct cring **ring);
void cring_put(struct cring *ring);
int cring_pin(struct cring *ring, uint64_t address, size_t length);
int cring_unpin(struct cring *ring);
