#pragma once

#include <errno.h>
#include <infiniband/verbs.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* `ibv_query_port` is both an exported symbol for the pre-extension struct and a
 * macro for the current one; Swift sees only the symbol. */
static inline int cverbs_query_port(struct ibv_context *context, uint8_t port,
				    struct ibv_port_attr *attr)
{
	return ibv_query_port(context, port, attr);
}

/* Exported by libibverbs.a alone: where these are null the providers are loaded at run time. */
struct verbs_device_ops;
extern const struct verbs_device_ops verbs_provider_all __attribute__((weak));
void ibv_static_providers(void *unused, ...) __attribute__((weak));

/*
 * Goes before whatever looks for devices first, libibverbs or librdmacm. A static link holds the
 * providers that something names. The variable, which libibverbs reads once, lets its destroy
 * functions free their own memory when the device is gone (EIO).
 */
static inline void cverbs_prepare(void)
{
	if (!getenv("RDMAV_ALLOW_DISASSOC_DESTROY"))
		setenv("RDMAV_ALLOW_DISASSOC_DESTROY", "1", 0);
	if (ibv_static_providers)
		ibv_static_providers(NULL, &verbs_provider_all, NULL);
}

static inline struct ibv_device **cverbs_get_device_list(int *count)
{
	cverbs_prepare();
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

/*
 * The kernel's UVERBS_METHOD_ADVISE_MR by its own interface, for librxe before rdma-core 59, which
 * leaves ibv_advise_mr out though the driver has it. Returns 0 or a positive errno.
 */
static inline int cverbs_rxe_advise_mr(struct ibv_pd *pd, uint32_t advice, uint32_t flags,
				       struct ibv_sge *range)
{
	_Alignas(8) unsigned char command[sizeof(struct ib_uverbs_ioctl_hdr) +
					  4 * sizeof(struct ib_uverbs_attr)];
	struct ib_uverbs_ioctl_hdr *header = (struct ib_uverbs_ioctl_hdr *)command;

	memset(command, 0, sizeof(command));
	header->length = sizeof(command);
	header->object_id = UVERBS_OBJECT_MR;
	header->method_id = UVERBS_METHOD_ADVISE_MR;
	header->num_attrs = 4;
	header->driver_id = RDMA_DRIVER_RXE;
	header->attrs[0].attr_id = UVERBS_ATTR_ADVISE_MR_PD_HANDLE;
	header->attrs[0].flags = UVERBS_ATTR_F_MANDATORY;
	header->attrs[0].data = pd->handle;
	header->attrs[1].attr_id = UVERBS_ATTR_ADVISE_MR_ADVICE;
	header->attrs[1].flags = UVERBS_ATTR_F_MANDATORY;
	header->attrs[1].len = sizeof(uint64_t);
	header->attrs[1].data = advice;
	header->attrs[2].attr_id = UVERBS_ATTR_ADVISE_MR_FLAGS;
	header->attrs[2].flags = UVERBS_ATTR_F_MANDATORY;
	header->attrs[2].len = sizeof(uint32_t);
	header->attrs[2].data = flags;
	header->attrs[3].attr_id = UVERBS_ATTR_ADVISE_MR_SGE_LIST;
	header->attrs[3].flags = UVERBS_ATTR_F_MANDATORY;
	header->attrs[3].len = sizeof(*range);
	header->attrs[3].data = (uintptr_t)range;
	return ioctl(pd->context->cmd_fd, RDMA_VERBS_IOCTL, command) ? errno : 0;
}
