#pragma once

/*
 * The bare C loops that memreg is held against: ibv_reg_mr and ibv_dereg_mr, and
 * io_uring_register_buffers and io_uring_unregister_buffers, with nothing around them but
 * the clock. Every function returns 0 or a positive errno.
 */
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds for a whole batch. */
struct cloop_times {
	uint64_t register_ns;
	uint64_t deregister_ns;
};

struct cloop_verbs;
int cloop_verbs_open(const char *device, int batch, struct cloop_verbs **loop);
void cloop_verbs_close(struct cloop_verbs *loop);
int cloop_verbs_sample(struct cloop_verbs *loop, uint64_t address, size_t length, int access,
		       struct cloop_times *times);

struct cloop_rings;
int cloop_rings_open(int batch, struct cloop_rings **loop);
void cloop_rings_close(struct cloop_rings *loop);
int cloop_rings_sample(struct cloop_rings *loop, uint64_t address, size_t length,
		       struct cloop_times *times);
