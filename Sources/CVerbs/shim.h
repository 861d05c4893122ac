#pragma once

#ifdef MEMREG_STATIC
#define RDMA_STATIC_PROVIDERS rxe,siw
#endif
#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

/* `ibv_query_port` is both an exported symbol for the pre-extension struct and a
 * macro for the current one; Swift sees only the symbol. */
static inline int cverbs_query_port(struct ibv_context *context, uint8_t port,
				    struct ibv_port_attr *attr)
{
	return ibv_query_port(context, port, attr);
}

/* With static providers this name is a macro that links them in. */
static inline struct ibv_device **cverbs_get_device_list(int *count)
{
	return ibv_get_device_list(count);
}

