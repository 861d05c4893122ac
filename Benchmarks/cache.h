#pragma once

/* The loop that every registration cache is timed by: hits on random regions of one page, a mock in place of registering. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REGION_STRIDE 8192ul
#define REGION_LENGTH 4096ul

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Of this thread's own time, so that other work on the machine counts as little as it can. */
static inline uint64_t thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static inline uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median of five runs of `count` get and put pairs over `regions` regions, in nanoseconds a pair. */
static inline double time_hits(void (*pair)(void *user, uint64_t address), void *user, uint64_t base,
			unsigned regions, unsigned long count)
{
	double runs[5];

	for (int run = 0; run < 5; run++) {
		uint64_t state = 1, start = thread_ns();

		for (unsigned long i = 0; i < count; i++)
			pair(user, base + next_random(&state) % regions * REGION_STRIDE);
		runs[run] = (double)(thread_ns() - start) / count;
	}
	qsort(runs, 5, sizeof(runs[0]), compare);
	return runs[2];
}

/* Requests of one page inside larger regions: one of 4 GiB, 2,048 of 2 MiB, and 18 of 4 KiB to 512 MiB. */
enum inside { INSIDE_ONE, INSIDE_MANY, INSIDE_SIZES };

#define INSIDE_LENGTH (4ul << 30)

static inline void add_inside(enum inside kind, void (*add)(void *user, uint64_t address, uint64_t length), void *user,
			      uint64_t base)
{
	uint64_t end = base + INSIDE_LENGTH;

	if (kind == INSIDE_ONE)
		add(user, base, INSIDE_LENGTH);
	else if (kind == INSIDE_MANY)
		for (; base < end; base += 2 << 20)
			add(user, base, 2 << 20);
	else
		for (int bits = 12; bits < 30; base += 1ul << bits++)
			add(user, base, 1ul << bits);
}

/* The page of one request, `base` being what the first region begins with. */
static inline uint64_t place_inside(enum inside kind, uint64_t base, uint64_t *state)
{
	unsigned bits;

	if (kind != INSIDE_SIZES)
		return base + next_random(state) % (INSIDE_LENGTH / REGION_LENGTH) * REGION_LENGTH;
	bits = next_random(state) % 18;
	return base + (REGION_LENGTH << bits) - REGION_LENGTH + (next_random(state) & ((1u << bits) - 1)) * REGION_LENGTH;
}

/* As time_hits. */
static inline double time_inside(void (*pair)(void *user, uint64_t address), void *user, uint64_t base,
				 enum inside kind, unsigned long count)
{
	double runs[5];

	for (int run = 0; run < 5; run++) {
		uint64_t state = 1, start = thread_ns();

		for (unsigned long i = 0; i < count; i++)
			pair(user, place_inside(kind, base, &state));
		runs[run] = (double)(thread_ns() - start) / count;
	}
	qsort(runs, 5, sizeof(runs[0]), compare);
	return runs[2];
}

static inline uint64_t resident_bytes(void)
{
	unsigned long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * 4096;
}
