#include "CLinux.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

void clinux_hypervisor(char signature[13])
{
	unsigned int eax, ebx, ecx, edx;

	memset(signature, 0, 13);
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
}
#else
void clinux_hypervisor(char signature[13])
{
	memset(signature, 0, 13);
}
#endif
