/*
 * memreg's cache by its C interface: nanoseconds a hit, insertion, memory a region, two threads, invalidation.
 *   cache_memreg [hits REGIONS COUNT | hits_only]
 */
#include "cache.h"
#include <memreg.h>

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

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
	int hits_only = argc == 2 && !strcmp(argv[1], "hits_only");

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) - hits_only; i++) {
		struct memreg_cache *cache = make(MEMREG_RELAXED);
		unsigned regions = counts[i];
		uint64_t base = map_regions(regions), before = resident_bytes(), start = clock_ns();
		struct memreg_stats stats;

		for (unsigned region = 0; region < regions; region++)
			pair(cache, base + region * REGION_STRIDE);
		printf("insert_ns_%u %.0f\n", regions, (double)(clock_ns() - start) / regions);
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
	if (!hits_only)
		two_threads();
	return 0;
}
