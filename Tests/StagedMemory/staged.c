#include "StagedMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

int staged_secret(size_t length, void **address)
{
	int fd = syscall(SYS_memfd_secret, 0);
	int code = 0;

	if (fd < 0)
		return errno;
	if (ftruncate(fd, length))
		code = errno;
	*address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!code && *address == MAP_FAILED)
		code = errno;
	close(fd);
	return code;
}

int staged_userfault(void *address, size_t length, int *descriptor)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (unsigned long)address, length },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd < 0)
		return errno;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range)) {
		int code = errno;

		close(fd);
		return code;
	}
	*descriptor = fd;
	return 0;
}

int staged_hold(void *address, size_t length, int ends[2])
{
	struct iovec pages = { address, length };
	ssize_t held;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	held = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
	return held < 0 ? errno : (size_t)held == length ? 0 : ENOSPC;
}

int staged_move(uint64_t address, size_t length, uint64_t target)
{
	void *moved = mremap((void *)(uintptr_t)address, length, length,
			     MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(uintptr_t)target);

	return moved == MAP_FAILED ? errno : 0;
}

int staged_refuse(int what, int code)
{
	int is_ring = what == STAGED_RINGS;
	unsigned int first = is_ring ? SYS_io_uring_setup : SYS_ioctl;
	unsigned int last = is_ring ? SYS_io_uring_register : SYS_ioctl;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
		return errno;
	return 0;
}
