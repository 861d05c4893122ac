#pragma once

#ifdef MEMREG_STATIC
#define RDMA_STATIC_PROVIDERS rxe,siw
#endif
#include <errno.h>
#include <infiniband/verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_cma.h>
#include <string.h>
#include <unistd.h>

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

/*
 * The kernel's IB_USER_VERBS_CMD_REREG_MR by its own interface, for providers that leave
 * ibv_rereg_mr out (librxe up to rdma-core 64) though the driver has it. Returns 0 and updates
 * the region's keys, or a positive errno.
 */
static inline int cverbs_rereg_mr_command(struct ibv_mr *mr, uint32_t flags, uint64_t address,
					  uint64_t length, uint32_t access, struct ibv_pd *pd)
{
	struct ib_uverbs_rereg_mr_resp response;
	struct {
		struct ib_uverbs_cmd_hdr header;
		uint64_t response;
		uint32_t mr_handle;
		uint32_t flags;
		uint64_t start;
		uint64_t length;
		uint64_t hca_va;
		uint32_t pd_handle;
		uint32_t access_flags;
	} command;

	memset(&response, 0, sizeof(response));
	memset(&command, 0, sizeof(command));
	command.header.command = IB_USER_VERBS_CMD_REREG_MR;
	command.header.in_words = sizeof(command) / 4;
	command.header.out_words = sizeof(response) / 4;
	command.response = (uintptr_t)&response;
	command.mr_handle = mr->handle;
	command.flags = flags;
	command.start = address;
	command.length = length;
	command.hca_va = address;
	command.pd_handle = pd ? pd->handle : 0;
	command.access_flags = access;
	if (write(mr->context->cmd_fd, &command, sizeof(command)) != sizeof(command))
		return errno;
	mr->lkey = response.lkey;
	mr->rkey = response.rkey;
	return 0;
}
