#include "AllocationFaults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static __thread unsigned long count;
static __thread int thread;
static atomic_int failing_thread, other_failing_thread;
static atomic_ulong failed;

static int this_thread(void)
{
	if (!thread)
		thread = syscall(SYS_gettid);
	return thread;
}

static int must_fail(void)
{
	int first = atomic_load(&failing_thread), second = atomic_load(&other_failing_thread);

	count++;
	if ((!first && !second) || (this_thread() != first && this_thread() != second))
		return 0;
	atomic_fetch_add(&failed, 1);
	errno = ENOMEM;
	return 1;
}

unsigned long allocation_count(void)
{
	return count;
}

void allocation_faults_begin(int other)
{
	atomic_store(&other_failing_thread, other);
	atomic_store(&failing_thread, this_thread());
}

void allocation_faults_end(void)
{
	atomic_store(&failing_thread, 0);
	atomic_store(&other_failing_thread, 0);
}

unsigned long allocation_faults(void)
{
	return atomic_load(&failed);
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return must_fail() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
	return must_fail() ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
	return must_fail() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	*memory = memalign(alignment, size);
	return *memory ? 0 : ENOMEM;
}
