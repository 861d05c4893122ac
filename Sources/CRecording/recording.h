#pragma once

/*
 * The files that libmemreg-record.so writes, one for each process that registers memory: a header and then entries, in the
 * order in which the calls began. They are mapped shared, so that what was recorded outlives whatever ends the process.
 */
#include <stdint.h>

#define RECORDING_MAGIC 0x31434552474d454dull /* "MEMGREC1" */
#define RECORDING_DIRECTORY "MEMREG_RECORDING"
#define RECORDING_NAME_LENGTH 32

/* Entries of one growth of the file; the header takes the place of the first of all. */
#define RECORDING_CHUNK 8192u

enum recording_call {
	RECORDING_REG_MR = 1,
	RECORDING_REG_MR_IOVA = 2,
	RECORDING_REG_MR_IOVA2 = 3,
	RECORDING_REG_DMABUF_MR = 4,
	RECORDING_REREG_MR = 5,
	RECORDING_DEREG_MR = 6,
};

enum recording_phase {
	RECORDING_NONE = 0,
	RECORDING_BEGUN = 1,
	RECORDING_DONE = 2,
};

struct recording_header {
	uint64_t magic;
	uint32_t process;
	uint32_t parent;
	uint64_t started_ns;
	/* 1: the process is a fork of its parent and knows the parent's regions. */
	uint32_t is_fork;
	uint32_t reserved;
	char program[RECORDING_NAME_LENGTH];
	/* Calls without an entry, for want of room. */
	uint64_t lost;
	uint64_t unused[7];
};

/* Times are CLOCK_MONOTONIC; `region` is the address of the struct ibv_mr. */
struct recording_entry {
	uint32_t phase;
	uint32_t call;
	uint32_t thread;
	int32_t result;
	uint64_t begin_ns;
	uint64_t duration_ns;
	uint64_t address;
	uint64_t length;
	uint64_t iova;
	uint64_t region;
	uint32_t access;
	uint32_t lkey;
	uint32_t rkey;
	/* enum ibv_rereg_mr_flags */
	uint32_t changes;
	int32_t dmabuf;
	uint32_t reserved;
	char device[RECORDING_NAME_LENGTH];
	uint64_t unused;
};

/*
 * The socket that a process tells of a registration that fails, if the environment names one: it sends this, and waits until
 * a byte comes back, so that it can be looked at as it was when it failed.
 */
#define RECORDING_WITNESS "MEMREG_WITNESS"

/* Failures that a process tells at most. */
#define RECORDING_MOST_FAILURES 64u

struct recording_failure {
	uint64_t address;
	uint64_t length;
	/* Registrations that the process had begun, this one among them. */
	uint64_t number;
	uint32_t call;
	uint32_t access;
	int32_t code;
	int32_t dmabuf;
	char device[64];
	char program[RECORDING_NAME_LENGTH];
	/* The file name of the program or library that called. */
	char caller[128];
};
