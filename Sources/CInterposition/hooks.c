#include "CInterposition.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define SITE_LIMIT 32
#define CODE_LIMIT 1024
#define STUB_BYTES 128
#define JUMP_BYTES 5
#define REACH 0x70000000l

static interposition_handler _Atomic handler;
static void *const *break_address;

#ifdef __x86_64__

static struct site {
	uint8_t *code;
	uint8_t jump[JUMP_BYTES];
} sites[SITE_LIMIT];
static int site_count;

static void notify(uint64_t start, uint64_t end)
{
	interposition_handler called = handler;

	if (called && start < end)
		called(start, end);
}

static void before_remap(uint64_t old, uint64_t length, uint64_t new_length, uint64_t flags, uint64_t target)
{
	if (flags & MREMAP_MAYMOVE)
		notify(old, old + length);
	else if (new_length < length)
		notify(old + new_length, old + length);
	if (flags & MREMAP_FIXED)
		notify(target, target + new_length);
}

/* The arguments as the kernel gets them. What is attached by shmat has a length that only the kernel knows. */
static void before_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t top;

	switch (number) {
	case SYS_munmap:
		notify(a, a + b);
		break;
	case SYS_mmap:
		if (d & MAP_FIXED)
			notify(a, a + b);
		break;
	case SYS_mremap:
		before_remap(a, b, c, d, e);
		break;
	case SYS_madvise:
		if (c == MADV_DONTNEED || c == MADV_FREE || c == MADV_REMOVE || c == MADV_DONTNEED_LOCKED ||
		    c == MADV_GUARD_INSTALL)
			notify(a, a + b);
		break;
	case SYS_brk:
		top = break_address ? (uintptr_t)*break_address : 0;
		if (a && a < top)
			notify(a, top);
		break;
	case SYS_shmdt:
		notify(a, UINT64_MAX);
		break;
	case SYS_shmat:
		if (c & SHM_REMAP)
			notify(b, UINT64_MAX);
		break;
	}
}

static uint8_t *emit(uint8_t *at, const void *bytes, size_t count)
{
	memcpy(at, bytes, count);
	return at + count;
}

static uint8_t *emit_jump(uint8_t *at, const uint8_t *target)
{
	int32_t distance = (int32_t)(target - (at + JUMP_BYTES));

	*at = 0xe9;
	memcpy(at + 1, &distance, sizeof(distance));
	return at + JUMP_BYTES;
}

/*
 * Keeps what the system call keeps: every register but rax, rcx and r11, and the 128 bytes below the stack pointer that
 * belong to the function. Vector registers hold nothing in functions that do no more than a call.
 */
static void make_stub(uint8_t *stub, const uint8_t *call, int32_t number)
{
	static const uint8_t enter[] = {
		0x48, 0x8d, 0x64, 0x24, 0x80, /* lea -128(%rsp), %rsp */
		0x55,			      /* push %rbp */
		0x48, 0x89, 0xe5,	      /* mov %rsp, %rbp */
		0x57, 0x56, 0x52,	      /* push %rdi, %rsi, %rdx */
		0x41, 0x52,		      /* push %r10 */
		0x41, 0x50,		      /* push %r8 */
		0x41, 0x51,		      /* push %r9 */
		0x48, 0x83, 0xe4, 0xf0,	      /* and $-16, %rsp */
		0x4d, 0x89, 0xc1,	      /* mov %r8, %r9 */
		0x4d, 0x89, 0xd0,	      /* mov %r10, %r8 */
		0x48, 0x89, 0xd1,	      /* mov %rdx, %rcx */
		0x48, 0x89, 0xf2,	      /* mov %rsi, %rdx */
		0x48, 0x89, 0xfe,	      /* mov %rdi, %rsi */
		0xbf,			      /* mov $number, %edi */
	};
	static const uint8_t call_absolute[] = { 0x48, 0xb8 }; /* movabs $function, %rax */
	static const uint8_t leave[] = {
		0xff, 0xd0,		      /* call *%rax */
		0x48, 0x8d, 0x65, 0xd0,	      /* lea -48(%rbp), %rsp */
		0x41, 0x59,		      /* pop %r9 */
		0x41, 0x58,		      /* pop %r8 */
		0x41, 0x5a,		      /* pop %r10 */
		0x5a, 0x5e, 0x5f, 0x5d,	      /* pop %rdx, %rsi, %rdi, %rbp */
		0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0, /* lea 128(%rsp), %rsp */
		0xb8,			      /* mov $number, %eax */
	};
	uint64_t function = (uintptr_t)before_call;

	stub = emit(stub, enter, sizeof(enter));
	stub = emit(stub, &number, sizeof(number));
	stub = emit(stub, call_absolute, sizeof(call_absolute));
	stub = emit(stub, &function, sizeof(function));
	stub = emit(stub, leave, sizeof(leave));
	stub = emit(stub, &number, sizeof(number));
	emit_jump(stub, call);
}

/* The bytes of a function of the C library. */
static size_t code_of(void *library, const char *name, uint8_t **code)
{
	Dl_info info;
	ElfW(Sym) *symbol = NULL;

	*code = dlsym(library, name);
	if (!*code || !dladdr1(*code, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
		return 0;
	return symbol->st_size < CODE_LIMIT ? symbol->st_size : CODE_LIMIT;
}

/* Finds `mov $number, %eax; syscall`: at least one in every function that is looked at, or none is good enough. */
static int find_sites(void *library, const char *name, int32_t number)
{
	uint8_t pattern[7] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x05 }, *code;
	size_t size = code_of(library, name, &code);
	int found = 0;

	memcpy(pattern + 1, &number, sizeof(number));
	for (size_t at = 0; at + sizeof(pattern) <= size; at++) {
		if (memcmp(code + at, pattern, sizeof(pattern)))
			continue;
		if (site_count == SITE_LIMIT)
			return ENOTSUP;
		sites[site_count++].code = code + at;
		found++;
	}
	return found ? 0 : ENOTSUP;
}

/* Pages for stubs that a jump from the library reaches. */
static uint8_t *map_near(const uint8_t *code, size_t length)
{
	for (long distance = 1l << 20; distance < REACH; distance += 1l << 20) {
		for (int sign = -1; sign <= 1; sign += 2) {
			void *wanted = (void *)(((uintptr_t)code + sign * distance) & ~0xffful);
			void *memory = mmap(wanted, length, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

			if (memory == wanted)
				return memory;
			if (memory != MAP_FAILED)
				munmap(memory, length);
		}
	}
	return NULL;
}

static int set_protection(const uint8_t *code, int protection)
{
	uintptr_t page = sysconf(_SC_PAGESIZE), start = (uintptr_t)code & ~(page - 1);

	return mprotect((void *)start, ((uintptr_t)code + 8 - start + page - 1) & ~(page - 1), protection) ? errno : 0;
}

/*
 * Other threads run the code meanwhile: they see the one instruction or the other, as both are whole and change at once.
 * So the word that holds it must be in one cache line.
 */
static int put_jump(struct site *site)
{
	uint8_t *word = site->code - (((uintptr_t)site->code & 63) > 56 ? 3 : 0);
	uint64_t bytes;
	int code;

	if (((uintptr_t)word & 63) > 56)
		return ENOTSUP;
	code = set_protection(word, PROT_READ | PROT_WRITE | PROT_EXEC);
	if (code)
		return code;
	memcpy(&bytes, word, sizeof(bytes));
	memcpy((uint8_t *)&bytes + (site->code - word), site->jump, JUMP_BYTES);
	__asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)word) : "r"(bytes) : "memory");
	return set_protection(word, PROT_READ | PROT_EXEC);
}

static int install(void)
{
	static const struct {
		const char *name;
		int32_t number;
	} calls[] = {
		{ "munmap", SYS_munmap },   { "mmap", SYS_mmap }, { "mremap", SYS_mremap }, { "madvise", SYS_madvise },
		{ "brk", SYS_brk },	    { "shmdt", SYS_shmdt }, { "shmat", SYS_shmat },
	};
	void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	size_t length;
	uint8_t *stubs;
	int code = 0;

	if (!library)
		return ENOTSUP;
	break_address = dlsym(library, "__curbrk");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !code; i++)
		code = find_sites(library, calls[i].name, calls[i].number);
	if (code)
		return code;
	length = (site_count * STUB_BYTES + 4095) & ~4095ul;
	stubs = map_near(sites[0].code, length);
	if (!stubs)
		return ENOMEM;
	for (int i = 0; i < site_count; i++) {
		int32_t number;

		memcpy(&number, sites[i].code + 1, sizeof(number));
		make_stub(stubs + i * STUB_BYTES, sites[i].code + JUMP_BYTES, number);
		emit_jump(sites[i].jump, NULL);
		int32_t distance = (int32_t)(stubs + i * STUB_BYTES - (sites[i].code + JUMP_BYTES));
		memcpy(sites[i].jump + 1, &distance, sizeof(distance));
	}
	if (mprotect(stubs, length, PROT_READ | PROT_EXEC))
		return errno;
	for (int i = 0; i < site_count && !code; i++)
		code = put_jump(&sites[i]);
	return code;
}

#else

static int install(void)
{
	return ENOTSUP;
}

#endif

int interposition_start(interposition_handler called)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int outcome = -1;
	int code;

	pthread_mutex_lock(&lock);
	handler = called;
	if (outcome < 0)
		outcome = install();
	code = outcome;
	pthread_mutex_unlock(&lock);
	return code;
}
