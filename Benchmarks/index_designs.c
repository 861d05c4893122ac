/*
 * Designs for the index of a registration cache and for counting its users, each by itself and with nothing else around:
 * nanoseconds of a hit (find, take, give back) for exact requests and inside larger regions, and of an insertion. The
 * last one, "blocks", is the design of Sources/RegistrationCache/Index.
 *   index_designs [DESIGN]
 */
#include "index_designs.h"

/* --- Users: one word of the region, exchanged by every thread, or a counter of each thread's own --- */

static uint32_t *counters;

static inline void take_and_give_exchange(uint32_t number)
{
	__atomic_fetch_add(&regions[number].state, 1, __ATOMIC_ACQUIRE);
	__atomic_fetch_sub(&regions[number].state, 1, __ATOMIC_ACQ_REL);
}

static inline void take_and_give_counter(uint32_t number)
{
	counters[number]++;
	__asm__ volatile("" ::: "memory");
	(void)__atomic_load_n(&regions[number].state, __ATOMIC_ACQUIRE);
	counters[number]--;
	__asm__ volatile("" ::: "memory");
	(void)__atomic_load_n(&regions[number].state, __ATOMIC_ACQUIRE);
}

/* --- Workloads --- */

static void add(const struct design *design, uint64_t start, uint64_t length)
{
	uint32_t number = ++region_count;

	regions[number] = (struct region){ .start = start, .end = start + length };
	design->insert(number);
}

struct workload {
	const char *name;
	unsigned kind;
	uint64_t count;
};

/* Addresses need no memory behind them. */
static const uint64_t base = 0x7f0000000000;

static double build(const struct design *design, const struct workload *workload)
{
	uint64_t at = base, before = clock_ns(), length = 4ull << 30;

	design->reset();
	region_count = 0;
	switch (workload->kind) {
	case 0:
		for (uint64_t i = 0; i < workload->count; i++)
			add(design, base + i * 2 * REGION_LENGTH, REGION_LENGTH);
		break;
	case 1:
		for (uint64_t i = 0; i < workload->count; i++)
			add(design, base + 0x3000 + (i * (length / workload->count)), length / workload->count);
		break;
	default:
		for (int bits = 12; bits < 30; at += 1ull << bits++)
			add(design, at, 1ull << bits);
	}
	return (double)(clock_ns() - before) / region_count;
}

static inline void request(const struct workload *workload, uint64_t *random, uint64_t *start, uint64_t *end)
{
	uint64_t length = 4ull << 30, at;

	switch (workload->kind) {
	case 0:
		*start = base + next_random(random) % workload->count * 2 * REGION_LENGTH;
		*end = *start + REGION_LENGTH;
		return;
	case 1:
		at = (uint64_t)next_random(random) * 4096 % (length - 65536) & ~0xffffull;
		*start = base + 0x10000 + (at & ~0xffffull);
		break;
	default:
		*start = base + (1 << 29) + (uint64_t)next_random(random) * 4096 % ((1 << 28) - 65536);
	}
	*end = *start + 4096;
}

static double time_workload(const struct design *design, const struct workload *workload, int by_counters)
{
	double best = 1e9;

	for (int run = 0; run < 5; run++) {
		uint64_t random = 1, before = thread_ns(), start, end;
		double time;

		for (int i = 0; i < 1000000; i++) {
			uint32_t number;

			request(workload, &random, &start, &end);
			number = design->find(start, end);
			if (!number || !holds(number, start, end))
				abort();
			if (by_counters)
				take_and_give_counter(number);
			else
				take_and_give_exchange(number);
		}
		time = (thread_ns() - before) / 1e6;
		if (time < best)
			best = time;
	}
	return best;
}

int main(int argc, char **argv)
{
	static const struct workload workloads[] = {
		{ "exact, 1", 0, 1 },		     { "exact, 1,000", 0, 1000 },
		{ "exact, 100,000", 0, 100000 },     { "inside one of 4 GiB", 1, 1 },
		{ "inside 2,048 of 2 MiB", 1, 2048 }, { "inside one of 18 sizes", 2, 0 },
	};

	regions = reserve(sizeof(*regions) << 21);
	counters = reserve(sizeof(*counters) << 21);
	printf("%-24s %-10s %12s %12s %12s\n", "", "design", "exchanges ns", "counters ns", "insertion ns");
	for (size_t w = 0; w < sizeof(workloads) / sizeof(workloads[0]); w++) {
		for (size_t d = 0; d < sizeof(designs) / sizeof(designs[0]); d++) {
			double insertion;

			if (argc > 1 && strcmp(argv[1], designs[d].name))
				continue;
			insertion = build(&designs[d], &workloads[w]);
			printf("%-24s %-10s %12.1f %12.1f %12.1f\n", workloads[w].name, designs[d].name,
			       time_workload(&designs[d], &workloads[w], 0), time_workload(&designs[d], &workloads[w], 1), insertion);
			fflush(stdout);
		}
	}
	return 0;
}
