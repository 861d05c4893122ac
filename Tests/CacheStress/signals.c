#include "stress.h"

#include <sys/time.h>

#define POOL_PAGES 4096ul

static struct memreg_cache *cache;
static char *pool;
static atomic_ulong handled;
static atomic_int next_page;

/* Of a pool all of whose pages are watched; every other page is mapped again when it comes round. */
static void handle(int signal)
{
	unsigned long number = atomic_fetch_add(&handled, 1);
	char *page = pool + (unsigned long)atomic_fetch_add(&next_page, 1) % POOL_PAGES * 2 * PAGE;
	int code = errno;
	pid_t child;

	(void)signal;
	switch (number % 16) {
	case 0:
		child = _Fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		break;
	case 1:
		child = vfork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		break;
	case 2 ... 8:
		munmap(page, PAGE);
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	default:
		madvise(page + PAGE, PAGE, MADV_DONTNEED);
	}
	errno = code;
}

int stress_signals(unsigned long count, uint32_t flags)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	struct itimerval interval = { { 0, 3000 }, { 0, 3000 } }, none = { { 0, 0 }, { 0, 0 } };
	char *area = stress_map(16384 * PAGE);
	unsigned long gets = 0, failed = 0;
	uint64_t random = 1;

	handled = 0;
	cache = stress_cache(flags, 4096, 0);
	pool = stress_map(2 * POOL_PAGES * PAGE);
	for (unsigned long page = 0; page < POOL_PAGES; page++)
		failed += stress_use(cache, pool + 2 * page * PAGE, PAGE) != 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
	while (handled < count) {
		failed += stress_use(cache, area + stress_random(&random) % 16384 * PAGE, PAGE) != 0;
		/* The timer's come wherever the thread is; a thread that handled them alone would get nowhere. */
		if (gets++ % 4 == 0)
			raise(SIGALRM);
		stress_progress();
	}
	setitimer(ITIMER_REAL, &none, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGALRM, &action, NULL);
	memreg_cache_destroy(cache);
	munmap(area, 16384 * PAGE);
	munmap(pool, 2 * POOL_PAGES * PAGE);
	printf("signals: flags %#x: %lu handled during %lu gets, %lu of which failed\n", flags, (unsigned long)handled, gets,
	       failed);
	fflush(stdout);
	return failed != 0;
}
