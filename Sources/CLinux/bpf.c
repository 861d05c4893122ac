#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel calls with a descriptor is closed on exec by the kernel itself. */
static int call(enum bpf_cmd command, union bpf_attr *attributes, int *descriptor)
{
	long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	if (result < 0)
		return errno;
	if (descriptor)
		*descriptor = (int)result;
	return 0;
}

int clinux_bpf_map(int kind, uint32_t key_size, uint32_t value_size, uint32_t entries, int *map)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = kind == CLINUX_BPF_ARRAY  ? BPF_MAP_TYPE_ARRAY
			      : kind == CLINUX_BPF_HASH ? BPF_MAP_TYPE_HASH
							: BPF_MAP_TYPE_RINGBUF;
	attributes.key_size = key_size;
	attributes.value_size = value_size;
	attributes.max_entries = entries;
	return call(BPF_MAP_CREATE, &attributes, map);
}

static int access_map(enum bpf_cmd command, int map, const void *key, const void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = map;
	attributes.key = (uintptr_t)key;
	attributes.value = (uintptr_t)value;
	return call(command, &attributes, NULL);
}

int clinux_bpf_map_get(int map, const void *key, void *value)
{
	return access_map(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int clinux_bpf_map_set(int map, const void *key, const void *value)
{
	return access_map(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int clinux_bpf_load(int place, const uint64_t *instructions, uint32_t count, uint32_t type, int types,
		    char *log, size_t log_size, int *program)
{
	/* Helpers that read the memory of a task are for programs under the GPL; this one is offered under it too. */
	static const char license[] = "GPL";
	union bpf_attr attributes;
	int code;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = place == CLINUX_BPF_PROBE || place == CLINUX_BPF_GRAPH ? BPF_PROG_TYPE_KPROBE
											: BPF_PROG_TYPE_TRACING;
	attributes.insns = (uintptr_t)instructions;
	attributes.insn_cnt = count;
	attributes.license = (uintptr_t)license;
	if (place == CLINUX_BPF_GRAPH) {
		attributes.expected_attach_type = BPF_TRACE_KPROBE_MULTI;
	} else if (place != CLINUX_BPF_PROBE) {
		attributes.expected_attach_type = place == CLINUX_BPF_ENTRY    ? BPF_TRACE_FENTRY
						  : place == CLINUX_BPF_RETURN ? BPF_TRACE_FEXIT
									       : BPF_TRACE_RAW_TP;
		attributes.attach_btf_id = type;
		attributes.attach_btf_obj_fd = types;
	}
	code = call(BPF_PROG_LOAD, &attributes, program);
	if (!code || !log_size)
		return code;
	/* The verifier writes its log only when asked, and that costs: so ask when it is needed. */
	attributes.log_buf = (uintptr_t)log;
	attributes.log_size = log_size;
	attributes.log_level = 1;
	return call(BPF_PROG_LOAD, &attributes, program);
}

int clinux_bpf_attach(int program, int *link)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.raw_tracepoint.prog_fd = program;
	return call(BPF_RAW_TRACEPOINT_OPEN, &attributes, link);
}

int clinux_bpf_attach_graph(int program, const char *function, int at_return, int *link)
{
	union bpf_attr attributes;
	const char *functions[] = { function };

	memset(&attributes, 0, sizeof(attributes));
	attributes.link_create.prog_fd = program;
	attributes.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
	attributes.link_create.kprobe_multi.flags = at_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
	attributes.link_create.kprobe_multi.cnt = 1;
	attributes.link_create.kprobe_multi.syms = (uintptr_t)functions;
	return call(BPF_LINK_CREATE, &attributes, link);
}

static int read_number(const char *path, const char *format, int *number)
{
	FILE *file = fopen(path, "re");
	int found;

	if (!file)
		return errno;
	found = fscanf(file, format, number);
	fclose(file);
	return found == 1 ? 0 : EINVAL;
}

int clinux_bpf_attach_probe(int program, const char *function, int at_return, int *link)
{
	struct perf_event_attr attributes;
	int type, bit, code, event;

	code = read_number("/sys/bus/event_source/devices/kprobe/type", "%d", &type);
	if (!code)
		code = read_number("/sys/bus/event_source/devices/kprobe/format/retprobe", "config:%d", &bit);
	if (code)
		return code;
	memset(&attributes, 0, sizeof(attributes));
	attributes.type = (uint32_t)type;
	attributes.size = sizeof(attributes);
	attributes.config = at_return ? 1ull << bit : 0;
	attributes.kprobe_func = (uintptr_t)function;
	/* One event, on whatever processor, is enough: the program runs on each. */
	event = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return errno;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0)) {
		code = errno;
		close(event);
		return code;
	}
	*link = event;
	return 0;
}

static int describe(int descriptor, void *information, uint32_t size)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = descriptor;
	attributes.info.info_len = size;
	attributes.info.info = (uintptr_t)information;
	return call(BPF_OBJ_GET_INFO_BY_FD, &attributes, NULL);
}

int clinux_bpf_misses(int program, uint64_t *misses)
{
	struct bpf_prog_info information;
	int code;

	memset(&information, 0, sizeof(information));
	code = describe(program, &information, sizeof(information));
	*misses = information.recursion_misses;
	return code;
}

int clinux_bpf_module_types(const char *module, int *types)
{
	uint32_t id = 0;

	for (;;) {
		union bpf_attr attributes;
		struct bpf_btf_info information;
		char name[64] = "";
		int code, descriptor;

		memset(&attributes, 0, sizeof(attributes));
		attributes.start_id = id;
		code = call(BPF_BTF_GET_NEXT_ID, &attributes, NULL);
		if (code)
			return code;
		id = attributes.next_id;
		memset(&attributes, 0, sizeof(attributes));
		attributes.btf_id = id;
		code = call(BPF_BTF_GET_FD_BY_ID, &attributes, &descriptor);
		if (code == ENOENT)
			continue;
		if (code)
			return code;
		memset(&information, 0, sizeof(information));
		information.name = (uintptr_t)name;
		information.name_len = sizeof(name);
		code = describe(descriptor, &information, sizeof(information));
		if (!code && information.kernel_btf && !strcmp(name, module)) {
			*types = descriptor;
			return 0;
		}
		close(descriptor);
	}
}

struct clinux_bpf_ring {
	size_t size;
	size_t page;
	unsigned long *consumer;
	unsigned long *producer;
	unsigned char *data;
};

int clinux_bpf_ring_open(int map, size_t size, struct clinux_bpf_ring **ring)
{
	struct clinux_bpf_ring *fresh = malloc(sizeof(*fresh));
	void *consumer, *producer;

	if (!fresh)
		return ENOMEM;
	fresh->size = size;
	fresh->page = (size_t)sysconf(_SC_PAGESIZE);
	consumer = mmap(NULL, fresh->page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (consumer == MAP_FAILED) {
		int code = errno;

		free(fresh);
		return code;
	}
	/* The data is mapped twice in a row, so that a record that wraps is contiguous. */
	producer = mmap(NULL, fresh->page + 2 * size, PROT_READ, MAP_SHARED, map, (off_t)fresh->page);
	if (producer == MAP_FAILED) {
		int code = errno;

		munmap(consumer, fresh->page);
		free(fresh);
		return code;
	}
	fresh->consumer = consumer;
	fresh->producer = producer;
	fresh->data = (unsigned char *)producer + fresh->page;
	*ring = fresh;
	return 0;
}

void clinux_bpf_ring_close(struct clinux_bpf_ring *ring)
{
	munmap(ring->consumer, ring->page);
	munmap(ring->producer, ring->page + 2 * ring->size);
	free(ring);
}

size_t clinux_bpf_ring_take(struct clinux_bpf_ring *ring, void *record, size_t capacity)
{
	unsigned long position = *ring->consumer;

	while (position < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) {
		uint32_t *head = (uint32_t *)(ring->data + (position & (ring->size - 1)));
		uint32_t length = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		size_t bytes = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		size_t copied = 0;

		if (length & BPF_RINGBUF_BUSY_BIT)
			return 0;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			copied = bytes < capacity ? bytes : capacity;
			memcpy(record, (unsigned char *)head + BPF_RINGBUF_HDR_SZ, copied);
		}
		position += (bytes + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
		if (copied)
			return copied;
	}
	return 0;
}
