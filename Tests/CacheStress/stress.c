#include "stress.h"

#include <dirent.h>
#include <execinfo.h>

atomic_ulong stress_registered;
atomic_ulong stress_released;

static atomic_ulong progress;

static int acquire(void *context, uint64_t address, uint64_t length, uint32_t access, uint64_t *handle,
		   uint32_t *lkey, uint32_t *rkey)
{
	(void)context, (void)address, (void)length, (void)access;
	*handle = atomic_fetch_add(&stress_registered, 1) + 1;
	*lkey = *rkey = (uint32_t)*handle;
	return 0;
}

static int release(void *context, uint64_t handle)
{
	(void)context, (void)handle;
	atomic_fetch_add(&stress_released, 1);
	return 0;
}

const struct memreg_ops stress_ops = { acquire, release, NULL };

struct memreg_cache *stress_cache(uint32_t flags, uint64_t regions, uint64_t bytes)
{
	struct memreg_policy policy = { regions, bytes, flags };
	struct memreg_cache *cache = NULL;
	int code = memreg_cache_create(&cache, &stress_ops, &policy);

	if (code) {
		fprintf(stderr, "cannot make a cache: %s\n", strerror(code));
		abort();
	}
	return cache;
}

int stress_use(struct memreg_cache *cache, void *memory, size_t length)
{
	struct memreg_region region;
	int code = memreg_get(cache, (uintptr_t)memory, length, 1, &region);

	if (!code)
		memreg_put(&region);
	return code;
}

void *stress_map(size_t length)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		abort();
	}
	return memory;
}

uint32_t stress_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

uint64_t stress_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void stress_progress(void)
{
	atomic_fetch_add_explicit(&progress, 1, memory_order_relaxed);
}

static void print_stack(int signal)
{
	void *frames[48];
	int count = backtrace(frames, 48);
	char line[64];
	int length = snprintf(line, sizeof(line), "thread %ld:\n", syscall(SYS_gettid));

	(void)signal;
	if (write(2, line, length) < 0)
		return;
	backtrace_symbols_fd(frames, count, 2);
}

static void print_stacks(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	while (tasks && (entry = readdir(tasks))) {
		int thread = atoi(entry->d_name);

		if (!thread || thread == syscall(SYS_gettid))
			continue;
		syscall(SYS_tgkill, getpid(), thread, SIGUSR2);
		usleep(100000);
	}
}

static void *watch(void *seconds)
{
	unsigned long before = atomic_load(&progress);
	unsigned quiet = 0;

	while (quiet < (uintptr_t)seconds) {
		unsigned long now;

		sleep(1);
		now = atomic_load(&progress);
		quiet = now == before ? quiet + 1 : 0;
		before = now;
	}
	fprintf(stderr, "nothing has moved for %u s\n", quiet);
	print_stacks();
	abort();
}

void stress_watch(unsigned seconds)
{
	struct sigaction action = { .sa_handler = print_stack, .sa_flags = SA_RESTART };
	void *frame;
	pthread_t thread;

	/* The first call loads a library. */
	backtrace(&frame, 1);
	sigaction(SIGUSR2, &action, NULL);
	if (!pthread_create(&thread, NULL, watch, (void *)(uintptr_t)seconds))
		pthread_detach(thread);
}
