#pragma once

#include "../CRecording/recording.h"

/* Counts a registration that begins. */
void witness_registration(void);

/* Tells the witness, if there is one, of a registration that has failed and waits until it has looked at this process. */
void witness_failure(const struct recording_entry *entry, const void *caller);
