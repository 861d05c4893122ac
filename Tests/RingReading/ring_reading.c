#include "RingReading.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <unistd.h>

int ring_reading_fetch(void *ring, uint64_t address, void *bytes, size_t length)
{
	struct io_uring *uring = ring;
	struct io_uring_sqe *request;
	struct io_uring_cqe *completion;
	int channel[2], code;

	if (pipe2(channel, O_CLOEXEC | O_NONBLOCK))
		return errno;
	request = io_uring_get_sqe(uring);
	io_uring_prep_write_fixed(request, channel[1], (void *)(uintptr_t)address, length, 0, 0);
	code = io_uring_submit_and_wait(uring, 1);
	if (code >= 0)
		code = io_uring_peek_cqe(uring, &completion);
	if (!code) {
		code = completion->res < 0 ? completion->res : 0;
		io_uring_cqe_seen(uring, completion);
	}
	if (!code && read(channel[0], bytes, length) != (ssize_t)length)
		code = -EIO;
	close(channel[0]);
	close(channel[1]);
	return -code;
}
