#include "CFixtures.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

int fixtures_memfd_secret(int *fd)
{
	*fd = syscall(SYS_memfd_secret, O_CLOEXEC);
	return *fd < 0 ? errno : 0;
}

int fixtures_memfd_sealable(const char *name, int *fd)
{
	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return *fd < 0 ? errno : 0;
}

int fixtures_add_seals(int fd, unsigned int seals)
{
	return fcntl(fd, F_ADD_SEALS, seals) ? errno : 0;
}

int fixtures_punch_hole(int fd, int64_t offset, int64_t length)
{
	int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	return fallocate(fd, mode, offset, length) ? errno : 0;
}

_Static_assert(FIXTURES_REMAP_MAY_MOVE == MREMAP_MAYMOVE, "flags of mremap(2)");
_Static_assert(FIXTURES_REMAP_FIXED == MREMAP_FIXED, "flags of mremap(2)");

int fixtures_remap(uint64_t address, uint64_t length, uint64_t new_length, int flags, uint64_t target,
		 uint64_t *moved)
{
	void *now = mremap((void *)(uintptr_t)address, length, new_length, flags,
			   (void *)(uintptr_t)target);

	*moved = (uint64_t)(uintptr_t)now;
	return now == MAP_FAILED ? errno : 0;
}

void fixtures_tune_heap(int map_threshold, int trim_threshold)
{
	mallopt(M_MMAP_THRESHOLD, map_threshold);
	mallopt(M_TOP_PAD, 0);
	mallopt(M_TRIM_THRESHOLD, trim_threshold);
}

int fixtures_move_page(uint64_t address, int node, long *unmoved, int *status)
{
	void *page = (void *)(uintptr_t)address;

	*unmoved = syscall(SYS_move_pages, 0, 1UL, &page, &node, status, 2 /* MPOL_MF_MOVE */);
	return *unmoved < 0 ? errno : 0;
}

static int fault_register(int flags, uint64_t address, uint64_t length, uint64_t mode, int *fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = address, .len = length },
		.mode = mode,
	};
	int code;

	*fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags);
	if (*fd < 0)
		return errno;
	if (mode == UFFDIO_REGISTER_MODE_WP)
		api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP;
	if (ioctl(*fd, UFFDIO_API, &api) || ioctl(*fd, UFFDIO_REGISTER, &range)) {
		code = errno;
		close(*fd);
		return code;
	}
	return 0;
}

int fixtures_fault_open(int user_mode_only, uint64_t address, uint64_t length, int *fd)
{
	return fault_register(user_mode_only ? UFFD_USER_MODE_ONLY : 0, address, length,
			      UFFDIO_REGISTER_MODE_MISSING, fd);
}

int fixtures_fault_protect(uint64_t address, uint64_t length, int *fd)
{
	struct uffdio_writeprotect protect = {
		.range = { .start = address, .len = length },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int code = fault_register(UFFD_USER_MODE_ONLY, address, length, UFFDIO_REGISTER_MODE_WP,
				  fd);

	if (code)
		return code;
	if (ioctl(*fd, UFFDIO_WRITEPROTECT, &protect)) {
		code = errno;
		close(*fd);
		return code;
	}
	return 0;
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;
	long page = sysconf(_SC_PAGESIZE);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct uffd_msg message;

	while (poll(&ready, 1, -1) > 0 && !(ready.revents & (POLLERR | POLLNVAL))) {
		if (read(fd, &message, sizeof(message)) != sizeof(message))
			continue;
		if (message.event != UFFD_EVENT_PAGEFAULT)
			continue;
		struct uffdio_zeropage zero = {
			.range = {
				.start = message.arg.pagefault.address & ~(uint64_t)(page - 1),
				.len = page,
			},
		};
		ioctl(fd, UFFDIO_ZEROPAGE, &zero);
	}
	return NULL;
}

int fixtures_fault_serve_in_thread(int fd)
{
	pthread_t thread;
	int code = pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);

	if (!code)
		pthread_detach(thread);
	return code;
}
