#include "CLoop.h"
#include "clock.h"

#include <errno.h>
#include <infiniband/verbs.h>
#include <stdlib.h>
#include <string.h>

struct cloop_verbs {
	struct ibv_context *context;
	struct ibv_pd *domain;
	int batch;
	struct ibv_mr *regions[];
};

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;

	for (struct ibv_device **device = list; device && *device; device++) {
		if (!strcmp(ibv_get_device_name(*device), name))
			context = ibv_open_device(*device);
	}
	if (list)
		ibv_free_device_list(list);
	return context;
}

int cloop_verbs_open(const char *device, int batch, struct cloop_verbs **loop)
{
	struct cloop_verbs *fresh = calloc(1, sizeof(*fresh) + (size_t)batch * sizeof(void *));

	if (!fresh)
		return ENOMEM;
	fresh->batch = batch;
	fresh->context = open_device(device);
	if (!fresh->context) {
		free(fresh);
		return ENODEV;
	}
	fresh->domain = ibv_alloc_pd(fresh->context);
	if (!fresh->domain) {
		int code = errno;

		ibv_close_device(fresh->context);
		free(fresh);
		return code;
	}
	*loop = fresh;
	return 0;
}

void cloop_verbs_close(struct cloop_verbs *loop)
{
	ibv_dealloc_pd(loop->domain);
	ibv_close_device(loop->context);
	free(loop);
}

int cloop_verbs_sample(struct cloop_verbs *loop, uint64_t address, size_t length, int access,
		       struct cloop_times *times)
{
	int count = 0, code = 0;
	uint64_t begin, middle, end;

	begin = now();
	for (; count < loop->batch; count++) {
		loop->regions[count] = ibv_reg_mr(loop->domain, (void *)(uintptr_t)address, length, access);
		if (!loop->regions[count]) {
			code = errno;
			break;
		}
	}
	middle = now();
	for (int index = 0; index < count; index++) {
		int failure = ibv_dereg_mr(loop->regions[index]);

		if (failure)
			code = failure;
	}
	end = now();
	times->register_ns = middle - begin;
	times->deregister_ns = end - middle;
	return code;
}
