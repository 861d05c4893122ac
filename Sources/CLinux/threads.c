#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HELPER_STACK (1u << 20)

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

__thread void *clinux_thread_slot __attribute__((tls_model("initial-exec")));

static pthread_key_t slot_key;
static void (*slot_ended)(void *);
static int slot_code;

static void end_slot(void *value)
{
	clinux_thread_slot = NULL;
	slot_ended(value);
}

static void make_slot_key(void)
{
	slot_code = pthread_key_create(&slot_key, end_slot);
}

int clinux_set_thread_slot(void *value, void (*ended)(void *))
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int code;

	slot_ended = ended;
	pthread_once(&once, make_slot_key);
	code = slot_code ? slot_code : pthread_setspecific(slot_key, value);
	if (!code)
		clinux_thread_slot = value;
	return code;
}

int clinux_barrier_start(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) ? errno : 0;
}

int clinux_barrier(void)
{
	/* The one allocates a little and may fail for that; the other takes milliseconds. */
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return 0;
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? errno : 0;
}

int clinux_futex_wait(const void *word, uint32_t value, int timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	long result = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
			      timeout_ms < 0 ? NULL : &timeout, NULL, 0);

	return result && errno == ETIMEDOUT ? ETIMEDOUT : 0;
}

void clinux_futex_wake(const void *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void *clinux_map_wiped_on_fork(size_t length)
{
	void *page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, length, MADV_WIPEONFORK)) {
		munmap(page, length);
		return NULL;
	}
	return page;
}

static int close_range_of(unsigned first, unsigned last, int flags)
{
	return first > last ? 0 : syscall(SYS_close_range, first, last, flags);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int clinux_keep_files(const int *files, int count)
{
	int kept[8];
	unsigned first = 0;

	if (count < 1 || count > 8)
		return EINVAL;
	memcpy(kept, files, count * sizeof(files[0]));
	qsort(kept, count, sizeof(kept[0]), compare);
	/* Copies the table, and closes nothing: past the last number there is. */
	if (close_range_of(~0u, ~0u, CLOSE_RANGE_UNSHARE))
		return errno;
	for (int i = 0; i < count; i++) {
		close_range_of(first, kept[i] - 1u, 0);
		first = kept[i] + 1u;
	}
	close_range_of(first, ~0u, 0);
	return 0;
}

/* --- Threads that must not keep a process alive --- */

/* Both of the process that set them: a forked child inherits neither the helpers nor the leader. */
static atomic_int helper_count, helper_process, leader_process;
static atomic_int leader_has_ended;
static void (*_Atomic leader_end_handler)(void);
static pthread_key_t leader_key;

static void end_leader(void *value)
{
	void (*handler)(void) = leader_end_handler;

	(void)value;
	leader_has_ended = 1;
	if (handler)
		handler();
}

/* A destructor of thread-specific data runs at pthread_exit and not at exit. */
__attribute__((constructor)) static void follow_leader(void)
{
	if (syscall(SYS_gettid) == getpid() && !pthread_key_create(&leader_key, end_leader) &&
	    !pthread_setspecific(leader_key, &leader_key))
		leader_process = getpid();
}

void clinux_helper_on_leader_end(void (*handler)(void))
{
	leader_end_handler = handler;
}

int clinux_helper_timeout_ms(void)
{
	if (leader_process != getpid())
		return 1000;
	return leader_has_ended ? 50 : -1;
}

int clinux_helper_is_alone(void)
{
	char text[1024], state = 0, *field;
	int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (file < 0)
		return 0;
	bytes = read(file, text, sizeof(text) - 1);
	close(file);
	if (bytes <= 0)
		return 0;
	text[bytes] = 0;
	/* The name of the process, field 2, ends at the last parenthesis; the number of threads is field 20. */
	field = strrchr(text, ')');
	if (field && field[1])
		state = field[2];
	for (int i = 2; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	/* A leader that has ended stays, as a zombie, until every other thread has. */
	return field && state == 'Z' && helper_process == getpid() && atoi(field) <= helper_count + 1;
}

struct helper {
	void (*body)(void *);
	void *context;
	const char *name;
};

static void *run_helper(void *value)
{
	struct helper helper = *(struct helper *)value;

	free(value);
	pthread_setname_np(pthread_self(), helper.name);
	helper.body(helper.context);
	atomic_fetch_sub(&helper_count, 1);
	return NULL;
}

static int create(pthread_t *thread, struct helper *helper)
{
	static const int synchronous[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
	pthread_attr_t attributes;
	sigset_t blocked, before;
	size_t stack = 0;
	int code = pthread_attr_init(&attributes);

	if (code)
		return code;
	/* The default is RLIMIT_STACK, however small. */
	pthread_attr_getstacksize(&attributes, &stack);
	if (stack < HELPER_STACK)
		pthread_attr_setstacksize(&attributes, HELPER_STACK);
	/* A handler on the event thread might unmap, and wait for that very thread. */
	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		sigdelset(&blocked, synchronous[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	code = pthread_create(thread, &attributes, run_helper, helper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return code;
}

int clinux_helper_start(uint64_t *thread, const char *name, void (*body)(void *), void *context)
{
	struct helper *helper = malloc(sizeof(*helper));
	pthread_t made;
	int code;

	if (!helper)
		return ENOMEM;
	*helper = (struct helper){ body, context, name };
	if (atomic_exchange(&helper_process, getpid()) != getpid())
		helper_count = 0;
	atomic_fetch_add(&helper_count, 1);
	code = create(&made, helper);
	if (code) {
		atomic_fetch_sub(&helper_count, 1);
		free(helper);
		return code;
	}
	*thread = (uint64_t)made;
	return 0;
}

int clinux_cancel_disable(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

void clinux_cancel_restore(int before)
{
	pthread_setcancelstate(before, NULL);
}
