#pragma once

/*
 * memreg's registration cache for C. Link with -lmemreg; every function may be called from any thread, and none from a
 * signal handler. Functions return 0 or a positive errno: EINVAL for NULL where something is needed, for flags that are not
 * known and for a cache that has been destroyed; ECHILD, with nothing done, in a forked child of the process that made it.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct memreg_cache;
struct ibv_pd;

/* What registers: called without a lock held; `length` is whole pages. */
struct memreg_ops {
	/* Registers and fills in what `release` needs and the keys, or returns an errno. */
	int (*acquire)(void *context, uint64_t address, uint64_t length, uint32_t access,
		       uint64_t *handle, uint32_t *lkey, uint32_t *rkey);
	int (*release)(void *context, uint64_t handle);
	void *context;
};

/*
 * When a change of memory counts; at most one of these.
 * MEMREG_STRICT, the default: as soon as the kernel has made it, whoever asked for it. One system call a memreg_get or
 *   memreg_get_many.
 * MEMREG_HOOKED: before the kernel makes it, if it is asked for through the C library, whose code is patched for that
 *   (x86-64, glibc; else ENOTSUP); otherwise as relaxed.
 * MEMREG_RELAXED: when the munmap that made it has returned. A thread that is given the addresses before may be served the
 *   old region: for callers with an order of their own.
 * MEMREG_SINGLE_MAPPER: as relaxed; the caller promises that one thread alone maps and unmaps, which makes it complete.
 */
#define MEMREG_STRICT (1u << 0)
#define MEMREG_RELAXED (1u << 3)
#define MEMREG_HOOKED (1u << 4)
#define MEMREG_SINGLE_MAPPER (1u << 5)
#define MEMREG_KEEP_SHARED (1u << 1)	 /* caches files and shared memory: memreg_invalidate before truncating or punching holes */
#define MEMREG_UNMONITORED (1u << 2)	 /* watches nothing: memreg_invalidate before any change of cached memory */

/* Zeros mean: 2^20 regions, bytes left to the memlock limit, private memory that is watched, strictly. */
struct memreg_policy {
	uint64_t maximum_regions;
	uint64_t maximum_bytes;
	uint32_t flags;
};

/* A region lent out, at least what was asked for; `opaque` is the cache's. */
struct memreg_region {
	uint64_t address;
	uint64_t length;
	uint32_t lkey;
	uint32_t rkey;
	uint64_t handle;
	void *opaque[2];
};

/*
 * `uncached` are registrations that are not kept: of memory that cannot be watched (`unwatched`), or that was changed all
 * the while (`unsettled`), or without room. `second_puts` were of regions that had been given back.
 */
struct memreg_stats {
	uint64_t hits, misses, merges, uncached, evictions, invalidations, retries;
	uint64_t release_failures, regions, regions_in_use, bytes;
	uint64_t unwatched, unsettled, second_puts;
};

/*
 * Makes a cache over `ops`, or over the protection domain `pd` by ibv_reg_mr_iova2. `policy` may be NULL.
 * EPERM, ENOSYS, EMFILE: userfaultfd is unavailable, and MEMREG_UNMONITORED was not asked for.
 */
int memreg_cache_create(struct memreg_cache **cache, const struct memreg_ops *ops,
			const struct memreg_policy *policy);
int memreg_cache_create_pd(struct memreg_cache **cache, struct ibv_pd *pd,
			   const struct memreg_policy *policy);

/*
 * Lets all regions go: the idle are deregistered when this returns, so that without any lent out the domain may be deallocated
 * next. Those lent out go at their memreg_put; they stay usable until then, and so must `ops` or `pd`. The library itself
 * stays loaded until the process ends, whatever dlclose says.
 */
int memreg_cache_destroy(struct memreg_cache *cache);

/*
 * Lends a region that holds [address, address + length) and allows `access` (enum ibv_access_flags): whole pages, and of no
 * page more to a peer than was asked for that page. EINVAL: empty or wrapping range; or what registering returned.
 */
int memreg_get(struct memreg_cache *cache, uint64_t address, uint64_t length, uint32_t access,
	       struct memreg_region *region);

/*
 * Lends a region for each of `count` ranges, all or none. A strict cache asks the kernel once for all of them: what the
 * caller had before the call is served as it is.
 */
int memreg_get_many(struct memreg_cache *cache, const struct iovec *ranges, size_t count, uint32_t access,
		    struct memreg_region *regions);

/*
 * Gives a region back, by whichever thread. A second time, by this or another copy of it, is counted and does nothing; so
 * does a region of zeros. The last user of a region that is no longer valid deregisters it here, on his own thread, with
 * whatever locks he holds.
 */
void memreg_put(const struct memreg_region *region);

/* Never hands out again what shares an address with the range; idle regions are deregistered by a thread of the cache. */
int memreg_invalidate(struct memreg_cache *cache, uint64_t address, uint64_t length);

/* Deregisters all that is not lent out. */
int memreg_purge(struct memreg_cache *cache);

/*
 * Deregisters what is idle, the least recently used first, until `bytes` are no longer pinned or nothing idle is left: for a
 * registration of somebody else's that failed for want of memlock. `yielded`, if not NULL, is how many they were.
 */
int memreg_yield_memlock(struct memreg_cache *cache, uint64_t bytes, uint64_t *yielded);

/* Returns when every change so far is taken into account and what went stale is deregistered, unless lent out. */
int memreg_synchronize(struct memreg_cache *cache);

int memreg_get_stats(struct memreg_cache *cache, struct memreg_stats *stats);

#ifdef __cplusplus
}
#endif
