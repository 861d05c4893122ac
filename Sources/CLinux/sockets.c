#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_listen_at(const char *path, int *descriptor)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int code;

	if (strlen(path) >= sizeof(place.sun_path))
		return ENAMETOOLONG;
	strcpy(place.sun_path, path);
	*descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*descriptor < 0)
		return errno;
	if (bind(*descriptor, (struct sockaddr *)&place, sizeof(place)) == 0 && listen(*descriptor, 128) == 0)
		return 0;
	code = errno;
	close(*descriptor);
	return code;
}

int clinux_peer_process(int descriptor, int *process)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return errno;
	*process = peer.pid;
	return 0;
}
