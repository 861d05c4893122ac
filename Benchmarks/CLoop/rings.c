#include "CLoop.h"
#include "clock.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

struct cloop_rings {
	int batch;
	struct io_uring rings[];
};

int cloop_rings_open(int batch, struct cloop_rings **loop)
{
	struct cloop_rings *fresh =
		calloc(1, sizeof(*fresh) + (size_t)batch * sizeof(struct io_uring));

	if (!fresh)
		return ENOMEM;
	for (; fresh->batch < batch; fresh->batch++) {
		int code = io_uring_queue_init(1, &fresh->rings[fresh->batch], 0);

		if (code) {
			cloop_rings_close(fresh);
			return -code;
		}
	}
	*loop = fresh;
	return 0;
}

void cloop_rings_close(struct cloop_rings *loop)
{
	for (int index = 0; index < loop->batch; index++)
		io_uring_queue_exit(&loop->rings[index]);
	free(loop);
}

int cloop_rings_sample(struct cloop_rings *loop, uint64_t address, size_t length,
		       struct cloop_times *times)
{
	struct iovec vector = { (void *)(uintptr_t)address, length };
	int count = 0, code = 0;
	uint64_t begin, middle, end;

	begin = now();
	for (; count < loop->batch; count++) {
		code = -io_uring_register_buffers(&loop->rings[count], &vector, 1);
		if (code)
			break;
	}
	middle = now();
	for (int index = 0; index < count; index++) {
		int failure = -io_uring_unregister_buffers(&loop->rings[index]);

		if (failure)
			code = failure;
	}
	end = now();
	times->register_ns = middle - begin;
	times->deregister_ns = end - middle;
	return code;
}
