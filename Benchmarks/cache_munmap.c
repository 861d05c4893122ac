/*
 * What munmap costs where it takes a registered region away: its caller waits until the event has been read. Median
 * nanoseconds (instructions in a deterministic boot) of one munmap over one region, and of one over REGIONS of them,
 * until all are deregistered.
 *   cache_munmap REGIONS     with PEER_BARE a userfaultfd whose reader does nothing but read
 */
#define _GNU_SOURCE
#include "cache.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 201

static int compare_counts(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

#ifdef PEER_BARE
static int descriptor;

static void *read_events(void *unused)
{
	struct uffd_msg message;

	while (read(descriptor, &message, sizeof(message)) > 0)
		;
	return unused;
}

static void start(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE |
			    UFFD_FEATURE_PAGEFAULT_FLAG_WP
	};
	pthread_t reader;

	descriptor = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (descriptor < 0 || ioctl(descriptor, UFFDIO_API, &api) ||
	    pthread_create(&reader, NULL, read_events, NULL)) {
		perror("userfaultfd");
		exit(71);
	}
}

static void use(uint64_t base, unsigned regions)
{
	struct uffdio_register watch = {
		.range = { base, regions * REGION_STRIDE }, .mode = UFFDIO_REGISTER_MODE_WP
	};

	if (ioctl(descriptor, UFFDIO_REGISTER, &watch))
		abort();
}

static void settle(void) {}
#else
#include <memreg.h>

static struct memreg_cache *cache;
static uint64_t deregistered;

static int acquire(void *context, uint64_t address, uint64_t length, uint32_t access, uint64_t *handle, uint32_t *lkey,
		   uint32_t *rkey)
{
	(void)context, (void)address, (void)length, (void)access;
	*handle = *lkey = *rkey = 1;
	return 0;
}

static int release(void *context, uint64_t handle)
{
	(void)context, (void)handle;
	deregistered++;
	return 0;
}

static void start(void)
{
	struct memreg_ops ops = { .acquire = acquire, .release = release };

	if (memreg_cache_create(&cache, &ops, NULL)) {
		perror("memreg_cache_create");
		exit(71);
	}
}

static void use(uint64_t base, unsigned regions)
{
	struct memreg_region region;

	for (unsigned i = 0; i < regions; i++) {
		if (memreg_get(cache, base + i * REGION_STRIDE, REGION_LENGTH, 1, &region))
			abort();
		memreg_put(&region);
	}
	deregistered = 0;
}

static void settle(void) { memreg_synchronize(cache); }
#endif

static uint64_t map(unsigned regions)
{
	void *memory = mmap(NULL, regions * REGION_STRIDE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return (uintptr_t)memory;
}

int main(int argc, char **argv)
{
	unsigned regions = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	uint64_t samples[ROUNDS], base, begin, end;

	start();
	for (unsigned round = 0; round < ROUNDS; round++) {
		base = map(1);
		use(base, 1);
		begin = clock_ns();
		munmap((void *)base, REGION_STRIDE);
		samples[round] = clock_ns() - begin;
		settle();
	}
	qsort(samples, ROUNDS, sizeof(samples[0]), compare_counts);
	printf("munmap_of_one %llu\n", (unsigned long long)samples[ROUNDS / 2]);

	base = map(regions);
	use(base, regions);
	begin = clock_ns();
	munmap((void *)base, regions * REGION_STRIDE);
	settle();
	end = clock_ns();
#ifndef PEER_BARE
	if (deregistered != regions)
		abort();
#endif
	printf("munmap_of_many %llu\n", (unsigned long long)(end - begin));
	return 0;
}
