/*
 * The registration cache from C: registers a buffer once, uses it twice, and shows that a new mapping at the same
 * addresses is registered anew.
 *
 *   cc cache.c $(pkg-config --cflags --libs memreg) -o cache && ./cache
 */
#include <memreg.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* In place of ibv_reg_mr: counts. With a device, memreg_cache_create_pd takes its protection domain. */
static int acquire(void *context, uint64_t address, uint64_t length, uint32_t access,
		   uint64_t *handle, uint32_t *lkey, uint32_t *rkey)
{
	(void)address, (void)length, (void)access;
	*handle = ++*(uint64_t *)context;
	*lkey = *rkey = *handle;
	return 0;
}

static int release(void *context, uint64_t handle)
{
	(void)context, (void)handle;
	return 0;
}

int main(void)
{
	const size_t length = 1 << 20;
	uint64_t registrations = 0;
	struct memreg_ops ops = { acquire, release, &registrations };
	struct memreg_region region;
	struct memreg_stats stats;
	struct memreg_cache *cache;
	void *buffer = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int code = memreg_cache_create(&cache, &ops, NULL);

	if (code) {
		fprintf(stderr, "cannot make a registration cache: %s\n", strerror(code));
		return 1;
	}
	for (int round = 0; round < 4; round++) {
		if (round == 2)
			mmap(buffer, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		code = memreg_get(cache, (uintptr_t)buffer, length, 1, &region);
		if (code) {
			fprintf(stderr, "cannot register %zu bytes: %s\n", length, strerror(code));
			return 1;
		}
		printf("round %d: lkey %u\n", round, region.lkey);
		memreg_put(&region);
	}
	memreg_get_stats(cache, &stats);
	printf("hits %lu, misses %lu, invalidations %lu\n", stats.hits, stats.misses, stats.invalidations);
	memreg_cache_destroy(cache);
	return stats.hits == 2 && stats.misses == 2 ? 0 : 1;
}
