#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A terminal whose other end is closed: ioctl and write say EIO, as a disassociated device does. */
static int hung_up_terminal(void)
{
	int locked = 0, slave = -1, master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0)
		return -1;
	if (!ioctl(master, TIOCSPTLCK, &locked))
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	close(master);
	return slave;
}

int clinux_revoked_descriptor(int *fd)
{
	*fd = hung_up_terminal();
	if (*fd < 0)
		*fd = open("/", O_PATH | O_CLOEXEC);
	return *fd < 0 ? errno : 0;
}

int clinux_replace_descriptor(int fd, int by)
{
	return dup3(by, fd, O_CLOEXEC) < 0 ? errno : 0;
}
