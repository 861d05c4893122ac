#include "stress.h"

#include <malloc.h>

#define BLOCKS 4
#define THREADS 256
#define LIST 64

/* A block of one thread's, and the registrations there had been before its memory was as it is. */
struct block {
	char *memory;
	size_t length;
	uint32_t before;
	int is_allocated;
};

/* What a thread is unmapping this moment, for others to see whether they were given it before that call returned. */
static struct unmapping {
	_Atomic uintptr_t start, end;
} __attribute__((aligned(64))) unmappings[THREADS];

struct worker {
	pthread_t thread;
	unsigned number;
	struct stress_churn *run;
	struct memreg_cache *cache;
	unsigned long share, gets, stale, reused;
	int code;
};

static void begin_unmapping(struct worker *worker, char *start, size_t length)
{
	unmappings[worker->number].start = (uintptr_t)start;
	unmappings[worker->number].end = (uintptr_t)start + length;
}

static void end_unmapping(struct worker *worker)
{
	unmappings[worker->number].end = 0;
}

static void look_for_reuse(struct worker *worker, char *start, size_t length)
{
	for (unsigned i = 0; i < worker->run->threads; i++)
		if (i != worker->number && unmappings[i].start < (uintptr_t)start + length &&
		    (uintptr_t)start < unmappings[i].end)
			worker->reused++;
}

static size_t random_length(uint64_t *random)
{
	static const size_t lengths[] = { 64 << 10, 256 << 10, 1 << 20, 40 << 20 };

	return lengths[stress_random(random) % 4];
}

/* Memory that the allocator maps for each block alone, so that its pages are never those of a block before. */
static void make(struct worker *worker, struct block *block, uint64_t *random)
{
	block->length = random_length(random);
	block->is_allocated = stress_random(random) % 2;
	block->before = (uint32_t)atomic_load(&stress_registered);
	if (block->is_allocated) {
		block->length = 40 << 20;
		block->memory = malloc(block->length);
	} else {
		block->memory = stress_map(block->length);
	}
	look_for_reuse(worker, block->memory, block->length);
	block->memory[0] = 1;
}

static void drop(struct worker *worker, struct block *block)
{
	begin_unmapping(worker, block->memory, block->length);
	if (block->is_allocated)
		free(block->memory);
	else
		munmap(block->memory, block->length);
	end_unmapping(worker);
	block->memory = NULL;
}

/* Changes that leave the block its addresses, or give it others. */
static void change(struct worker *worker, struct block *block, uint64_t *random)
{
	uint32_t before = (uint32_t)atomic_load(&stress_registered);
	char *moved;

	switch (stress_random(random) % 3) {
	case 0:
		madvise(block->memory, block->length, MADV_DONTNEED);
		block->before = (uint32_t)atomic_load(&stress_registered);
		break;
	case 1:
		mmap(block->memory, block->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		     -1, 0);
		block->before = (uint32_t)atomic_load(&stress_registered);
		break;
	default:
		/* To an address that nobody has, which may be one that somebody is leaving. */
		begin_unmapping(worker, block->memory, block->length);
		moved = mremap(block->memory, block->length, 2 * block->length, MREMAP_MAYMOVE);
		end_unmapping(worker);
		if (moved == MAP_FAILED)
			break;
		block->length *= 2;
		/* Where it stays, what is registered of it is still right. */
		if (moved != block->memory) {
			block->memory = moved;
			block->before = before;
			look_for_reuse(worker, block->memory, block->length);
		}
	}
}

static void look(struct worker *worker, const struct memreg_region *region, const struct block *block)
{
	worker->gets++;
	if (region->lkey <= block->before)
		worker->stale++;
}

static void get(struct worker *worker, struct block *blocks, uint64_t *random)
{
	struct memreg_region regions[LIST];
	struct iovec ranges[LIST];
	const struct block *of[LIST];
	unsigned list = worker->run->list;

	for (unsigned i = 0; i < list; i++) {
		const struct block *block = &blocks[stress_random(random) % BLOCKS];
		size_t offset = stress_random(random) % (block->length / PAGE) * PAGE;
		size_t length = block->length - offset;

		if (length > 16 * PAGE)
			length = 16 * PAGE;
		of[i] = block;
		ranges[i] = (struct iovec){ block->memory + offset, length };
	}
	worker->code = memreg_get_many(worker->cache, ranges, list, 1, regions);
	for (unsigned i = 0; i < list && !worker->code; i++) {
		look(worker, &regions[i], of[i]);
		memreg_put(&regions[i]);
	}
}

static void *work(void *value)
{
	struct worker *worker = value;
	struct block blocks[BLOCKS] = { 0 };
	uint64_t random = worker->number + 1;

	while (worker->gets < worker->share && !worker->code) {
		struct block *block = &blocks[stress_random(&random) % BLOCKS];

		for (unsigned i = 0; i < BLOCKS; i++)
			if (!blocks[i].memory)
				make(worker, &blocks[i], &random);
		get(worker, blocks, &random);
		if (!block->is_allocated && stress_random(&random) % 2)
			change(worker, block, &random);
		else
			drop(worker, block);
		if (block->memory && block->length > 128ul << 20)
			drop(worker, block);
		stress_progress();
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].memory)
			drop(worker, &blocks[i]);
	return NULL;
}

int stress_churn(struct stress_churn *run)
{
	struct memreg_cache *cache = stress_cache(run->flags, 4096, 0);
	struct worker *workers = calloc(run->threads, sizeof(*workers));
	struct memreg_stats stats;
	int code = run->threads > THREADS || run->list > LIST ? EINVAL : 0;

	for (unsigned i = 0; i < run->threads && !code; i++) {
		workers[i] = (struct worker){ .number = i, .run = run, .cache = cache, .share = run->gets / run->threads };
		code = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	run->gets = 0;
	for (unsigned i = 0; i < run->threads && !code; i++) {
		pthread_join(workers[i].thread, NULL);
		code = workers[i].code;
		run->gets += workers[i].gets;
		run->stale += workers[i].stale;
		run->reused += workers[i].reused;
	}
	memreg_get_stats(cache, &stats);
	run->uncached = stats.uncached;
	memreg_cache_destroy(cache);
	free(workers);
	printf("churn: %u threads, lists of %u, flags %#x: %lu gets, %lu stale, %lu addresses given out before their unmapping "
	       "returned, %lu registered alone, %lu hits, %lu invalidations\n",
	       run->threads, run->list, run->flags, run->gets, run->stale, run->reused, run->uncached,
	       (unsigned long)stats.hits, (unsigned long)stats.invalidations);
	fflush(stdout);
	return code;
}
