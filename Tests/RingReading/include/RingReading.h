#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Copies at most 4096 bytes of the pages that a ring of CRing.h has pinned, as a device would read
 * them, whatever is mapped there by now. Returns 0 or a positive errno.
 */
int ring_reading_fetch(void *ring, uint64_t address, void *bytes, size_t length);
