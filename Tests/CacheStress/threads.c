#include "stress.h"

static struct memreg_cache *cache;
static char *memory;
static atomic_int is_registering;

static int acquire_slowly(void *context, uint64_t address, uint64_t length, uint32_t access, uint64_t *handle,
			  uint32_t *lkey, uint32_t *rkey)
{
	is_registering = 1;
	/* A cancellation point, as there are in libibverbs. */
	usleep(300);
	return stress_ops.acquire(context, address, length, access, handle, lkey, rkey);
}

static void *get(void *pages)
{
	for (;;) {
		stress_use(cache, memory, (uintptr_t)pages * PAGE);
		memreg_purge(cache);
		pthread_testcancel();
	}
	return NULL;
}

/* One thread registers, one waits for it; each is cancelled, and a third must be served afterwards. */
int stress_cancellations(unsigned long count, uint32_t flags)
{
	const struct memreg_ops ops = { acquire_slowly, stress_ops.release, NULL };
	struct memreg_policy policy = { .flags = flags };
	unsigned long failed = 0, left;

	if (memreg_cache_create(&cache, &ops, &policy))
		return 1;
	memory = stress_map(16 * PAGE);
	for (unsigned long i = 0; i < count; i++) {
		pthread_t first, second;

		is_registering = 0;
		if (pthread_create(&first, NULL, get, (void *)16) || pthread_create(&second, NULL, get, (void *)8))
			return 1;
		while (!is_registering)
			sched_yield();
		pthread_cancel(i % 2 ? first : second);
		pthread_join(i % 2 ? first : second, NULL);
		pthread_cancel(i % 2 ? second : first);
		pthread_join(i % 2 ? second : first, NULL);
		failed += stress_use(cache, memory, PAGE) != 0;
		stress_progress();
	}
	munmap(memory, 16 * PAGE);
	memreg_synchronize(cache);
	memreg_cache_destroy(cache);
	left = stress_registered - stress_released;
	printf("cancellations: flags %#x: %lu, %lu gets failed afterwards; %lu registrations left\n", flags, 2 * count, failed,
	       left);
	fflush(stdout);
	return failed || left;
}

static void *outlive(void *unused)
{
	(void)unused;
	usleep(50000);
	stress_use(cache, memory, PAGE);
	munmap(memory, PAGE);
	return NULL;
}

void stress_exit_by_threads(uint32_t flags)
{
	pthread_t thread;

	cache = stress_cache(flags, 0, 0);
	memory = stress_map(PAGE);
	stress_use(cache, memory, PAGE);
	if (pthread_create(&thread, NULL, outlive, NULL))
		abort();
	pthread_exit(NULL);
}

struct changer {
	pthread_t thread;
	atomic_int stop;
	unsigned long changes;
};

/* Ten thousand times a second: registers, and unmaps what it registered. */
static void *register_and_unmap(void *value)
{
	struct changer *changer = value;
	uint64_t start = stress_clock();

	while (!changer->stop) {
		void *pages = stress_map(16 * PAGE);

		stress_use(cache, pages, 16 * PAGE);
		munmap(pages, 16 * PAGE);
		changer->changes++;
		while (!changer->stop && stress_clock() - start < changer->changes * 100000)
			usleep(20);
	}
	return NULL;
}

#define BUCKETS (1u << 20)
#define BUCKET_NS 16

int stress_tail(struct stress_tail *run)
{
	struct changer changer = { 0 };
	char *area = stress_map(1000 * 2 * PAGE);
	uint32_t *buckets = calloc(BUCKETS, sizeof(*buckets));
	unsigned long seen = 0, failed = 0;
	uint64_t random = 1, before;

	if (!buckets)
		return 1;
	cache = stress_cache(run->flags, 0, 0);
	for (unsigned i = 0; i < 1000; i++)
		failed += stress_use(cache, area + i * 2 * PAGE, PAGE) != 0;
	if (pthread_create(&changer.thread, NULL, register_and_unmap, &changer))
		return 1;
	run->max = 0;
	for (unsigned long i = 0; i < run->hits; i++) {
		char *page = area + stress_random(&random) % 1000 * 2 * PAGE;
		uint64_t time;

		before = stress_clock();
		failed += stress_use(cache, page, PAGE) != 0;
		time = stress_clock() - before;
		if (time > run->max)
			run->max = time;
		time /= BUCKET_NS;
		buckets[time < BUCKETS ? time : BUCKETS - 1]++;
		stress_progress();
	}
	changer.stop = 1;
	pthread_join(changer.thread, NULL);
	run->changes = changer.changes;
	run->p50 = run->p999 = run->p9999 = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += buckets[i];
		if (!run->p50 && seen * 2 >= run->hits)
			run->p50 = i * BUCKET_NS;
		if (!run->p999 && seen * 1000 >= run->hits * 999)
			run->p999 = i * BUCKET_NS;
		if (!run->p9999 && seen * 10000 >= run->hits * 9999)
			run->p9999 = i * BUCKET_NS;
	}
	free(buckets);
	memreg_cache_destroy(cache);
	munmap(area, 1000 * 2 * PAGE);
	return failed != 0;
}
