/*
 * Tells `memreg explain` of registrations that fail, while the process is as it was when they did: its limits, its groups
 * and its mappings are gone once it has ended, which it often does at once.
 */
#include "witness.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A witness that has hung up or hangs keeps no program from going on. */
#define MOST_SECONDS 10

static struct sockaddr_un place;
static uint64_t begun;
static uint32_t told;

static void forget(void)
{
	begun = 0;
	told = 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv(RECORDING_WITNESS);

	if (!path || strlen(path) >= sizeof(place.sun_path))
		return;
	strcpy(place.sun_path, path);
	place.sun_family = AF_UNIX;
	pthread_atfork(NULL, NULL, forget);
}

void witness_registration(void)
{
	__atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
}

static void set_name(char *field, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');

	strncpy(field, slash ? slash + 1 : path, size - 1);
}

static void tell(int descriptor, const struct recording_failure *failure)
{
	struct timeval most = { .tv_sec = MOST_SECONDS };
	char answer;

	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(descriptor, (const struct sockaddr *)&place, sizeof(place)))
		return;
	if (send(descriptor, failure, sizeof(*failure), MSG_NOSIGNAL) != sizeof(*failure))
		return;
	while (recv(descriptor, &answer, 1, 0) < 0 && errno == EINTR)
		;
}

void witness_failure(const struct recording_entry *entry, const void *caller)
{
	struct recording_failure failure = {
		.address = entry->address,
		.length = entry->length,
		.number = __atomic_load_n(&begun, __ATOMIC_RELAXED),
		.call = entry->call,
		.access = entry->access,
		.code = entry->result,
		.dmabuf = entry->dmabuf,
	};
	Dl_info object;
	int descriptor;

	if (!place.sun_family || __atomic_fetch_add(&told, 1, __ATOMIC_RELAXED) >= RECORDING_MOST_FAILURES)
		return;
	memcpy(failure.device, entry->device, sizeof(entry->device));
	set_name(failure.program, sizeof(failure.program), program_invocation_short_name);
	if (caller && dladdr(caller, &object) && object.dli_fname)
		set_name(failure.caller, sizeof(failure.caller), object.dli_fname);
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return;
	tell(descriptor, &failure);
	close(descriptor);
}
