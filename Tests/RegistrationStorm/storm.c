/*
 * A program whose registrations are known: RegistrationStorm threads N COUNT | crash COUNT | fork COUNT | failures.
 * Every thread says when it has registered fifty times.
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LENGTH = 8192, ACCESS = IBV_ACCESS_LOCAL_WRITE };

static int count;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct ibv_pd *open_domain(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;

	if (!domain)
		fail("open the first device");
	return domain;
}

static void *buffer(void)
{
	void *memory = aligned_alloc(4096, LENGTH);

	if (!memory)
		fail("allocate");
	memset(memory, 1, LENGTH);
	return memory;
}

static void *work(void *domain)
{
	void *memory = buffer();

	for (int i = 0; i < count; i++) {
		struct ibv_mr *region = ibv_reg_mr(domain, memory, LENGTH, ACCESS);

		if (!region || ibv_dereg_mr(region))
			fail("register");
		if (i == 50) {
			puts("under way");
			fflush(stdout);
		}
	}
	return NULL;
}

static void run_threads(int threads)
{
	struct ibv_pd *domain = open_domain();
	pthread_t all[64];

	for (int i = 0; i < threads && i < 64; i++)
		pthread_create(&all[i], NULL, work, domain);
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(all[i], NULL);
}

static void leave(void)
{
	struct ibv_pd *domain = open_domain();
	void *memory = buffer();

	for (int i = 0; i < count; i++) {
		if (!ibv_reg_mr(domain, memory, LENGTH, ACCESS))
			fail("register");
	}
}

/* The parent, a child of its own and a program in another child each register as many. */
static void spread(const char *program)
{
	char number[16];

	leave();
	if (fork() == 0) {
		leave();
		_exit(0);
	}
	wait(NULL);
	snprintf(number, sizeof(number), "%d", count);
	if (fork() == 0) {
		execl(program, program, "threads", "1", number, NULL);
		_exit(1);
	}
	wait(NULL);
}

static void meet_failures(void)
{
	struct ibv_pd *domain = open_domain();
	struct ibv_mr *region = ibv_reg_mr(domain, buffer(), LENGTH, ACCESS);

	if (ibv_reg_mr(domain, (void *)4096, LENGTH, ACCESS) || errno != EFAULT)
		fail("register nothing");
	if (ibv_reg_dmabuf_mr(domain, 0, LENGTH, 0, 0, ACCESS) || errno != EOPNOTSUPP)
		fail("register a dma-buf");
	if (!region || !ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 7))
		fail("re-register without support");
	ibv_dereg_mr(region);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "threads")) {
		count = atoi(argv[3]);
		run_threads(atoi(argv[2]));
	} else if (argc == 3 && !strcmp(argv[1], "crash")) {
		count = atoi(argv[2]);
		leave();
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	} else if (argc == 3 && !strcmp(argv[1], "fork")) {
		count = atoi(argv[2]);
		spread(argv[0]);
	} else if (argc == 2 && !strcmp(argv[1], "failures")) {
		meet_failures();
	} else {
		return 64;
	}
	return 0;
}
