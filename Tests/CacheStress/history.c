#include "stress.h"

#define THREADS 4
#define RANGES 32
/* Two pages, so that regions do not touch. */
#define STRIDE (2 * PAGE)

/* A request or a change of one range, from before its call until after its return. */
struct event {
	uint64_t called, returned;
	uint64_t registered; /* when what the request was given was registered; 0: a change */
	uint32_t range;
};

/* From a registration to the last request that was given it: no change can have happened meanwhile. */
struct span {
	uint64_t start, end;
};

struct recorder {
	pthread_t thread;
	struct memreg_cache *cache;
	char *area;
	struct event *events;
	unsigned long count, failed;
	uint64_t seed;
	int is_invalidating;
	/* Changes those ranges alone that nobody else changes. */
	int owns;
	unsigned number;
};

static atomic_ulong ticks;

static uint64_t tick(void)
{
	return atomic_fetch_add(&ticks, 1) + 1;
}

/* Its key is the time at which it began. */
static int acquire_at_tick(void *context, uint64_t address, uint64_t length, uint32_t access, uint64_t *handle,
			   uint32_t *lkey, uint32_t *rkey)
{
	uint32_t time = (uint32_t)tick();
	int code = stress_ops.acquire(context, address, length, access, handle, lkey, rkey);

	*lkey = *rkey = time;
	return code;
}

static int change(struct recorder *recorder, char *page, uint32_t kind)
{
	if (recorder->is_invalidating)
		return memreg_invalidate(recorder->cache, (uintptr_t)page, PAGE);
	if (kind % 2)
		return madvise(page, PAGE, MADV_DONTNEED);
	return mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
}

static void *record(void *value)
{
	struct recorder *recorder = value;

	for (unsigned long i = 0; i < recorder->count; i++) {
		struct event *event = &recorder->events[i];
		uint32_t random = stress_random(&recorder->seed);
		char *page = recorder->area + random % RANGES * STRIDE;
		struct memreg_region region;

		event->range = random % RANGES;
		event->registered = 0;
		event->called = tick();
		if (random / RANGES % 8 == 0 && (!recorder->owns || event->range % THREADS == recorder->number)) {
			recorder->failed += change(recorder, page, random >> 16) != 0;
		} else if (memreg_get(recorder->cache, (uintptr_t)page, PAGE, 1, &region)) {
			recorder->failed++;
		} else {
			event->registered = region.lkey;
		}
		event->returned = tick();
		if (event->registered)
			memreg_put(&region);
		if (i % 1024 == 0)
			stress_progress();
	}
	return NULL;
}

static int by_range_and_registration(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->range != y->range)
		return x->range < y->range ? -1 : 1;
	return (x->registered > y->registered) - (x->registered < y->registered);
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Whether a moment between the call and the return is in none of the spans, which are apart and in order. */
static int can_be_between(const struct event *change, const struct span *spans, unsigned long count)
{
	unsigned long low = 0, high = count;

	while (low < high) {
		unsigned long middle = (low + high) / 2;

		if (spans[middle].end > change->called)
			high = middle;
		else
			low = middle + 1;
	}
	return low == count || spans[low].start >= change->called || spans[low].end <= change->returned;
}

/*
 * The changes of one range for which there is no moment between call and return at which they can have happened: no request
 * that begins after it is given what was registered before it. `events` begin with the changes.
 */
static unsigned long violations(const struct event *events, unsigned long count)
{
	struct span *spans = calloc(count + 1, sizeof(*spans));
	unsigned long changes = 0, made = 0, apart = 0, wrong = 0;

	if (!spans)
		abort();
	while (changes < count && !events[changes].registered)
		changes++;
	for (unsigned long i = changes; i < count; i++)
		if (events[i].called > events[i].registered)
			spans[made++] = (struct span){ events[i].registered, events[i].called };
	qsort(spans, made, sizeof(*spans), by_start);
	for (unsigned long i = 1; i < made; i++) {
		if (spans[i].start > spans[apart].end)
			spans[++apart] = spans[i];
		else if (spans[i].end > spans[apart].end)
			spans[apart].end = spans[i].end;
	}
	for (unsigned long i = 0; i < changes; i++)
		wrong += !can_be_between(&events[i], spans, made ? apart + 1 : 0);
	free(spans);
	return wrong;
}

static unsigned long violations_of_all(struct event *events, unsigned long count)
{
	unsigned long wrong = 0;

	qsort(events, count, sizeof(*events), by_range_and_registration);
	for (unsigned long start = 0, end; start < count; start = end) {
		for (end = start; end < count && events[end].range == events[start].range;)
			end++;
		wrong += violations(events + start, end - start);
	}
	return wrong;
}

int stress_history(unsigned long count, uint32_t flags, int is_invalidating, unsigned long *wrong)
{
	const struct memreg_ops ops = { acquire_at_tick, stress_ops.release, NULL };
	struct memreg_policy policy = { .flags = flags };
	struct memreg_cache *cache;
	struct recorder recorders[THREADS];
	struct event *events = calloc(count, sizeof(*events));
	char *area = stress_map(RANGES * STRIDE);
	unsigned long share = count / THREADS, failed = 0;
	struct memreg_stats stats;

	if (!events || memreg_cache_create(&cache, &ops, &policy))
		return 1;
	for (unsigned i = 0; i < THREADS; i++) {
		recorders[i] = (struct recorder){ .cache = cache, .area = area, .events = events + i * share, .count = share,
						  .seed = i + 1, .is_invalidating = is_invalidating, .number = i,
						  .owns = !is_invalidating && flags & (MEMREG_RELAXED | MEMREG_SINGLE_MAPPER) };
		if (pthread_create(&recorders[i].thread, NULL, record, &recorders[i]))
			abort();
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(recorders[i].thread, NULL);
		failed += recorders[i].failed;
	}
	memreg_get_stats(cache, &stats);
	*wrong = violations_of_all(events, share * THREADS);
	munmap(area, RANGES * STRIDE);
	memreg_cache_destroy(cache);
	free(events);
	printf("history: flags %#x, %s: %lu events of %u ranges by %u threads, %lu failed, %lu changes without a moment; "
	       "%lu registrations, %lu hits, %lu invalidations\n",
	       flags, is_invalidating ? "invalidate" : "mmap and madvise", share * THREADS, RANGES, THREADS, failed, *wrong,
	       (unsigned long)stats.misses, (unsigned long)stats.hits, (unsigned long)stats.invalidations);
	fflush(stdout);
	return failed != 0;
}
