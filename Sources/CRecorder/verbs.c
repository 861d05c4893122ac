/*
 * Preloaded in front of libibverbs: the calls that register memory, with a record of each. The inline functions of verbs.h
 * lead to these symbols, and libibverbs may call one by way of another, which is recorded once.
 */
#include "verbs.h"

#include "journal.h"
#include "witness.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __thread int depth __attribute__((tls_model("initial-exec")));

/* By handle: a plugin's libibverbs need not be in the global scope. */
static void *find(const char *name, const char *version)
{
	void *library = dlopen("libibverbs.so.1", RTLD_LAZY);
	void *symbol = library ? dlvsym(library, name, version) : NULL;

	if (!symbol) {
		static const char line[] = "memreg record: this libibverbs lacks a call that the program makes\n";

		if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
			abort();
		abort();
	}
	return symbol;
}

#define REAL(name, version)                                                                        \
	({                                                                                         \
		static __typeof__(name) *real;                                                     \
		__typeof__(name) *found = __atomic_load_n(&real, __ATOMIC_RELAXED);                \
		if (!found) {                                                                      \
			found = (__typeof__(name) *)find(#name, version);                          \
			__atomic_store_n(&real, found, __ATOMIC_RELAXED);                          \
		}                                                                                  \
		found;                                                                             \
	})

/* Who called, of the outermost call of this thread. */
static __thread const void *caller __attribute__((tls_model("initial-exec")));

#define NOTE_CALLER()                                                                              \
	do {                                                                                       \
		if (!depth)                                                                        \
			caller = __builtin_return_address(0);                                      \
	} while (0)

static struct recording_entry *begin(uint32_t call)
{
	return depth++ ? NULL : journal_begin(call);
}

static void set_device(struct recording_entry *entry, const struct ibv_context *context)
{
	if (context && context->device)
		memcpy(entry->device, context->device->name, sizeof(entry->device) - 1);
}

static void set_region(struct recording_entry *entry, const struct ibv_mr *mr)
{
	if (!mr)
		return;
	entry->region = (uintptr_t)mr;
	entry->lkey = mr->lkey;
	entry->rkey = mr->rkey;
}

static struct recording_entry *begin_registration(uint32_t call, const struct ibv_pd *pd, uint64_t address,
						  uint64_t length, uint64_t iova, uint32_t access)
{
	struct recording_entry *entry = begin(call);

	if (!entry)
		return NULL;
	witness_registration();
	entry->address = address;
	entry->length = length;
	entry->iova = iova;
	entry->access = access;
	entry->dmabuf = -1;
	if (pd)
		set_device(entry, pd->context);
	__atomic_store_n(&entry->phase, RECORDING_BEGUN, __ATOMIC_RELEASE);
	return entry;
}

/* errno of the copy of libc that a copy of libibverbs uses. */
static int *errno_of(const struct recorder_copy *copy)
{
	return copy && copy->errno_location ? copy->errno_location() : &errno;
}

static struct ibv_mr *end_registration(const struct recorder_copy *copy, struct recording_entry *entry,
				       struct ibv_mr *mr)
{
	int *place = errno_of(copy);
	int code = *place;

	depth--;
	if (entry) {
		set_region(entry, mr);
		journal_end(entry, mr ? 0 : code);
		if (!mr)
			witness_failure(entry, caller);
		*place = code;
	}
	return mr;
}

static struct ibv_mr *record_reg_mr(const struct recorder_copy *copy, __typeof__(ibv_reg_mr) *real,
				    struct ibv_pd *pd, void *addr, size_t length, int access)
{
	uint64_t address = (uintptr_t)addr;
	struct recording_entry *entry =
		begin_registration(RECORDING_REG_MR, pd, address, length, address, access);

	return end_registration(copy, entry, real(pd, addr, length, access));
}

static struct ibv_mr *record_reg_mr_iova(const struct recorder_copy *copy, __typeof__(ibv_reg_mr_iova) *real,
					 struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, int access)
{
	struct recording_entry *entry =
		begin_registration(RECORDING_REG_MR_IOVA, pd, (uintptr_t)addr, length, iova, access);

	return end_registration(copy, entry, real(pd, addr, length, iova, access));
}

static struct ibv_mr *record_reg_mr_iova2(const struct recorder_copy *copy, __typeof__(ibv_reg_mr_iova2) *real,
					  struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
					  unsigned int access)
{
	struct recording_entry *entry =
		begin_registration(RECORDING_REG_MR_IOVA2, pd, (uintptr_t)addr, length, iova, access);

	return end_registration(copy, entry, real(pd, addr, length, iova, access));
}

static struct ibv_mr *record_reg_dmabuf_mr(const struct recorder_copy *copy,
					   __typeof__(ibv_reg_dmabuf_mr) *real, struct ibv_pd *pd,
					   uint64_t offset, size_t length, uint64_t iova, int fd, int access)
{
	/* There is no address: the place in the buffer stands for it. */
	struct recording_entry *entry =
		begin_registration(RECORDING_REG_DMABUF_MR, pd, offset, length, iova, access);

	if (entry)
		entry->dmabuf = fd;
	return end_registration(copy, entry, real(pd, offset, length, iova, fd, access));
}

static int record_rereg_mr(const struct recorder_copy *copy, __typeof__(ibv_rereg_mr) *real, struct ibv_mr *mr,
			   int flags, struct ibv_pd *pd, void *addr, size_t length, int access)
{
	struct recording_entry *entry = begin(RECORDING_REREG_MR);
	int result;

	if (entry) {
		int moves = flags & IBV_REREG_MR_CHANGE_TRANSLATION;

		entry->changes = flags;
		entry->access = access;
		entry->address = moves || !mr ? (uintptr_t)addr : (uintptr_t)mr->addr;
		entry->length = moves || !mr ? length : mr->length;
		entry->iova = entry->address;
		entry->dmabuf = -1;
		set_region(entry, mr);
		if (mr)
			set_device(entry, mr->context);
		__atomic_store_n(&entry->phase, RECORDING_BEGUN, __ATOMIC_RELEASE);
	}
	result = real(mr, flags, pd, addr, length, access);
	depth--;
	if (entry) {
		int *place = errno_of(copy);
		int code = *place;

		/* Not an errno but what went wrong and what is left of the region; errno has the rest. */
		if (result == 0)
			set_region(entry, mr);
		journal_end(entry, result ? code : 0);
		*place = code;
	}
	return result;
}

static int record_dereg_mr(const struct recorder_copy *copy, __typeof__(ibv_dereg_mr) *real, struct ibv_mr *mr)
{
	struct recording_entry *entry = begin(RECORDING_DEREG_MR);
	int result;

	if (entry) {
		entry->dmabuf = -1;
		if (mr) {
			entry->address = (uintptr_t)mr->addr;
			entry->length = mr->length;
			entry->iova = (uintptr_t)mr->addr;
			set_device(entry, mr->context);
		}
		set_region(entry, mr);
		__atomic_store_n(&entry->phase, RECORDING_BEGUN, __ATOMIC_RELEASE);
	}
	result = real(mr);
	depth--;
	if (entry) {
		int *place = errno_of(copy);
		int code = *place;

		journal_end(entry, result);
		*place = code;
	}
	return result;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
	NOTE_CALLER();
	return record_reg_mr(NULL, REAL(ibv_reg_mr, "IBVERBS_1.1"), pd, addr, length, access);
}

struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, int access)
{
	NOTE_CALLER();
	return record_reg_mr_iova(NULL, REAL(ibv_reg_mr_iova, "IBVERBS_1.7"), pd, addr, length, iova, access);
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
				unsigned int access)
{
	NOTE_CALLER();
	return record_reg_mr_iova2(NULL, REAL(ibv_reg_mr_iova2, "IBVERBS_1.8"), pd, addr, length, iova, access);
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova, int fd,
				 int access)
{
	NOTE_CALLER();
	return record_reg_dmabuf_mr(NULL, REAL(ibv_reg_dmabuf_mr, "IBVERBS_1.12"), pd, offset, length, iova, fd,
				    access);
}

int ibv_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd, void *addr, size_t length, int access)
{
	return record_rereg_mr(NULL, REAL(ibv_rereg_mr, "IBVERBS_1.1"), mr, flags, pd, addr, length, access);
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
	return record_dereg_mr(NULL, REAL(ibv_dereg_mr, "IBVERBS_1.1"), mr);
}

const struct recorder_calls recorder_own = {
	ibv_reg_mr, ibv_reg_mr_iova, ibv_reg_mr_iova2, ibv_reg_dmabuf_mr, ibv_rereg_mr, ibv_dereg_mr,
};

struct recorder_copy recorder_copies[RECORDER_COPIES];

#define OTHER(n)                                                                                        \
	static struct ibv_mr *reg_mr_##n(struct ibv_pd *pd, void *addr, size_t length, int access)      \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		NOTE_CALLER();									 \
		return record_reg_mr(copy, copy->calls.reg_mr, pd, addr, length, access);               \
	}                                                                                               \
	static struct ibv_mr *reg_mr_iova_##n(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, \
					      int access)                                               \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		NOTE_CALLER();									 \
		return record_reg_mr_iova(copy, copy->calls.reg_mr_iova, pd, addr, length, iova, access); \
	}                                                                                               \
	static struct ibv_mr *reg_mr_iova2_##n(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova, \
					       unsigned int access)                                     \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		NOTE_CALLER();									 \
		return record_reg_mr_iova2(copy, copy->calls.reg_mr_iova2, pd, addr, length, iova, access); \
	}                                                                                               \
	static struct ibv_mr *reg_dmabuf_mr_##n(struct ibv_pd *pd, uint64_t offset, size_t length,      \
						uint64_t iova, int fd, int access)                      \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		NOTE_CALLER();									 \
		return record_reg_dmabuf_mr(copy, copy->calls.reg_dmabuf_mr, pd, offset, length, iova, fd, access); \
	}                                                                                               \
	static int rereg_mr_##n(struct ibv_mr *mr, int flags, struct ibv_pd *pd, void *addr, size_t length, \
				int access)                                                             \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		return record_rereg_mr(copy, copy->calls.rereg_mr, mr, flags, pd, addr, length, access); \
	}                                                                                               \
	static int dereg_mr_##n(struct ibv_mr *mr)                                                      \
	{                                                                                               \
		const struct recorder_copy *copy = &recorder_copies[n];                                 \
		return record_dereg_mr(copy, copy->calls.dereg_mr, mr);                                 \
	}

#define OTHER_CALLS(n)                                                                                  \
	{                                                                                               \
		reg_mr_##n, reg_mr_iova_##n, reg_mr_iova2_##n, reg_dmabuf_mr_##n, rereg_mr_##n, dereg_mr_##n, \
	}

OTHER(0)
OTHER(1)
OTHER(2)
OTHER(3)

const struct recorder_calls recorder_other[RECORDER_COPIES] = {
	OTHER_CALLS(0),
	OTHER_CALLS(1),
	OTHER_CALLS(2),
	OTHER_CALLS(3),
};
