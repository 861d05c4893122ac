#pragma once

/*
 * What kills registration caches in the field, staged against memreg.h with a mock in place of registering. Each function
 * runs `count` of its events with a cache of the given policy flags, and returns 0 if the cache kept its word. What it
 * counted it prints on one line. A watchdog ends the process with the stacks of all threads when nothing moves any more.
 */
#include <stddef.h>
#include <stdint.h>

/* Gets by threads that allocate, map, move, drop and free memory meanwhile; `list` ranges a call. */
struct stress_churn {
	unsigned threads;
	unsigned list;
	uint32_t flags;
	unsigned long gets;
	/* Out: gets of a region that was registered before the memory was mapped; addresses given out by the kernel before
	   the call that unmapped them had returned; retries that were needed. */
	unsigned long stale;
	unsigned long reused;
	unsigned long uncached;
};
int stress_churn(struct stress_churn *run);

/* Requests and changes of the same ranges by four threads, by memreg_invalidate or by the kernel: whether all can have happened
   one after another, each between its call and its return. Out: the changes that cannot. Of the
   orderings that let the kernel give a range away before munmap returns, each range is changed by one thread. */
int stress_history(unsigned long count, uint32_t flags, int is_invalidating, unsigned long *wrong);

/* fork, vfork, _Fork, posix_spawn and clone beside a thread that allocates, gets and frees. */
int stress_forks(unsigned long count, uint32_t flags);

/* A forked child that ends, asks and gives back: nothing of it reaches the parent's regions. */
int stress_children(unsigned long count, uint32_t flags);

/* Handlers that unmap, drop pages, fork and vfork in a thread that misses and hits. */
int stress_signals(unsigned long count, uint32_t flags);

/* Threads cancelled while they wait for another's registration, and while they register. */
int stress_cancellations(unsigned long count, uint32_t flags);

/* Gives back twice, a copy, zeros and after the end; destroys twice; asks for what is not known. */
int stress_misuse(uint32_t flags);

/* Memory is the application's to watch once the cache has no region in it, and the cache serves it all the same. */
int stress_unwatch(uint32_t flags);

/* Without a descriptor left nothing is kept, and counted; with some again it is. */
int stress_no_files(uint32_t flags);

/* With as many regions lent out as are allowed: others are served, evict nothing, and what is idle goes as it is needed. */
int stress_full(uint32_t flags);

/* Closes every file of the process above 2 under a cache: hits of old memory afterwards. */
int stress_closed_files(uint32_t flags, unsigned long *stale, int *code);

/* The main thread calls pthread_exit and a worker ends after it. Does not return; exits with 0. */
void stress_exit_by_threads(uint32_t flags) __attribute__((noreturn));

/* Sixteen-nanosecond buckets of hits while another thread registers and unmaps: percentiles in nanoseconds. */
struct stress_tail {
	uint32_t flags;
	unsigned long hits;
	uint64_t p50, p999, p9999, max;
	unsigned long changes;
};
int stress_tail(struct stress_tail *run);

/* Starts the watchdog: the process aborts with stacks when `seconds` pass without stress_progress(). */
void stress_watch(unsigned seconds);
void stress_progress(void);
