#pragma once

#include "CacheStress.h"

#include <errno.h>
#include <memreg.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

#define CHECK(condition)                                                                                              \
	do {                                                                                                          \
		if (!(condition)) {                                                                                   \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                 \
			return 1;                                                                                     \
		}                                                                                                     \
	} while (0)

/* The registrations made so far: every one has its number as keys and handle. */
extern atomic_ulong stress_registered;
extern atomic_ulong stress_released;
extern const struct memreg_ops stress_ops;

struct memreg_cache *stress_cache(uint32_t flags, uint64_t regions, uint64_t bytes);
int stress_use(struct memreg_cache *cache, void *memory, size_t length);
void *stress_map(size_t length);
uint32_t stress_random(uint64_t *state);
uint64_t stress_clock(void);
