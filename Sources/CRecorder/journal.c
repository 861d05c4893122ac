/*
 * The process's recording: entries in chunks of a file that is mapped shared. The file is open only while it grows, for
 * programs that close every descriptor, and its room is allocated beforehand, as a full file system would be a SIGBUS later.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CHUNKS 4096u
#define CHUNK_BYTES (RECORDING_CHUNK * sizeof(struct recording_entry))

_Static_assert(sizeof(struct recording_header) == sizeof(struct recording_entry),
	       "the header takes the place of an entry");

static const char *directory;
static char path[4096];
static struct recording_entry *chunks[CHUNKS];
/* The header is the first. */
static uint64_t taken = 1;
static int is_broken;
static int is_fork;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;
static __thread uint32_t thread __attribute__((tls_model("initial-exec")));

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* The parent's mappings are its own: what the child records goes to a file of the child's. */
static void forget(void)
{
	for (unsigned chunk = 0; chunk < CHUNKS && chunks[chunk]; chunk++) {
		munmap(chunks[chunk], CHUNK_BYTES);
		chunks[chunk] = NULL;
	}
	taken = 1;
	path[0] = 0;
	is_fork = 1;
	thread = 0;
	pthread_mutex_init(&growing, NULL);
}

__attribute__((constructor)) static void start(void)
{
	directory = getenv(RECORDING_DIRECTORY);
	if (directory)
		pthread_atfork(NULL, NULL, forget);
}

static struct recording_entry *fail(const char *what, int code)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "memreg record: process %d is not recorded: %s: %s\n",
			      (int)getpid(), what, strerror(code));

	if (length > 0 && write(STDERR_FILENO, line, length) < 0)
		length = 0;
	__atomic_store_n(&is_broken, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void write_header(struct recording_header *header)
{
	header->process = getpid();
	header->parent = getppid();
	header->started_ns = now();
	header->is_fork = is_fork;
	strncpy(header->program, program_invocation_short_name, sizeof(header->program) - 1);
	__atomic_store_n(&header->magic, RECORDING_MAGIC, __ATOMIC_RELEASE);
}

/* Beyond `ulimit -f` SIGXFSZ would end the program. */
static int allocate(int descriptor, off_t start)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_FSIZE, &limit) && (rlim_t)start + CHUNK_BYTES > limit.rlim_cur)
		return EFBIG;
	return posix_fallocate(descriptor, start, CHUNK_BYTES);
}

static struct recording_entry *grow(unsigned chunk)
{
	struct recording_entry *fresh;
	int descriptor, code;

	if (!path[0])
		snprintf(path, sizeof(path), "%s/%d-%llu", directory, (int)getpid(), (unsigned long long)now());
	descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return fail(path, errno);
	code = allocate(descriptor, (off_t)chunk * CHUNK_BYTES);
	if (code) {
		close(descriptor);
		return fail("allocate room", code);
	}
	fresh = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor,
		     (off_t)chunk * CHUNK_BYTES);
	code = errno;
	close(descriptor);
	if (fresh == MAP_FAILED)
		return fail("map a file", code);
	if (chunk == 0)
		write_header((struct recording_header *)fresh);
	__atomic_store_n(&chunks[chunk], fresh, __ATOMIC_RELEASE);
	return fresh;
}

static struct recording_entry *chunk_of(uint64_t number)
{
	uint64_t chunk = number / RECORDING_CHUNK;
	struct recording_entry *entries;

	if (chunk >= CHUNKS)
		return NULL;
	entries = __atomic_load_n(&chunks[chunk], __ATOMIC_ACQUIRE);
	if (entries)
		return entries;
	pthread_mutex_lock(&growing);
	/* Chunk 0 names the file and holds its header. */
	for (unsigned each = chunk ? chunk - 1 : 0; each <= chunk && !is_broken; each++) {
		entries = chunks[each];
		if (!entries)
			entries = grow(each);
	}
	entries = chunks[chunk];
	pthread_mutex_unlock(&growing);
	return entries;
}

/* Without a header there is nowhere to count; fail() has said so. */
static void lose(void)
{
	struct recording_header *header = (struct recording_header *)__atomic_load_n(&chunks[0], __ATOMIC_ACQUIRE);

	if (header)
		__atomic_fetch_add(&header->lost, 1, __ATOMIC_RELAXED);
}

struct recording_entry *journal_begin(uint32_t call)
{
	struct recording_entry *entry = NULL;
	int code = errno;
	uint64_t number;

	if (!directory)
		return NULL;
	if (__atomic_load_n(&is_broken, __ATOMIC_RELAXED)) {
		lose();
		return NULL;
	}
	number = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	entry = chunk_of(number);
	if (!entry) {
		lose();
	} else {
		entry += number % RECORDING_CHUNK;
		if (!thread)
			thread = syscall(SYS_gettid);
		entry->call = call;
		entry->thread = thread;
		entry->begin_ns = now();
	}
	errno = code;
	return entry;
}

void journal_end(struct recording_entry *entry, int result)
{
	entry->duration_ns = now() - entry->begin_ns;
	entry->result = result;
	__atomic_store_n(&entry->phase, RECORDING_DONE, __ATOMIC_RELEASE);
}
