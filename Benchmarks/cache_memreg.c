/*
 * memreg's cache by its C interface: nanoseconds a hit, insertion, memory a region, two threads, invalidation.
 *   cache_memreg [hits REGIONS COUNT | hits_only | policies]
 */
#include "cache.h"
#include <memreg.h>

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int acquire(void *context, uint64_t address, uint64_t length, uint32_t access,
		   uint64_t *handle, uint32_t *lkey, uint32_t *rkey)
{
	(void)context, (void)length, (void)access;
	*handle = address;
	*lkey = *rkey = 1;
	return 0;
}

static int release(void *context, uint64_t handle)
{
	(void)context, (void)handle;
	return 0;
}

static const struct memreg_ops ops = { acquire, release, NULL };

static void pair(void *cache, uint64_t address)
{
	struct memreg_region region;

	if (memreg_get(cache, address, REGION_LENGTH, 1, &region))
		abort();
	memreg_put(&region);
}

static void add(void *cache, uint64_t address, uint64_t length)
{
	struct memreg_region region;

	if (memreg_get(cache, address, length, 1, &region))
		abort();
	memreg_put(&region);
}

static struct memreg_cache *make(uint32_t flags)
{
	struct memreg_policy policy = { .flags = flags };
	struct memreg_cache *cache;
	int code = memreg_cache_create(&cache, &ops, &policy);

	if (code) {
		fprintf(stderr, "cannot make a cache: %s\n", strerror(code));
		exit(1);
	}
	return cache;
}

static uint64_t map_regions(unsigned regions)
{
	void *memory = mmap(NULL, regions * REGION_STRIDE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	return (uintptr_t)memory;
}

static void hits_inside(const char *name, enum inside kind)
{
	struct memreg_cache *cache = make(MEMREG_HOOKED);
	void *memory = mmap(NULL, INSIDE_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	add_inside(kind, add, cache, (uintptr_t)memory);
	printf("inside_ns_%s %.1f\n", name, time_inside(pair, cache, (uintptr_t)memory, kind, 2000000));
	munmap(memory, INSIDE_LENGTH);
	memreg_cache_destroy(cache);
}

#define LIST 16

static void list(void *cache, uint64_t address)
{
	struct memreg_region regions[LIST];
	struct iovec ranges[LIST];

	for (int i = 0; i < LIST; i++)
		ranges[i] = (struct iovec){ (void *)(address + i * REGION_STRIDE), REGION_LENGTH };
	if (memreg_get_many(cache, ranges, LIST, 1, regions))
		abort();
	for (int i = 0; i < LIST; i++)
		memreg_put(&regions[i]);
}

/* What every hit of the strict policy asks. */
static void ask(void *file, uint64_t address)
{
	struct uffdio_writeprotect nothing = { 0 };

	(void)address;
	ioctl(*(int *)file, UFFDIO_WRITEPROTECT, &nothing);
}

static void policies(void)
{
	static const struct {
		const char *name;
		uint32_t flags;
	} all[] = { { "strict", MEMREG_STRICT },
		    { "hooked", MEMREG_HOOKED },
		    { "relaxed", MEMREG_RELAXED },
		    { "unmonitored", MEMREG_UNMONITORED } };
	uint64_t base = map_regions(1000);
	struct uffdio_api api = { .api = UFFD_API };
	int file = syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct memreg_cache *cache = make(all[i].flags);

		for (unsigned region = 0; region < 1000; region++)
			pair(cache, base + region * REGION_STRIDE);
		printf("%s_ns %.1f\n", all[i].name, time_hits(pair, cache, base, 1000, 1000000));
		printf("%s_list_ns %.1f\n", all[i].name, time_hits(list, cache, base, 1000 - LIST, 100000) / LIST);
		memreg_cache_destroy(cache);
	}
	if (file >= 0 && !ioctl(file, UFFDIO_API, &api))
		printf("check_ns %.1f\n", time_hits(ask, &file, base, 1000, 1000000));
}

struct worker {
	pthread_t thread;
	struct memreg_cache *cache;
	uint64_t base;
	double ns;
};

static void *work(void *user)
{
	struct worker *worker = user;

	worker->ns = time_hits(pair, worker->cache, worker->base, 500, 2000000);
	return NULL;
}

static void two_threads(void)
{
	struct memreg_cache *cache = make(MEMREG_RELAXED);
	uint64_t base = map_regions(1000);
	struct worker workers[2] = { { .cache = cache, .base = base },
				     { .cache = cache, .base = base + 500 * REGION_STRIDE } };
	double alone;

	for (unsigned i = 0; i < 1000; i++)
		pair(cache, base + i * REGION_STRIDE);
	alone = time_hits(pair, cache, base, 500, 2000000);
	for (int i = 0; i < 2; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(workers[i].thread, NULL);
	printf("two_threads_of_one %.2f\n", alone / workers[0].ns + alone / workers[1].ns);
	memreg_cache_destroy(cache);
}

int main(int argc, char **argv)
{
	static const unsigned counts[] = { 1, 1000, 100000, 500000 };

	if (argc == 4 && !strcmp(argv[1], "hits")) {
		unsigned regions = atoi(argv[2]);
		unsigned long count = atol(argv[3]);
		/* Instruction counters run it, which know no userfaultfd; a hit does not touch it. */
		struct memreg_cache *cache = make(MEMREG_UNMONITORED);
		uint64_t base = map_regions(regions), state = 1;

		for (unsigned i = 0; i < regions; i++)
			pair(cache, base + i * REGION_STRIDE);
		for (unsigned long i = 0; i < count; i++)
			pair(cache, base + next_random(&state) % regions * REGION_STRIDE);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "policies")) {
		policies();
		return 0;
	}
	int hits_only = argc == 2 && !strcmp(argv[1], "hits_only");

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) - hits_only; i++) {
		struct memreg_cache *cache = make(MEMREG_HOOKED);
		unsigned regions = counts[i];
		uint64_t base = map_regions(regions), before = resident_bytes(), start = thread_ns();
		struct memreg_stats stats;

		for (unsigned region = 0; region < regions; region++)
			pair(cache, base + region * REGION_STRIDE);
		printf("insert_ns_%u %.0f\n", regions, (double)(thread_ns() - start) / regions);
		if (regions >= 100000)
			printf("bytes_a_region_%u %.1f\n", regions, (double)(resident_bytes() - before) / regions);
		printf("hit_ns_%u %.1f\n", regions, time_hits(pair, cache, base, regions, 2000000));
		start = clock_ns();
		munmap((void *)base, regions * REGION_STRIDE);
		printf("munmap_ns_a_region_%u %.0f\n", regions, (double)(clock_ns() - start) / regions);
		memreg_synchronize(cache);
		memreg_get_stats(cache, &stats);
		if (stats.invalidations != regions || stats.regions)
			return 1;
		memreg_cache_destroy(cache);
	}
	hits_inside("one", INSIDE_ONE);
	hits_inside("many", INSIDE_MANY);
	hits_inside("sizes", INSIDE_SIZES);
	if (!hits_only)
		two_threads();
	return 0;
}
