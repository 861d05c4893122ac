#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

const char *clinux_errno_name(int code)
{
	return strerrorname_np(code);
}

int clinux_get_memlock(int pid, uint64_t *soft, uint64_t *hard)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_MEMLOCK, NULL, &limit))
		return errno;
	*soft = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	*hard = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	return 0;
}

int clinux_set_memlock(int pid, uint64_t soft, uint64_t hard)
{
	struct rlimit limit = {
		.rlim_cur = soft == UINT64_MAX ? RLIM_INFINITY : soft,
		.rlim_max = hard == UINT64_MAX ? RLIM_INFINITY : hard,
	};

	return prlimit(pid, RLIMIT_MEMLOCK, &limit, NULL) ? errno : 0;
}

int clinux_get_open_files(int pid, uint64_t *soft, uint64_t *hard)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit))
		return errno;
	*soft = limit.rlim_cur;
	*hard = limit.rlim_max;
	return 0;
}

int clinux_raise_open_files(uint64_t *files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return errno;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return errno;
	*files = limit.rlim_cur;
	return 0;
}

int clinux_get_capabilities(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return errno;
	*effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	*inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

int clinux_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &header, data) ? errno : 0;
}

int clinux_gettid(void)
{
	return gettid();
}

int clinux_thread_usage(uint64_t *user_ns, uint64_t *system_ns, uint64_t *minor_faults,
			uint64_t *major_faults)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		return errno;
	*user_ns = usage.ru_utime.tv_sec * 1000000000ull + usage.ru_utime.tv_usec * 1000ull;
	*system_ns = usage.ru_stime.tv_sec * 1000000000ull + usage.ru_stime.tv_usec * 1000ull;
	*minor_faults = usage.ru_minflt;
	*major_faults = usage.ru_majflt;
	return 0;
}

int clinux_memfd(const char *name, int huge_shift, int *fd)
{
	unsigned int flags = MFD_CLOEXEC;

	if (huge_shift)
		flags |= MFD_HUGETLB | (unsigned int)huge_shift << 26; /* MFD_HUGE_SHIFT */
	*fd = memfd_create(name, flags);
	return *fd < 0 ? errno : 0;
}

_Static_assert(CLINUX_MAP_HUGETLB == MAP_HUGETLB, "the flag of mmap(2)");

int clinux_map_huge(size_t length, int huge_shift, void **address)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | huge_shift << 26;

	*address = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, -1, 0);
	return *address == MAP_FAILED ? errno : 0;
}

int clinux_populate(void *address, size_t length)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!madvise(address, length, MADV_POPULATE_WRITE))
		return 0;
	if (errno != EINVAL)
		return errno;
	for (size_t offset = 0; offset < length; offset += page) {
		volatile char *byte = (volatile char *)address + offset;
		*byte = *byte;
	}
	return 0;
}
