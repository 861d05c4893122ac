#include "CVerbsFake.h"

#include <dlfcn.h>
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#undef ibv_get_device_list

static __thread struct {
	bool active;
	char verb[64];
	int code;
	int skipped;
	int contexts, domains, regions;
} fake;

static struct ibv_device fake_device = { .name = "fake0", .dev_name = "uverbs-fake" };

void fake_begin(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.active = true;
}

void fake_end(void)
{
	fake.active = false;
}

void fake_fail(const char *verb, int code, int skipped)
{
	strncpy(fake.verb, verb, sizeof(fake.verb) - 1);
	fake.code = code;
	fake.skipped = skipped;
}

int fake_live_contexts(void)
{
	return fake.contexts;
}

int fake_live_domains(void)
{
	return fake.domains;
}

int fake_live_regions(void)
{
	return fake.regions;
}

static int injected(const char *verb)
{
	if (strcmp(fake.verb, verb) || fake.skipped-- > 0)
		return 0;
	fake.verb[0] = 0;
	return fake.code;
}

/* The real function behind a name that this file defines. */
#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

/* Allocates an object unless its verb is to fail; errno as libibverbs leaves it. */
static void *object(const char *verb, size_t size, int *live)
{
	int code = injected(verb);

	if (code) {
		errno = code;
		return NULL;
	}
	++*live;
	return calloc(1, size);
}

static int destroyed(const char *verb, void *object, int *live)
{
	int code = injected(verb);

	if (code)
		return code;
	--*live;
	free(object);
	return 0;
}

struct ibv_device **ibv_get_device_list(int *count)
{
	struct ibv_device **list;
	int code;

	if (!fake.active)
		return REAL(ibv_get_device_list)(count);
	code = injected("ibv_get_device_list");
	if (code) {
		errno = code;
		return NULL;
	}
	list = calloc(2, sizeof(*list));
	list[0] = &fake_device;
	*count = 1;
	return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
	if (list && list[0] == &fake_device)
		free(list);
	else
		REAL(ibv_free_device_list)(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
	return device == &fake_device ? device->name : REAL(ibv_get_device_name)(device);
}

__be64 ibv_get_device_guid(struct ibv_device *device)
{
	return device == &fake_device ? 0 : REAL(ibv_get_device_guid)(device);
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
	struct ibv_context *context;

	if (device != &fake_device)
		return REAL(ibv_open_device)(device);
	context = object("ibv_open_device", sizeof(*context), &fake.contexts);
	if (context)
		context->device = device;
	return context;
}

int ibv_close_device(struct ibv_context *context)
{
	if (context->device != &fake_device)
		return REAL(ibv_close_device)(context);
	return destroyed("ibv_close_device", context, &fake.contexts);
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
	struct ibv_pd *domain;

	if (context->device != &fake_device)
		return REAL(ibv_alloc_pd)(context);
	domain = object("ibv_alloc_pd", sizeof(*domain), &fake.domains);
	if (domain)
		domain->context = context;
	return domain;
}

int ibv_dealloc_pd(struct ibv_pd *domain)
{
	if (domain->context->device != &fake_device)
		return REAL(ibv_dealloc_pd)(domain);
	return destroyed("ibv_dealloc_pd", domain, &fake.domains);
}

// A device that claims nothing and has no method for dma-bufs.
int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attributes)
{
	if (context->device != &fake_device)
		return REAL(ibv_query_device)(context, attributes);
	memset(attributes, 0, sizeof(*attributes));
	return 0;
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *domain, uint64_t offset, size_t length, uint64_t iova,
				 int descriptor, int access)
{
	if (domain->context->device != &fake_device)
		return REAL(ibv_reg_dmabuf_mr)(domain, offset, length, iova, descriptor, access);
	errno = EOPNOTSUPP;
	return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *domain, void *address, size_t length, uint64_t iova,
				unsigned int access)
{
	struct ibv_mr *region;

	if (domain->context->device != &fake_device)
		return REAL(ibv_reg_mr_iova2)(domain, address, length, iova, access);
	region = object("ibv_reg_mr_iova2", sizeof(*region), &fake.regions);
	if (region) {
		region->context = domain->context;
		region->pd = domain;
		region->addr = address;
		region->length = length;
		region->lkey = region->rkey = 0x1000 + fake.regions;
	}
	return region;
}

int ibv_dereg_mr(struct ibv_mr *region)
{
	if (region->context->device != &fake_device)
		return REAL(ibv_dereg_mr)(region);
	return destroyed("ibv_dereg_mr", region, &fake.regions);
}
