#pragma once

/*
 * BPF programs at the entry and the return of kernel functions (bpf(2), perf_event_open(2)). Every
 * function returns 0 or a positive errno, unless it says otherwise. Whatever is made here goes with
 * the last descriptor of it, so that nothing outlives the process.
 */
#include <stddef.h>
#include <stdint.h>

#define CLINUX_BPF_ARRAY 1
#define CLINUX_BPF_HASH 2
#define CLINUX_BPF_RING 3

int clinux_bpf_map(int kind, uint32_t key_size, uint32_t value_size, uint32_t entries, int *map);
int clinux_bpf_map_get(int map, const void *key, void *value);
int clinux_bpf_map_set(int map, const void *key, const void *value);

#define CLINUX_BPF_ENTRY 1
#define CLINUX_BPF_RETURN 2
#define CLINUX_BPF_TRACEPOINT 3
#define CLINUX_BPF_PROBE 4
#define CLINUX_BPF_GRAPH 5

/*
 * Loads instructions of the form of struct bpf_insn. `type` and `types` name the function or
 * tracepoint: its id, and the descriptor of its module's types (0 for the kernel's own). A
 * CLINUX_BPF_PROBE or CLINUX_BPF_GRAPH has neither. `log` takes the verifier's words on a failure.
 */
int clinux_bpf_load(int place, const uint64_t *instructions, uint32_t count, uint32_t type, int types,
		    char *log, size_t log_size, int *program);

/*
 * Attaches a program where its type says, a CLINUX_BPF_PROBE to `function` through a kprobe, a CLINUX_BPF_GRAPH
 * through an fprobe (Linux 5.18 or later).
 */
int clinux_bpf_attach(int program, int *link);
int clinux_bpf_attach_probe(int program, const char *function, int at_return, int *link);
int clinux_bpf_attach_graph(int program, const char *function, int at_return, int *link);

/* How often the program was skipped because it was running on that processor already. */
int clinux_bpf_misses(int program, uint64_t *misses);

/* The descriptor of the type information of a kernel module. */
int clinux_bpf_module_types(const char *module, int *types);

/* The consumer's side of a CLINUX_BPF_RING of `size` bytes. */
struct clinux_bpf_ring;
int clinux_bpf_ring_open(int map, size_t size, struct clinux_bpf_ring **ring);
void clinux_bpf_ring_close(struct clinux_bpf_ring *ring);

/* Copies the next record of at most `capacity` bytes and removes it: its length, or 0 for none. */
size_t clinux_bpf_ring_take(struct clinux_bpf_ring *ring, void *record, size_t capacity);
