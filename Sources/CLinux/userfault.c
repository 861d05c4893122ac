#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* linux/fs.h of 6.11 and later; older headers build this file as well. */
struct mapping_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};

#define MAPPING_QUERY _IOWR('f', 17, struct mapping_query)
#define MAPPING_READABLE 1
#define MAPPING_WRITABLE 2
#define MAPPING_SHARED 8
#define HUGETLB_NAME "/anon_hugepage"

static int leader_table_is_empty(void)
{
	char entries[256];
	int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long length;

	if (directory < 0)
		return 1;
	length = syscall(SYS_getdents64, directory, entries, sizeof(entries));
	close(directory);
	/* "." and ".." take 24 bytes each. */
	return length <= 48;
}

int clinux_userfault_open(int *descriptor)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMAP |
			    UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	int code;

	if (fd < 0)
		return errno;
	if (ioctl(fd, UFFDIO_API, &api)) {
		code = errno;
		close(fd);
		return code;
	}
	*descriptor = fd;
	return 0;
}

int clinux_userfault_watch(int descriptor, uint64_t start, uint64_t end)
{
	struct uffdio_register request = {
		.range = { start, end - start },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(descriptor, UFFDIO_REGISTER, &request) ? errno : 0;
}

int clinux_userfault_unwatch(int descriptor, uint64_t start, uint64_t end)
{
	struct uffdio_range range = { start, end - start };

	return ioctl(descriptor, UFFDIO_UNREGISTER, &range) ? errno : 0;
}

int clinux_userfault_state(int descriptor)
{
	/* Of an empty range nothing is done and EINVAL said; a change under way is looked at before the range is. */
	static const struct uffdio_writeprotect request;
	long code;

#ifdef __x86_64__
	/* In every hit of a strict cache: without errno. */
	__asm__ volatile("syscall"
			 : "=a"(code)
			 : "0"((long)SYS_ioctl), "D"((long)descriptor), "S"((long)UFFDIO_WRITEPROTECT), "d"(&request)
			 : "rcx", "r11", "memory");
#else
	code = ioctl(descriptor, UFFDIO_WRITEPROTECT, &request) ? -errno : 0;
#endif
	if (code == -EINVAL)
		return CLINUX_USERFAULT_QUIET;
	return code == -EAGAIN ? CLINUX_USERFAULT_CHANGING : CLINUX_USERFAULT_LOST;
}

int clinux_userfault_wait(int descriptor, int canary, int timeout_ms)
{
	struct pollfd files[2] = {
		{ .fd = descriptor, .events = POLLIN },
		{ .fd = canary, .events = POLLIN },
	};
	int count = poll(files, 2, timeout_ms);

	if (count < 0)
		return errno == EINTR ? 0 : CLINUX_USERFAULT_LOST;
	if (!count)
		return CLINUX_USERFAULT_TIMEOUT;
	return (files[0].revents & (POLLERR | POLLHUP | POLLNVAL) ? CLINUX_USERFAULT_LOST : 0) |
	       (files[0].revents & POLLIN ? CLINUX_USERFAULT_EVENT : 0) |
	       (files[1].revents ? CLINUX_USERFAULT_CANARY : 0);
}

int clinux_userfault_is_open_as(int descriptor, int number)
{
	struct stat ours, theirs;
	char path[64];

	if (fstat(descriptor, &ours))
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", number);
	/* The table of a leader that has ended is empty, which says nothing about that of the other threads. */
	if (stat(path, &theirs))
		return errno != ENOENT || leader_table_is_empty();
	return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

int clinux_userfault_read(int descriptor, struct clinux_address_event *events, int capacity)
{
	struct uffd_msg messages[CLINUX_USERFAULT_BATCH];
	int count = 0;
	ssize_t bytes;

	if (capacity > CLINUX_USERFAULT_BATCH)
		capacity = CLINUX_USERFAULT_BATCH;
	bytes = read(descriptor, messages, capacity * sizeof(messages[0]));
	if (bytes < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* A userfaultfd has no end: something else has this number now. */
	if (!bytes)
		return -EBADF;
	for (size_t index = 0; index < bytes / sizeof(messages[0]); index++) {
		struct uffd_msg *message = &messages[index];
		struct clinux_address_event *event = &events[count];

		switch (message->event) {
		case UFFD_EVENT_REMOVE:
		case UFFD_EVENT_UNMAP:
			event->kind = message->event == UFFD_EVENT_UNMAP ? CLINUX_EVENT_UNMAP :
									   CLINUX_EVENT_REMOVE;
			event->start = message->arg.remove.start;
			event->end = message->arg.remove.end;
			event->target = 0;
			break;
		case UFFD_EVENT_REMAP:
			event->kind = CLINUX_EVENT_REMAP;
			event->start = message->arg.remap.from;
			event->end = message->arg.remap.from + message->arg.remap.len;
			event->target = message->arg.remap.to;
			break;
		default:
			continue;
		}
		count++;
	}
	return count;
}

int clinux_canary_open(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) ? errno : 0;
}

static int query_mapping(int maps, uint64_t address, struct clinux_mapping *mapping)
{
	char name[64];
	struct mapping_query query = {
		.size = sizeof(query),
		.query_addr = address,
		.vma_name_addr = (uintptr_t)name,
		.vma_name_size = sizeof(name),
	};

	if (ioctl(maps, MAPPING_QUERY, &query)) {
		if (errno != ENAMETOOLONG)
			return errno;
		query.vma_name_addr = query.vma_name_size = 0;
		if (ioctl(maps, MAPPING_QUERY, &query))
			return errno;
	}
	if (!query.vma_name_size)
		name[0] = 0;
	mapping->start = query.vma_start;
	mapping->end = query.vma_end;
	mapping->is_shared = !!(query.vma_flags & MAPPING_SHARED);
	mapping->is_file = query.inode && strncmp(name, HUGETLB_NAME, strlen(HUGETLB_NAME));
	return 0;
}

static int parse_mapping(const char *line, uint64_t address, struct clinux_mapping *mapping)
{
	char *next;
	const char *flags, *inode;

	mapping->start = strtoull(line, &next, 16);
	mapping->end = strtoull(next + 1, &next, 16);
	if (address < mapping->start || address >= mapping->end)
		return 0;
	flags = next + 1;
	mapping->is_shared = flags[3] == 's';
	strtoull(flags + 5, &next, 16);
	inode = strchr(next + 1, ' ');
	mapping->is_file = inode && strtoull(inode, NULL, 10) && !strstr(line, " " HUGETLB_NAME);
	return 1;
}

static int scan_mappings(uint64_t address, struct clinux_mapping *mapping)
{
	char text[4096];
	size_t held = 0;
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), code = ENOENT;

	if (maps < 0)
		return errno;
	for (;;) {
		ssize_t bytes = read(maps, text + held, sizeof(text) - 1 - held);
		char *line = text, *end;

		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes <= 0)
			break;
		held += bytes;
		text[held] = 0;
		while ((end = strchr(line, '\n'))) {
			*end = 0;
			if (parse_mapping(line, address, mapping)) {
				close(maps);
				return 0;
			}
			line = end + 1;
		}
		held -= line - text;
		/* A path longer than the buffer: what decides stands at the front of the line. */
		if (held == sizeof(text) - 1)
			held = 256;
		memmove(text, line, held);
	}
	close(maps);
	return code;
}

int clinux_find_mapping(int *maps, uint64_t address, struct clinux_mapping *mapping)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		int code = *maps < 0 ? EBADF : query_mapping(*maps, address, mapping);

		if (code != EBADF && code != ENOTTY && code != EINVAL)
			return code;
		/* Whatever has the number now is another's file, or the kernel is older than 6.11. */
		if (attempt)
			break;
		*maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
		if (*maps < 0)
			return errno;
	}
	close(*maps);
	*maps = -1;
	return scan_mappings(address, mapping);
}
