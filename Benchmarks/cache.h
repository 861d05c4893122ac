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
