#include "stress.h"

#include <malloc.h>
#include <spawn.h>
#include <sys/resource.h>

extern char **environ;

static struct memreg_cache *cache;
static atomic_int stop;
static atomic_ulong frees;

/* Frees from the top of the heap down, so that the allocator gives it back under its lock. */
static void *allocate(void *unused)
{
	(void)unused;
	while (!stop) {
		void *blocks[64];

		for (int i = 0; i < 64; i++) {
			blocks[i] = malloc(100000);
			if (!blocks[i])
				abort();
			memset(blocks[i], 1, 100000);
			if (i % 8 == 0)
				stress_use(cache, blocks[i], 100000);
		}
		for (int i = 63; i >= 0; i--)
			free(blocks[i]);
		frees++;
	}
	return NULL;
}

static int await(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return status != 0;
}

static pid_t start_child(unsigned long number)
{
	static char *const arguments[] = { "true", NULL };
	pid_t child;

	switch (number % 5) {
	case 0:
		child = fork();
		break;
	case 1:
		child = vfork();
		break;
	case 2:
		child = _Fork();
		break;
	case 3:
		return posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) ? -1 : child;
	default:
		child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	}
	if (!child)
		_exit(0);
	return child;
}

int stress_forks(unsigned long count, uint32_t flags)
{
	unsigned long failed = 0, done;
	pthread_t thread;

	stop = 0;
	cache = stress_cache(flags, 0, 0);
	if (pthread_create(&thread, NULL, allocate, NULL))
		return 1;
	for (done = 0; done < count; done++) {
		failed += await(start_child(done));
		stress_progress();
	}
	stop = 1;
	pthread_join(thread, NULL);
	memreg_purge(cache);
	memreg_cache_destroy(cache);
	printf("forks: flags %#x: %lu children, %lu failed, beside %lu rounds of frees; %lu registrations left\n", flags, done,
	       failed, (unsigned long)frees, (unsigned long)(stress_registered - stress_released));
	fflush(stdout);
	return failed || stress_registered != stress_released;
}

static int child_is_refused(struct memreg_cache *used, char *memory, struct memreg_region *held)
{
	struct memreg_region region;
	struct memreg_stats stats;
	unsigned long released = stress_released;

	if (memreg_get(used, (uintptr_t)memory, PAGE, 1, &region) != ECHILD)
		return 1;
	if (memreg_invalidate(used, 0, UINT64_MAX) != ECHILD || memreg_purge(used) != ECHILD ||
	    memreg_synchronize(used) != ECHILD || memreg_yield_memlock(used, UINT64_MAX, NULL) != ECHILD ||
	    memreg_get_stats(used, &stats) != ECHILD)
		return 2;
	munmap(memory, 16 * PAGE);
	memreg_put(held);
	memreg_cache_destroy(used);
	return stress_released == released ? 0 : 3;
}

int stress_children(unsigned long count, uint32_t flags)
{
	struct memreg_cache *used = stress_cache(flags, 0, 0);
	char *memory = stress_map(16 * PAGE);
	struct memreg_region held, again;
	unsigned long failed = 0;

	if (memreg_get(used, (uintptr_t)memory, PAGE, 1, &held))
		return 1;
	for (unsigned long i = 0; i < count; i++) {
		pid_t child = i % 3 == 0 ? fork() : i % 3 == 1 ? _Fork() : syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

		if (!child)
			_exit(child_is_refused(used, memory, &held));
		failed += await(child);
		if (memreg_get(used, (uintptr_t)memory, PAGE, 1, &again) || again.rkey != held.rkey)
			failed++;
		else
			memreg_put(&again);
		stress_progress();
	}
	memreg_put(&held);
	memreg_cache_destroy(used);
	munmap(memory, 16 * PAGE);
	printf("children: flags %#x: %lu, %lu of them or of the parent's next hits failed\n", flags, count, failed);
	fflush(stdout);
	return failed != 0;
}
