#include "stress.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static int open_userfaultfd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int file = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);

	return file < 0 || ioctl(file, UFFDIO_API, &api) ? -1 : file;
}

static int watch(int file, char *memory, size_t length)
{
	struct uffdio_register request = { { (uintptr_t)memory, length }, UFFDIO_REGISTER_MODE_MISSING, 0 };

	return ioctl(file, UFFDIO_REGISTER, &request) ? errno : 0;
}

static struct memreg_stats stats_of(struct memreg_cache *cache)
{
	struct memreg_stats stats = { 0 };

	memreg_get_stats(cache, &stats);
	return stats;
}

int stress_unwatch(uint32_t flags)
{
	struct memreg_cache *cache = stress_cache(flags, 0, 0);
	char *memory = stress_map(64 * PAGE), *half = memory + 32 * PAGE;
	int file = open_userfaultfd();

	CHECK(file >= 0);
	CHECK(!stress_use(cache, memory, PAGE) && !stress_use(cache, memory + 8 * PAGE, PAGE));
	CHECK(watch(file, memory, 64 * PAGE) == EBUSY);
	CHECK(!memreg_purge(cache));
	CHECK(!watch(file, memory, 64 * PAGE));
	/* Now it is the application's: served, and not kept. */
	CHECK(!stress_use(cache, memory, PAGE) && !stress_use(cache, memory, PAGE));
	CHECK(stats_of(cache).unwatched == 2 && stats_of(cache).uncached == 2 && stats_of(cache).regions == 0);
	close(file);
	/* Split while it was watched: nobody knows in which half the regions were, and purge finds out. */
	CHECK(!stress_use(cache, memory, PAGE) && !stress_use(cache, half + PAGE, PAGE));
	CHECK(stats_of(cache).regions == 2);
	munmap(half, PAGE);
	CHECK(!memreg_purge(cache));
	file = open_userfaultfd();
	CHECK(!watch(file, memory, 32 * PAGE) && !watch(file, half + PAGE, 31 * PAGE));
	close(file);
	CHECK(!memreg_cache_destroy(cache));
	munmap(memory, 32 * PAGE);
	munmap(half + PAGE, 31 * PAGE);
	CHECK(stress_registered == stress_released);
	return 0;
}

int stress_no_files(uint32_t flags)
{
	struct memreg_cache *cache = stress_cache(flags, 0, 0);
	char *memory = stress_map(2 * PAGE);
	struct rlimit none = { 0, 0 }, before;

	CHECK(!getrlimit(RLIMIT_NOFILE, &before));
	none.rlim_max = before.rlim_max;
	CHECK(!setrlimit(RLIMIT_NOFILE, &none));
	CHECK(!stress_use(cache, memory, PAGE) && !stress_use(cache, memory, PAGE));
	CHECK(stats_of(cache).unwatched == 2 && stats_of(cache).regions == 0);
	CHECK(!setrlimit(RLIMIT_NOFILE, &before));
	CHECK(!stress_use(cache, memory, PAGE) && !stress_use(cache, memory, PAGE));
	CHECK(stats_of(cache).regions == 1 && stats_of(cache).hits == 1);
	CHECK(!memreg_cache_destroy(cache));
	munmap(memory, 2 * PAGE);
	return 0;
}

int stress_full(uint32_t flags)
{
	struct memreg_cache *cache = stress_cache(flags, 4, 0);
	char *memory = stress_map(64 * PAGE);
	struct memreg_region held[4], other;
	uint64_t yielded = 0;

	for (int i = 0; i < 4; i++)
		CHECK(!memreg_get(cache, (uintptr_t)memory + 2 * i * PAGE, PAGE, 1, &held[i]));
	for (int i = 0; i < 100; i++)
		CHECK(!stress_use(cache, memory + 32 * PAGE, PAGE));
	CHECK(stats_of(cache).uncached == 100 && stats_of(cache).evictions == 0 && stats_of(cache).regions == 4);
	CHECK(!memreg_yield_memlock(cache, 1, &yielded) && yielded == 0);
	memreg_put(&held[2]);
	CHECK(!memreg_get(cache, (uintptr_t)memory + 32 * PAGE, PAGE, 1, &other));
	CHECK(stats_of(cache).uncached == 100 && stats_of(cache).evictions == 1 && stats_of(cache).regions == 4);
	memreg_put(&other);
	memreg_put(&held[0]);
	/* Of two idle ones, as many as are asked for. */
	CHECK(!memreg_yield_memlock(cache, 1, &yielded) && yielded == PAGE);
	CHECK(!memreg_yield_memlock(cache, UINT64_MAX, &yielded) && yielded == PAGE);
	CHECK(stress_registered - stress_released == 2);
	memreg_put(&held[1]);
	memreg_put(&held[3]);
	CHECK(!memreg_cache_destroy(cache));
	munmap(memory, 64 * PAGE);
	CHECK(stress_registered == stress_released);
	return 0;
}
