#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Raising the score takes no privilege; a kernel without the file kills whom it likes. */
static void volunteer_for_oom_killer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1000", 4) != 4)
		errno = 0;
	close(fd);
}

int clinux_run_in_child(int (*body)(void *), void *context, int *status, int *by_signal)
{
	int parent = getpid();
	int raw, child, code = 0;
	sigset_t watched, before;

	sigemptyset(&watched);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, &before);
	child = fork();
	if (child < 0)
		code = errno;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		volunteer_for_oom_killer();
		sigprocmask(SIG_SETMASK, &before, NULL);
		_exit(body(context));
	}
	while (!code) {
		siginfo_t info;
		int signal = sigwaitinfo(&watched, &info);
		int ended;

		if (signal == SIGINT || signal == SIGTERM) {
			if (info.si_code <= 0)
				kill(child, signal);
			continue;
		}
		ended = waitpid(child, &raw, WNOHANG);
		if (ended < 0 && errno != EINTR)
			code = errno;
		if (ended != child)
			continue;
		*by_signal = WIFSIGNALED(raw);
		*status = WIFSIGNALED(raw) ? WTERMSIG(raw) : WEXITSTATUS(raw);
		break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

int clinux_adopt_orphans(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) ? errno : 0;
}
