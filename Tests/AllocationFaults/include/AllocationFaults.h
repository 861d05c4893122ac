#pragma once

/*
 * malloc and its relatives of the whole test bundle, passed on to glibc's: they count the calls of each
 * thread and can be told to fail for the calling thread and for one other.
 */

/* Allocations that the calling thread has asked for since it started, those that failed included. */
unsigned long allocation_count(void);

/* Makes every allocation fail for the calling thread and for the thread `other` (0: none). */
void allocation_faults_begin(int other);
void allocation_faults_end(void);

/* Allocations that failed on purpose. */
unsigned long allocation_faults(void);
