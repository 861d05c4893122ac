#include "stress.h"

struct handover {
	const struct memreg_region *region;
	int times;
};

static void *give_back(void *value)
{
	struct handover *handover = value;

	for (int i = 0; i < handover->times; i++)
		memreg_put(handover->region);
	return NULL;
}

static int put_elsewhere(const struct memreg_region *region, int times)
{
	struct handover handover = { region, times };
	pthread_t thread;

	return pthread_create(&thread, NULL, give_back, &handover) || pthread_join(thread, NULL);
}

static uint64_t second_puts(struct memreg_cache *cache)
{
	struct memreg_stats stats;

	memreg_get_stats(cache, &stats);
	return stats.second_puts;
}

/* A second put, here or on another thread, never takes the loan of another. */
static int stress_puts(struct memreg_cache *cache, char *memory)
{
	struct memreg_region zeros = { 0 }, first, second, third, copy;
	struct memreg_stats stats;
	unsigned long released = stress_released;

	memreg_put(&zeros);
	memreg_put(NULL);
	CHECK(!memreg_get(cache, (uintptr_t)memory, PAGE, 1, &first));
	CHECK(!memreg_get(cache, (uintptr_t)memory, PAGE, 1, &second));
	copy = first;
	memreg_put(&first);
	memreg_put(&first);
	memreg_put(&copy);
	CHECK(!put_elsewhere(&copy, 2));
	CHECK(second_puts(cache) == 4);
	CHECK(!memreg_get(cache, (uintptr_t)memory, PAGE, 1, &third));
	memreg_put(&copy);
	CHECK(!put_elsewhere(&third, 3));
	CHECK(second_puts(cache) == 7);
	memreg_get_stats(cache, &stats);
	CHECK(stats.regions_in_use == 1);
	munmap(memory, PAGE);
	CHECK(!memreg_synchronize(cache));
	/* `second` is lent out still. */
	CHECK(stress_released == released);
	memreg_put(&second);
	CHECK(stress_released == released + 1);
	memreg_put(&second);
	CHECK(stress_released == released + 1 && second_puts(cache) == 8);
	return 0;
}

int stress_misuse(uint32_t flags)
{
	struct memreg_cache *cache = stress_cache(flags, 0, 0), *other, *none = (void *)1;
	struct memreg_policy policy = { .flags = 1u << 31 };
	char *memory = stress_map(2 * PAGE);
	struct memreg_region region;
	struct memreg_stats stats;
	struct iovec range = { memory + PAGE, PAGE }, nothing = { NULL, 0 };

	CHECK(!stress_puts(cache, memory));
	CHECK(memreg_cache_create(&none, &stress_ops, &policy) == EINVAL && none == (void *)1);
	policy.flags = MEMREG_RELAXED | MEMREG_STRICT;
	CHECK(memreg_cache_create(&none, &stress_ops, &policy) == EINVAL);
	policy.flags = MEMREG_HOOKED | MEMREG_SINGLE_MAPPER;
	CHECK(memreg_cache_create(&none, &stress_ops, &policy) == EINVAL);
	CHECK(memreg_get_many(cache, NULL, 0, 1, NULL) == 0);
	CHECK(memreg_get_many(cache, &nothing, 1, 1, &region) == EINVAL);
	CHECK(memreg_get_many(cache, &range, 1, 1, &region) == 0);
	CHECK(memreg_get(cache, (uintptr_t)memory + PAGE + 64, 0, 1, &region) == EINVAL);
	CHECK(memreg_get(cache, (uintptr_t)memory + PAGE + 64, UINT64_MAX, 1, &region) == EINVAL);
	other = stress_cache(flags, 0, 0);
	CHECK(memreg_cache_destroy(cache) == 0);
	CHECK(memreg_cache_destroy(cache) == EINVAL);
	CHECK(memreg_get(cache, (uintptr_t)memory + PAGE, PAGE, 1, &region) == EINVAL);
	CHECK(memreg_get_many(cache, &range, 1, 1, &region) == EINVAL);
	CHECK(memreg_purge(cache) == EINVAL && memreg_synchronize(cache) == EINVAL &&
	      memreg_invalidate(cache, 0, 1) == EINVAL && memreg_get_stats(cache, &stats) == EINVAL);
	memreg_put(&region);
	CHECK(stress_registered == stress_released);
	CHECK(!stress_use(other, memory + PAGE, PAGE));
	CHECK(memreg_cache_destroy(other) == 0 && memreg_cache_destroy(NULL) == 0);
	munmap(memory + PAGE, PAGE);
	printf("misuse: flags %#x: refused and counted\n", flags);
	fflush(stdout);
	return stress_registered != stress_released;
}

int stress_closed_files(uint32_t flags, unsigned long *stale, int *code)
{
	struct memreg_cache *cache = stress_cache(flags, 0, 0);
	char *memory = stress_map(16 * PAGE);
	unsigned long before;

	*stale = 0;
	if (stress_use(cache, memory, 16 * PAGE))
		return 1;
	before = stress_registered;
	for (int file = 3; file < 1024; file++)
		close(file);
	mmap(memory, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (int i = 0; i < 100000; i++) {
		*code = stress_use(cache, memory, 16 * PAGE);
		if (*code)
			break;
		if (stress_registered == before)
			(*stale)++;
	}
	return 0;
}
