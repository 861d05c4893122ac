/*
 * Registrations that fail for known reasons, each under a thread name of its own: RegistrationCauses [unmovable].
 */
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, HUGE_PAGE = 2 << 20, NOBODY = 65534 };

static struct ibv_pd *domain;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *map(size_t length, int protection)
{
	void *memory = mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("map");
	return memory;
}

/* Registers under the name of the case, and says what came of it. */
static void meet(const char *name, void *memory, size_t length, int access)
{
	struct ibv_mr *region;

	prctl(PR_SET_NAME, name);
	errno = 0;
	region = ibv_reg_mr(domain, memory, length, access);
	printf("%s %d\n", name, errno);
	fflush(stdout);
	if (region)
		ibv_dereg_mr(region);
}

static void limit(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		fail("set the limit");
}

/* More than 1 GiB that is one huge page, mapped again and again. */
static void *map_repeated(size_t length)
{
	int file = memfd_create("page", MFD_HUGETLB);
	char *memory = map(length + HUGE_PAGE, PROT_NONE);

	if (file < 0 || ftruncate(file, HUGE_PAGE))
		fail("make a huge page");
	memory = (char *)(((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	for (size_t at = 0; at + HUGE_PAGE <= length; at += HUGE_PAGE)
		if (mmap(memory + at, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
			fail("map a huge page");
	memset(memory, 1, PAGE);
	return memory;
}

static void meet_limits(void)
{
	char *memory = map(64 * PAGE, PROT_READ | PROT_WRITE);

	limit(16 * PAGE);
	if (setuid(NOBODY))
		fail("become nobody");
	meet("memlock", memory, 32 * PAGE, IBV_ACCESS_LOCAL_WRITE);
	limit(0);
	meet("memlock-zero", memory, PAGE, IBV_ACCESS_LOCAL_WRITE);
}

/* Pages that somebody else holds cannot be moved to where they may be pinned. */
static void meet_unmovable(void)
{
	size_t length = 16 * PAGE;
	char *memory = map(length, PROT_READ | PROT_WRITE);
	struct iovec part = { memory, length };
	int ends[2];

	memset(memory, 1, length);
	if (pipe(ends) || vmsplice(ends[1], &part, 1, SPLICE_F_NONBLOCK) != (ssize_t)length)
		fail("splice");
	meet("unmovable", memory, length, IBV_ACCESS_LOCAL_WRITE);
	close(ends[0]);
	close(ends[1]);
	meet("movable", memory, length, IBV_ACCESS_LOCAL_WRITE);
}

int main(int argc, char **argv)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	char *memory = map(64 * PAGE, PROT_READ | PROT_WRITE);

	domain = context ? ibv_alloc_pd(context) : NULL;
	if (!domain)
		fail("open the first device");
	if (argc == 2 && !strcmp(argv[1], "unmovable")) {
		meet_unmovable();
		return 0;
	}
	meet("fine", memory, 16 * PAGE, IBV_ACCESS_LOCAL_WRITE);
	munmap(memory + 32 * PAGE, PAGE);
	meet("hole", memory, 64 * PAGE, IBV_ACCESS_LOCAL_WRITE);
	meet("read-only", map(PAGE, PROT_READ), PAGE, IBV_ACCESS_LOCAL_WRITE);
	/* Remote writing without local writing. */
	meet("request", memory, PAGE, IBV_ACCESS_REMOTE_WRITE);
	meet("driver", map_repeated((1ul << 30) + HUGE_PAGE), (1ul << 30) + PAGE, IBV_ACCESS_LOCAL_WRITE);
	meet_limits();
	return 0;
}
