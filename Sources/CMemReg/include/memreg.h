#pragma once

/*
 * memreg's registration cache for C. Link with -lmemreg; every function may be called from any thread.
 * Functions that can fail return 0 or a positive errno.
 */
#include <stdint.h>

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
 * When a change of memory counts. Strict, the default: as soon as the kernel has made it, for one ioctl a hit. Relaxed: when
 * the munmap that made it has returned; a thread that is given the addresses before may be served the old region.
 */
#define MEMREG_STRICT (1u << 0)
#define MEMREG_RELAXED (1u << 3)
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

struct memreg_stats {
	uint64_t hits, misses, merges, uncached, evictions, invalidations, retries;
	uint64_t release_failures, regions, regions_in_use, bytes;
};

/*
 * Makes a cache over `ops`, or over the protection domain `pd` by ibv_reg_mr_iova2. `policy` may be NULL.
 * EPERM, ENOSYS, EMFILE: userfaultfd is not to be had, and MEMREG_UNMONITORED was not asked for.
 */
int memreg_cache_create(struct memreg_cache **cache, const struct memreg_ops *ops,
			const struct memreg_policy *policy);
int memreg_cache_create_pd(struct memreg_cache **cache, struct ibv_pd *pd,
			   const struct memreg_policy *policy);

/*
 * Lets all regions go: the idle are deregistered when this returns, so that without any lent out the domain may be deallocated
 * next. Those lent out go at their memreg_put; they stay usable until then, and so must `ops` or `pd`.
 */
void memreg_cache_destroy(struct memreg_cache *cache);

/*
 * Lends a region that holds [address, address + length) and allows `access` (enum ibv_access_flags).
 * EINVAL: empty or wrapping range; ECHILD: the cache is a forked parent's; or what registering returned.
 */
int memreg_get(struct memreg_cache *cache, uint64_t address, uint64_t length, uint32_t access,
	       struct memreg_region *region);
void memreg_put(const struct memreg_region *region);

/* Never hands out again what shares an address with the range. */
void memreg_invalidate(struct memreg_cache *cache, uint64_t address, uint64_t length);

/* Deregisters all that is not lent out. */
void memreg_purge(struct memreg_cache *cache);

/* Returns when every change so far is taken into account and what went stale is deregistered, unless lent out. */
void memreg_synchronize(struct memreg_cache *cache);

void memreg_get_stats(struct memreg_cache *cache, struct memreg_stats *stats);

#ifdef __cplusplus
}
#endif
