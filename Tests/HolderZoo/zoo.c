/*
 * Holds an RDMA device in one of the ways that a process can, says on standard output which
 * process holds it, and lets go when standard input ends.
 *
 *   HolderZoo opener|thread|forked|passed|mapping|split|event DEVICE
 */
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REGION_BYTES = 16384 };

static struct ibv_context *context;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *check(void *object, const char *what)
{
	if (!object)
		fail(what);
	return object;
}

static void *make_objects(void *name)
{
	struct ibv_device **devices = check(ibv_get_device_list(NULL), "ibv_get_device_list");
	struct ibv_qp_init_attr attributes = {
		.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_pd *domain;
	void *memory;

	while (*devices && strcmp(ibv_get_device_name(*devices), name))
		devices++;
	check(*devices, "find the device");
	context = check(ibv_open_device(*devices), "ibv_open_device");
	domain = check(ibv_alloc_pd(context), "ibv_alloc_pd");
	memory = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	check(ibv_reg_mr(domain, memory, REGION_BYTES, IBV_ACCESS_LOCAL_WRITE), "ibv_reg_mr");
	attributes.send_cq = check(ibv_create_cq(context, 16, NULL, NULL, 0), "ibv_create_cq");
	attributes.recv_cq = attributes.send_cq;
	check(ibv_create_qp(domain, &attributes), "ibv_create_qp");
	return NULL;
}

static void hold(void)
{
	char byte;

	printf("%d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* A child keeps what it inherited; the parent, who opened the device, is gone. */
static void hold_forked(void)
{
	if (fork() > 0)
		_exit(0);
	hold();
}

/* Splits the first mapping of the device that has three pages: one read-only, one gone, the rest as it was. */
static void split(void)
{
	FILE *maps = check(fopen("/proc/self/maps", "re"), "open maps");
	unsigned long start, end;
	char line[512];

	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/uverbs") || sscanf(line, "%lx-%lx", &start, &end) != 2 ||
		    end - start < 3 * 4096)
			continue;
		if (mprotect((void *)start, 4096, PROT_READ) ||
		    munmap((void *)(start + 4096), 4096))
			fail("split");
		fclose(maps);
		return;
	}
	fail("find a mapping of three pages");
}

static void send_descriptor(int channel, int descriptor)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec byte = { "x", 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	if (sendmsg(channel, &message, 0) != 1)
		fail("sendmsg");
}

static void receive_descriptor(int channel)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec buffer = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &buffer, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	if (recvmsg(channel, &message, 0) != 1)
		fail("recvmsg");
}

/* A stranger gets the descriptor through a socket; the sender, who opened the device, is gone. */
static void hold_passed(char *name)
{
	int channel[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		fail("socketpair");
	if (fork() == 0) {
		close(channel[0]);
		receive_descriptor(channel[1]);
		close(channel[1]);
		hold();
		exit(0);
	}
	make_objects(name);
	send_descriptor(channel[0], context->cmd_fd);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 3)
		return 64;
	if (!strcmp(argv[1], "passed")) {
		hold_passed(argv[2]);
		return 0;
	}
	if (!strcmp(argv[1], "thread")) {
		/* The kernel knows the thread that made an object, and forgets it when that ends. */
		if (pthread_create(&thread, NULL, make_objects, argv[2]) || pthread_join(thread, NULL))
			fail("run a thread");
		hold();
		return 0;
	}
	make_objects(argv[2]);
	if (!strcmp(argv[1], "forked")) {
		hold_forked();
	} else if (!strcmp(argv[1], "split")) {
		split();
		hold();
	} else if (!strcmp(argv[1], "mapping")) {
		close(context->async_fd);
		close(context->cmd_fd);
		hold();
	} else if (!strcmp(argv[1], "event")) {
		/* A fresh image of the program has no mapping, and only the descriptor that is told to stay. */
		dup2(context->async_fd, 9);
		execl("/bin/sh", "sh", "-c", "echo $$; cat > /dev/null", NULL);
		fail("exec");
	} else {
		hold();
	}
	return 0;
}
