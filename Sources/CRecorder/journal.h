#pragma once

#include "../CRecording/recording.h"

/* Takes an entry for a call that begins; NULL where nothing is recorded. errno stays as it is. */
struct recording_entry *journal_begin(uint32_t call);

/* Completes an entry with what the call returned, 0 or an errno. */
void journal_end(struct recording_entry *entry, int result);
