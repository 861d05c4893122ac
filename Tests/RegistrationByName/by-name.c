/*
 * Registers memory through a libibverbs that it looks up by name, as NCCL does: RegistrationByName dlsym|dlvsym|dlmopen.
 */
#include <dlfcn.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#undef ibv_reg_mr

enum { PAGE = 4096, ROUNDS = 3 };

static const char *way;
static void *library;

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, dlerror());
	exit(1);
}

static void *look_up(const char *name, const char *version)
{
	void *symbol = strcmp(way, "dlsym") ? dlvsym(library, name, version) : dlsym(library, name);

	if (!symbol)
		fail(name);
	return symbol;
}

#define CALL(name, version) ((__typeof__(name) *)look_up(#name, version))

int main(int argc, char **argv)
{
	struct ibv_device **devices;
	struct ibv_context *context;
	struct ibv_pd *domain;
	char *memory = mmap(NULL, ROUNDS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc != 2 || memory == MAP_FAILED)
		return 64;
	way = argv[1];
	library = strcmp(way, "dlmopen") ? dlopen("libibverbs.so.1", RTLD_NOW | RTLD_LOCAL)
					 : dlmopen(LM_ID_NEWLM, "libibverbs.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		fail("libibverbs");
	devices = CALL(ibv_get_device_list, "IBVERBS_1.1")(NULL);
	context = devices && devices[0] ? CALL(ibv_open_device, "IBVERBS_1.1")(devices[0]) : NULL;
	domain = context ? CALL(ibv_alloc_pd, "IBVERBS_1.1")(context) : NULL;
	if (!domain)
		fail("open the first device");
	for (int round = 1; round <= ROUNDS; round++) {
		struct ibv_mr *region = CALL(ibv_reg_mr, "IBVERBS_1.1")(domain, memory, round * PAGE,
									IBV_ACCESS_LOCAL_WRITE);

		if (!region || CALL(ibv_dereg_mr, "IBVERBS_1.1")(region))
			fail("register");
	}
	/* Refused: a peer may write only where the device itself may. */
	if (CALL(ibv_reg_mr, "IBVERBS_1.1")(domain, memory, PAGE, IBV_ACCESS_REMOTE_WRITE))
		fail("refuse");
	puts("done");
	return 0;
}
