#include "CFixtures.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int fixtures_fork(int (*body)(void *), void *context, int output, int *pid)
{
	int parent = getpid();
	int child = fork();

	if (child < 0)
		return errno;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		if (output >= 0) {
			setpgid(0, 0);
			if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
				_exit(127);
		}
		_exit(body(context));
	}
	if (output >= 0)
		setpgid(child, child);
	*pid = child;
	return 0;
}

int fixtures_spawn(const char *path, char *const argv[], int *pid)
{
	return posix_spawn(pid, path, NULL, NULL, argv, environ);
}

int fixtures_wait(int pid, int *status, int *by_signal)
{
	int raw;

	while (waitpid(pid, &raw, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	*by_signal = WIFSIGNALED(raw);
	*status = WIFSIGNALED(raw) ? WTERMSIG(raw) : WEXITSTATUS(raw);
	return 0;
}

static struct msghdr message_of(struct iovec *vector, void *control, size_t size)
{
	return (struct msghdr){
		.msg_iov = vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = size,
	};
}

int fixtures_send_descriptor(int socket, int fd)
{
	char byte = 0;
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec vector = { &byte, 1 };
	struct msghdr message = message_of(&vector, control, sizeof(control));
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) < 0 ? errno : 0;
}

int fixtures_receive_descriptor(int socket, int *fd)
{
	char byte;
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { &byte, 1 };
	struct msghdr message = message_of(&vector, control, sizeof(control));
	struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) < 0)
		return errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return EBADMSG;
	memcpy(fd, CMSG_DATA(header), sizeof(int));
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		code = errno;
	close(fd);
	return code;
}

int fixtures_enter_user_namespace(void)
{
	unsigned int user = geteuid(), group = getegid();
	char map[64];
	int code;

	if (unshare(CLONE_NEWUSER))
		return errno;
	code = write_file("/proc/self/setgroups", "deny");
	if (code && code != ENOENT)
		return code;
	snprintf(map, sizeof(map), "0 %u 1", user);
	code = write_file("/proc/self/uid_map", map);
	if (code)
		return code;
	snprintf(map, sizeof(map), "0 %u 1", group);
	return write_file("/proc/self/gid_map", map);
}

int fixtures_enter_mount_namespace(void)
{
	if (unshare(CLONE_NEWNS))
		return errno;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? errno : 0;
}

int fixtures_mount(const char *source, const char *target, const char *type, const char *options)
{
	return mount(source, target, type, 0, options) ? errno : 0;
}

int fixtures_loop_attach(int file, char *path, int *device)
{
	struct loop_info64 info;
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number, code;

	if (control < 0)
		return errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	code = errno;
	close(control);
	if (number < 0)
		return code;
	snprintf(path, 32, "/dev/loop%d", number);
	*device = open(path, O_RDWR | O_CLOEXEC);
	if (*device < 0)
		return errno;
	memset(&info, 0, sizeof(info));
	info.lo_flags = LO_FLAGS_AUTOCLEAR;
	if (ioctl(*device, LOOP_SET_FD, file) || ioctl(*device, LOOP_SET_STATUS64, &info)) {
		code = errno;
		close(*device);
		return code;
	}
	return 0;
}

int fixtures_swap_on(const char *path)
{
	return swapon(path, 0) ? errno : 0;
}

int fixtures_swap_off(const char *path)
{
	return swapoff(path) ? errno : 0;
}
