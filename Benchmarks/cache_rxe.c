/*
 * Registration caches on an RDMA device: median nanoseconds (instructions in a deterministic boot) of a hit, of a miss,
 * of a miss with one new mapping for every hundred regions, and of munmap.
 *   cache_rxe REGIONS        built once for each PEER_
 */
#include "cache.h"

#include <infiniband/verbs.h>
#include <string.h>
#include <sys/mman.h>

#if defined(PEER_MEMREG)
#include <memreg.h>

static struct memreg_cache *cache;

static void start(struct ibv_pd *domain)
{
	static const struct memreg_policy policy = { .flags = MEMREG_RELAXED };

	if (memreg_cache_create_pd(&cache, domain, &policy))
		abort();
}

static void pair(void *unused, uint64_t address)
{
	struct memreg_region region;

	(void)unused;
	if (memreg_get(cache, address, REGION_LENGTH, IBV_ACCESS_LOCAL_WRITE, &region))
		abort();
	memreg_put(&region);
}

#elif defined(PEER_UCX)
#include <uct/api/uct.h>

static uct_md_h md;

static void start(struct ibv_pd *domain)
{
	uct_component_h *components;
	unsigned count;

	(void)domain;
	uct_query_components(&components, &count);
	for (unsigned i = 0; i < count && !md; i++) {
		uct_component_attr_t attributes = {
			.field_mask = UCT_COMPONENT_ATTR_FIELD_NAME | UCT_COMPONENT_ATTR_FIELD_MD_RESOURCE_COUNT
		};
		uct_md_resource_desc_t resources[16];
		uct_md_config_t *config;

		uct_component_query(components[i], &attributes);
		if (strcmp(attributes.name, "ib") || !attributes.md_resource_count)
			continue;
		attributes.field_mask = UCT_COMPONENT_ATTR_FIELD_MD_RESOURCES;
		attributes.md_resources = resources;
		uct_component_query(components[i], &attributes);
		uct_md_config_read(components[i], NULL, NULL, &config);
		if (uct_md_open(components[i], resources[0].md_name, config, &md) != UCS_OK)
			abort();
	}
	if (!md)
		abort();
}

static void pair(void *unused, uint64_t address)
{
	uct_mem_h region;

	(void)unused;
	if (uct_md_mem_reg(md, (void *)address, REGION_LENGTH, UCT_MD_MEM_ACCESS_RMA, &region) != UCS_OK)
		abort();
	uct_md_mem_dereg(md, region);
}

#elif defined(PEER_LIBFABRIC)
#include <rdma/fabric.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>

static struct fid_domain *fabric_domain;

static void start(struct ibv_pd *domain)
{
	struct fi_info *hints = fi_allocinfo(), *info;
	struct fid_fabric *fabric;

	(void)domain;
	hints->ep_attr->type = FI_EP_MSG;
	hints->caps = FI_MSG | FI_RMA;
	hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_ALLOCATED | FI_MR_PROV_KEY | FI_MR_VIRT_ADDR;
	hints->fabric_attr->prov_name = strdup("verbs");
	if (fi_getinfo(FI_VERSION(1, 17), "10.9.0.1", "7471", FI_SOURCE, hints, &info) ||
	    fi_fabric(info->fabric_attr, &fabric, NULL) || fi_domain(fabric, info, &fabric_domain, NULL))
		abort();
}

static void pair(void *unused, uint64_t address)
{
	struct fid_mr *region;

	(void)unused;
	if (fi_mr_reg(fabric_domain, (void *)address, REGION_LENGTH, FI_RECV | FI_SEND, 0, 0, 0, &region, NULL))
		abort();
	fi_close(&region->fid);
}

#elif defined(PEER_BARE)
/* No cache: a pair registers and keeps, so that what is timed is the registration. */
static struct ibv_pd *bare;

static void start(struct ibv_pd *domain) { bare = domain; }

static void pair(void *unused, uint64_t address)
{
	(void)unused;
	if (!ibv_reg_mr(bare, (void *)address, REGION_LENGTH, IBV_ACCESS_LOCAL_WRITE))
		abort();
}
#endif

static struct ibv_pd *open_domain(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;

	if (!domain) {
		perror("open the first RDMA device");
		exit(69);
	}
	return domain;
}

static uint64_t map(size_t length)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return (uintptr_t)memory;
}

static double median(double *samples, unsigned count)
{
	qsort(samples, count, sizeof(samples[0]), compare);
	return samples[count / 2];
}

static double timed(uint64_t address)
{
	uint64_t begin = clock_ns();

	pair(NULL, address);
	return clock_ns() - begin;
}

int main(int argc, char **argv)
{
	unsigned regions = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	double *samples = malloc(regions * sizeof(*samples));
	uint64_t base;

	start(open_domain());
	base = map(regions * REGION_STRIDE);
	pair(NULL, base);
	for (unsigned i = 1; i < regions; i++)
		samples[i - 1] = timed(base + i * REGION_STRIDE);
	if (regions > 1)
		printf("miss %.0f\n", median(samples, regions - 1));
#ifndef PEER_BARE
	printf("hit %.1f\n", time_hits(pair, NULL, base, regions, 20000));
#endif
	/* Every hundred regions of a mapping of their own, the mean: a new mapping costs once. */
	if (regions > 1) {
		double sum = 0;

		for (unsigned mapping = 0; mapping < 10; mapping++) {
			uint64_t fresh = map(100 * REGION_STRIDE);

			for (unsigned i = 0; i < 100; i++)
				sum += timed(fresh + i * REGION_STRIDE);
		}
		printf("miss_in_new_mappings %.0f\n", sum / 1000);
	}
	for (unsigned i = 0; i < 100; i++) {
		uint64_t other = map(65536), begin = clock_ns();

		munmap((void *)other, 65536);
		samples[i % regions] = clock_ns() - begin;
	}
	printf("munmap_unrelated %.0f\n", median(samples, regions < 100 ? regions : 100));
	return 0;
}
