/*
 * UCX's registration cache by itself (ucs_rcache), with a mock in place of registering: nanoseconds a hit, and an insertion.
 *   cache_ucx [hits REGIONS COUNT]
 */
#include "cache.h"

#include <string.h>
#include <sys/mman.h>
#include <ucm/api/ucm.h>
#include <ucs/memory/rcache.h>

struct region {
	ucs_rcache_region_t super;
	uint32_t key;
};

static ucs_status_t acquire(void *context, ucs_rcache_t *cache, void *arg, ucs_rcache_region_t *region,
			    uint16_t flags)
{
	(void)context, (void)cache, (void)arg, (void)flags;
	((struct region *)region)->key = 1;
	return UCS_OK;
}

static void release(void *context, ucs_rcache_t *cache, ucs_rcache_region_t *region)
{
	(void)context, (void)cache, (void)region;
}

static void dump(void *context, ucs_rcache_t *cache, ucs_rcache_region_t *region, char *text, size_t length)
{
	(void)context, (void)cache, (void)region;
	snprintf(text, length, "mock");
}

static const ucs_rcache_ops_t ops = { acquire, release, dump };

static void pair(void *cache, uint64_t address)
{
	ucs_rcache_region_t *region;

	if (ucs_rcache_get(cache, (void *)address, REGION_LENGTH, PROT_READ | PROT_WRITE, NULL, &region) != UCS_OK)
		abort();
	ucs_rcache_region_put(cache, region);
}

static void add(void *cache, uint64_t address, uint64_t length)
{
	ucs_rcache_region_t *region;

	if (ucs_rcache_get(cache, (void *)address, length, PROT_READ | PROT_WRITE, NULL, &region) != UCS_OK)
		abort();
	ucs_rcache_region_put(cache, region);
}

static ucs_rcache_t *make(void)
{
	ucs_rcache_params_t params = {
		.region_struct_size = sizeof(struct region),
		.alignment = 64,
		.max_alignment = 4096,
		.ucm_events = UCM_EVENT_VM_UNMAPPED,
		.ucm_event_priority = 1000,
		.ops = &ops,
		.flags = 0,
		.max_regions = ~0ul,
		.max_size = ~0ul,
		.max_unreleased = ~0ul,
	};
	ucs_rcache_t *cache;

	if (ucs_rcache_create(&params, "bench", NULL, &cache) != UCS_OK) {
		fprintf(stderr, "ucs_rcache_create failed\n");
		exit(1);
	}
	return cache;
}

static void hits_inside(const char *name, enum inside kind)
{
	void *memory = mmap(NULL, INSIDE_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ucs_rcache_t *cache = make();

	add_inside(kind, add, cache, (uintptr_t)memory);
	printf("inside_ns_%s %.1f\n", name, time_inside(pair, cache, (uintptr_t)memory, kind, 2000000));
	munmap(memory, INSIDE_LENGTH);
	ucs_rcache_destroy(cache);
}

int main(int argc, char **argv)
{
	static const unsigned counts[] = { 1, 1000, 100000 };

	for (size_t i = 0; i < 3; i++) {
		unsigned regions = argc == 4 ? (unsigned)atoi(argv[2]) : counts[i];
		void *memory = mmap(NULL, regions * REGION_STRIDE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		uint64_t base = (uintptr_t)memory, state = 1, start;
		ucs_rcache_t *cache = make();

		start = thread_ns();
		for (unsigned region = 0; region < regions; region++)
			pair(cache, base + region * REGION_STRIDE);
		if (argc == 4) {
			for (long count = atol(argv[3]); count > 0; count--)
				pair(cache, base + next_random(&state) % regions * REGION_STRIDE);
			return 0;
		}
		printf("insert_ns_%u %.0f\n", regions, (double)(thread_ns() - start) / regions);
		printf("hit_ns_%u %.1f\n", regions, time_hits(pair, cache, base, regions, 2000000));
		munmap(memory, regions * REGION_STRIDE);
		ucs_rcache_destroy(cache);
	}
	hits_inside("one", INSIDE_ONE);
	hits_inside("many", INSIDE_MANY);
	hits_inside("sizes", INSIDE_SIZES);
	return 0;
}
