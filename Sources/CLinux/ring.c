#include "CLinux.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

struct clinux_ring {
	struct io_uring uring;
};

int clinux_ring_open(struct clinux_ring **ring)
{
	struct clinux_ring *fresh = malloc(sizeof(*fresh));
	int code;

	if (!fresh)
		return ENOMEM;
	code = io_uring_queue_init(1, &fresh->uring, 0);
	if (code) {
		free(fresh);
		return -code;
	}
	*ring = fresh;
	return 0;
}

void clinux_ring_close(struct clinux_ring *ring)
{
	io_uring_queue_exit(&ring->uring);
	free(ring);
}

int clinux_ring_pin(struct clinux_ring *ring, uint64_t address, size_t length)
{
	struct iovec vector = { (void *)(uintptr_t)address, length };

	return -io_uring_register_buffers(&ring->uring, &vector, 1);
}

int clinux_ring_unpin(struct clinux_ring *ring)
{
	return -io_uring_unregister_buffers(&ring->uring);
}
