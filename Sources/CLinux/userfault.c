#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
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

int clinux_userfault_changing(int descriptor)
{
	/* No such mode exists, so nothing is done; a change under way is looked at before the mode is. */
	struct uffdio_writeprotect request = { .mode = UINT64_MAX };

	return ioctl(descriptor, UFFDIO_WRITEPROTECT, &request) && errno == EAGAIN;
}

int clinux_userfault_wait(int descriptor, int wakeup)
{
	struct pollfd files[2] = {
		{ .fd = descriptor, .events = POLLIN },
		{ .fd = wakeup, .events = POLLIN },
	};

	while (poll(files, 2, -1) < 0)
		if (errno != EINTR)
			return CLINUX_USERFAULT_LOST;
	if (files[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return CLINUX_USERFAULT_LOST;
	return (files[0].revents & POLLIN ? CLINUX_USERFAULT_EVENT : 0) |
	       (files[1].revents ? CLINUX_USERFAULT_WAKEUP : 0);
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

int clinux_wakeup_open(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void clinux_wakeup_send(int wakeup)
{
	eventfd_write(wakeup, 1);
}

void clinux_wakeup_take(int wakeup)
{
	eventfd_t count;

	eventfd_read(wakeup, &count);
}

void clinux_name_thread(const char *name)
{
	pthread_setname_np(pthread_self(), name);
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

int clinux_find_mapping(uint64_t address, struct clinux_mapping *mapping)
{
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), code;

	if (maps < 0)
		return errno;
	code = query_mapping(maps, address, mapping);
	close(maps);
	return code == ENOTTY || code == EINVAL ? scan_mappings(address, mapping) : code;
}
