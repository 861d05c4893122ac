#pragma once

#include <infiniband/verbs.h>
#include <stdint.h>

#undef ibv_reg_mr
#undef ibv_reg_mr_iova

/* How many copies of libibverbs outside the program's own namespace (dlmopen(3)) can be recorded. */
#define RECORDER_COPIES 4

/* The calls of one copy of libibverbs. */
struct recorder_calls {
	__typeof__(ibv_reg_mr) *reg_mr;
	__typeof__(ibv_reg_mr_iova) *reg_mr_iova;
	__typeof__(ibv_reg_mr_iova2) *reg_mr_iova2;
	__typeof__(ibv_reg_dmabuf_mr) *reg_dmabuf_mr;
	__typeof__(ibv_rereg_mr) *rereg_mr;
	__typeof__(ibv_dereg_mr) *dereg_mr;
};

/* What another copy's calls are and where it keeps errno; null before the first use. */
struct recorder_copy {
	struct recorder_calls calls;
	int *(*errno_location)(void);
};

/*
 * For audit.c: the recording functions, those in front of each other copy, and what they call. An instance of this library
 * in another namespace reaches those of the program's own by the same distance from the start of the library.
 */
extern const struct recorder_calls recorder_own __attribute__((visibility("hidden")));
extern const struct recorder_calls recorder_other[RECORDER_COPIES] __attribute__((visibility("hidden")));
extern struct recorder_copy recorder_copies[RECORDER_COPIES] __attribute__((visibility("hidden")));
